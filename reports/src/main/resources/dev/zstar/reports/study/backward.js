// Linear solvers and gradient modes.

function linear() {
  const all = [...rows("backward", "products"), ...rows("backward", "productsFailed")];
  // A case is "gmres(20) f32 ρ=0.9 Gaussian to 1e-04".
  const parts = r => r.case.match(/^(.*?) (f32|f64) (.*) to (\S+)$/) || [r.case, r.case, "", "", ""];
  const method = r => parts(r)[1], system = r => parts(r).slice(2).join("\n");
  const systems = unique(all.map(system)).sort(), methods = unique(all.map(method));
  withTable("Products of the linear solvers", "Products with Jᵀ until (I − Jᵀ) v = g is solved; ρ is the spectral radius of J. A dash marks a system that the method did not solve within its products.",
    ["method", ...systems.map(s => {
      const [type, matrix, tolerance] = s.split("\n");
      return { head: matrix, group: type + " to " + tolerance, term: "ρ, kind of matrix", means: "products with Jᵀ for this system, in the type and to the tolerance above" };
    })], methods.map(m => [m, ...systems.map(s => {
      const r = all.find(a => method(a) === m && system(a) === s);
      return !r ? null : r.metric === "products" ? r.value : cell("failed after " + r.value, "– (" + r.value + ")");
    })]));
  withTable("Sequences of linear systems", "Products for a sequence of systems that change little, as in training. A recycled solver reuses directions from the systems before.",
    ["case", "products", "products / those of GMRES(20)"], cases("backward", "sequenceProducts", (get, r) => [r.value, get("sequenceRatio")]));
}

function gradients() {
  withTable("Gradient modes", "How a layer differentiates its equilibrium: the time of a backward pass, the evaluations of f and products with J or Jᵀ that it takes, and how far its gradient "
    + "is from the exact one, as the cosine of the angle and as the largest relative error of a row. MiB are those of the layer. One thread, f32.",
  ["mode", "µs", "time / that of the default", "evaluations and products", "cosine", "error", "MiB"], cases("backward", "backwardUs", (get, r) => [r.value, get("backwardRatio"), get("modeProducts"),
    cell(get("cosine"), get("cosine").toFixed(4)), power(get("gradientError")), get("modeBytes") / MIB]));
  withTable("Training in each gradient mode, for the same time", "Handwritten digits, one thread. Correct are unseen images, after a quarter of the time and at its end. Images whose solve fails are skipped.",
    ["mode", "µs for each step", "steps", "correct after a quarter", "correct at the end", "failed images"],
    cases("training", "stepUs", (get, r) => [r.value, get("steps"), share(get("accuracyQuarter")), share(get("accuracyEnd")), get("failedImages")]));
  withTable("Training that breaks contraction", "Nothing bounds ‖W‖, and the learning rate is fifty times the usual one. Images whose solve fails are skipped, or their gradients damped.",
    ["case", "failed images", "images", "parameters finite", "correct"], rows("training", "failedImages").filter(r => r.case.startsWith("expanding")).map(r => {
      const get = name => beside(r, name).value;
      return [r.case, r.value, get("images"), get("finite") === 1 ? "yes" : "no", share(get("accuracy"))];
    }));
}

// A pass in few blocks of memory, and in many.
function timeAgainstMemory() {
  const all = rows("backward", "passUs");
  if (!all.length) return;
  const shape = r => "n = " + r.params.n + ", batch " + r.params.batch, shapes = unique(all.map(shape));
  const block = r => 4 * r.params.n * r.params.batch;
  chart("Time against memory", "A forward and a backward pass of a layer that is planned within a number of blocks; a block is a batch of states. One thread, f32, to 10⁻⁵. "
    + "To the left is less memory, and lower is faster. More blocks hold a longer history, which saves evaluations.", {
    xAxis: axis("blocks of memory", "log", { logBase: 2, min: x => 2 ** Math.floor(Math.log2(x.min)) }), yAxis: axis("time / that in 27 blocks", "value", { scale: true }),
    series: shapes.map((s, i) => series(s, all.filter(r => shape(r) === s).map(r => ({ value: [beside(r, "passBytes").value / block(r), beside(r, "passRatio").value],
      tip: s + "\nwithin " + r.params.blocks + " blocks: " + number(r.value, 4) + " µs, " + number(beside(r, "passBytes").value / MIB) + " MiB" })), i)),
  }, ["case", "blocks", "MiB", "µs", "time / that in 27 blocks", "evaluations", "products"],
  all.map(r => [r.case + mark(r), r.params.blocks, beside(r, "passBytes").value / MIB, r.value, beside(r, "passRatio").value, beside(r, "passEvaluations").value, beside(r, "passProducts").value]));
}
