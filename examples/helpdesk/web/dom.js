// Small helpers for building the page. Everything that people write goes in
// as text, never as markup.

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "onclick") node.addEventListener("click", value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

// Children shows a list of plain items below a parent. Each item has a key;
// its node stays as long as the item does, and is filled again only when the
// item has changed, so that focus, selection and scrolling survive.
export class Children {
  constructor(parent, fill, tag = "li") {
    this.parent = parent;
    this.fill = fill;
    this.tag = tag;
    this.shown = new Map(); // by key: the node, and what it shows
  }

  show(items) {
    const focused = this.parent.contains(document.activeElement) ? document.activeElement : null;
    const place = focused ? [...this.parent.children].findIndex((n) => n.contains(focused)) : -1;
    const before = this.shown;
    this.shown = new Map();
    for (const item of items) {
      const entry = before.get(item.key) ?? { node: document.createElement(this.tag), text: "" };
      const text = JSON.stringify(item);
      if (entry.text !== text) {
        entry.text = text;
        this.fill(entry.node, item);
      }
      this.shown.set(item.key, entry);
    }
    const nodes = [...this.shown.values()].map((entry) => entry.node);
    const kept = new Set(nodes);
    for (const node of [...this.parent.children]) if (!kept.has(node)) node.remove();
    nodes.forEach((node, i) => {
      if (this.parent.children[i] !== node) this.parent.insertBefore(node, this.parent.children[i] ?? null);
    });
    if (!focused || focused === document.activeElement) return;
    // Moving a node takes its focus away, and removing it leaves it nowhere.
    const target = focused.isConnected ? focused : nodes[Math.min(place, nodes.length - 1)]?.querySelector("button");
    target?.focus({ preventScroll: true });
  }

  node(key) { return this.shown.get(key)?.node; }
}

const lifetime = 8000; // of a toast, in milliseconds
const most = 4; // toasts at once

// toast says something in passing. What must not be missed stands elsewhere
// on the page, too.
export function toast(text, onclick) {
  const node = element(onclick ? "button" : "div", { class: "toast", type: onclick ? "button" : undefined }, text);
  const remove = () => node.remove();
  if (onclick) node.addEventListener("click", () => { remove(); onclick(); });
  let timer = setTimeout(remove, lifetime);
  node.addEventListener("pointerenter", () => clearTimeout(timer));
  node.addEventListener("pointerleave", () => { timer = setTimeout(remove, lifetime); });
  const all = byId("toasts");
  all.append(node);
  while (all.children.length > most) all.firstChild.remove();
}

// announce says something to those who do not look at the page.
export function announce(text) {
  byId("announcer").replaceChildren(element("span", {}, text));
}
