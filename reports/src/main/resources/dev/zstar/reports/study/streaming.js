// Streams of inputs.

function streaming() {
  const all = rows("streaming", "rowsPerSecond");
  if (!all.length) return;
  const get = (metric, way) => (rows("streaming", metric).find(r => r.engine === way) || {}).value, p = all[0].params;
  const label = { show: true, position: "right", color: "#808890", textBorderWidth: 0, formatter: b => number(b.value) };
  chart("Images per second, if some are harder than others", p.images.toLocaleString("en") + " images: easy, hard and corrupted, n = " + p.n + ", " + p.batch
    + " at a time on one thread, to 10⁻⁶. In lock-step, a batch computes until its slowest image is done. In batches, images leave when they are done. In a stream, the next image takes the slot. An image takes "
    + number(get("meanEvaluations", "stream")) + " evaluations on average, " + number(get("mostEvaluations", "stream")) + " at most.", {
    xAxis: axis("images per second"), yAxis: { type: "category", data: all.map(r => called(r.engine)).reverse() }, series: [{ type: "bar", slot: 0, label, data: all.map(r => r.value).reverse() }],
  }, ["schedule", "images per second", "slowest fork", "relative to lock-step"], all.map(r => [called(r.engine), r.value, r.min, r.engine === "lockstep" ? 1 : get("ratio", r.engine + "/lockstep")]));
  const used = rows("streaming", "slotsInUse");
  if (used.length) chart("Slots in use", "The share of the " + p.batch + " slots that hold an image which is not done, on average over the evaluations. Lock-step computes the idle slots, too; batches leave them out.", {
    xAxis: axis("% of the slots", "value", { max: 100 }), yAxis: { type: "category", data: used.map(r => called(r.engine)).reverse() },
    series: [{ type: "bar", slot: 0, label, data: used.map(r => 100 * r.value).reverse() }],
  }, ["schedule", "slots in use"], used.map(r => [called(r.engine), share(r.value)]));
}
