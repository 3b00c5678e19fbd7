// What every page has: each module finds its own elements and is content when there are none.
import { start as bell } from "aliquot/bell.js";
import { start as drafts } from "aliquot/drafts.js";
import { start as due } from "aliquot/due.js";
import { start as filters } from "aliquot/filters.js";
import { start as keys } from "aliquot/keys.js";
import { start as live } from "aliquot/live.js";
import { start as offline } from "aliquot/offline.js";
import { start as overlays } from "aliquot/overlays.js";
import { start as pickers } from "aliquot/pickers.js";
import { start as plots } from "aliquot/plots.js";
import { start as search } from "aliquot/search.js";
import { start as strength } from "aliquot/strength.js";
import { start as tabs } from "aliquot/tabs.js";
import { start as zones } from "aliquot/zones.js";

for (const begin of [zones, tabs, drafts, overlays, keys, search, filters, pickers, plots, offline, due, bell, strength, live]) begin();

// What few pages have, and only those load.
if (document.querySelector("[data-writing], [data-linking]")) import("aliquot/mentions.js").then(({ start }) => start());
