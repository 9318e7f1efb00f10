// The first seconds of a process, while the JIT compiles the kernels.

function warmUp() {
  const all = rows("forward", "warmUpUs");
  if (!all.length) return;
  const shapes = unique(all.map(r => r.case)), first = r => rows("forward", "firstAnswer").find(f => f.case === r.case) || {}, settled = r => beside(r, "settledUs").value;
  const name = s => s.replace("first seconds ", "");
  chart("The first seconds of a process", "Every solve of a fresh process, Anderson(5), f32, one thread: the median of each interval, from the start of the JVM. Until the JIT has compiled the kernels, vectors are objects on the heap. "
    + shapes.map(s => name(s) + " has its first answer after " + number(first({ case: s }).value) + " s").join(", ") + ".", {
    xAxis: axis("seconds from the start of the JVM"), yAxis: axis("µs for a solve", "log"),
    series: shapes.map((s, i) => series(name(s), all.filter(r => r.case === s).map(r => [r.params.seconds, r.value]), i)),
  }, ["case", "seconds from the start", "µs for a solve", "time / that at the end"], all.map(r => [name(r.case), r.params.seconds, r.value, r.value / settled(r)]));
}
