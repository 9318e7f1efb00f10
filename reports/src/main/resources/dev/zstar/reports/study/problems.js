// Test problems by method, and random solves.

// How each solver ended on each test problem. Other forward results have no tolerance among their parameters.
const problemEnds = () => study.results.filter(r => r.suite === "forward" && r.params.tolerance !== undefined
  && (r.metric === "nfev" || r.metric.startsWith("failed.")));
const FAILURES = { MAX_EVALUATIONS: ["b", "budget spent"], STAGNATED: ["s", "stagnated"], DIVERGED: ["d", "diverged"], NONFINITE_FUNCTION: ["n", "not finite"],
  NONFINITE_INPUT: ["n", "not finite"], LINE_SEARCH_FAILED: ["l", "line search failed"], INNER_FAILED: ["i", "inner solve failed"] };
const failure = r => { const status = r.metric.slice("failed.".length); return FAILURES[status] || ["x", status.toLowerCase().replaceAll("_", " ")]; };

function problems() {
  const ends = problemEnds();
  if (!ends.length) return;
  const cut = r => r.case.lastIndexOf(", "), name = r => r.case.slice(0, cut(r)), type = r => r.case.slice(cut(r) + 2);
  const solvers = unique(ends.map(r => r.engine)), types = unique(ends.map(type)), names = unique(ends.map(name));
  const marks = new Map(ends.filter(r => r.metric !== "nfev").map(failure));
  const found = new Map(ends.map(r => [r.engine + "\n" + r.case, r])), most = Math.max(...ends.map(r => r.value), 2);
  const title = "Evaluations for " + names.length + " test problems";
  const home = heading(title, "To a relative residual of "
    + types.map(t => ends.find(r => type(r) === t).params.tolerance.toExponential() + " in " + t).join(" and ") + ". ρ is the spectral radius of the Jacobian at the solution; plain steps "
    + "do not contract if it is 1 or more. Deeper blue means more evaluations; the fewest are bold" + (marks.size ? ". Orange marks failures: " + [...marks].map(m => m[0] + " " + m[1]).join(", ") : "") + ".");
  const columns = ["problem", "n", "ρ", ...solvers.flatMap(s => types.map(t => ({ head: t, group: s, term: "f32, f64", means: "evaluations of f in this type; a letter marks a failure" })))];
  const body = names.map(p => {
    const one = ends.find(r => name(r) === p), get = (s, t) => found.get(s + "\n" + p + ", " + t);
    const fewest = types.map(t => Math.min(...solvers.map(s => get(s, t)).filter(r => r && r.metric === "nfev").map(r => r.value)));
    const ended = (s, t, i) => {
      const r = get(s, t);
      if (!r) return null;
      const failed = r.metric !== "nfev", text = failed ? failure(r)[0] : String(r.value);
      return { value: failed ? text : r.value, text, title: s + ", " + t + ": " + (failed ? failure(r)[1] + " after " : "") + r.value + " evaluations",
        className: failed ? "failed" : r.value === fewest[i] ? "fewest" : "", share: failed ? undefined : Math.round(60 * Math.log(r.value) / Math.log(most)) };
    };
    const radius = one.params.radius;
    return [p, one.params.n, radius === undefined ? null : cell(radius, radius.toFixed(2)), ...solvers.flatMap(s => types.map((t, i) => ended(s, t, i)))];
  });
  table(home, title, columns, body, { rowHead: true, className: "heat", below: line => {
    element("th", "solved, % of " + names.length, line).colSpan = 3;
    solvers.forEach(s => types.forEach(t => {
      const mine = ends.filter(r => r.engine === s && type(r) === t);
      element("td", String(Math.round(100 * mine.filter(r => r.metric === "nfev").length / Math.max(1, mine.length))), line);
    }));
  } });
}

function random() {
  withTable("Random solves", "Solves with random maps, sizes, options, budgets, faults and observers. Each outcome is checked against what the documentation promises.",
    ["case", "solves", "rows", "violated guarantees", "bytes not freed"], cases("forward", "solves", (get, r) => [r.value, get("rows"), get("brokenPromises"), get("bytesLeft")]));
}
