// A finger's click comes after its pointer has gone up; it would land on the dialog that opened there.
export function afterTouch({ pointerType }, work) {
  if (pointerType === "mouse") {
    work();
    return;
  }
  const done = (event) => {
    event?.stopPropagation();
    clearTimeout(timer);
    window.removeEventListener("click", done, true);
    work();
  };
  const timer = setTimeout(done, 350, null);
  window.addEventListener("click", done, true);
}
