// What was typed on its way to the server: one action at a time, in order, kept and sent again where the network fails.
"use strict";
window.rosterQueue = ({ page, words, fill, showState, say, take, seenBut }) => {
  const RETRY_MILLISECONDS = 3000;
  const queue = [];
  let isSending = false;
  let isStopped = false;
  let afterwards = null;

  const pending = (key) => queue.some((action) => action.cells?.has(key));
  const unsaved = () => new Set(queue.flatMap((action) => [...(action.cells?.keys() ?? [])])).size;

  const body = ({ cells = new Map() }) => JSON.stringify({
    edits: [...cells].map(([key, { text, seen }]) => [...key.split(" "), text, seen]),
    seen: seenBut(cells.keys()),
  });

  const post = (action) => fetch(action.url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": page.dataset.token },
    body: body(action),
  });

  const send = async () => {
    if (isSending || queue.length === 0) return;
    isSending = true;
    isStopped = false;
    showState(words.saving);
    const answer = await post(queue[0]).catch(() => null);
    if (answer === null) retry();
    else if (answer.ok) done(await answer.json());
    else await stop(answer);
    isSending = false;
    if (!isStopped && queue.length) send();
    else if (queue.length === 0) drained();
  };

  const retry = () => {
    isStopped = true;
    showState(fill(words.offline, { count: unsaved() }));
    say(fill(words.offline, { count: unsaved() }));
    setTimeout(() => { if (isStopped) send(); }, RETRY_MILLISECONDS);
  };

  // The server has answered and refuses: trying again by itself would not help, so it says why and waits.
  const stop = async (answer) => {
    if (answer.status >= 500) { retry(); return; }
    const isOurs = answer.headers.get("Content-Type")?.startsWith("application/json");
    if (queue[0].cells) isStopped = true;
    else queue.shift();
    const sentence = answer.status === 401 ? words.signedOut : isOurs ? (await answer.json()).sentence : words.refused;
    showState(sentence);
    say(sentence);
  };

  const drained = () => {
    if (!afterwards) return;
    const next = afterwards;
    afterwards = null;
    next();
  };

  const done = (answer) => {
    follow(queue.shift(), answer.saved);
    take(answer);
  };

  // A cell typed twice in a row: the second typing has seen what the first has made of it.
  const follow = (sent, saved) => saved.forEach(({ key, version }) => {
    const seen = sent.cells?.get(key)?.seen;
    queue.forEach((action) => {
      const later = action.cells?.get(key);
      if (later && later.seen === seen) later.seen = version;
    });
  });

  return {
    pending,
    send,
    isEmpty: () => queue.length === 0,
    isStopped: () => isStopped,
    push: (...actions) => { queue.push(...actions); },
    whenEmpty: (next) => { afterwards = next; send(); },
  };
};
