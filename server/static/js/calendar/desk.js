// What a reader does on a board: the dialogs, the answers of the interface, and taking things back.

import * as api from "aliquot/calendar/api.js";
import { Board } from "aliquot/calendar/board.js";
import { EntryDialog } from "aliquot/calendar/entry.js";
import { text } from "aliquot/calendar/texts.js";
import { instant, onGrid, periodText, wall } from "aliquot/calendar/time.js";
import { Wish } from "aliquot/calendar/wish.js";
import { toast } from "aliquot/overlays.js";

export class Desk {
  #turns = new Map(); // by booking: what is being saved
  #versions = new Map(); // by booking: the newest an answer told

  constructor(host) {
    this.board = new Board(host);
    this.wish = new Wish(document.getElementById("cal-book"), this.board, (made) => this.made(made));
    this.dialog = new EntryDialog(document.getElementById("cal-entry"), this.board, (verb, entry) => this.act(verb, entry));
    const on = (name, work) => this.board.addEventListener(name, ({ detail }) => work(detail));
    on("wish", ({ row, start, end }) => this.wish.make(row, start, end));
    on("open", ({ entry }) => this.dialog.open(entry));
    on("move", (move) => this.move(move));
    on("lost", (answer) => this.lost(answer, () => this.board.refresh()));
    document.body.addEventListener("live:calendar", ({ detail }) => {
      if (this.board.state?.calendar && this.board.shows(detail.resource_ids)) this.board.refresh();
    });
    document.body.addEventListener("live:reset", () => this.board.state && this.board.refresh());
  }

  /** A booking without dragging: the next full hour of the first row that can be booked. */
  start() {
    if (!this.board.state) return false;
    const { calendar, date } = this.board.state;
    const row = calendar.resources.find((one) => one.is_bookable);
    if (!row) return false;
    const now = onGrid(wall(Date.now(), this.board.zone), 60, Math.ceil);
    const soon = instant(now.slice(0, 10) >= date ? now : `${date}T00:00:00`, this.board.zone);
    const open = row.open.find((part) => part.ends_at > soon) ?? null;
    const from = open && open.starts_at > soon ? wall(open.starts_at, this.board.zone) : wall(soon, this.board.zone);
    this.wish.make(row, from);
    return true;
  }

  async made({ booking, before, row }) {
    const { zone } = this.board;
    const when = periodText(wall(booking.starts_at, zone), wall(booking.ends_at, zone));
    if (before) this.moved(before, booking);
    else this.tell(text(booking.status === "requested" ? "requestedToast" : "bookedToast", { when, resource: row.name }));
    await this.board.refresh();
    this.board.focus(booking.id);
  }

  /** A block was dropped: shown where it was meant to be, and put back unless the answer is yes. */
  async move({ entry, row, start, end, revert }) {
    const { board } = this;
    this.last?.remove(); // what it would take back is about to be another thing
    const place = { resource_id: row.id, starts_at: instant(start, board.zone), ends_at: instant(end, board.zone) };
    const release = board.hold(entry.booking_id, place);
    const answer = await this.inTurn(entry.booking_id, () => api.change(entry.booking_id, this.version(entry), place));
    release();
    if (answer.ok) {
      this.moved(entry, answer.data);
      Object.assign(board.entry(entry.booking_id) ?? {}, place, { version: answer.data.version, status: answer.data.status, allowed: answer.data.allowed });
      board.redraw();
    } else if (answer.lost) {
      this.lost(answer, () => this.move({ entry, row, start, end, revert }));
    } else {
      this.wish.edit(entry, { row, start, end }, answer);
    }
    board.refresh();
  }

  /** One change of a booking after the other: each needs the version that the one before made. */
  inTurn(id, work) {
    const turn = (this.#turns.get(id) ?? Promise.resolve()).then(work).then((answer) => {
      if (answer.ok) this.#versions.set(id, answer.data.version);
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
      return answer;
    });
    this.#turns.set(id, turn);
    return turn;
  }

  /** The newest version known here: what is drawn may be older than what was answered. */
  version(entry) {
    return Math.max(entry.version, this.board.entry(entry.booking_id)?.version ?? 0, this.#versions.get(entry.booking_id) ?? 0);
  }

  moved(before, booking) {
    const { zone } = this.board;
    const when = periodText(wall(booking.starts_at, zone), wall(booking.ends_at, zone));
    const back = { resource_id: before.resource_id, starts_at: before.starts_at, ends_at: before.ends_at, title: before.title };
    const undo = async () => this.told(await this.inTurn(booking.id, () => api.change(booking.id, booking.version, back)), text("undone"));
    this.tell(text(booking.status === "requested" ? "movedAsks" : "moved", { when }), undo);
  }

  async act(verb, entry) {
    if (verb === "edit") {
      const { zone } = this.board;
      this.wish.edit(entry, { row: this.board.row(entry.resource_id), start: wall(entry.starts_at, zone), end: wall(entry.ends_at, zone) });
      return;
    }
    if (verb === "reject") {
      window.location.assign(`/bookings/${entry.booking_id}`); // it wants a reason
      return;
    }
    const needsBody = verb === "cancel" || verb === "approve";
    const body = needsBody ? {} : undefined;
    const answer = await this.inTurn(entry.booking_id, () => api.act(entry.booking_id, this.version(entry), verb, body));
    if (answer.ok && verb === "cancel") this.cancelled(answer.data);
    else this.told(answer, text(`${verb}Done`), () => this.act(verb, entry));
  }

  cancelled(booking) {
    const undo = async () => this.told(await this.inTurn(booking.id, () => api.act(booking.id, booking.version, "restore")), text("undone"));
    this.tell(text("cancelDone"), booking.allowed.includes("restore") ? undo : null);
    this.board.refresh();
  }

  /** Say what came of something, or why nothing did. */
  told(answer, good, again = null) {
    if (answer.ok) this.tell(good);
    else if (answer.lost) this.lost(answer, again);
    else toast([answer.problem.title, answer.problem.detail].filter(Boolean).join(": "), { tone: "bad" });
    this.board.refresh();
  }

  /** One thing at a time: what was done last can be undone. */
  tell(said, undo = null) {
    this.last?.remove();
    this.last = toast(said, { undo, undoText: text("undo") });
  }

  lost({ status, lost, problem }, again) {
    if (status === 401) {
      window.location.reload(); // to log in, and back here
      return;
    }
    this.notice?.remove();
    const said = lost ? text("lost") : [problem.title, problem.detail].filter(Boolean).join(": ");
    this.notice = toast(said, { undo: again, undoText: text("again"), tone: "bad" });
  }
}
