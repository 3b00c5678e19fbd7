// Filter bars: a choice takes effect at once; words when the reader pauses. The state stays in the
// address, without what is empty.

const PAUSE = 500; // milliseconds
const TYPED = new Set(["search", "date"]); // a date is whole after its first digit of the year

export function start() {
  for (const form of document.querySelectorAll("form[data-filters]")) {
    let timer = 0;
    const send = () => form.requestSubmit();
    form.addEventListener("change", (event) => {
      if (event.target.name && !TYPED.has(event.target.type)) send(); // a picker's search has no name
    });
    form.addEventListener("input", (event) => {
      if (!TYPED.has(event.target.type)) return;
      clearTimeout(timer);
      timer = setTimeout(send, PAUSE);
    });
    form.addEventListener("submit", (event) => {
      clearTimeout(timer);
      event.preventDefault();
      const kept = [...new FormData(form)].filter(([, value]) => value !== "");
      const query = new URLSearchParams(kept).toString();
      const focused = form.contains(document.activeElement) ? document.activeElement.id : "";
      if (focused) sessionStorage.setItem("filter-focus", focused);
      window.location.assign(query ? `${form.action}?${query}` : form.action);
    });
    restore(form);
  }
}

function restore(form) {
  const field = form.querySelector(`#${CSS.escape(sessionStorage.getItem("filter-focus") || "-")}`);
  sessionStorage.removeItem("filter-focus");
  if (!field) return;
  field.focus({ preventScroll: true });
  if (field.type === "search") field.setSelectionRange(field.value.length, field.value.length);
}
