// What says something about the time says until when it is so: data-due on an element, which htmx
// asks for again at its event "due". Nobody is asked while nobody looks.

const SOONEST = 5_000; // milliseconds

export function start() {
  for (const element of document.querySelectorAll("[data-due]")) tend(element);
}

function tend(element) {
  let timer = 0;
  const wait = () => Date.parse(element.dataset.due) - Date.now();
  const ring = () => {
    if (!document.hidden && wait() <= 0) element.dispatchEvent(new CustomEvent("due"));
  };
  const wind = () => {
    clearTimeout(timer);
    timer = setTimeout(ring, Math.max(wait(), SOONEST));
  };
  new MutationObserver(wind).observe(element, { attributeFilter: ["data-due"] });
  document.addEventListener("visibilitychange", ring);
  window.addEventListener("online", ring);
  wind();
}
