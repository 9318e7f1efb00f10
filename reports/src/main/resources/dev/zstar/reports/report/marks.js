// What is drawn beside or instead of bars. Each file has a lane within the line of its benchmark.

const LANE = 14;
const lines2d = (stroke, clip, parts) => ({ type: "group", clipPath: { type: "rect", shape: { x: clip.x, y: clip.y, width: clip.width, height: clip.height } },
  children: parts.map(([x1, y1, x2, y2, lineWidth]) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke, lineWidth } })) });
// The pixels of some values in a row, and the height of the lane.
const place = (api, dims, row, lane, lanes) => [dims.map(d => api.coord([api.value(d), api.value(row)])[0]),
  api.coord([api.value(0), api.value(row)])[1] + (lane - (lanes - 1) / 2) * Math.min(LANE, api.size([0, 1])[1] / (lanes + 0.5))];

// A line from low to high with an end at each.
const whisker = (ink, lane, lanes) => (params, api) => {
  const [[low, high], y] = place(api, [0, 1], 2, lane, lanes);
  if (![low, high, y].every(Number.isFinite)) return null;
  return lines2d(ink, params.coordSys, [[low, y, high, y, 1.2], [low, y - 3, low, y + 3, 1.2], [high, y - 3, high, y + 3, 1.2]]);
};

// A line from the median to the longest call, with an upright stroke at each percentile.
const strokes = (ink, lane, lanes) => (params, api) => {
  const [at, y] = place(api, [0, 1, 2, 3, 4], 5, lane, lanes), seen = at.filter(Number.isFinite);
  if (seen.length < 2 || !Number.isFinite(y)) return null;
  return lines2d(ink, params.coordSys, [[Math.min(...seen), y, Math.max(...seen), y, 0.8], ...seen.map((x, i) => [x, y - 5 + i / 2, x, y + 5 - i / 2, 1.2])]);
};

// Points of the shape of their file. A logarithmic axis has no zero at which a bar could begin.
const point = (fill, slot, lane, lanes, open) => (params, api) => {
  const [[x], y] = place(api, [0], 1, lane, lanes);
  if (!Number.isFinite(x)) return null;
  const r = open ? 2.5 : 4.5, style = open ? { fill: "none", stroke: fill, lineWidth: 1 } : { fill };
  const polygon = { 1: [[0, -1.1], [1, 0.8], [-1, 0.8]], 2: [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]], 3: [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]] }[slot % 4];
  return polygon && !open ? { type: "polygon", shape: { points: polygon.map(([dx, dy]) => [x + r * dx, y + r * dy]) }, style } : { type: "circle", shape: { cx: x, cy: y, r }, style };
};
