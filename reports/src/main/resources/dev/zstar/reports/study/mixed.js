// Narrow weights.

function mixed() {
  const all = rows("forward", "mixedUs");
  withTable("Mixed precision: narrow weights, corrected", "One thread, to 10⁻⁶, medians. Most evaluations read W in bf16 or 8-bit integers. A few evaluations in f32 correct them, so that the solution is that of the f32 weights.",
    ["weights", "n", "batch", "µs", "times as fast", "evaluations in f32", "in narrow weights", "MiB of W read", "relative residual"], all.map(r => {
      const get = metric => beside(r, metric).value, bytes = get("weightBytes");
      return [r.case.split(" ").at(-1) + mark(r), r.params.n, r.params.batch, r.value, get("ratio") || 1, get("nfev"), get("cheapNfev") || 0,
        bytes === undefined ? null : bytes / MIB, power(get("residual"), 2)];
    }));
}
