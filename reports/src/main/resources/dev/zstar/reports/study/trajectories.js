// The figure of iterates turns by mouse, touch and arrow keys. The camera is a matrix that came with it, in the order of columns.

function turning(figure) {
  const svg = figure.querySelector("svg"), [width, height] = svg.getAttribute("viewBox").split(" ").slice(2).map(Number);
  const camera = figure.dataset.camera.split(" ").map(Number);
  const shapes = [...svg.querySelectorAll("[data-space]")].map(e => {
    const flat = e.dataset.space.split(" ").map(Number);
    return [e, Array.from({ length: flat.length / 3 }, (_, i) => flat.slice(3 * i, 3 * i + 3))];
  });
  let yaw = 0, pitch = 0;
  const turned = ([x, y, z]) => {
    const a = x * Math.cos(yaw) + z * Math.sin(yaw), b = z * Math.cos(yaw) - x * Math.sin(yaw);
    return [a, y * Math.cos(pitch) - b * Math.sin(pitch), y * Math.sin(pitch) + b * Math.cos(pitch), 1];
  };
  const seen = point => {
    const p = turned(point), [x, y, , w] = [0, 1, 2, 3].map(row => p.reduce((sum, v, column) => sum + camera[4 * column + row] * v, 0));
    return [width * (0.5 + x / w / 2), height * (0.5 - y / w / 2)];
  };
  function draw() {
    shapes.forEach(([e, points]) => {
      const at = points.map(seen);
      if (e.tagName === "text") { e.setAttribute("x", at[0][0].toFixed(1)); e.setAttribute("y", at[0][1].toFixed(1)); }
      else e.setAttribute("points", at.map(p => p.map(v => v.toFixed(1)).join(" ")).join(" "));
    });
  }
  const turn = (right, down) => {
    yaw += right;
    pitch = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, pitch + down));
    draw();
  };
  figure.addEventListener("pointerdown", event => figure.setPointerCapture(event.pointerId));
  figure.addEventListener("pointermove", event => { if (event.buttons) turn(event.movementX / 150, event.movementY / 150); });
  figure.addEventListener("keydown", event => {
    const step = { ArrowRight: [0.1, 0], ArrowLeft: [-0.1, 0], ArrowDown: [0, 0.1], ArrowUp: [0, -0.1], Home: [-yaw, -pitch] }[event.key];
    if (!step) return;
    event.preventDefault();
    turn(...step);
  });
}

function trajectories() {
  const all = study.trajectories || [], figure = document.getElementById("trajectories");
  if (!all.length || !figure) return;
  const title = "Ways to the fixed point", home = heading(title, all[0].problem + ", " + all.map(t => t.coordinates.length + " evaluations by " + t.solver).join(", ")
    + ", all from the same start. The centre is the fixed point, and each circle is 100 times nearer to it than the one around it. Plain steps (picard) wind around it, a little nearer with each turn; "
    + "the accelerated solvers take fewer turns. PC 1 to 3 are the first principal components of all iterates. Drag the figure, or turn it by arrow keys; Home turns it back.");
  home.append(figure);
  turning(figure);
  numbers(home, title, ["solver", "evaluation", "distance", "component 1", "component 2", "component 3", "in view"],
    all.flatMap(t => t.coordinates.map((c, k) => [t.solver, k + 1, power(t.distances[k], 3), ...c.map(x => power(x, 3)), share(t.share)])));
}
