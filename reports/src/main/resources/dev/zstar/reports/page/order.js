// The order of values in a column.

const raw = c => (c !== null && typeof c === "object" ? c.value : c);
const missing = c => c === null || c === undefined || c === "" || Number.isNaN(c);

// Numbers before texts, texts by the numbers in them, and missing values last in both directions.
function compare(a, b, up) {
  const x = raw(a), y = raw(b);
  if (missing(x) || missing(y)) return missing(x) - missing(y);
  const numeric = (typeof y === "number") - (typeof x === "number");
  if (numeric) return numeric;
  return (up ? 1 : -1) * (typeof x === "number" ? x - y : String(x).localeCompare(String(y), "en", { numeric: true }));
}

// Buttons in the heads of columns. sorted(column, up) shows the rows in the order that is asked for.
function sortable(th, text, column, head, sorted) {
  const name = button(text, th, () => {
    const up = th.getAttribute("aria-sort") !== "ascending";
    head.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    sorted(column, up);
  });
  name.className = "sort";
}
