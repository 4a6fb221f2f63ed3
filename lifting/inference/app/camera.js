/* The camera of this machine: its frames go to the app, and the people on them come back in 3D. */

// Longest side of the frames that are sent, pixels, and their quality.
const SIDE = 640, QUALITY = 0.8;
// Frames that rate and delay are told of.
const REMEMBERED = 45;
// Milliseconds between two such lines, which are read, and read out.
const PAUSE = 500;
const FAULTS = {
  NotAllowedError: "This page may not use the camera: allow it in the browser, by the sign beside the address, and start again.",
  NotFoundError: "There is no camera: connect one and start again.",
  NotReadableError: "The camera gives no picture: close other programs that use it, and start again.",
  OverconstrainedError: "That camera is not there any more: choose another.",
};
const turn = { yaw: 0.35, pitch: 0.12, zoom: 1 };
const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
const taken = document.createElement("canvas");
let running = null, people = [], scene = null, colours = palette(), drawn = [];

const isMirrored = () => element("camera-mirror").checked;

function tell(state, fault = "") {
  element("camera-state").textContent = state;
  element("camera-fault").textContent = fault;
  if (!running) note("camera-notes");
}

function showRunning(now) {
  element("camera-start").disabled = now;
  element("camera-stop").disabled = !now;
}

/* Return what waits for the newest frame that was not taken yet, and tells its time, milliseconds. */
function newestFrame(own) {
  let at = null, wake = null;
  const come = time => {
    if (running !== own) return;
    at = time;
    wake?.();
    watch();
  };
  const watch = () => {
    if (video.requestVideoFrameCallback) {
      video.requestVideoFrameCallback((now, { captureTime }) => come(captureTime || now));
    } else {
      requestAnimationFrame(come);
    }
  };
  watch();
  return async () => {
    if (at === null) await new Promise(done => { wake = done; });
    const time = at;
    [at, wake] = [null, null];
    return time;
  };
}

function take() {
  const { videoWidth: width, videoHeight: height } = video, scale = Math.min(1, SIDE / Math.max(width, height));
  const size = [Math.round(scale * width), Math.round(scale * height)];
  if (taken.width !== size[0] || taken.height !== size[1]) [taken.width, taken.height] = size;
  taken.getContext("2d", { alpha: false }).drawImage(video, 0, 0, ...size);
  return new Promise(done => taken.toBlob(done, "image/jpeg", QUALITY));
}

async function openCamera() {
  if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
  const id = element("camera-device").value;
  const wanted = { width: { ideal: SIDE }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
  if (id) wanted.deviceId = { exact: id };
  return navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
}

/* Offer the cameras by their names, which a browser tells once one was allowed. */
async function listCameras(stream) {
  const [{ deviceId }] = stream.getVideoTracks().map(track => track.getSettings());
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
  element("camera-device").replaceChildren(...cameras.map(({ label, deviceId: id }, number) =>
    new Option(label || `Camera ${number + 1}`, id, false, id === deviceId)));
  element("camera-choice").hidden = cameras.length < 2;
}

async function start() {
  if (running) return;
  const own = running = { session: null, stream: null };
  showRunning(true);
  tell("Starting …");
  try {
    own.stream = await openCamera();
    const [several, smooth] = ["camera-several", "camera-smooth"].map(id => element(id).checked);
    const wanted = { lifter: element("lifter").value, several, smooth };
    const answer = await ask("camera/start", asJson(wanted));
    if (answer.error) throw new Error(answer.error);
    Object.assign(own, answer);
    if (running !== own) throw new Error("");
    await listCameras(own.stream);
    own.stream.getVideoTracks()[0].addEventListener("ended", () => stop(own, FAULTS.NotReadableError));
    video.srcObject = own.stream;
    await video.play();
    await follow(own);
  } catch (error) {
    stop(own, FAULTS[error.name] || error.message);
  }
}

/* Send frame after frame, always the newest, until it is stopped. */
async function follow(own) {
  const lifter = own.lifter === element("lifter").value ? "" : `, lifted by ${own.lifter}, which needs no future`;
  const newest = newestFrame(own);
  let last = -Infinity, told = -Infinity;
  scene = null;
  drawn = [];
  while (running === own) {
    const at = await newest();
    if (running !== own) break;
    last = Math.max(at, last + 1);
    const body = await take();
    const query = `session=${own.session}&time=${last / 1000}`;
    const answer = await ask(`camera/frame?${query}`, { method: "POST", headers: { "Content-Type": "image/jpeg" }, body });
    if (running !== own) break;
    if (answer.error) throw new Error(answer.error);
    people = answer.people;
    note("camera-notes", answer.warnings);
    show(own);
    drawn.push([performance.now(), performance.now() - at]);
    drawn = drawn.slice(-REMEMBERED);
    if (drawn.length > 5 && performance.now() > told + PAUSE) {
      told = performance.now();
      tell(measured(answer.ms) + lifter);
    }
  }
}

function measured(steps) {
  const rate = 1000 * (drawn.length - 1) / (drawn.at(-1)[0] - drawn[0][0]);
  const delays = drawn.map(([, delay]) => delay).sort((a, b) => a - b);
  const delay = Math.round(delays[Math.floor(delays.length / 2)]);
  element("camera-steps").textContent = `detector ${Math.round(steps.detect)} ms, lifter ${Math.round(steps.lift)} ms`;
  const nobody = people.length ? "" : ", nobody seen";
  return `${rate.toFixed(0)} frames/s, ${delay} ms from frame to pose${nobody}`;
}

async function stop(own = running, fault = "") {
  if (!own) return;
  own.stream?.getTracks().forEach(track => track.stop());
  // Also where the page goes away.
  if (own.session) ask("camera/stop", { ...asJson({ session: own.session }), keepalive: true });
  if (running !== own) return;
  running = null;
  video.srcObject = null;
  people = [];
  element("camera-steps").textContent = "";
  for (const id of ["camera-flat", "camera-scene"]) prepare(element(id));
  showRunning(false);
  tell("", fault);
}

/* Return the joint set of several people, one after another, as of one. */
function joined({ joints, lines, lineSides, middles }, count) {
  const [all, between] = [joints.length, middles.length];
  const number = (person, i) => i < all ? person * all + i : count * all + person * between + i - all;
  const each = function_ => Array.from({ length: count }, (_, person) => function_(person)).flat();
  return {
    joints: each(() => joints),
    lines: each(person => lines.map(line => line.map(i => number(person, i)))),
    lineSides: each(() => lineSides),
    middles: each(person => middles.map(pair => pair.map(i => number(person, i)))),
  };
}

const extent = (points, axis) => {
  const values = points.filter(Boolean).map(point => point[axis]);
  return values.length ? [Math.min(...values), Math.max(...values)] : [0, 0];
};

/* Return where people stand beside each other, millimetres to the right, as on the picture. */
function places() {
  const across = people.map(({ keypoints, pose }) => {
    const [[left, right], [top, bottom], [high, low]] = [extent(keypoints, 0), extent(keypoints, 1), extent(pose, 1)];
    return (left + right) / 2 * (low - high) / Math.max(1, bottom - top);
  });
  const mean = across.reduce((sum, x) => sum + x, 0) / Math.max(1, across.length);
  return across.map(x => x - mean);
}

function show(own) {
  const flat = people.flatMap(({ keypoints }) => keypoints.flatMap(point => point || [NaN, NaN]));
  const size = [taken.width, taken.height];
  const clip = { size, keypoints: { skeleton: joined(own.keypoints, people.length), values: new Float32Array(flat) } };
  for (const id of ["camera-flat", "camera-scene"]) element(id).style.aspectRatio = size.join(" / ");
  drawFlat(element("camera-flat"), clip, { source: taken, size }, 0, { keypoints: true }, colours);
  const beside = places(), count = own.joints.joints.length;
  const points = people.flatMap(({ pose }, n) => pose.map(point => point && [point[0] + beside[n], point[1], point[2]]));
  own.track = {
    skeleton: joined(own.joints, people.length),
    values: new Float32Array(points.flatMap(point => point || [NaN, NaN, NaN])),
    hidden: new Set(people.flatMap(({ hidden }, n) => hidden.map(j => n * count + j))),
  };
  const known = points.filter(Boolean);
  if (known.length) scene = follows(scene, known);
  element("camera-hidden").hidden = !people.some(({ hidden, pose }) => hidden.some(j => pose[j]));
  redraw();
}

/* Return the scene around points, which moves slowly: a figure that jumps leaves the floor. */
function follows(before, points) {
  const [high, low] = extent(points, 1), centre = [0, (low + high) / 2, 0];
  // What is beside the middle has more room.
  const { clientWidth: width, clientHeight: height } = element("camera-scene"), wide = Math.max(1, width / height);
  const reach = 1.15 * Math.max(...points.map(p => Math.hypot(p[0] / wide, p[1] - centre[1], p[2] / wide)));
  if (!before) return { centre, floor: low, reach };
  const eased = (from, to, share) => from + share * (to - from);
  return {
    centre: [0, eased(before.centre[1], centre[1], 0.05), 0],
    floor: eased(before.floor, low, low > before.floor ? 0.3 : 0.05),
    reach: eased(before.reach, reach, reach > before.reach ? 0.3 : 0.02),
  };
}

function redraw() {
  if (running?.track && scene) drawScene(element("camera-scene"), { scene }, running.track, 0, turn, {}, colours);
}

function mirrorViews() {
  for (const id of ["camera-flat", "camera-scene"]) element(id).classList.toggle("mirrored", isMirrored());
}

element("camera-start").addEventListener("click", start);
element("camera-stop").addEventListener("click", () => stop());
element("camera-mirror").addEventListener("change", mirrorViews);
for (const id of ["camera-device", "camera-several", "camera-smooth", "lifter"]) {
  element(id).addEventListener("change", async () => {
    if (!running) return;
    await stop();
    start();
  });
}
document.addEventListener("tab", ({ detail }) => { if (detail !== "tab-camera") stop(); });
addEventListener("pagehide", () => stop());
for (const [name, [yaw, pitch]] of Object.entries(VIEWS)) {
  element(`camera-${name}`).addEventListener("click", () => {
    Object.assign(turn, { yaw, pitch });
    redraw();
  });
}
turnable(element("camera-scene"), turn, redraw, () => {}, isMirrored);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours = palette(); redraw(); });
new ResizeObserver(redraw).observe(element("camera-scene"));
mirrorViews();
