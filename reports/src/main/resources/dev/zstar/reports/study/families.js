// Families of models, and where equilibria end.

// The mean over seeds: with five, every digit is tested once.
const mean = r => { const all = (r.samples || [[r.value]]).flat(); return all.reduce((a, b) => a + b, 0) / all.length; };
const percent = r => number(100 * mean(r), 4) + "%" + (r.runs > 1 ? " (" + number(100 * r.min) + "–" + number(100 * r.p90) + ")" : "");
const inMib = r => number(r.value / MIB);
// What was measured of each family: title, data set, metric, text. Every figure is a link to its row of the file.
const FAMILY_FIGURES = [
  ["parameters", "digits", "parameters", r => number(r.value, 5)], ["forward pass: evaluations or layers", "digits", "nfev", r => number(r.value)],
  ["forward pass: MiB", "digits", "forwardBytes", inMib], ["training step: MiB of states", "digits", "stateBytes", inMib],
  ["training step: µs", "digits", "stepUs", r => number(r.value)], ["seconds to a loss of 0.1", "digits", "secondsToLoss", r => number(r.value)],
  ["effective depth", "digits", "effectiveDepth", r => number(r.value)], ["unseen digits correct", "digits", "accuracy", percent],
  ["rings in the plane told apart", "rings", "accuracy", percent], ["copy memory: symbols repeated", "copy", "accuracy", percent],
  ["relative error of the gradient", "digits", "gradientError", r => r.value.toExponential(1)]];

function families() {
  const split = r => [r.case.slice(0, r.case.indexOf(": ")), r.case.slice(r.case.indexOf(": ") + 2)];
  const all = study.results.filter(r => r.suite === "depth" && /^(digits|rings|copy): /.test(r.case)), names = unique(all.map(r => split(r)[1]));
  if (!names.length) return;
  const seeds = Math.max(...all.filter(r => r.metric === "accuracy").map(r => r.runs));
  const body = FAMILY_FIGURES.map(([title, data, metric, text]) => [title, ...names.map(n => {
    const r = all.find(s => s.metric === metric && s.case === data + ": " + n);
    return r ? { value: metric === "accuracy" ? mean(r) : r.value, text: text(r), href: "#result-" + study.results.indexOf(r) } : cell(null, "–");
  })]).filter(line => line.slice(1).some(c => c.href));
  withTable("Families of models", "Trained by the same code, on one thread, with about the same number of parameters. Accuracies are means of " + seeds + " trainings, with the least and the most. Each is tested on another fifth of the digits, and trained on the other four. "
    + "States are what grows with the batch: of a network all its layers, of an equilibrium the workspaces of its solvers. A figure is a link to its row in the file.",
  ["figure", ...names.map(n => ({ head: n, term: "names of families", means: "the figures of this family" }))], body, { rowHead: true });
}

// The ways back of one equilibrium and of one differential equation.
function ways() {
  withTable("Ways back", "The same cell and the same differential equation, trained on the digits with other gradients. Errors are those of the gradient of one batch after training, against exact solves in f64.",
    ["way back", "% correct", "µs for a step", "MiB of states", "evaluations", "relative error", "1 − cosine"],
    rows("depth", "accuracy").filter(r => r.case.startsWith("modes: ")).map(r => {
      const get = metric => beside(r, metric).value, error = get("gradientError");
      return [r.case.slice(7), cell(100 * mean(r), percent(r)), get("stepUs"), get("stateBytes") / MIB, get("nfev"),
        error === undefined ? null : power(error), error === undefined ? null : power(1 - get("cosine"))];
    }));
}

function edges() {
  const of = (metric, columns) => cases("depth", metric, columns).map(r => [r[0].replace("edge: ", ""), ...r.slice(1)]);
  const spent = x => (x < 0 ? cell(null, "none within 500") : x);
  withTable("Training at the edge of contraction", "A task that pushes the Lipschitz constant of the cell through 1. A guard may hold it back. Then plain steps and the default method solve for the trained equilibria, to 10⁻⁶.",
    ["case", "largest ‖J‖₂", "largest ρ(J)", "loss", "plain steps", "evaluations of the default method"],
    of("lipschitz", (get, r) => [r.value, get("radius"), get("loss"), spent(get("plain")), spent(get("accelerated"))]));
  withTable("Gradients as ρ approaches 1", "The relative error of ∂L/∂W, if forward and backward solve have this tolerance.", ["case", "relative error"], of("gradientNoise", (get, r) => [power(r.value)]));
  withTable("Backward solves that end early", "GMRES at ρ = 0.95: the worst row of v.", ["case", "relative residual", "relative error", "cosine"],
    of("backwardResidual", (get, r) => [power(r.value), power(get("backwardError")), cell(get("backwardCosine"), get("backwardCosine").toFixed(4))]));
  withTable("Starts and equilibria", "Random starts of one equation. Below a gain of 1 the map contracts, and has one equilibrium.", ["case", "starts that converged", "different equilibria"], of("distinct", (get, r) => [get("converged"), r.value]));
  withTable("Weights from a smaller network", "A generator makes the weights of a cell for each task. Errors are mean squares relative to the targets'; separate cells are trained with the same steps.",
    ["case", "generated weights", "parameters of the generator", "compression", "error of generated cells", "error of separate cells"],
    of("generated", (get, r) => [r.value, get("generator"), cell(r.value / get("generator"), number(r.value / get("generator")) + "×"), power(get("sharedError")), power(get("separateError"))]));
}
