// Texts with what was found in them. Marks say from where up to where, in the
// units in which JavaScript counts.

import { element } from "./dom.js";

const before = 40, length = 240; // of a snippet

// marked returns a text, or a part of it, as nodes.
export function marked(text, marks, from = 0, to = text.length) {
  const nodes = [];
  let at = from;
  for (const [start, end] of marks) {
    if (end <= from || start >= to) continue;
    if (start > at) nodes.push(text.slice(at, start));
    nodes.push(element("mark", {}, text.slice(Math.max(start, from), Math.min(end, to))));
    at = end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

// snippet returns what is around the first of the marks.
export function snippet(text, marks) {
  const first = marks[0]?.[0] ?? 0;
  const from = first > before * 1.5 ? cut(text, first - before, first) : 0;
  const to = text.length > from + length * 1.2 ? cut(text, from + length, text.length) : text.length;
  return [from > 0 ? "…" : "", ...marked(text, marks, from, to), to < text.length ? "…" : ""].filter(Boolean);
}

// cut returns where a text can be cut, from a place on: after a space that is
// near, or else between two characters.
function cut(text, at, limit) {
  const part = text.slice(at, Math.min(limit, at + 20));
  const space = /\s+\S/u.exec(part);
  if (space) return at + space.index + space[0].length - 1;
  return at + /^[\p{M}\p{Cf}\udc00-\udfff]*/u.exec(part)[0].length;
}
