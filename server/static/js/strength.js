// Says how good a new password is while it is typed: a bar, and words that are read out. The server
// measures with the rules it will apply, and keeps nothing. Where it does not answer, nothing is said.
const PAUSE = 350; // ms without a key

export function start() {
  for (const field of document.querySelectorAll("[data-strength]")) tend(field);
}

function tend(field) {
  const input = field.querySelector("input");
  const [meter, words] = [field.querySelector(".strength"), field.querySelector("[role=status]")];
  let timer = null;
  let asked = null;

  const show = ({ level, text } = {}) => {
    meter.hidden = level === undefined;
    meter.dataset.level = level ?? "";
    words.textContent = text ?? "";
  };

  const measure = async () => {
    asked = new AbortController();
    const body = new FormData();
    const known = new FormData(input.form);
    body.set("csrf_token", known.get("csrf_token"));
    body.set("password", input.value);
    for (const name of field.dataset.about.split(" ")) if (known.get(name)) body.append("about", known.get(name));
    try {
      const answer = await fetch(field.dataset.strength, { method: "POST", body, signal: asked.signal });
      show(answer.ok ? await answer.json() : undefined);
    } catch (error) {
      if (error.name !== "AbortError") show();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    asked?.abort();
    if (input.value) timer = setTimeout(measure, PAUSE);
    else show();
  });
}
