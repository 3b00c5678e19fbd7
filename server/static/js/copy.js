// Buttons that copy what stands in a field: data-copy is the field's id, data-done what they say then.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const words = button.querySelector("span");
  const before = words.textContent;
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy"); // an address without TLS has no clipboard
    }
    words.textContent = button.dataset.done;
    setTimeout(() => (words.textContent = before), 4000);
  });
}
