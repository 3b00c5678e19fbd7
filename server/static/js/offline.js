// Says when the browser has no network; the forms on the page keep what was typed.

export function start() {
  const notice = document.getElementById("offline");
  if (!notice) return;
  const show = () => {
    notice.hidden = navigator.onLine;
  };
  window.addEventListener("online", show);
  window.addEventListener("offline", show);
  show();
}
