// Shows an alert that came while no page was open, and opens its page when it is touched.
"use strict";

const read = (event) => {
  try {
    return event.data.json();
  } catch {
    return null;
  }
};

// What has the same tag takes the place of the one before, and makes itself heard again.
self.addEventListener("push", (event) => {
  const said = read(event);
  if (!said) return;
  event.waitUntil(self.registration.showNotification(said.title, {
    body: said.body,
    tag: said.tag,
    lang: said.language,
    renotify: true,
    requireInteraction: true,
    vibrate: [400, 200, 400, 200, 400],
    data: { path: said.url },
  }));
});

// Only paths of this application are opened, whatever came in.
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const target = new URL(event.notification.data?.path ?? "/", self.location.origin);
  if (target.origin !== self.location.origin) return;
  event.waitUntil(self.clients.openWindow(target.href));
});

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
