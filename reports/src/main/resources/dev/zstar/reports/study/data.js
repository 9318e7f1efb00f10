// The study, and how its rows are found.
const study = JSON.parse(document.getElementById("data").textContent);

const SLOT = { simd: 0, openblas: 1, scalar: 2, torch: 1, joml: 2, f32: 3, bf16: 4, int8: 5, fused: 0, unfused: 3, product: 4, team: 0, alone: 3 };
const slot = name => SLOT[name] === undefined ? 3 : SLOT[name];
const CALLED = { torch: "PyTorch", lockstep: "lock-step" };
const called = name => CALLED[name] || name;

const rows = (suite, metric) => study.results.filter(r => r.suite === suite && r.metric === metric && r.value !== null);
// Another metric of the same case on the same engine, or on another one.
const beside = (r, metric, engine = r.engine) => study.results.find(s => s.suite === r.suite && s.case === r.case && s.engine === engine && s.metric === metric) || {};
// zstar's own engine comes first: simd, or scalar if simd cannot run.
const own = suite => (study.results.find(r => r.suite === suite && r.metric === "us") || {}).engine;
// Heap bytes of a call while it was timed, the most of both sides of a ratio. Code that allocates was not compiled yet, and its figure says little.
const unsettled = r => Math.max(0, ...study.results.filter(s => s.metric === "allocated" && s.suite === r.suite && s.case === r.case
  && r.engine.split("/").includes(s.engine)).map(s => s.value));
const mark = r => (unsettled(r) ? " (unreliable: not fully compiled, still allocates " + number(unsettled(r)) + " B in each call)" : "") + disturbance(r);
const forks = r => r.runs === 1 ? "one fresh process" : "median of " + r.runs + " fresh processes";
const MIB = 2 ** 20;

// Every row of a suite whose case has this metric, with its other metrics.
const cases = (suite, metric, columns) => rows(suite, metric).map(r => [r.case + mark(r), ...columns(name => beside(r, name).value, r)]);
const withTable = (title, note, columns, body, more) => { if (body.length) table(heading(title, note), title, columns, body, more); };

// Costs of a training step by effective depth, of one kind of model.
const depths = (metric, kind) => rows("depth", metric).filter(r => r.case === kind + " depth=" + r.params.depth).sort((a, b) => a.params.depth - b.params.depth);
