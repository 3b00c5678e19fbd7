// The keyboard: `/` search, `c` book, `?` the list, `g` and a letter to go somewhere. Elements say
// which keys lead to them: data-go="g t" on a link, data-focus="/" on a field.

import { open } from "aliquot/overlays.js";

const TOGETHER = 1200; // milliseconds between two keys of one command
let before = { key: "", at: 0 };

export function start() {
  document.addEventListener("keydown", pressed);
}

function pressed(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  const now = Date.now();
  const both = now - before.at < TOGETHER ? `${before.key} ${event.key}` : "";
  before = { key: event.key, at: now };
  if (event.key === "?" && open("shortcuts")) event.preventDefault();
  else if (go(both) || focus(event.key) || go(event.key)) event.preventDefault();
}

function typing(element) {
  return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}

function go(keys) {
  const link = keys && document.querySelector(`[data-go="${CSS.escape(keys)}"]`);
  if (!link) return false;
  link.click();
  return true;
}

function focus(key) {
  const field = document.querySelector(`[data-focus="${CSS.escape(key)}"]`);
  if (!field) return false;
  field.focus();
  field.select();
  return true;
}
