"use strict";
// ReDoc asks another host for its maker's logo and has no option against it; the policy of these
// pages refuses that, and the browser complains. An empty picture stands there instead.
const EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=";
const instead = (address) =>
  String(address).startsWith("https://cdn.redoc.ly/") ? EMPTY : address;
const { prototype } = HTMLImageElement;
const source = Object.getOwnPropertyDescriptor(prototype, "src");
Object.defineProperty(prototype, "src", {
  ...source,
  set(address) {
    source.set.call(this, instead(address));
  },
});
prototype.setAttribute = function (name, value) {
  Element.prototype.setAttribute.call(this, name, name === "src" ? instead(value) : value);
};
Redoc.init(
  "/openapi.json",
  { hideDownloadButton: false, disableSearch: false, nativeScrollbars: true },
  document.getElementById("documentation"),
);
