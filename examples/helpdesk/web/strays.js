// Messages that came in and belong to no inbox.

import { get, post } from "./api.js";
import { byId, Children, element, toast } from "./dom.js";
import { brief, medium, moment, number } from "./words.js";

export class Strays {
  // onAdopted is called with the conversation that a stray was put into.
  constructor({ directory, onAdopted }) {
    this.directory = directory;
    this.onAdopted = onAdopted;
    this.turn = 0;
    this.rows = new Children(byId("stray-list"), (node, item) => this.fill(node, item));
  }

  async load() {
    const turn = ++this.turn;
    const strays = await get("/api/strays");
    if (turn !== this.turn) return;
    byId("strays-count").textContent = strays.length > 0 ? String(strays.length) : "";
    byId("strays-empty").hidden = strays.length > 0;
    this.rows.show(strays.map((s) => ({ key: s.id, ...s, brief: brief(s.received_at) })));
  }

  fill(node, s) {
    node.className = "stray";
    const act = (label, how, body) => element("button", { type: "button", "data-act": how, "data-inbox": body?.inbox, onclick: () => this.resolve(s.key, how, body) }, label);
    node.replaceChildren(
      element("span", { class: "name" }, number(s.from)),
      element("time", { datetime: s.received_at, title: moment(s.received_at) }, s.brief),
      element("p", { class: "text", dir: "auto" }, s.text),
      element("span", { class: "reason" }, "Written to " + number(s.to) + " by " + medium(s.to) + ": " + s.reason + "."),
      element("span", { class: "acts" },
        ...this.directory.inboxes.filter((box) => box.mine).map((box) => act("Put into " + box.name, "adopt", { inbox: box.id })),
        act("Dismiss", "dismiss")));
  }

  async resolve(id, how, body) {
    try {
      const answer = await post("/api/strays/" + id + "/" + how, body);
      await this.load();
      if (answer) await this.onAdopted(answer.conversation);
    } catch (problem) {
      toast(problem.message);
    }
  }
}
