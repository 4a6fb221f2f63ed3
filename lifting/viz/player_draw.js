/* Poses and curves on canvases. Poses are in the frame of the camera: x right, y down, z away. */

const COLOURS = ["text", "soft", "line", "card", "left", "right", "middle", "truth", "unseen", "floor", "m0", "m1", "m2", "m3"];
// Distance of the eye in reaches of the scene.
const DISTANCE = 6;

function floats(text) {
  return new Float32Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
}

function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(COLOURS.map(name => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/* Fit a canvas to its place on the page; return a context that counts in pixels of the page. */
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  const size = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.lineCap = "round";
  return { context, width, height };
}

/* Return the map from millimetres to the screen: right, down, depth, and how near. */
function eye(scene, turn, width, height) {
  const [cosYaw, sinYaw] = [Math.cos(turn.yaw), Math.sin(turn.yaw)];
  const [cosPitch, sinPitch] = [Math.cos(turn.pitch), Math.sin(turn.pitch)];
  const far = DISTANCE * scene.reach;
  // What is nearest is drawn largest, and must still be inside.
  const unit = turn.zoom * 0.92 * Math.min(width, height) / 2 / scene.reach;
  return ([x, y, z]) => {
    const right = x - scene.centre[0], up = scene.centre[1] - y, away = z - scene.centre[2];
    const across = cosYaw * right - sinYaw * away, back = sinYaw * right + cosYaw * away;
    const depth = cosPitch * back - sinPitch * up, above = sinPitch * back + cosPitch * up;
    const near = far / Math.max(far + depth, far / 10);
    return { x: width / 2 + across * near * unit, y: height / 2 - above * near * unit, depth, near };
  };
}

/* Return a point as a level camera would have it, where the clip says how its own was tilted. */
function levelled(level, point) {
  return level ? level.map(row => row.reduce((sum, value, axis) => sum + value * point[axis], 0)) : point;
}

function joint(values, frame, count, index, size) {
  const begin = (frame * count + index) * size;
  return values.subarray(begin, begin + size);
}

const middle = (a, b) => Array.from(a, (value, axis) => (value + b[axis]) / 2);

/* Return the points of a stick figure: joints, and after them middles of two. */
function pointsOf(skeleton, joints) {
  return [...joints, ...skeleton.middles.map(([a, b]) => middle(joints[a], joints[b]))];
}

const isKnown = point => point.every(Number.isFinite);

function stroke(context, from, to, colour, width, dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

function drawFloor(context, scene, see, colours) {
  const step = scene.reach / 2, [x, z] = [scene.centre[0], scene.centre[2]];
  for (let i = -3; i <= 3; i++) {
    for (const ends of [[[i, -3], [i, 3]], [[-3, i], [3, i]]]) {
      const [from, to] = ends.map(([a, b]) => see([x + a * step, scene.floor, z + b * step]));
      stroke(context, from, to, colours.floor, 1);
    }
  }
}

/* Return the joints of a frame, in the room where they are to be drawn there. */
function posed(track, frame, inRoom) {
  const { joints } = track.skeleton;
  const points = joints.map((_, j) => joint(track.values, frame, joints.length, j, 3));
  if (!inRoom) return points;
  const root = joint(track.trajectory, frame, 1, 0, 3);
  return points.map(point => Array.from(point, (value, axis) => value + root[axis]));
}

/* Return the strokes of one pose, each with its depth. */
function poseStrokes(track, frame, see, colours, scale, isTruth, inRoom) {
  const { joints, lines, lineSides, middles } = track.skeleton;
  const points = pointsOf(track.skeleton, posed(track, frame, inRoom));
  const seen = points.map(point => isKnown(point) ? see(point) : null);
  const hidden = joints.map((_, j) => track.hidden.has(frame * joints.length + j));
  hidden.push(...middles.map(([a, b]) => hidden[a] || hidden[b]));
  const strokes = [];
  lines.forEach(([a, b], number) => {
    const [from, to] = [seen[a], seen[b]];
    if (!from || !to) return;
    const unseen = hidden[a] || hidden[b];
    const colour = isTruth ? colours.truth : unseen ? colours.unseen : colours[lineSides[number]];
    const width = scale * (isTruth ? 2.5 : 4) * (from.near + to.near) / 2;
    const dash = unseen ? [1.2 * width, 1.8 * width] : [];
    strokes.push({
      depth: (from.depth + to.depth) / 2,
      draw: context => stroke(context, from, to, colour, width, dash),
    });
  });
  seen.slice(0, joints.length).forEach((at, j) => {
    if (!at || !hidden[j] || isTruth) return;
    strokes.push({
      depth: at.depth - 1,
      draw: context => {
        context.setLineDash([]);
        context.strokeStyle = colours.unseen;
        context.lineWidth = 1.8 * scale;
        context.beginPath();
        context.arc(at.x, at.y, 4.5 * scale * at.near, 0, 2 * Math.PI);
        context.stroke();
      },
    });
  });
  return strokes;
}

/* Return lines from the joints of a pose to the true ones. */
function gapStrokes(track, truth, frame, see, colours) {
  const strokes = [];
  track.skeleton.joints.forEach((_, j) => {
    if (track.twin[j] < 0) return;
    const ends = [
      joint(track.values, frame, track.skeleton.joints.length, j, 3),
      joint(truth.values, frame, truth.skeleton.joints.length, track.twin[j], 3),
    ];
    if (!ends.every(isKnown)) return;
    const [from, to] = ends.map(see);
    const draw = context => stroke(context, from, to, colours.text, 1.2);
    strokes.push({ depth: Math.min(from.depth, to.depth) - 1, draw });
  });
  return strokes;
}

function drawScene(canvas, clip, track, frame, turn, show, colours) {
  const { context, width, height } = prepare(canvas);
  const level = eye(clip.scene, turn, width, height), see = point => level(levelled(clip.level, point));
  const scale = Math.max(0.7, Math.min(width, height) / 320);
  drawFloor(context, clip.scene, level, colours);
  const strokes = poseStrokes(track, frame, see, colours, scale, false);
  if (clip.truth && show.truth) strokes.push(...poseStrokes(clip.truth, frame, see, colours, scale, true));
  if (clip.truth && show.gaps) strokes.push(...gapStrokes(track, clip.truth, frame, see, colours));
  finish(context, strokes);
}

/* Draw everyone where they are in front of the camera, with their names where there are several. */
function drawRoom(canvas, clip, frame, turn, colours) {
  const { context, width, height } = prepare(canvas);
  const level = eye(clip.room, turn, width, height), see = point => level(levelled(clip.level, point));
  const scale = Math.max(0.6, Math.min(width, height) / 420);
  drawFloor(context, clip.room, level, colours);
  finish(context, clip.methods.flatMap(track => poseStrokes(track, frame, see, colours, scale, false, true)));
  if (clip.methods.length < 2) return;
  context.font = "600 13px system-ui, sans-serif";
  context.textAlign = "center";
  for (const track of clip.methods) {
    const points = posed(track, frame, true).filter(isKnown).map(see);
    if (!points.length) continue;
    const top = points.reduce((a, b) => a.y < b.y ? a : b);
    const left = Math.max(30, Math.min(width - 30, top.x)), above = Math.max(14, top.y - 8);
    context.lineWidth = 3;
    context.setLineDash([]);
    context.strokeStyle = colours.card;
    context.strokeText(track.name, left, above);
    context.fillStyle = colours.text;
    context.fillText(track.name, left, above);
  }
}

function finish(context, strokes) {
  strokes.sort((a, b) => b.depth - a.depth);
  for (const { draw } of strokes) draw(context);
}

/* Return half the sides of squares that hold the keypoints of each frame around their mean. */
function reachesOf(keypoints) {
  const count = keypoints.values.length / keypoints.skeleton.joints.length / 2;
  return Array.from({ length: count }, (_, frame) => {
    const points = seenPoints(keypoints, frame).filter(isKnown), middle = middleOf(points);
    return 1.1 * Math.max(1, ...points.flatMap(p => Array.from(p, (x, axis) => Math.abs(x - middle[axis]))));
  });
}

function seenPoints({ skeleton, values }, frame) {
  return skeleton.joints.map((_, j) => joint(values, frame, skeleton.joints.length, j, 2));
}

const middleOf = points => [0, 1].map(axis => points.reduce((sum, p) => sum + p[axis], 0) / points.length);

/* Draw the 2D input: the whole image where there is one, else the person, who walks through it, centred.
   A picture has a source, its size, and whether the keypoints are drawn on it. */
function drawFlat(canvas, clip, picture, frame, show, colours) {
  const { context, width, height } = prepare(canvas);
  const size = clip.size || (picture && picture.size);
  const points = clip.keypoints ? seenPoints(clip.keypoints, frame) : [];
  let box = null;
  if ((picture || clip.images) && size) {
    box = [0, 0, ...size];
  } else if (points.some(isKnown)) {
    const [x, y] = middleOf(points.filter(isKnown)), reach = clip.reaches[frame];
    box = [x - reach, y - reach, x + reach, y + reach];
  }
  if (!box) return;
  const unit = Math.min(width / (box[2] - box[0]), height / (box[3] - box[1]));
  const left = (width - unit * (box[2] - box[0])) / 2 - unit * box[0];
  const top = (height - unit * (box[3] - box[1])) / 2 - unit * box[1];
  const place = ([x, y]) => ({ x: left + unit * x, y: top + unit * y });
  if (picture) {
    context.imageSmoothingQuality = "high";
    context.drawImage(picture.source, 0, 0, ...picture.size, left, top, unit * size[0], unit * size[1]);
  }
  if (!show.keypoints || !clip.keypoints || (picture && picture.drawn)) return;
  const { skeleton } = clip.keypoints, ends = pointsOf(skeleton, points);
  const scale = Math.max(0.7, Math.min(width, height) / 320);
  skeleton.lines.forEach(([a, b], number) => {
    if (!isKnown(ends[a]) || !isKnown(ends[b])) return;
    const [from, to] = [place(ends[a]), place(ends[b])];
    // A photograph may have any colour.
    if (picture) stroke(context, from, to, "#000a", 4.5 * scale);
    stroke(context, from, to, colours[skeleton.lineSides[number]], 2.5 * scale);
  });
}

/* Draw the mean error of each method over the frames, and where we are. */
function drawCurve(canvas, clip, frame, colours) {
  const { context, width, height } = prepare(canvas);
  const count = clip.frames.length, top = 16, bottom = 3;
  const finite = clip.methods.flatMap(method => method.means.filter(Number.isFinite));
  const most = Math.max(1, ...finite);
  const across = index => count > 1 ? 2 + index / (count - 1) * (width - 4) : width / 2;
  const up = value => height - bottom - value / most * (height - top - bottom);
  context.setLineDash([]);
  context.fillStyle = colours.soft;
  context.font = "12px system-ui, sans-serif";
  context.fillText(`${clip.metric[0]}, up to ${Math.round(most)} mm`, 2, 11);
  stroke(context, { x: 0, y: height - 1 }, { x: width, y: height - 1 }, colours.line, 1);
  stroke(context, { x: across(frame), y: top }, { x: across(frame), y: height }, colours.text, 1.5);
  clip.methods.forEach((method, number) => {
    context.strokeStyle = colours[`m${number % 4}`];
    context.lineWidth = 1.8;
    context.setLineDash(number < 4 ? [] : [6, 4]);
    context.beginPath();
    let drawing = false;
    method.means.forEach((value, index) => {
      if (!Number.isFinite(value)) { drawing = false; return; }
      if (drawing) context.lineTo(across(index), up(value));
      else context.moveTo(across(index), up(value));
      drawing = true;
    });
    context.stroke();
  });
}
