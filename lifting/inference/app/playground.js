/* A 2D skeleton to drag, and what a lifter makes of it. */

const turn = { yaw: 0.45, pitch: 0.2, zoom: 1 };
let about = null, points = [], hidden = new Set(), track = null, scene = null, colours = palette();
let busy = false, waiting = false, picture = null, refused = "";

function make(name, parent, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return parent.appendChild(node);
}

/* Return size and shown part of the image: of the picture, or of the empty one. */
function image() {
  if (!picture) return { size: [about.size, about.size], view: about.view };
  const size = [picture.naturalWidth, picture.naturalHeight];
  return { size, view: [0, 0, ...size] };
}

/* Say what is wrong with the pose, or with a picture that was given. */
function say(sentence) {
  element("message").textContent = sentence || refused;
  element("scene").classList.toggle("stale", Boolean(sentence));
}

/* Lift what there is now. While an answer is awaited, the last of what changed waits. */
async function lift() {
  if (busy) {
    waiting = true;
    return;
  }
  busy = true;
  element("flat").dataset.busy = "yes";
  do {
    waiting = false;
    const seen = points.map((point, k) => hidden.has(k) ? null : point);
    const of = about;
    const answer = await ask("play/lift", asJson({ lifter: of.name, points: seen, size: image().size }));
    // Meanwhile another lifter may have been chosen.
    if (of !== about) continue;
    say(answer.error);
    note("play-notes", answer.warnings);
    if (answer.pose) show(answer);
  } while (waiting);
  busy = false;
  element("flat").dataset.busy = "no";
}

function show({ pose, hidden: unseen }) {
  const values = new Float32Array(pose.flatMap(point => point || [NaN, NaN, NaN]));
  track = { skeleton: about.joints, values, hidden: new Set(unseen) };
  const known = pose.filter(Boolean), high = known.map(point => point[1]);
  const floor = Math.max(...high), centre = [0, (floor + Math.min(...high)) / 2, 0];
  const reach = Math.max(...known.map(p => Math.hypot(p[0] - centre[0], p[1] - centre[1], p[2] - centre[2])));
  // What is dragged a little must not make the whole view jump.
  const fits = scene && reach < scene.reach && reach > 0.6 * scene.reach;
  scene = { centre, floor, reach: fits ? scene.reach : 1.15 * reach };
  element("completed").hidden = !unseen.length;
  redraw();
}

function redraw() {
  if (track && scene) drawScene(element("scene"), { scene }, track, 0, turn, {}, colours);
}

function drawFlatBones() {
  const lines = element("flat").querySelectorAll("line");
  const { middles } = about.keypoints, ends = pointsOf(about.keypoints, points);
  const unseen = points.map((_, k) => hidden.has(k));
  unseen.push(...middles.map(([a, b]) => unseen[a] || unseen[b]));
  about.keypoints.lines.forEach(([a, b], n) => {
    const places = { x1: ends[a][0], y1: ends[a][1], x2: ends[b][0], y2: ends[b][1] };
    for (const [key, value] of Object.entries(places)) lines[n].setAttribute(key, value);
    lines[n].setAttribute("opacity", unseen[a] || unseen[b] ? 0.2 : 1);
  });
  element("flat").querySelectorAll("g").forEach((node, k) => {
    node.setAttribute("transform", `translate(${points[k][0]} ${points[k][1]})`);
    node.classList.toggle("hidden", hidden.has(k));
    const name = about.keypoints.joints[k].replaceAll("_", " ");
    const place = `${Math.round(points[k][0])}, ${Math.round(points[k][1])}`;
    node.setAttribute("aria-label", `${name}, ${hidden.has(k) ? "hidden" : place}`);
  });
  const places = points.map((point, k) => hidden.has(k) ? null : point.map(x => Math.round(10 * x) / 10));
  const named = Object.fromEntries(about.keypoints.joints.map((name, k) => [name, places[k]]));
  element("text").textContent = JSON.stringify(named);
  element("all").disabled = !hidden.size;
  element("counts").textContent = hidden.size ? `${hidden.size} hidden` : "";
}

function changed() {
  drawFlatBones();
  lift();
}

/* Return what moves along with a joint: what hangs from it. */
function limb(joint) {
  const moving = new Set([joint]);
  if (!element("limbs").checked) return moving;
  for (let more = true; more;) {
    more = false;
    for (const [a, b] of about.keypoints.bones) {
      if (moving.has(a) && !moving.has(b)) more = Boolean(moving.add(b));
    }
  }
  return moving;
}

function move(joints, x, y) {
  const [left, top, width, height] = image().view;
  const within = (value, low, size) => Math.max(low, Math.min(low + size, value));
  for (const k of joints) {
    points[k] = [within(points[k][0] + x, left, width), within(points[k][1] + y, top, height)];
  }
  changed();
}

function toggle(joint) {
  if (!hidden.delete(joint)) hidden.add(joint);
  changed();
}

function place(event) {
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(element("flat").getScreenCTM().inverse());
}

function grab(event, joint) {
  const node = event.currentTarget, moving = limb(joint);
  let last = place(event), far = 0;
  event.preventDefault();
  node.focus({ focusVisible: false });
  node.setPointerCapture(event.pointerId);
  node.onpointermove = e => {
    const at = place(e);
    far += Math.hypot(at.x - last.x, at.y - last.y);
    // A hand that presses trembles.
    if (far < 6) return;
    move(moving, at.x - last.x, at.y - last.y);
    last = at;
  };
  node.onpointerup = node.onpointercancel = e => {
    node.onpointermove = node.onpointerup = node.onpointercancel = null;
    if (far < 6 && e.type === "pointerup") toggle(joint);
  };
}

function press(event, joint) {
  const step = STEPS[event.key], far = event.shiftKey ? 2 : 12;
  if (step) move(limb(joint), step[0] * far, step[1] * far);
  else if (event.key === "Enter" || event.key === " ") toggle(joint);
  else return;
  event.preventDefault();
}

function build() {
  const flat = element("flat"), { joints, lineSides, sides } = about.keypoints;
  flat.replaceChildren();
  const { view, size } = image(), high = points.map(point => point[1]);
  // Joints of somebody who is small on a picture must not cover each other.
  const tall = Math.max(...high) - Math.min(...high), most = Math.max(view[2], view[3]);
  const unit = Math.min(most, Math.max(most / 4, 1.6 * tall)) / 1000;
  flat.setAttribute("viewBox", view.join(" "));
  if (picture) make("image", flat, { href: picture.src, width: size[0], height: size[1] });
  for (const side of lineSides) {
    make("line", flat, { stroke: `var(--${side})`, "stroke-width": 9 * unit });
  }
  joints.forEach((name, k) => {
    const node = make("g", flat, { tabindex: 0, role: "button", "data-joint": name });
    make("circle", node, { class: "reach", r: 30 * unit });
    make("circle", node, { class: "dot", r: 13 * unit, fill: `var(--${sides[k]})`, "stroke-width": 4 * unit });
    make("title", node).textContent = name.replaceAll("_", " ");
    node.addEventListener("pointerdown", event => grab(event, k));
    node.addEventListener("keydown", event => press(event, k));
  });
}

function begin(pose) {
  points = about.poses[pose].map(point => [...point]);
  fit(about.view);
  build();
  scene = null;
  changed();
}

/* Move the points from a part of an image to what is shown now, as large as can be. */
function fit([left, top, width, height]) {
  const { view } = image(), scale = Math.min(view[2] / width, view[3] / height);
  points = points.map(([x, y]) => [
    view[0] + view[2] / 2 + scale * (x - left - width / 2),
    view[1] + view[3] / 2 + scale * (y - top - height / 2),
  ]);
}

function lay(next) {
  const before = image().view;
  if (picture) URL.revokeObjectURL(picture.src);
  picture = next;
  element("remove").hidden = !picture;
  fit(before);
  build();
  changed();
}

function load() {
  const [file] = element("picture").files, next = new Image();
  if (!file) return;
  element("picture").value = "";
  refused = "";
  next.onload = () => lay(next);
  next.onerror = () => {
    refused = `${file.name}: is no picture that this browser can show.`;
    say();
  };
  next.src = URL.createObjectURL(file);
}

async function choose() {
  const name = element("lifter").value;
  const answer = await ask(`play/lifter?name=${encodeURIComponent(name)}`);
  if (name !== element("lifter").value) return;
  if (answer.error) {
    say(answer.error);
    return;
  }
  // Who compares lifters keeps the pose, where its joints are the same.
  const same = about && about.keypoints.joints.join() === answer.keypoints.joints.join();
  about = { ...answer, name };
  element("method").textContent = answer.method;
  scene = null;
  element("poses").replaceChildren(...Object.keys(about.poses).map(name => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.addEventListener("click", () => begin(name));
    return button;
  }));
  if (!same) {
    hidden = new Set();
    begin(Object.keys(about.poses)[0]);
  } else {
    changed();
  }
}

function grow(factor) {
  const middle = middleOf(points);
  points = points.map(point => point.map((x, axis) => middle[axis] + factor * (x - middle[axis])));
  build();
  changed();
}

function mirror() {
  const { mirror: other } = about.keypoints;
  const { view } = image();
  points = points.map((_, k) => [2 * view[0] + view[2] - points[other[k]][0], points[other[k]][1]]);
  hidden = new Set([...hidden].map(k => other[k]));
  changed();
}

let before = null;
function spin(now) {
  if (element("spin").checked && before !== null && !element("panel-play").hidden) {
    turn.yaw += (now - before) / 2500;
    redraw();
  }
  before = now;
  requestAnimationFrame(spin);
}

for (const [id, [yaw, pitch]] of Object.entries(VIEWS)) {
  element(id).addEventListener("click", () => {
    element("spin").checked = false;
    Object.assign(turn, { yaw, pitch });
    redraw();
  });
}
turnable(element("scene"), turn, redraw, () => { element("spin").checked = false; });
element("larger").addEventListener("click", () => grow(1.15));
element("smaller").addEventListener("click", () => grow(1 / 1.15));
element("mirror").addEventListener("click", mirror);
element("all").addEventListener("click", () => { hidden = new Set(); changed(); });
element("picture").addEventListener("change", load);
element("remove").addEventListener("click", () => lay(null));
element("lifter").addEventListener("change", choose);
element("spin").checked = !matchMedia("(prefers-reduced-motion: reduce)").matches;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours = palette(); redraw(); });
new ResizeObserver(redraw).observe(element("scene"));
requestAnimationFrame(spin);
choose();
