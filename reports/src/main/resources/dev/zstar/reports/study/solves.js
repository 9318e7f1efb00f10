// Single solves: residuals, times, and what depth costs.

// The traces of a suite at the first shape. Files of older versions have forward traces without times.
const traced = suite => {
  const all = (study.traces || []).filter(t => (t.suite || "forward") === suite), first = all.length ? all[0].case : null;
  return [all, all.filter(t => t.case === first), first];
};

function residuals(suite, what, equation) {
  const [all, shown, first] = traced(suite);
  if (!all.length) return;
  const points = (t, x) => t.residuals.map((r, k) => [x(t, k), r]).filter(p => p[0] !== undefined && p[1] > 0);
  const lines = x => shown.map((t, i) => series(t.name, points(t, x), i, { symbolSize: 5 }));
  const y = axis("relative residual", "log"), header = ["solver", "problem", what, "µs", "last residual"];
  const body = all.map(t => [t.name, t.case, t.residuals.length, t.micros ? t.micros.at(-1) : null, power(t.residuals.at(-1), 2)]);
  const title = suite === "forward" ? "Residual" : "Residual of the backward solve", note = equation + ", " + first + ", f32, from the same start.";
  chart(title + " against " + what, note, { xAxis: axis(what), yAxis: y, series: lines((t, k) => k + 1) }, header, body);
  if (shown.some(t => t.micros && t.micros.length)) chart(title + " against time", note + " Each point is the median, over several solves, of the time at which that evaluation ended.",
    { xAxis: axis("µs"), yAxis: y, series: lines((t, k) => (t.micros || [])[k]) }, header, body);
}

function times() {
  const all = [...rows("forward", "us"), ...rows("backward", "us")];
  if (!all.length) return;
  const names = unique(all.map(r => r.case)), engines = unique(all.map(r => r.engine)), order = names.slice().reverse();
  const bars = (of, list) => list.map(e => ({ name: e, type: "bar", slot: slot(e), data: order.map(c => { const r = all.find(s => s.case === c && s.engine === e); return r && of(r); }) }));
  chart("Time of a solve", "Forward to 10⁻⁶ and backward to 10⁻⁴, one thread, medians.", {
    xAxis: axis("µs", "log"), yAxis: { type: "category", data: order }, series: bars(r => r.value, engines),
  }, ["solve", "engine", "µs", "evaluations", "time / time of its evaluations", "heap bytes in each call", "effective depth"],
  all.map(r => [r.case + mark(r), r.engine, r.value, beside(r, "nfev").value, beside(r, "overhead").value, beside(r, "allocated").value, beside(r, "depth").value || null]));
  const mine = all.filter(r => r.engine === own("forward") && beside(r, "overhead").value), part = r => 100 * Math.min(1, 1 / beside(r, "overhead").value);
  if (mine.length) {
    const both = (name, of, i) => ({ name, type: "bar", stack: "time", slot: i, data: mine.slice().reverse().map(r => ({ value: of(r), tip: r.case + "\n" + name + ": " + number(of(r)) + "%" })) });
    chart("Where the time of a solve goes", "The share of f, or of products with Jᵀ, and of the solver, which is everything else. It is from the fastest slices of both, measured in turns. " + mine[0].engine + ", one thread.", {
      xAxis: axis("% of the time", "value", { max: 100 }), yAxis: { type: "category", data: mine.map(r => r.case).reverse() }, series: [both("evaluations", part, 0), both("solver", r => 100 - part(r), 1)],
    }, ["solve", "evaluations, %", "solver, %", "time / time of its evaluations"], mine.map(r => [r.case + mark(r), part(r), 100 - part(r), beside(r, "overhead").value]));
  }
}

function solvesByDepth() {
  const all = rows("forward", "depthThroughput");
  if (!all.length) return;
  const engines = unique(all.map(r => r.engine)), order = unique(all.map(r => r.case)).reverse();
  const bars = of => engines.map(e => ({ name: e, type: "bar", slot: slot(e), data: order.map(c => { const r = all.find(s => s.case === c && s.engine === e); return r && of(r); }) }));
  const header = ["solve", "engine", "effective depth", "layers per second", "MiB", "bytes for each layer"], name = { type: "category", data: order };
  const body = all.map(r => [r.case + mark(r), r.engine, beside(r, "depth").value, r.value, beside(r, "bytes").value / MIB, beside(r, "bytesPerDepth").value]);
  chart("Effective layers per second", "Rows of the batch, times the plain steps that reach the same residual, divided by the time of the solve.", {
    xAxis: axis("layers per second", "log"), yAxis: name, series: bars(r => r.value) }, header, body);
  chart("Memory for each effective layer", "All bytes of the solve, with the weights, divided by the plain steps that reach the same residual. A deeper equilibrium takes no more memory.", {
    xAxis: axis("bytes for each layer", "log"), yAxis: name, series: bars(r => beside(r, "bytesPerDepth").value) }, header, body);
}
