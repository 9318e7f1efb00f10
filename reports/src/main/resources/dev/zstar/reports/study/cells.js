// Cells as graphs.

function cells() {
  const ratios = rows("cells", "timeRatio"), dense = ratios.filter(r => r.engine === "graph/handwritten");
  const spread = r => [r.value, r.min, r.p90];
  withTable("A cell as a graph, and the same cell by hand", "z = tanh(Wz + Ux + b), f32, one thread. By hand, each operation is one or two calls of the engine. A ratio is the time of the graph "
    + "divided by the time by hand, in the same process: at 1 the graph costs nothing. It is the median of the processes.", ["case", "graph, µs", "by hand, µs", "ratio of times", "least", "most", "heap bytes in each call"],
  dense.map(r => [r.case, beside(r, "us", "graph").value, beside(r, "us", "handwritten").value, ...spread(r), unsettled(r)]));
  const rates = rows("cells", "gflops");
  if (!rates.length) return;
  const names = unique(rates.map(r => r.case)), engines = unique(rates.map(r => r.engine)), p = rates[0].params;
  chart("A cell like a layer of a transformer", "f32, " + p.batch + " samples of " + p.tokens + " tokens, width " + p.width + ", " + p.heads + " heads, SwiGLU of width " + p.hidden
    + ". An evaluation of f, and a product with the transposed Jacobian in z (vjp). Operations are those of the products; what a kernel computes again is not counted.", {
    xAxis: axis("GFLOP/s"), yAxis: { type: "category", data: names.map(n => n.replace("transformer ", "")).reverse() },
    series: engines.slice().reverse().map(e => ({ name: called(e), type: "bar", slot: slot(e), label: { show: true, position: "right", color: "#808890", textBorderWidth: 0, formatter: b => number(b.value) },
      data: names.map(n => (rates.find(r => r.case === n && r.engine === e) || {}).value).reverse() })),
  }, ["case", "by", "ms", "GFLOP/s", "share of the ceiling", "PyTorch's time / zstar's", "least", "most"], rates.map(r => {
    const ratio = r.engine === "torch" ? undefined : ratios.find(s => s.case === r.case && s.engine === "torch/" + r.engine);
    return [r.case + mark(r), called(r.engine), beside(r, "us").value / 1000, r.value, share(r.ofLimit), ...(ratio ? spread(ratio) : [null, null, null])];
  }));
  withTable("What a linearisation keeps", "The vjp of the same cell, if the map keeps every intermediate value of its point, and if it keeps the point alone and computes them again in each vjp. MiB are all that the map holds, "
    + "with its packed matrices.", ["case", "ms", "MiB"], rows("cells", "bytes").map(r => [r.case + mark(r), beside(r, "us").value / 1000, r.value / MIB]));
}
