// The page from top to bottom.

function notices() {
  const home = document.getElementById("charts");
  if (study.finished === false) element("p", "The study is still running: this page shows what it has measured so far. Reload it for more.", home);
  (study.failures || []).forEach(failure => element("p", "Failed: " + failure + ".", home));
  (study.remarks || []).forEach(remark => element("p", "Note: " + remark + ".", home));
}

summarise();
notices();
kernels();
roofline();
cells();
residuals("forward", "evaluations", "z = tanh(Wz + Ux + b)");
trajectories();
times();
solvesByDepth();
problems();
random();
mixed();
residuals("backward", "products", "(I − Jᵀ) v = g");
linear();
gradients();
timeAgainstMemory();
warmUp();
streaming();
depth();
families();
ways();
edges();
quietness();
counters();
training();
everything();
facts();
document.body.dataset.rendered = "true";
