// The list of conversations at the side.

import { get, Problem } from "./api.js";
import { byId, Children, element, toast } from "./dom.js";
import { brief, medium, minutesSince, moment, number, waited } from "./words.js";

const paths = {
  open: "/api/conversations?status=open",
  mine: "/api/conversations?status=open&mine=true",
  closed: "/api/conversations?status=closed",
};
const emptiness = {
  open: "Nobody is waiting. New conversations appear here by themselves.",
  mine: "You have claimed no conversation.",
  closed: "No conversation has been closed yet.",
};
const page = 50; // conversations that one request brings
const long = 10; // minutes after which waiting is shown as long

function complain(problem) {
  if (!(problem instanceof Problem)) throw problem;
  toast(problem.message);
}

export class List {
  // onOpen is called with a conversation's id when the user chooses one.
  constructor({ directory, strays, onOpen }) {
    this.directory = directory;
    this.strays = strays;
    this.onOpen = onOpen;
    this.view = "open";
    this.selected = null;
    this.conversations = new Map();
    this.unread = new Set(); // open conversations with unread messages, whatever the view
    this.next = ""; // where the next page begins
    this.turn = 0; // answers to an earlier view are dropped
    this.rows = new Children(byId("list"), (node, item) => this.fill(node, item));
    for (const button of byId("views").querySelectorAll("button")) {
      button.addEventListener("click", () => this.show(button.dataset.view));
    }
    byId("more").addEventListener("click", () => this.loadMore());
    setInterval(() => this.render(), 30000); // waiting grows
  }

  async show(view) {
    this.view = view;
    for (const button of byId("views").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    byId("list").hidden = view === "strays";
    byId("strays").hidden = view !== "strays";
    await this.fetch().catch(complain);
  }

  // load reads everything that is shown anew, and returns the cursor from
  // which events go on.
  async load() {
    const open = await get(paths.open);
    this.unread = new Set();
    this.count(open);
    if (this.view === "open") this.take(open, ++this.turn);
    else await this.fetch();
    if (this.view !== "strays") await this.strays.load();
    return open.cursor;
  }

  async fetch() {
    const turn = ++this.turn;
    if (this.view === "strays") {
      byId("more").hidden = byId("list-empty").hidden = true;
      this.render();
      await this.strays.load();
    } else {
      this.take(await get(paths[this.view]), turn);
    }
  }

  async loadMore() {
    const turn = this.turn;
    const answer = await get(paths[this.view] + "&before=" + encodeURIComponent(this.next)).catch(complain);
    if (answer) this.take({ ...answer, conversations: [...this.conversations.values(), ...answer.conversations] }, turn, answer.conversations.length);
  }

  take(answer, turn, n = answer.conversations.length) {
    if (turn !== this.turn) return;
    this.conversations = new Map(answer.conversations.map((c) => [c.id, c]));
    this.count(answer);
    this.next = n < page ? "" : answer.next;
    this.render();
  }

  count(answer) {
    for (const c of answer.conversations) if (c.status === "open" && c.unread > 0) this.unread.add(c.id);
  }

  // put shows a conversation as it has become; null takes it away.
  put(id, conversation) {
    const had = this.conversations.get(id);
    if (conversation && had && had.version > conversation.version) return;
    if (conversation?.status === "open" && conversation.unread > 0) this.unread.add(id);
    else this.unread.delete(id);
    if (conversation && this.belongs(conversation)) this.conversations.set(id, conversation);
    else this.conversations.delete(id);
    this.render();
  }

  belongs(c) {
    if (this.view === "mine") return c.status === "open" && c.claimed_by === this.directory.me;
    return c.status === this.view;
  }

  name(c) { return c.customer === c.address ? number(c.address) : c.customer; }

  // shows reports whether a conversation has its row before the user's eyes.
  shows(c) { return this.view !== "strays" && this.belongs(c) && byId("list").offsetParent !== null; }

  select(id) {
    this.selected = id;
    this.render();
  }

  focus(id) { this.rows.node(id)?.firstChild.focus(); }

  // step opens the conversation after or before the selected one, and leaves
  // the focus in the list.
  async step(by) {
    if (this.view === "strays") return;
    const all = this.sorted();
    const at = all.findIndex((c) => c.id === this.selected);
    const next = all[at < 0 ? 0 : at + by];
    if (!next) return;
    this.focus(next.id);
    await this.onOpen(next.id, false);
  }

  sorted() {
    return [...this.conversations.values()].sort((a, b) =>
      a.last_at < b.last_at ? 1 : a.last_at > b.last_at ? -1 : BigInt(b.id) < BigInt(a.id) ? -1 : 1);
  }

  render() {
    const n = this.unread.size;
    document.title = (n > 0 ? "(" + n + ") " : "") + "Team Inbox";
    byId("open-count").textContent = n > 0 ? String(n) : "";
    if (this.view === "strays") return;
    const all = this.sorted();
    this.rows.show(all.map((c) => this.item(c)));
    byId("more").hidden = this.next === "";
    byId("list-empty").hidden = all.length > 0;
    byId("list-empty").textContent = emptiness[this.view];
  }

  item(c) {
    const waits = c.waiting_since && c.status === "open" && !c.opted_out;
    return {
      key: c.id,
      name: this.name(c),
      at: c.last_at, brief: brief(c.last_at),
      preview: c.preview, unread: c.unread, selected: c.id === this.selected,
      about: this.directory.inbox(c.inbox) + " · " + medium(c.address),
      claim: !c.claimed_by ? "" : c.claimed_by === this.directory.me ? "Yours" : this.directory.user(c.claimed_by),
      stop: Boolean(c.opted_out), held: Boolean(c.held),
      waits: waits ? waited(c.waiting_since) : "", late: Boolean(waits) && minutesSince(c.waiting_since) >= long,
    };
  }

  fill(node, item) {
    if (!node.firstChild) {
      node.append(element("button", { type: "button", "data-id": item.key, onclick: () => this.onOpen(item.key, true) }));
    }
    const button = node.firstChild;
    button.className = "row" + (item.unread > 0 ? " unread" : "");
    if (item.selected) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.replaceChildren(
      element("span", { class: "name" }, item.name),
      element("time", { datetime: item.at, title: moment(item.at) }, item.brief),
      element("span", { class: "preview", dir: "auto" }, item.preview),
      item.unread > 0 ? element("span", { class: "count" }, String(item.unread), element("span", { class: "hidden" }, " unread")) : "",
      element("span", { class: "tags" },
        element("span", { class: "about" }, item.about),
        item.claim ? element("span", { class: "tag claimed" }, item.claim) : "",
        item.stop ? element("span", { class: "tag stop" }, "Opted out") : "",
        item.held ? element("span", { class: "tag held" }, "Stop?") : "",
        item.waits ? element("span", { class: "tag waits" + (item.late ? " late" : "") }, item.waits) : ""));
  }
}
