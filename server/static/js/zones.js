// The time zone of a form nobody has filled in yet is the browser's, where the list has it.

export function start() {
  for (const select of document.querySelectorAll("[data-guess-zone] select")) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...select.options].some((one) => one.value === zone)) select.value = zone;
  }
}
