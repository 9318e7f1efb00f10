// The roofline: what multiply-adds and each level of memory allow, and what kernels reach.

const LEVELS = ["", "L1", "L2", "L3", "DRAM"];

// The ceilings of a number of threads: the best rate that the loops or the kernels of a level reached, so that nothing is above its ceiling.
function roofs(points, threads) {
  const measured = name => { const c = study.ceilings.find(m => m.name === name + "." + threads + "t"); return c ? [c.value] : []; };
  const reads = LEVELS.map((name, level) => Math.max(0, ...(level ? measured("read." + name) : []),
    ...points.filter(p => p.level === level).flatMap(p => [p.reads || 0, p.rate / p.intensity])));
  const sums = type => Math.max(0, ...measured("fma." + type), ...points.filter(p => p.type === type).flatMap(p => [p.sums || 0, p.rate]));
  return { reads, sums: { f32: sums("f32"), f64: sums("f64") } };
}

// The kernels as points. limit is the ceiling beside the case, of reads or of multiply-adds.
function reached(threads) {
  return rows("kernels", "us").filter(r => r.params.operations && r.threads === threads).map(r => {
    const p = r.params, limit = metric => (rows("kernels", metric).find(s => s.case === r.case && s.threads === r.threads && s.limit) || {}).limit;
    return { r, type: p.bits === 64 ? "f64" : "f32", level: p.level, intensity: p.operations / p.leastBytes, rate: p.operations / r.value / 1e3, sums: limit("gflops"), reads: limit("gbps") };
  });
}

const ceiling = (point, roof) => Math.min(roof.sums[point.type], roof.reads[point.level] ? roof.reads[point.level] * point.intensity : Infinity);

function roofline() {
  unique(rows("kernels", "us").filter(r => r.params.operations).map(r => r.threads)).sort().forEach(threads => {
    const points = reached(threads), roof = roofs(points, threads), sums = Object.entries(roof.sums).filter(([, v]) => v > 0);
    if (!sums.length) return;
    const peak = Math.max(...sums.map(([, v]) => v)), low = Math.min(0.125, 2 ** Math.floor(Math.log2(Math.min(...points.map(p => p.intensity))))), high = 2 ** Math.ceil(Math.log2(Math.max(...points.map(p => p.intensity), peak / Math.min(...roof.reads.filter(b => b)))));
    const line = (name, data, i) => ({ name, type: "line", data, color: 6, symbol: "none", silent: true, lineStyle: { width: 1.4, type: DASHES[i % 8] } });
    // The end of a line of reads is where it meets the peak.
    const slopes = roof.reads.map((b, level) => b && line(LEVELS[level] + ", " + number(b) + " GB/s", [[low, b * low], [Math.min(high, peak / b), Math.min(peak, b * high)]], level)).filter(s => s);
    const flat = sums.map(([type, v], i) => line("multiply-adds in " + type + ", " + number(v) + " GFLOP/s", [[low, v], [high, v]], 5 + i));
    const engines = unique(points.map(p => p.r.engine));
    const dots = engines.map((e, i) => ({ name: e, type: "line", slot: i, symbolSize: 11, lineStyle: { width: 0, opacity: 0 }, data: points.filter(p => p.r.engine === e).map(p => ({ value: [p.intensity, p.rate],
      tip: p.r.case + ", " + e + "\n" + number(p.rate) + " GFLOP/s, " + number(100 * p.rate / ceiling(p, roof)) + "% of its ceiling\n" + p.type + ", data in " + LEVELS[p.level] })) }));
    chart("Roofline, " + threads + (threads === 1 ? " thread" : " threads"), "Two rates limit a kernel: that of multiply-adds in registers, and that at which the level of memory that holds its data can be read. Both are drawn as ceilings. "
      + "Points are kernels, with the least bytes that a call must move. A ceiling is the best rate that a plain loop or a kernel reached.", {
      xAxis: axis("operations for each byte", "log", { logBase: 2, min: low, max: high }), yAxis: axis("GFLOP/s", "log", { max: peak, min: 10 ** Math.floor(Math.log10(Math.min(peak / 100, ...points.map(p => p.rate)))) }),
      series: [...slopes, ...flat, ...dots],
    }, ["case", "engine", "type", "level", "operations / byte", "least bytes", "GFLOP/s", "ceiling, GFLOP/s", "share of the ceiling"],
    points.map(p => [p.r.case + mark(p.r), p.r.engine, p.type, LEVELS[p.level], p.intensity, p.r.params.leastBytes, p.rate, ceiling(p, roof), share(p.rate / ceiling(p, roof))]));
  });
}
