"""Summaries and hand-overs by the interface: as their reader may see them, in their language."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.domain.operations import summaries
from src.domain.operations.tables import Summary
from tests.support.application import Lab
from tests.web.test_jobs_api import write


def written(lab: Lab) -> date:
    """Everybody's last summary: its date."""

    async def work(session: AsyncSession) -> date:
        made = await summaries.making.make_next(session, "all", now=clock.now())
        assert made is not None
        return (await session.get_one(Summary, made)).on_date

    day = write(lab, work)
    assert isinstance(day, date)
    return day


def test_a_summary_is_read_listed_and_written_anew(lab: Lab) -> None:
    day = written(lab)
    address = f"/summaries/all/{day}"
    answer = lab.get(address, by="member")
    assert answer.status_code == 200, answer.text
    told = answer.json()["data"]
    assert [part["name"] for part in told["sections"]] == ["attention", "since", "instruments"]
    assert (told["team"], told["is_preview"], told["previous"]) == (None, False, None)
    assert len(told["trends"]["days"]) == 1
    again = lab.get(address, by="member", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    german = lab.get(address, by="member", headers={"Accept-Language": "de"})
    assert german.json()["data"]["sections"][0]["name"] == "attention"
    listed = lab.get("/summaries?team=all", by="member").json()["data"]
    assert [one["date"] for one in listed] == [str(day)]
    body = {"team": "all", "date": str(day)}
    asked = lab.post("/summaries:generate", by="admin", json=body)
    assert asked.status_code == 202, asked.text
    assert asked.headers["location"].startswith("/api/v1/operations/")
    refused = lab.post("/summaries:generate", by="member", json=body)
    assert refused.status_code == 403
    early = {**body, "date": str(day + timedelta(days=5))}
    assert lab.post("/summaries:generate", by="admin", json=early).json()["type"] == (
        "/problems/summary-not-due"
    )
    assert lab.get(f"/summaries/all/{day - timedelta(days=9)}", by="member").status_code == 404


def test_the_preview_begins_where_the_last_one_ended(lab: Lab) -> None:
    day = written(lab)
    ended = lab.get(f"/summaries/all/{day}", by="member").json()["data"]["ends_at"]
    posted = lab.post("/status-updates", by="member", json={"done": "Aligned"})
    assert posted.status_code == 201, posted.text
    told = lab.get("/summaries/all/preview", by="member").json()["data"]
    assert (told["id"], told["is_preview"], told["starts_at"]) == (None, True, ended)
    since = next(part for part in told["sections"] if part["name"] == "since")
    posts = next(group for group in since["groups"] if group["code"] == "posted")
    assert [item["path"] for item in posts["items"]] == [f"/updates/{posted.json()['data']['id']}"]


def test_the_time_of_a_summary_is_a_time_of_day(lab: Lab) -> None:
    address = "/summary-settings/all"
    assert lab.get(address, by="member").json()["data"]["time"] == "09:00"
    set_ = lab.call("PATCH", address, by="admin", json={"time": "06:45"})
    assert set_.status_code == 200, set_.text
    assert lab.get(address, by="member").json()["data"]["time"] == "06:45"
    wrong = lab.call("PATCH", address, by="admin", json={"time": "24:00"})
    assert wrong.status_code == 422
    stale = lab.call(
        "PATCH", address, by="admin", json={"is_active": False}, headers={"If-Match": '"7"'}
    )
    assert stale.status_code == 412
    assert lab.call("PATCH", address, by="member", json={"time": "07:00"}).status_code == 403


def test_a_hand_over_is_given_once_and_taken_once(lab: Lab) -> None:
    key = {"Idempotency-Key": "hand-over-1"}
    wish = {"watch": "The *chiller* hums", "to_id": str(lab.ids.other)}
    first = lab.post("/handovers", by="member", json=wish, headers=key)
    assert first.status_code == 201, first.text
    assert lab.post("/handovers", by="member", json=wish, headers=key).json() == first.json()
    made = first.json()["data"]
    waiting = lab.get("/handovers?which=mine", by="other").json()["data"]
    assert [one["id"] for one in waiting] == [made["id"]]
    address = f"/handovers/{made['id']}/acknowledge"
    assert lab.post(address, by="member", json={}).status_code == 403
    taken = lab.post(address, by="other", json={"remark": "I have it"})
    assert taken.status_code == 200, taken.text
    again = lab.post(address, by="other", json={})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/handover-taken")
    wrong = lab.post("/handovers", by="member", json={"to_id": str(lab.ids.member)})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "#/to_id"
