// The mouse: dragging selects, and the handle at the corner of the selection fills.
"use strict";
window.rosterMouse = ({ grid, editor, mayEdit, write }) => {
  const { table } = grid;
  const handle = document.createElement("span");
  handle.className = "fill-handle";
  let drag = null;

  const placeHandle = () => {
    const { bottom, right } = grid.area();
    const td = grid.cell({ row: bottom, column: right });
    handle.hidden = !mayEdit || bottom >= grid.names();
    grid.put(handle, td.offsetLeft + td.offsetWidth, td.offsetTop + td.offsetHeight);
  };

  const under = (event) => {
    const td = document.elementFromPoint(event.clientX, event.clientY)?.closest("td");
    return td && table.contains(td) ? grid.placeOf(td) : null;
  };

  const startDrag = (event) => {
    const place = under(event);
    if (event.button !== 0 || !place) return;
    event.preventDefault();
    editor.close(true);
    grid.go(place, { extend: event.shiftKey });
    drag = { kind: "select" };
  };

  const startFill = (event) => {
    event.preventDefault();
    event.stopPropagation();
    drag = { kind: "fill", from: grid.area() };
  };

  const moveDrag = (event) => {
    const place = drag && under(event);
    if (!place) return;
    if (drag.kind === "fill") stretch(place);
    else grid.go(place, { extend: true });
  };

  // A filling goes one way: down or to the right, whichever the mouse has gone further.
  const stretch = ({ row, column }) => {
    const { top, bottom, left, right } = drag.from;
    const isDown = row - bottom >= column - right;
    const down = { row: Math.max(bottom, Math.min(row, grid.names() - 1)), column: right };
    grid.select({ row: top, column: left }, isDown ? down : { row: bottom, column: Math.max(right, column) });
  };

  const endDrag = () => {
    const done = drag;
    drag = null;
    if (done?.kind !== "fill") return;
    const { top, bottom, left, right } = done.from;
    const source = ({ row, column }) => ({ row: top + ((row - top) % (bottom - top + 1)), column: left + ((column - left) % (right - left + 1)) });
    write(grid.selected().map((place) => [place, grid.textOf(source(place))]));
  };

  const hover = (event) => {
    const td = event.target.closest?.("td");
    if (td) td.title = [...td.querySelectorAll("small")].map((note) => note.textContent).join(" ");
  };

  grid.frame.append(handle);
  grid.whenMoved(placeHandle);
  table.addEventListener("mousedown", startDrag);
  table.addEventListener("dblclick", () => editor.open(grid.textOf(grid.at), true));
  table.addEventListener("mouseover", hover);
  handle.addEventListener("mousedown", startFill);
  document.addEventListener("mousemove", moveDrag);
  document.addEventListener("mouseup", endDrag);
};
