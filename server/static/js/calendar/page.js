// The page /calendar. The server says what each address shows: its bar, its filters, its data. Going
// to another view, day or selection asks for that page and takes over its parts, so that the address,
// the history and a reload always agree; a calendar that is drawn stays and moves on.

import { Desk } from "aliquot/calendar/desk.js";
import { text } from "aliquot/calendar/texts.js";
import { toast } from "aliquot/overlays.js";

const VIEWS = { d: "day", w: "week", m: "month", a: "agenda" };
const KEYS = { ...VIEWS, t: "today", ArrowLeft: "before", ArrowRight: "after" };
const PAUSE = 400; // milliseconds of typing before the words filter

const page = document.getElementById("calendar");
let desk = null;
let asked = 0;

function start() {
  show(document);
  window.addEventListener("popstate", () => go(window.location.href, { keeps: true }));
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", pressed);
  page.addEventListener("change", (event) => changed(event));
  page.addEventListener("input", (event) => typed(event));
  page.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-calendar-form]")) return;
    event.preventDefault();
    go(addressOf(event.target));
  });
}

/** Draw what the page's data say; an agenda or a month of many is there already. */
function show(source) {
  const data = source.getElementById("calendar-data");
  const host = document.getElementById("calendar-board");
  if (!host || !data) {
    desk?.board.leave();
    return;
  }
  if (!desk) {
    desk = new Desk(host);
    desk.board.addEventListener("day", ({ detail }) => go(view("day", detail.date)));
  }
  if (desk.board.host !== host) desk.board.leave(host);
  desk.board.show(JSON.parse(data.textContent)).catch(() => failed(() => show(source)));
}

function view(name, date) {
  const address = new URL(window.location.href);
  address.searchParams.set("view", name);
  address.searchParams.set("date", date);
  return address.href;
}

/** Go to another address of the calendar without leaving the page. */
async function go(href, { keeps = false } = {}) {
  const number = ++asked;
  page.setAttribute("aria-busy", "true");
  const answer = await fetch(href, { headers: { Accept: "text/html" } }).catch(() => null);
  const said = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
  if (number !== asked) return;
  page.removeAttribute("aria-busy");
  if (said !== null) {
    if (!keeps) history.pushState(null, "", href);
    take(new DOMParser().parseFromString(said, "text/html"));
  } else if (answer && answer.status !== 503) {
    window.location.assign(href); // to log in, or to what speaks against it
  } else {
    failed(() => go(href, { keeps }));
  }
}

/** Take over the parts of another page of the calendar. */
function take(found) {
  document.title = found.title;
  const focused = document.activeElement?.id;
  const wasDrawn = document.getElementById("calendar-board");
  for (const part of page.querySelectorAll("[data-part]")) {
    const other = found.querySelector(`[data-part="${part.dataset.part}"]`);
    const isTyped = part.contains(document.activeElement) && document.activeElement.type === "search";
    if (!other || isTyped) continue;
    const board = other.querySelector("#calendar-board");
    if (board && wasDrawn && part.contains(wasDrawn) && board.dataset.one === wasDrawn.dataset.one) {
      wasDrawn.className = [board.className, "is-ready"].join(" ");
      continue;
    }
    part.replaceChildren(...document.adoptNode(other).childNodes);
  }
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
  window.htmx?.process(page);
  document.getElementById("calendar-said").textContent = page.querySelector(".cal-title-text").textContent;
  show(found.getElementById("calendar-data") ? found : document);
}

function failed(again) {
  toast(text("lost"), { undo: again, undoText: text("again"), tone: "bad" });
}

function clicked(event) {
  if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest("a[href]");
  if (!link) return;
  const opens = link.matches("[data-new]") || link.id === "book";
  if (opens && desk?.start()) event.preventDefault();
  else if (link.closest("#calendar") && new URL(link.href).pathname === "/calendar") {
    event.preventDefault();
    go(link.href);
  }
}

let leading = -Infinity;

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]") || event.target.closest("input, select, textarea, [contenteditable]")) return;
  // `g` and a letter go elsewhere.
  const isSecond = event.timeStamp - leading < 1200;
  leading = event.key === "g" ? event.timeStamp : -Infinity;
  const link = !isSecond && KEYS[event.key] && page.querySelector(`[data-way="${KEYS[event.key]}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
}

function changed({ target }) {
  const form = target.closest("[data-calendar-form]");
  if (form && target.type !== "search" && target.type !== "checkbox" && form.reportValidity()) go(addressOf(form));
}

let timer = 0;

function typed({ target }) {
  if (target.type !== "search" || !target.closest("[data-calendar-form]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => go(addressOf(target.form)), PAUSE);
}

function addressOf(form) {
  const kept = [...new FormData(form)].filter(([, value]) => value !== "");
  return `${form.action}?${new URLSearchParams(kept)}`;
}

start();
