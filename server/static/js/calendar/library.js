// EventCalendar: loaded when it is needed, and what has to be put right around it.

import { offsetText } from "aliquot/calendar/time.js";

const TARGET = 24; // pixels
const ROLES = ["table", "row", "rowgroup", "cell", "rowheader", "columnheader"].map((role) => `[role=${role}]`).join();
let library = null;

/** EventCalendar itself; its style sheet stands in the page. */
export function load(address) {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.EventCalendar);
    script.onerror = () => {
      library = null;
      script.remove();
      reject(new Error(address));
    };
    document.head.append(script);
  });
  return library;
}

/** It calls itself a table whose rows hold buttons, which no table may; so it is none. A block too
 * narrow for a thumb is no target: its day is one, and shows it large. */
export function plain(host) {
  const strip = () => {
    for (const one of host.querySelectorAll(ROLES)) {
      for (const name of ["role", "aria-colindex", "aria-colspan"]) one.removeAttribute(name);
    }
    for (const one of host.querySelectorAll(".ec-timeline .ec-event[role=button]")) {
      if (parseFloat(one.style.inlineSize) >= TARGET) continue;
      one.removeAttribute("role");
      one.removeAttribute("tabindex");
    }
  };
  strip();
  const watch = new MutationObserver(strip);
  watch.observe(host, { childList: true, subtree: true });
  return watch;
}

// A finger's click comes after its pointer has gone up; it would land on the dialog that opened there.
export function afterTouch({ pointerType }, work) {
  if (pointerType === "mouse") {
    work();
    return;
  }
  const done = (event) => {
    event?.stopPropagation();
    clearTimeout(timer);
    window.removeEventListener("click", done, true);
    work();
  };
  const timer = setTimeout(done, 350, null);
  window.addEventListener("click", done, true);
}

// EventCalendar takes an offset of zero for the browser's own: a minute later nobody sees.
export function clockOf(zone) {
  const said = offsetText(zone);
  return said === "+00:00" ? "+00:01" : said;
}
