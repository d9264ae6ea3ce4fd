// The dialog in which one asks the customer to opt in.

import { newKey } from "./api.js";
import { byId } from "./dom.js";
import { medium } from "./words.js";

export class Ask {
  // onAsk is called with a question, and sends it. What it throws is shown, and
  // the text stays.
  constructor({ onAsk }) {
    this.onAsk = onAsk;
    this.prepared = "";
    this.dialog = byId("ask-dialog");
    byId("ask-form").addEventListener("submit", (e) => { e.preventDefault(); this.send(); });
    byId("ask-dismiss").addEventListener("click", () => this.dialog.close());
    byId("ask-purpose").addEventListener("change", () => this.prepare());
    byId("ask-programme").addEventListener("input", () => this.prepare());
    byId("ask-form").addEventListener("input", () => { byId("ask-problem").textContent = ""; });
  }

  // open prepares a question from a company to the customer at an address.
  open({ id, brand, address, programme }) {
    Object.assign(this, { id, brand, address, prepared: "", last: null });
    byId("ask-purpose").value = "marketing";
    byId("ask-programme").value = programme;
    byId("ask-evidence").value = byId("ask-text").value = byId("ask-problem").textContent = "";
    this.prepare();
    this.dialog.showModal();
    byId("ask-text").focus();
    byId("ask-text").setSelectionRange(0, 0);
    byId("ask-text").scrollTop = 0;
  }

  close() { if (this.dialog.open) this.dialog.close(); }

  // prepare writes the question, unless somebody has written one of their own.
  prepare() {
    const marketing = byId("ask-purpose").value === "marketing";
    byId("ask-strength").disabled = !marketing;
    const text = byId("ask-text");
    if (text.value !== this.prepared) return;
    const what = byId("ask-programme").value.trim();
    const how = medium(this.address) === "SMS" ? "by text" : "on " + medium(this.address);
    const costs = medium(this.address) === "SMS" ? "Msg & data rates may apply. " : "";
    this.prepared = this.brand + ": " + (marketing
      ? "Reply YES to get " + (what || "offers and news") + " " + how + ". Message frequency varies. " + costs + "Consent is no condition of purchase. Reply STOP to opt out."
      : "Reply YES if we may write to you " + how + (what ? " about " + what : "") + ". " + costs + "Reply STOP to opt out.");
    text.value = this.prepared;
  }

  async send() {
    const send = byId("ask-send");
    if (send.getAttribute("aria-disabled") === "true") return;
    const purpose = byId("ask-purpose").value;
    const asked = {
      text: byId("ask-text").value.trim(), purpose, programme: byId("ask-programme").value.trim(),
      strength: purpose === "marketing" ? byId("ask-strength").value : "", evidence: byId("ask-evidence").value.trim(),
    };
    // The same question keeps its key: sending it again after a lost answer is
    // harmless.
    const same = JSON.stringify(asked);
    if (this.last?.same !== same) this.last = { same, key: newKey() };
    send.setAttribute("aria-disabled", "true");
    try {
      await this.onAsk(this.id, { ...asked, request_key: this.last.key });
      this.dialog.close();
    } catch (problem) {
      byId("ask-problem").textContent = problem.message;
    } finally {
      send.setAttribute("aria-disabled", "false");
    }
  }
}
