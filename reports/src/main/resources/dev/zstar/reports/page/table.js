// Tables: sorted by their heads, saved as CSV, with every column explained.

// A page of a long table has this many rows.
const PAGE = 100;

function fill(td, c) {
  if (c === null || c === undefined) return td;
  const value = raw(c), text = typeof c === "object" ? c.text : typeof c === "number" ? number(c, 4) : c;
  if (typeof c === "object") {
    if (c.href) element("a", text, td).href = c.href;
    if (c.title) td.title = c.title;
    if (c.className) td.className = c.className;
    if (c.share !== undefined) td.style.setProperty("--share", c.share + "%");
  }
  if (!td.firstChild) td.textContent = brief(String(text));
  if (typeof text === "string" && text.length > LONG) td.title = text;
  if (!td.title && typeof c === "number" && Number(text.replaceAll(",", "")) !== value) td.title = String(value);
  return td;
}

// Columns have a name, what it means, and perhaps a group of columns that they belong to.
const described = columns => columns.map(c => {
  const column = typeof c === "string" ? { head: c } : c;
  return { means: TERMS[column.head], ...column };
});

// Two rows of heads if columns have groups.
function heads(made, columns, sorted) {
  const head = element("thead", undefined, made), grouped = columns.some(c => c.group), first = element("tr", undefined, head);
  const second = grouped ? element("tr", undefined, head) : first;
  columns.forEach((c, i) => {
    if (c.group && (i === 0 || columns[i - 1].group !== c.group)) {
      const th = element("th", c.group.replace("(", "\u200b("), first);
      th.scope = "colgroup";
      th.colSpan = columns.filter(d => d.group === c.group).length;
    }
    const th = element("th", undefined, c.group ? second : first);
    th.scope = "col";
    if (grouped && !c.group) th.rowSpan = 2;
    if (c.means) th.title = c.means;
    sortable(th, c.head, i, head, sorted);
  });
  return head;
}

function terms(parent, columns) {
  const known = new Map(columns.filter(c => c.means).map(c => [c.term || c.head, c.means]));
  if (!known.size) return;
  const details = element("details", undefined, parent);
  details.className = "terms";
  element("summary", "What the columns mean", details);
  const list = element("dl", undefined, details);
  known.forEach((means, head) => { element("dt", head, list); element("dd", means, list); });
}

// Rows in an order, a page of them at a time, and only those that contain a text. shown(indices) draws a page.
function pager(tools, body, size, shown) {
  const pages = body.length > size;
  let order = body.map((_, i) => i), kept = order, first = 0, words = "";
  const texts = i => body[i].map(c => (c !== null && typeof c === "object" ? c.text : c)).join(" ").toLowerCase();
  const filter = pages ? element("input", undefined, tools) : null, back = pages ? button("‹", tools, () => go(first - size)) : null;
  const where = pages ? element("span", undefined, tools) : null, on = pages ? button("›", tools, () => go(first + size)) : null;
  function go(to) {
    first = Math.max(0, Math.min(to, kept.length - 1));
    first -= first % size;
    shown(kept.slice(first, first + size));
    if (!pages) return;
    where.textContent = kept.length ? (first + 1) + "–" + Math.min(first + size, kept.length) + " of " + kept.length.toLocaleString("en") : "no row has this text";
    back.disabled = first === 0;
    on.disabled = first + size >= kept.length;
  }
  const keep = () => { kept = words ? order.filter(i => texts(i).includes(words)) : order; };
  if (pages) {
    filter.type = "search";
    filter.placeholder = filter.ariaLabel = "rows with this text";
    back.ariaLabel = "earlier rows";
    on.ariaLabel = "later rows";
    filter.addEventListener("input", () => { words = filter.value.toLowerCase(); keep(); go(0); });
  }
  go(0);
  return {
    sort(column, up) { order = body.map((_, i) => i).sort((a, b) => compare(body[a][column], body[b][column], up) || a - b); keep(); go(0); },
    reveal(i) { words = ""; if (pages) filter.value = ""; keep(); go(kept.indexOf(i)); },
  };
}

// rowHead: the first cell of a row is its head. below(tr) adds a line below the heads. id(i) names row i. shown(indices) learns which rows are drawn.
function table(parent, title, header, body, { rowHead = false, className = "", below = null, id = null, explain = true, page = PAGE, shown = null } = {}) {
  const columns = described(header);
  const wrap = element("div", undefined, parent);
  wrap.className = "table";
  wrap.tabIndex = 0;
  wrap.setAttribute("role", "region");
  wrap.setAttribute("aria-label", brief(title));
  const made = element("table", undefined, wrap);
  made.className = className;
  const head = heads(made, columns, (column, up) => paged.sort(column, up));
  if (below) below(element("tr", undefined, head));
  const tbody = element("tbody", undefined, made), tools = element("div", undefined, parent);
  tools.className = "tools";
  const line = i => {
    const tr = document.createElement("tr");
    if (id) tr.id = id(i);
    body[i].forEach((c, k) => {
      const td = fill(element(rowHead && k === 0 ? "th" : "td", undefined, tr), c);
      if (rowHead && k === 0) td.scope = "row";
    });
    return tr;
  };
  const paged = pager(tools, body, page, indices => {
    tbody.replaceChildren(...indices.map(line));
    if (shown) shown(indices);
  });
  button("CSV", tools, () => save(title, csv(columns.map(c => (c.group ? c.group + ", " : "") + c.head), body.map(row => row.map(raw)))));
  if (explain) terms(parent, columns);
  return paged;
}
