"use strict";
const ui = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#documentation",
  deepLinking: true,
  docExpansion: "none",
  persistAuthorization: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tagsSorter: "alpha",
  oauth2RedirectUrl: `${location.origin}/docs/oauth2-redirect`,
});
ui.initOAuth({ usePkceWithAuthorizationCodeGrant: true });
window.ui = ui;
