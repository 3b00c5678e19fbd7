// The administration: gives starlette-admin's scripts what the page says, and our token.
/* global ActionManager, initFilterBuilder, successAlert, dangerAlert */
const said = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
window.Cookies = { get: () => token, set() {} }; // its scripts look for a token in a cookie

const looks = said("admin-looks");
const known = (names) => (name, otherwise) => (Object.hasOwn(names, name) ? names[name] : (otherwise ?? name));
window.StarletteAdmin = Object.assign(window.StarletteAdmin ?? {}, looks, {
  getIcon: known(looks.icons),
  getClass: known(looks.classes),
});

const filters = said("admin-filters");
if (filters?.fields.length) initFilterBuilder(filters);

const detail = said("admin-detail");
if (detail) {
  const actions = new ActionManager(
    "",
    detail.rowActionUrl,
    (query) => query.append("pk", detail.pk),
    (_name, _element, text) => {
      successAlert(text);
      window.location.reload();
    },
    (_name, _element, text) => dangerAlert(text),
  );
  actions.initNoConfirmationActions();
  actions.initActionModal();
}

for (const select of document.querySelectorAll("select[data-goes]")) {
  select.addEventListener("change", () => window.location.assign(select.value));
}

// A click on a row leads where its first link leads, unless something else was meant.
document.querySelector(".admin tbody")?.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-sa-href]");
  if (!row || event.target.closest("a, button, input") || `${window.getSelection()}`) return;
  if (event.ctrlKey || event.metaKey) window.open(row.dataset.saHref, "_blank", "noopener");
  else window.location.assign(row.dataset.saHref);
});

// With Shift a heading adds to the order instead of replacing it.
for (const link of document.querySelectorAll('[data-sa-hook="sort-link"]')) {
  link.addEventListener("click", (event) => {
    if (!event.shiftKey) return;
    event.preventDefault();
    window.location.assign(link.dataset.saMultiSortHref);
  });
}
