// Mouse, pen and fingers on a pane: moving, zooming, windowing, and drawing with a tool.
const DECIDED = 10; // CSS pixels until two fingers pinch or set the window
const SWIPE = 60;

export function listenTo(pane, { stage, view, marks, tool, onSwipe, onLens }) {
  const { box, canvas } = pane;
  const fingers = new Map();
  let drag = null; // what one pointer does
  let pair = null; // what two fingers do

  const size = () => ({ width: canvas.clientWidth, height: canvas.clientHeight });
  const local = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  box.onwheel = (event) => {
    event.preventDefault();
    if (!pane.pixels) return;
    const lines = event.deltaMode === 1 ? 16 : 1;
    const speed = event.ctrlKey ? 100 : 400; // a pinch on a trackpad comes in small steps
    view.zoomBy(Math.exp((-event.deltaY * lines) / speed), pane.pointAt(event, view));
  };
  box.oncontextmenu = (event) => event.preventDefault();
  box.ondblclick = () => view.fit();

  box.onpointerdown = (event) => {
    if (!pane.pixels) return;
    box.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, local(event));
    if (fingers.size === 2) {
      if (drag?.kind === "draw") marks.end(view);
      drag = null;
      pair = { ...spread(fingers), kind: "", place: view.place, window: view.window };
      return;
    }
    const wanted = tool();
    const kind = event.button === 2 ? "window" : wanted === "" ? "pan" : wanted === "window" ? wanted : "draw";
    drag = { kind, at: local(event), event, place: view.place, window: view.window };
    if (kind === "draw" && pane === stage.main) marks.begin(wanted, pane.pointAt(event, view));
  };

  box.onpointermove = (event) => {
    if (!pane.pixels) return;
    onLens(pane, local(event));
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, local(event));
    if (pair && fingers.size === 2) return moveTwo();
    if (!drag) return;
    const at = local(event);
    if (drag.kind === "pan") {
      moveFrom(drag, at);
    } else if (drag.kind === "window") {
      const { width, height } = size();
      view.dragWindow(drag.window, (2 * (at.x - drag.at.x)) / width, (2 * (at.y - drag.at.y)) / height);
    } else if (pane === stage.main) {
      marks.extend(pane.pointAt(event, view));
      stage.draw();
    }
  };

  box.onpointerup = (event) => {
    const at = local(event);
    if (drag?.kind === "draw" && pane === stage.main) {
      marks.end(view);
      stage.draw();
    } else if (drag?.kind === "pan" && event.pointerType === "touch" && drag.place.zoom <= 1) {
      const across = at.x - drag.at.x;
      if (Math.abs(across) > SWIPE && Math.abs(at.y - drag.at.y) < SWIPE) onSwipe(Math.sign(-across));
    }
    release(event);
  };
  box.onpointercancel = (event) => release(event);

  function release(event) {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pair = null;
    drag = null;
  }

  // A film that is wholly in sight stays where it is.
  function moveFrom(start, at) {
    if (start.place.zoom <= 1) return;
    const { zoom, u, v } = start.place;
    const back = pane.matrix(view).inverse();
    const from = back.transformPoint(new DOMPoint(start.at.x, start.at.y));
    const to = back.transformPoint(new DOMPoint(at.x, at.y));
    const { rows, columns } = pane.pixels.film;
    view.moveTo(zoom, u + (from.x - to.x) / columns, v + (from.y - to.y) / rows);
  }

  function moveTwo() {
    const now = spread(fingers);
    const across = now.x - pair.x, down = now.y - pair.y;
    if (!pair.kind) {
      if (Math.abs(now.distance - pair.distance) > DECIDED) pair.kind = "pinch";
      else if (Math.hypot(across, down) > DECIDED) pair.kind = "window";
    }
    if (pair.kind === "window") {
      const { width, height } = size();
      view.dragWindow(pair.window, (2 * across) / width, (2 * down) / height);
    } else if (pair.kind === "pinch") {
      const back = pane.matrix(view).inverse();
      const { x, y } = back.transformPoint(new DOMPoint(now.x, now.y));
      const { rows, columns } = pane.pixels.film;
      const factor = (pair.place.zoom * now.distance) / pair.distance / view.place.zoom;
      view.zoomBy(factor, { u: x / columns, v: y / rows });
    }
  }
}

function spread(fingers) {
  const [a, b] = fingers.values();
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, distance: Math.hypot(a.x - b.x, a.y - b.y) };
}
