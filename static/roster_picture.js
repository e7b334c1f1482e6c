// What the server has drawn anew after an edit: the rows and parts that differ from those the page has seen.
"use strict";
window.rosterPicture = ({ page, grid, pending }) => {
  const { table } = grid;
  const seen = new Map((page.dataset.seen ?? "").split(" ").filter(Boolean).map((one) => one.split(":")));

  // A row with something typed into it looks different here: the server is to draw it in any case.
  const seenBut = (keys) => {
    const typed = new Set([...keys].map((key) => `row-${grid.rowOf(key)}`));
    return Object.fromEntries([...seen].filter(([name]) => !typed.has(name)));
  };

  const parse = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html;
    return holder.content;
  };

  // The legend has changed meanwhile, and with it perhaps the columns of sums.
  const takeHead = (fresh) => {
    table.querySelector("colgroup").replaceWith(fresh.querySelector("colgroup"));
    table.tHead.replaceWith(fresh.querySelector("thead"));
    return true;
  };

  // Only the cells that differ are touched, and none in which something waits to be sent.
  const takeCells = (row, fresh) => {
    row.dataset.v = fresh.dataset.v;
    [...fresh.cells].forEach((td, index) => {
      const old = row.cells[index];
      if (fresh.dataset.id && td.tagName === "TD" && pending(`${fresh.dataset.id} ${grid.dayOf(index - 1)}`)) return;
      if (old.className !== td.className) old.className = td.className;
      if (old.innerHTML !== td.innerHTML) old.replaceChildren(...td.childNodes);
      delete old.dataset.state;
    });
  };

  const takeRow = (body, place, fresh) => {
    const row = body.rows[place];
    if (!row) body.append(fresh);
    else if (row.dataset.id !== fresh.dataset.id || row.cells.length !== fresh.cells.length) row.replaceWith(fresh);
    else takeCells(row, fresh);
    return true;
  };

  // A part in which somebody is typing stays, and comes again with the next answer.
  const takePart = (id, fresh) => {
    const part = document.getElementById(id);
    if (!part || part.contains(document.activeElement)) return false;
    part.replaceChildren(fresh);
    return true;
  };

  const takePiece = (name, fresh) => {
    const [, kind, place] = name.match(/^(row|line)-(\d+)$/) ?? [];
    if (name === "head") return takeHead(fresh);
    if (kind) return takeRow(kind === "row" ? table.tBodies[0] : table.tFoot ?? table.createTFoot(), Number(place), fresh.firstElementChild);
    return takePart(name, fresh);
  };

  const drop = (name) => {
    const [, kind, place] = name.match(/^(row|line)-(\d+)$/) ?? [];
    if (kind) (kind === "row" ? table.tBodies[0] : table.tFoot).deleteRow(Number(place));
    seen.delete(name);
  };

  const take = ({ pieces, gone }) => {
    const hadFocus = table.contains(document.activeElement);
    pieces.forEach(([name, digest, html]) => {
      if (takePiece(name, parse(html))) seen.set(name, digest);
    });
    gone.reverse().forEach(drop);
    grid.read();
    grid.go(grid.at, { extend: true, focus: hadFocus && !table.contains(document.activeElement) });
  };

  return { seenBut, take };
};
