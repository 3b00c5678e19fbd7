// The search at the top: htmx fetches what is found; here the arrows walk through it.

export function start() {
  const field = document.getElementById("search");
  const found = document.getElementById("found");
  const count = document.getElementById("found-count");
  if (!field || !found) return;
  const box = found.parentElement;
  const links = () => [...found.querySelectorAll("a")];
  const empty = () => {
    found.replaceChildren();
    count.textContent = "";
  };

  box.addEventListener("keydown", (event) => {
    const all = links();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown") (all[at + 1] ?? all[0]).focus();
    else if (event.key === "ArrowUp") (at > 0 ? all[at - 1] : field).focus();
    else if (event.key === "Escape") {
      field.focus();
      empty();
    } else return;
    event.preventDefault();
  });
  field.addEventListener("input", () => {
    if (!field.value.trim()) empty();
  });
  // What comes after the reader has gone on opens nothing.
  box.addEventListener("htmx:after:swap", () => {
    if (!field.value.trim() || !box.contains(document.activeElement)) empty();
    else count.textContent = found.querySelector("[data-said]")?.textContent ?? "";
  });
  box.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !box.contains(event.relatedTarget)) empty();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) empty();
  });
}
