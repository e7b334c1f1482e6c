// Adds this browser as a contact point; without this file the page says that it needs script and works for the rest.
"use strict";
(() => {
  const form = document.querySelector("[data-push]");
  if (!form) return;
  const button = form.querySelector("button");
  const said = form.querySelector("[data-push-said]");

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/").padEnd(Math.ceil(text.length / 4) * 4, "="));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };

  const askKey = async () => {
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    const answer = await fetch(form.dataset.push, { method: "POST", body });
    if (!answer.ok) throw new Error(answer.status);
    return (await answer.json()).key;
  };

  // A subscription made with another key is of no use to us any more.
  const subscribe = async () => {
    const registration = await navigator.serviceWorker.register(form.dataset.worker);
    await navigator.serviceWorker.ready;
    const key = bytes(await askKey());
    const former = await registration.pushManager.getSubscription();
    if (former) await former.unsubscribe();
    return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  };

  const add = async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      if (await Notification.requestPermission() !== "granted") throw new Error("denied");
      form.elements.subscription.value = JSON.stringify(await subscribe());
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      said.textContent = form.dataset.denied;
      button.disabled = false;
    }
  };

  if ("serviceWorker" in navigator && "PushManager" in window && "Notification" in window) {
    form.hidden = false;
    document.querySelector("[data-push-missing]").hidden = true;
    form.addEventListener("submit", add);
  }
})();
