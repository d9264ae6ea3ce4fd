// The list of conversations at the side, and the strays.

import { get, post } from "./api.js";
import { byId, element, toast, waited, when } from "./dom.js";

const paths = {
  open: "/api/conversations?status=open",
  mine: "/api/conversations?status=open&mine=true",
  closed: "/api/conversations?status=closed",
};
const emptiness = {
  open: "No open conversations.",
  mine: "You have claimed none.",
  closed: "No closed conversations.",
  strays: "No strays: every message found its inbox.",
};

export class List {
  constructor({ directory, onOpen }) {
    this.directory = directory;
    this.onOpen = onOpen;
    this.view = "open";
    this.selected = null;
    this.conversations = new Map();
    this.next = "";
    this.turn = 0; // answers to an earlier view are dropped
    for (const button of byId("views").children) {
      button.addEventListener("click", () => this.show(button.dataset.view));
    }
    byId("more").addEventListener("click", () => this.loadMore());
    setInterval(() => this.render(), 30000); // waiting times grow
  }

  async show(view) {
    this.view = view;
    for (const button of byId("views").children) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    return this.load();
  }

  // load reads the first page, and returns the cursor from which events go on.
  async load() {
    const turn = ++this.turn;
    if (this.view === "strays") {
      const strays = await get("/api/strays");
      if (turn === this.turn) this.renderStrays(strays);
      return null;
    }
    const page = await get(paths[this.view]);
    if (turn !== this.turn) return page.cursor;
    this.conversations = new Map(page.conversations.map((c) => [c.id, c]));
    this.next = page.conversations.length < 50 ? "" : page.next;
    this.render();
    return page.cursor;
  }

  async loadMore() {
    const turn = this.turn;
    const page = await get(paths[this.view] + "&before=" + encodeURIComponent(this.next));
    if (turn !== this.turn) return;
    for (const c of page.conversations) this.conversations.set(c.id, c);
    this.next = page.conversations.length < 50 ? "" : page.next;
    this.render();
  }

  // put shows a conversation as it has become; null takes it away.
  put(id, conversation) {
    const had = this.conversations.get(id);
    if (conversation && had && had.version > conversation.version) return;
    if (conversation && this.belongs(conversation)) this.conversations.set(id, conversation);
    else this.conversations.delete(id);
    if (this.view !== "strays") this.render();
  }

  belongs(c) {
    if (this.view === "mine") return c.status === "open" && c.claimed_by === this.directory.me;
    return c.status === this.view;
  }

  select(id) {
    this.selected = id;
    this.render();
  }

  sorted() {
    return [...this.conversations.values()].sort((a, b) =>
      a.last_at < b.last_at ? 1 : a.last_at > b.last_at ? -1 : Number(BigInt(b.id) - BigInt(a.id)));
  }

  // step opens the conversation after or before the selected one.
  step(by) {
    const all = this.sorted();
    const at = all.findIndex((c) => c.id === this.selected);
    const next = all[at < 0 ? 0 : at + by];
    if (next) this.onOpen(next.id);
  }

  unread() {
    return [...this.conversations.values()].filter((c) => c.unread > 0).length;
  }

  render() {
    if (this.view === "strays") return;
    const all = this.sorted();
    byId("list").replaceChildren(...all.map((c) => this.row(c)));
    byId("more").hidden = this.next === "";
    this.renderEmpty(all.length);
    if (this.view === "open") document.title = (this.unread() ? "(" + this.unread() + ") " : "") + "Team Inbox";
  }

  renderEmpty(n) {
    byId("list-empty").hidden = n > 0;
    byId("list-empty").textContent = emptiness[this.view];
  }

  row(c) {
    const tags = element("span", { class: "tags" },
      element("span", { class: "tag" }, this.directory.inbox(c.inbox)),
      c.claimed_by ? element("span", { class: "tag claimed" }, c.claimed_by === this.directory.me ? "yours" : this.directory.user(c.claimed_by)) : null,
      c.opted_out ? element("span", { class: "tag stop" }, "opted out") : null,
      c.waiting_since && c.status === "open" ? element("span", { class: "tag waits" }, waited(c.waiting_since)) : null);
    return element("li", {},
      element("button", {
        type: "button", class: "row" + (c.unread > 0 ? " unread" : ""), "data-id": c.id,
        "aria-current": c.id === this.selected ? "true" : undefined, onclick: () => this.onOpen(c.id),
      },
        element("span", { class: "name" }, c.customer), when(c.last_at),
        element("span", { class: "preview" }, c.preview),
        c.unread > 0 ? element("span", { class: "count", "aria-label": c.unread + " unread" }, String(c.unread)) : null,
        tags));
  }

  renderStrays(strays) {
    byId("more").hidden = true;
    this.renderEmpty(strays.length);
    byId("list").replaceChildren(...strays.map((s) => element("li", { class: "stray" },
      element("span", { class: "name" }, s.from + " → " + s.to), when(s.received_at),
      element("span", { class: "preview" }, s.text),
      element("span", { class: "reason" }, s.reason),
      element("span", { class: "acts" },
        ...this.directory.inboxes.map((box) => element("button", { type: "button", onclick: () => this.resolve(s, "adopt", { inbox: box.id }) }, "Put into " + box.name)),
        element("button", { type: "button", onclick: () => this.resolve(s, "dismiss") }, "Dismiss")))));
  }

  async resolve(stray, how, body) {
    try {
      const answer = await post("/api/strays/" + stray.id + "/" + how, body);
      await this.load();
      if (answer) this.onOpen(answer.conversation);
    } catch (problem) {
      toast(problem.message);
    }
  }
}
