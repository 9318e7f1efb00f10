// The page from top to bottom.

document.getElementById("log").setAttribute("aria-pressed", String(logarithmic));
document.getElementById("log").addEventListener("click", event => {
  logarithmic = !logarithmic;
  event.currentTarget.setAttribute("aria-pressed", String(logarithmic));
  repaint();
});
files();
groups();
charts.slice(0, 4).forEach(c => show(c));
document.body.dataset.rendered = "true";
