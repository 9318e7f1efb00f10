// The look of charts: axes, legends, tips, and how they fit a narrow screen.

const series = (name, data, slot, extra = {}) => ({ name, type: "line", data, slot, symbolSize: 8, ...extra });

function dressed(s, now, bars) {
  if (s.slot === undefined) return { ...s, color: typeof s.color === "number" ? now.colours[s.color % SLOTS.length] : s.color };
  const i = s.slot % SLOTS.length, color = now.colours[i], dash = DASHES[i];
  const base = { ...s, color };
  if (s.type === "bar") return { ...base, barMaxWidth: 14, barGap: "10%", itemStyle: { ...s.itemStyle, decal: bars > 1 ? DECALS[i] : null } };
  return { ...base, symbol: s.symbol || SYMBOLS[i], lineStyle: { width: 2, type: dash, ...s.lineStyle } };
}

// An element, so that no part of a name is read as HTML. Text of a datum comes first.
function tip(option) {
  return p => {
    const x = option.xAxis.name || "", y = option.yAxis.name || "", v = Array.isArray(p.value) ? p.value : [p.value];
    const text = p.data && p.data.tip ? p.data.tip : [p.name || null, p.seriesName && !p.seriesName.startsWith("series") ? p.seriesName : null,
      ...(v.length > 1 ? [number(v[0], 4) + " " + x, number(v[1], 4) + " " + y] : [number(v[0], 4) + " " + x])].filter(t => t).join("\n");
    const e = element("div", text.split("\n").map(brief).join("\n"));
    e.className = "tip";
    return e;
  };
}

// Long names of categories stand beside the bars, or above them on a narrow screen. There an edge keeps them apart from what is behind.
// ECharts would cut a long name inside of a character of two units.
function categories(axis, now, narrow, several) {
  const longest = Math.max(...axis.data.map(n => n.length)), left = narrow ? 12 : Math.min(280, 18 + 6.6 * longest);
  const label = narrow ? { inside: true, align: "left", verticalAlign: "bottom", margin: 0, padding: [0, 0, 8 * several + 4, 4], width: 300, textBorderColor: now.card, textBorderWidth: 3 } : { width: left - 12 };
  return [{ ...axis, z: narrow ? 5 : 0, axisTick: { show: false }, axisLabel: { color: now.ink, fontSize: 11, interval: 0, overflow: "truncate", formatter: n => brief(n).replace(/[\u{10000}-\u{10ffff}]/gu, "▯"), ...label } }, left];
}

// How many lines the names of the legend take.
function lines(names, width) {
  let used = 0, count = 1;
  names.forEach(n => {
    const w = 44 + 7 * n.length;
    if (used + w > width && used) { count++; used = 0; }
    used += w;
  });
  return count;
}

function styled(option, now, narrow) {
  const text = { color: now.ink }, split = { lineStyle: { color: now.faint } };
  const plain = a => ({ ...a, nameLocation: "middle", nameGap: 28, nameTextStyle: text, splitLine: split, axisLabel: { color: now.ink, hideOverlap: true, formatter: tick, ...a.axisLabel } });
  const bars = option.yAxis.type === "category", main = option.series.filter(s => s.slot !== undefined), lanes = main.some(s => s.stack) ? 1 : main.length;
  const [yAxis, left] = bars ? categories(option.yAxis, now, narrow, lanes)
    : [{ ...plain(option.yAxis), nameLocation: "end", nameGap: 12, nameTextStyle: { ...text, align: "left" } }, 12];
  const names = [...new Set(option.series.map(s => s.name).filter(n => n))], legend = names.length > 1 && option.legend !== false;
  const top = (legend ? 10 + 22 * lines(names, narrow ? 300 : 980) : 8) + (bars ? 6 : 26);
  return {
    animation: false, textStyle: { color: now.ink, fontFamily: "system-ui, sans-serif" },
    grid: { left, right: bars ? (narrow ? 34 : 60) : narrow ? 18 : 30, top, bottom: bars ? 48 : 40, containLabel: !bars },
    legend: { show: legend, top: 6, left: "center", width: narrow ? 310 : 1000, itemWidth: 32, textStyle: text, data: names.map(name => ({ name, ...(option.series.find(s => s.name === name).symbol === "none" ? { itemStyle: { opacity: 0 } } : {}) })) },
    tooltip: { trigger: "item", confine: true, className: "hover", formatter: tip(option) },
    xAxis: { ...plain(option.xAxis) }, yAxis, series: option.series.map(s => dressed(s, now, main.length)), ...(option.more || {}),
  };
}
