// Dialogs, menus and toasts: native elements, with what they lack.

const SHOWN_FOR = 8000; // milliseconds; a toast with something to undo stays twice as long

export function start() {
  document.addEventListener("click", pressed);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus();
  });
  for (const box of document.querySelectorAll("[data-toast]")) tend(box);
}

function pressed(event) {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    closeMenus();
    open(opener.dataset.opens);
    return;
  }
  closeMenus(event.target.closest("details.menu"));
  // A click on the darkened page around a dialog lands on the dialog itself.
  if (event.target instanceof HTMLDialogElement) event.target.close();
}

export function open(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
  return dialog;
}

function closeMenus(except = null) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu === except) continue;
    const had = menu.contains(document.activeElement);
    menu.open = false;
    if (had) menu.querySelector("summary").focus();
  }
}

/** Say what was done. `undo` is called when the reader takes it back; it may return a promise. */
export function toast(text, { undo = null, undoText = "", tone = "" } = {}) {
  const box = document.createElement("div");
  box.className = `toast-box ${tone}`;
  box.dataset.toast = "";
  const said = document.createElement("span");
  said.className = "grow";
  said.textContent = text;
  box.append(said);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = undoText;
    button.addEventListener("click", () => {
      box.remove();
      undo();
    });
    box.append(button);
  }
  document.getElementById("toasts").append(box);
  tend(box);
  return box;
}

function tend(box) {
  const button = box.querySelector("[data-dismiss]");
  button?.addEventListener("click", () => box.remove());
  const time = box.querySelector("form, button:not([data-dismiss])") ? 2 * SHOWN_FOR : SHOWN_FOR;
  let timer = setTimeout(() => box.remove(), time);
  // Whoever reads or reaches for it keeps it.
  for (const [begin, end] of [["mouseenter", "mouseleave"], ["focusin", "focusout"]]) {
    box.addEventListener(begin, () => clearTimeout(timer));
    box.addEventListener(end, () => {
      clearTimeout(timer);
      timer = setTimeout(() => box.remove(), SHOWN_FOR);
    });
  }
}
