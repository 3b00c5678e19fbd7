// One calendar on a page: EventCalendar, loaded when it is needed, fed and kept true.

import * as api from "aliquot/calendar/api.js";
import { blockContent, blocks, hours, rowLabel, rows, shades } from "aliquot/calendar/drawing.js";
import { afterTouch, clockOf, load, plain } from "aliquot/calendar/library.js";
import { NARROW, timeline } from "aliquot/calendar/scale.js";
import { el, text } from "aliquot/calendar/texts.js";
import { dayText, fields, locale, minutes, onGrid, wall } from "aliquot/calendar/time.js";

export class Board extends EventTarget {
  constructor(host) {
    super();
    this.host = host;
    this.saving = new Map(); // booking id -> where it is on its way to
    this.asked = 0;
    for (const name of ["beforeprint", "afterprint"]) window.addEventListener(name, () => this.print(name === "beforeprint"));
  }

  get zone() {
    return this.state.zone;
  }

  get isOne() {
    return this.state.calendar.resources.length === 1 && this.host.dataset.one !== undefined;
  }

  row(id) {
    return this.state.calendar.resources.find((one) => one.id === id);
  }

  entry(id) {
    return this.state.calendar.entries.find((one) => one.booking_id === id);
  }

  shows(ids) {
    return this.state.calendar.resources.some((row) => ids.includes(row.id));
  }

  /** Draw `state` (see `web/pages/drawing.py`), on the calendar there is or on a new one. */
  async show(state) {
    this.state = state;
    this.etag = null;
    this.asked += 1;
    this.library = await load(this.host.dataset.library);
    if (this.state !== state) return;
    const fixed = this.fixed();
    const key = [fixed.view, state.zone, fixed.selectable, fixed.snapDuration.minutes, this.isOne].join(" ");
    if (this.calendar && this.key === key) {
      for (const [name, value] of Object.entries(this.moving())) this.calendar.setOption(name, value);
      return;
    }
    this.clear();
    this.key = key;
    this.host.replaceChildren();
    this.host.classList.remove("is-waiting");
    this.calendar = this.library.create(this.host, { ...fixed, ...this.moving() });
    this.watch = plain(this.host);
  }

  clear() {
    this.watch?.disconnect();
    if (this.calendar) this.library.destroy(this.calendar);
    this.calendar = null;
  }

  /** The page shows something else now; later it may have another place for it. */
  leave(host = this.host) {
    this.clear();
    Object.assign(this, { host, state: null });
  }

  /** Ask again for what is shown; nothing happens where nothing has changed. */
  async refresh() {
    if (!this.state) return;
    const number = ++this.asked;
    const answer = await api.read(this.state.question, this.etag);
    if (number !== this.asked || answer.unchanged || !this.state) return;
    if (!answer.ok) {
      this.dispatchEvent(new CustomEvent("lost", { detail: answer }));
      return;
    }
    this.etag = answer.etag;
    this.state.calendar = answer.data;
    this.redraw();
  }

  redraw() {
    this.focus(document.activeElement?.dataset.booking); // its block is made anew
    this.calendar?.setOption("resources", rows(this.state.calendar));
    this.calendar?.setOption("events", this.events());
  }

  /** Where a booking is meant to be until the answer is there. */
  hold(id, place) {
    const held = { ...place, isSaving: true };
    this.saving.set(id, held);
    this.redraw();
    return () => {
      if (this.saving.get(id) !== held) return; // moved on, and that is being saved
      this.saving.delete(id);
      this.redraw();
    };
  }

  events() {
    const { calendar } = this.state;
    const entries = calendar.entries.map((entry) => ({ ...entry, ...this.saving.get(entry.booking_id) }));
    return [...blocks({ ...calendar, entries }, this.zone, this.minuteWidth), ...shades(calendar, this.zone)];
  }

  get view() {
    const kinds = this.isOne
      ? { day: "timeGridDay", week: "timeGridWeek", month: "dayGridMonth" }
      : { day: "resourceTimelineDay", week: "resourceTimelineWeek" };
    return kinds[this.state.view];
  }

  /** What changes with the days and the data. */
  moving() {
    const { first, last } = hours(this.state.calendar, this.zone);
    const clock = (minute) => `${String(Math.floor(minute / 60)).padStart(2, "0")}:00`;
    const scale = this.state.view === "month" ? {} : this.scale(first, last);
    const changing = { ...scale, date: this.state.date, resources: rows(this.state.calendar), events: this.events() };
    if (this.state.view === "month") return changing;
    return { slotMinTime: clock(first), slotMaxTime: clock(last), scrollTime: clock(this.scrollTo(first)), ...changing };
  }

  /** A day's name leads to the day. */
  dayHead(date) {
    const day = fields(date);
    if (this.state.view === "day") return dayText(day);
    const address = new URL("/calendar", window.location.href);
    if (window.location.pathname === address.pathname) address.search = window.location.search;
    else address.searchParams.set("resource_id", this.state.calendar.resources[0].id);
    address.searchParams.set("view", "day");
    address.searchParams.set("date", day.slice(0, 10));
    return { domNodes: [el("a", { href: address.pathname + address.search }, dayText(day))] };
  }

  scrollTo(first) {
    const now = wall(Date.now(), this.zone);
    const isToday = this.state.view === "day" && now.startsWith(this.state.date);
    return isToday ? Math.max(first, (Number(now.slice(11, 13)) - 1) * 60) : Math.max(first, 420);
  }

  /** On paper nothing can be scrolled to. */
  print(isPrinted) {
    if (!this.calendar || this.isOne) return;
    this.isPrinted = isPrinted;
    for (const [name, value] of Object.entries(this.moving())) this.calendar.setOption(name, value);
  }

  scale(first, last) {
    const width = this.host.clientWidth;
    this.minuteWidth = 0;
    if (this.isOne) return { columnWidth: this.state.view === "week" && width < NARROW ? "6.5rem" : undefined };
    const { hour, ...found } = timeline({ width, isPrinted: this.isPrinted, isWeek: this.state.view === "week", hours: (last - first) / 60 });
    this.minuteWidth = hour / 60;
    this.host.style.setProperty("--cal-minute", `${hour / 60}px`);
    return found;
  }

  /** What stays as long as the view does. */
  fixed() {
    const row = this.isOne ? this.state.calendar.resources[0] : null;
    const slot = row?.slot_minutes ?? 15;
    const mayBook = this.state.calendar.resources.some((one) => one.is_bookable) && this.state.view !== "month";
    if (this.isOne) this.host.style.setProperty("--cal-minute", "0.8px");
    return {
      view: this.view,
      timeZone: clockOf(this.zone),
      locale,
      firstDay: 1,
      height: "100%",
      headerToolbar: { start: "", center: "", end: "" },
      nowIndicator: true,
      allDaySlot: false,
      dayMaxEvents: true,
      slotEventOverlap: false,
      slotHeight: 24,
      slotDuration: "00:30",
      snapDuration: { minutes: Math.min(slot, 60) },
      slotLabelFormat: { hour: "2-digit", hourCycle: "h23", ...(this.isOne || this.state.view === "day" ? { minute: "2-digit" } : {}) },
      dayHeaderFormat: this.state.view === "month" ? { weekday: "short" } : (date) => this.dayHead(date),
      eventTimeFormat: () => "", // blocks tell their time themselves; Intl would take longer than all the rest
      eventGap: 2,
      selectable: mayBook,
      selectMinDistance: 4,
      unselectAuto: false,
      eventResizableFromStart: true,
      longPressDelay: 400,
      eventDidMount: ({ el, event }) => {
        const { entry } = event.extendedProps;
        if (entry?.booking_id) el.dataset.booking = entry.booking_id;
      },
      eventContent: (info) => blockContent(info, (id) => (this.isOne ? "" : this.row(id)?.name)),
      resourceLabelContent: rowLabel,
      moreLinkContent: ({ num }) => text("more", { number: num }),
      selectConstraint: ({ resource }) => this.bookable(resource),
      select: (info) => this.chosen(info),
      dateClick: (info) => this.clicked(info),
      eventClick: ({ event, jsEvent }) => {
        jsEvent.preventDefault(); // or the same Enter presses the first button of the dialog
        this.say("open", { entry: event.extendedProps.entry });
      },
      dragConstraint: (info) => (info.newResource ? this.bookable(info.newResource) : true),
      eventDrop: (info) => this.dropped(info),
      eventResize: (info) => this.dropped(info),
    };
  }

  bookable(resource) {
    return (this.isOne ? this.state.calendar.resources[0] : resource?.extendedProps.row)?.is_bookable ?? false;
  }

  say(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  chosen({ startStr, endStr, resource, jsEvent }) {
    const row = this.isOne ? this.state.calendar.resources[0] : resource?.extendedProps.row;
    if (!row?.is_bookable) {
      this.calendar.unselect();
      return;
    }
    const slot = row.slot_minutes ?? 1;
    const start = onGrid(startStr, slot, Math.floor);
    const shortest = row.rules.min_minutes ?? slot;
    const end = onGrid(endStr, slot, Math.ceil);
    afterTouch(jsEvent, () => this.say("wish", { row, start, end: minutes(start, end) < shortest ? null : end }));
  }

  /** A click on free time is the shortest way to wish for it; on a month's day, to that day. */
  clicked({ dateStr, allDay, resource, jsEvent }) {
    if (jsEvent.target.closest(".ec-event")) return;
    if (allDay || this.state.view === "month") this.say("day", { date: dateStr.slice(0, 10) });
    else this.chosen({ startStr: dateStr.slice(0, 19), endStr: dateStr.slice(0, 19), resource, jsEvent });
  }

  dropped({ event, revert, newResource }) {
    const { entry } = event.extendedProps;
    const row = newResource?.extendedProps.row ?? this.row(entry.resource_id);
    const slot = row?.slot_minutes ?? 1;
    this.say("move", {
      entry,
      row,
      start: onGrid(fields(event.start), slot),
      end: onGrid(fields(event.end), slot),
      revert,
    });
  }

  /** Give a booking's block the focus, now or once it is drawn. */
  focus(id) {
    if (id) this.wanted = { id, until: Date.now() + 2000 };
    requestAnimationFrame(() => {
      if (!this.wanted) return;
      const found = this.host.querySelector(`[data-booking="${CSS.escape(this.wanted.id)}"]`);
      if (found) found.focus({ preventScroll: true });
      if (found || Date.now() > this.wanted.until) this.wanted = null;
    });
  }

  unselect() {
    this.calendar?.unselect();
  }
}
