"use strict";
const report = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
// Distinct with every common form of colour blindness.
const COLOURS = ["#0b6bcb", "#d9730d", "#1a8754", "#8250df", "#b8860b", "#56a5d8", "#c2548c", "#6b7480"];
const colour = i => COLOURS[i % COLOURS.length];
// Four significant digits, so that no small number becomes 0.
const number = x => x === null || x === undefined ? "" : Math.abs(x) >= 10000
  ? Math.round(x).toLocaleString("en") : String(Number(x.toPrecision(4)));
const element = (tag, text, parent) => {
  const e = document.createElement(tag);
  if (text !== undefined) e.textContent = text;
  if (parent) parent.append(e);
  return e;
};
let logarithmic = false;

// ---- files

function files() {
  const home = document.getElementById("files");
  document.getElementById("title").textContent = "report of " + (report.files.length === 1 ? report.files[0].label : report.files.length + " files");
  const list = element("dl", undefined, home);
  report.files.forEach((f, i) => {
    const name = element("dt", undefined, list), swatch = element("span", undefined, name);
    swatch.className = "swatch";
    swatch.style.background = colour(i);
    name.append(f.label);
    element("dd", [f.kind, f.measured, f.machine, f.java].filter(t => t).join("; "), list);
  });
}

// ---- tables, sorted by their headings and saved as CSV

function csv(header, body) {
  // A spreadsheet computes a text that begins like a formula; an apostrophe makes it a text.
  const text = t => "\"" + String(t).replace(/^[=+\-@\t\r]/, "'$&").replaceAll("\"", "\"\"") + "\"";
  const cell = c => c === null || c === undefined ? "" : typeof c === "number" ? String(c) : text(c);
  return [header, ...body].map(line => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80) + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function table(parent, title, header, body) {
  const tools = element("div", undefined, parent), button = element("button", "CSV", tools);
  tools.className = "tools";
  button.type = "button";
  button.addEventListener("click", () => save(title, csv(header, body)));
  const wrap = element("div", undefined, parent);
  wrap.className = "table";
  const made = element("table", undefined, wrap), head = element("tr", undefined, element("thead", undefined, made)), tbody = element("tbody", undefined, made);
  const fill = lines => tbody.replaceChildren(...lines.map(line => {
    const tr = document.createElement("tr");
    line.forEach(c => { const td = element("td", typeof c === "number" ? number(c) : c, tr); if (typeof c === "number") td.title = String(c); });
    return tr;
  }));
  header.forEach((h, column) => {
    const th = element("th", undefined, head);
    th.scope = "col";
    element("button", h, th).addEventListener("click", () => {
      const up = th.getAttribute("aria-sort") !== "ascending";
      head.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", up ? "ascending" : "descending");
      const missing = c => c === null || c === undefined || c === "";
      // Missing values are last in both orders.
      fill(body.slice().sort((a, b) => missing(a[column]) - missing(b[column]) || (missing(a[column]) ? 0 : (up ? 1 : -1)
        * (typeof a[column] === "number" ? a[column] - b[column] : String(a[column]).localeCompare(String(b[column]), "en", { numeric: true })))));
    });
  });
  fill(body);
}

// ---- charts

const charts = [];
const BETTER = { LESS_IS_BETTER: "less is better", MORE_IS_BETTER: "more is better", UNKNOWN: "" };

// The files that have a value in a group, with their numbers.
const present = group => report.files.map((f, i) => [f, i]).filter(([, i]) => group.rows.some(r => r.values[i]));

function groups() {
  const home = document.getElementById("groups");
  if (!report.groups.length) element("p", "The files hold no benchmarks.", home);
  report.groups.forEach(group => {
    element("h2", group.title, home);
    const bys = [...new Set(group.rows.flatMap(r => r.values).filter(v => v && v.by).map(v => v.by))];
    element("p", [group.unit, BETTER[group.direction], bys.length ? "intervals: " + bys.join("; ") : "no intervals: no file has two forks"].filter(t => t).join(", ") + ".", home);
    const box = element("div", undefined, home);
    box.className = "chart";
    box.style.height = 110 + group.rows.length * (14 * present(group).length + 10) + "px";
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", group.title + ". The numbers are in the table below.");
    charts.push({ box, group, instance: null });
    const details = element("details", undefined, home);
    element("summary", "The numbers", details);
    const per = f => (report.files.length > 1 ? f.label + ": " : "");
    const header = ["benchmark", ...report.files.flatMap(f => [group.unit || "value", "low", "high", "forks", "B/op"].map(h => per(f) + h))];
    table(details, group.title, header, group.rows.map(r => [r.label,
      ...report.files.flatMap((_, i) => { const v = r.values[i]; return v ? [v.value, v.low, v.high, v.forks, v.allocated] : [null, null, null, null, null]; })]));
  });
}

// A horizontal line from low to high with an end at each.
function whisker(ink, lane, lanes) {
  return (params, api) => {
    const y = api.coord([api.value(0), api.value(2)])[1] + (lane - (lanes - 1) / 2) * Math.min(14, api.size([0, 1])[1] / (lanes + 0.5));
    const low = api.coord([api.value(0), api.value(2)])[0], high = api.coord([api.value(1), api.value(2)])[0], clip = params.coordSys;
    if (![low, high, y].every(Number.isFinite)) return null;
    const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: ink, lineWidth: 1.2 } });
    return { type: "group", clipPath: { type: "rect", shape: { x: clip.x, y: clip.y, width: clip.width, height: clip.height } },
      children: [line(low, y, high, y), line(low, y - 3, low, y + 3), line(high, y - 3, high, y + 3)] };
  };
}

// Points in the lane of their file. A logarithmic axis has no zero at which a bar could begin.
function point(fill, lane, lanes) {
  return (params, api) => {
    const at = api.coord([api.value(0), api.value(1)]), y = at[1] + (lane - (lanes - 1) / 2) * Math.min(14, api.size([0, 1])[1] / (lanes + 0.5));
    return Number.isFinite(at[0]) ? { type: "circle", shape: { cx: at[0], cy: y, r: 4 }, style: { fill } } : null;
  };
}

function option(group, ink, faint) {
  const files = present(group), lanes = files.length, last = group.rows.length - 1;
  // ECharts rounds the ends of an axis to some decimals, so it gets numbers near 1.
  const most = Math.max(...group.rows.flatMap(r => r.values).map(v => v && v.value ? Math.abs(v.value) : 0));
  const scale = most > 0 ? 10 ** Math.floor(Math.log10(most)) : 1;
  const shown = (v, x) => v && x !== null && x !== undefined && (!logarithmic || x > 0);
  const values = i => group.rows.map((r, k) => [r.values[i], last - k]).filter(([v]) => shown(v, v && v.value));
  const tip = p => {
    const r = group.rows[last - (p.data.row ?? p.dataIndex)], v = r && r.values[p.data.file];
    // An element, so that no part of a label is read as HTML.
    return v ? element("div", r.label + "\n" + report.files[p.data.file].label + ": " + number(v.value) + " " + group.unit
      + (v.low === null ? "" : "\n" + number(v.low) + " to " + number(v.high) + " (" + v.by + ")")) : "";
  };
  const main = files.map(([f, i], lane) => logarithmic
    ? { name: f.label, type: "custom", color: colour(i), renderItem: point(colour(i), lane, lanes), encode: { x: 0, y: 1 },
      data: values(i).map(([v, k]) => ({ value: [v.value / scale, k], row: k, file: i })) }
    : { name: f.label, type: "bar", color: colour(i), barWidth: 12, barGap: "16%",
      data: group.rows.map((r, k) => ({ value: shown(r.values[i], r.values[i] && r.values[i].value) ? r.values[i].value / scale : "-", row: last - k, file: i })).reverse() });
  const errors = files.map(([f, i], lane) => ({ name: f.label, type: "custom", color: colour(i), renderItem: whisker(ink, lane, lanes), encode: { x: [0, 1], y: 2 }, z: 5, silent: true,
    data: values(i).filter(([v]) => shown(v, v.low) && shown(v, v.high)).map(([v, k]) => [v.low / scale, v.high / scale, k]) }));
  const axis = { axisLabel: { color: ink, hideOverlap: true }, nameTextStyle: { color: ink }, splitLine: { lineStyle: { color: faint } } };
  return {
    animation: false, textStyle: { color: ink, fontFamily: "system-ui, sans-serif" }, grid: { left: 250, right: 40, top: 40, bottom: 50 },
    legend: { show: report.files.length > 1, top: 8, type: "scroll", textStyle: { color: ink }, data: files.map(([f]) => f.label) },
    tooltip: { trigger: "item", confine: true, extraCssText: "white-space: pre-wrap; max-width: 60ch;", formatter: tip },
    xAxis: { ...axis, type: logarithmic ? "log" : "value", name: group.unit, nameLocation: "middle", nameGap: 30, axisLabel: { ...axis.axisLabel, formatter: x => number(x * scale) } },
    yAxis: { ...axis, type: "category", data: group.rows.map(r => r.label).reverse(), axisLabel: { color: ink, fontSize: 10, width: 230, overflow: "truncate", interval: 0 } },
    series: [...main, ...errors],
  };
}

function show(chart) {
  const style = getComputedStyle(root);
  if (!chart.instance) chart.instance = echarts.init(chart.box);
  chart.instance.setOption(option(chart.group, style.getPropertyValue("--ink").trim(), style.getPropertyValue("--line").trim()), true);
}

// Charts are drawn when they come near the window: a file may have hundreds.
const near = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).map(e => charts.find(c => c.box === e.target))
  .filter(c => !c.instance).forEach(show), { rootMargin: "800px" });

function theme(name) { root.dataset.theme = name; charts.filter(c => c.instance).forEach(show); }

theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
document.getElementById("theme").addEventListener("click", () => theme(root.dataset.theme === "dark" ? "light" : "dark"));
document.getElementById("log").addEventListener("click", event => {
  logarithmic = !logarithmic;
  event.currentTarget.setAttribute("aria-pressed", String(logarithmic));
  charts.filter(c => c.instance).forEach(show);
});
addEventListener("resize", () => charts.filter(c => c.instance).forEach(c => c.instance.resize()));
addEventListener("beforeprint", () => charts.filter(c => !c.instance).forEach(show));
files();
groups();
charts.slice(0, 4).forEach(show);
charts.forEach(c => near.observe(c.box));
document.body.dataset.rendered = "true";
