// The box in which one writes to the customer, or a note to the team.

import { newKey } from "./api.js";
import { byId } from "./dom.js";

const placeholders = { reply: "Write to the customer", note: "Write a note that only the team sees" };

export class Composer {
  // send is called with what was written: { kind, text, key }. What it throws
  // is shown, and the text stays.
  constructor({ send }) {
    this.deliver = send;
    this.drafts = new Map(); // by conversation: what was not sent yet
    this.id = null;
    this.kind = "reply";
    byId("as-reply").addEventListener("click", () => this.write("reply"));
    byId("as-note").addEventListener("click", () => this.write("note"));
    byId("composer").addEventListener("submit", (e) => { e.preventDefault(); this.send(); });
    byId("text").addEventListener("input", () => this.complain(""));
    byId("text").addEventListener("keydown", (e) => {
      if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
        e.preventDefault();
        this.send();
      } else if (e.key === "Escape") {
        byId("text").blur();
      }
    });
  }

  // open shows a conversation's draft, and is a note again if it was one.
  open(id) {
    this.keep();
    this.id = id;
    const draft = this.drafts.get(id);
    byId("text").value = draft?.text ?? "";
    this.choose(draft?.kind ?? "reply");
  }

  close() {
    this.keep();
    this.id = null;
  }

  hasDraft(id) { return id === this.id ? byId("text").value.trim() !== "" : this.drafts.has(id); }

  // keep remembers what is written. The same text of the same kind keeps its
  // key: sending it again after a lost answer is harmless.
  keep() {
    if (this.id === null) return;
    const text = byId("text").value.trim();
    const had = this.drafts.get(this.id);
    if (text === "") this.drafts.delete(this.id);
    else if (had?.text !== text || had.kind !== this.kind) this.drafts.set(this.id, { kind: this.kind, text, key: newKey() });
  }

  choose(kind) {
    this.kind = kind;
    byId("as-reply").setAttribute("aria-pressed", String(kind === "reply"));
    byId("as-note").setAttribute("aria-pressed", String(kind === "note"));
    byId("composer").classList.toggle("note", kind === "note");
    byId("text").placeholder = placeholders[kind];
    byId("text-label").textContent = placeholders[kind];
    byId("send").textContent = kind === "note" ? "Add note" : "Send";
    this.complain("");
  }

  write(kind) {
    this.choose(kind);
    byId("text").focus();
  }

  // again puts a text into the box, below what is there.
  again(text) {
    const had = byId("text").value;
    byId("text").value = had.trim() === "" ? text : had + "\n" + text;
    this.write("reply");
  }

  complain(text) { byId("composer-problem").textContent = text; }

  async send() {
    const text = byId("text");
    if (text.value.trim() === "" || text.readOnly) return;
    this.keep();
    const id = this.id;
    const draft = this.drafts.get(id);
    this.complain("");
    this.busy(true);
    try {
      await this.deliver(id, draft);
      if (this.drafts.get(id) === draft) this.drafts.delete(id);
      if (this.id === id) text.value = "";
    } catch (problem) {
      if (this.id === id) this.complain(problem.message);
    } finally {
      this.busy(false);
    }
  }

  busy(is) {
    byId("text").readOnly = is;
    byId("send").setAttribute("aria-disabled", String(is));
  }
}
