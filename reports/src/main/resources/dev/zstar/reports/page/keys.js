// Arrow keys go through the values of a chart, as a mouse does: left and right along a series, up and down to another one.

const spoken = element("div", undefined, document.body);
spoken.className = "spoken";
spoken.setAttribute("aria-live", "polite");

function byKeys(chart) {
  let series = 0, at = -1;
  chart.box.addEventListener("keydown", event => {
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (event.key === "Escape" && chart.instance) chart.instance.dispatchAction({ type: "hideTip" });
    if (!step) return;
    event.preventDefault();
    if (!chart.instance) show(chart);
    const all = chart.instance.getOption().series.map((s, i) => [i, s.data.length]).filter(([i, n]) => n && !chart.instance.getOption().series[i].silent);
    if (!all.length) return;
    series = (series + step[0] + all.length) % all.length;
    at = Math.min(Math.max(at + step[1], 0), all[series][1] - 1);
    const [seriesIndex] = all[series];
    chart.instance.dispatchAction({ type: "showTip", seriesIndex, dataIndex: at });
    const tip = chart.box.querySelector(".tip");
    spoken.textContent = tip ? tip.textContent : "";
  });
}
