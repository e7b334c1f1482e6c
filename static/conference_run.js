// Lets the clock of the present case run. It counts on from what the server said: a ward PC's clock may be wrong.
"use strict";
(() => {
  const SECOND = 1000;
  const twoDigits = (number) => String(number).padStart(2, "0");
  const clock = document.querySelector("[data-since]");
  if (!clock) return;
  setInterval(() => {
    const seconds = Math.floor(Number(clock.dataset.since) + performance.now() / SECOND);
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    clock.textContent = hours ? `${hours}:${twoDigits(minutes)}:${twoDigits(seconds % 60)}` : `${minutes}:${twoDigits(seconds % 60)}`;
  }, SECOND);
})();
