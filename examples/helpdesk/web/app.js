// The agents' page: signs in, shows what there is, and what happens.

import { del, get, post, Problem } from "./api.js";
import { Directory } from "./directory.js";
import { byId, toast } from "./dom.js";
import { List } from "./list.js";
import { Search } from "./search.js";
import { Strays } from "./strays.js";
import { Stream } from "./stream.js";
import { Thread } from "./thread.js";

let directory, list, search, strays, thread;
const pending = new Set(); // conversations that changed and are being read
const again = new Set(); // and changed once more meanwhile
const alerted = new Set(); // about which the user is to be told

const stream = new Stream({
  load, onEvent: happened,
  onLost: () => { byId("connection").textContent = "Reconnecting…"; },
  onBack: () => { byId("connection").textContent = ""; },
  onProblem: (problem) => {
    if (problem.status !== 401 && problem.status !== 403) {
      byId("connection").textContent = "Reconnecting…";
      byId("sign-in-problem").textContent = problem.message;
      return true;
    }
    byId("sign-in").hidden = false;
    byId("desk").hidden = true;
    byId("sign-in-problem").textContent = problem.status === 403 ? "You have no licensed seat, so there is nothing to see here." : "";
    return false;
  },
});

// load shows the present state, and returns the cursor of it.
async function load() {
  directory = new Directory(await get("/api/directory"));
  byId("me").textContent = directory.user(directory.me);
  strays ??= new Strays({ directory, onAdopted: async (id) => { await list.show("open"); await choose(id, true); } });
  list ??= new List({ directory, strays, onOpen: choose });
  thread ??= new Thread({ directory, onChange: (id, conversation) => (conversation ? list.put(id, conversation) : gone(id)) });
  search ??= new Search({ directory, onOpen: choose, onLeave: left });
  list.directory = search.directory = strays.directory = thread.directory = directory;
  const cursor = await list.load();
  byId("sign-in").hidden = true;
  byId("desk").hidden = false;
  byId("alerts").hidden = !("Notification" in window) || Notification.permission !== "default";
  if (thread.id) await changed(thread.id);
  else await follow();
  if (search.active) search.run();
  return cursor;
}

// The address of the page names the open conversation, so that it is there
// again after a reload, and the browser's own way back leads to the list.
const addressed = () => location.hash.slice(1);

// choose opens a conversation, perhaps where something was found.
async function choose(id, focus, found = null) {
  byId("desk").classList.remove("searching");
  if (addressed() !== id) {
    if (addressed() === "") history.pushState({ opened: true }, "", "#" + id);
    else history.replaceState(history.state, "", "#" + id);
  }
  await follow(focus, found);
}

function leave() {
  if (addressed() === "") return;
  if (history.state?.opened) history.back();
  else {
    history.replaceState(null, "", location.pathname);
    follow();
  }
}

const narrow = () => byId("back").offsetParent !== null;

// back goes one step back: from the conversation to what was found, from there
// to the list, from there to no conversation.
function back() {
  if (!search.active) leave();
  else if (document.activeElement.closest(".side")) search.leave();
  else if (narrow()) leave();
  else search.focus();
}

// left finds a place for the focus when a search has ended.
function left() {
  if (!thread.id) return;
  if (narrow()) byId("customer").focus();
  else list.focus(thread.id);
}

// here tells the search which conversation is open.
function here() {
  const c = thread.conversation;
  search.at(c && { id: c.id, name: list.name(c) });
}

// follow shows what the page's address says.
async function follow(focus = false, found = null) {
  const id = addressed();
  if (id === "") {
    const was = thread.id;
    thread.close();
    list.select(null);
    byId("desk").classList.remove("reading");
    here();
    if (was && search.active) search.focus();
    else if (was) list.focus(was);
    return;
  }
  list.select(id);
  try {
    if ((found || thread.id !== id) && !await thread.open(id, found)) return;
    here();
    byId("desk").classList.add("reading");
    // On a narrow screen the keyboard would cover the conversation.
    if (focus && found) thread.rows.focus(found.seq);
    else if (focus && !narrow()) thread.write(thread.composer.kind);
    else if (focus) byId("customer").focus();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    gone(id, problem.claimedBy ? thread.claimedBy(problem.claimedBy) : problem.message);
  }
}

function happened(event) {
  if (event.type.startsWith("stray.")) {
    strays.load().catch(() => {}); // shown with the next one, or after reconnecting
    if (event.type === "stray.received" && list.view !== "strays") toast("A message came in that belongs to no inbox.", () => { search.leave(); list.show("strays"); });
    return;
  }
  // In the open conversation the reason stands where the conversation was.
  const shown = list.conversations.get(event.conversation);
  if (event.type === "conversation.claimed" && event.user !== directory.me && shown && thread.id !== shown.id) {
    toast(directory.user(event.user) + " has claimed the conversation with " + list.name(shown) + ".");
  }
  if (event.type === "alert" && event.detail.users.includes(directory.me)) alerted.add(event.conversation);
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
      if (alerted.delete(id)) tell(conversation);
      if (thread.id === id) await thread.refresh(conversation);
    } while (again.has(id));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (problem.status === 404 || problem.status === 409) gone(id, problem.claimedBy ? thread.claimedBy(problem.claimedBy) : "");
  } finally {
    pending.delete(id);
    again.delete(id);
    alerted.delete(id);
  }
}

// gone takes away a conversation that is not the user's any more.
function gone(id, reason = "This conversation is not here any more.") {
  list.put(id, null);
  search.drop(id);
  if (addressed() !== id) return;
  history.replaceState(null, "", location.pathname);
  thread.close(reason);
  here();
  list.select(null);
  byId("desk").classList.remove("reading");
}

// tell says that a conversation wants somebody, if its row in the list does
// not say so already.
function tell(conversation) {
  const visible = document.visibilityState === "visible";
  if (visible && (thread.id === conversation.id || list.shows(conversation))) return;
  const text = list.name(conversation) + ": " + conversation.preview;
  if (!visible && "Notification" in window && Notification.permission === "granted") {
    const n = new Notification(directory.inbox(conversation.inbox), { body: text, tag: "conversation-" + conversation.id });
    n.onclick = () => { window.focus(); choose(conversation.id, true); n.close(); };
    return;
  }
  toast(text, () => choose(conversation.id, true));
}

for (const button of document.querySelectorAll("[data-user]")) {
  button.addEventListener("click", async () => {
    try {
      await post("/api/session", { user: button.dataset.user });
      await stream.connect();
      if (!byId("desk").hidden) byId("views").querySelector("[aria-pressed=true]").focus();
    } catch (problem) {
      byId("sign-in-problem").textContent = problem.message;
    }
  });
}
byId("sign-out").addEventListener("click", async () => {
  try {
    await del("/api/session");
    location.replace(location.pathname);
  } catch (problem) {
    toast(problem.message);
  }
});
byId("alerts").addEventListener("click", async () => {
  await Notification.requestPermission();
  byId("alerts").hidden = true;
});
byId("back").addEventListener("click", leave);
byId("search-in").addEventListener("click", () => search.enter(search.here));
addEventListener("popstate", () => { if (list) follow(); });
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && thread?.id) changed(thread.id);
});
document.addEventListener("keydown", (e) => {
  if (!list || byId("desk").hidden || document.querySelector("dialog[open]") || e.ctrlKey || e.metaKey || e.altKey || /^(TEXTAREA|INPUT|SELECT)$/.test(e.target.tagName)) return;
  const shown = search.active ? search : list;
  if (e.key === "/") { e.preventDefault(); search.enter(); }
  else if (e.key === "j") shown.step(1);
  else if (e.key === "k") shown.step(-1);
  else if (e.key === "Escape") back();
  else if (e.key === "r" && thread.id) { e.preventDefault(); thread.write("reply"); }
  else if (e.key === "n" && thread.id) { e.preventDefault(); thread.write("note"); }
});

// The phones are there only when the program is not on a real provider.
fetch("/phones/config").then((r) => { byId("phones-line").hidden = !r.ok; }, () => {});

stream.connect();
