// Charts: drawn when they come near the window, each with its table.

const charts = [];
const NARROW = 560;
const tick = x => x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e6) ? Number(x.toPrecision(3)).toExponential() : number(x, 4);
const axis = (name, type = "value", extra = {}) => ({ name, type, ...extra });

// A page's parts, each with a title and what it shows.
function heading(title, note) {
  const home = document.getElementById("charts");
  element("h2", title, home);
  element("p", note, home);
  return home;
}

// A box to draw in. option(look, narrow) returns what ECharts draws; height(narrow) is in pixels.
function picture(home, title, option, height) {
  const box = element("div", undefined, home);
  box.className = "chart";
  box.tabIndex = 0;
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", brief(title) + ". Arrow keys show the values. The numbers are in the table below.");
  const made = { title, box, option, height, instance: null };
  box.style.height = height(box.clientWidth < NARROW) + "px";
  charts.push(made);
  byKeys(made);
  near.observe(box);
  return made;
}

function chart(title, note, option, header, body) {
  const home = heading(title, note);
  const bars = option.yAxis.type === "category", lanes = bars && option.series.some(s => s.stack) ? 1 : option.series.length;
  const legend = narrow => 22 * (lines(unique(option.series.map(s => s.name || "")), narrow ? 300 : 980) - 1);
  picture(home, title, (now, narrow) => styled(option, now, narrow),
    narrow => legend(narrow) + (bars ? 96 + option.yAxis.data.length * ((narrow ? 18 : 6) + 16 * lanes) : narrow ? 320 : 360));
  numbers(home, title, header, body);
}

function numbers(home, title, header, body, more) {
  const details = element("details", undefined, home);
  details.className = "numbers";
  element("summary", "The numbers", details);
  table(details, title, header, body, more);
  return details;
}

function show(one, width) {
  const wide = width || one.box.clientWidth, narrow = wide < NARROW;
  one.box.style.height = one.height(narrow) + "px";
  if (!one.instance) one.instance = echarts.init(one.box, null, { renderer: "svg", width: wide, height: one.height(narrow) });
  // A tip that is shown would be shown again after its place is gone.
  one.instance.dispatchAction({ type: "hideTip" });
  one.instance.resize({ width: wide, height: one.height(narrow) });
  one.instance.setOption(one.option(look(), narrow), true);
}
const repaint = () => charts.filter(c => c.instance).forEach(c => show(c));

const near = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).map(e => charts.find(c => c.box === e.target))
  .filter(c => c && !c.instance).forEach(c => show(c)), { rootMargin: "800px" });
let pending = 0;
addEventListener("resize", () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(repaint); });
