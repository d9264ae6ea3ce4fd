// The agents' page: signs in, loads the present state, and follows the stream
// of events from there.

import { del, get, post } from "./api.js";
import { byId, toast } from "./dom.js";
import { List } from "./list.js";
import { Thread } from "./thread.js";

class Directory {
  constructor(d) {
    this.me = d.me;
    this.inboxes = d.inboxes;
    this.users = new Map(d.users.map((u) => [u.id, u.name]));
  }
  user(id) { return this.users.get(id) || id; }
  inbox(id) { return this.inboxes.find((b) => b.id === id)?.name || id; }
}

let list, thread, directory, source;
const pending = new Set(); // conversations that changed and are being read
const again = new Set(); // and changed once more meanwhile

async function start() {
  try {
    directory = new Directory(await get("/api/directory"));
    byId("me").textContent = directory.user(directory.me);
    list ??= new List({ directory, onOpen: open });
    thread ??= new Thread({ directory, onChange: (id, c) => list.put(id, c), onGone: gone });
    list.directory = thread.directory = directory;
    const cursor = await list.load();
    byId("sign-in").hidden = true;
    byId("desk").hidden = false;
    byId("alerts").hidden = !("Notification" in window) || Notification.permission !== "default";
    follow(cursor);
  } catch (problem) {
    byId("sign-in").hidden = false;
    byId("desk").hidden = true;
    byId("sign-in-problem").textContent = problem.status === 401 ? "" : problem.status === 403 ? "You have no licensed seat, so there is nothing to see here." : problem.message;
  }
}

function follow(cursor) {
  source?.close();
  source = new EventSource("/api/events?after=" + cursor);
  source.addEventListener("open", () => { byId("connection").textContent = ""; });
  source.addEventListener("error", () => {
    byId("connection").textContent = "reconnecting…";
    if (source.readyState === EventSource.CLOSED) setTimeout(start, 3000);
  });
  source.addEventListener("reset", start);
  source.addEventListener("inbox", (e) => happened(JSON.parse(e.data)));
}

function happened(event) {
  if (event.type.startsWith("stray.")) {
    if (list.view === "strays") list.load();
    if (event.type === "stray.received") toast("A message came in that belongs to no inbox.", () => list.show("strays"));
    return;
  }
  if (event.type === "conversation.claimed" && event.user !== directory.me && thread.id === event.conversation) {
    toast(directory.user(event.user) + " has claimed this conversation.");
  }
  if (event.type === "alert" && event.detail.users.includes(directory.me)) alertFor(event.conversation);
  changed(event.conversation);
}

// changed reads a conversation anew, once for any number of events that come
// while it is being read.
async function changed(id) {
  if (pending.has(id)) { again.add(id); return; }
  pending.add(id);
  try {
    do {
      again.delete(id);
      const conversation = await get("/api/conversations/" + id);
      list.put(id, conversation);
      if (thread.id === id) await thread.refresh(conversation);
    } while (again.has(id));
  } catch (problem) {
    if (problem.status === 404 || problem.status === 409) gone(id);
  } finally {
    pending.delete(id);
    again.delete(id);
  }
}

// gone takes away a conversation that is not the user's any more.
function gone(id) {
  list.put(id, null);
  if (thread.id === id) {
    thread.close();
    list.select(null);
    byId("desk").classList.remove("reading");
  }
}

async function open(id) {
  try {
    await thread.open(id);
    list.select(id);
    byId("desk").classList.add("reading");
  } catch (problem) {
    thread.fail(problem);
  }
}

async function alertFor(id) {
  if (thread.id === id && document.visibilityState === "visible") return;
  let conversation;
  try {
    conversation = await get("/api/conversations/" + id);
  } catch {
    return; // somebody was faster
  }
  const text = conversation.customer + ": " + conversation.preview;
  if (document.visibilityState !== "visible" && "Notification" in window && Notification.permission === "granted") {
    const n = new Notification(directory.inbox(conversation.inbox), { body: text, tag: "conversation-" + id });
    n.onclick = () => { window.focus(); open(id); n.close(); };
    return;
  }
  toast(text, () => open(id));
}

for (const button of document.querySelectorAll("[data-user]")) {
  button.addEventListener("click", async () => {
    try {
      await post("/api/session", { user: button.dataset.user });
      await start();
    } catch (problem) {
      byId("sign-in-problem").textContent = problem.message;
    }
  });
}
byId("sign-out").addEventListener("click", async () => {
  source?.close();
  await del("/api/session");
  location.reload();
});
byId("alerts").addEventListener("click", async () => {
  await Notification.requestPermission();
  byId("alerts").hidden = true;
});
byId("back").addEventListener("click", () => { thread.close(); list.select(null); byId("desk").classList.remove("reading"); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && thread?.id) changed(thread.id);
});
document.addEventListener("keydown", (e) => {
  if (!list || e.ctrlKey || e.metaKey || e.altKey || /^(TEXTAREA|INPUT|SELECT)$/.test(e.target.tagName)) return;
  if (e.key === "j") list.step(1);
  else if (e.key === "k") list.step(-1);
  else if (e.key === "r" && thread.id) { e.preventDefault(); thread.write(false); }
  else if (e.key === "n" && thread.id) { e.preventDefault(); thread.write(true); }
});

// The phones are there only when the program is not on a real provider.
fetch("/phones/config").then((r) => { byId("phones-line").hidden = !r.ok; });

start();
