"use strict";
// Hands what the log-in answered to the window that asked for it.
const asked = window.opener?.swaggerUIRedirectOauth2;
if (asked) {
  const said = new URLSearchParams(location.search);
  if (said.get("state") === asked.state && said.get("code")) {
    delete asked.state;
    asked.auth.code = said.get("code");
    asked.callback({ auth: asked.auth, redirectUrl: asked.redirectUrl });
  } else {
    asked.errCb({
      authId: asked.auth.name,
      source: "auth",
      level: "error",
      message: said.get("error_description") ?? "The answer does not fit what was asked.",
    });
  }
  window.close();
}
