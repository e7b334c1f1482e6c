// Moves cases of an agenda by Alt with an arrow key and by dragging a row; the buttons do the same without it.
"use strict";
(() => {
  const cases = document.getElementById("cases");
  const laid = document.getElementById("laid");
  if (!cases || !laid) return;

  // After a move the page comes back with the row in its address: the keyboard goes on there, once the browser has
  // gone to the row, which takes the focus away.
  const goOn = () => {
    const row = location.hash.startsWith("#case-") && document.getElementById(location.hash.slice(1));
    if (row) row.querySelector("button:not([disabled])")?.focus({ preventScroll: true });
  };
  addEventListener("load", () => setTimeout(goOn));

  cases.addEventListener("keydown", (event) => {
    const name = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    const row = event.target.closest("tr");
    if (!event.altKey || !name || !row) return;
    event.preventDefault();
    row.querySelector(`button[data-${name}]:not([disabled])`)?.click();
  });

  let dragged = null;
  cases.querySelectorAll("tr:not([data-pinned])").forEach((row) => { row.draggable = true; });

  cases.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("tr");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.case);
  });

  cases.addEventListener("dragover", (event) => {
    const row = event.target.closest("tr");
    if (!dragged || !row) return;
    event.preventDefault();
    const box = row.getBoundingClientRect();
    if (row !== dragged) row[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged);
  });

  cases.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!dragged) return;
    laid.elements.order.value = [...cases.rows].map((row) => row.dataset.case).join(" ");
    laid.elements.moved.value = dragged.dataset.case;
    laid.submit();
  });

  // Let go outside: everything stands as before.
  cases.addEventListener("dragend", (event) => {
    if (event.dataTransfer.dropEffect === "none") location.reload();
    dragged = null;
  });
})();
