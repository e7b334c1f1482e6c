// Makes the month of a department a spreadsheet. The server decides what a code means and who was first; this file
// says where we are, writes and goes by the keys; its neighbours type, copy, drag, send and take over what is new.
// Without them each day has a form of its own.
"use strict";
(() => {
  const page = document.getElementById("roster");
  if (!page) return;
  const { normal, parseTable } = window.rosterTables;
  const bar = document.getElementById("cellbar");
  const input = document.getElementById("cell-input");
  const words = JSON.parse(page.dataset.words);
  const mayEdit = Boolean(page.dataset.cells);
  const PAGE_ROWS = 10;

  const fill = (text, values) => Object.entries(values).reduce((so, [name, value]) => so.replace(`%(${name})s`, value), text);
  const part = (name) => bar.querySelector(`[data-bar=${name}]`);
  const say = (text) => { document.getElementById("roster-said").textContent = text; };
  const grid = window.rosterGrid({ page, mayEdit });

  // ---- the bar above names the cell and says what the marks mean -----------------------------------------------
  const notes = (kind) => [...grid.cell(grid.at).querySelectorAll(`small.${kind}`)].map((note) => note.textContent).join(" ");
  const show = (name, text) => {
    part(name).textContent = part(name).title = text; // what is too long for the bar shows as a tooltip
    part(name).hidden = !text;
  };
  // The page opens at the warning whose name it is given, with the field for its reason.
  const reasonUrl = (place) => {
    const rule = grid.cell(place).querySelector("small.w")?.dataset.rule;
    const name = `w-${grid.idOf(place)}-${grid.dayOf(place.column)}-${rule}`;
    return rule && mayEdit ? `?warning=${name}#${name}` : "";
  };

  const showBar = () => {
    const { at } = grid;
    const label = grid.labelOf(at);
    const conflict = grid.isName(at) ? conflicts.get(grid.keyOf(at)) : undefined;
    const refusal = grid.isName(at) ? refused.get(grid.keyOf(at)) : undefined;
    const text = grid.textOf(at);
    part("place").textContent = `${label.name}, ${label.day}`;
    document.querySelector("label[for=cell-input]").textContent = fill(words.label, label);
    if (document.activeElement !== input) input.value = text;
    input.disabled = !mayEdit || !grid.isName(at);
    show("name", grid.codes[text]?.[1] ?? "");
    show("published", notes("p"));
    show("note", notes("i"));
    show("wrong", conflict?.sentence ?? refusal?.sentence ?? notes("x"));
    show("warning", notes("w"));
    part("reason").hidden = !reasonUrl(at);
    part("reason").setAttribute("href", reasonUrl(at));
    part("theirs").hidden = part("mine").hidden = !conflict;
    if (conflict) part("mine").textContent = fill(words.keepMine, { code: conflict.mine || "–" });
  };
  const showState = (text) => { part("state").textContent = text; part("again").hidden = !queue.isStopped(); };

  // ---- what was typed goes out in order, one action at a time --------------------------------------------------
  const conflicts = new Map();
  const refused = new Map();
  let leftOut = ""; // what a paste could not place, said together with the answer to the rest

  const paint = (td, text, state) => {
    const badge = document.createElement("b");
    badge.textContent = text;
    badge.className = grid.codes[normal(text)]?.[0] ?? "";
    td.replaceChildren(...(text ? [badge] : []));
    td.dataset.state = state;
  };

  // Changes: [place, text]; what stands there already is left alone.
  const write = (changes) => {
    if (!mayEdit) return;
    const cells = new Map();
    changes.filter(([place]) => grid.isName(place)).forEach(([place, text]) => {
      const key = grid.keyOf(place);
      if (text === grid.textOf(place) && !refused.has(key) && !conflicts.has(key)) return;
      const seen = conflicts.get(key)?.version ?? grid.versionOf(place);
      conflicts.delete(key);
      refused.delete(key);
      cells.set(key, { text, seen });
      paint(grid.cell(place), text, "new");
    });
    if (cells.size) queue.push({ url: page.dataset.cells, cells });
    showBar();
    queue.send();
  };

  const take = (answer) => {
    answer.conflicts.forEach((one) => conflicts.set(one.key, { ...one, text: one.mine }));
    answer.problems.forEach((one) => refused.set(one.key, one));
    picture.take(answer);
    showKept();
    const sentence = `${answer.sentence} ${leftOut}`.trim();
    leftOut = "";
    showState(sentence);
    say(sentence);
  };

  // What could not be saved stays in sight: theirs in the cell of a conflict, mine where a text was refused.
  const showKept = () => {
    grid.placesIn({ top: 0, bottom: grid.names() - 1, left: 0, right: grid.dayCount - 1 }).forEach((place) => {
      const key = grid.keyOf(place);
      if (conflicts.has(key)) grid.cell(place).dataset.state = "conflict";
      if (refused.has(key)) paint(grid.cell(place), refused.get(key).text, "refused");
    });
    showBar();
  };

  // Undo and redo wait their turn behind what was typed before them.
  const act = (name) => {
    if (!mayEdit) return;
    queue.push({ url: page.dataset[name] });
    queue.send();
  };

  // ---- the way through --------------------------------------------------------------------------------------------
  const isMark = (td) => /\b(wrn|gap|bad)\b/.test(td.className) || Boolean(td.dataset.state);

  const nextMark = (direction) => {
    const places = grid.placesIn({ top: 0, bottom: grid.rowCount() - 1, left: 0, right: grid.dayCount - 1 });
    const here = grid.at.row * grid.dayCount + grid.at.column;
    const order = places.map((_, index) => places[(here + direction * (index + 1) + places.length * 2) % places.length]);
    const next = order.find((place) => isMark(grid.cell(place)));
    if (next) grid.go(next);
    else say(words.noMarks);
  };

  const queue = window.rosterQueue({ page, words, fill, showState, say, take, seenBut: (keys) => picture.seenBut(keys) });
  const picture = window.rosterPicture({ page, grid, pending: queue.pending });
  const editor = window.rosterEditor({ grid, words, fill, input, mayEdit, normal, write, say, showBar, nextMark });
  const leaveOut = (sentence) => { leftOut = sentence; };
  const blocks = window.rosterBlocks({ grid, words, fill, mayEdit, parseTable, write, say, leaveOut });

  const toFirst = () => ({ row: 0, column: 0 });
  const toLast = () => ({ row: grid.names() - 1, column: grid.dayCount - 1 });
  const KEYS = {
    ArrowUp: (event) => grid.step(-1, 0, { extend: event.shiftKey }),
    ArrowDown: (event) => grid.step(1, 0, { extend: event.shiftKey }),
    ArrowLeft: (event) => grid.step(0, -1, { extend: event.shiftKey }),
    ArrowRight: (event) => grid.step(0, 1, { extend: event.shiftKey }),
    PageUp: (event) => grid.step(-PAGE_ROWS, 0, { extend: event.shiftKey }),
    PageDown: (event) => grid.step(PAGE_ROWS, 0, { extend: event.shiftKey }),
    Home: (event) => grid.go(event.ctrlKey ? toFirst() : { ...grid.at, column: 0 }, { extend: event.shiftKey }),
    End: (event) => grid.go(event.ctrlKey ? toLast() : { ...grid.at, column: grid.dayCount - 1 }, { extend: event.shiftKey }),
    Enter: (event) => grid.step(event.shiftKey ? -1 : 1, 0),
    F2: () => editor.open(grid.textOf(grid.at), true),
    F8: (event) => nextMark(event.shiftKey ? -1 : 1),
    Delete: blocks.empty,
    Backspace: blocks.empty,
    Escape: () => grid.go(grid.at),
    "?": () => document.getElementById("roster-keys").showModal(),
  };
  const WITH_CONTROL = {
    d: () => blocks.repeat(true, false),
    r: () => blocks.repeat(false, true),
    z: () => act("undo"),
    y: () => act("redo"),
    a: () => grid.select(toFirst(), toLast()),
  };

  const pressed = (event) => {
    if (event.altKey || !grid.placeOf(event.target)) return;
    const isControl = event.ctrlKey || event.metaKey;
    const name = isControl && event.shiftKey && event.key.toLowerCase() === "z" ? "y" : event.key.toLowerCase();
    const action = isControl ? WITH_CONTROL[name] ?? (/^(Home|End)$/.test(event.key) && KEYS[event.key]) : KEYS[event.key];
    if (action) {
      event.preventDefault();
      action(event);
    } else if (!isControl && event.key.length === 1) {
      event.preventDefault();
      if (event.key.trim()) editor.open(event.key.toUpperCase(), false);
    }
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
    const conflict = conflicts.get(grid.keyOf(grid.at));
    if (!conflict) return;
    if (keepsMine) write([[grid.at, conflict.mine]]);
    else {
      conflicts.delete(grid.keyOf(grid.at));
      delete grid.cell(grid.at).dataset.state;
    }
    grid.go(grid.at);
  };

  const start = () => {
    grid.describe();
    bar.hidden = false;
    document.getElementById("roster-hint").hidden = true;
    window.rosterMouse({ grid, editor, mayEdit, write });
    grid.whenMoved(showBar);
    grid.go(grid.at, { focus: false });
    showState("");
    grid.table.addEventListener("keydown", pressed);
    grid.table.addEventListener("focusin", (event) => {
      const place = grid.placeOf(event.target);
      if (place && (place.row !== grid.at.row || place.column !== grid.at.column)) grid.go(place);
    });
    part("keys").addEventListener("click", KEYS["?"]);
    part("again").addEventListener("click", queue.send);
    part("theirs").addEventListener("click", () => decide(false));
    part("mine").addEventListener("click", () => decide(true));
    document.addEventListener("submit", submitted, true);
    window.addEventListener("online", queue.send);
    window.addEventListener("beforeunload", (event) => { if (!queue.isEmpty()) event.preventDefault(); });
  };

  start();
})();
