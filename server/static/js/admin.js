// The administration: gives starlette-admin's scripts what the page says, and our token.
/* global $, ActionManager, initListPage, initFilterBuilder, successAlert, dangerAlert */
const said = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
window.Cookies = { get: () => token, set() {} }; // its scripts look for a token in a cookie

const looks = said("admin-looks");
const known = (names) => (name, otherwise) => (Object.hasOwn(names, name) ? names[name] : (otherwise ?? name));
window.StarletteAdmin = Object.assign(window.StarletteAdmin ?? {}, looks, {
  getIcon: known(looks.icons),
  getClass: known(looks.classes),
});

const list = said("admin-list");
if (list) {
  initListPage(list.page);
  if (list.filters.fields.length) initFilterBuilder(list.filters);
}

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
