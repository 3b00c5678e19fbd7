// The dialog in which a booking is made or moved: times typed, what would happen said meanwhile, and
// on a refusal who holds the time, which rules fail, what is free instead and whom to ask.

import * as api from "aliquot/calendar/api.js";
import { el, icon, text } from "aliquot/calendar/texts.js";
import { dayText, instant, minutes, moved, periodText, typedTime, wall } from "aliquot/calendar/time.js";

const PAUSE = 250; // milliseconds of typing before it is asked again
const USUAL = 60; // minutes

export class Wish {
  /** `done` hears what was booked or changed. */
  constructor(dialog, board, done) {
    Object.assign(this, { dialog, board, done, asked: 0, timer: 0 });
    this.form = dialog.querySelector("form.form");
    this.answer = dialog.querySelector("[data-answer]");
    this.button = this.form.querySelector("[type=submit]");
    this.form.addEventListener("input", () => this.typed());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    dialog.addEventListener("close", () => {
      this.asked += 1;
      this.board.unselect();
      this.board.focus(this.wish.entry?.booking_id);
    });
  }

  field(name) {
    return this.form.elements.namedItem(name);
  }

  /** Wish for new time on a row; without an end as long as is usual there. */
  make(row, start, end = null) {
    const { min_minutes: least, max_minutes: most } = row.rules;
    const usual = Math.min(Math.max(USUAL, least ?? 0), most ?? Infinity);
    this.open({ row, start, end: end ?? moved(start, usual), title: "", entry: null });
  }

  /** Type other times for a booking, with what was said when it was dropped elsewhere. */
  edit(entry, place, refusal = null) {
    this.open({ entry, title: entry.title, ...place }, refusal);
  }

  open(wish, refusal = null) {
    this.wish = wish;
    this.key = api.key();
    this.length = minutes(wish.start, wish.end);
    const { row, entry } = wish;
    this.dialog.querySelector("h2").textContent = text(entry ? "changeTimes" : "newBooking");
    this.dialog.querySelector("[data-resource]").textContent = row.name;
    this.dialog.querySelector("[data-zone]").textContent = this.board.zone;
    this.dialog.querySelector("[data-approval]").hidden = !row.rules.is_approval_required;
    this.field("title").value = wish.title;
    this.fill(wish.start, wish.end);
    this.label();
    if (refusal) this.refused(refusal);
    else this.ask();
    if (!this.dialog.open) this.dialog.showModal();
    this.field(entry ? "start_time" : "title").focus();
  }

  fill(start, end) {
    const isMidnight = end.slice(11, 16) === "00:00" && end > start;
    this.field("start_date").value = start.slice(0, 10);
    this.field("start_time").value = start.slice(11, 16);
    this.field("end_date").value = isMidnight ? moved(end, -1).slice(0, 10) : end.slice(0, 10);
    this.field("end_time").value = isMidnight ? "24:00" : end.slice(11, 16);
  }

  label() {
    const { row, entry } = this.wish;
    const asks = row.rules.is_approval_required;
    this.button.lastChild.textContent = text(entry ? "save" : asks ? "request" : "book");
    const more = new URLSearchParams({ resource_id: row.id, starts_at: instant(this.wish.start, this.board.zone), ends_at: instant(this.wish.end, this.board.zone) });
    this.dialog.querySelector("[data-more]").href = entry ? `/bookings/${entry.booking_id}/edit` : `/bookings/new?${more}`;
  }

  /** What is typed, as wall-clock texts; null where it is no time, and the field says so. */
  times() {
    const found = ["start", "end"].map((name) => {
      const time = typedTime(this.field(`${name}_time`).value);
      const day = this.field(`${name}_date`).value;
      this.field(`${name}_time`).setAttribute("aria-invalid", String(time === null));
      return time && day ? moved(`${day}T00:00:00`, minutes("2000-01-01T00:00:00", `2000-01-01T${time === "24:00" ? "00:00" : time}:00`) + (time === "24:00" ? 1440 : 0)) : null;
    });
    return found[0] && found[1] ? { start: found[0], end: found[1] } : null;
  }

  typed() {
    const field = document.activeElement?.name;
    // Another start keeps the length.
    if (field === "start_date" || field === "start_time") {
      const start = this.times()?.start;
      if (start) {
        const end = moved(start, this.length);
        const kept = this.field(field).value;
        this.fill(start, end);
        this.field(field).value = kept;
      }
    }
    const times = this.times();
    if (times) this.length = minutes(times.start, times.end);
    if (field === "title") return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  body(times) {
    const { row, entry } = this.wish;
    const said = { resource_id: row.id, starts_at: instant(times.start, this.board.zone), ends_at: instant(times.end, this.board.zone) };
    const title = this.field("title").value.trim();
    return entry && title === entry.title ? said : { ...said, title };
  }

  /** What would happen, while nothing is stored. */
  async ask() {
    const times = this.times();
    const number = ++this.asked;
    if (!times) {
      this.say("warn", "alert", text("noTime"));
      return;
    }
    Object.assign(this.wish, times);
    this.label();
    const { entry } = this.wish;
    const answer = await api.check({ ...this.body(times), ...(entry && { booking_id: entry.booking_id }) });
    if (number !== this.asked || !this.dialog.open) return;
    if (!answer.ok) this.refused(answer);
    else if (answer.data.outcome === "refused") this.tell(answer.data);
    else this.say("good", answer.data.outcome === "requested" ? "clock" : "check", text(answer.data.outcome === "requested" ? "wouldAsk" : "wouldBook"));
  }

  async send() {
    const times = this.times();
    if (!times || this.isBusy) return;
    clearTimeout(this.timer);
    this.asked += 1;
    this.busy(true);
    const { entry, row } = this.wish;
    const body = this.body(times);
    const said = JSON.stringify(body);
    if (said !== this.said) this.key = api.key();
    this.said = said;
    const answer = entry ? await api.change(entry.booking_id, entry.version, body) : await api.create(body, this.key);
    this.busy(false);
    if (!answer.ok) {
      this.refused(answer);
      return;
    }
    this.dialog.close();
    this.done({ booking: answer.data, before: entry, row });
  }

  busy(isBusy) {
    this.isBusy = isBusy;
    this.button.setAttribute("aria-busy", String(isBusy));
  }

  refused(answer) {
    if (answer.lost) {
      this.say("bad", "alert", text("lost"), el("button", { type: "button", class: "btn", on: { click: () => this.send() } }, text("again")));
      return;
    }
    if (answer.status === 412) {
      this.say("bad", "alert", text("stale"));
      return;
    }
    const { problem } = answer;
    const faults = (problem.errors ?? []).map((fault) => ({ code: fault.code, message: fault.detail }));
    // A conflict is told by who holds the time.
    const violations = problem.conflicts?.length && answer.status === 409 ? [] : problem.violations?.length ? problem.violations : faults;
    this.tell({ ...problem, violations });
  }

  /** Why not, who has it, what instead, whom to ask. */
  tell({ title = null, detail = null, violations = [], conflicts = [], suggestions = [], contact = null }) {
    const isTaken = conflicts.length > 0;
    const reasons = violations.map((one) => el("li", { "data-code": one.code }, one.message));
    const holders = conflicts.map((one) => el("li", {}, this.holder(one)));
    if (!reasons.length && !holders.length && detail) reasons.push(el("li", {}, detail));
    const parts = [
      el("p", { class: "title" }, isTaken && !violations.length ? text("taken") : title ?? text("refused")),
      el("ul", { class: "cal-reasons" }, ...reasons, ...holders),
    ];
    if (suggestions.length) {
      parts.push(el("p", { class: "small muted" }, text("instead")));
      parts.push(el("div", { class: "cal-instead" }, ...suggestions.slice(0, 6).map((one) => this.suggestion(one))));
    }
    if (contact) {
      const mail = contact.email ? el("a", { href: `mailto:${contact.email}` }, contact.name) : contact.name;
      parts.push(el("p", { class: "small" }, `${text("contact")} `, mail));
    }
    this.say("bad", "stop", ...parts);
  }

  holder(one) {
    const { zone } = this.board;
    const when = periodText(wall(one.starts_at, zone), wall(one.ends_at, zone));
    const who = one.booked_for?.name ?? "";
    const what = one.kind === "block" ? text("closedFor", { reason: one.title }) : [one.title, who].filter(Boolean).join(" · ");
    return el("span", {}, el("strong", {}, when), ` ${what}`);
  }

  suggestion(one) {
    const { zone } = this.board;
    const [start, end] = [wall(one.starts_at, zone), wall(one.ends_at, zone)];
    const isElsewhere = one.resource.id !== this.wish.row.id;
    const isSameDay = start.slice(0, 10) === this.wish.start.slice(0, 10);
    const when = isSameDay ? `${start.slice(11, 16)}–${end.slice(11, 16)}` : periodText(start, end);
    const label = el("span", {}, el("strong", {}, when), isElsewhere && el("small", {}, one.resource.name));
    return el("button", { type: "button", class: "btn", title: isSameDay ? dayText(start) : null, "data-suggestion": one.kind, on: { click: () => this.take(one, start, end) } }, icon(isElsewhere ? "resource" : "clock"), label);
  }

  /** One click: the suggestion becomes the wish and is sent. */
  take(one, start, end) {
    const row = this.board.row(one.resource.id) ?? { ...this.wish.row, id: one.resource.id, name: one.resource.name };
    Object.assign(this.wish, { row, start, end });
    this.dialog.querySelector("[data-resource]").textContent = row.name;
    this.fill(start, end);
    this.length = minutes(start, end);
    this.label();
    this.send();
  }

  say(tone, sign, ...content) {
    const note = el("div", { class: `note ${tone}` }, icon(sign), el("div", {}, ...content));
    this.answer.replaceChildren(note);
  }
}
