// The operator's page: how this process is, looked at every two seconds.

import { get, post } from "./api.js";
import { byId, Children, element } from "./dom.js";
import { moment, number, time } from "./words.js";

const pause = 2000; // in milliseconds

const seconds = (n) => n < 1 ? Math.round(n * 1000) + " ms" : n < 120 ? n.toFixed(1) + " s" : Math.round(n / 60) + " min";
const since = (at) => seconds(Math.max(0, (Date.now() - new Date(at)) / 1000));
const cells = (...all) => all.map((c) => element("td", {}, c));

const table = (id, row) => new Children(byId(id), (node, item) => node.replaceChildren(...row(item)), "tr");
const reasons = new Children(byId("reasons"), (node, item) => { node.textContent = item.text; });
const figures = new Children(byId("figures"), (node, item) => node.replaceChildren(element("dt", {}, item.name), element("dd", {}, item.value)), "div");
const channels = table("channels", (c) => cells(c.name, c.listening ? "listening" : "webhooks",
  c.fetched_through ? element("time", { datetime: c.fetched_through, title: moment(c.fetched_through) }, time(c.fetched_through)) : "can't be asked", c.problem || ""));
const lanes = table("lanes", (l) => cells(l.conversation, l.doing, l.for, l.all));
const senders = table("senders", (s) => cells(number(s.address), s.channel, String(s.segments_per_second), seconds(s.replies_wait_seconds), seconds(s.bulk_waits_seconds)));
const tasks = table("tasks", (t) => [...cells(t.kind + " " + t.id, t.conversation, t.attempts + " times", t.error),
  element("td", {}, element("button", { type: "button", onclick: () => requeue(t) }, "Try again"))]);

async function requeue(t) {
  try {
    await post("/api/operator/requeue", { conversation: t.conversation, task: t.id });
  } catch (problem) {
    state(false, problem.message);
  }
  await look();
}

function state(good, text) {
  byId("state").dataset.good = good;
  byId("state").textContent = text;
}

function show(o) {
  const h = o.health;
  state(h.live && h.ready, h.live && h.ready ? "Live and ready" : h.live ? "Not ready" : "Not live");
  reasons.show(h.reasons.map((text) => ({ key: text, text })));
  figures.show([
    { key: "lag", name: "Oldest work due for", value: seconds(h.lag_seconds) },
    { key: "turns", name: "Conversations at work", value: String(h.conversations_active) },
    { key: "waiting", name: "Changes that wait", value: String(h.changes_waiting) },
  ]);
  channels.show(h.channels.map((c) => ({ key: c.name, ...c })));
  lanes.show(o.lanes.map((l) => ({ key: l.conversation, ...l, for: since(l.since), all: since(l.begun) })));
  senders.show(o.senders.map((s) => ({ key: s.channel + s.address, ...s })));
  tasks.show(o.set_aside.map((t) => ({ key: t.id, ...t })));
  byId("no-lanes").hidden = o.lanes.length > 0;
  byId("no-senders").hidden = o.senders.length > 0;
  byId("no-tasks").hidden = o.set_aside.length > 0;
}

async function look() {
  try {
    show(await get("/api/operator"));
  } catch (problem) {
    state(false, problem.status === 401 ? "Please sign in on the inbox's page first." : problem.message);
  }
}

for (;;) {
  await look();
  await new Promise((done) => setTimeout(done, document.visibilityState === "visible" ? pause : 10 * pause));
}
