// The page's texts: `{"booked": "Booked: %(name)s"}` in the data block "calendar-texts".

let known = null;

export function text(name, values = {}) {
  known ??= JSON.parse(document.getElementById("calendar-texts").textContent);
  return known[name].replace(/%\((\w+)\)s/g, (whole, key) => values[key] ?? whole);
}

/** An element: `el("p", { class: "small" }, "text", child)`. Properties, data and attributes. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [event, work] of Object.entries(value)) made.addEventListener(event, work);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

let sprite = null;

/** An icon of the page's sprite, whose address an icon of the page tells. */
export function icon(name) {
  sprite ??= document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}
