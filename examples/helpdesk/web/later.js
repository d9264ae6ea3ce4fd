// The dialog in which one chooses when a message goes.

import { byId, element } from "./dom.js";
import { choices, clock, local, moment, own, place, when } from "./zone.js";

export class Later {
  // onChosen is called with the moment that was chosen. ask is called with a
  // moment, and says what stands against it: a promise of a text.
  constructor({ onChosen, ask }) {
    this.onChosen = onChosen;
    this.ask = ask;
    this.zone = own;
    this.asked = 0;
    this.dialog = byId("later-dialog");
    byId("later-form").addEventListener("submit", (e) => { e.preventDefault(); this.choose(); });
    byId("later-form").addEventListener("input", (e) => {
      if (e.target === byId("later-at")) byId("later-other").checked = true;
      this.tell();
    });
    byId("later-dismiss").addEventListener("click", () => this.dialog.close());
  }

  // open offers moments by the clock of the customer's zone, or by one's own if
  // that is not known; before all others one that the gate has named.
  open(zone, next) {
    this.zone = zone || own;
    const now = Date.now();
    byId("later-clock").textContent = zone
      ? "By the customer's clock: " + place(zone) + ", where it is " + when(now, zone).replace("today ", "") + "."
      : "Which clock the customer has is not known, so by yours: " + place(own) + ".";
    const offered = choices(this.zone, now);
    if (next) {
      const same = offered.findIndex(([, at]) => +at === +next);
      if (same >= 0) offered.splice(same, 1);
      offered.unshift(["When it is quiet no more", next]);
    }
    this.moments = offered.map(([, at]) => at);
    byId("later-choices").replaceChildren(...offered.map(([name, at], i) => element("label", {},
      element("input", { type: "radio", name: "later", value: String(i), checked: i === 0 }),
      element("span", { class: "name" }, name), element("span", { class: "at" }, at === next ? when(at, this.zone, now) : clock(at, this.zone), this.mine(at)))));
    byId("later-at").value = local(now + 3600000, this.zone);
    byId("later-at").min = local(now, this.zone);
    byId("later-other").checked = false;
    byId("later-problem").textContent = "";
    this.dialog.showModal();
    byId("later-choices").querySelector("input").focus();
    this.tell();
  }

  close() { if (this.dialog.open) this.dialog.close(); }

  // mine adds what one's own clock shows, if that is something else.
  mine(at) {
    return local(at, own) === local(at, this.zone) ? "" : element("small", {}, " yours " + when(at, own));
  }

  chosen() {
    const at = byId("later-form").elements.later.value;
    return at === "other" ? moment(byId("later-at").value, this.zone) : this.moments[Number(at)];
  }

  // tell says below the choices what stands against the one that is chosen.
  async tell() {
    const turn = ++this.asked;
    const at = this.chosen();
    byId("later-problem").textContent = "";
    const text = at && at > Date.now() ? await this.ask(at) : "";
    if (turn === this.asked) byId("later-told").textContent = text;
  }

  choose() {
    const at = this.chosen();
    if (!at || at <= Date.now()) {
      byId("later-problem").textContent = at ? "That time has passed." : "Choose a day and a time.";
      byId("later-at").focus();
      return;
    }
    this.dialog.close();
    this.onChosen(at);
  }
}
