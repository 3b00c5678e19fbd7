// The dialog of a booking or a closure: what it is, and everything the reader may do with it.

import * as api from "aliquot/calendar/api.js";
import { kindOf } from "aliquot/calendar/drawing.js";
import { el, icon, text } from "aliquot/calendar/texts.js";
import { periodText, wall } from "aliquot/calendar/time.js";

const SIGNS = { edit: "clock", "check-in": "play", "check-out": "flag", cancel: "cross", approve: "check", reject: "cross" };

export class EntryDialog {
  /** `work` does what a button says: edit, cancel, check-in, check-out, approve, reject. */
  constructor(dialog, board, work) {
    Object.assign(this, { dialog, board, work });
    this.body = dialog.querySelector("[data-entry]");
    dialog.addEventListener("close", () => board.focus(this.entry.booking_id));
  }

  open(entry) {
    this.entry = entry;
    const row = this.board.row(entry.resource_id);
    const kind = kindOf(entry);
    const title = entry.is_masked ? text("booked") : entry.title || entry.person || text("booked");
    this.dialog.querySelector("h2").textContent = title;
    const when = periodText(wall(entry.starts_at, this.board.zone), wall(entry.ends_at, this.board.zone), { long: true });
    this.body.replaceChildren(
      el("p", { class: `cal-kind is-${kind}` }, text(kind === "seen" || kind === "own" || kind === "masked" ? (entry.status ?? kind) : kind), kind === "own" && ` · ${text("own")}`),
      this.facts([
        [text("when"), when],
        [text("where"), el("a", { href: `/resources/${row.id}` }, row.name + (row.units.length > 1 ? ` #${entry.unit}` : ""))],
        [text("who"), entry.person],
        [text("buffers"), this.buffers(entry)],
      ]),
      this.notes(),
      this.actions(entry),
    );
    if (!this.dialog.open) this.dialog.showModal();
    if (entry.booking_id && !entry.is_masked) this.fetchNotes(entry);
  }

  facts(pairs) {
    const shown = pairs.filter(([, value]) => value);
    return el("dl", { class: "cal-facts" }, ...shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  }

  buffers({ buffer_before: before, buffer_after: after }) {
    return [before && text("minutesBefore", { minutes: before }), after && text("minutesAfter", { minutes: after })].filter(Boolean).join(", ");
  }

  notes() {
    return el("p", { class: "pre", "data-notes": true, hidden: true });
  }

  async fetchNotes(entry) {
    const answer = await api.booking(entry.booking_id);
    const place = this.body.querySelector("[data-notes]");
    if (!answer.ok || this.entry !== entry || !place || !answer.data.notes) return;
    place.textContent = answer.data.notes;
    place.hidden = false;
  }

  actions(entry) {
    if (!entry.booking_id) return "";
    const known = entry.allowed.filter((verb) => SIGNS[verb]);
    const button = (verb) =>
      el(
        "button",
        { type: "button", class: `btn ${verb === "cancel" || verb === "reject" ? "btn-danger" : verb === "check-in" || verb === "approve" ? "btn-primary" : ""}`, "data-verb": verb, on: { click: () => this.press(verb) } },
        icon(SIGNS[verb]),
        text(verb),
      );
    const page = el("a", { class: "btn btn-quiet", href: `/bookings/${entry.booking_id}` }, text("openPage"));
    return el("div", { class: "buttons" }, ...known.map(button), page);
  }

  press(verb) {
    this.dialog.close();
    this.work(verb, this.entry);
  }
}
