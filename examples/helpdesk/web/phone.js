// The page on which one plays the customer: a phone of the simulated carrier.

import { get, post } from "./api.js";
import { byId, element, when } from "./dom.js";

const messages = [];
let inboxes = [];

const from = () => byId("from").value;
const to = () => byId("to").value;
const medium = (address) => (address.includes(":") ? address.split(":")[0] : "");

async function start() {
  try {
    const config = await get("/phones/config");
    inboxes = config.inboxes;
    byId("from").replaceChildren(...config.phones.map((p) => element("option", { value: p }, p)));
    chooseNumbers();
  } catch {
    byId("problem").textContent = "There are no simulated phones: the program is on a real provider.";
    return;
  }
  const source = new EventSource("/phones/events");
  source.addEventListener("message", (e) => {
    const m = JSON.parse(e.data);
    messages.push(m);
    if (m.phone === from() && m.number === to()) {
      byId("messages").append(row(m));
      toEnd();
      markRead();
    }
  });
}

// chooseNumbers offers the numbers that a phone can write to.
function chooseNumbers() {
  const options = [];
  for (const box of inboxes) {
    for (const address of box.addresses || []) {
      if (medium(address) === medium(from())) options.push(element("option", { value: address }, box.name + " " + address));
    }
  }
  if (medium(from()) === "") options.push(element("option", { value: "+14155550199" }, "a number that no inbox has"));
  byId("to").replaceChildren(...options);
  render();
}

function render() {
  byId("messages").replaceChildren(...messages.filter((m) => m.phone === from() && m.number === to()).map(row));
  toEnd();
  markRead();
}

const row = (m) => element("li", { class: "message " + (m.received ? "in" : "mine") },
  element("p", { dir: "auto" }, m.text), element("span", { class: "facts" }, when(m.at)));

function toEnd() {
  byId("messages").scrollTop = byId("messages").scrollHeight;
}

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
  if (text !== "" && await say(text)) byId("text").value = "";
  byId("text").focus();
});

start();
