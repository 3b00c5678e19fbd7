// The count of what is unread: elements [data-unread], named by [data-unread-label] around them.
// They lie over the bell, so nothing moves when they come and go.
import { on } from "aliquot/live.js";

const MOST = 99;

export function start() {
  on("notifications", ({ unread }) => {
    for (const count of document.querySelectorAll("[data-unread]")) {
      count.textContent = unread > MOST ? `${MOST}+` : String(unread);
      count.hidden = unread === 0;
      const named = count.closest("[data-unread-label]");
      if (!named) continue;
      const number = new Intl.NumberFormat(document.documentElement.lang).format(unread);
      const label = named.dataset.unreadLabel.replace("{count}", number);
      if (unread) named.setAttribute("aria-label", label);
      else named.removeAttribute("aria-label");
    }
  });
}
