// How addresses and moments are written for people.

const media = { whatsapp: "WhatsApp", messenger: "Messenger", rcs: "RCS" };

// medium names what an address is reached by.
export function medium(address) {
  const at = address.indexOf(":");
  return at < 0 ? "SMS" : media[address.slice(0, at)] || address.slice(0, at);
}

// number writes a telephone number so that it can be read; an address of
// another kind stays as it is.
export function number(address) {
  const plain = address.slice(address.indexOf(":") + 1);
  const american = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(plain);
  return american ? "+1 " + american[1] + " " + american[2] + " " + american[3] : plain;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayAndMonth = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const dayOfWeek = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

const dayOf = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const daysAgo = (at) => Math.round((dayOf(new Date()) - dayOf(at)) / 86400000);

export const time = (text) => clock.format(new Date(text));
export const moment = (text) => full.format(new Date(text));

// day names the day of a moment.
export function day(text) {
  const at = new Date(text);
  const ago = daysAgo(at);
  return ago === 0 ? "Today" : ago === 1 ? "Yesterday" : dayOfWeek.format(at);
}

// deadline says until when something has to be done.
export function deadline(text) {
  const at = new Date(text);
  const ago = daysAgo(at);
  const when = clock.format(at);
  return "at " + when + (ago === 0 ? "" : ago === -1 ? " tomorrow" : " on " + dayOfWeek.format(at));
}

// brief writes a moment for a list: the time today, the date before.
export function brief(text) {
  const at = new Date(text);
  const ago = daysAgo(at);
  return ago <= 0 ? clock.format(at) : ago === 1 ? "Yesterday" : dayAndMonth.format(at);
}

export const minutesSince = (text) => Math.max(0, Math.floor((Date.now() - new Date(text)) / 60000));

// waited says for how long a customer has been waiting.
export function waited(text) {
  const minutes = minutesSince(text);
  if (minutes < 1) return "waiting";
  if (minutes < 60) return "waiting " + minutes + " min";
  if (minutes < 48 * 60) return "waiting " + Math.floor(minutes / 60) + " h";
  return "waiting " + Math.floor(minutes / 1440) + " days";
}
