// The calendar on another page: what the server drew for whoever has no scripts is replaced by the
// calendar itself, in a box of the same size.

import * as api from "aliquot/calendar/api.js";
import { Desk } from "aliquot/calendar/desk.js";
import { text } from "aliquot/calendar/texts.js";
import { instant, moved } from "aliquot/calendar/time.js";
import { toast } from "aliquot/overlays.js";

const DAYS = { day: 1, week: 7, month: 42 };
const FIELDS = "kind,resource_id,unit,starts_at,ends_at,title,closure_id,booking_id,status,version,person,buffer_before,buffer_after,is_own,is_masked,allowed";

for (const host of document.querySelectorAll("[data-calendar]")) embed(host, new Desk(host));

function embed(host, desk) {
  const { view, date, zone } = host.dataset;
  const ids = host.dataset.resources.split(" ").map((id) => ["resource_id", id]);
  const start = `${date}T00:00:00`;
  const question = [["from", instant(start, zone)], ["to", instant(moved(start, DAYS[view] * 1440), zone)], ...ids, ["fields", FIELDS]];
  const draw = async () => {
    const answer = await api.read(question);
    if (answer.ok) await desk.board.show({ view, date, zone, question, calendar: answer.data });
    else throw new Error(answer.problem?.title);
  };
  const begin = () => draw().catch(() => toast(text("lost"), { undo: begin, undoText: text("again"), tone: "bad" }));
  desk.board.addEventListener("day", ({ detail }) => {
    window.location.assign(`/calendar?${new URLSearchParams([["view", "day"], ["date", detail.date], ...ids])}`);
  });
  begin();
}
