// Rates of products against their ceilings, and engines against each other.

function speed(title, note, metric, unit, select) {
  const all = rows("kernels", metric).filter(select);
  if (!all.length) return;
  const engines = unique(all.map(r => r.engine));
  const drawn = engines.map(e => series(e, all.filter(r => r.engine === e).map(r => [r.params.n, r.value]), slot(e)));
  // With a filter there may be one size. A logarithmic axis from n to n shows nothing, and a line through one point neither.
  const sizes = all.map(r => r.params.n), least = Math.min(...sizes), most = Math.max(...sizes), ends = least < most ? [least, most] : [least / 2, 2 * most];
  // The ceiling that each case was measured against, in the same process.
  const limits = all.filter(r => r.engine === engines[0] && r.limit);
  if (limits.length) drawn.push({ name: "ceiling", type: "line", data: least < most ? limits.map(r => [r.params.n, r.limit]) : ends.map(n => [n, limits[0].limit]), symbol: "none", color: "#808890", lineStyle: { type: "dashed", width: 1 } });
  const top = Math.max(...all.map(r => r.value), ...limits.map(r => r.limit));
  chart(title, note, {
    xAxis: axis("n", "log", { logBase: 2, min: ends[0], max: ends[1] }),
    yAxis: axis(unit, "value", { max: Math.ceil(top * 1.04 / (top > 100 ? 50 : 10)) * (top > 100 ? 50 : 10) }), series: drawn,
  }, ["case", "engine", unit, "slowest fork", "share of the ceiling"], all.map(r => [r.case + mark(r), r.engine, r.value, r.min, share(r.ofLimit)]));
}

function compared() {
  const all = rows("kernels", "ratio");
  if (!all.length) return;
  const of = (r, metric) => beside(r, metric, r.engine.split("/")[0]);
  chart("Each kernel compared with OpenBLAS or another implementation", "The speed of the first relative to the second, the median of the forks. At 1 both are equally fast.", {
    xAxis: axis("times as fast", "log", { logBase: 2 }), yAxis: { type: "category", data: all.map(r => r.case + ": " + r.engine.replace("/", " / ") + (unsettled(r) ? " (unreliable)" : "")).reverse() },
    series: [{ type: "bar", slot: 0, data: all.map(r => r.value).reverse(),
      markLine: { symbol: "none", silent: true, data: [{ xAxis: 1, label: { show: false } }], lineStyle: { type: "dashed" }, z: 1 } }],
  }, ["case", "compared", "ratio", "worst fork", "µs", "share of the ceiling", "heap bytes in each call"], all.map(r => {
    const rate = of(r, "gflops").value === undefined ? of(r, "gbps") : of(r, "gflops");
    return [r.case + mark(r), r.engine.replace("/", " / "), r.value, r.min, of(r, "us").value, share(rate.ofLimit), unsettled(r)];
  }));
}

function kernels() {
  speed("Matrix times matrix", "One thread, f32, batch = n, packed weights. The dashed line is the rate of multiply-adds that the core reached just before and after each case.", "gflops",
    "GFLOP/s", r => r.case === "gemm n=" + r.params.n);
  speed("Matrix times vector", "One thread, f32. The dashed line is the rate at which the core read as many bytes just before and after each case.", "gbps", "GB/s", r => r.case.startsWith("gemv n="));
  compared();
}
