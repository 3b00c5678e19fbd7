// Where there are more tabs than fit beside one another, the one the page belongs to is in sight.

export function start() {
  for (const tab of document.querySelectorAll(".subnav [aria-current]")) {
    const row = tab.parentElement;
    row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}
