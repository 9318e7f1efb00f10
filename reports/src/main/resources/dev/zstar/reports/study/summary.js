// The summary: one sentence for each result.

function fact(big, sentence) {
  const box = element("div", undefined, document.getElementById("summary"));
  box.className = "fact";
  element("b", big, box);
  element("span", sentence, box);
}

function summarise() {
  const accuracy = rows("training", "accuracy").find(r => r.case.startsWith("digits"));
  const seconds = rows("training", "seconds").find(r => r.case.startsWith("digits"));
  if (accuracy) fact(number(100 * accuracy.value) + "%", "of unseen handwritten digits are classified correctly by a deep equilibrium model that was trained here in "
    + number(seconds.value) + " s on " + accuracy.threads + (accuracy.threads === 1 ? " thread." : " threads."));
  const forward = rows("forward", "us").find(r => r.engine === own("forward"));
  if (forward) {
    const get = metric => beside(forward, metric).value;
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
  const small = depths("stateBytes", "DEQ in 10 blocks").at(-1), deep = depths("stateBytes", "unrolled").at(-1);
  if (small && deep) fact(number(deep.value / small.value) + "×", "the memory: the states of a network of " + deep.params.depth
    + " layers take this many times those of the equilibrium that it approaches, solved in 10 blocks. The states of an equilibrium do not grow with depth.");
  const tried = name => problemEnds().filter(r => r.engine === name);
  const solved = name => tried(name).filter(r => r.metric === "nfev").length;
  if (tried("default").length) fact(solved("default") + " of " + tried("default").length, "test problems are solved by Anderson acceleration with its default options (window 10)"
    + (tried("picard").length ? "; plain steps solve " + solved("picard") : "") + ".");
  const stream = rows("streaming", "ratio").find(r => r.engine === "stream/lockstep");
  if (stream) fact(number(stream.value) + "×", "as many images per second in a stream, which refills each slot at once, as in batches that wait for their slowest image (median of "
    + stream.runs + " fresh processes).");
}
