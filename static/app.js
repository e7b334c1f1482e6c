// Makes the pages quicker; each of them works without this file.
"use strict";
(() => {
  const SECOND = 1000;
  const SAID_MILLISECONDS = 4000;

  const twoDigits = (number) => String(number).padStart(2, "0");

  const stopwatch = (seconds) => {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const rest = twoDigits(seconds % 60);
    return hours ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
  };

  // A hold that runs out: the text shows what is left, the bar beside it shrinks; at zero it says that the time is free
  // again. It counts from what the server said was left: the clock of a ward PC may be wrong.
  const tick = (element) => {
    const seconds = Math.max(0, Math.round(Number(element.dataset.left) - performance.now() / SECOND));
    element.textContent = stopwatch(seconds);
    const bar = element.closest(".hold")?.querySelector("progress");
    if (bar) bar.value = seconds;
    if (seconds > 0) return true;
    if (element.dataset.gone) element.parentElement.textContent = element.dataset.gone;
    return false;
  };

  const startCountdowns = () => {
    let running = [...document.querySelectorAll("[data-left]")].filter(tick);
    if (running.length === 0) return;
    const timer = setInterval(() => {
      running = running.filter(tick);
      if (running.length === 0) clearInterval(timer);
    }, SECOND);
  };

  const say = (button, text) => {
    const label = button.querySelector(".label") ?? button;
    const before = label.textContent;
    label.textContent = text;
    return () => { label.textContent = before; };
  };

  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      // Without the right to write to the clipboard the text is at least marked, ready for Ctrl C.
      source.focus();
      source.select?.();
      return;
    }
    setTimeout(say(button, button.dataset.done), SAID_MILLISECONDS);
  };

  const isTyping = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);

  const focusSearch = (event) => {
    const search = document.querySelector("[role=search] input");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!search || isTyping(event.target)) return;
    event.preventDefault();
    search.focus();
  };

  // A second press of the same form is dropped, not greyed out; the button says what it is doing.
  const send = (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.getAttribute("aria-busy") === "true") {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    const button = event.submitter;
    if (button?.dataset.busy) form.restore = say(button, button.dataset.busy);
  };

  // Back from the next page the browser shows this one as it was left: awake again.
  const wake = () => document.querySelectorAll("form[aria-busy]").forEach((form) => {
    form.removeAttribute("aria-busy");
    form.restore?.();
  });

  const closeMenus = (event) => document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (event.key === "Escape") menu.querySelector("summary").focus();
    if (event.key === "Escape" || (event.type === "click" && !menu.contains(event.target))) menu.open = false;
  });

  startCountdowns();
  document.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  });
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  document.querySelector(".errors")?.focus();
  document.addEventListener("keydown", focusSearch);
  document.addEventListener("keydown", closeMenus);
  document.addEventListener("click", closeMenus);
  document.addEventListener("submit", send);
  window.addEventListener("pageshow", wake);
})();
