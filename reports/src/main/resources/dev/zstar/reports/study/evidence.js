// How quiet the machine was, and what the processor counted.

// The measurements that cover a result, which were watched. Older files have none.
function watched(r) {
  return ((study.evidence || {}).cases || []).filter(e => e.cases.includes(r.suite + ": " + r.case) && typeof e.disturbed === "number");
}

// A sign and words at the name of a case that lost more than a hundredth of its time.
function disturbance(r) {
  const all = watched(r), hit = all.filter(e => e.disturbed > 0.01);
  return hit.length ? " (⚠ disturbed in " + hit.length + " of " + all.length + (all.length === 1 ? " measurement" : " measurements") + ", "
    + number(100 * Math.max(...hit.map(e => e.disturbed)), 2) + "% of the time lost)" : "";
}

function quietness() {
  const all = (study.evidence || {}).cases || [], seen = all.filter(e => typeof e.disturbed === "number");
  if (!all.length) return;
  const calm = seen.filter(e => e.disturbed <= 0.01).length, title = "How quiet the machine was";
  const home = heading(title, seen.length ? calm + " of " + seen.length + " measurements lost at most 1% of their time. The others are marked by ⚠ at the names of their cases. "
    + "Lost is time that was stolen by the host of a virtual machine, that a computing thread waited for a processor, and for which a limit stopped the process. "
    + "Pressure is time for which any process of the machine waited. GHz are measured by a chain of additions." : "This system does not show what disturbs a process.");
  numbers(home, title, ["measured", "seconds", "lost", "stolen, s", "waited, s", "throttled, s", "involuntary switches", "pressure, s", "GHz before", "GHz after", "processors"],
    all.slice().sort((a, b) => (b.disturbed || 0) - (a.disturbed || 0)).map(e => [
      e.cases[0] + (e.cases.length > 1 ? " and " + (e.cases.length - 1) + " more" : "") + (e.again ? " (measured again)" : ""), e.seconds,
      typeof e.disturbed === "number" ? cell(e.disturbed, number(100 * e.disturbed, 2) + "%") : cell(null, "not visible"), e.stolen, e.waited, e.throttled, e.switches, e.pressure,
      e.clockBefore, e.clockAfter, e.processors]));
}

// What the counters of the processor say of each kernel, where they can be read.
function counters() {
  const all = rows("kernels", "ipc");
  if (!all.length) return;
  const of = (r, metric) => (rows("kernels", metric).find(s => s.case === r.case && s.engine === r.engine && s.threads === r.threads) || {}).value;
  withTable("What the processor counted", "User code alone. Misses are for each call: of the last cache, and of the prediction of branches.",
    ["case", "engine", "instructions for each cycle", "cache misses", "branch misses"],
    all.map(r => [r.case + mark(r), r.engine, r.value, of(r, "cacheMisses"), of(r, "branchMisses")]));
}

// Facts that hold for the whole study, as pairs of a name and words.
function conditions() {
  const e = study.evidence;
  return e ? [["pages", (e.pageBytes ? number(e.pageBytes / 1024) + " KiB" : "size unknown") + "; huge pages " + (e.hugePages || "unknown")],
    ["processor's counters", e.counters || "unknown"]] : [];
}
