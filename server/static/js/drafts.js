// What was typed is not lost when the log-in has ended meanwhile. A form that is sent is kept in
// this tab; whoever is then sent to the log-in and comes back to the same page finds it filled in.
// Passwords and files are never kept; for anybody else, and on any other way, it is thrown away.

import { toast } from "aliquot/overlays.js";

const KEY = "draft";
const KEPT_FOR = 3_600_000; // milliseconds
const LEFT_OUT = new Set(["hidden", "password", "file", "submit", "button", "reset"]);
// Pages that one is sent to first, and from which one comes back: the log-in, both of its steps, and
// the one that asks once more who one is.
const ON_THE_WAY = /\/(login|login\/factor|me\/confirm)(\/passkey)?$/;
const here = () => window.location.pathname + window.location.search;

export function start() {
  const { person, draft: text } = document.body.dataset;
  if (!person || ON_THE_WAY.test(window.location.pathname)) return; // not yet
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (kept && isMeant(kept, person) && fill(kept)) toast(text);
  document.addEventListener("submit", (event) => keep(event.target, person));
}

function isMeant(kept, person) {
  const isFresh = Date.now() - kept.at < KEPT_FOR;
  const cameFrom = document.referrer && new URL(document.referrer).pathname;
  return isFresh && kept.person === person && kept.page === here() && ON_THE_WAY.test(cameFrom);
}

function keep(form, person) {
  if (form.method !== "post" || !form.closest("main")) return;
  const fields = [...form.elements]
    .filter((one) => one.name && !LEFT_OUT.has(one.type))
    .map(({ name, type, value, checked, selectedOptions }) => ({
      name, type, value, checked, text: selectedOptions?.[0]?.text,
    }));
  if (!fields.length) return;
  const draft = { person, page: here(), action: form.getAttribute("action"), fields, at: Date.now() };
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}

function fill({ action, fields }) {
  const form = [...document.forms].find((one) => one.getAttribute("action") === action);
  if (!form) return false;
  for (const { name, type, value, checked, text } of fields) {
    const isBox = type === "checkbox" || type === "radio";
    const field = [...form.elements].find((one) => one.name === name && (!isBox || one.value === value));
    if (!field) continue;
    if (isBox) field.checked = checked;
    else put(field, value, text);
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return true;
}

/** A list that is searched in (pickers.js) holds only what was chosen of it before. */
function put(field, value, text) {
  const isNew = field.options && ![...field.options].some((one) => one.value === value);
  if (isNew && text) field.append(new Option(text, value));
  field.value = value;
}
