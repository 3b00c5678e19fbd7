// Where something is written: an @ offers people and teams to mention, tags are added with a click,
// and what it is about is found by its name. Loaded by app.js where a page has such fields. Without
// it the fields are plain: text, words, addresses.

const PAUSE = 180; // milliseconds
const AT = /(?:^|[\s(])@([^@\n[\]()]{1,40})$/u;
const LINKED = new Set(["resource", "booking", "person", "update", "incident", "blocker", "decision", "handover"]);
const ADDRESS = /^(?:https?:\/\/[^/]+)?(\/[a-z-]+\/[0-9a-f-]{36})(?:[?#].*)?$/i;
let made = 0;

export function start() {
  for (const field of document.querySelectorAll("[data-writing]")) mentioning(field);
  for (const field of document.querySelectorAll("[data-linking]")) linking(field);
  for (const row of document.querySelectorAll("[data-adds]")) adding(row);
}

async function asked(path, query) {
  const answer = await fetch(`${path}?${new URLSearchParams(query)}`, { headers: { Accept: "application/json" } });
  return answer.ok ? (await answer.json()).data : [];
}

// A list of what was found, worked with the keyboard while the focus stays in the field.
class Offers {
  constructor(field, list, take) {
    Object.assign(this, { field, list, take, at: -1, number: ++made });
    list.addEventListener("mousedown", (event) => {
      const option = event.target.closest("[role=option]");
      event.preventDefault(); // the focus stays where it is
      if (option) this.choose(option);
    });
    field.addEventListener("blur", () => this.close());
    field.addEventListener("keydown", (event) => {
      if (this.pressed(event.key)) event.preventDefault();
    });
  }

  get isOpen() {
    return !this.list.hidden;
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  pressed(key) {
    if (!this.isOpen) return false;
    if (key === "ArrowDown") this.point(this.at + 1);
    else if (key === "ArrowUp") this.point(this.at - 1);
    else if ((key === "Enter" || key === "Tab") && this.at >= 0) this.choose(this.options[this.at]);
    else if (key === "Escape") this.close();
    else return false;
    return true;
  }

  show(found, none) {
    const options = found.map(({ value, text, hint }, place) => {
      const option = document.createElement("div");
      option.id = `offered-${this.number}-${place}`;
      option.dataset.value = value;
      option.dataset.text = text;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.append(text);
      if (hint) {
        const small = document.createElement("span");
        small.className = "small muted";
        small.textContent = hint;
        option.append(small);
      }
      return option;
    });
    if (!options.length) {
      const nobody = document.createElement("p");
      nobody.className = "small muted";
      nobody.textContent = none;
      options.push(nobody);
    }
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.opened?.(true);
    this.at = -1;
    if (found.length) this.point(0);
  }

  point(index) {
    const all = this.options;
    if (!all.length) return;
    this.at = (index + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === this.at)));
    all[this.at].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", all[this.at].id);
  }

  choose(option) {
    this.close();
    this.take(option.dataset.value, option.dataset.text);
  }

  close() {
    this.list.hidden = true;
    this.opened?.(false);
    this.field.removeAttribute("aria-activedescendant");
  }
}

function mentioning(field) {
  const area = field.querySelector("textarea");
  const list = document.createElement("div");
  list.className = "pick-list";
  list.id = `mentioned-${++made}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.people);
  const box = document.createElement("div");
  box.className = "pick";
  area.before(box);
  box.append(area, list);
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  const typed = () => AT.exec(area.value.slice(0, area.selectionStart))?.[1];
  const offers = new Offers(area, list, (value, name) => {
    const end = area.selectionStart;
    const start = end - typed().length - 1;
    area.setRangeText(`[@${name.replace(/[[\]]/g, "")}](${value}) `, start, end, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  let timer = 0;
  area.addEventListener("input", () => {
    clearTimeout(timer);
    offers.close();
    if (typed()) timer = setTimeout(ask, PAUSE);
  });
  area.addEventListener("click", () => offers.close());
  const ask = async () => {
    const words = typed();
    if (!words) return;
    const query = { q: words.trim(), limit: 6 };
    const [people, teams] = await Promise.all([
      asked("/api/v1/people", query),
      asked("/api/v1/teams", query),
    ]).catch(() => [[], []]); // no network: the text is typed as it is
    if (typed() !== words || document.activeElement !== area) return;
    const found = [
      ...people.map(({ id, name }) => ({ value: `/people/${id}`, text: name })),
      ...teams.map(({ id, name, member_count: count }) => ({ value: `/teams/${id}`, text: name, hint: count ? `×${count}` : "" })),
    ];
    // A sentence goes on after an @: with a blank in it, what fits nobody is no question.
    if (found.length || !/\s/.test(words)) offers.show(found, field.dataset.none);
  };
}

function linking(field) {
  const search = field.querySelector("input[type=search]");
  const chosen = field.querySelector(".linked");
  const add = (value, text) => {
    search.value = "";
    const known = [...chosen.querySelectorAll("input")].find((one) => one.value === value);
    if (known) {
      known.checked = true;
      return;
    }
    const box = Object.assign(document.createElement("input"), { type: "checkbox", name: "links", value, checked: true });
    const words = document.createElement("span");
    words.textContent = text;
    const label = document.createElement("label");
    label.className = "check";
    label.append(box, words);
    chosen.append(label);
  };
  const offers = new Offers(search, field.querySelector("[role=listbox]"), add);
  offers.opened = (isOpen) => search.setAttribute("aria-expanded", String(isOpen));
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    offers.close();
    const words = search.value.trim();
    const address = ADDRESS.exec(words);
    if (address) add(address[1], address[1]);
    else if (words) timer = setTimeout(() => ask(words), PAUSE);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it searches; it does not send the form
  });
  const ask = async (words) => {
    const groups = await asked("/api/v1/search", { q: words, limit: 4 }).catch(() => []);
    if (search.value.trim() !== words || document.activeElement !== search) return;
    const found = groups
      .filter(({ kind }) => LINKED.has(kind))
      .flatMap(({ kind, title, hits }) =>
        hits.map((hit) => ({ value: `${kind}:${hit.id}`, text: hit.title, hint: hit.subtitle || title })),
      );
    offers.show(found, field.dataset.none);
  };
}

function adding(row) {
  const field = document.getElementById(row.dataset.adds);
  row.addEventListener("click", (event) => {
    const tag = event.target.closest("[data-tag]")?.dataset.tag;
    if (!tag) return;
    const words = field.value.split(/[\s,;]+/).filter(Boolean);
    if (!words.includes(tag)) field.value = [...words, tag].join(" ");
  });
}
