// The form of a booking: times as people type them, lengths and suggestions filled in place. All
// of it works without this, by the server. What would happen follows the fields by htmx.

import { toast } from "aliquot/overlays.js";

const form = document.getElementById("booking-form");
const field = (name) => form.elements.namedItem(name);
const DAY = 24 * 60;

let length = span();

form.addEventListener("change", (event) => {
  const name = event.target.name;
  if (name === "starts_at_time" || name === "ends_at_time") tidy(event.target);
  if (name === "starts_at_time" && length) put(minutes("starts_at_time"), length);
  if (name !== "starts_at_date") length = span();
  press();
});

// Somebody else has changed this calendar: what would happen may be something else now.
document.body.addEventListener("live:calendar", (event) => {
  if (event.detail.resource_ids.includes(field("resource_id").value)) form.dispatchEvent(new Event("recheck"));
});

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=length], button[data-use=here]");
  if (!button) return;
  const isDone = button.name === "length" ? stretch(Number(button.value)) : take(button.value);
  if (!isDone) return; // the server can do it
  event.preventDefault();
  length = span();
  press();
  form.dispatchEvent(new Event("input"));
});

// 9, 930, 09.30 and 9:30 are all times.
function tidy(input) {
  const found = /^(\d{1,2})(?:[:.h ]?(\d{2}))?$/.exec(input.value.trim());
  if (found && Number(found[1]) <= 24 && Number(found[2] || 0) < 60) {
    input.value = `${found[1].padStart(2, "0")}:${found[2] || "00"}`;
  }
}

function minutes(name) {
  const found = /^(\d{2}):(\d{2})$/.exec(field(name).value);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** Minutes by the clock from start to end; null while one of both is no time. */
function span() {
  const [first, last] = [minutes("starts_at_time"), minutes("ends_at_time")];
  if (first === null || last === null) return null;
  const until = field("ends_at_date").value;
  const days = until ? (Date.parse(until) - Date.parse(field("starts_at_date").value)) / 864e5 : 0;
  const found = days * DAY + last - first;
  return found > 0 ? found : null;
}

/** Let it end `long` minutes after `first`; the last day is named only when it is another one. */
function put(first, long) {
  const day = Date.parse(field("starts_at_date").value);
  if (first === null || Number.isNaN(day)) return false;
  const last = first + long;
  const days = last === DAY ? 0 : Math.floor(last / DAY);
  const left = last - days * DAY;
  field("ends_at_time").value = clock(left);
  setLastDay(days ? new Date(day + days * 864e5).toISOString().slice(0, 10) : "");
  return true;
}

function setLastDay(value) {
  const input = field("ends_at_date");
  input.value = value;
  if (value) input.closest("details").open = true;
}

function clock(at) {
  return `${String(Math.floor(at / 60)).padStart(2, "0")}:${String(at % 60).padStart(2, "0")}`;
}

function stretch(long) {
  tidy(field("starts_at_time"));
  return put(minutes("starts_at_time"), long);
}

// A suggestion on the same resource: `resource|start|end|unit|zone`.
function take(value) {
  const [, start, end, unit, zone] = value.split("|");
  const [from, to] = [local(start, zone), local(end, zone)];
  field("starts_at_date").value = from.day;
  field("starts_at_time").value = from.time;
  field("ends_at_time").value = to.time;
  setLastDay(to.day === from.day ? "" : to.day);
  const units = field("unit");
  if (units && units.value) units.value = unit;
  field("starts_at_time").focus();
  toast(form.dataset.filled);
  return true;
}

function local(moment, timeZone) {
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  const [day, time] = shown.format(new Date(moment)).split(" ");
  return { day, time };
}

/** Show which of the lengths it is. */
function press() {
  for (const button of form.querySelectorAll("button[name=length]")) {
    button.setAttribute("aria-pressed", String(Number(button.value) === span()));
  }
}
