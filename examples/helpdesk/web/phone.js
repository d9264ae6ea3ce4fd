// The page on which one plays the customer: a phone of the simulated carrier.

import { get, post } from "./api.js";
import { announce, byId, Children, element } from "./dom.js";
import { medium, moment, number, time } from "./words.js";

const nobody = "+14155550199"; // a number that belongs to no inbox
const delay = 1000; // milliseconds before connecting again

const messages = new Map(); // of all phones, in order, by what they are
const rows = new Children(byId("messages"), fill);
let inboxes = [];

const from = () => byId("from").value;
const to = () => byId("to").value;
const here = (m) => m.phone === from() && m.number === to();

async function start() {
  try {
    const config = await get("/phones/config");
    inboxes = config.inboxes;
    byId("from").replaceChildren(...config.phones.map((p) => element("option", { value: p }, medium(p) + " " + number(p))));
  } catch (problem) {
    byId("problem").textContent = problem.status === 404 ? "There are no simulated phones: the program is on a real provider." : problem.message;
    return;
  }
  chooseNumbers();
  listen();
}

// listen shows what comes, from the beginning. After a restart the carrier
// counts anew and knows nothing of before; what the phones had they keep.
function listen() {
  const source = new EventSource("/phones/events");
  source.addEventListener("message", (e) => {
    const m = JSON.parse(e.data);
    const key = e.lastEventId + " " + m.at;
    if (messages.has(key)) return;
    messages.set(key, m);
    if (!here(m)) return;
    render();
    if (m.received) announce("New message: " + m.text);
  });
  source.addEventListener("error", () => {
    source.close();
    setTimeout(listen, delay);
  });
}

// chooseNumbers offers the numbers that a phone can write to.
function chooseNumbers() {
  const options = inboxes.flatMap((box) => (box.addresses || [])
    .filter((address) => medium(address) === medium(from()))
    .map((address) => element("option", { value: address }, box.name + " " + number(address))));
  if (medium(from()) === medium(nobody)) options.push(element("option", { value: nobody }, "A number that no inbox has"));
  byId("to").replaceChildren(...options);
  render();
}

function render() {
  const shown = [...messages].filter(([, m]) => here(m)).map(([key, m]) => ({ key, ...m }));
  rows.show(shown);
  byId("blank").hidden = shown.length > 0;
  byId("screen").scrollTop = byId("screen").scrollHeight;
  markRead();
}

function fill(node, m) {
  node.className = "message " + (m.received ? "in" : "mine");
  node.replaceChildren(
    element("p", { class: "text", dir: "auto" }, m.text),
    element("span", { class: "facts" }, element("time", { datetime: m.at, title: moment(m.at) }, time(m.at))));
}

// markRead is a courtesy to the other side: it is done again with the next
// message.
function markRead() {
  if (document.visibilityState === "visible") post("/phones/read", { phone: from() }).catch(() => {});
}

async function say(text) {
  byId("problem").textContent = "";
  try {
    await post("/phones/messages", { from: from(), to: to(), text });
    return true;
  } catch (problem) {
    byId("problem").textContent = problem.message;
    return false;
  }
}

byId("from").addEventListener("change", chooseNumbers);
byId("to").addEventListener("change", render);
document.addEventListener("visibilitychange", markRead);
for (const button of document.querySelectorAll("[data-say]")) {
  button.addEventListener("click", () => say(button.dataset.say));
}
byId("say").addEventListener("submit", async (e) => {
  e.preventDefault();
  const text = byId("text").value.trim();
  if (text !== "" && await say(text) && byId("text").value.trim() === text) byId("text").value = "";
  byId("text").focus();
});

start();
