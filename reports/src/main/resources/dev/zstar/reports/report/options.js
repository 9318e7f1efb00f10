// What ECharts draws of a group: the value of each benchmark and file, and its interval, percentiles or single calls.

const PERCENTILES = ["p50", "p90", "p99", "p99.9", "longest"];
// Bars that are a hundredth of the longest one cannot be seen.
const DECADES = 2;

// Everything that is drawn of a group.
const amounts = group => group.rows.flatMap(r => r.values).filter(v => v).flatMap(v => [v.value, v.low, v.high, ...(v.percentiles || []), ...(v.shots || [])]).filter(x => x !== null);
// Whether bars of a group would vanish beside others. A logarithmic axis has no place for 0 and below.
function wide(group) {
  const all = amounts(group), least = all.reduce((a, b) => Math.min(a, b), Infinity), most = all.reduce((a, b) => Math.max(a, b), 0);
  return least > 0 && most > least * 10 ** DECADES;
}

let logarithmic = report.groups.some(wide);
const drawable = x => x !== null && x !== undefined && (!logarithmic || x > 0);

const vague = v => v.by && v.low === null;
const interval = v => (vague(v) ? "interval wider than 10 times" : v.low === null ? null : number(v.low, 4) + " to " + number(v.high, 4) + " (" + v.by + ")");

function told(group, r, file) {
  const v = r.values[file], unit = " " + brief(group.unit), list = v.percentiles ? PERCENTILES : [];
  return [r.label, report.files[file].label + ": " + number(v.value, 4) + unit, interval(v),
    ...list.map((p, k) => (p === "longest" ? p : p.replace("p", "") + "%") + ": " + number(v.percentiles[k], 4) + unit)].filter(t => t !== null).join("\n");
}

function options(group, indices, now, narrow) {
  const shown = indices.map(i => group.rows[i]), files = present(group), lanes = files.length, last = shown.length - 1;
  // ECharts rounds the ends of an axis to some decimals, so it gets numbers near 1.
  const most = Math.max(0, ...shown.flatMap(r => r.values).map(v => v && v.value ? Math.abs(v.value) : 0));
  const scale = most > 0 ? 10 ** Math.floor(Math.log10(most)) : 1;
  const of = file => shown.map((r, k) => [r.values[file], last - k, r]).filter(([v]) => v && drawable(v.value));
  const colour = i => now.colours[i % SLOTS.length];
  const marks = (f, i, renderItem, data, x, y) => ({ name: f.label, type: "custom", color: colour(i), renderItem, encode: { x, y }, z: 5, silent: true, data });
  const main = files.map(([f, i], lane) => logarithmic
    ? { name: f.label, type: "custom", color: colour(i), renderItem: point(colour(i), i, lane, lanes), encode: { x: 0, y: 1 }, data: of(i).map(([v, k, r]) => ({ value: [v.value / scale, k], tip: told(group, r, i) })) }
    : { name: f.label, type: "bar", color: colour(i), barWidth: 12, barGap: "16%", itemStyle: { decal: lanes > 1 ? DECALS[i % SLOTS.length] : null },
      data: shown.map(r => r.values[i] && drawable(r.values[i].value) ? { value: r.values[i].value / scale, tip: told(group, r, i) } : "-").reverse() });
  const ends = files.map(([f, i], lane) => marks(f, i, whisker(now.ink, lane, lanes),
    of(i).filter(([v]) => drawable(v.low) && drawable(v.high)).map(([v, k]) => [v.low / scale, v.high / scale, k]), [0, 1], 2));
  const tails = files.map(([f, i], lane) => marks(f, i, strokes(now.soft, lane, lanes),
    of(i).filter(([v]) => v.percentiles).map(([v, k]) => [...v.percentiles.map(x => (drawable(x) ? x / scale : NaN)), k]), [0, 1, 2, 3, 4], 5));
  const shots = files.map(([f, i], lane) => marks(f, i, point(now.ink, i, lane, lanes, true),
    of(i).flatMap(([v, k]) => (v.shots || []).filter(drawable).map(x => [x / scale, k])), 0, 1));
  const several = report.files.length > 1, [yAxis, left] = categories({ type: "category", data: shown.map(r => r.label).reverse() }, now, narrow, lanes);
  const text = { color: now.ink }, names = files.map(([f]) => f.label);
  return {
    animation: false, textStyle: { ...text, fontFamily: "system-ui, sans-serif" },
    grid: { left, right: 40, top: several ? 16 + 22 * lines(names, narrow ? 300 : 980) : 12, bottom: 46 },
    legend: { show: several, top: 6, left: "center", width: narrow ? 310 : 1000, textStyle: text, data: names },
    tooltip: { trigger: "item", confine: true, className: "hover", formatter: tip({ xAxis: { name: brief(group.unit) }, yAxis: {} }) },
    xAxis: { type: logarithmic ? "log" : "value", name: brief(group.unit), nameLocation: "middle", nameGap: 28, nameTextStyle: text, splitLine: { lineStyle: { color: now.faint } },
      axisLabel: { color: now.ink, hideOverlap: true, formatter: x => number(x * scale, 4) } },
    yAxis, series: [...main, ...[...ends, ...tails, ...shots].filter(s => s.data.length)],
  };
}
