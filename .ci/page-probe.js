"use strict";
// What check-page runs in a page: it uses every chart and table as a reader would, and leaves what is wrong in <pre id="probe">.
(() => {
  const wrong = [], say = (ok, sentence) => { if (!ok) wrong.push(sentence); };
  const press = (target, key) => target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  const rows = t => [...t.tBodies[0].rows].map(r => r.textContent);

  say(document.documentElement.scrollWidth <= innerWidth, "the page is wider than its window of " + innerWidth + " pixels");

  charts.forEach(c => {
    show(c);
    const shapes = c.box.querySelectorAll("svg path, svg circle, svg polygon").length, drawn = c.instance.getOption().series.filter(s => s.data.length);
    say(drawn.length > 0 && shapes > 4, c.title + ": the chart has no marks");
    say(c.box.clientWidth <= innerWidth, c.title + ": the chart is wider than the window");
    // Each chart is followed by its numbers.
    const details = c.box.nextElementSibling;
    say(details && details.matches("details.numbers") && details.querySelector("tbody tr"), c.title + ": the chart has no table");
    // A mouse over a value, and arrow keys, show the value.
    const options = c.instance.getOption().series, series = options.findIndex(s => !s.silent && s.data.some(d => d !== "-" && d !== null));
    say(series >= 0, c.title + ": the chart has no value to point at");
    if (series < 0) return;
    c.instance.dispatchAction({ type: "showTip", seriesIndex: series, dataIndex: options[series].data.findIndex(d => d !== "-" && d !== null) });
    const tip = c.box.querySelector(".tip");
    say(tip && /\d/.test(tip.textContent), c.title + ": a value under the mouse shows no number");
    press(c.box, "ArrowRight");
    press(c.box, "ArrowRight");
    say(spoken.textContent !== "", c.title + ": arrow keys show nothing");
    say(!/NaN|undefined|null/.test(c.box.textContent), c.title + ": the chart shows " + c.box.textContent.match(/NaN|undefined|null/));
    say(options.every(s => s.type !== "line" || s.symbol !== "none" || s.data.length > 1), c.title + ": the legend names a line that cannot be seen");
    // A value above an axis's end would be hidden.
    const top = c.instance.getOption().yAxis[0].max;
    if (typeof top === "number") say(options.every(s => s.data.every(d => ((d && d.value) || d)[1] === undefined || ((d && d.value) || d)[1] <= top * (1 + 1e-9))), c.title + ": a value is above the end of its axis");
  });

  document.querySelectorAll("table").forEach(t => {
    const name = t.parentElement.getAttribute("aria-label"), heads = [...t.querySelectorAll("thead th[scope=col]")];
    say(!/NaN|undefined|null/.test(t.textContent), name + ": the table shows " + t.textContent.match(/NaN|undefined|null/));
    heads.forEach(th => {
      const sort = th.querySelector("button.sort");
      say(th.title, name + ": the column " + th.textContent + " is not explained");
      say(sort && sort.tabIndex >= 0, name + ": the column " + th.textContent + " cannot be reached by keyboard");
    });
    const last = heads.at(-1).querySelector("button"), before = rows(t);
    last.click();
    say(heads.at(-1).getAttribute("aria-sort") === "ascending", name + ": a click does not sort");
    last.click();
    say(heads.at(-1).getAttribute("aria-sort") === "descending" && t.querySelectorAll("[aria-sort]").length === 1, name + ": a second click does not turn the order");
    say(rows(t).length === before.length, name + ": sorting changes the number of rows");
    let saved = null;
    const link = URL.createObjectURL, click = HTMLAnchorElement.prototype.click;
    URL.createObjectURL = blob => { saved = blob; return "data:,"; };
    HTMLAnchorElement.prototype.click = () => {};
    const button = [...t.parentElement.nextElementSibling.querySelectorAll("button")].find(b => b.textContent === "CSV");
    say(button, name + ": the table has no CSV");
    if (button) button.click();
    URL.createObjectURL = link;
    HTMLAnchorElement.prototype.click = click;
    say(saved && saved.size > 10 && saved.type === "text/csv", name + ": CSV saves nothing");
  });

  const figure = document.getElementById("trajectories");
  if (figure) {
    const line = figure.querySelector("polyline.path"), points = () => line.getAttribute("points"), first = points();
    ["ArrowLeft", "ArrowUp"].forEach(key => { const was = points(); press(figure, key); say(points() !== was, "trajectories: " + key + " does not turn the figure"); });
    say(!/NaN/.test(points()), "trajectories: a turned point is not a number");
    press(figure, "Home");
    // The script and the camera agree to the decimals that are written.
    const far = points().split(" ").some((v, i) => Math.abs(v - first.split(" ")[i]) > 0.6);
    say(!far, "trajectories: Home does not turn the figure back");
  }

  const theme = document.documentElement.dataset.theme;
  document.getElementById("theme").click();
  say(document.documentElement.dataset.theme !== theme, "the theme does not switch");
  const result = document.createElement("pre");
  result.id = "probe";
  result.textContent = wrong.length ? wrong.join("\n") : charts.length + " charts and " + document.querySelectorAll("table").length + " tables work";
  document.body.append(result);
  if (parent !== window) parent.postMessage(result.textContent, "*");
})();
