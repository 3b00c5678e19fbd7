"""Jobs, periodic work and operations over HTTP, with the worker inside the application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import operations, outbox
from src.core.actor import Actor
from src.core.db import create_database, transaction
from src.core.outbox import Message, State, Topic
from tests.support import servers
from tests.support.application import Lab

NOBODYS = Topic("test.nobodys", "maintenance", max_attempts=2)  # no handler: it stays as it is
NAME = "maintenance.settled-jobs"


def write(lab: Lab, work: Callable[[AsyncSession], Any]) -> Any:
    """Do something in a transaction beside the application."""

    async def run() -> Any:
        database = create_database(lab.settings.database)
        try:
            async with transaction(database) as session:
                return await work(session)
        finally:
            await database.dispose()

    return servers.in_thread(run)


def dead(lab: Lab) -> int:
    """A job that died."""

    async def work(session: AsyncSession) -> int:
        job = await outbox.publish(session, NOBODYS, {"user_token": "s3cret", "n": 1})
        assert job is not None
        await session.execute(
            update(Message)
            .where(Message.id == job)
            .values(state=State.DEAD, attempts=2, error="RuntimeError: no")
        )
        return job

    made: int = write(lab, work)
    return made


def known(lab: Lab) -> bool:
    return lab.get(f"/schedules/{NAME}", by="admin").status_code == 200


def test_a_dead_job_is_shown_and_queued_again(lab: Lab) -> None:
    job = dead(lab)
    listed = lab.get("/jobs?state=dead&topic=test.nobodys", by="admin").json()["data"]
    assert [row["id"] for row in listed] == [job]
    shown = lab.get(f"/jobs/{job}", by="admin")
    assert shown.headers["etag"]
    assert shown.json()["data"]["payload"] == {"user_token": "***", "n": 1}
    assert shown.json()["data"]["allowed"] == ["requeue", "dismiss"]
    again = lab.post(f"/jobs/{job}/requeue", by="admin")
    assert again.status_code == 200
    assert (again.json()["data"]["state"], again.json()["data"]["allowed"]) == ("queued", [])
    refused = lab.post(f"/jobs/{job}/dismiss", by="admin")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/job-not-settled")


def test_a_dead_job_is_dismissed(sqlite_lab: Lab) -> None:
    job = dead(sqlite_lab)
    answer = sqlite_lab.post(f"/jobs/{job}/dismiss", by="admin")
    assert answer.json()["data"]["state"] == "dismissed"
    assert sqlite_lab.get("/jobs/999999", by="admin").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/jobs"),
        ("GET", "/jobs/1"),
        ("POST", "/jobs/1/requeue"),
        ("POST", "/jobs/1/dismiss"),
        ("GET", "/schedules"),
        ("POST", f"/schedules/{NAME}/pause"),
        ("POST", f"/schedules/{NAME}/resume"),
        ("POST", f"/schedules/{NAME}/run"),
        ("PATCH", f"/schedules/{NAME}"),
    ],
)
def test_a_member_may_neither_see_nor_touch_them(sqlite_lab: Lab, method: str, path: str) -> None:
    assert sqlite_lab.call(method, path, by="member", json={}).status_code == 403
    assert sqlite_lab.call(method, path, by=None, json={}).status_code == 401


def test_a_schedule_is_paused_overridden_and_run_now(lab: Lab) -> None:
    servers.wait_until(lambda: known(lab), what="the worker's declarations")
    shown = lab.get(f"/schedules/{NAME}", by="admin")
    assert shown.json()["data"]["times"] == {
        "crontab": None,
        "interval": 300,
        "description": "Every 300 seconds",
    }
    paused = lab.post(f"/schedules/{NAME}/pause", by="admin").json()["data"]
    assert (paused["state"], paused["next_at"]) == ("paused", None)
    stale = lab.patch(
        f"/schedules/{NAME}",
        by="admin",
        etag=shown.headers["etag"],
        json={"crontab": "0 5 * * *"},
    )
    assert stale.status_code == 412
    changed = lab.patch(f"/schedules/{NAME}", by="admin", json={"crontab": "0 5 * * *"})
    assert changed.json()["data"]["is_overridden"]
    assert changed.json()["data"]["times"]["description"] == "At 05:00 every day"
    wrong = lab.patch(f"/schedules/{NAME}", by="admin", json={"crontab": "0 25 * * *"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "#/crontab"
    lab.post(f"/schedules/{NAME}/resume", by="admin")
    back = lab.patch(f"/schedules/{NAME}", by="admin", json={"crontab": None})
    assert not back.json()["data"]["is_overridden"]
    run = lab.post(f"/schedules/{NAME}/run", by="admin")
    assert run.status_code == 202
    location = run.headers["location"].removeprefix("/api/v1")

    def is_done() -> bool:
        return bool(lab.get(location, by="admin").json()["data"]["state"] == "done")

    servers.wait_until(is_done, what="the run")
    after = lab.get(f"/schedules/{NAME}", by="admin").json()["data"]
    assert after["last_result"] == {"deleted": 0}
    assert after["last_success_at"] is not None
    assert NAME in [row["name"] for row in lab.get("/schedules", by="admin").json()["data"]]


def test_an_operation_belongs_to_whom_it_works_for(sqlite_lab: Lab) -> None:
    lab = sqlite_lab

    async def work(session: AsyncSession) -> UUID:
        operation = await operations.start(
            session, Actor(user_id=lab.ids.member), NOBODYS, {}, of=3
        )
        return operation.id

    address = f"/operations/{write(lab, work)}"
    mine = lab.get(address)
    assert mine.status_code == 200
    assert (mine.json()["data"]["state"], mine.json()["data"]["of"]) == ("queued", 3)
    assert lab.get(address, by="other").status_code == 404
    assert lab.post(f"{address}/cancel", by="other").status_code == 404
    assert lab.get(address, by="admin").status_code == 200
    cancelled = lab.post(f"{address}/cancel")
    assert cancelled.json()["data"]["state"] == "cancelled"
    assert lab.post(f"{address}/cancel").status_code == 409


def test_one_sees_ones_own_operations_and_who_reads_jobs_sees_all(sqlite_lab: Lab) -> None:
    lab = sqlite_lab

    async def work(session: AsyncSession) -> list[str]:
        made = [
            await operations.start(session, Actor(user_id=whose), NOBODYS, {})
            for whose in (lab.ids.member, lab.ids.other, lab.ids.member)
        ]
        return [str(one.id) for one in made]

    first, others, last = write(lab, work)

    def listed(path: str, by: str) -> list[str]:
        return [row["id"] for row in lab.get(path, by=by).json()["data"]]

    assert listed("/operations", "member") == [last, first]
    assert listed("/operations", "other") == [others]
    assert listed("/operations", "admin") == [last, others, first]
    assert listed("/operations?state=done", "admin") == []
    page = lab.get("/operations?limit=1").json()
    assert [row["id"] for row in page["data"]] == [last]
    following = page["meta"]["pagination"]["next"]
    assert listed(f"/operations?limit=1&cursor={following}", "member") == [first]
    assert lab.get("/operations", by=None).status_code == 401


def test_the_record_is_verified_as_an_operation(lab: Lab) -> None:
    key = {"Idempotency-Key": "verify-it-once"}
    for by, status in ((None, 401), ("member", 403)):
        assert lab.post("/events:verify", by=by).status_code == status
    answer = lab.post("/events:verify", by="admin", headers=key)
    assert answer.status_code == 202
    operation = answer.json()["data"]
    assert (operation["kind"], operation["state"]) == ("events.verify", "queued")
    location = answer.headers["location"]
    assert location == f"/api/v1/operations/{operation['id']}"
    again = lab.post("/events:verify", by="admin", headers=key)
    assert again.json()["data"]["id"] == operation["id"]

    def state() -> str:
        return str(lab.get(location.removeprefix("/api/v1"), by="admin").json()["data"]["state"])

    servers.wait_until(lambda: state() == "done", what="the report")
    result = lab.get(location.removeprefix("/api/v1"), by="admin").json()["data"]["result"]
    assert (result["is_sound"], result["faults"]) == (True, [])
    assert lab.get("/events/verify", by="admin").status_code == 422  # no event's id
