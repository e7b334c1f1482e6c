// The table of a month as a grid: its cells by row and column, the one that holds the focus, and what is selected.
"use strict";
window.rosterGrid = ({ page, mayEdit }) => {
  const table = page.querySelector("table");
  const frame = page.querySelector(".roster-frame");
  const dayCount = Number(page.dataset.days);
  const changed = [];

  // ---- names and lines by days ----------------------------------------------------------------------------------
  let rows = [];
  let codes = {};
  const names = () => table.tBodies[0].rows.length;
  const dayOf = (column) => `${page.dataset.month}-${String(column + 1).padStart(2, "0")}`;
  const cell = ({ row, column }) => rows[row].cells[column + 1];
  const keyOf = ({ row, column }) => `${rows[row].dataset.id} ${dayOf(column)}`;
  const rowOf = (key) => rows.findIndex((row) => row.dataset.id === key.split(" ")[0]);
  const isName = (place) => place.row < names();
  const textOf = (place) => (isName(place) && cell(place).querySelector("b")?.textContent) || "";
  const versionOf = ({ row, column }) => Number(rows[row].dataset.v.split(" ")[column]);
  const placeOf = (td) => {
    const row = rows.indexOf(td.parentElement);
    const column = td.cellIndex - 1;
    return row >= 0 && column >= 0 && column < dayCount && td.colSpan === 1 ? { row, column } : null;
  };
  const labelOf = ({ row, column }) => ({
    name: rows[row].cells[0].textContent.trim(),
    day: table.tHead.rows[0].cells[column + 1].dataset.day,
  });

  // Read again what the table holds; after the server's pieces, and at the start.
  const read = () => {
    rows = [...table.tBodies[0].rows, ...(table.tFoot?.rows ?? [])];
    codes = JSON.parse(table.tHead.dataset.codes);
    table.tHead.querySelectorAll("a").forEach((link) => { link.tabIndex = -1; });
    table.setAttribute("aria-rowcount", rows.length + 1);
    table.tHead.rows[0].setAttribute("aria-rowindex", 1);
    rows.forEach((row, index) => row.setAttribute("aria-rowindex", index + 2));
  };

  const describe = () => {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    if (!mayEdit) table.setAttribute("aria-readonly", "true");
    frame.removeAttribute("tabindex");
    read();
  };

  // ---- where we are: one cell holds the focus, the selection reaches from the anchor to it ------------------------
  let at = { row: 0, column: 0 };
  let anchor = at;
  let marked = [];

  const area = () => ({
    top: Math.min(at.row, anchor.row), bottom: Math.max(at.row, anchor.row),
    left: Math.min(at.column, anchor.column), right: Math.max(at.column, anchor.column),
  });
  const placesIn = ({ top, bottom, left, right }) => {
    const places = [];
    for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) places.push({ row, column });
    return places;
  };

  const paintSelection = () => {
    marked.forEach((td) => td.removeAttribute("aria-selected"));
    // The cell that keeps the focus keeps its place in the order of tabs: without it the browser takes the focus away.
    table.querySelectorAll("td[tabindex]").forEach((td) => { if (td !== cell(at)) td.removeAttribute("tabindex"); });
    marked = placesIn(area()).map(cell);
    marked.forEach((td) => td.setAttribute("aria-selected", "true"));
    cell(at).tabIndex = 0;
    changed.forEach((tell) => tell());
  };

  const limit = (place) => ({
    row: Math.max(0, Math.min(rows.length - 1, place.row)),
    column: Math.max(0, Math.min(dayCount - 1, place.column)),
  });

  const go = (place, { extend = false, focus = true } = {}) => {
    at = limit(place);
    anchor = extend ? limit(anchor) : at;
    paintSelection();
    if (!focus) return;
    cell(at).focus({ preventScroll: true });
    cell(at).scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const step = (down, right, options) => go({ row: at.row + down, column: at.column + right }, options);
  const select = (from, to) => { anchor = from; go(to, { extend: true }); };
  const put = (element, left, top, height) => {
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
    if (height) element.style.height = `${height}px`;
  };

  return {
    table, frame, dayCount, names, cell, keyOf, rowOf, dayOf, isName, textOf, versionOf, placeOf, labelOf,
    read, describe, area, placesIn, go, step, select, put,
    get at() { return at; },
    get codes() { return codes; },
    rowCount: () => rows.length,
    idOf: ({ row }) => rows[row].dataset.id,
    selected: () => placesIn(area()),
    whenMoved: (tell) => changed.push(tell),
  };
};
