// The open conversation: its messages, what can be done, and the composer.

import { get, newKey, post } from "./api.js";
import { byId, element, toast, when } from "./dom.js";

const states = {
  queued: "queued", attempting: "being sent", retrying: "trying again", deferred: "sent later", unconfirmed: "sent? not confirmed",
  accepted: "with the provider", sent: "sent", delivered: "delivered", read: "read",
  rejected: "refused by the provider", failed: "not delivered", blocked: "not sent", canceled: "canceled",
};
const bad = new Set(["rejected", "failed", "blocked", "unconfirmed"]);
const meanings = { opt_out: "opted out with this message", opt_in: "opted in with this message", help: "asked for help", ambiguous: "may want to opt out: please look" };
const page = 50;

export class Thread {
  constructor({ directory, onChange, onGone }) {
    this.directory = directory;
    this.onChange = onChange;
    this.onGone = onGone;
    this.conversation = null;
    this.messages = new Map(); // by seq
    this.drafts = new Map(); // by conversation: what was not sent yet
    this.note = false;
    for (const act of ["claim", "release", "close", "reopen"]) {
      byId(act).addEventListener("click", () => this.act(act));
    }
    byId("earlier").addEventListener("click", () => this.loadEarlier());
    byId("as-reply").addEventListener("click", () => this.write(false));
    byId("as-note").addEventListener("click", () => this.write(true));
    byId("composer").addEventListener("submit", (e) => { e.preventDefault(); this.send(); });
    byId("text").addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.send(); }
    });
  }

  get id() { return this.conversation ? this.conversation.id : null; }

  async open(id) {
    this.keepDraft();
    const [conversation, messages] = await Promise.all([get("/api/conversations/" + id), get("/api/conversations/" + id + "/messages")]);
    this.messages = new Map(messages.map((m) => [m.seq, m]));
    this.conversation = conversation;
    byId("text").value = this.drafts.get(id)?.text ?? "";
    byId("nothing").hidden = true;
    byId("open-thread").hidden = false;
    this.write(false);
    this.render();
    this.toEnd();
    await this.markRead();
  }

  close() {
    this.keepDraft();
    this.conversation = null;
    byId("nothing").hidden = false;
    byId("open-thread").hidden = true;
  }

  keepDraft() {
    if (!this.conversation) return;
    const had = this.drafts.get(this.id);
    const text = byId("text").value;
    if (text === "") this.drafts.delete(this.id);
    else if (!had || had.text !== text) this.drafts.set(this.id, { text, key: newKey() });
  }

  // refresh shows a conversation as it has become, and its new and changed
  // messages.
  async refresh(conversation) {
    const id = conversation.id;
    const known = [...this.messages.keys()];
    // States of what is shown may have changed: read from the first unsettled.
    const unsettled = [...this.messages.values()].filter((m) => m.direction === "out" && m.state !== "read").map((m) => m.seq);
    const last = known.length ? Math.max(...known) : 0;
    const from = Math.max(0, Math.min(last, ...unsettled.filter((s) => s > last - page)) - 1);
    const messages = await get("/api/conversations/" + id + "/messages" + (from > 0 ? "?after=" + from : ""));
    if (this.id !== id) return;
    const atEnd = this.atEnd();
    for (const m of messages) {
      const had = this.messages.get(m.seq);
      if (!had || had.version <= m.version) this.messages.set(m.seq, m);
    }
    if (conversation.version >= this.conversation.version) this.conversation = conversation;
    this.render();
    if (atEnd) this.toEnd();
    if (conversation.unread > 0 && document.visibilityState === "visible") await this.markRead();
  }

  async loadEarlier() {
    const id = this.id;
    const first = Math.min(...this.messages.keys());
    const messages = await get("/api/conversations/" + id + "/messages?before=" + first);
    if (this.id !== id) return;
    for (const m of messages) this.messages.set(m.seq, m);
    this.render();
  }

  async markRead() {
    const last = Math.max(0, ...this.messages.keys());
    if (last > 0) await post("/api/conversations/" + this.id + "/read", { seq: last }).catch(() => {});
  }

  atEnd() {
    const box = byId("messages");
    return box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  }

  toEnd() {
    const box = byId("messages");
    box.scrollTop = box.scrollHeight;
  }

  async act(what) {
    const id = this.id;
    try {
      const after = await post("/api/conversations/" + id + "/" + what);
      this.onChange(id, after);
      if (!after) this.onGone(id);
      else if (this.id === id) { this.conversation = after; this.render(); }
    } catch (problem) {
      this.fail(problem);
    }
  }

  write(note) {
    this.note = note;
    byId("as-reply").setAttribute("aria-pressed", String(!note));
    byId("as-note").setAttribute("aria-pressed", String(note));
    byId("composer").classList.toggle("note", note);
    byId("text").placeholder = note ? "Write a note that only the team sees" : "Write to the customer — Enter sends, Shift+Enter breaks the line";
    byId("text").focus();
  }

  async send() {
    const text = byId("text").value.trim();
    if (text === "" || byId("send").disabled) return;
    this.keepDraft();
    const id = this.id;
    const draft = this.drafts.get(id);
    byId("send").disabled = true;
    try {
      const m = await post("/api/conversations/" + id + "/" + (this.note ? "note" : "reply"), { text, request_key: draft.key });
      this.drafts.delete(id);
      if (this.id === id) {
        byId("text").value = "";
        this.messages.set(m.seq, m);
        this.render();
        this.toEnd();
      }
    } catch (problem) {
      this.fail(problem); // the text stays, with its key: sending it again is harmless
    } finally {
      byId("send").disabled = false;
      byId("text").focus();
    }
  }

  fail(problem) {
    toast(problem.claimedBy ? this.directory.user(problem.claimedBy) + " has claimed this conversation." : problem.message);
  }

  render() {
    const c = this.conversation;
    const mine = c.claimed_by === this.directory.me;
    byId("customer").textContent = c.customer;
    byId("about").textContent = (c.address !== c.customer ? c.address + " · " : "") + this.directory.inbox(c.inbox) + " · to " + c.ours;
    byId("claim").hidden = Boolean(c.claimed_by);
    byId("release").hidden = !mine;
    byId("close").hidden = c.status === "closed";
    byId("reopen").hidden = c.status !== "closed";
    const banner = c.opted_out ? "The customer has opted out. Nothing can be sent until they text START."
      : mine ? "You have claimed this conversation: only you answer."
      : c.claimed_by ? this.directory.user(c.claimed_by) + " has claimed this conversation." : "";
    byId("banner").textContent = banner;
    byId("banner").hidden = banner === "";
    byId("banner").classList.toggle("stop", Boolean(c.opted_out));
    const all = [...this.messages.values()].sort((a, b) => a.seq - b.seq);
    byId("earlier").hidden = all.length === 0 || all[0].seq === 1;
    byId("messages").replaceChildren(...all.map((m) => this.row(m)));
  }

  row(m) {
    const who = m.direction === "in" ? "" : m.author === "user" ? (m.user === this.directory.me ? "You" : this.directory.user(m.user))
      : m.author === "responder" ? "Automatic answer" : "Team Inbox";
    const facts = element("span", { class: "facts" }, who ? who + " · " : "", when(m.at));
    if (m.direction === "note") facts.append(" · note");
    if (m.state) facts.append(" · ", element("span", { class: "state" + (bad.has(m.state) ? " bad" : ""), "data-state": m.state, title: m.reason || "" }, states[m.state] || m.state));
    const why = m.state && bad.has(m.state) && m.reason ? element("span", { class: "reason" }, m.reason) : null;
    return element("li", { class: "message " + m.direction, "data-seq": m.seq },
      m.text ? element("p", { dir: "auto" }, m.text) : null, ...attachments(m.extras),
      m.meant && m.direction === "in" ? element("span", { class: "reason" }, meanings[m.meant]) : null, why, facts);
  }
}

function attachments(x) {
  if (!x) return [];
  const out = [];
  for (const media of x.media || []) out.push(element("span", { class: "attachment" }, "📎 " + (media.name || media.content_type || "file")));
  if (x.location) out.push(element("span", { class: "attachment" }, "📍 " + [x.location.label, x.location.address, x.location.latitude + ", " + x.location.longitude].filter(Boolean).join(" · ")));
  if (x.button) out.push(element("span", { class: "attachment" }, "▣ " + x.button.text));
  for (const problem of x.problems || []) out.push(element("span", { class: "reason" }, "Could not be read: " + problem));
  return out;
}
