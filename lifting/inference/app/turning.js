/* Views of a scene, and a canvas on which it is turned. */

const VIEWS = { front: [0, 0.15], side: [Math.PI / 2, 0.15], above: [0, Math.PI / 2] };
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/* Turn a scene by dragging its canvas and by arrows. What is mirrored turns the other way. */
function turnable(canvas, turn, redraw, begin = () => {}, isMirrored = () => false) {
  const look = (yaw, pitch) => {
    turn.yaw = yaw;
    turn.pitch = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, pitch));
    redraw();
  };
  canvas.addEventListener("pointerdown", event => {
    const from = { x: event.clientX, y: event.clientY, ...turn }, way = isMirrored() ? -1 : 1;
    begin();
    canvas.setPointerCapture(event.pointerId);
    canvas.onpointermove = e =>
      look(from.yaw + way * (e.clientX - from.x) / 120, from.pitch + (e.clientY - from.y) / 120);
    canvas.onpointerup = canvas.onpointercancel = () => { canvas.onpointermove = null; };
  });
  canvas.addEventListener("keydown", event => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    look(turn.yaw + 0.15 * (isMirrored() ? -1 : 1) * step[0], turn.pitch + 0.15 * step[1]);
  });
}
