// Shows the next offers while a service is typed, and adds, moves and removes requirements without leaving the page.
"use strict";
(() => {
  const PAUSE_MILLISECONDS = 400;
  const form = document.querySelector("[data-live-form]");
  const preview = document.querySelector("[data-live-preview]");
  const needs = document.querySelector("[data-live-needs]");
  const said = document.querySelector("[data-live-said]");
  if (!form) return;

  let timer = 0;
  let latest = 0;

  // The form has buttons called "action", which hide its property of that name.
  const ask = async (part, action) => {
    const data = new FormData(form);
    data.set("part", part);
    data.set("action", action);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data });
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    return answer.text();
  };

  const refresh = async () => {
    const mine = ++latest;
    preview.setAttribute("aria-busy", "true");
    try {
      const text = await ask("preview", "preview");
      if (mine !== latest) return;
      preview.innerHTML = text;
      said.textContent = preview.querySelector("[data-said]")?.dataset.said ?? "";
    } catch {
      // The last preview stays; the button below the form loads the page afresh and says what is wrong.
    } finally {
      if (mine === latest) preview.removeAttribute("aria-busy");
    }
  };

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE_MILLISECONDS);
  };

  // Without an answer the button does what it does without script.
  const change = async (button) => {
    try {
      needs.innerHTML = await ask("needs", button.value);
    } catch {
      form.requestSubmit(button);
      return;
    }
    needs.querySelector("[autofocus]")?.focus();
    refresh();
  };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=action]");
    if (!button) return;
    event.preventDefault();
    if (button.value !== "preview") change(button);
    else refresh();
  });
  // Enter behind a name looks the person up, as it does without script.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.name?.endsWith("-person_text")) return;
    event.preventDefault();
    event.target.closest(".field").querySelector("button").click();
  });
  form.addEventListener("input", (event) => {
    if (!event.target.name?.endsWith("-person_text")) soon();
  });
})();
