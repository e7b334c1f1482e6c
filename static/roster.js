// Makes the month of a department a spreadsheet. The server decides what a code means and who was first; this file
// types, selects, copies and sends. Without it each day has a form of its own.
"use strict";
(() => {
  const page = document.getElementById("roster");
  if (!page) return;
  const { normal, parseTable } = window.rosterTables;
  const table = page.querySelector("table");
  const frame = page.querySelector(".roster-frame");
  const bar = document.getElementById("cellbar");
  const input = document.getElementById("cell-input");
  const words = JSON.parse(page.dataset.words);
  const codes = JSON.parse(page.dataset.codes);
  const mayEdit = Boolean(page.dataset.cells);
  const LONGEST_CELL = 11;
  const MAX_EDITS = 2000;
  const PAGE_ROWS = 10;

  const fill = (text, values) => Object.entries(values).reduce((so, [name, value]) => so.replace(`%(${name})s`, value), text);
  const part = (name) => bar.querySelector(`[data-bar=${name}]`);

  // ---- the table: names and lines by days --------------------------------------------------------------------
  const dayCount = Number(page.dataset.days);
  const dayOf = (column) => `${page.dataset.month}-${String(column + 1).padStart(2, "0")}`;
  let rows = [];
  const names = () => table.tBodies[0].rows.length;
  const cell = ({ row, column }) => rows[row].cells[column + 1];
  const keyOf = ({ row, column }) => `${rows[row].dataset.id} ${dayOf(column)}`;
  const isName = (place) => place.row < names();
  const textOf = (place) => (isName(place) && cell(place).querySelector("b")?.textContent) || "";
  const versionOf = ({ row, column }) => Number(rows[row].dataset.v.split(" ")[column]);
  const placeOf = (td) => {
    const row = rows.indexOf(td.parentElement);
    const column = td.cellIndex - 1;
    return row >= 0 && column >= 0 && column < dayCount && td.colSpan === 1 ? { row, column } : null;
  };
  const rowLabel = (row) => rows[row].cells[0].textContent.trim();
  const dayLabel = (column) => table.tHead.rows[0].cells[column + 1].dataset.day;

  const describe = () => {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    if (!mayEdit) table.setAttribute("aria-readonly", "true");
    table.tHead.querySelectorAll("a").forEach((link) => { link.tabIndex = -1; });
    frame.removeAttribute("tabindex");
    readRows();
  };

  const readRows = () => {
    rows = [...table.tBodies[0].rows, ...(table.tFoot?.rows ?? [])];
    table.setAttribute("aria-rowcount", rows.length + 1);
    table.tHead.rows[0].setAttribute("aria-rowindex", 1);
    rows.forEach((row, index) => row.setAttribute("aria-rowindex", index + 2));
  };

  // ---- where we are: one cell holds the focus, the selection reaches from the anchor to it ---------------------
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
    placeHandle();
    showBar();
  };

  const limit = (place) => ({
    row: Math.max(0, Math.min(rows.length - 1, place.row)),
    column: Math.max(0, Math.min(dayCount - 1, place.column)),
  });

  const go = (place, { extend = false, focus = true } = {}) => {
    at = limit(place);
    if (!extend) anchor = at;
    paintSelection();
    if (!focus) return;
    cell(at).focus({ preventScroll: true });
    cell(at).scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const step = (down, right, options) => go({ row: at.row + down, column: at.column + right }, options);

  // ---- the bar above names the cell and says what the marks mean -----------------------------------------------
  const notes = (kind) => [...cell(at).querySelectorAll(`small.${kind}`)].map((note) => note.textContent).join(" ");
  const show = (name, text) => {
    part(name).textContent = part(name).title = text; // what is too long for the bar shows as a tooltip
    part(name).hidden = !text;
  };
  // The page opens at the warning whose name it is given, with the field for its reason.
  const reasonUrl = (place) => {
    const rule = cell(place).querySelector("small.w")?.dataset.rule;
    const name = `w-${rows[place.row].dataset.id}-${dayOf(place.column)}-${rule}`;
    return rule && mayEdit ? `?warning=${name}#${name}` : "";
  };

  const showBar = () => {
    const place = { name: rowLabel(at.row), day: dayLabel(at.column) };
    const conflict = isName(at) ? conflicts.get(keyOf(at)) : undefined;
    const refusal = isName(at) ? refused.get(keyOf(at)) : undefined;
    const text = textOf(at);
    part("place").textContent = `${place.name}, ${place.day}`;
    document.querySelector("label[for=cell-input]").textContent = fill(words.label, place);
    if (document.activeElement !== input) input.value = text;
    input.disabled = !mayEdit || !isName(at);
    show("name", codes[text]?.[1] ?? "");
    show("published", notes("p"));
    show("note", notes("i"));
    show("wrong", conflict?.sentence ?? refusal?.sentence ?? notes("x"));
    show("warning", notes("w"));
    part("reason").hidden = !reasonUrl(at);
    part("reason").setAttribute("href", reasonUrl(at));
    part("theirs").hidden = part("mine").hidden = !conflict;
    if (conflict) part("mine").textContent = fill(words.keepMine, { code: conflict.mine || "–" });
  };

  const say = (text) => { document.getElementById("roster-said").textContent = text; };

  // ---- what was typed goes out in order, one action at a time --------------------------------------------------
  const conflicts = new Map();
  const refused = new Map();
  let leftOut = ""; // what a paste could not place, said together with the answer to the rest
  const showState = (text) => { part("state").textContent = text; part("again").hidden = !queue.isStopped(); };

  const paint = (td, text, state) => {
    const badge = document.createElement("b");
    badge.textContent = text;
    badge.className = codes[normal(text)]?.[0] ?? "";
    td.replaceChildren(...(text ? [badge] : []));
    td.dataset.state = state;
  };

  // Changes: [place, text]; what stands there already is left alone.
  const write = (changes) => {
    if (!mayEdit) return;
    const cells = new Map();
    changes.filter(([place]) => isName(place)).forEach(([place, text]) => {
      const key = keyOf(place);
      if (text === textOf(place) && !refused.has(key) && !conflicts.has(key)) return;
      const seen = conflicts.get(key)?.version ?? versionOf(place);
      conflicts.delete(key);
      refused.delete(key);
      cells.set(key, { text, seen });
      paint(cell(place), text, "new");
    });
    const all = [...cells];
    for (let first = 0; first < all.length; first += MAX_EDITS) {
      queue.push({ url: page.dataset.cells, cells: new Map(all.slice(first, first + MAX_EDITS)) });
    }
    showBar();
    queue.send();
  };

  const take = (answer) => {
    answer.conflicts.forEach((one) => conflicts.set(one.key, { ...one, text: one.mine }));
    answer.problems.forEach((one) => refused.set(one.key, one));
    refresh(answer.html);
    const sentence = `${answer.sentence} ${leftOut}`.trim();
    leftOut = "";
    showState(sentence);
    say(sentence);
  };

  const queue = window.rosterQueue({ page, words, fill, showState, say, take });

  // ---- the server's new picture of the month: only what differs is touched -------------------------------------
  const refresh = (html) => {
    const fresh = new DOMParser().parseFromString(html, "text/html");
    const parts = [...fresh.querySelectorAll("[data-part]")];
    parts.forEach((one) => {
      const old = document.getElementById(one.id);
      if (old && !old.contains(document.activeElement)) old.replaceChildren(...one.childNodes);
    });
    refreshTable(fresh.querySelector("table"));
    readRows();
    showKept();
    paintSelection();
  };

  const refreshTable = (fresh) => {
    const hadFocus = table.contains(document.activeElement);
    const ids = (body) => [...body.rows].map((row) => row.dataset.id).join();
    if (ids(fresh.tBodies[0]) !== ids(table.tBodies[0])) {
      table.tBodies[0].replaceWith(fresh.tBodies[0]);
    } else {
      [...fresh.tBodies[0].rows].forEach((row, index) => refreshRow(table.tBodies[0].rows[index], row));
    }
    if (table.tFoot && fresh.tFoot) [...fresh.tFoot.rows].forEach((row, index) => refreshRow(table.tFoot.rows[index], row));
    if (hadFocus && !table.contains(document.activeElement)) { readRows(); go(at); }
  };

  const refreshRow = (row, fresh) => {
    if (!row) return;
    row.dataset.v = fresh.dataset.v;
    [...fresh.cells].forEach((td, index) => {
      const old = row.cells[index];
      if (fresh.dataset.id && td.tagName === "TD" && queue.pending(`${fresh.dataset.id} ${dayOf(index - 1)}`)) return;
      if (old.className !== td.className) old.className = td.className;
      if (old.innerHTML !== td.innerHTML) old.replaceChildren(...td.childNodes);
      delete old.dataset.state;
    });
  };

  // What could not be saved stays in sight: theirs in the cell of a conflict, mine where a text was refused.
  const showKept = () => {
    rows.slice(0, names()).forEach((_, row) => {
      for (let column = 0; column < dayCount; column += 1) {
        const key = keyOf({ row, column });
        if (conflicts.has(key)) cell({ row, column }).dataset.state = "conflict";
        if (refused.has(key)) paint(cell({ row, column }), refused.get(key).text, "refused");
      }
    });
  };

  // ---- typing ---------------------------------------------------------------------------------------------------
  let editor = null;

  const openEditor = (text, keepsArrows) => {
    if (!mayEdit || !isName(at)) { say(words.notHere); return; }
    closeEditor(false);
    const td = cell(at);
    editor = document.createElement("input");
    editor.className = "cell-editor";
    editor.maxLength = LONGEST_CELL;
    editor.autocomplete = "off";
    editor.value = text;
    editor.setAttribute("aria-label", fill(words.label, { name: rowLabel(at.row), day: dayLabel(at.column) }));
    editor.dataset.arrows = keepsArrows ? "caret" : "grid";
    put(editor, td.offsetLeft, td.offsetTop, td.offsetHeight);
    frame.append(editor);
    editor.addEventListener("keydown", typing);
    editor.addEventListener("blur", () => closeEditor(true));
    editor.focus();
    input.value = text;
  };

  const put = (element, left, top, height) => {
    element.style.left = `${left}px`;
    element.style.top = `${top}px`;
    if (height) element.style.height = `${height}px`;
  };

  const closeEditor = (keeps) => {
    if (!editor) return;
    const done = editor;
    editor = null;
    const text = normal(done.value);
    done.remove();
    if (keeps) write([[at, text]]);
    showBar();
  };

  const AFTER = { Enter: [1, 0], Tab: [0, 1], ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

  const typing = (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    const isCaret = event.target.dataset.arrows === "caret" && /^Arrow(Left|Right)$/.test(event.key);
    if (event.key === "Escape") { event.preventDefault(); closeEditor(false); go(at); return; }
    if (event.key === "F8") { event.preventDefault(); closeEditor(true); nextMark(event.shiftKey ? -1 : 1); return; }
    if (!(event.key in AFTER) || isCaret) return;
    event.preventDefault();
    closeEditor(true);
    const back = event.shiftKey && /^(Enter|Tab)$/.test(event.key) ? -1 : 1;
    step(AFTER[event.key][0] * back, AFTER[event.key][1] * back);
  };

  const typingInBar = (event) => {
    if (event.key === "Escape") { inBar = null; go(at); return; }
    if (event.key !== "Enter") return;
    event.preventDefault();
    leaveBar();
    step(event.shiftKey ? -1 : 1, 0, { focus: false });
    enterBar();
    input.select();
  };

  // The cell of the bar is the one at which typing began: a press on another cell moves on before the bar hears of it.
  let inBar = null;
  const enterBar = () => { inBar = at; input.value = textOf(at); };
  const leaveBar = () => {
    if (inBar) write([[inBar, normal(input.value)]]);
    inBar = null;
  };

  // ---- several cells at once --------------------------------------------------------------------------------------
  const empty = () => write(placesIn(area()).map((place) => [place, ""]));

  // Excel repeats the first row or column of what is selected; of a single cell, the one above or to the left.
  const repeat = (down, right) => {
    const { top, bottom, left, right: last } = area();
    const isSingle = down ? top === bottom : left === last;
    const source = (place) => ({
      row: down ? (isSingle ? top - 1 : top) : place.row,
      column: right ? (isSingle ? left - 1 : left) : place.column,
    });
    if (isSingle && (down ? top : left) === 0) return;
    write(placesIn({ top, bottom, left, right: last }).map((place) => [place, textOf(source(place))]));
  };

  const asTable = () => {
    const { top, bottom, left, right } = area();
    const lines = [];
    for (let row = top; row <= bottom; row += 1) {
      lines.push(placesIn({ top: row, bottom: row, left, right }).map(textOf).join("\t"));
    }
    return lines.join("\r\n");
  };

  const paste = (block) => {
    const { top, bottom, left, right } = area();
    const width = Math.max(...block.map((line) => line.length));
    const repeats = (selected, given) => (selected % given === 0 ? selected : given);
    const changes = [];
    let outside = 0;
    placesIn({ top, bottom: top + repeats(bottom - top + 1, block.length) - 1, left, right: left + repeats(right - left + 1, width) - 1 })
      .forEach((place) => {
        const text = block[(place.row - top) % block.length][(place.column - left) % width] ?? "";
        if (place.row < names() && place.column < dayCount) changes.push([place, text]);
        else if (text) outside += 1;
      });
    leftOut = outside ? fill(words.cut, { count: outside }) : "";
    write(changes);
    const last = changes.at(-1)?.[0];
    if (last) { anchor = { row: top, column: left }; go(last, { extend: true }); }
  };

  const isHere = () => table.contains(document.activeElement);
  const toClipboard = (event) => {
    if (!isHere()) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", asTable());
    say(fill(words.copied, { count: placesIn(area()).length }));
    if (event.type === "cut") empty();
  };
  const fromClipboard = (event) => {
    if (!isHere() || !mayEdit) return;
    event.preventDefault();
    paste(parseTable(event.clipboardData.getData("text/plain")));
  };

  // ---- the way through --------------------------------------------------------------------------------------------
  const isMark = (td) => /\b(wrn|gap|bad)\b/.test(td.className) || Boolean(td.dataset.state);

  const nextMark = (direction) => {
    const places = placesIn({ top: 0, bottom: rows.length - 1, left: 0, right: dayCount - 1 });
    const here = at.row * dayCount + at.column;
    const order = places.map((_, index) => places[(here + direction * (index + 1) + places.length * 2) % places.length]);
    const next = order.find((place) => isMark(cell(place)));
    if (next) go(next);
    else say(words.noMarks);
  };

  const KEYS = {
    ArrowUp: (event) => step(-1, 0, { extend: event.shiftKey }),
    ArrowDown: (event) => step(1, 0, { extend: event.shiftKey }),
    ArrowLeft: (event) => step(0, -1, { extend: event.shiftKey }),
    ArrowRight: (event) => step(0, 1, { extend: event.shiftKey }),
    PageUp: (event) => step(-PAGE_ROWS, 0, { extend: event.shiftKey }),
    PageDown: (event) => step(PAGE_ROWS, 0, { extend: event.shiftKey }),
    Home: (event) => go({ row: event.ctrlKey ? 0 : at.row, column: 0 }, { extend: event.shiftKey }),
    End: (event) => go({ row: event.ctrlKey ? names() - 1 : at.row, column: dayCount - 1 }, { extend: event.shiftKey }),
    Enter: (event) => step(event.shiftKey ? -1 : 1, 0),
    F2: () => openEditor(textOf(at), true),
    F8: (event) => nextMark(event.shiftKey ? -1 : 1),
    Delete: empty,
    Backspace: empty,
    Escape: () => go(at),
    "?": () => document.getElementById("roster-keys").showModal(),
  };
  const WITH_CONTROL = {
    d: () => repeat(true, false),
    r: () => repeat(false, true),
    z: () => act("undo"),
    y: () => act("redo"),
    a: () => { anchor = { row: 0, column: 0 }; go({ row: names() - 1, column: dayCount - 1 }, { extend: true }); },
  };

  const pressed = (event) => {
    if (event.altKey || !placeOf(event.target)) return;
    const isControl = event.ctrlKey || event.metaKey;
    const name = isControl && event.shiftKey && event.key.toLowerCase() === "z" ? "y" : event.key.toLowerCase();
    const action = isControl ? WITH_CONTROL[name] ?? (/^(Home|End)$/.test(event.key) && KEYS[event.key]) : KEYS[event.key];
    if (action) {
      event.preventDefault();
      action(event);
    } else if (!isControl && event.key.length === 1) {
      event.preventDefault();
      if (event.key.trim()) openEditor(event.key.toUpperCase(), false);
    }
  };

  // Undo and redo wait their turn behind what was typed before them.
  const act = (name) => {
    if (!mayEdit) return;
    queue.push({ url: page.dataset[name] });
    queue.send();
  };

  // ---- mouse: drag selects, the handle at the corner fills ----------------------------------------------------------
  const handle = document.createElement("span");
  handle.className = "fill-handle";
  let drag = null;

  const placeHandle = () => {
    const { bottom, right } = area();
    const td = cell({ row: bottom, column: right });
    handle.hidden = !mayEdit || bottom >= names();
    put(handle, td.offsetLeft + td.offsetWidth, td.offsetTop + td.offsetHeight);
  };

  const under = (event) => {
    const td = document.elementFromPoint(event.clientX, event.clientY)?.closest("td");
    return td && table.contains(td) ? placeOf(td) : null;
  };

  const startDrag = (event) => {
    const place = under(event);
    if (event.button !== 0 || !place) return;
    event.preventDefault();
    closeEditor(true);
    go(place, { extend: event.shiftKey });
    drag = { kind: "select" };
  };

  const startFill = (event) => {
    event.preventDefault();
    event.stopPropagation();
    drag = { kind: "fill", from: area() };
  };

  const moveDrag = (event) => {
    const place = drag && under(event);
    if (!place) return;
    if (drag.kind === "fill") stretch(place);
    else go(place, { extend: true });
  };

  // A filling goes one way: down or to the right, whichever the mouse has gone further.
  const stretch = ({ row, column }) => {
    const { top, bottom, left, right } = drag.from;
    const isDown = row - bottom >= column - right;
    anchor = { row: top, column: left };
    const end = isDown ? { row: Math.max(bottom, Math.min(row, names() - 1)), column: right } : { row: bottom, column: Math.max(right, column) };
    go(end, { extend: true });
  };

  const endDrag = () => {
    const done = drag;
    drag = null;
    if (done?.kind !== "fill") return;
    const { top, bottom, left, right } = done.from;
    const source = ({ row, column }) => ({ row: top + ((row - top) % (bottom - top + 1)), column: left + ((column - left) % (right - left + 1)) });
    const texts = placesIn(area()).map((place) => [place, textOf(source(place))]);
    write(texts);
  };

  // ---- forms around the table ------------------------------------------------------------------------------------
  const submitted = (event) => {
    const name = event.target.dataset.act;
    if (name) {
      event.preventDefault();
      event.stopPropagation();
      act(name);
    } else if (!queue.isEmpty() && event.target.method === "post") {
      event.preventDefault();
      event.stopPropagation();
      queue.whenEmpty(() => document.getElementById(event.target.id)?.requestSubmit());
    }
  };

  const decide = (keepsMine) => {
    const conflict = conflicts.get(keyOf(at));
    if (!conflict) return;
    if (keepsMine) write([[at, conflict.mine]]);
    else {
      conflicts.delete(keyOf(at));
      delete cell(at).dataset.state;
    }
    go(at);
  };

  const hover = (event) => {
    const td = event.target.closest?.("td");
    if (td) td.title = [...td.querySelectorAll("small")].map((note) => note.textContent).join(" ");
  };

  const start = () => {
    describe();
    bar.hidden = false;
    document.getElementById("roster-hint").hidden = true;
    frame.append(handle);
    go(at, { focus: false });
    showState("");
    table.addEventListener("keydown", pressed);
    table.addEventListener("mousedown", startDrag);
    table.addEventListener("dblclick", () => openEditor(textOf(at), true));
    table.addEventListener("mouseover", hover);
    table.addEventListener("focusin", (event) => {
      const place = placeOf(event.target);
      if (place && (place.row !== at.row || place.column !== at.column)) go(place);
    });
    handle.addEventListener("mousedown", startFill);
    document.addEventListener("mousemove", moveDrag);
    document.addEventListener("mouseup", endDrag);
    input.addEventListener("keydown", typingInBar);
    input.addEventListener("focus", enterBar);
    input.addEventListener("blur", leaveBar);
    part("keys").addEventListener("click", KEYS["?"]);
    part("again").addEventListener("click", queue.send);
    part("theirs").addEventListener("click", () => decide(false));
    part("mine").addEventListener("click", () => decide(true));
    ["copy", "cut"].forEach((name) => document.addEventListener(name, toClipboard));
    document.addEventListener("paste", fromClipboard);
    document.addEventListener("submit", submitted, true);
    window.addEventListener("online", queue.send);
    window.addEventListener("beforeunload", (event) => { if (!queue.isEmpty()) event.preventDefault(); });
  };

  start();
})();
