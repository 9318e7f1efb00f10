// All rows of the file, and the machine.

function everything() {
  if (!study.results.length) return;
  const title = "Every figure", details = element("details", undefined, heading(title, "All rows of study.json."));
  element("summary", "The rows", details);
  const made = table(details, title, ["suite", "case", "engine", "threads", "metric", "value", "least", "median", "runs"],
    study.results.map(r => [r.suite, r.case, r.engine, r.threads, r.metric, r.value, r.min, r.median, r.runs]), { id: i => "result-" + i });
  const reveal = () => {
    if (!location.hash.startsWith("#result-")) return;
    details.open = true;
    const i = Number(location.hash.slice("#result-".length));
    if (study.results[i]) made.reveal(i);
    const row = document.getElementById(location.hash.slice(1));
    if (row) row.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);
  reveal();
}

function facts() {
  const home = document.getElementById("facts"), m = study.machine;
  document.getElementById("machine").textContent = "on " + m.cpu;
  element("h2", "The machine", home);
  const list = element("dl", undefined, home);
  const entry = (k, v) => { element("dt", k, list); element("dd", v, list); };
  entry("processor", m.cpu + ", " + m.processors + " available to this process");
  entry("caches", m.caches.join("; "));
  entry("memory", m.memory ? number(m.memory / 2 ** 30) + " GiB" : "unknown");
  entry("system", m.os);
  entry("Java", m.jdk);
  m.engines.forEach(e => entry("engine " + e.id, e.available ? e.version : "not available: " + e.reason));
  study.ceilings.forEach(c => entry("ceiling " + c.name, number(c.value) + " " + c.unit));
  entry("started", study.startedAt);
  entry("commit", study.commit || "unknown");
  entry("command", "./" + (study.command || "zstar study"));
  conditions().forEach(([name, value]) => entry(name, value));
  if (study.seconds) entry("duration", number(study.seconds / 60) + " min");
}
