// What says something about the time says until when it is so: data-due on an element, which htmx
// asks for again at its event "due". Nobody is asked while nobody looks.

const SOONEST = 5_000; // milliseconds
const LATEST = 86_400_000; // a timer cannot count further than 24 days

export function start() {
  for (const element of document.querySelectorAll("[data-due]")) tend(element);
}

function tend(element) {
  let timer = 0;
  const wait = () => Date.parse(element.dataset.due) - Date.now();
  const ring = () => {
    if (document.hidden) return;
    if (wait() <= 0) element.dispatchEvent(new CustomEvent("due"));
    else wind(); // the clock of timers is not this one
  };
  const wind = () => {
    clearTimeout(timer);
    timer = setTimeout(ring, Math.min(Math.max(wait(), SOONEST), LATEST));
  };
  new MutationObserver(wind).observe(element, { attributeFilter: ["data-due"] });
  document.addEventListener("visibilitychange", ring);
  window.addEventListener("online", ring);
  wind();
}
