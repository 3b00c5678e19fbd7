// Long lists to tick: a search above the list shows what fits, asks the server for what the list
// does not hold, and says how many are chosen. Without this the list is simply long.

const PAUSE = 180; // milliseconds

for (const field of document.querySelectorAll("[data-checklist]")) tend(field);

function tend(field) {
  const search = field.querySelector("input[type=search]");
  const list = field.querySelector(".checklist");
  const status = field.querySelector("[role=status]");
  let timer = 0;

  const rows = () => [...list.querySelectorAll("label")];
  const say = () => {
    const chosen = list.querySelectorAll("input:checked").length;
    const isEmpty = rows().every((row) => row.hidden);
    status.textContent = isEmpty ? status.dataset.none : chosen ? status.dataset.chosen.replace("{count}", chosen) : "";
  };
  const narrow = () => {
    const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows()) {
      const text = row.textContent.toLowerCase();
      // What the server found fits by its type, place or tags, though its name does not say so.
      row.hidden = !(row.dataset.found === search.value.trim() || words.every((word) => text.includes(word)));
    }
    say();
  };
  const ask = async () => {
    const typed = search.value.trim();
    if (!typed || !field.dataset.checklist) return;
    const query = new URLSearchParams({ q: typed, limit: 30, fields: "id,name" });
    try {
      const answer = await fetch(`${field.dataset.checklist}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok || search.value.trim() !== typed) return;
      const { data } = await answer.json();
      for (const one of data) mark(one, typed);
      narrow();
    } catch {
      // No network: what is in the list can still be ticked.
    }
  };
  const mark = ({ id, name }, typed) => {
    let row = rows().find((each) => each.querySelector("input").value === id);
    if (!row) {
      row = rows()[0].cloneNode(true);
      Object.assign(row.querySelector("input"), { value: id, checked: false });
      row.querySelector("span").textContent = name;
      list.append(row);
    }
    row.dataset.found = typed;
  };

  search.addEventListener("input", () => {
    narrow();
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it searches; it does not send the form
  });
  list.addEventListener("change", say);
  say();
}
