// The open conversation and what can be done with it.

import { get, post } from "./api.js";
import { Ask } from "./ask.js";
import { Composer } from "./composer.js";
import { announce, byId, toast } from "./dom.js";
import { Later } from "./later.js";
import { failed, Messages } from "./messages.js";
import { deadline, medium, number } from "./words.js";

const page = 50; // messages that one request brings
const pause = 300; // in typing, after which the gate is asked about a text, in milliseconds
const acts = ["claim", "release", "close", "reopen"];

export class Thread {
  // onChange is called with a conversation that the user has changed, null if
  // it is not the user's any more.
  constructor({ directory, onChange }) {
    this.directory = directory;
    this.onChange = onChange;
    this.conversation = null;
    this.messages = new Map(); // by seq
    this.reachesEnd = true; // what is shown goes up to the newest message
    this.shown = 0; // the last message that was shown, by seq
    this.found = null; // the message that was looked for: { seq, marks }
    this.toldAbout = ""; // what sendability was asked about last
    this.zone = ""; // the customer's time zone, if it is known
    this.next = null; // when what is written may go, if not at once
    this.turn = 0; // answers for an earlier conversation are dropped
    this.composer = new Composer({ send: (id, draft) => this.send(id, draft), onChange: () => this.tellSendability() });
    this.later = new Later({ onChosen: (at) => this.composer.send(at), ask: (at) => this.against(at) });
    this.question = new Ask({ onAsk: (id, question) => this.askConsent(id, question) });
    this.rows = new Messages({
      onAgain: (text) => this.composer.again(text), onSettle: (id, what) => this.settle(id, what), onCancel: (m, edit) => this.cancel(m, edit),
    });
    for (const act of acts) byId(act).addEventListener("click", () => this.act(act));
    byId("opt-out").addEventListener("click", () => this.decide("hold/opt-out", {}));
    byId("keep-writing").addEventListener("click", () => this.decide("hold/release", { seen: this.shown }));
    for (const button of ["schedule", "send-then"]) byId(button).addEventListener("click", () => this.putOff());
    byId("ask").addEventListener("click", () => this.openQuestion());
    byId("earlier").addEventListener("click", () => this.loadEarlier());
    byId("later").addEventListener("click", () => this.loadLater());
    byId("newer").addEventListener("click", () => this.toNewest());
    byId("messages").addEventListener("scroll", () => { if (this.reachesEnd && this.rows.atEnd()) byId("newer").hidden = true; });
  }

  get id() { return this.conversation?.id ?? null; }

  // open shows a conversation, at its end or where a message is that was looked
  // for, and reports whether it is still wanted.
  async open(id, found = null) {
    const turn = ++this.turn;
    const path = "/api/conversations/" + id;
    if (!found || this.id !== id || !this.messages.has(found.seq)) {
      const around = found ? ["?before=" + (found.seq + 1), "?after=" + found.seq] : [""];
      const [conversation, ...pages] = await Promise.all([get(path), ...around.map((query) => get(path + "/messages" + query))]);
      if (turn !== this.turn) return false;
      this.composer.open(id);
      if (this.id !== id) this.shown = 0;
      this.messages = new Map(pages.flat().map((m) => [m.seq, m]));
      this.reachesEnd = !found || pages[1].length < page;
      if (this.id !== id) {
        this.later.close();
        this.question.close();
        byId("hold-reason").value = this.zone = "";
        this.next = null;
      }
      this.conversation = conversation;
      this.rows.clear();
    }
    this.found = found;
    byId("nothing").hidden = true;
    byId("open-thread").hidden = false;
    byId("newer").hidden = true;
    this.render();
    if (found) this.rows.reveal(found.seq);
    else this.rows.toEnd();
    this.markRead(); // nobody waits for it
    return true;
  }

  // close shows nothing, and says why if there is a reason.
  close(reason = "") {
    this.turn++;
    const kept = reason !== "" && this.conversation && this.composer.hasDraft(this.id);
    this.composer.close();
    this.later.close();
    this.question.close();
    this.conversation = null;
    byId("gone").textContent = reason + (kept ? " What you have written is kept: it is here again when the conversation is." : "");
    byId("nothing").hidden = false;
    byId("open-thread").hidden = true;
  }

  // refresh shows a conversation as it has become, and its new and changed
  // messages.
  async refresh(conversation) {
    const id = conversation.id;
    if (!this.reachesEnd) { // and what is new is far from what is shown
      if (conversation.unread > this.conversation.unread) announce("New message: " + conversation.preview);
      if (conversation.version >= this.conversation.version) this.conversation = conversation;
      this.render();
      return;
    }
    const known = Math.max(0, ...this.messages.keys());
    const path = "/api/conversations/" + id + "/messages";
    let newest = await get(path);
    for (let page = newest; page.length > 0 && page.at(-1).seq > known + 1 && known > 0; newest = newest.concat(page)) {
      page = await get(path + "?before=" + page.at(-1).seq);
    }
    // What waits may be far above, and is sent all the same.
    for (const m of this.messages.values()) {
      if (m.state === "deferred" && !newest.some((n) => n.seq === m.seq)) newest = newest.concat(await get(path + "?before=" + (m.seq + 1)));
    }
    if (this.id !== id) return;
    const atEnd = this.rows.atEnd();
    let told = false;
    for (const m of newest.reverse()) {
      const had = this.messages.get(m.seq);
      if (had && had.version > m.version) continue;
      this.messages.set(m.seq, m);
      if (m.seq > known && m.direction !== "out" && m.user !== this.directory.me) {
        announce((m.direction === "note" ? "Note: " : "New message: ") + m.text);
        told = true;
      } else if (had && failed(m) && !failed(had)) {
        announce("A message did not arrive: " + m.reason);
      }
    }
    if (conversation.version >= this.conversation.version) this.conversation = conversation;
    this.render();
    if (atEnd) this.rows.toEnd();
    else if (told) byId("newer").hidden = false;
    if (conversation.unread > 0 && document.visibilityState === "visible") await this.markRead();
  }

  async loadEarlier() {
    const id = this.id;
    try {
      const messages = await get("/api/conversations/" + id + "/messages?before=" + Math.min(...this.messages.keys()));
      if (this.id !== id) return;
      for (const m of messages) this.messages.set(m.seq, m);
      this.rows.hold(() => this.render());
    } catch (problem) {
      toast(problem.message);
    }
  }

  async loadLater() {
    const id = this.id;
    try {
      const messages = await get("/api/conversations/" + id + "/messages?after=" + Math.max(...this.messages.keys()));
      if (this.id !== id) return;
      for (const m of messages) this.messages.set(m.seq, m);
      this.reachesEnd = messages.length < page;
      this.render();
      await this.markRead();
    } catch (problem) {
      toast(problem.message);
    }
  }

  async toNewest() {
    if (this.reachesEnd) {
      this.rows.toEnd();
      return;
    }
    try {
      await this.open(this.id);
    } catch (problem) {
      toast(problem.message);
    }
  }

  // markRead is a courtesy to the list: it is done again with the next message.
  async markRead() {
    if (this.reachesEnd && this.shown > 0) await post("/api/conversations/" + this.id + "/read", { seq: this.shown }).catch(() => {});
  }

  // decide says what the message means that holds, and why if somebody wants to.
  async decide(what, body) {
    if (await this.act(what, { ...body, reason: byId("hold-reason").value.trim() })) byId("hold-reason").value = "";
  }

  // act does something with the conversation, and reports whether it is done.
  async act(what, body = {}) {
    const id = this.id;
    try {
      const after = await post("/api/conversations/" + id + "/" + what, body);
      if (this.id === id && after) {
        this.conversation = after;
        this.render();
      }
      this.onChange(id, after);
      return true;
    } catch (problem) {
      toast(problem.claimedBy ? this.claimedBy(problem.claimedBy) : problem.message);
      return false;
    }
  }

  // settle says what became of a message of which nobody knows. The stream
  // brings what follows from it.
  async settle(message, what) {
    try {
      await post("/api/messages/" + message + "/" + what);
    } catch (problem) {
      toast(problem.claimedBy ? this.claimedBy(problem.claimedBy) : problem.message);
      this.rows.clear(); // with buttons that can be pressed
      this.render();
    }
  }

  // cancel withdraws a message that waits; to edit it is to write it anew.
  async cancel(m, edit) {
    const id = this.id;
    try {
      await post("/api/messages/" + m.id + "/cancel");
      if (this.id !== id) return;
      if (edit) this.composer.again(m.text, m.purpose === "conversational" ? "" : m.purpose, m.programme);
      else byId("messages").focus();
    } catch (problem) {
      toast(problem.claimedBy ? this.claimedBy(problem.claimedBy) : problem.message);
      this.rows.clear(); // with buttons that can be pressed
      this.render();
    }
  }

  // putOff lets one choose when what is written goes.
  putOff() {
    if (byId("text").value.trim() === "") {
      byId("text").focus();
      this.composer.complain("Write the message first; then choose when it goes.");
      return;
    }
    this.later.open(this.zone, this.next);
  }

  openQuestion() {
    const c = this.conversation;
    this.question.open({ id: c.id, brand: this.directory.brand(c.inbox), address: c.address, programme: this.composer.programme });
  }

  async askConsent(id, question) {
    await this.put(id, await this.request(id, "ask", question));
  }

  claimedBy(user) { return this.directory.user(user) + " has claimed this conversation."; }

  write(kind) { this.composer.write(kind); }

  async send(id, draft) {
    // What came while the answer is on its way stays unread.
    const seen = id === this.id ? this.shown : 0;
    const body = { text: draft.text, request_key: draft.key, seen };
    if (draft.kind === "reply") Object.assign(body, { purpose: draft.purpose, programme: draft.programme, not_before: draft.notBefore });
    await this.put(id, await this.request(id, draft.kind, body));
  }

  // request posts something about the conversation, and tells by name who has
  // claimed it.
  async request(id, what, body) {
    try {
      return await post("/api/conversations/" + id + "/" + what, body);
    } catch (problem) {
      if (problem.claimedBy) problem.message = this.claimedBy(problem.claimedBy);
      throw problem;
    }
  }

  // put shows a message that the user has written.
  async put(id, m) {
    if (this.id !== id) return;
    if (!this.reachesEnd) { await this.toNewest(); return; }
    const had = this.messages.get(m.seq); // the stream may have been faster
    if (!had || had.version < m.version) this.messages.set(m.seq, m);
    this.render();
    this.rows.toEnd();
  }

  render() {
    const c = this.conversation;
    const mine = c.claimed_by === this.directory.me;
    byId("customer").textContent = c.customer === c.address ? number(c.address) : c.customer;
    byId("about").textContent = [c.customer !== c.address ? number(c.address) : "", medium(c.address), this.directory.inbox(c.inbox), "to " + number(c.ours)]
      .filter(Boolean).join(" · ");
    this.offer({ claim: !c.claimed_by && c.status !== "closed", release: mine, close: c.status !== "closed", reopen: c.status === "closed" });
    byId("stop").hidden = !c.opted_out;
    this.ask(c.held);
    const state = c.status === "closed" ? "Closed. The customer's next message opens it again."
      : mine ? "You have claimed this conversation: only you answer." : c.claimed_by ? this.claimedBy(c.claimed_by) : "";
    byId("banner").textContent = state;
    byId("banner").hidden = state === "";
    const all = [...this.messages.values()].sort((a, b) => a.seq - b.seq);
    this.shown = Math.max(this.shown, ...this.messages.keys());
    byId("earlier").hidden = all.length === 0 || all[0].seq === 1;
    byId("later").hidden = this.reachesEnd;
    if (!this.reachesEnd) byId("newer").hidden = false;
    byId("newer").textContent = this.reachesEnd || c.unread > 0 ? "New message ↓" : "Newest messages ↓";
    this.rows.directory = this.directory;
    this.rows.show(all, this.found, this.zone);
    this.tellSendability();
  }

  // tellSendability says below the text what whoever writes should know: that what
  // they have chosen may not be sent, that it is night where the customer is, or
  // that only a template may be sent. It is a courtesy: what is sent is decided
  // about when it is.
  async tellSendability() {
    const c = this.conversation;
    if (!c || this.composer.id !== c.id) return;
    const asked = this.sendabilityPath();
    const about = [c.version, c.unread, Boolean(c.opted_out), Boolean(c.held), asked].join();
    if (about === this.toldAbout) return;
    // What one chooses is answered at once, what one types when one pauses.
    const typing = this.toldAbout.split("&text=")[0] === about.split("&text=")[0];
    this.toldAbout = about;
    if (typing) await new Promise((resolve) => setTimeout(resolve, pause));
    if (this.toldAbout !== about) return;
    const s = await get(asked).catch(() => null);
    if (this.toldAbout !== about || this.id !== c.id) return;
    // What has a banner needs no line.
    const told = s && (s.status === "claimed" || s.status === "opted_out" && c.opted_out || s.status === "held" && c.held && !this.composer.purpose);
    const text = !s ? "" : s.status === "allowed" ? sentence(s.warning ?? "") || (s.free_text_until ? "WhatsApp's window for free text closes " + deadline(s.free_text_until) + "." : "")
      : told ? "" : sentence(s.reason ?? "");
    say("sendability", text);
    byId("sendability").hidden = text === "";
    byId("sendability").dataset.status = s?.status ?? "";
    byId("send-then").hidden = !(s?.status === "quiet" || s?.status === "allowed" && s.warning);
    this.next = s?.status === "quiet" && s.next ? new Date(s.next) : null;
    if (this.zone !== (s?.zone ?? this.zone)) {
      this.zone = s.zone;
      this.render();
    }
  }

  // sendabilityPath is where to ask whether what is written may be sent. Only of
  // what sells does the text matter.
  sendabilityPath(at) {
    const { purpose, programme } = this.composer;
    const query = new URLSearchParams();
    if (purpose) query.set("purpose", purpose);
    if (programme) query.set("programme", programme);
    if (at) query.set("not_before", at.toISOString());
    if (purpose === "marketing") query.set("text", byId("text").value.slice(0, 1600));
    return "/api/conversations/" + this.id + "/sendability?" + query;
  }

  // against says what stands against sending at a moment what is written.
  async against(at) {
    const s = await get(this.sendabilityPath(at)).catch(() => null);
    return !s || s.status === "allowed" ? sentence(s?.warning ?? "") : sentence(s.reason ?? "");
  }

  // ask asks whether a message means stop, if that is to be decided. A focused
  // button that goes leaves the focus to the text.
  ask(held) {
    const focused = byId("held").contains(document.activeElement);
    byId("held").hidden = !held;
    if (!held) {
      if (focused) this.write(this.composer.kind);
      return;
    }
    const message = [...this.messages.values()].find((m) => m.id === held.message);
    const question = !held.message ? "What the customer wrote in another conversation may mean stop."
      : message?.text ? "Does “" + brief(message.text) + "” mean stop?" : "Does a message of the customer's mean stop?";
    say("held-question", question);
    say("held-until", "Nothing automatic is sent until somebody decides." + (held.until ? " It decides itself as an opt-out " + deadline(held.until) + "." : ""));
    byId("held").title = held.rule;
    byId("keep-writing").hidden = !held.message; // whoever says so has to have read it
  }

  // offer shows the buttons that make sense. A focused one that goes leaves
  // the focus to its neighbour.
  offer(shown) {
    const focused = acts.find((act) => byId(act) === document.activeElement);
    for (const act of acts) byId(act).hidden = !shown[act];
    if (focused && !shown[focused]) byId(acts.find((act) => shown[act]))?.focus();
  }
}

// sentence makes a reason one.
const sentence = (text) => (text === "" ? "" : text[0].toUpperCase() + text.slice(1) + ".");

// brief cuts a text that is too long for a line.
const brief = (text) => (text.length > 80 ? text.slice(0, 79).trimEnd() + "…" : text);

// say writes a text that is read out when it changes, and only then.
function say(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
}
