// The search at the top: htmx fetches what is found; here the arrows walk through it.

export function start() {
  const field = document.getElementById("search");
  const found = document.getElementById("found");
  if (!field || !found) return;
  const links = () => [...found.querySelectorAll("a")];
  const empty = () => found.replaceChildren();

  document.addEventListener("keydown", (event) => {
    const all = links();
    if (!all.length || !event.target.closest(".search")) return;
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
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) empty();
  });
}
