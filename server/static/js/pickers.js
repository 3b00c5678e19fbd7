// Pickers: a list to choose from becomes a field to search in, by the pattern "combobox with
// listbox" of the ARIA practices. The list stays the form's value, so nothing else changes. With
// an address in data-picker that is asked for what fits, else the list itself is looked through.

const PAUSE = 180; // milliseconds
let made = 0;

export function start() {
  for (const field of document.querySelectorAll("[data-picker]")) enhance(field);
}

function enhance(field) {
  const select = field.querySelector("select");
  const label = field.querySelector("label");
  const listId = `picked-${++made}`;
  const input = Object.assign(document.createElement("input"), {
    className: "form-control",
    type: "text",
    autocomplete: "off",
    placeholder: select.dataset.hint,
    value: shown(select),
    id: `${select.id}-search`,
  });
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
  }
  attributes(input, { role: "combobox", "aria-expanded": "false", "aria-controls": listId, "aria-autocomplete": "list" });
  const list = document.createElement("div");
  list.id = listId;
  list.className = "pick-list";
  list.hidden = true;
  attributes(list, { role: "listbox", "aria-label": label.textContent });
  const box = document.createElement("div");
  box.className = "pick";
  box.append(input, list);
  select.hidden = true;
  select.after(box);
  label.htmlFor = input.id;
  new Picker(field.dataset.picker, select, input, list).listen();
}

function attributes(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
}

function shown(select) {
  return select.value ? select.selectedOptions[0].text.trim() : "";
}

class Picker {
  constructor(source, select, input, list) {
    Object.assign(this, { source, select, input, list, asked: 0, at: -1, timer: 0 });
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]")];
  }

  listen() {
    this.input.addEventListener("input", () => {
      if (!this.input.value.trim() && this.select.options[0]?.value === "") this.choose("", "");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE);
    });
    this.input.addEventListener("focus", () => {
      this.input.select();
      this.ask();
    });
    this.input.addEventListener("blur", () => {
      this.close();
      this.input.value = shown(this.select); // what is not one of the list was never chosen
    });
    this.input.addEventListener("keydown", (event) => {
      if (this.pressed(event.key)) event.preventDefault();
    });
  }

  pressed(key) {
    const isOpen = !this.list.hidden;
    if (key === "ArrowDown" && !isOpen) this.ask();
    else if (key === "ArrowDown") this.point(this.at + 1);
    else if (key === "ArrowUp" && isOpen) this.point(this.at - 1);
    else if (key === "Enter" && isOpen && this.at >= 0) this.take(this.options[this.at]);
    else if (key === "Escape" && isOpen) this.close();
    else return false;
    return true;
  }

  async ask() {
    if (!this.source) {
      this.show(this.fitting());
      return;
    }
    const number = ++this.asked;
    const query = new URLSearchParams({ q: this.input.value.trim(), limit: 12 });
    try {
      const answer = await fetch(`${this.source}?${query}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const { data } = await answer.json();
      if (number === this.asked && document.activeElement === this.input) this.show(data);
    } catch {
      this.close(); // no network: what was chosen stays
    }
  }

  /** What of the list holds every word that was typed; all of it while nothing was. */
  fitting() {
    const typed = this.input.value.trim();
    const words = typed === shown(this.select) ? [] : typed.toLowerCase().split(/\s+/);
    return [...this.select.options]
      .filter((one) => one.value && words.every((word) => one.text.toLowerCase().includes(word)))
      .map((one) => ({ id: one.value, name: one.text.trim() }));
  }

  show(found) {
    const options = found.map((one, place) => {
      const option = document.createElement("div");
      option.id = `${this.list.id}-${place}`;
      option.dataset.value = one.id;
      option.textContent = one.name;
      attributes(option, { role: "option", "aria-selected": "false" });
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.take(option);
      });
      return option;
    });
    if (!options.length) {
      const none = document.createElement("p");
      none.className = "small muted";
      none.textContent = this.select.dataset.none;
      options.push(none);
    }
    this.list.replaceChildren(...options);
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.at = -1;
  }

  point(index) {
    const all = this.options;
    if (!all.length) return;
    this.at = (index + all.length) % all.length;
    all.forEach((one, place) => one.setAttribute("aria-selected", String(place === this.at)));
    all[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", all[this.at].id);
  }

  take(option) {
    this.choose(option.dataset.value, option.textContent);
    this.close();
  }

  choose(id, name) {
    if (![...this.select.options].some((one) => one.value === id)) this.select.append(new Option(name, id));
    this.select.value = id;
    this.input.value = id ? name : "";
    this.select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
