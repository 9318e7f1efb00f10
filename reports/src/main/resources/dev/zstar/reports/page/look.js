// Colours, symbols and dashes. A series has a slot, and each slot differs in all three, so that no one needs to see colours.

// The colours of Okabe and Ito, which differ with every common form of colour blindness, are in page.css: darker on light paper.
const SLOTS = [0, 1, 2, 3, 4, 5, 6, 7];
const SYMBOLS = ["circle", "triangle", "rect", "diamond", "emptyCircle", "emptyTriangle", "emptyRect", "emptyDiamond"];
const DASHES = ["solid", [7, 4], [2, 3], [9, 3, 2, 3], [12, 3], [4, 2], [1, 2], [9, 3, 2, 3, 2, 3]];
const DECALS = [null, ...[[0.8, 5], [-0.8, 5], [0, 4], [1.57, 4], [0.4, 7], [-0.4, 7], [1.2, 7]].map(([rotation, gap]) => ({
  symbol: "rect", color: "rgba(255, 255, 255, 0.55)", dashArrayX: [1, 0], dashArrayY: [2, gap], rotation }))];

function look() {
  const style = getComputedStyle(root), get = name => style.getPropertyValue(name).trim();
  return { ink: get("--ink"), soft: get("--soft"), faint: get("--line"), card: get("--card"), colours: SLOTS.map(i => get("--c" + i)) };
}

root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
function theme(name) {
  root.dataset.theme = name;
  repaint();
}
document.getElementById("theme").addEventListener("click", () => theme(root.dataset.theme === "dark" ? "light" : "dark"));

// Paper is light and narrow, and shows no closed part.
let before = null;
addEventListener("beforeprint", () => {
  if (before) return;
  before = { theme: root.dataset.theme, closed: [...document.querySelectorAll("details.numbers:not([open])")] };
  before.closed.forEach(d => { d.open = true; });
  root.dataset.theme = "light";
  charts.forEach(c => show(c, 660));
});
addEventListener("afterprint", () => {
  if (!before) return;
  before.closed.forEach(d => { d.open = false; });
  root.dataset.theme = before.theme;
  before = null;
  repaint();
});
