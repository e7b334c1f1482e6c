// Typing: in the cell itself, or in the field of the bar above the table.
"use strict";
window.rosterEditor = ({ grid, words, fill, input, mayEdit, normal, write, say, showBar, nextMark }) => {
  const LONGEST_CELL = 11;
  const AFTER = { Enter: [1, 0], Tab: [0, 1], ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  let editor = null;

  const open = (text, keepsArrows) => {
    if (!mayEdit || !grid.isName(grid.at)) { say(words.notHere); return; }
    close(false);
    const td = grid.cell(grid.at);
    editor = document.createElement("input");
    editor.className = "cell-editor";
    editor.maxLength = LONGEST_CELL;
    editor.autocomplete = "off";
    editor.value = text;
    editor.setAttribute("aria-label", fill(words.label, grid.labelOf(grid.at)));
    editor.dataset.arrows = keepsArrows ? "caret" : "grid";
    grid.put(editor, td.offsetLeft, td.offsetTop, td.offsetHeight);
    grid.frame.append(editor);
    editor.addEventListener("keydown", typing);
    editor.addEventListener("blur", () => close(true));
    editor.focus();
    input.value = text;
  };

  const close = (keeps) => {
    if (!editor) return;
    const done = editor;
    editor = null;
    const text = normal(done.value);
    done.remove();
    if (keeps) write([[grid.at, text]]);
    showBar();
  };

  const typing = (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    const isCaret = event.target.dataset.arrows === "caret" && /^Arrow(Left|Right)$/.test(event.key);
    if (event.key === "Escape") { event.preventDefault(); close(false); grid.go(grid.at); return; }
    if (event.key === "F8") { event.preventDefault(); close(true); nextMark(event.shiftKey ? -1 : 1); return; }
    if (!(event.key in AFTER) || isCaret) return;
    event.preventDefault();
    close(true);
    const back = event.shiftKey && /^(Enter|Tab)$/.test(event.key) ? -1 : 1;
    grid.step(AFTER[event.key][0] * back, AFTER[event.key][1] * back);
  };

  // The cell of the bar is the one at which typing began: a press on another cell moves on before the bar hears of it.
  let inBar = null;
  const enterBar = () => { inBar = grid.at; input.value = grid.textOf(grid.at); };
  const leaveBar = () => {
    if (inBar) write([[inBar, normal(input.value)]]);
    inBar = null;
  };

  const typingInBar = (event) => {
    if (event.key === "Escape") { inBar = null; grid.go(grid.at); return; }
    if (event.key !== "Enter") return;
    event.preventDefault();
    leaveBar();
    grid.step(event.shiftKey ? -1 : 1, 0, { focus: false });
    enterBar();
    input.select();
  };

  input.addEventListener("keydown", typingInBar);
  input.addEventListener("focus", enterBar);
  input.addEventListener("blur", leaveBar);
  return { open, close };
};
