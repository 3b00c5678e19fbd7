// Live updates: one connection for all tabs of a browser. The tab that holds a lock reads the
// stream and passes on what comes; when it closes, the next one goes on where it was. What happened
// is told on document.body as `live:calendar` (detail.resource_ids), `live:notifications`
// (detail.unread), `live:operation` (detail.id), `live:updates` (somebody posted or changed an
// update) and `live:reset` (read everything again).
//
// The page's <meta name="aliquot-live" content="address" data-after="place" data-person="id"> says
// where the stream is, from which place on the page has not heard, and whose tabs share it.
import { Refused, read } from "aliquot/live/stream.js";

const SETTLED = 250; // ms: a page that is left at once needs no stream
const AWAY = 60_000; // ms a hidden tab goes on listening
const SPREAD = 1500; // ms over which browsers read everything again
const LONGEST = 60_000; // ms between attempts
const KEPT = 200; // batches a reading tab keeps for those that come later

export const on = (name, handler) =>
  document.body.addEventListener(`live:${name}`, (event) => handler(event.detail));

const dispatch = (name, detail) =>
  document.body.dispatchEvent(new CustomEvent(`live:${name}`, { detail, bubbles: true }));

const isAfter = (id, other) => {
  if (!other) return true;
  const [time, number] = id.split("-").map(Number);
  const [otherTime, otherNumber] = other.split("-").map(Number);
  return time > otherTime || (time === otherTime && number > otherNumber);
};

const isReset = ({ events }) => events.some(({ name }) => name === "reset");

// Tells the page what came. A hidden page is told when somebody looks at it, but for the count of
// notifications, which costs nothing.
class Teller {
  #calendars = new Set();
  #operations = new Set();
  #hasUpdates = false;
  #isReset = false;
  #timer = null;

  hold({ name, data }) {
    if (name === "notifications") dispatch(name, data);
    else if (name === "calendar") data.resource_ids.forEach((id) => this.#calendars.add(id));
    else if (name === "operation") this.#operations.add(data.id);
    else if (name === "updates") this.#hasUpdates = true;
    else if (name === "reset") this.#isReset = true;
  }

  release() {
    if (document.hidden) return;
    if (this.#isReset) {
      // All browsers hear of it at once; whoever reads everything again does so a little later.
      this.#timer ??= setTimeout(() => this.#reset(), SPREAD * Math.random());
      return;
    }
    const [calendars, operations, hasUpdates] = [[...this.#calendars], [...this.#operations], this.#hasUpdates];
    this.#forget();
    if (hasUpdates) dispatch("updates", {});
    if (calendars.length) dispatch("calendar", { resource_ids: calendars });
    for (const id of operations) dispatch("operation", { id });
  }

  #reset() {
    this.#timer = null;
    this.#forget();
    dispatch("reset", {});
  }

  #forget() {
    this.#calendars.clear();
    this.#operations.clear();
    this.#hasUpdates = false;
    this.#isReset = false;
  }
}

class Tab {
  #teller = new Teller();
  #presence = null; // aborted when the tab leaves
  #channel = null;
  #isReading = false;
  #isOver = false;
  #retry = 2000;
  #told = []; // while reading: batches after `#since`
  #since = "";
  #asked = null; // the place a reading tab was asked about

  constructor({ content, dataset }) {
    this.address = content;
    this.position = dataset.after ?? "";
    this.name = `aliquot-live:${dataset.person ?? ""}`;
    this.isShared = "locks" in navigator && "BroadcastChannel" in window;
  }

  arrive() {
    if (this.#presence || this.#isOver) return;
    this.#presence = new AbortController();
    const { signal } = this.#presence;
    if (!this.isShared) {
      this.#readOn(signal);
      return;
    }
    this.#channel = new BroadcastChannel(this.name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#ask();
    this.#show("following");
    navigator.locks.request(this.name, { signal }, () => this.#readOn(signal)).catch(() => {}); // left while waiting
  }

  leave() {
    this.#presence?.abort();
    this.#channel?.close();
    this.#presence = this.#channel = null;
    this.#show("off");
  }

  look() {
    this.arrive();
    this.#teller.release();
  }

  #ask() {
    this.#asked = this.position;
    this.#channel.postMessage({ ask: this.position });
  }

  #hear({ batch, ask, answer, begins }) {
    if (batch) this.#take(batch);
    if (begins && isAfter(begins, this.position)) this.#ask();
    if (ask !== undefined && this.#isReading) this.#answer(ask);
    // Meant for whoever asked from there; what has come since the question is no answer to it.
    if (answer && answer.to === this.#asked) {
      this.#asked = null;
      answer.batches.forEach((missed) => this.#tell(missed));
    }
  }

  #answer(place) {
    const isKnown = place && !isAfter(this.#since, place);
    const missed = isKnown
      ? this.#told.filter(({ id }) => isAfter(id, place))
      : [{ id: this.position, events: place ? [{ name: "reset", data: {} }] : [] }];
    this.#channel.postMessage({ answer: { to: place, batches: missed } });
  }

  #take(batch) {
    if (isReset(batch) || isAfter(batch.id, this.position)) this.#tell(batch);
  }

  #tell(batch) {
    const { id, events } = batch;
    if (isReset(batch) || isAfter(id, this.position)) this.position = id;
    events.forEach((event) => this.#teller.hold(event));
    this.#teller.release();
  }

  async #readOn(signal) {
    let failures = 0;
    await pause(SETTLED, signal);
    this.#isReading = true;
    this.#told = [];
    this.#since = this.position;
    this.#channel?.postMessage({ begins: this.#since });
    while (!signal.aborted && !this.#isOver) {
      let wait = 0;
      try {
        await read(this.address, {
          after: this.position,
          signal,
          onRetry: (milliseconds) => {
            this.#retry = milliseconds;
          },
          onBatch: (batch) => {
            failures = 0;
            this.#pass(batch);
          },
        });
      } catch (error) {
        failures += 1;
        if (error instanceof Refused) {
          this.#isOver = error.isFinal;
          wait = error.wait;
        }
      }
      if (signal.aborted || this.#isOver) break;
      this.#show("off");
      await pause(Math.max(wait, Math.min(this.#retry * 2 ** failures, LONGEST)), signal);
    }
    this.#isReading = false;
  }

  #pass(batch) {
    this.#show("reading");
    this.#since ||= batch.id;
    if (batch.events.length && this.#told.push(batch) > KEPT) this.#since = this.#told.shift().id;
    this.#channel?.postMessage({ batch });
    this.#take(batch);
  }

  #show(state) {
    document.documentElement.dataset.live = state;
  }
}

// Waits, but not while it is known to be useless: a network that comes back ends it.
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      window.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    window.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}

export function start() {
  const meta = document.querySelector('meta[name="aliquot-live"]');
  if (!meta) return;
  const tab = new Tab(meta);
  let timer = null;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(() => tab.leave(), tab.isShared ? AWAY : 0);
    else tab.look();
  });
  // A page that is frozen or kept for "back" must hold neither lock nor connection.
  document.addEventListener("freeze", () => tab.leave());
  window.addEventListener("pagehide", () => tab.leave());
  window.addEventListener("pageshow", (event) => event.persisted && tab.look());
  if (!document.hidden) tab.arrive();
}
