"use strict";
const study = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
// Blue, orange, green, purple: distinct with every common form of colour blindness. The markers differ, too.
const COLOURS = { simd: "#0b6bcb", openblas: "#d9730d", scalar: "#1a8754", torch: "#d9730d", other: "#8250df" };
const MARKERS = { simd: "circle", openblas: "triangle", scalar: "rect", other: "diamond" };

const rows = (suite, metric) => study.results.filter(r => r.suite === suite && r.metric === metric && r.value !== null);
// zstar's own engine comes first: simd, or scalar if simd cannot run.
const own = suite => (study.results.find(r => r.suite === suite && r.metric === "us") || {}).engine;
// Heap bytes of a call while it was timed, the most of both sides of a ratio. Code that allocates was not compiled yet, and its figure says little.
const unsettled = r => Math.max(0, ...study.results.filter(s => s.metric === "allocated" && s.suite === r.suite && s.case === r.case
  && r.engine.split("/").includes(s.engine)).map(s => s.value));
const mark = r => (unsettled(r) ? " (unreliable: not fully compiled, still allocates " + number(unsettled(r)) + " B in each call)" : "") + disturbance(r);
const number = (x, digits = 3) => x === undefined || x === null ? "" : Math.abs(x) >= 10000
  ? Math.round(x).toLocaleString("en") : String(Number(x.toPrecision(digits)));
const forks = r => r.runs === 1 ? "one fresh process" : "median of " + r.runs + " fresh processes";
const element = (tag, text, parent) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (parent) parent.append(e);
  return e;
};

// ---- the summary: one sentence for each result

function fact(big, sentence) {
  const box = element("div", undefined, document.getElementById("summary"));
  box.className = "fact";
  element("b", big, box);
  element("span", sentence, box);
}

// Costs of a training step by effective depth, of one kind of model.
const depths = (metric, kind) => rows("depth", metric).filter(r => r.case === kind + " depth=" + r.params.depth).sort((a, b) => a.params.depth - b.params.depth);

function summarise() {
  const accuracy = rows("training", "accuracy").find(r => r.case.startsWith("digits"));
  const seconds = rows("training", "seconds").find(r => r.case.startsWith("digits"));
  if (accuracy) fact(number(100 * accuracy.value) + "%", "of unseen handwritten digits are classified correctly by a deep equilibrium model that was trained here in "
    + number(seconds.value) + " s on " + accuracy.threads + (accuracy.threads === 1 ? " thread." : " threads."));
  const forward = rows("forward", "us").find(r => r.engine === own("forward"));
  if (forward) {
    const get = metric => (rows("forward", metric).find(r => r.engine === forward.engine && r.case === forward.case) || {}).value;
    fact(number(forward.value) + " µs", "for an equilibrium of " + forward.params.n + " numbers. The solve takes " + get("nfev") + " evaluations"
      + (get("depth") === undefined ? "" : " instead of the " + number(get("depth")) + " plain steps z ← f(z) that reach the same residual") + ". The whole solve takes "
      + number(get("overhead")) + " times as long as its evaluations alone, and allocates " + number(get("allocated")) + " bytes" + mark(forward) + ".");
  }
  const ratios = rows("kernels", "ratio").filter(r => r.engine.endsWith("/openblas"));
  const settled = start => ratios.filter(r => r.case.startsWith(start) && !unsettled(r));
  const without = start => { const left = ratios.filter(r => r.case.startsWith(start) && unsettled(r)).length; return left ? ", " + left + " unreliable and left out" : ""; };
  const gemm = settled("gemm n="), gemv = settled("gemv n=");
  const range = list => number(Math.min(...list.map(r => r.value))) + "–" + number(Math.max(...list.map(r => r.value))) + "×";
  if (gemm.length) fact(range(gemm), "the speed of OpenBLAS for matrix times matrix, in Java with packed weights (median of "
    + gemm[0].runs + " fresh processes" + without("gemm n=") + ").");
  if (gemv.length) fact(range(gemv), "the speed of OpenBLAS for matrix times vector" + without("gemv n=") + ".");
  const torch = rows("cells", "timeRatio").find(r => r.case.startsWith("transformer evaluation") && r.engine.startsWith("torch/") && !unsettled(r));
  if (torch) fact(number(torch.value) + "×", "the speed of PyTorch for an evaluation of a cell like a layer of a transformer, on " + torch.threads
    + (torch.threads === 1 ? " thread" : " threads") + " (" + forks(torch) + ").");
  const states = kind => depths("stateBytes", kind), small = states("DEQ in 10 blocks").at(-1), deep = states("unrolled").at(-1);
  if (small && deep) fact(number(deep.value / small.value) + "×", "the memory: the states of a network of " + deep.params.depth
    + " layers take this many times those of the equilibrium that it approaches, which do not grow with depth.");
  const ends = problemEnds(), tried = name => ends.filter(r => r.engine === name);
  const solved = name => tried(name).filter(r => r.metric === "nfev").length;
  if (tried("anderson(10)").length) fact(solved("anderson(10)") + " of " + tried("anderson(10)").length, "test problems are solved by Anderson acceleration with its default options (window 10)"
    + (tried("picard").length ? "; plain steps solve " + solved("picard") : "") + ".");
  const stream = rows("streaming", "ratio").find(r => r.engine === "stream/lockstep");
  if (stream) fact(number(stream.value) + "×", "as many images per second in a stream, which refills each slot at once, as in batches that wait for their slowest image (median of "
    + stream.runs + " fresh processes).");
}

// ---- charts, each with a table of its numbers

const charts = [];

function heading(title, note) {
  const home = document.getElementById("charts");
  element("h2", title, home);
  element("p", note, home);
  return home;
}

function table(parent, header, body) {
  const wrap = element("div", undefined, parent);
  wrap.className = "table";
  const made = element("table", undefined, wrap);
  const head = element("tr", undefined, element("thead", undefined, made));
  header.forEach(h => { element("th", h, head).scope = "col"; });
  const tbody = element("tbody", undefined, made);
  body.forEach(line => { const tr = element("tr", undefined, tbody); line.forEach(cell => element("td", typeof cell === "number" ? number(cell, 4) : cell, tr)); });
}

function chart(title, note, option, header, body) {
  const home = heading(title, note);
  const box = element("div", undefined, home);
  box.className = "chart";
  if (option.tall) box.style.height = 90 + 18 * option.tall + "px";
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", title + ". The numbers are in the table below.");
  const details = element("details", undefined, home);
  element("summary", "The numbers", details);
  table(details, header, body);
  charts.push({ box, option, instance: null });
}

const axis = (name, type = "value", extra = {}) => ({ name, type, nameLocation: "middle", nameGap: type === "log" || extra.wide ? 48 : 30, ...extra });
const series = (name, data, key, extra = {}) => ({
  name, type: "line", data, symbol: MARKERS[key] || "diamond", symbolSize: 8, color: COLOURS[key] || COLOURS.other, lineStyle: { width: 2 }, ...extra });

function speed(title, note, metric, unit, select) {
  const all = rows("kernels", metric).filter(select);
  if (!all.length) return;
  const engines = [...new Set(all.map(r => r.engine))];
  const drawn = engines.map(e => series(e, all.filter(r => r.engine === e).map(r => [r.params.n, r.value]), e));
  // The ceiling that each case was measured against, in the same process.
  const limits = all.filter(r => r.engine === engines[0] && r.limit);
  if (limits.length) drawn.push({ name: "ceiling", type: "line", data: limits.map(r => [r.params.n, r.limit]), symbol: "none", color: "#808890", lineStyle: { type: "dashed", width: 1 } });
  const top = Math.max(...all.map(r => r.value), ...limits.map(r => r.limit));
  chart(title, note, {
    xAxis: axis("n", "log", { logBase: 2, min: Math.min(...all.map(r => r.params.n)), nameGap: 30 }),
    yAxis: axis(unit, "value", { wide: true, max: Math.ceil(top * 1.04 / (top > 100 ? 50 : 10)) * (top > 100 ? 50 : 10) }), series: drawn,
  }, ["case", "engine", unit, "slowest fork", "share of the ceiling"],
  all.map(r => [r.case + mark(r), r.engine, r.value, r.min, r.ofLimit === null ? "" : number(100 * r.ofLimit) + "%"]));
}

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
  const solvers = [...new Set(ends.map(r => r.engine))], types = [...new Set(ends.map(type))], names = [...new Set(ends.map(name))];
  const marks = new Map(ends.filter(r => r.metric !== "nfev").map(failure));
  const found = new Map(ends.map(r => [r.engine + "\n" + r.case, r])), most = Math.max(...ends.map(r => r.value), 2);
  const home = heading("Evaluations for " + names.length + " test problems", "To a relative residual of "
    + types.map(t => ends.find(r => type(r) === t).params.tolerance.toExponential() + " in " + t).join(" and ") + ". ρ is the spectral radius of the Jacobian at the solution; plain steps "
    + "do not contract if it is 1 or more. Deeper blue means more evaluations; the fewest are bold" + (marks.size ? ". Orange marks failures: " + [...marks].map(m => m[0] + " " + m[1]).join(", ") : "") + ".");
  const wrap = element("div", undefined, home);
  wrap.className = "table";
  const made = element("table", undefined, wrap);
  made.className = "heat";
  const head = element("thead", undefined, made), first = element("tr", undefined, head), second = element("tr", undefined, head), third = element("tr", undefined, head);
  ["problem", "n", "ρ"].forEach(h => { const th = element("th", h, first); th.scope = "col"; th.rowSpan = 2; });
  element("th", "solved, % of " + names.length, third).colSpan = 3;
  solvers.forEach(s => {
    // A name may break before its window, which keeps the columns narrow.
    const th = element("th", s.replace("(", "\u200b("), first);
    th.scope = "colgroup";
    th.colSpan = types.length;
    types.forEach(t => {
      element("th", t, second).scope = "col";
      const mine = ends.filter(r => r.engine === s && type(r) === t);
      element("td", String(Math.round(100 * mine.filter(r => r.metric === "nfev").length / Math.max(1, mine.length))), third);
    });
  });
  const tbody = element("tbody", undefined, made);
  names.forEach(p => {
    const tr = element("tr", undefined, tbody), one = ends.find(r => name(r) === p);
    element("th", p, tr).scope = "row";
    element("td", String(one.params.n), tr);
    element("td", one.params.radius === undefined ? "" : one.params.radius.toFixed(2), tr);
    const fewest = types.map(t => Math.min(...solvers.map(s => found.get(s + "\n" + p + ", " + t)).filter(r => r && r.metric === "nfev").map(r => r.value)));
    solvers.forEach(s => types.forEach((t, i) => {
      const r = found.get(s + "\n" + p + ", " + t), td = element("td", undefined, tr);
      if (!r) return;
      const failed = r.metric !== "nfev";
      td.textContent = failed ? failure(r)[0] : String(r.value);
      td.title = s + ", " + t + ": " + (failed ? failure(r)[1] + " after " : "") + r.value + " evaluations";
      if (failed) td.className = "failed";
      else td.style.setProperty("--share", Math.round(60 * Math.log(r.value) / Math.log(most)) + "%");
      if (r.value === fewest[i] && !failed) td.classList.add("fewest");
    }));
  });
}

function streaming() {
  const all = rows("streaming", "rowsPerSecond");
  if (!all.length) return;
  const get = (metric, way) => (rows("streaming", metric).find(r => r.engine === way) || {}).value;
  const called = { lockstep: "lock-step", batches: "batches", stream: "stream" }, p = all[0].params;
  const names = all.map(r => called[r.engine] || r.engine);
  chart("Images per second, if some are harder than others", p.images.toLocaleString("en") + " images: easy, hard and corrupted, n = " + p.n + ", " + p.batch
    + " at a time on one thread, to 10⁻⁶. In lock-step, a batch computes until its slowest image is done. In batches, images leave when they are done. In a stream, the next image takes the slot. An image takes "
    + number(get("meanEvaluations", "stream")) + " evaluations on average, " + number(get("mostEvaluations", "stream")) + " at most.", {
    xAxis: axis("images per second"), yAxis: { type: "category", data: names.slice().reverse(), axisLabel: { interval: 0 } }, grid: { left: 80, right: 70, top: 20, bottom: 50 }, legend: { show: false }, tall: 5,
    series: [{ type: "bar", barMaxWidth: 26, color: COLOURS.simd, label: { show: true, position: "right", color: "#808890", textBorderWidth: 0, formatter: b => number(b.value) }, data: all.map(r => r.value).reverse() }],
  }, ["schedule", "images per second", "slowest fork", "relative to lock-step"], all.map(r => [called[r.engine] || r.engine, r.value, r.min, r.engine === "lockstep" ? 1 : get("ratio", r.engine + "/lockstep")]));
}

function cells() {
  const ratios = rows("cells", "timeRatio"), dense = ratios.filter(r => r.engine === "graph/handwritten");
  const get = (r, engine, metric) => rows("cells", metric).find(s => s.case === r.case && s.engine === engine) || {};
  const spread = r => [r.value, r.min, r.p90];
  if (dense.length) table(heading("A cell as a graph, and the same cell by hand", "z = tanh(Wz + Ux + b), f32, one thread. By hand, each operation is one or two calls of the engine. A ratio is the time of the graph "
    + "divided by the time by hand, in the same process: at 1 the graph costs nothing. It is the median of the processes."), ["case", "graph, µs", "by hand, µs", "ratio", "least", "most", "heap bytes in each call"],
  dense.map(r => [r.case, get(r, "graph", "us").value, get(r, "handwritten", "us").value, ...spread(r), unsettled(r)]));
  const rates = rows("cells", "gflops");
  if (!rates.length) return;
  const names = [...new Set(rates.map(r => r.case))], engines = [...new Set(rates.map(r => r.engine))], p = rates[0].params;
  const called = { torch: "PyTorch" };
  chart("A cell like a layer of a transformer", "f32, " + p.batch + " samples of " + p.tokens + " tokens, width " + p.width + ", " + p.heads + " heads, SwiGLU of width " + p.hidden
    + ". An evaluation of f, and a product with the transposed Jacobian in z (vjp). Operations are those of the products; what a kernel computes again is not counted.", {
    xAxis: axis("GFLOP/s"), yAxis: { type: "category", data: names.map(n => n.replace("transformer ", "")).reverse(), axisLabel: { interval: 0 } }, grid: { left: 160, right: 70, top: 40, bottom: 50 }, tall: 5 * names.length,
    series: engines.slice().reverse().map(e => ({ name: called[e] || e, type: "bar", barMaxWidth: 22, color: COLOURS[e] || COLOURS.other, label: { show: true, position: "right", color: "#808890", textBorderWidth: 0, formatter: b => number(b.value) },
      data: names.map(n => (rates.find(r => r.case === n && r.engine === e) || {}).value).reverse() })),
  }, ["case", "by", "ms", "GFLOP/s", "share of the ceiling", "PyTorch's time / zstar's", "least", "most"], rates.map(r => {
    const ratio = r.engine === "torch" ? undefined : ratios.find(s => s.case === r.case && s.engine === "torch/" + r.engine);
    return [r.case + mark(r), called[r.engine] || r.engine, get(r, r.engine, "us").value / 1000, r.value, r.ofLimit === null ? "" : number(100 * r.ofLimit) + "%", ...(ratio ? spread(ratio) : ["", "", ""])];
  }));
  const kept = rows("cells", "bytes");
  table(heading("What a linearisation keeps", "The vjp of the same cell, if the map keeps every intermediate value of its point, and if it keeps the point alone and computes them again in each vjp. MiB are all that the map holds, "
    + "with its packed matrices."), ["case", "ms", "MiB"], kept.map(r => [r.case + mark(r), get(r, r.engine, "us").value / 1000, r.value / 2 ** 20]));
}

// Every row of a suite whose case has this metric, with its other metrics.
const cases = (suite, metric, columns) => rows(suite, metric).map(r => {
  const get = name => (study.results.find(s => s.suite === suite && s.case === r.case && s.engine === r.engine && s.metric === name) || {}).value;
  return [r.case + mark(r), ...columns(get, r)];
});

// The classic table: families of models, and what was measured of each. Every figure is a link to its row of the file.
const FAMILY_FIGURES = [
  ["parameters", "digits", "parameters", r => number(r.value, 5)], ["forward pass: evaluations or layers", "digits", "nfev", r => number(r.value)],
  ["forward pass: MiB", "digits", "forwardBytes", r => number(r.value / 2 ** 20)], ["training step: MiB of states", "digits", "stateBytes", r => number(r.value / 2 ** 20)],
  ["training step: µs", "digits", "stepUs", r => number(r.value)], ["seconds to a loss of 0.1", "digits", "secondsToLoss", r => number(r.value)],
  ["effective depth", "digits", "effectiveDepth", r => number(r.value)], ["unseen digits correct", "digits", "accuracy", r => percent(r)],
  ["rings in the plane told apart", "rings", "accuracy", r => percent(r)], ["relative error of the gradient", "digits", "gradientError", r => r.value.toExponential(1)]];
const percent = r => number(100 * r.value) + "%" + (r.runs > 1 ? " (" + number(100 * r.min) + "–" + number(100 * r.p90) + ")" : "");

function families() {
  const split = r => [r.case.slice(0, r.case.indexOf(": ")), r.case.slice(r.case.indexOf(": ") + 2)];
  const all = study.results.filter(r => r.suite === "depth" && /^(digits|rings): /.test(r.case));
  const names = [...new Set(all.map(r => split(r)[1]))];
  if (!names.length) return;
  const seeds = Math.max(...all.filter(r => r.metric === "accuracy").map(r => r.runs));
  const home = heading("Families of models", "Trained by the same code, on one thread, with about the same number of parameters. Accuracies are medians of " + seeds + " seeds, with the least and the most. "
    + "States are what grows with the batch: of a network all its layers, of an equilibrium the workspaces of its solvers. A figure is a link to its row in the file.");
  const wrap = element("div", undefined, home);
  wrap.className = "table";
  const made = element("table", undefined, wrap), head = element("tr", undefined, element("thead", undefined, made));
  ["", ...names].forEach(h => { element("th", h, head).scope = "col"; });
  const tbody = element("tbody", undefined, made);
  FAMILY_FIGURES.forEach(([title, data, metric, text]) => {
    const found = names.map(n => all.find(r => r.metric === metric && r.case === data + ": " + n));
    if (!found.some(r => r)) return;
    const tr = element("tr", undefined, tbody);
    element("th", title, tr).scope = "row";
    found.forEach(r => {
      const td = element("td", r ? undefined : "–", tr);
      if (r) element("a", text(r), td).href = "#result-" + study.results.indexOf(r);
    });
  });
}

function edges() {
  const of = (metric, columns) => cases("depth", metric, columns).map(r => [r[0].replace("edge: ", ""), ...r.slice(1)]);
  const training = of("lipschitz", (get, r) => [r.value, get("radius"), get("loss"), get("plain") < 0 ? "none within 500" : get("plain"), get("accelerated") < 0 ? "none within 500" : get("accelerated")]);
  if (training.length) table(heading("Training at the edge of contraction", "A task that pushes the Lipschitz constant of the cell through 1. A guard may hold it back. Then plain steps and the default method solve for the trained equilibria, to 10⁻⁶."),
    ["case", "largest ‖J‖₂", "largest ρ(J)", "loss", "plain steps", "evaluations of the default method"], training);
  const noise = of("gradientNoise", (get, r) => [r.value.toExponential(1)]);
  if (noise.length) table(heading("Gradients as ρ approaches 1", "The relative error of ∂L/∂W, if forward and backward solve have this tolerance."), ["case", "relative error"], noise);
  const truncated = of("backwardResidual", (get, r) => [r.value.toExponential(1), get("backwardError").toExponential(1), get("backwardCosine").toFixed(4)]);
  if (truncated.length) table(heading("Backward solves that end early", "GMRES at ρ = 0.95: the worst row of v."), ["case", "relative residual", "relative error", "cosine"], truncated);
  const starts = of("distinct", (get, r) => [get("converged"), r.value]);
  if (starts.length) table(heading("Starts and equilibria", "Random starts of one equation. Below a gain of 1 the map contracts, and has one equilibrium."), ["case", "starts that converged", "different equilibria"], starts);
  const generated = of("generated", (get, r) => [r.value, get("generator"), number(r.value / get("generator")) + "×", get("sharedError").toExponential(1), get("separateError").toExponential(1)]);
  if (generated.length) table(heading("Weights from a smaller network", "A generator makes the weights of a cell for each task. Errors are mean squares relative to the targets'; separate cells are trained with the same steps."),
    ["case", "generated weights", "parameters of the generator", "compression", "error of generated cells", "error of separate cells"], generated);
}

function everything() {
  const details = element("details", undefined, heading("Every figure", "All rows of study.json."));
  element("summary", "The rows", details);
  const header = ["suite", "case", "engine", "threads", "metric", "value", "least", "median", "runs"];
  table(details, header, study.results.map(r => [r.suite, r.case, r.engine, r.threads, r.metric, r.value, r.min, r.median, r.runs]));
  details.querySelectorAll("tbody tr").forEach((tr, i) => { tr.id = "result-" + i; });
  addEventListener("hashchange", () => reveal(details));
  reveal(details);
}

function reveal(details) {
  const row = location.hash.startsWith("#result-") && document.getElementById(location.hash.slice(1));
  if (!row) return;
  details.open = true;
  row.scrollIntoView({ block: "center" });
}

function linear() {
  const all = [...rows("backward", "products"), ...rows("backward", "productsFailed")];
  if (all.length) {
    const cut = r => r.case.indexOf(","), method = r => r.case.slice(0, cut(r)), system = r => r.case.slice(cut(r) + 2);
    const systems = [...new Set(all.map(system))], methods = [...new Set(all.map(method))];
    table(heading("Products of the linear solvers", "Products with Jᵀ until (I − Jᵀ) v = g is solved; ρ is the spectral radius of J. A dash marks a system that the method did not solve within its products."),
      ["method", ...systems], methods.map(m => [m, ...systems.map(s => {
        const r = all.find(a => method(a) === m && system(a) === s);
        return !r ? "" : r.metric === "products" ? String(r.value) : "– (" + r.value + ")";
      })]));
  }
  const sequences = cases("backward", "sequenceProducts", (get, r) => [r.value, get("sequenceRatio")]);
  if (sequences.length) table(heading("Sequences of linear systems", "Products for a sequence of systems that change little, as in training. A recycled solver starts each from what the last one taught it."),
    ["case", "products", "products / those of GMRES(20)"], sequences);
}

function gradients() {
  const modes = cases("backward", "backwardUs", (get, r) => [r.value, get("backwardRatio"), get("modeProducts"), get("cosine").toFixed(4),
    get("gradientError").toExponential(1), get("modeBytes") / 2 ** 20]);
  if (modes.length) table(heading("Gradient modes", "How a layer differentiates its equilibrium: the time of a backward pass, the evaluations of f and products with J or Jᵀ that it takes, and how far its gradient "
    + "is from the exact one, as the cosine of the angle and as the largest relative error of a row. MiB are those of the layer. One thread, f32."),
    ["mode", "µs", "time / that of the default", "evaluations and products", "cosine", "error", "MiB"], modes);
  const training = cases("training", "stepUs", (get, r) => [r.value, get("steps"), number(100 * get("accuracyQuarter")) + "%", number(100 * get("accuracyEnd")) + "%", get("failedImages")]);
  if (training.length) table(heading("Training in each gradient mode, for the same time", "Handwritten digits, one thread. Correct are unseen images, after a quarter of the time and at its end. Images whose solve fails are skipped."),
    ["mode", "µs for each step", "steps", "correct after a quarter", "correct at the end", "failed images"], training);
  const expanding = rows("training", "failedImages").filter(r => r.case.startsWith("expanding")).map(r => {
    const get = name => (rows("training", name).find(s => s.case === r.case) || {}).value;
    return [r.case, r.value, get("images"), get("finite") === 1 ? "yes" : "no", number(100 * get("accuracy")) + "%"];
  });
  if (expanding.length) table(heading("Training that breaks contraction", "Nothing bounds ‖W‖, and the learning rate is fifty times the usual one. Images whose solve fails are skipped, or their gradients damped."),
    ["case", "failed images", "images", "parameters finite", "correct"], expanding);
}

function random() {
  const all = cases("forward", "solves", (get, r) => [r.value, get("rows"), get("brokenPromises"), get("bytesLeft")]);
  if (all.length) table(heading("Random solves", "Solves with random maps, sizes, options, budgets, faults and observers. Each outcome is checked against what the documentation promises."),
    ["case", "solves", "rows", "violated guarantees", "bytes not freed"], all);
}

function mixed() {
  const all = rows("forward", "mixedUs");
  if (!all.length) return;
  const get = (r, metric) => (rows("forward", metric).find(s => s.case === r.case && s.engine === r.engine) || {}).value;
  table(heading("Mixed precision: narrow weights, corrected", "One thread, to 10⁻⁶, medians. Most evaluations read W in bf16 or 8-bit integers. A few evaluations in f32 correct them, so that the solution is that of the f32 weights."),
    ["weights", "n", "batch", "µs", "times as fast", "evaluations in f32", "in narrow weights", "MiB of W read", "relative residual"], all.map(r => {
      const bytes = get(r, "weightBytes");
      return [r.case.split(" ").at(-1) + mark(r), r.params.n, r.params.batch, r.value, number(get(r, "ratio") || 1), get(r, "nfev"), get(r, "cheapNfev") || 0,
        bytes === undefined ? "" : bytes / 2 ** 20, get(r, "residual") === undefined ? "" : get(r, "residual").toExponential(2)];
    }));
}

function draw() {
  speed("Matrix times matrix", "One thread, f32, batch = n, packed weights. The dashed line is the rate of multiply-adds that the core reached beside each case.", "gflops",
    "GFLOP/s", r => r.case === "gemm n=" + r.params.n);
  speed("Matrix times vector", "One thread, f32. The dashed line is the rate at which the core read as many bytes beside each case.", "gbps", "GB/s", r => r.case.startsWith("gemv n="));
  const kernels = rows("kernels", "ratio");
  if (kernels.length) {
    const of = (r, metric) => rows("kernels", metric).find(s => s.case === r.case && s.engine === r.engine.split("/")[0]) || {};
    const names = kernels.map(r => r.case + ": " + r.engine.replace("/", " / ") + mark(r));
    chart("Each kernel compared with OpenBLAS or another implementation", "The speed of the first relative to the second, the median of the forks. At 1 both are equally fast.", {
      xAxis: axis("times as fast", "log", { logBase: 2, nameGap: 28 }), yAxis: { type: "category", data: names.slice().reverse(), axisLabel: { interval: 0, fontSize: 10, width: 230, overflow: "truncate" } },
      grid: { left: 250 }, legend: { show: false }, series: [{ type: "bar", color: COLOURS.simd, data: kernels.map(r => r.value).reverse(),
        markLine: { symbol: "none", silent: true, data: [{ xAxis: 1, label: { show: false } }], lineStyle: { type: "dashed" } } }], tall: kernels.length,
    }, ["case", "compared", "ratio", "worst fork", "µs", "share of the ceiling", "heap bytes in each call"], kernels.map(r => {
      const rate = of(r, "gflops").value === undefined ? of(r, "gbps") : of(r, "gflops");
      return [r.case, r.engine.replace("/", " / "), r.value, r.min, of(r, "us").value, rate.ofLimit ? number(100 * rate.ofLimit) + "%" : "", unsettled(r)];
    }));
  }
  cells();
  const traces = study.traces;
  if (traces.length) {
    const first = traces[0].case;
    const shown = traces.filter(t => t.case === first);
    chart("Residual over evaluations", "z = tanh(Wz + Ux + b), " + first + ", f32, from the same start, with and without acceleration.", {
      xAxis: axis("evaluations of f"), yAxis: axis("relative residual", "log", { axisLabel: { formatter: x => x.toExponential(0) } }),
      series: shown.map((t, i) => series(t.name, t.residuals.map((r, k) => [k + 1, r]).filter(p => p[1] > 0), i ? "openblas" : "simd", { symbolSize: 4 })),
    }, ["solver", "problem", "evaluations", "last residual"], traces.map(t => [t.name, t.case, t.residuals.length, t.residuals.at(-1)]));
  }
  const memory = rows("depth", "stateBytes").filter(r => r.params.depth);
  if (memory.length) {
    const kinds = [...new Set(memory.map(r => r.case.slice(0, r.case.lastIndexOf(" depth="))))], keys = ["simd", "scalar", "openblas", "other"];
    const of = (r, metric) => (rows("depth", metric).find(h => h.case === r.case) || {}).value;
    const note = ", dense cell, f32, n = " + memory[0].params.n + ", batch " + memory[0].params.batch + ". ";
    const lines = metric => kinds.map((k, i) => series(k, depths(metric, k).map(r => [r.params.depth, metric === "stateBytes" ? r.value / 2 ** 20 : r.value / 1000]), keys[i % 4]));
    const body = memory.map(r => [r.case, r.value / 2 ** 20, of(r, "bytes") / 2 ** 20, of(r, "rss") / 2 ** 20 || "", of(r, "stepUs") / 1000]);
    const header = ["case", "MiB of states", "MiB live, with parameters", "MiB, peak of the process", "ms for a step"];
    chart("Memory over effective depth", "States of a training step: what grows with the batch" + note + "An equilibrium is solved to the residual that as many plain steps reach; 27 blocks are the default. The network "
      + "has so many tied layers and keeps all states, or with checkpoints every √L-th.", { xAxis: axis("layers"), yAxis: axis("MiB", "value", { wide: true }), series: lines("stateBytes") }, header, body);
    chart("Time over effective depth", "A training step, forward and backward" + note, { xAxis: axis("layers"), yAxis: axis("ms", "value", { wide: true }), series: lines("stepUs") }, header, body);
  }
  const errors = rows("depth", "gradientError");
  if (errors.length) {
    const of = (r, metric) => (rows("depth", metric).find(s => s.case === r.case) || {}).value;
    const line = start => errors.filter(r => r.case.startsWith(start)).map(r => [of(r, "effectiveDepth"), r.value]).sort((a, b) => a[0] - b[0]);
    chart("Error of the gradient over effective depth", "Gradients of all parameters, f32, n = " + errors[0].params.n + ". The reference is f64, unrolled to convergence. An equilibrium is as deep as the plain steps that reach its residual; "
      + "its forward and backward solves have the same tolerance.", {
      xAxis: axis("effective depth"), yAxis: axis("relative error", "log", { axisLabel: { formatter: x => x.toExponential(0) } }),
      series: [series("equilibrium", line("DEQ"), "simd"), series("tied network", line("tied network"), "openblas")],
    }, ["case", "effective depth", "evaluations", "relative error", "1 − cosine"], errors.map(r => [r.case, of(r, "effectiveDepth"), of(r, "nfev"), r.value.toExponential(1), (1 - of(r, "cosine")).toExponential(1)]));
  }
  const epochs = rows("training", "accuracy").filter(r => r.case.startsWith("epoch"));
  if (epochs.length) {
    const at = (r, metric) => rows("training", metric).find(s => s.case === r.case).value;
    chart("Training on handwritten digits", "The fraction of 360 unseen images that is classified correctly, after training on 1,437 others for this time.", {
      xAxis: axis("seconds"), yAxis: axis("% correct", "value", { wide: true, min: x => Math.floor(x.min / 10) * 10, max: 100 }),
      series: [series("unseen images", epochs.map(r => [at(r, "seconds"), 100 * r.value]), "simd")],
    }, ["epoch", "seconds", "% correct", "loss"], epochs.map(r => [r.case, at(r, "seconds"), 100 * r.value, at(r, "loss")]));
  }
  const solves = [...rows("forward", "us"), ...rows("backward", "us")];
  if (solves.length) {
    const cases = [...new Set(solves.map(r => r.case))], engines = [...new Set(solves.map(r => r.engine))];
    const other = (r, metric) => (study.results.find(s => s.suite === r.suite && s.case === r.case && s.engine === r.engine && s.metric === metric) || {}).value;
    chart("Time of a solve", "Forward to 10⁻⁶ and backward to 10⁻⁴, one thread, medians.", {
      xAxis: { type: "category", data: cases, axisLabel: { interval: 0, fontSize: 10, lineHeight: 13, formatter: c => c.replaceAll(" ", "\n") } }, yAxis: axis("µs", "log", { wide: true }), grid: { bottom: 90 },
      series: engines.map(e => ({ name: e, type: "bar", color: COLOURS[e], data: cases.map(c => (solves.find(r => r.case === c && r.engine === e) || {}).value) })),
    }, ["solve", "engine", "µs", "evaluations", "time / time of its evaluations", "heap bytes", "equivalent depth"],
    solves.map(r => [r.case + mark(r), r.engine, r.value, other(r, "nfev"), other(r, "overhead"), other(r, "allocated"), other(r, "depth") || ""]));
  }
  streaming();
  mixed();
  problems();
  random();
  linear();
  gradients();
  families();
  edges();
  quietness();
  counters();
  if (study.results.length) everything();
}

function paint() {
  const style = getComputedStyle(root);
  const ink = style.getPropertyValue("--ink"), faint = style.getPropertyValue("--line");
  const tint = a => ({ ...a, axisLabel: { color: ink, ...a.axisLabel }, nameTextStyle: { color: ink }, splitLine: { lineStyle: { color: faint } } });
  for (const c of charts) {
    if (c.instance) c.instance.dispose();
    c.instance = echarts.init(c.box);
    c.instance.setOption({
      animation: false, textStyle: { color: ink, fontFamily: "system-ui, sans-serif" }, grid: { left: 70, right: 30, top: 50, bottom: 55 },
      tooltip: { trigger: "item" }, legend: { top: 8, textStyle: { color: ink } }, ...c.option, xAxis: tint(c.option.xAxis), yAxis: tint(c.option.yAxis),
    });
  }
}

function facts() {
  const home = document.getElementById("facts"), m = study.machine;
  document.getElementById("machine").textContent = "on " + m.cpu;
  element("h2", "The machine", home);
  const list = element("dl", undefined, home);
  const entry = (k, v) => { element("dt", k, list); element("dd", v, list); };
  entry("processor", m.cpu + ", " + m.processors + " available to this process");
  entry("caches", m.caches.join("; "));
  entry("memory", m.memory ? number(m.memory / 2 ** 30) + " GiB" : "unknown");
  entry("system", m.os);
  entry("Java", m.jdk);
  m.engines.forEach(e => entry("engine " + e.id, e.available ? e.version : "not available: " + e.reason));
  study.ceilings.forEach(c => entry("ceiling " + c.name, number(c.value) + " " + c.unit));
  entry("started", study.startedAt);
  entry("commit", study.commit || "unknown");
  entry("command", "./" + (study.command || "zstar study"));
  conditions().forEach(([name, value]) => entry(name, value));
  if (study.seconds) entry("duration", number(study.seconds / 60) + " min");
}

function theme(name) { root.dataset.theme = name; paint(); }

root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.getElementById("theme").addEventListener("click", () => theme(root.dataset.theme === "dark" ? "light" : "dark"));
addEventListener("resize", () => charts.forEach(c => c.instance.resize()));
summarise();
if (study.finished === false) element("p", "The study is still running: this page shows what it has measured so far. Reload it for more.", document.getElementById("charts"));
(study.failures || []).forEach(failure => element("p", "Failed: " + failure + ".", document.getElementById("charts")));
(study.remarks || []).forEach(remark => element("p", "Note: " + remark + ".", document.getElementById("charts")));
draw();
facts();
paint();
document.body.dataset.rendered = "true";
