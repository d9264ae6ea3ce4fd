// The messages of the open conversation.

import { Children, byId, element } from "./dom.js";
import { marked } from "./marks.js";
import { day, moment, time } from "./words.js";
import { own, place, when } from "./zone.js";

const states = {
  queued: "Queued", attempting: "Sending", retrying: "Trying again", deferred: "Sent later", unconfirmed: "Perhaps not sent",
  accepted: "Sent", sent: "Sent", delivered: "Delivered", read: "Read",
  rejected: "Not sent", failed: "Not delivered", blocked: "Not sent", canceled: "Canceled",
};
const bad = new Set(["rejected", "failed", "blocked", "unconfirmed"]);
const meanings = {
  opt_out: "The customer opted out with this message.", opt_in: "The customer opted in with this message.",
  help: "The customer asked for help, and has an automatic answer.", ambiguous: "The customer may want to opt out. Please look.",
};
const purposes = { transactional: "Transactional", marketing: "Marketing" };

export const failed = (m) => bad.has(m.state);

// writer names who wrote a message, the customer by nothing.
export function writer(m, directory) {
  if (m.direction === "in") return "";
  if (m.author !== "user") return m.author === "responder" ? "Automatic answer" : "Team Inbox";
  return m.user === directory.me ? "You" : directory.user(m.user);
}

const glow = 4000; // milliseconds for which a message that was looked for stands out

export class Messages {
  // onAgain is called with the text of a message that did not arrive, for
  // writing it again; onSettle with the id of one of which nobody knows whether
  // it was sent, and what the user says: "resend" or "sent"; onCancel with one
  // that waits, and whether it is to be written anew.
  constructor({ onAgain, onSettle, onCancel }) {
    Object.assign(this, { onAgain, onSettle, onCancel });
    this.directory = null;
    this.box = byId("messages");
    this.rows = new Children(byId("message-list"), (node, item) => this.fill(node, item));
  }

  // show shows messages in their order, with what was found in one of them, and
  // what waits by the clock of the customer's zone, if that is known.
  show(messages, found, zone) {
    const items = [];
    let last = "";
    for (const m of messages) {
      const name = day(m.at);
      if (name !== last) items.push({ key: "day " + m.at.slice(0, 10) + " " + name, day: name });
      last = name;
      // What is said of the days ahead changes with the day.
      const ahead = m.state === "deferred" ? waiting(m, zone) : "";
      items.push({ key: m.seq, ...m, marks: m.seq === found?.seq ? found.marks : [], ahead, outcome: m.asked ? outcome(m) : "" });
    }
    this.rows.show(items);
  }

  clear() { this.rows.show([]); }

  atEnd() { return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < 80; }
  toEnd() { this.box.scrollTop = this.box.scrollHeight; }

  // reveal brings a message before the user's eyes, and lets it stand out for a
  // moment.
  reveal(seq) {
    const node = this.rows.node(seq);
    if (!node) return;
    node.tabIndex = -1;
    node.scrollIntoView({ block: "center" });
    for (const other of this.box.querySelectorAll("[data-found]")) delete other.dataset.found;
    node.dataset.found = "";
    clearTimeout(this.glowing);
    this.glowing = setTimeout(() => delete node.dataset.found, glow);
  }

  focus(seq) { this.rows.node(seq)?.focus({ preventScroll: true }); }

  // hold keeps what one reads in its place while show adds what was before.
  hold(show) {
    const below = this.box.scrollHeight - this.box.scrollTop;
    show();
    this.box.scrollTop = this.box.scrollHeight - below;
  }

  fill(node, m) {
    if (m.day) {
      node.className = "day";
      node.replaceChildren(element("span", {}, m.day));
      return;
    }
    const mine = m.author === "user" && m.user === this.directory.me;
    const who = writer(m, this.directory);
    node.className = "message " + m.direction + (mine ? " mine" : "") + (m.direction === "out" && m.author !== "user" ? " automatic" : "") + (failed(m) ? " failed" : "");
    node.dataset.seq = m.seq;
    node.toggleAttribute("data-waits", m.state === "deferred");
    const facts = element("span", { class: "facts" });
    const say = (part) => facts.append(facts.firstChild ? " · " : "", part);
    if (m.direction === "note") say("Note");
    if (m.extras?.late) say(element("span", { title: "No webhook brought this message; it was fetched from the provider afterwards" }, "Late"));
    if (who) say(who);
    say(element("time", { datetime: m.at, title: moment(m.at) }, time(m.at)));
    if (m.direction === "out" && m.author === "user" && purposes[m.purpose]) say(purposes[m.purpose] + (m.programme ? " (" + m.programme + ")" : ""));
    if (m.state) say(element("span", { class: "state", "data-state": m.state, title: m.waits_for && m.due_at ? moment(m.due_at) : undefined }, m.ahead || states[m.state] || m.state));
    if (m.due_at && (m.state === "retrying" || m.state === "deferred" && !m.ahead)) say("at " + time(m.due_at));
    node.replaceChildren(
      m.direction === "in" ? element("span", { class: "hidden" }, "Customer: ") : "",
      m.text ? element("p", { class: "text", dir: "auto" }, ...marked(m.text, m.marks)) : "", ...attachments(m.extras),
      m.meant && m.direction === "in" ? element("span", { class: "reason" }, m.decided ? this.decision(m.decided) : meanings[m.meant]) : "",
      facts, m.state && m.reason && !failed(m) && m.state !== "canceled" && !(m.ahead && m.waits_for !== "decision") ? element("span", { class: "reason" }, m.reason) : "",
      m.asked ? element("span", { class: "reason", "data-answer": m.asked.answer ?? "" }, m.outcome) : "",
      failed(m) ? this.failure(m) : "", m.state === "deferred" ? this.wait(m) : "");
  }

  // decision tells who has decided about a message, what, when, and why.
  decision(d) {
    const what = d.opt_out ? "an opt-out" : "no wish to stop";
    const who = !d.user ? "Nobody decided in time, so it is an opt-out" : (d.user === this.directory.me ? "You" : this.directory.user(d.user)) + " decided: " + what;
    return [who, day(d.at) === "Today" ? time(d.at) : day(d.at) + " " + time(d.at), d.reason ? "“" + d.reason + "”" : ""].filter(Boolean).join(" · ");
  }

  // wait offers what can be done with a message that waits.
  wait(m) {
    const cancel = (edit) => (click) => {
      for (const button of click.currentTarget.parentNode.querySelectorAll("button")) button.disabled = true;
      this.onCancel(m, edit);
    };
    return element("span", { class: "waiting" },
      element("button", { type: "button", "data-act": "cancel", onclick: cancel(false), title: "Don't send it" }, "Cancel"),
      m.text && m.author === "user" && !m.asked && !m.extras?.media ? element("button", { type: "button", "data-act": "edit", onclick: cancel(true), title: "Take it back into the box below" }, "Edit") : "");
  }

  failure(m) {
    if (m.state === "unconfirmed") return this.doubt(m);
    const why = (m.reason || "The provider gave no reason") + (m.code ? " (code " + m.code + ")" : "");
    return element("span", { class: "failure" },
      element("span", {}, why.charAt(0).toUpperCase() + why.slice(1) + "."),
      m.text && m.author === "user" ? element("button", { type: "button", onclick: () => this.onAgain(m.text) }, "Write again") : "");
  }

  // doubt asks what became of a message of which nobody knows.
  doubt(m) {
    const settle = (what) => (click) => {
      for (const button of click.currentTarget.parentNode.querySelectorAll("button")) button.disabled = true;
      this.onSettle(m.id, what);
    };
    return element("span", { class: "failure doubt" },
      element("span", {}, "It is not known whether the customer has this message. " + (m.due_at
        ? "The provider is asked until " + time(m.due_at) + ". If you can't wait:" : "Please ask the customer, or look at your provider's pages.")),
      element("button", { type: "button", onclick: settle("sent"), title: "The customer has it: don't send it again" }, "It was sent"),
      element("button", { type: "button", onclick: settle("resend"), title: "The customer may get it twice" }, "Send again"));
  }
}

// waiting says what a message waits for by the clock of the customer's zone, if that
// is known, or nothing if it is not known what for.
function waiting(m, customers) {
  if (m.waits_for === "decision") return "Waits for a decision";
  if (!m.waits_for || !m.due_at) return "";
  const at = new Date(m.due_at), zone = customers || own;
  if (m.waits_for === "time") return "Will be sent " + when(at, zone) + (customers ? " (customer's time)" : " (your time)");
  const until = when(at, zone).replace("today ", "").replace("tomorrow ", "");
  return "Quiet until " + until + (customers ? " in " + place(customers) : " (your time)");
}

// outcome says what became of a question to opt in.
function outcome(m) {
  const { answer, at, until, about } = m.asked;
  const what = "Asked to opt in (" + about + "). ";
  if (answer === "opt_in") return what + "They said yes: opted in " + when(new Date(at), own).replace("today ", "at ") + ".";
  if (answer === "opt_out") return what + "They opted out.";
  if (m.state === "canceled" || failed(m) && m.state !== "unconfirmed") return what + "It did not reach them; they can be asked again.";
  if (new Date(until) <= new Date()) return what + "They did not answer in time.";
  return what + "Open until " + when(new Date(until), own) + ", while it is the last message that they got.";
}

function attachments(x) {
  if (!x) return [];
  const out = [];
  const add = (kind, text) => out.push(element("span", { class: "attachment" }, element("span", { class: "kind" }, kind), text));
  for (const media of x.media || []) add("File", media.name || media.content_type || "without a name");
  if (x.location) add("Place", [x.location.label, x.location.address, x.location.latitude + ", " + x.location.longitude].filter(Boolean).join(" · "));
  if (x.button) add("Button", x.button.text);
  for (const problem of x.problems || []) out.push(element("span", { class: "reason" }, "Could not be read: " + problem));
  return out;
}
