// Clocks on walls. The calendar draws wall-clock texts ("2026-11-23T09:00:00") of one zone; the
// interface speaks in instants. Nothing here depends on the zone of the browser.

const HOUR = 3600000;
const MINUTE = 60000;
const formats = new Map();
const offsets = new Map();

/** `en` by an institute's clock and calendar; every other language by its own. */
export const locale = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;

function parts(at, zone) {
  if (!formats.has(zone)) {
    const options = { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" };
    formats.set(zone, new Intl.DateTimeFormat("en-CA", options));
  }
  return Object.fromEntries(formats.get(zone).formatToParts(at).map(({ type, value }) => [type, value]));
}

/** How far the zone's clock is ahead of UTC, in milliseconds; clocks change on full quarters. */
function offset(time, zone) {
  const quarter = Math.floor(time / (HOUR / 4));
  const key = `${zone} ${quarter}`;
  if (!offsets.has(key)) {
    const start = quarter * (HOUR / 4);
    const said = parts(new Date(start), zone);
    offsets.set(key, Date.UTC(said.year, said.month - 1, said.day, said.hour, said.minute) - start);
  }
  return offsets.get(key);
}

/** "+01:00": how far the zone's clock is ahead of UTC now. */
export function offsetText(zone) {
  const ahead = offset(Date.now(), zone) / MINUTE;
  const two = (number) => String(number).padStart(2, "0");
  return `${ahead < 0 ? "-" : "+"}${two(Math.floor(Math.abs(ahead) / 60))}:${two(Math.abs(ahead) % 60)}`;
}

/** The clock's text at an instant (ISO text, Date or milliseconds). */
export function wall(at, zone) {
  const time = typeof at === "number" ? at : new Date(at).getTime();
  return new Date(time + offset(time, zone)).toISOString().slice(0, 19);
}

/** The instant of a clock's text as ISO text; of two the first. */
export function instant(text, zone) {
  const said = new Date(`${text.slice(0, 19)}Z`).getTime();
  const earliest = said - Math.max(offset(said - 12 * HOUR, zone), offset(said + 12 * HOUR, zone));
  const other = said - Math.min(offset(said - 12 * HOUR, zone), offset(said + 12 * HOUR, zone));
  const found = earliest + offset(earliest, zone) === said ? earliest : other;
  return new Date(found).toISOString().replace(".000Z", "Z");
}

/** The text of a Date as EventCalendar hands it out: its local fields are the wall's. */
export function fields(date) {
  const two = (number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}:00`;
}

/** Wall-clock minutes between two texts. */
export function minutes(from, to) {
  return (Date.parse(`${to}Z`) - Date.parse(`${from}Z`)) / MINUTE;
}

/** A text moved by minutes of the wall. */
export function moved(text, by) {
  return new Date(Date.parse(`${text}Z`) + by * MINUTE).toISOString().slice(0, 19);
}

/** The nearest time on a grid of so many minutes since midnight. */
export function onGrid(text, slot, round = Math.round) {
  const late = (Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16))) / slot;
  return moved(text, (round(late) - late) * slot);
}

const dayFormat = new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });
const longFormat = new Intl.DateTimeFormat(locale, { timeZone: "UTC", weekday: "long", day: "numeric", month: "long" });

export function dayText(text, { long = false } = {}) {
  return (long ? longFormat : dayFormat).format(new Date(`${text.slice(0, 10)}T00:00:00Z`));
}

/** "Mon 23 Nov, 09:00–11:00"; the second day is said where it is another one. */
export function periodText(from, to, options) {
  const first = `${dayText(from, options)}, ${from.slice(11, 16)}`;
  const isOneDay = moved(to, -1).slice(0, 10) === from.slice(0, 10);
  if (!isOneDay) return `${first} – ${dayText(to, options)}, ${to.slice(11, 16)}`;
  return `${first}–${to.slice(0, 10) === from.slice(0, 10) ? to.slice(11, 16) : "24:00"}`;
}

/** What people type for a time: 9, 9:30, 0930, 09.30, 24:00; null where it is none. */
export function typedTime(text) {
  const found = /^(\d{1,2})(?:[:.h ]?(\d{2}))?$/.exec(text.trim());
  if (!found) return null;
  const [hour, minute] = [Number(found[1]), Number(found[2] ?? 0)];
  if (hour > 24 || minute > 59 || (hour === 24 && minute)) return null;
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}
