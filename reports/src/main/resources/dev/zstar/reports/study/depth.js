// What depth costs, and how exact gradients are.

function depth() {
  const memory = rows("depth", "stateBytes").filter(r => r.case.endsWith(" depth=" + r.params.depth));
  if (memory.length) {
    const kinds = unique(memory.map(r => r.case.slice(0, r.case.lastIndexOf(" depth=")))), { n, batch } = memory[0].params;
    const note = ", dense cell, f32, n = " + n + ", batch " + batch + ". ";
    const lines = (metric, of) => kinds.map((k, i) => series(k, depths(metric, k).map(r => [r.params.depth, of(r.value, r.params.depth)]), i));
    const body = memory.map(r => {
      const us = beside(r, "stepUs").value;
      return [r.case, r.value / MIB, beside(r, "bytes").value / MIB, us / 1000, r.value / 1024 / r.params.depth, us ? 1e6 * batch * r.params.depth / us : null];
    });
    const header = ["case", "MiB of states", "MiB live, with parameters", "ms for a step", "KiB of states for each layer", "layers per second"];
    chart("Memory over effective depth", "States of a training step: what grows with the batch" + note + "An equilibrium is solved to the residual that as many plain steps reach; 27 blocks are the default. The network "
      + "has as many tied layers. It keeps all states, or with checkpoints every √L-th.", { xAxis: axis("layers"), yAxis: axis("MiB"), series: lines("stateBytes", b => b / MIB) }, header, body);
    chart("Memory for each layer over effective depth", "The same states, divided by the depth.", { xAxis: axis("layers"), yAxis: axis("KiB for each layer", "log"), series: lines("stateBytes", (b, d) => b / 1024 / d) }, header, body);
    if (rows("depth", "stepUs").some(r => r.params.depth)) {
      chart("Time over effective depth", "A training step, forward and backward" + note, { xAxis: axis("layers"), yAxis: axis("ms"), series: lines("stepUs", us => us / 1000) }, header, body);
      chart("Effective layers per second over effective depth", "Rows of the batch times the depth, divided by the time of a training step.", {
        xAxis: axis("layers"), yAxis: axis("layers per second"), series: lines("stepUs", (us, d) => 1e6 * batch * d / us) }, header, body);
    }
  }
  const peaks = rows("depth", "rss");
  if (peaks.length) withTable("Peak memory of processes", "The most memory that a fresh process held, with the JVM and its whole heap, for a batch of " + peaks[0].params.batch + ". The least of "
    + forks(peaks[0]).replace("median of ", "") + ": what the JIT holds at its peak differs between them.", ["case", "MiB of states", "MiB, peak of the process"],
    peaks.map(r => [r.case, beside(r, "stateBytes").value / MIB, r.min / MIB]));
  const errors = rows("depth", "gradientError").filter(r => beside(r, "effectiveDepth").value !== undefined && !/^(digits|rings|copy|modes): /.test(r.case));
  if (!errors.length) return;
  const line = start => errors.filter(r => r.case.startsWith(start)).map(r => [beside(r, "effectiveDepth").value, r.value]).sort((a, b) => a[0] - b[0]);
  chart("Error of the gradient over effective depth", "Gradients of all parameters, f32, n = " + errors[0].params.n + ". The reference is f64, unrolled to convergence. An equilibrium is as deep as the plain steps that reach its residual; "
    + "its forward and backward solves have the same tolerance.", {
    xAxis: axis("effective depth"), yAxis: axis("relative error", "log"), series: [series("equilibrium", line("DEQ"), 0), series("tied network", line("tied network"), 1)],
  }, ["case", "effective depth", "evaluations", "relative error", "1 − cosine"], errors.map(r => [r.case, beside(r, "effectiveDepth").value, beside(r, "nfev").value, power(r.value), power(1 - beside(r, "cosine").value)]));
}
