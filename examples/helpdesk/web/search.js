// Finding messages and notes by their words.

import { get, Problem } from "./api.js";
import { announce, byId, Children, element } from "./dom.js";
import { snippet } from "./marks.js";
import { writer } from "./messages.js";
import { brief, medium, moment, number } from "./words.js";

const pause = 150; // milliseconds without a key until one searches
const slow = 400; // milliseconds until one hears that it takes time
const page = 20; // hits that one request brings

export class Search {
  // onOpen is called with a conversation's id, a hit in it, and whether the
  // conversation is to have the focus; onLeave when the list is there again.
  constructor({ directory, onOpen, onLeave }) {
    this.directory = directory;
    this.onOpen = onOpen;
    this.onLeave = onLeave;
    this.here = null; // the open conversation
    this.scope = null; // the only conversation in which one searches
    this.hits = [];
    this.next = ""; // where the next page begins
    this.opened = null; // the hit that was chosen last
    this.turn = 0; // answers to an earlier question are dropped
    this.field = byId("search-text");
    this.rows = new Children(byId("hits"), (node, item) => this.fill(node, item));
    this.field.addEventListener("input", (e) => { if (!e.isComposing) this.typed(); });
    this.field.addEventListener("compositionend", () => this.typed());
    this.field.addEventListener("keydown", (e) => this.key(e));
    byId("hits").addEventListener("keydown", (e) => this.key(e));
    byId("search").addEventListener("submit", (e) => { e.preventDefault(); this.submit(); });
    byId("search-clear").addEventListener("click", () => this.leave());
    byId("search-all").addEventListener("click", () => this.within(null));
    byId("search-here").addEventListener("click", () => this.within(this.scope ?? this.here));
    byId("search-again").addEventListener("click", () => { this.field.focus(); this.run(); });
    byId("older").addEventListener("click", () => this.older());
  }

  get text() { return this.field.value.trim(); }
  get active() { return !byId("results").hidden; }

  // enter is where a search begins: with what is there already, to be typed
  // over.
  enter(scope = this.scope) {
    byId("desk").classList.add("searching");
    this.field.focus();
    this.field.select();
    if (scope?.id !== this.scope?.id) this.within(scope);
  }

  // leave gives the list back.
  leave() {
    this.field.value = "";
    this.scope = null;
    this.typed();
    byId("desk").classList.remove("searching");
    this.field.blur();
    this.onLeave();
  }

  // within searches in one conversation, { id, name }, or with null in all.
  within(conversation) {
    this.scope = conversation;
    this.render();
    if (this.text !== "") this.run();
  }

  // at says which conversation is open.
  at(conversation) {
    this.here = conversation;
    this.render();
  }

  typed() {
    this.stop();
    if (this.text !== "") {
      this.timer = setTimeout(() => this.run(), pause);
    } else {
      this.hits = [];
      this.next = "";
      this.opened = null;
      this.show(false);
    }
    this.render();
  }

  // show shows what was found, or else the list.
  show(is) {
    byId("results").hidden = !is;
    byId("views").hidden = byId("lists").hidden = is;
  }

  // stop drops whatever is on its way.
  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.slowly);
    this.timer = null;
    this.request?.abort();
    this.request = null;
    return ++this.turn;
  }

  submit() {
    if (this.timer) this.run();
    else if (!this.request && this.hits.length > 0) this.open(this.hits[0], true);
  }

  async run() {
    const answer = await this.ask("");
    if (!answer) return;
    this.hits = answer.hits;
    this.next = answer.next ?? "";
    this.count();
    this.render();
    byId("results").scrollTop = 0;
  }

  async older() {
    const answer = await this.ask(this.next);
    if (!answer) return;
    const first = answer.hits[0];
    const focused = document.activeElement === byId("older");
    this.hits = [...this.hits, ...answer.hits];
    this.next = answer.next ?? "";
    this.render();
    if (focused) this.to(first ?? this.hits.at(-1));
    this.count();
  }

  // ask returns the answer, or null if it is of no use any more, or there is
  // none.
  async ask(before) {
    const turn = this.stop();
    this.request = new AbortController();
    this.slowly = setTimeout(() => this.say("Searching…"), slow);
    const query = new URLSearchParams({ q: this.text, limit: page });
    if (this.scope) query.set("conversation", this.scope.id);
    if (before !== "") query.set("before", before);
    try {
      const answer = await get("/api/search?" + query, this.request.signal);
      return turn === this.turn ? answer : null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (turn === this.turn) this.fail(problem, before !== "");
      return null;
    } finally {
      if (turn === this.turn) this.stop();
    }
  }

  fail(problem, keep) {
    if (!keep) {
      this.hits = [];
      this.next = "";
    }
    this.say(problem.claimedBy ? this.directory.user(problem.claimedBy) + " has claimed this conversation." : problem.message, true);
    announce(byId("found").textContent);
    this.render();
  }

  count() {
    const n = this.hits.length;
    this.say(n === 0 ? "Nothing found for “" + this.text + "”" + (this.scope ? " with " + this.scope.name : "") + ". A message must have all the words."
      : this.next !== "" ? "The newest " + n : n === 1 ? "1 message" : n + " messages");
    byId("found").classList.toggle("empty", n === 0);
    announce(byId("found").textContent);
  }

  say(text, bad = false) {
    this.show(true);
    byId("found").textContent = text;
    byId("found").classList.remove("empty");
    byId("found").classList.toggle("problem", bad);
    byId("search-again").hidden = !bad;
  }

  // drop takes away what was found in a conversation that is not the user's any
  // more.
  drop(id) {
    const left = this.hits.filter((h) => h.conversation.id !== id);
    if (left.length === this.hits.length) return;
    this.hits = left;
    this.render();
    this.count();
  }

  key(e) {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
    const at = this.hits.findIndex((h) => this.button(h) === document.activeElement); // -1: in the field
    const last = this.hits.length - 1;
    const to = { ArrowDown: Math.min(at + 1, last), ArrowUp: at - 1, Home: at < 0 ? undefined : 0, End: at < 0 ? undefined : last }[e.key];
    if (e.key === "Escape" && at < 0) {
      e.preventDefault();
      this.leave();
    } else if (to !== undefined && this.active) {
      e.preventDefault();
      if (to < 0) this.field.focus();
      else this.to(this.hits[to]);
    }
  }

  // step opens the hit after or before the one that was opened last, and leaves
  // the focus among the hits.
  step(by) {
    const at = this.hits.findIndex((h) => h.message.id === this.opened);
    const next = this.hits[at < 0 ? 0 : at + by];
    if (!next) return;
    this.to(next);
    this.open(next, false);
  }

  // focus goes to the hit that was opened last.
  focus() { this.to(this.hits.find((h) => h.message.id === this.opened) ?? this.hits[0]); }

  to(hit) { (hit ? this.button(hit) : this.field).focus(); }

  button(hit) { return this.rows.node(hit.message.id)?.firstChild; }

  open(hit, focus) {
    this.opened = hit.message.id;
    this.render();
    this.onOpen(hit.conversation.id, focus, { seq: hit.message.seq, marks: hit.marks });
  }

  render() {
    const one = this.scope ?? this.here;
    byId("search-clear").hidden = this.field.value === "" && !this.scope;
    byId("scopes").hidden = !this.scope && !(this.active && one);
    byId("search-all").setAttribute("aria-pressed", String(!this.scope));
    byId("search-here").setAttribute("aria-pressed", String(Boolean(this.scope)));
    byId("search-here").textContent = one ? "Only " + one.name : "";
    byId("older").hidden = this.next === "";
    this.rows.show(this.hits.map((h) => this.item(h)));
  }

  item({ message: m, conversation: c, marks }) {
    return {
      key: m.id,
      name: c.customer === c.address ? number(c.address) : c.customer,
      at: m.at, brief: brief(m.at),
      text: m.text, marks, note: m.direction === "note", opened: m.id === this.opened,
      about: [m.direction === "note" ? "Note" : "", writer(m, this.directory) || "Customer", this.directory.inbox(c.inbox), medium(c.address)]
        .filter(Boolean).join(" · "),
      closed: c.status === "closed",
    };
  }

  fill(node, item) {
    if (!node.firstChild) {
      node.append(element("button", { type: "button", "data-id": item.key, onclick: () => this.open(this.hits.find((h) => h.message.id === item.key), true) }));
    }
    const button = node.firstChild;
    button.className = "row hit" + (item.note ? " note" : "");
    if (item.opened) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.replaceChildren(
      element("span", { class: "name" }, item.name),
      element("time", { datetime: item.at, title: moment(item.at) }, item.brief),
      element("span", { class: "snippet", dir: "auto" }, ...snippet(item.text, item.marks)),
      element("span", { class: "tags" }, element("span", { class: "about" }, item.about), item.closed ? element("span", { class: "tag waits" }, "Closed") : ""));
  }
}
