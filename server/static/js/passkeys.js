// Forms that are answered by a passkey. The server is asked what to ask, the browser asks the
// person, and its answer is put into the form, which is then sent like any other:
//   <form data-passkey="get" data-begin="/login/passkey/begin">  or  data-passkey="create"

for (const form of document.querySelectorAll("form[data-passkey]")) tend(form);

function tend(form) {
  const button = form.querySelector("[data-ask]");
  const said = form.querySelector("[data-said]");
  const tell = (text) => {
    said.textContent = text;
    said.closest("[role=alert]").hidden = !text;
  };
  if (!isAble()) {
    button.disabled = true;
    tell(form.dataset.unable);
    return;
  }
  form.addEventListener("submit", async (event) => {
    if (form.elements.credential.value) return; // answered: it goes on its way
    event.preventDefault();
    tell("");
    button.disabled = true;
    try {
      const credential = await ask(form);
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.requestSubmit();
    } catch (error) {
      tell(error instanceof Refusal ? error.message : form.dataset[reason(error)] || form.dataset.failed);
      button.disabled = false;
      button.focus();
    }
  });
  // A page that was left and comes back from the browser's memory begins anew.
  addEventListener("pageshow", () => {
    form.elements.credential.value = "";
    button.disabled = false;
  });
}

class Refusal extends Error {}

function isAble() {
  return Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON && PublicKeyCredential.prototype.toJSON);
}

async function ask(form) {
  const answer = await fetch(form.dataset.begin, {
    method: "POST",
    headers: { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
  });
  const body = await answer.json();
  if (!answer.ok) throw new Refusal(body.detail || body.title);
  form.elements.pending_token.value = body.token;
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(body.options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(body.options) });
}

// What the browser says, as the form has words for it.
function reason(error) {
  return { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known", SecurityError: "unsafe" }[error.name] || "failed";
}
