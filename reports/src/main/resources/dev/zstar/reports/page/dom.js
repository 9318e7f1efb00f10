// Elements and numbers.
const root = document.documentElement;
const element = (tag, text, parent) => {
  const e = document.createElement(tag);
  if (text !== undefined && text !== null) e.textContent = text;
  if (parent) parent.append(e);
  return e;
};
const button = (text, parent, act) => {
  const e = element("button", text, parent);
  e.type = "button";
  e.addEventListener("click", act);
  return e;
};

// The start of a long text, with whole characters.
const LONG = 200;
const brief = text => {
  const whole = text.length <= LONG ? [] : [...text];
  return whole.length <= LONG ? text : whole.slice(0, LONG).join("") + "…";
};

const unique = list => [...new Set(list)];

// Significant digits, so that no small number becomes 0.
const number = (x, digits = 3) => x === undefined || x === null || Number.isNaN(x) ? "" : Math.abs(x) >= 10000
  ? Math.round(x).toLocaleString("en") : String(Number(x.toPrecision(digits)));
// A cell whose text is not that of its number. Sorting and CSV use the number.
const cell = (value, text) => ({ value, text });
const share = x => x === undefined || x === null ? null : cell(x, number(100 * x) + "%");
const power = (x, digits = 1) => x === undefined || x === null || Number.isNaN(x) ? null : cell(x, x.toExponential(digits));
