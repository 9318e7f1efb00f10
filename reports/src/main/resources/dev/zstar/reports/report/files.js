// The files, each a series.
const report = JSON.parse(document.getElementById("data").textContent);
const BETTER = { LESS_IS_BETTER: "less is better", MORE_IS_BETTER: "more is better", UNKNOWN: "" };

// The files that have a value in a group, with their numbers.
const present = group => report.files.map((f, i) => [f, i]).filter(([, i]) => group.rows.some(r => r.values[i]));

function files() {
  const home = document.getElementById("files");
  document.getElementById("title").textContent = "report of " + (report.files.length === 1 ? report.files[0].label : report.files.length + " files");
  const list = element("dl", undefined, home);
  report.files.forEach((f, i) => {
    const name = element("dt", undefined, list), swatch = element("span", undefined, name);
    swatch.className = "swatch";
    swatch.style.background = "var(--c" + i % SLOTS.length + ")";
    name.append(f.label);
    element("dd", [f.kind, f.measured, f.machine, f.java].filter(t => t).join("; "), list);
  });
}
