// Saves who has to be there with each change and shows what it does, without leaving the place on the page.
"use strict";
(() => {
  const PAUSE_MILLISECONDS = 500;
  const place = document.getElementById("find-wanted");
  const said = document.querySelector("[data-find-said]");
  if (!place) return;

  let timer = 0;
  let latest = 0;

  const form = () => place.querySelector("[data-find-form]");
  const times = () => document.getElementById("find-times");

  // The form has buttons called "action", which hide its property of that name.
  const ask = async (action) => {
    const data = new FormData(form());
    if (action) data.set("action", action);
    const answer = await fetch(form().getAttribute("action"), { method: "POST", body: data });
    const text = await answer.text();
    const page = new DOMParser().parseFromString(text, "text/html");
    if (!page.querySelector("[data-find-form]")) throw new Error(answer.status);
    return { page, isSaved: answer.redirected };
  };

  // Where somebody was in what is replaced: which part was open, how far the band was moved, what had the focus.
  const noted = () => ({
    open: [...times().querySelectorAll("details[open]")].map((one) => one.id || one.className),
    left: times().querySelector(".find")?.scrollLeft ?? 0,
    focus: document.activeElement?.id,
    top: window.scrollY,
  });

  const restore = (before) => {
    times().querySelectorAll("details").forEach((one) => {
      one.open = one.open || before.open.includes(one.id || one.className);
    });
    const band = times().querySelector(".find");
    if (band) band.scrollLeft = before.left;
    if (before.focus && document.activeElement === document.body) document.getElementById(before.focus)?.focus({ preventScroll: true });
    window.scrollTo({ top: before.top, behavior: "instant" });
  };

  const showTimes = (page) => {
    const before = noted();
    document.querySelectorAll("[data-find-part]").forEach((part) => {
      const fresh = page.getElementById(part.id);
      if (fresh) part.replaceWith(document.adoptNode(fresh));
    });
    restore(before);
    said.textContent = times().dataset.said;
  };

  const showRows = (page) => {
    const focus = document.activeElement?.id;
    place.innerHTML = page.getElementById("find-wanted").innerHTML;
    (place.querySelector("[autofocus]") ?? document.getElementById(focus))?.focus({ preventScroll: true });
  };

  // A saved change leaves the rows as they are: somebody types in them. Only the mark of what is on record is new.
  const save = async () => {
    clearTimeout(timer);
    const mine = ++latest;
    times().setAttribute("aria-busy", "true");
    try {
      const { page, isSaved } = await ask();
      if (mine !== latest) return;
      if (isSaved) {
        place.querySelector("[data-find-seen]").value = page.querySelector("[data-find-seen]").value;
        if (place.querySelector(".errors, .invalid")) showRows(page);
        showTimes(page);
      } else {
        showRows(page);
        said.textContent = place.querySelector(".errors")?.textContent.trim() ?? "";
      }
    } catch {
      // The last times stay; the button below the rows loads the page afresh and says what is wrong.
    } finally {
      if (mine === latest) times().removeAttribute("aria-busy");
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MILLISECONDS);
  };

  // A row that is added is empty still; one that is moved or taken away counts at once.
  const change = async (button) => {
    clearTimeout(timer);
    ++latest;
    try {
      showRows((await ask(button.value)).page);
    } catch {
      form().requestSubmit(button);
      return;
    }
    if (!/^(add|find)/.test(button.value)) save();
  };

  place.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=action]");
    if (!button) return;
    event.preventDefault();
    change(button);
  });
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    save();
  });
  // Enter behind a name looks the person up, as it does without script.
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.name?.endsWith("-person_text")) return;
    event.preventDefault();
    event.target.closest(".field").querySelector("button").click();
  });
  place.addEventListener("input", (event) => {
    if (!event.target.name?.endsWith("-person_text")) soon();
  });
})();
