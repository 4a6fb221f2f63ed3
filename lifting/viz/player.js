/* The state of the player, its controls and its numbers. */

const FRONT = { yaw: 0, pitch: 0.15 }, SIDE = { yaw: Math.PI / 2, pitch: 0.15 };
const ABOVE = { yaw: 0, pitch: Math.PI / 2 };
const element = id => document.getElementById(id);
const content = JSON.parse(element("clips").textContent);
const show = { truth: true, gaps: false, keypoints: true, room: false };
const turn = { yaw: 0.45, pitch: 0.2, zoom: 1 };
let clip = null, frame = 0, playing = false, since = null, panels = [], cells = [], pictures = [];
let colours = palette(), film = null;

function make(name, parent, properties = {}) {
  const node = Object.assign(document.createElement(name), properties);
  parent.appendChild(node);
  return node;
}

/* Unpack a track, and compare it with the truth joint by joint of the same name. */
function unpack(track, truth) {
  const skeleton = content.skeletons[track.joints];
  const unpacked = { ...track, skeleton, values: floats(track.values), hidden: new Set(track.hidden || []) };
  if (track.trajectory) unpacked.trajectory = floats(track.trajectory);
  if (truth) compare(unpacked, truth);
  return unpacked;
}

function compare(track, truth) {
  const names = track.skeleton.joints, theirs = truth.skeleton.joints;
  const count = track.values.length / 3 / names.length;
  track.twin = names.map(name => theirs.indexOf(name));
  track.errors = [];
  track.means = [];
  for (let t = 0; t < count; t++) {
    const errors = names.map((_, j) => {
      if (track.twin[j] < 0) return NaN;
      const mine = joint(track.values, t, names.length, j, 3);
      const true_ = joint(truth.values, t, theirs.length, track.twin[j], 3);
      return Math.hypot(mine[0] - true_[0], mine[1] - true_[1], mine[2] - true_[2]);
    });
    track.errors.push(errors);
    track.means.push(mean(errors));
  }
  track.mean = mean(track.means);
}

function mean(values) {
  const finite = values.filter(Number.isFinite);
  return finite.length ? finite.reduce((a, b) => a + b) / finite.length : NaN;
}

const millimetres = value => Number.isFinite(value) ? value.toFixed(1) : "–";

function choose(number) {
  const packed = content.clips[number];
  const truth = packed.truth && unpack(packed.truth, null);
  clip = { ...packed, truth, methods: packed.methods.map(track => unpack(track, truth)) };
  if (packed.keypoints) {
    const skeleton = content.skeletons[packed.keypoints.joints];
    clip.keypoints = { skeleton, values: floats(packed.keypoints.values) };
    // Who moves keeps one scale; poses that follow one another like photographs have their own.
    const reaches = reachesOf(clip.keypoints), most = Math.max(...reaches);
    clip.reaches = packed.fps > 1 ? reaches.map(() => most) : reaches;
  }
  pictures = [];
  frame = 0;
  const several = clip.frames.length > 1;
  show.room = Boolean(clip.room) && clip.methods.length > 1;
  element("show-room").checked = show.room;
  openFilm();
  element("bar").hidden = element("speed-label").hidden = !several;
  element("scrub").max = clip.frames.length - 1;
  toggle(".of-truth", truth);
  toggle(".of-keypoints", clip.keypoints && !(clip.video && clip.video.drawn));
  toggle(".of-room", clip.room);
  toggle(".of-hidden", clip.methods.some(method => method.hidden.size));
  element("curve").hidden = !truth || !several;
  if (!several) setPlaying(false);
  buildPanels();
  buildTable();
  since = null;
  draw();
}

function toggle(selector, shown) {
  for (const node of document.querySelectorAll(selector)) node.hidden = !shown;
}

function flatTitle() {
  if (film || (clip.images && clip.frames.length > 1)) return "Video";
  return clip.images ? "Picture" : "2D input";
}

function buildPanels() {
  element("panels").replaceChildren();
  panels = [];
  const panel = (name, colour, track, isRoom = false) => {
    const figure = make("figure", element("panels"), { className: isRoom ? "room" : "" });
    const caption = make("figcaption", figure);
    const title = make("span", caption);
    if (colour) make("i", title, { className: "swatch" }).style.background = `var(--${colour})`;
    make("b", title, { textContent: name });
    const error = make("span", caption, { className: "error" });
    const canvas = make("canvas", figure, { className: track || isRoom ? "scene" : "flat" });
    // A picture fills its panel; one that is very high leaves room for what is beside it.
    if (!track && !isRoom && clip.size && (clip.images || film)) {
      canvas.style.aspectRatio = Math.max(0.75, clip.size[0] / clip.size[1]);
    }
    canvas.setAttribute("role", "img");
    if (track || isRoom) {
      canvas.tabIndex = 0;
      canvas.addEventListener("pointerdown", grab);
    }
    panels.push({ name, canvas, error, track, isRoom });
  };
  if (clip.keypoints || clip.images || film) panel(flatTitle(), "", null);
  if (show.room) {
    const names = clip.methods.map(track => track.name).join(", ");
    panel(clip.methods.length > 1 ? `Together: ${names}` : names, "", null, true);
    return;
  }
  const coloured = clip.truth && clip.frames.length > 1;
  clip.methods.forEach((track, n) => panel(track.name, coloured ? `m${n % 4}` : "", track));
}

function buildTable() {
  const table = element("joints"), joints = (clip.truth || clip.methods[0]).skeleton.joints;
  table.replaceChildren();
  cells = [];
  const caption = clip.truth ? "Distance, mm" : "x right, y down, z away; mm";
  const head = make("tr", make("thead", table)), body = make("tbody", table);
  make("th", head, { textContent: caption, scope: "col" });
  for (const method of clip.methods) make("th", head, { textContent: method.name, scope: "col" });
  const [metric, explanation] = clip.metric;
  const row = (name, kind, className, index, title = "") => {
    const line = make("tr", body, { className });
    make(title ? "abbr" : "span", make("th", line, { scope: "row" }), { textContent: name.replaceAll("_", " "), title });
    for (const method of clip.methods) {
      const cell = make("td", line), at = method.skeleton.joints.indexOf(index);
      cells.push({ kind, cell, method, at });
    }
  };
  if (clip.truth) {
    if (clip.frames.length > 1) row(`${metric}, whole clip`, "clip", "average", null, explanation);
    row(`${metric}, this frame`, "frame", "average", null, explanation);
  }
  for (const name of joints) row(name, "joint", "", name);
}

function fillTable() {
  const most = clip.truth ? Math.max(1, ...clip.methods.flatMap(m => m.errors[frame].filter(Number.isFinite))) : 1;
  for (const { kind, cell, method, at } of cells) {
    if (kind !== "joint") {
      cell.textContent = millimetres(kind === "clip" ? method.mean : method.means[frame]);
      continue;
    }
    const count = method.skeleton.joints.length;
    const unseen = at >= 0 && method.hidden.has(frame * count + at);
    let text = "–";
    if (at >= 0 && clip.truth) {
      text = millimetres(method.errors[frame][at]);
      cell.style.setProperty("--share", (method.errors[frame][at] || 0) / most);
    } else if (at >= 0) {
      const point = joint(method.values, frame, count, at, 3);
      if (isKnown(point)) text = Array.from(point, value => value.toFixed(0)).join(", ");
    }
    cell.textContent = (unseen ? "◌ " : "") + text;
    cell.classList.toggle("unseen", unseen);
    cell.title = unseen ? "not seen, completed" : "";
  }
}

/* Return the picture of this frame; where it is still being decoded it is drawn later. */
function picture() {
  if (film && film.readyState > 1) {
    const { share, drawn } = clip.video;
    return { source: film, size: [share[0] * film.videoWidth, share[1] * film.videoHeight], drawn };
  }
  if (!clip.images) return null;
  const number = Math.max(0, clip.imageFrames.findLastIndex(of => of <= clip.frames[frame]));
  if (!pictures[number]) {
    pictures[number] = new Image();
    pictures[number].onload = drawPanels;
    pictures[number].src = clip.images[number];
  }
  const ready = pictures.slice(0, number + 1).findLast(p => p && p.complete && p.naturalWidth);
  return ready ? { source: ready, size: [ready.naturalWidth, ready.naturalHeight] } : null;
}

/* Open the video that lies beside the page; without it the images are shown. */
function openFilm() {
  if (film) film.removeAttribute("src");
  film = null;
  if (!clip.video) return;
  const opened = Object.assign(document.createElement("video"), { muted: true, playsInline: true, preload: "auto" });
  opened.addEventListener("error", () => {
    if (film !== opened) return;
    film = null;
    toggle(".of-keypoints", clip.keypoints);
    buildPanels();
    draw();
  });
  opened.addEventListener("loadeddata", () => film === opened && showFilm());
  opened.addEventListener("seeked", () => film === opened && drawPanels());
  opened.src = clip.video.source;
  film = opened;
}

/* Go to the frame in the video; just behind its beginning, so that it is not the one before. */
function showFilm() {
  if (!film) return;
  const { times } = clip.video, next = times[frame + 1] || times[frame] + 1 / clip.fps;
  film.currentTime = times[frame] + Math.min(0.01, (next - times[frame]) / 2);
}

/* Return the last frame that has begun at a time of the video. */
function frameAt(time) {
  const { times } = clip.video;
  let low = 0, high = times.length - 1;
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if (times[half] <= time + 1e-3) low = half;
    else high = half - 1;
  }
  return low;
}

function drawPanels() {
  for (const { canvas, track, isRoom } of panels) {
    if (isRoom) drawRoom(canvas, clip, frame, turn, colours);
    else if (track) drawScene(canvas, clip, track, frame, turn, show, colours);
    else drawFlat(canvas, clip, picture(), frame, show, colours);
  }
}

function draw() {
  drawPanels();
  if (!element("curve").hidden) drawCurve(element("curve"), clip, frame, colours);
  const count = clip.frames.length, number = clip.frames[frame];
  const note = clip.notes ? clip.notes[frame] : "";
  element("scrub").value = frame;
  element("scrub").setAttribute("aria-valuetext", `frame ${number}, ${frame + 1} of ${count}`);
  element("counter").textContent = `${frame + 1} / ${count}`;
  element("note").textContent = note || (count > 1 ? `frame ${number}` : "");
  for (const { name, canvas, error, track } of panels) {
    error.textContent = track && clip.truth ? `${clip.metric[0]} ${millimetres(track.means[frame])} mm` : "";
    error.title = error.textContent && clip.metric[1];
    canvas.setAttribute("aria-label", `${name}, frame ${number}. ${error.textContent}`);
  }
  fillTable();
}

function go(to) {
  const count = clip.frames.length;
  frame = (Math.round(to) % count + count) % count;
  since = null;
  showFilm();
  draw();
}

function setPlaying(value) {
  playing = value;
  since = null;
  element("play").classList.toggle("playing", playing);
  element("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  if (film) {
    if (playing) film.play().catch(() => {});
    else film.pause();
  }
  if (playing) requestAnimationFrame(tick);
  else showFilm();
}

function tick(now) {
  if (!playing) return;
  since = since || { now, frame };
  const count = clip.frames.length, speed = Number(element("speed").value);
  let next = (since.frame + Math.floor((now - since.now) / 1000 * clip.fps * speed)) % count;
  if (film && film.readyState > 1) {
    film.playbackRate = speed;
    next = frameAt(film.currentTime);
    const isOver = film.ended || film.currentTime > clip.video.times[count - 1] + 1 / clip.fps;
    if (isOver) film.currentTime = clip.video.times[next = 0];
    if (film.paused || isOver) film.play().catch(() => {});
  }
  if (next !== frame) {
    frame = next;
    draw();
  }
  requestAnimationFrame(tick);
}

function look({ yaw = turn.yaw, pitch = turn.pitch, zoom = turn.zoom }) {
  turn.yaw = yaw;
  turn.pitch = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, pitch));
  turn.zoom = Math.max(0.25, Math.min(8, zoom));
  drawPanels();
}

function grab(event) {
  const canvas = event.currentTarget, from = { x: event.clientX, y: event.clientY, ...turn };
  canvas.setPointerCapture(event.pointerId);
  canvas.onpointermove = e =>
    look({ yaw: from.yaw + (e.clientX - from.x) / 120, pitch: from.pitch + (e.clientY - from.y) / 120 });
  canvas.onpointerup = canvas.onpointercancel = () => { canvas.onpointermove = null; };
}

function seek(event) {
  if (event.type === "pointermove" && !event.buttons) return;
  const { left, width } = element("curve").getBoundingClientRect();
  const share = Math.max(0, Math.min(1, (event.clientX - left - 2) / (width - 4)));
  go(share * (clip.frames.length - 1));
}

const tickBox = id => element(id).click();
const KEYS = {
  " ": () => clip.frames.length > 1 && setPlaying(!playing),
  ArrowLeft: () => go(frame - 1), ArrowRight: () => go(frame + 1),
  Home: () => go(0), End: () => go(clip.frames.length - 1),
  t: () => tickBox("show-truth"), k: () => tickBox("show-keypoints"),
  "+": () => look({ zoom: turn.zoom * 1.2 }), "-": () => look({ zoom: turn.zoom / 1.2 }),
};
const TURNS = {
  ArrowLeft: () => look({ yaw: turn.yaw - 0.15 }), ArrowRight: () => look({ yaw: turn.yaw + 0.15 }),
  ArrowUp: () => look({ pitch: turn.pitch - 0.15 }), ArrowDown: () => look({ pitch: turn.pitch + 0.15 }),
};

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = (event.shiftKey && TURNS[event.key]) || KEYS[event.key];
  // Controls keep the keys that are theirs.
  const own = event.target.closest("select, video, .scroll")
    || (event.key === " " && event.target.closest("button, input[type=checkbox]"));
  if (!act || own) return;
  event.preventDefault();
  act();
}

content.clips.forEach((c, index) => make("option", element("clip"), { value: index, textContent: c.name }));
element("clip-label").hidden = content.clips.length < 2;
element("clip").addEventListener("change", event => choose(Number(event.target.value)));
element("play").addEventListener("click", () => setPlaying(!playing));
element("back").addEventListener("click", () => go(frame - 1));
element("next").addEventListener("click", () => go(frame + 1));
element("scrub").addEventListener("input", event => go(Number(event.target.value)));
element("speed").addEventListener("change", () => { since = null; });
for (const name of Object.keys(show)) {
  element(`show-${name}`).addEventListener("change", event => {
    show[name] = event.target.checked;
    if (name === "room") buildPanels();
    draw();
  });
}
for (const [id, view] of Object.entries({ front: FRONT, side: SIDE, above: ABOVE })) {
  element(id).addEventListener("click", () => look(view));
}
element("closer").addEventListener("click", () => look({ zoom: turn.zoom * 1.2 }));
element("farther").addEventListener("click", () => look({ zoom: turn.zoom / 1.2 }));
element("curve").addEventListener("pointerdown", seek);
element("curve").addEventListener("pointermove", seek);
document.addEventListener("keydown", press);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colours = palette();
  draw();
});
choose(0);
new ResizeObserver(() => draw()).observe(element("panels"));
