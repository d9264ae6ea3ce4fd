// Clocks: what they show where the customer is, and which moment that is.

// own is the time zone of whoever looks at the page.
export const own = Intl.DateTimeFormat().resolvedOptions().timeZone;

// place names a time zone for people: Denver, not America/Denver.
export const place = (zone) => zone.slice(zone.lastIndexOf("/") + 1).replaceAll("_", " ");

const formats = new Map(); // by what they are for and zone: to make one takes long

function format(name, zone, options) {
  const key = name + " " + zone;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(name === "wall" ? "en-GB" : undefined, { ...options, timeZone: zone }));
  return formats.get(key);
}

// wall returns what the clocks of a zone show at a moment, as if it were UTC, in
// milliseconds.
function wall(at, zone) {
  const parts = Object.fromEntries(format("wall", zone, {
    year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric", hourCycle: "h23",
  }).formatToParts(at).map((p) => [p.type, Number(p.value)]));
  return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
}

// instant returns the moment at which the clocks of a zone show something. Of a
// time that they show twice it is one, of one that they leave out one near it.
function instant(shown, zone) {
  let at = shown;
  for (let i = 0; i < 3; i++) at += shown - wall(at, zone);
  return new Date(at);
}

const dayLength = 86400000;
const dayOf = (shown) => Math.floor(shown / dayLength);

// local writes a moment as a field of the kind datetime-local has it, and moment
// reads it.
export const local = (at, zone) => new Date(wall(at, zone)).toISOString().slice(0, 16);
export const moment = (text, zone) => (text === "" ? null : instant(Date.parse(text + "Z"), zone));

export const clock = (at, zone) => format("clock", zone, { hour: "2-digit", minute: "2-digit" }).format(at);

// when says on which day a moment is and what the clocks show then: "tomorrow
// 09:00", "Tue 09:00", "Tue 5 Jan 09:00".
export function when(at, zone, now = Date.now()) {
  const ahead = dayOf(wall(at, zone)) - dayOf(wall(now, zone));
  const day = ahead === 0 ? "today" : ahead === 1 ? "tomorrow"
    : ahead > 1 && ahead < 7 ? format("weekday", zone, { weekday: "short" }).format(at)
    : format("day", zone, { weekday: "short", day: "numeric", month: "short" }).format(at);
  return day + " " + clock(at, zone);
}

const fifteen = 15 * 3600000, nine = 9 * 3600000; // past midnight

// choices are the moments for which people put a message off, as [name, moment].
export function choices(zone, now = Date.now()) {
  const shown = wall(now, zone);
  const today = dayOf(shown) * dayLength;
  const all = [];
  if (shown - today < fifteen - 1800000) all.push(["This afternoon", instant(today + fifteen, zone)]);
  all.push(["Tomorrow morning", instant(today + dayLength + nine, zone)]);
  const weekday = new Date(today).getUTCDay();
  const untilMonday = (8 - weekday) % 7 || 7;
  if (untilMonday > 1) all.push(["Next Monday", instant(today + untilMonday * dayLength + nine, zone)]);
  return all;
}
