// What each key and button does.
import { toggleHelp } from "./help.js";

const STEP = 0.1; // of what is in sight

export function actionsOf(desk) {
  const { at, root, view, panel, maps } = desk;
  const toggleTool = (tool) => desk.controls.useTool(desk.controls.tool === tool ? "" : tool);
  return {
    next: () => desk.step(1),
    previous: () => desk.step(-1),
    unread: () => goToUnread(desk),
    agree: () => panel.agree("agree"),
    disagree: () => panel.agree("disagree"),
    unsure: () => panel.agree("unsure"),
    class: (index) => panel.pick(index),
    0.5: () => panel.setConfidence(0.5),
    0.75: () => panel.setConfidence(0.75),
    1: () => panel.setConfidence(1),
    confirm: () => desk.cursor.set() || panel.confirm(),
    tags: () => at(".tags button")?.focus(),
    tag: (key) => panel.toggleTagOf(key),
    comment: () => at(".comment").focus(),
    undo: () => {
      if (!desk.film?.verdict) return desk.say("There is no decision to take back.");
      desk.client.actions.add(desk.item, "undo", {});
      desk.saving.show();
    },
    seen: () => panel.mark("seen"),
    reported: () => panel.mark("reported"),
    peek: () => maps.peek(true),
    endPeek: () => maps.peek(false),
    heatmap: () => maps.set({ on: !maps.settings.on }),
    contours: () => maps.set({ lines: !maps.settings.lines }),
    beside: () => desk.beside.next(),
    full: () => toggleFullScreen(root),
    fit: () => view.fit(),
    original: () => desk.stage.oneToOne(),
    larger: () => view.zoomBy(1.25),
    smaller: () => view.zoomBy(0.8),
    draw: (across, down, isFar) => desk.cursor.move(across, down, isFar),
    pan: (across, down) => pan(desk, across, down),
    invert: () => view.invert(),
    left: () => view.rotate(-1),
    right: () => view.rotate(1),
    flip: () => view.flip(),
    magnifier: () => desk.controls.magnify(),
    similar: () => desk.similar.step() || desk.say("There are no pictures of similar films."),
    distance: () => toggleTool("distance"),
    region: () => desk.controls.nextShape(),
    windowing: () => toggleTool("window"),
    reset: () => view.reset(),
    panel: () => {
      root.classList.toggle("folded");
      desk.stage.draw();
    },
    help: () => toggleHelp(at(".help")),
    escape: () => escape(desk),
  };
}

async function goToUnread(desk) {
  const before = desk.position.index;
  try {
    const found = await desk.position.toUnread((item) => desk.client.actions.isWaitingFor(item));
    if (!found) desk.say("Every other film has a decision.");
    else if (desk.position.index !== before) {
      // Loaded ahead, it may not have waited for a decision yet.
      if (desk.store.ready(desk.item)?.film.asks === "nothing") desk.store.forget(desk.item);
      desk.show();
    }
  } catch (error) {
    desk.say(error.message);
  }
}

function toggleFullScreen(root) {
  if (root.getRootNode().fullscreenElement) document.exitFullscreen();
  else if (root.requestFullscreen) root.requestFullscreen().catch(() => root.classList.toggle("full"));
  else root.classList.toggle("full"); // a telephone that lets no page fill it
}

// Whether there was something to move.
function pan({ stage, view }, across, down) {
  if (view.place.zoom <= 1 || !stage.main.pixels) return false;
  const { clientWidth: width, clientHeight: height } = stage.main.canvas;
  const { x, y } = stage.main
    .matrix(view)
    .inverse()
    .transformPoint(new DOMPoint(width / 2 + across * STEP * width, height / 2 + down * STEP * height));
  const { rows, columns } = stage.main.pixels.film;
  view.moveTo(view.place.zoom, x / columns, y / rows);
  return true;
}

// Leaves the innermost of what was begun.
function escape(desk) {
  const { at, controls, root } = desk;
  const focused = root.getRootNode().activeElement;
  if (focused?.matches("textarea, input, select, .tags button")) at(".film").focus();
  else if (controls.tool) controls.useTool("");
  else if (desk.beside.end()) return;
  else if (root.getRootNode().fullscreenElement) document.exitFullscreen();
  else root.classList.remove("full");
}
