// Small helpers for building the page. Everything that people write goes in
// as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else if (value === true) node.setAttribute(name, "");
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export function when(text) {
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  return element("time", { datetime: text, title: full.format(at) }, today ? clock.format(at) : day.format(at));
}

export function waited(text) {
  const minutes = Math.max(0, Math.floor((Date.now() - new Date(text)) / 60000));
  if (minutes < 1) return "waits";
  if (minutes < 60) return "waits " + minutes + " min";
  if (minutes < 48 * 60) return "waits " + Math.floor(minutes / 60) + " h";
  return "waits " + Math.floor(minutes / 1440) + " d";
}

export function toast(text, onclick) {
  const node = element(onclick ? "button" : "div", { class: "toast", type: onclick ? "button" : undefined }, text);
  const remove = () => node.remove();
  if (onclick) node.addEventListener("click", () => { remove(); onclick(); });
  byId("toasts").append(node);
  setTimeout(remove, 6000);
}
