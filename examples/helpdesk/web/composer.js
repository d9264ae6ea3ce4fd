// The box in which one writes to the customer, or a note to the team.

import { newKey } from "./api.js";
import { byId } from "./dom.js";

const placeholders = { reply: "Write to the customer", note: "Write a note that only the team sees" };

export class Composer {
  // send is called with what was written: { kind, text, key, purpose, programme,
  // notBefore }. What it throws is shown, and the text stays. onChange is called
  // when something else is written or chosen.
  constructor({ send, onChange }) {
    this.deliver = send;
    this.changed = onChange;
    this.drafts = new Map(); // by conversation: what was not sent yet
    this.id = null;
    this.kind = "reply";
    byId("as-reply").addEventListener("click", () => this.write("reply"));
    byId("as-note").addEventListener("click", () => this.write("note"));
    byId("composer").addEventListener("submit", (e) => { e.preventDefault(); this.send(); });
    byId("text").addEventListener("input", () => { this.complain(""); this.changed(); });
    byId("purpose").addEventListener("change", () => { this.reveal(); this.complain(""); this.changed(); });
    byId("programme").addEventListener("input", () => { this.complain(""); this.changed(); });
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
    this.aim(draft?.purpose, draft?.programme);
    this.choose(draft?.kind ?? "reply");
  }

  get purpose() { return this.kind === "note" ? "" : byId("purpose").value; }
  get programme() { return this.purpose === "marketing" ? byId("programme").value.trim() : ""; }

  // aim chooses what the message is for. What is not chosen is an answer.
  aim(purpose = "", programme = "") {
    byId("purpose").value = purpose;
    byId("programme").value = programme;
    this.reveal();
  }

  // reveal shows what goes with what the message is for.
  reveal() {
    byId("why").hidden = byId("schedule").hidden = this.kind === "note";
    byId("programme").hidden = byId("ask").hidden = byId("purpose").value !== "marketing";
  }

  close() {
    this.keep();
    this.id = null;
  }

  hasDraft(id) { return id === this.id ? byId("text").value.trim() !== "" : this.drafts.has(id); }

  // keep remembers what is written. The same text of the same kind, for the same
  // moment, keeps its key: sending it again after a lost answer is harmless.
  keep(notBefore) {
    if (this.id === null) return;
    const text = byId("text").value.trim();
    const had = this.drafts.get(this.id);
    const draft = { kind: this.kind, text, purpose: this.purpose, programme: this.programme, notBefore: notBefore ?? had?.notBefore };
    if (text === "") this.drafts.delete(this.id);
    else if (!had || Object.keys(draft).some((name) => had[name] !== draft[name])) this.drafts.set(this.id, { ...draft, key: newKey() });
  }

  choose(kind) {
    this.kind = kind;
    byId("as-reply").setAttribute("aria-pressed", String(kind === "reply"));
    byId("as-note").setAttribute("aria-pressed", String(kind === "note"));
    byId("composer").classList.toggle("note", kind === "note");
    byId("text").placeholder = placeholders[kind];
    byId("text-label").textContent = placeholders[kind];
    byId("send").textContent = kind === "note" ? "Add note" : "Send";
    this.reveal();
    this.complain("");
    this.changed();
  }

  write(kind) {
    this.choose(kind);
    byId("text").focus();
  }

  // again puts a text into the box, below what is there, and with what it was for
  // if nothing was.
  again(text, purpose, programme) {
    const had = byId("text").value;
    if (had.trim() === "") this.aim(purpose, programme);
    byId("text").value = had.trim() === "" ? text : had + "\n" + text;
    this.write("reply");
  }

  complain(text) { byId("composer-problem").textContent = text; }

  // send sends what is written, at once or not before a moment.
  async send(notBefore = null) {
    const text = byId("text");
    if (text.value.trim() === "" || text.readOnly) return;
    this.keep(notBefore?.toISOString() ?? "");
    const id = this.id;
    const draft = this.drafts.get(id);
    this.complain("");
    this.busy(true);
    try {
      await this.deliver(id, draft);
      if (this.drafts.get(id) === draft) this.drafts.delete(id);
      if (this.id === id) {
        text.value = "";
        this.aim();
        this.changed();
      }
    } catch (problem) {
      if (this.id === id) this.complain(problem.message);
    } finally {
      this.busy(false);
    }
  }

  busy(is) {
    byId("text").readOnly = is;
    for (const button of ["send", "schedule"]) byId(button).setAttribute("aria-disabled", String(is));
  }
}
