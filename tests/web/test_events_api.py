"""The record over HTTP: filtered, exported, archived; and what happened to one's own access."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, operations
from src.core.actor import Actor
from src.core.db import create_database
from src.core.outbox import Topic
from src.core.storage import create_storage
from tests.core import test_archives as archived
from tests.support import servers
from tests.support.application import Lab
from tests.support.statements import counted
from tests.web.pages.visitor import Visitor
from tests.web.test_jobs_api import write

BROKEN = '=HYPERLINK("http://evil.example")'


def found(lab: Lab, *, by: str = "admin", **query: Any) -> list[dict[str, Any]]:
    answer = lab.get("/events", by=by, params=query)
    assert answer.status_code == 200, answer.text
    listed: list[dict[str, Any]] = answer.json()["data"]
    return listed


def happened(lab: Lab, verb: str, subject: tuple[str, UUID | None], **more: Any) -> None:
    """An event, recorded beside the application."""

    async def work(session: AsyncSession) -> None:
        by = Actor(more.pop("by", None), ip=more.pop("ip", None))
        events.record(session, by, verb, subject, **more)

    write(lab, work)


def test_events_are_found_by_what_an_auditor_asks_for(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    lab.book(9)
    Visitor.logged_in(lab, "member")
    happened(lab, "role.granted", ("user", lab.ids.member), by=lab.ids.admin)
    assert {one["verb"] for one in found(lab, kind="log-in")} == {"user.logged_in"}
    granted = found(lab, kind="permission-granted", subject_id=lab.ids.member, limit=1)
    assert (granted[0]["kind"], granted[0]["actor"]["name"]) == ("permission-granted", "Ada Admin")
    assert found(lab, kind=["log-in", "data-changed"], verb="booking.")[0]["kind"] == "data-changed"
    since = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert found(lab, **{"from": since}) == []
    assert lab.get("/events?kind=gossip", by="admin").status_code == 422


def test_the_list_of_events_costs_as_many_statements_for_many_as_for_one(lab: Lab) -> None:
    for hour in range(8, 16):
        lab.book(hour)
    found(lab)  # who asks is remembered from here on
    costs = []
    for limit in (1, 8):
        with counted(lab.app.state.database) as said:
            assert len(found(lab, limit=limit, verb="booking.")) == limit
        costs.append(len(said))
    assert costs[0] == costs[1]


def exported(lab: Lab, by: str, **wish: Any) -> str:
    """An export that is done; the address of its file."""
    answer = lab.post("/events:export", by=by, json=wish)
    assert answer.status_code == 202, answer.text
    address = answer.headers["location"].removeprefix("/api/v1")

    def is_done() -> bool:
        state: str = lab.get(address, by=by).json()["data"]["state"]
        assert state != "failed", lab.get(address, by=by).text
        return state == "done"

    servers.wait_until(is_done, what="the export")
    return f"{address}/file"


def test_what_a_filter_finds_is_exported_to_a_file_that_only_its_person_can_fetch(
    lab: Lab,
) -> None:
    made = lab.book(9)
    answer = lab.post(f"/bookings/{made['id']}/cancel", by="manager", json={"reason": BROKEN})
    assert answer.status_code == 200, answer.text
    address = exported(lab, "admin", verbs=["booking."])
    file = lab.get(address, by="admin")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"].startswith('attachment; filename="record-')
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))
    assert [row["verb"] for row in rows] == ["booking.cancelled", "booking.confirmed"]
    assert rows[0]["reason"] == f"'{BROKEN}"
    assert (rows[0]["actor"], rows[1]["subject_id"]) == ("Manager Example", made["id"])
    assert orjson.loads(rows[1]["personal"])["title"] == "Slides"
    assert lab.get(address, by="member").status_code == 404
    (told,) = found(lab, verb="events.exported")
    assert told["changes"]["filter"] == {"verbs": ["booking."]}
    assert told["kind"] == "restricted-read"


def test_an_export_as_lines_of_json_is_narrowed_as_the_list_is(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    mine, others = lab.book(9), lab.book(11, by="other")
    wish = {"format": "jsonl", "actor_id": str(lab.ids.other), "kinds": ["data-changed"]}
    file = lab.get(exported(lab, "admin", **wish), by="admin")
    told = [orjson.loads(line) for line in file.content.splitlines()]
    assert [one["subject_id"] for one in told] == [others["id"]]
    assert mine["id"] not in file.text
    assert lab.post("/events:export", by="member", json={}).status_code == 403
    assert lab.post("/events:export", by="admin", json={"format": "exe"}).status_code == 422


def test_a_file_is_gone_after_a_week_and_for_who_may_no_longer_read_the_record(
    sqlite_lab: Lab,
) -> None:
    lab = sqlite_lab
    lab.book(9)
    address = exported(lab, "admin")

    async def age(session: AsyncSession) -> None:
        aged = "UPDATE operations SET finished_at = '2024-01-01 00:00:00.000000'"
        await session.execute(text(aged))

    write(lab, age)
    gone = lab.get(address, by="admin")
    assert (gone.status_code, gone.json()["type"]) == (404, "/problems/export-gone")

    async def theirs(session: AsyncSession) -> str:
        operation = await operations.start(
            session, Actor(lab.ids.member), Topic("test.nobodys", "reports"), {}
        )
        file = {"key": "exports/x.csv", "name": "x.csv", "content_type": "text/csv", "size": 1,
                "needs": ["events:read"]}  # fmt: skip
        await operations.finish(session, operation.id, result={"file": file})
        return f"/operations/{operation.id}/file"

    assert lab.get(write(lab, theirs), by="member").status_code == 404


def old_months(lab: Lab) -> None:
    """September is archived and gone from the database."""

    async def work() -> None:
        database = create_database(lab.settings.database)
        storage = create_storage(lab.settings.storage_url, data_dir=lab.settings.data_dir)
        try:
            await archived.two_months(database)
            await archived.archive(database, storage)
            await archived.removed(database)
        finally:
            await database.dispose()

    servers.in_thread(work)


def test_an_archived_month_is_listed_read_filtered_and_downloaded(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    old_months(lab)
    (month,) = lab.get("/events/archives", by="admin").json()["data"]
    assert (month["month"], month["events"], month["first_seq"]) == ("2024-09", 3, 1)
    address = f"/events/archives/{month['id']}"
    assert lab.get(address, by="admin").json()["data"] == month
    first = lab.get(f"{address}/events?limit=2", by="admin").json()
    onward = first["meta"]["pagination"]["next"]
    second = lab.get(f"{address}/events?limit=2&cursor={onward}", by="admin").json()
    assert [one["seq"] for one in first["data"] + second["data"]] == [1, 2, 3]
    assert second["meta"]["pagination"]["next"] is None
    assert first["data"][0]["personal"] is None
    assert lab.get(f"{address}/events?kind=log-in", by="admin").json()["data"] == []
    file = lab.get(f"{address}/content", by="admin")
    assert file.headers["content-type"] == "application/gzip"
    assert len(gzip.decompress(file.content).splitlines()) == 5
    assert found(lab, verb="events.archive_downloaded")[0]["changes"] == {"month": "2024-09"}
    for path in ("/events/archives", address, f"{address}/events", f"{address}/content"):
        assert lab.get(path, by="member").status_code == 403
        assert lab.get(path, by=None).status_code == 401
    missing = f"/events/archives/{lab.ids.member}"
    for path in (missing, f"{missing}/events", f"{missing}/content"):
        assert lab.get(path, by="admin").status_code == 404


def test_people_see_what_happened_to_their_own_access_and_nobody_elses(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    Visitor.logged_in(lab, "member")
    Visitor.logged_in(lab, "other")
    me, admin = lab.ids.member, lab.ids.admin
    happened(lab, "user.password_changed", ("user", me), by=admin, ip="192.0.2.7")
    happened(lab, "user.log_in_refused", ("user", me), ip="192.0.2.8", personal={"email": "m@x"})
    happened(lab, "user.password_changed", ("user", admin), by=me)
    happened(lab, "booking.changed", ("booking", me), by=me)
    answer = lab.get("/me/events", by="member")
    assert answer.status_code == 200, answer.text
    told = answer.json()["data"]
    assert [(one["verb"], one["ip"]) for one in told[:3]] == [
        ("user.log_in_refused", "192.0.2.8"),
        ("user.password_changed", None),  # by whom it was, and not from where
        ("user.logged_in", "testclient"),
    ]
    assert {one["subject_id"] for one in told} == {str(me)}
    assert told[1]["actor"]["name"] == "Ada Admin"
    page = lab.get("/me/events?limit=1", by="member").json()
    onward = page["meta"]["pagination"]["next"]
    second = lab.get(f"/me/events?limit=1&cursor={onward}", by="member").json()["data"]
    assert [one["id"] for one in second] == [told[1]["id"]]
    lab.client.cookies.clear()
    assert lab.get("/me/events", by=None).status_code == 401


def test_a_request_that_fails_by_a_fault_of_ours_is_recorded_once_a_minute(
    sqlite_lab: Lab,
) -> None:
    lab = sqlite_lab

    @lab.app.get("/api/v1/breaks/{what}")
    async def breaks(what: str) -> None:
        raise RuntimeError(f"s3cret {what}")

    for _ in range(3):
        assert lab.get("/breaks/now").status_code == 500
    (told,) = found(lab, kind="system-error")
    assert (told["verb"], told["subject_type"]) == ("request.failed", "request")
    assert told["changes"] == {
        "method": "GET", "route": "/api/v1/breaks/{what}", "error": "RuntimeError",
    }  # fmt: skip
