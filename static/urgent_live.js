// Keeps the page of an urgent consult fresh, and the list of them: asks every few seconds, lets clocks run between, and says at once when
// the connection is lost. A part in which somebody is typing is left alone until they want to see what is new.
"use strict";
(() => {
  const PATIENCE_MILLISECONDS = 2500;
  const SECOND = 1000;
  const live = document.getElementById("live");
  const lost = document.getElementById("live-lost");
  const said = document.getElementById("live-said");
  const everyMilliseconds = Number(live.dataset.every);
  let tag = live.dataset.tag;
  let shownAt = performance.now();
  let answeredAt = performance.now();
  let failures = 0;
  let isSignedOut = false;
  const seen = new Map();

  const twoDigits = (number) => String(number).padStart(2, "0");
  const stopwatch = (seconds) => {
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
    const rest = twoDigits(seconds % 60);
    return hours ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
  };

  const inMinutes = (minutes) => minutes >= 120
    ? `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)} h` : `${minutes} min`;

  // Counts from what the server said, by a clock that nobody can set: that of a ward PC may be wrong.
  const passed = (element) => Math.floor((performance.now() - (element.countedFrom ?? shownAt)) / SECOND);
  const tick = () => {
    live.querySelectorAll("[data-count]").forEach((element) => {
      const start = Number(element.dataset.seconds);
      const seconds = Math.max(0, element.dataset.count === "up" ? start + passed(element) : start - passed(element));
      const text = "long" in element.dataset ? inMinutes(Math.floor(seconds / 60)) : stopwatch(seconds);
      if (element.textContent !== text) element.textContent = text;
    });
    live.querySelectorAll("progress[data-bar]").forEach((bar) => {
      bar.from ??= bar.value;
      bar.value = bar.from + passed(bar);
    });
    sayConnection();
  };

  const sayConnection = () => {
    const age = Math.floor((performance.now() - answeredAt) / SECOND);
    const isLost = isSignedOut || failures > 0;
    lost.hidden = !isLost;
    const text = isSignedOut ? live.dataset.signedOut : live.dataset.lost.replace("{age}", stopwatch(age));
    if (isLost && lost.textContent !== text) lost.textContent = text;
  };

  // Tokens of forms differ in each answer and mean nothing to who reads.
  const essence = (part) => part.outerHTML.replace(/name="csrf_token" value="[^"]*"/g, "");
  const isTouched = (part) => part.dataset.touched === "yes" || (part.contains(document.activeElement)
    && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName));

  const offer = (part, fresh) => {
    let button = part.querySelector(":scope > .live-news");
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-line btn-dense live-news";
      button.textContent = live.dataset.news;
      part.prepend(button);
    }
    button.onclick = () => { part.replaceWith(fresh); };
  };

  const focusAgain = (fresh, before) => {
    const path = before && (before.id ? `#${CSS.escape(before.id)}` : before.getAttribute("href") && `a[href="${CSS.escape(before.getAttribute("href"))}"]`);
    const form = before?.form?.getAttribute("action");
    const again = (path && fresh.querySelector(path)) || (form && [...fresh.querySelectorAll("button")].find((one) =>
      one.form?.getAttribute("action") === form && one.textContent === before.textContent));
    again?.focus();
  };

  const keepOpen = (part, fresh) => {
    const open = [...part.querySelectorAll("details")].map((one) => one.open);
    fresh.querySelectorAll("details").forEach((one, at) => { one.open ||= open[at] ?? false; });
  };

  const put = (name, part, fresh) => {
    if (!part) return false;
    if (seen.get(name) === essence(fresh)) return true;
    seen.set(name, essence(fresh));
    if (isTouched(part)) {
      offer(part, fresh);
      return true;
    }
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    keepOpen(part, fresh);
    part.replaceWith(fresh);
    if (focused) focusAgain(fresh, focused);
    return true;
  };

  const sayState = (before) => {
    const after = live.querySelector("[data-said]")?.dataset.said ?? "";
    if (after !== before) said.textContent = after;
  };

  const show = (text) => {
    const page = new DOMParser().parseFromString(text, "text/html");
    const fresh = page.getElementById("live") ?? page.body;
    const before = live.querySelector("[data-said]")?.dataset.said ?? "";
    document.querySelector("body > .engine")?.remove();
    shownAt = performance.now();
    // Parts come and go with the state: then all are put anew, but what somebody is typing in.
    const names = (root) => [...root.querySelectorAll("[data-part]")].map((part) => part.dataset.part).join();
    if (names(fresh) !== names(live) && ![...live.querySelectorAll("[data-part]")].some(isTouched)) {
      live.replaceChildren(...fresh.childNodes);
      seen.clear();
    } else {
      fresh.querySelectorAll("[data-part]").forEach((part) => {
        put(part.dataset.part, live.querySelector(`[data-part="${part.dataset.part}"]`), part);
      });
    }
    sayState(before);
  };

  const ask = async () => {
    const answer = await fetch(live.dataset.url, {
      cache: "no-store",
      headers: tag ? { "If-None-Match": tag } : {},
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    if (answer.redirected || answer.status === 401) {
      isSignedOut = true;
      return;
    }
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
    tag = answer.headers.get("ETag");
  };

  const keepFresh = async () => {
    try {
      await ask();
      failures = 0;
      answeredAt = performance.now();
    } catch {
      failures += 1;
    }
    sayConnection();
    if (!isSignedOut) setTimeout(keepFresh, everyMilliseconds);
  };

  live.addEventListener("input", (event) => {
    const part = event.target.closest("[data-part]");
    if (part) part.dataset.touched = "yes";
  });
  document.addEventListener("visibilitychange", tick);
  setInterval(tick, SECOND);
  setTimeout(keepFresh, everyMilliseconds);
})();
