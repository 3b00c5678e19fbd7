"use strict";
Redoc.init(
  "/openapi.json",
  { hideDownloadButton: false, disableSearch: false, nativeScrollbars: true },
  document.getElementById("documentation"),
);
