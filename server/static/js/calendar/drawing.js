// From the interface's calendar to what EventCalendar draws: rows, blocks, shaded times.

import { el, icon, text } from "aliquot/calendar/texts.js";
import { minutes, moved, wall } from "aliquot/calendar/time.js";

const SIGNS = { own: "user", wish: "clock", block: "closure" };
const [NARROW, WEEK, TINY] = [34, 58, 18]; // pixels: too little for words (without the time in a week), for a sign
const STATES = { down: "stop", degraded: "alert", retired: "box" };

/** How an entry is drawn: a closure, a request, or a booking by whose it is. */
export function kindOf(entry) {
  if (entry.kind === "block") return "block";
  if (entry.status === "requested" && !entry.is_masked) return "wish";
  if (entry.is_own) return "own";
  return entry.is_masked ? "masked" : "seen";
}

/** The blocks: bookings, and closures drawn once where they close every unit. */
export function blocks(calendar, zone, minuteWidth = 0) {
  const rows = new Map(calendar.resources.map((row) => [row.id, row]));
  const closed = new Map();
  const drawn = [];
  for (const entry of calendar.entries) {
    if (entry.kind === "block") {
      const key = [entry.closure_id, entry.resource_id, entry.starts_at, entry.ends_at].join(" ");
      closed.set(key, [...(closed.get(key) ?? []), entry]);
    } else {
      const id = entry.booking_id ?? [entry.resource_id, entry.unit, entry.starts_at].join(" ");
      drawn.push(block(entry, id, { zone, minuteWidth, tellsUnit: rows.get(entry.resource_id).units.length > 1 }));
    }
  }
  for (const [key, entries] of closed) {
    const isWhole = entries.length === rows.get(entries[0].resource_id).units.length;
    for (const entry of isWhole ? entries.slice(0, 1) : entries) {
      drawn.push(block(entry, `${key} ${isWhole ? "" : entry.unit}`, { zone, minuteWidth, tellsUnit: !isWhole }));
    }
  }
  return drawn;
}

function block(entry, id, { zone, minuteWidth, tellsUnit }) {
  const kind = kindOf(entry);
  const may = entry.kind === "booking" && entry.allowed.includes("edit");
  const start = wall(entry.starts_at, zone);
  const end = wall(entry.ends_at, zone);
  const length = minutes(start, end);
  const width = minuteWidth ? length * minuteWidth : Infinity;
  const isNarrow = width < (minuteWidth < 0.3 ? WEEK : NARROW);
  const classNames = [`is-${kind}`];
  if (isNarrow) classNames.push(width < TINY ? "is-tiny" : "is-narrow");
  if (!minuteWidth && length < 90) classNames.push(length < 45 ? "is-brief" : "is-short");
  if (entry.status === "completed") classNames.push("is-past");
  if (entry.isSaving) classNames.push("is-saving");
  // Read by the style sheet, which knows how long a minute is in each view; in a week of many it is nothing.
  const styles = [];
  for (const side of minuteWidth && minuteWidth < 0.3 ? [] : ["before", "after"]) {
    if (!entry[`buffer_${side}`]) continue;
    classNames.push(`has-${side}`);
    styles.push(`--${side}:${entry[`buffer_${side}`]}`);
  }
  return {
    id,
    resourceIds: [entry.resource_id],
    start,
    end,
    startEditable: may && entry.status !== "in_use",
    durationEditable: may && !isNarrow, // its edges could not be told from its middle
    classNames,
    styles,
    extendedProps: { entry, kind, tellsUnit, isNarrow },
  };
}

/** Shaded times: closed hours, what is out of order, what cannot be booked yet. */
export function shades(calendar, zone) {
  const drawn = [];
  const now = Date.now();
  for (const row of calendar.resources) {
    let from = calendar.from;
    const shade = (start, end, kind) => {
      if (Date.parse(start) >= Date.parse(end)) return;
      drawn.push({ resourceIds: [row.id], start: wall(start, zone), end: wall(end, zone), display: "background", classNames: [`is-${kind}`] });
    };
    for (const part of row.open) {
      shade(from, part.starts_at, "shut");
      from = part.ends_at;
    }
    shade(from, calendar.to, "shut");
    const opens = row.rules.earliest_minutes === null ? null : now + row.rules.earliest_minutes * 60000;
    if (row.state === "down") shade(new Date(Math.max(now, Date.parse(calendar.from))).toISOString(), calendar.to, "down");
    else if (opens !== null && opens < Date.parse(calendar.to)) {
      shade(new Date(Math.max(opens, Date.parse(calendar.from))).toISOString(), calendar.to, "later");
    }
  }
  return drawn;
}

/** Rows, under their groups where there are some. */
export function rows(calendar) {
  const row = (one) => ({ id: one.id, title: one.name, extendedProps: { row: one } });
  if (!calendar.groups.length) return calendar.resources.map(row);
  return calendar.groups.map((group) => ({
    id: `group ${group.id}`,
    title: group.name,
    extendedProps: { isGroup: true },
    children: calendar.resources.filter((one) => one.group_id === group.id).map(row),
  }));
}

export function rowLabel({ resource }) {
  const { row, isGroup } = resource.extendedProps;
  if (isGroup) return { domNodes: [el("span", { class: "cal-group" }, resource.title)] };
  const nodes = [el("a", { href: `/resources/${row.id}`, class: "cal-row", title: row.name }, row.name)];
  if (row.units.length > 1) nodes.push(el("span", { class: "cal-units muted" }, text("units", { number: row.units.length })));
  if (STATES[row.state]) {
    const said = el("span", { class: `cal-state ${row.state}`, title: row.state_reason ?? "" }, icon(STATES[row.state]), text(row.state));
    nodes.push(said);
  }
  return { domNodes: nodes };
}

/** What a block says: sign, time, title, person; for a screen reader the resource and the state. */
export function blockContent({ event, view }, nameOf) {
  const { entry, kind, tellsUnit, isNarrow } = event.extendedProps;
  if (event.display === "background" || !entry) return { domNodes: [] };
  const time = `${clock(event.start)}–${clock(event.end).replace("00:00", "24:00")}`;
  const title = entry.is_masked ? text("booked") : entry.title || entry.person || text("booked");
  const who = entry.person && entry.title && !entry.is_own ? entry.person : "";
  const unit = tellsUnit ? ` #${entry.unit}` : "";
  const said = [nameOf(entry.resource_id), kind === "seen" || kind === "masked" ? "" : text(kind)].filter(Boolean).join(", ");
  if (isNarrow) return { domNodes: [SIGNS[kind] ? icon(SIGNS[kind]) : "", el("span", { class: "sr-only" }, [time + unit, title, who, said].filter(Boolean).join(", "))] };
  const short = { resourceTimelineWeek: "", dayGridMonth: clock(event.start) }[view.type] ?? time;
  const nodes = [el("span", { class: "cal-time" }, SIGNS[kind] ? icon(SIGNS[kind]) : "", short && short + unit), el("span", { class: "cal-title" }, title)];
  if (who) nodes.push(el("span", { class: "cal-who" }, who));
  if (said || !short) nodes.push(el("span", { class: "sr-only" }, `, ${[short ? "" : time + unit, said].filter(Boolean).join(", ")}`));
  return { domNodes: nodes };
}

function clock(date) {
  return `${String(date.getHours()).padStart(2, "0")}:${String(date.getMinutes()).padStart(2, "0")}`;
}

/** The hours worth showing, as minutes: all open times and bookings; the whole day where one is open at night. */
export function hours(calendar, zone) {
  let [first, last] = [1440, 0];
  const stretch = (from, to) => {
    if (Date.parse(to) - Date.parse(from) > 36 * 3600000) return false;
    const [start, end] = [wall(from, zone), wall(to, zone)];
    const ends = minuteOf(end) || 1440;
    if (start.slice(0, 10) !== moved(end, -1).slice(0, 10)) return false;
    [first, last] = [Math.min(first, minuteOf(start)), Math.max(last, ends)];
    return true;
  };
  let isOpenAtNight = false;
  for (const row of calendar.resources) for (const part of row.open) isOpenAtNight ||= !stretch(part.starts_at, part.ends_at);
  for (const entry of calendar.entries) if (entry.kind === "booking") stretch(entry.starts_at, entry.ends_at);
  if (isOpenAtNight) return { first: 0, last: 1440 };
  if (first >= last) return { first: 480, last: 1080 };
  return { first: Math.floor(first / 60) * 60, last: Math.ceil(last / 60) * 60 };
}

function minuteOf(text) {
  return Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
}

