"""The calendar's page: its address is its state, and without scripts it is an agenda."""

from __future__ import annotations

import json
from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import QueryParams

from src.core import ids
from src.web.pages.calendar_address import Address, neighbours, span_of, whole_weeks
from tests.support.application import Lab, moment
from tests.web.pages.visitor import Shown, Visitor

DAY = moment()[:10]
BERLIN = ZoneInfo("Europe/Berlin")


def _way(page: Shown, **wanted: str) -> str:
    """The link of the calendar whose address says this."""
    found = [
        link
        for link in page.links
        if urlsplit(link).path == "/calendar"
        and all(parse_qs(urlsplit(link).query).get(k) == [v] for k, v in wanted.items())
    ]
    assert found, wanted
    return found[0]


def test_an_address_is_read_and_written_the_same() -> None:
    one, other = ids.new(), ids.new()
    said = (
        f"view=week&date=2026-11-23&resource_id={one}&resource_id={other}&type_id={one}"
        f"&group=type&q=laser&page=3"
    )
    address = Address.of(QueryParams(said))
    assert address.path(page=3) == f"/calendar?{said}"
    assert "page" not in address.path(day=date(2026, 11, 24))


@pytest.mark.parametrize(
    "nonsense",
    [
        "view=year&date=2026-02-31&page=-1&group=colour&resource_id=1",
        "date=9999-01-01&page=x&set=y",
    ],
)
def test_nonsense_in_an_address_counts_as_absent(nonsense: str) -> None:
    assert Address.of(QueryParams(nonsense)) == Address()


def test_days_are_those_of_the_wall() -> None:
    spring = date(2027, 3, 28)
    day = span_of("day", spring, BERLIN)
    assert day.ends_at - day.starts_at == timedelta(hours=23)
    assert span_of("week", spring, BERLIN).first == date(2027, 3, 22)
    month = whole_weeks(span_of("month", spring, BERLIN))
    assert (month.first, month.end) == (date(2027, 3, 1), date(2027, 4, 5))
    assert neighbours("month", date(2027, 1, 31)) == (date(2026, 12, 1), date(2027, 2, 1))


def test_without_scripts_the_day_is_a_list_that_leads_on(sqlite_lab: Lab) -> None:
    mine = sqlite_lab.book(9)
    sqlite_lab.book(12, by="other", title="Secret")
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see(f"/calendar?view=day&date={DAY}")
    assert page.status == 200
    assert page.has(f"/bookings/{mine['id']}")
    assert "Secret" not in page.response.text
    assert "12:00 –13:00" in page.text
    page = visitor.see(_way(page, view="agenda"))
    assert page.has(f"/bookings/{mine['id']}")


def test_one_resource_tells_what_is_free_and_a_link_books_it(sqlite_lab: Lab) -> None:
    sqlite_lab.book(9)
    path = f"/calendar?view=agenda&span=day&date={DAY}&resource_id={sqlite_lab.ids.confocal}"
    visitor = Visitor.logged_in(sqlite_lab, "other")
    page = visitor.see(path)
    free = [link for link in page.links if "starts_at=" in link]
    assert [parse_qs(urlsplit(link).query)["starts_at"][0][11:16] for link in free[:2]] == [
        "00:00", "10:00"]  # fmt: skip
    form = visitor.see(free[1])
    assert form.value("starts_at_time") == "10:00"


def test_a_month_of_many_says_how_full_each_day_is(sqlite_lab: Lab) -> None:
    for hour in (0, 6):
        sqlite_lab.book(hour, hours=6)
    page = Visitor.logged_in(sqlite_lab, "member").see(f"/calendar?view=month&date={DAY}")
    assert page.status == 200
    assert "50 %" in page.text
    _way(page, view="month", resource_id=str(sqlite_lab.ids.confocal))


def test_a_selection_is_kept_as_a_set_and_removed_again(sqlite_lab: Lab) -> None:
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see(f"/calendar?view=agenda&q=cyto&date={DAY}")
    kept = visitor.send(page.form("/calendar/sets"), name="Flow")
    assert (kept.status, kept.path) == (200, "/calendar")
    assert "The set is saved." in kept.text
    assert "Flow" in kept.text
    (made,) = sqlite_lab.get("/resource-sets").json()["data"]
    assert made["resource_ids"] == [str(sqlite_lab.ids.cytometer)]
    again = visitor.see(f"/calendar?view=agenda&q=conf&date={DAY}")
    refused = visitor.send(again.form("/calendar/sets"), name="Flow")
    assert refused.status == 409
    assert refused.value("name") == "Flow"
    gone = visitor.send(kept.form(f"/calendar/sets/{made['id']}/remove"))
    assert gone.path == "/calendar"
    assert sqlite_lab.get("/resource-sets").json()["data"] == []


def test_a_calendar_of_a_resource_nobody_may_see_is_not_found(sqlite_lab: Lab) -> None:
    visitor = Visitor.logged_in(sqlite_lab, "member")
    assert visitor.see(f"/calendar?resource_id={ids.new()}").status == 404
    assert visitor.see(f"/calendar?set={ids.new()}&view=agenda").status == 200


def test_what_is_drawn_says_how_to_ask_again(sqlite_lab: Lab) -> None:
    page = Visitor.logged_in(sqlite_lab, "member").see(f"/calendar?view=week&date={DAY}&q=conf")
    start = page.response.text.index('id="calendar-data">') + len('id="calendar-data">')
    data = page.response.text[start:].partition("</script>")[0]
    state = json.loads(data)
    assert [row["name"] for row in state["calendar"]["resources"]] == ["Confocal"]
    again = sqlite_lab.get("/calendar", params=[tuple(pair) for pair in state["question"]])
    assert again.json()["data"] == state["calendar"]


def test_a_month_of_ones_own_counts_and_names_the_first_of_each_day(sqlite_lab: Lab) -> None:
    made = [sqlite_lab.book(hour, title=f"Run {hour}") for hour in (6, 9, 12, 15)]
    sqlite_lab.book(18, by="other", title="Theirs")
    visitor = Visitor.logged_in(sqlite_lab, "member")
    page = visitor.see(f"/calendar?whose=mine&date={DAY}")
    assert page.status == 200
    assert [page.has(f"/bookings/{one['id']}") for one in made] == [True, True, True, False]
    assert "4 bookings" in page.text
    assert "1 more" in page.text
    assert "Theirs" not in page.response.text
    day = visitor.see(_way(page, view="agenda", span="day", date=DAY, whose="mine"))
    assert day.has(f"/bookings/{made[3]['id']}")
    assert "18:00" not in day.text
    empty = Visitor.logged_in(sqlite_lab, "manager").see(f"/calendar?whose=mine&date={DAY}")
    assert "Nothing of yours stands in this month." in empty.text


def test_a_month_of_one_resource_is_told_without_scripts(sqlite_lab: Lab) -> None:
    mine = sqlite_lab.book(9)
    path = f"/calendar?view=month&date={DAY}&resource_id={sqlite_lab.ids.confocal}"
    page = Visitor.logged_in(sqlite_lab, "member").see(path)
    assert page.has(f"/bookings/{mine['id']}")
    _way(page, view="agenda", span="day", date=DAY, resource_id=str(sqlite_lab.ids.confocal))


def test_a_booking_leads_to_other_calendars_for_those_who_may_read_it(sqlite_lab: Lab) -> None:
    mine = sqlite_lab.book(9, title="Slides & more")
    page = Visitor.logged_in(sqlite_lab, "member").see(f"/bookings/{mine['id']}")
    assert page.has(f"/api/v1/bookings/{mine['id']}/calendar.ics")
    (google,) = [link for link in page.links if "calendar.google.com" in link]
    query = parse_qs(urlsplit(google).query)
    assert query["text"] == ["Confocal: Slides & more"]
    assert query["dates"][0].startswith(DAY.replace("-", "") + "T090000Z/")
    other = Visitor.logged_in(sqlite_lab, "other").see(f"/bookings/{mine['id']}")
    assert [link for link in other.links if "calendar" in link and "google" in link] == []
