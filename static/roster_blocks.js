// Several cells at once: emptied, repeated, and to and from the clipboard of a spreadsheet.
"use strict";
window.rosterBlocks = ({ grid, words, fill, mayEdit, parseTable, write, say, leaveOut }) => {
  const empty = () => write(grid.selected().map((place) => [place, ""]));

  // Excel repeats the first row or column of what is selected; of a single cell, the one above or to the left.
  const repeat = (down, right) => {
    const { top, bottom, left, right: last } = grid.area();
    const isSingle = down ? top === bottom : left === last;
    const source = (place) => ({
      row: down ? (isSingle ? top - 1 : top) : place.row,
      column: right ? (isSingle ? left - 1 : left) : place.column,
    });
    if (isSingle && (down ? top : left) === 0) return;
    write(grid.selected().map((place) => [place, grid.textOf(source(place))]));
  };

  const asTable = () => {
    const { top, bottom, left, right } = grid.area();
    const lines = [];
    for (let row = top; row <= bottom; row += 1) {
      lines.push(grid.placesIn({ top: row, bottom: row, left, right }).map(grid.textOf).join("\t"));
    }
    return lines.join("\r\n");
  };

  const paste = (block) => {
    const { top, bottom, left, right } = grid.area();
    const width = Math.max(...block.map((line) => line.length));
    const repeats = (selected, given) => (selected % given === 0 ? selected : given);
    const changes = [];
    let outside = 0;
    const height = repeats(bottom - top + 1, block.length);
    grid.placesIn({ top, bottom: top + height - 1, left, right: left + repeats(right - left + 1, width) - 1 }).forEach((place) => {
      const text = block[(place.row - top) % block.length][(place.column - left) % width] ?? "";
      if (grid.isName(place) && place.column < grid.dayCount) changes.push([place, text]);
      else if (text) outside += 1;
    });
    leaveOut(outside ? fill(words.cut, { count: outside }) : "");
    write(changes);
    const last = changes.at(-1)?.[0];
    if (last) grid.select({ row: top, column: left }, last);
  };

  const isHere = () => grid.table.contains(document.activeElement);
  const toClipboard = (event) => {
    if (!isHere()) return;
    event.preventDefault();
    event.clipboardData.setData("text/plain", asTable());
    say(fill(words.copied, { count: grid.selected().length }));
    if (event.type === "cut") empty();
  };
  const fromClipboard = (event) => {
    if (!isHere() || !mayEdit) return;
    event.preventDefault();
    paste(parseTable(event.clipboardData.getData("text/plain")));
  };

  ["copy", "cut"].forEach((name) => document.addEventListener(name, toClipboard));
  document.addEventListener("paste", fromClipboard);
  return { empty, repeat };
};
