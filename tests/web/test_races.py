"""Fifty who want one slot at once, by every way there is to it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx2

from tests.support.application import Lab, count
from tests.web.pages.test_booking_pages import times
from tests.web.pages.visitor import Visitor

Call = Callable[[], httpx2.Response]
EVENT = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Race//EN\r
BEGIN:VEVENT\r
UID:race@example.org\r
DTSTAMP:20260101T000000Z\r
DTSTART:{starts}\r
DTEND:{ends}\r
SUMMARY:Slides\r
END:VEVENT\r
END:VCALENDAR\r
"""


def at_once(calls: list[Call]) -> list[httpx2.Response]:
    """The answers, in the order of the calls."""
    answers: list[httpx2.Response | None] = [None] * len(calls)
    start = threading.Barrier(len(calls))

    def work(place: int) -> None:
        start.wait()
        answer = calls[place]()
        for _ in range(5):
            if answer.status_code == 503 and "retry-after" in answer.headers:
                answer = calls[place]()  # waited too long for its turn, on a busy machine
        answers[place] = answer

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def by_page(lab: Lab, wish: dict[str, Any]) -> Call:
    """Somebody who has the form open and sends it."""
    visitor = Visitor.logged_in(lab, "other")
    page = visitor.see(f"/bookings/new?resource_id={wish['resource_id']}")
    form = page.form("/bookings/new")
    fields = {**form.fields, **{name: [said] for name, said in times().items()}}
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    lab.client.cookies = httpx2.Cookies()
    headers = {
        "Accept": "text/html",
        "Cookie": cookies,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    body = urlencode(fields, doseq=True).encode()
    return lambda: lab.client.request(
        "POST", "/bookings/new", headers=headers, content=body, follow_redirects=False
    )


def stamp(at: str) -> str:
    """A time of the wish as calendars write it."""
    return f"{datetime.fromisoformat(at):%Y%m%dT%H%M%SZ}"


def ways(lab: Lab) -> dict[str, Call]:
    """Every way to the slot from nine to ten."""
    wish = lab.wish(9)
    event = EVENT.format(starts=stamp(wish["starts_at"]), ends=stamp(wish["ends_at"]))
    window = {"earliest_at": wish["starts_at"], "latest_at": wish["ends_at"]}
    awaited = {"resource_id": wish["resource_id"], "min_minutes": 60, "max_minutes": 60, **window}
    held = {name: wish[name] for name in ("resource_id", "starts_at", "ends_at")}
    several = {"starts_at": wish["starts_at"], "ends_at": wish["ends_at"], "title": "Slides"}
    both = [{"resource_id": str(id_)} for id_ in (lab.ids.confocal, lab.ids.cytometer)]
    return {
        "page": by_page(lab, wish),
        "interface": lambda: lab.post("/bookings", json=wish),
        "series": lambda: lab.post(
            "/booking-series", by="other", json={**wish, "rule": "FREQ=DAILY;COUNT=2"}
        ),
        "group": lambda: lab.post("/bookings:group", by="other", json={**several, "items": both}),
        "slot": lambda: lab.post("/slot-holds", by="manager", json=held),
        "import": lambda: lab.post(
            f"/bookings:import?resource_id={wish['resource_id']}",
            by="manager",
            content=event.encode(),
            headers={"Content-Type": "text/calendar"},
        ),
        "offer": lambda: lab.post("/waiting-list", json=awaited),
    }


def test_of_fifty_by_every_way_one_gets_the_slot(lab: Lab) -> None:
    known = list(ways(lab).items())
    calls = [known[number % len(known)] for number in range(50)]
    answers = at_once([call for _name, call in calls])
    said = Counter(
        (name, answer.status_code) for (name, _), answer in zip(calls, answers, strict=True)
    )
    won = {
        name: times_
        for (name, status), times_ in said.items()
        if status in (200, 201, 303) and name != "offer"
    }
    offers = len(lab.get("/offers").json()["data"])
    assert sum(won.values()) + offers == 1, said
    starts = lab.wish(9)["starts_at"]
    for (name, _), answer in zip(calls, answers, strict=True):
        if name == "offer" or answer.status_code in (200, 201, 303):
            continue
        assert answer.status_code == 409, (name, answer.text)
        if name in ("interface", "group"):
            assert answer.json()["suggestions"], (name, answer.text)
            assert all(one["starts_at"] != starts or one["resource"]["id"] != str(lab.ids.confocal)
                       for one in answer.json()["suggestions"])  # fmt: skip
    on_it = lab.get(
        f"/resources/{lab.ids.confocal}/calendar?from={starts}&to={lab.wish(10)['starts_at']}"
    )
    assert on_it.status_code == 200
    assert count(lab, "holds") == (1 if "group" not in won else 2) + ("series" in won)
