// Training by epochs.

function training() {
  const epochs = rows("training", "accuracy").filter(r => r.case.startsWith("epoch"));
  if (!epochs.length) return;
  chart("Training on handwritten digits", "The fraction of 360 unseen images that is classified correctly, after training on 1,437 others for this time.", {
    xAxis: axis("seconds"), yAxis: axis("% correct", "value", { min: x => Math.floor(x.min / 10) * 10, max: 100 }),
    series: [series("unseen images", epochs.map(r => [beside(r, "seconds").value, 100 * r.value]), 0)],
  }, ["epoch", "seconds", "% correct", "loss"], epochs.map(r => [r.case, beside(r, "seconds").value, 100 * r.value, beside(r, "loss").value]));
}
