// Groups of benchmarks: a chart and a table each, which show the same rows in the same order.

// Rows that a chart has room for.
const ROWS = 40;
// Groups that are made at once; the others follow when the end of the page comes near.
const CHUNK = 25;

// Instead of the ends of an interval that says nothing.
const WIDER = { value: null, text: "> 10×" };

// The columns of a file in a group, and their values.
function measures(group) {
  const any = key => group.rows.some(r => r.values.some(v => v && v[key]));
  const tails = any("percentiles") ? PERCENTILES : [], shots = any("shots");
  const heads = [[brief(group.unit) || "value", TERMS.value], "low", "high", ...tails, ...(shots ? ["least", "most"] : []), "forks", "B/op"];
  const values = v => v ? [v.value, ...(vague(v) ? [WIDER, WIDER] : [v.low, v.high]), ...tails.map((_, k) => (v.percentiles ? v.percentiles[k] : null)),
    ...(shots ? (v.shots ? [Math.min(...v.shots), Math.max(...v.shots)] : [null, null]) : []), v.forks, v.allocated] : heads.map(() => null);
  return [heads.map(h => (Array.isArray(h) ? { head: h[0], means: h[1] } : { head: h, means: TERMS[h] })), values];
}

function note(group) {
  const values = group.rows.flatMap(r => r.values).filter(v => v), bys = [...new Set(values.filter(v => v.by).map(v => v.by))];
  const unknown = values.filter(vague).length;
  return [brief(group.unit), BETTER[group.direction], bys.length ? "intervals: " + bys.join("; ") : "no intervals: no file has two forks",
    values.some(v => v.percentiles) ? "strokes: the 50th, 90th, 99th and 99.9th percentile, and the longest call" : "", values.some(v => v.shots) ? "small circles: single calls" : ""].filter(t => t).join(", ") + "."
    + (unknown ? " " + unknown + (unknown === 1 ? " interval is" : " intervals are") + " wider than 10 times and not drawn: the forks are too few, or differ too much." : "");
}

function add(group, home) {
  element("h2", brief(group.title), home);
  element("p", note(group), home);
  let indices = group.rows.map((_, i) => i).slice(0, ROWS);
  const lanes = present(group).length;
  const made = picture(home, group.title, (now, narrow) => options(group, indices, now, narrow), narrow => 110 + indices.length * (LANE * lanes + (narrow ? 26 : 10)));
  made.group = group;
  const [columns, values] = measures(group), several = report.files.length > 1;
  const header = [{ head: "benchmark", means: TERMS.benchmark }, ...report.files.flatMap(f => columns.map(c => ({ ...c, head: (several ? f.label + ": " : "") + c.head })))];
  numbers(home, group.title, header, group.rows.map(r => [r.label, ...report.files.flatMap((_, i) => values(r.values[i]))]), { explain: false, page: ROWS, shown: rows => {
    indices = rows;
    if (made.instance) show(made);
  } });
}

function groups() {
  const home = document.getElementById("charts"), left = [...report.groups];
  if (!left.length) return element("p", "The files hold no benchmarks.", home);
  terms(document.getElementById("files"), Object.entries(TERMS).map(([head, means]) => ({ head, means })));
  const more = button("", document.querySelector("main"), () => next(left.length));
  function next(count) {
    left.splice(0, count).forEach(group => add(group, home));
    more.textContent = "Show the other " + left.length + " groups";
    more.hidden = !left.length;
  }
  next(CHUNK);
  new IntersectionObserver(entries => { if (left.length && entries.some(e => e.isIntersecting)) next(CHUNK); }, { rootMargin: "1500px" }).observe(more);
  addEventListener("beforeprint", () => next(left.length), { capture: true });
  return home;
}
