// How long something is held still: data-until on an element, told in minutes and seconds beside
// the time that stands there for everybody.

const tick = () => {
  for (const element of document.querySelectorAll("[data-until]")) {
    const left = Math.max(0, Math.round((Date.parse(element.dataset.until) - Date.now()) / 1000));
    const text = left < 3600 ? ` (${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")})` : "";
    if (element.textContent !== text) element.textContent = text;
  }
};

tick();
setInterval(tick, 1000);
