"""The pages of finding a time and of waiting for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.application import Lab, moment
from tests.web.pages.visitor import Visitor

DAY = (datetime.now(UTC) + timedelta(days=3)).date()


@pytest.fixture
def member(lab: Lab) -> Visitor:
    """The member, logged in."""
    return Visitor.logged_in(lab, "member")


def test_a_search_that_cannot_be_says_why_and_keeps_what_was_typed(member: Visitor) -> None:
    seen = member.see(f"/find?from_day={DAY}&to_day={DAY - timedelta(days=9)}")
    assert seen.status == 422
    assert "The end must be after the start." in seen.text
    for nonsense in ("from_day=tomorrow", "length=short", "type_id=none&tag=%00", "after=25:00"):
        assert member.see(f"/find?{nonsense}").status in {200, 422}


def test_a_time_that_went_meanwhile_is_told_by_the_form_of_a_booking(
    lab: Lab, member: Visitor
) -> None:
    asked = f"/find?resource_id={lab.ids.confocal}&from_day={DAY}&to_day={DAY}&weekends=on"
    seen = member.see(asked)
    form = seen.form("/find/hold")
    lab.book(int(form.fields["starts_at"][0][11:13]), hours=2)
    told = member.send(form)
    assert "In the way" in told.text
    assert "Put me on the waiting list" in told.text


def test_an_offer_that_is_over_is_told_where_it_is_accepted(lab: Lab, member: Visitor) -> None:
    awaited = {"resource_id": str(lab.ids.confocal), "earliest_at": moment(15),
               "latest_at": moment(16), "min_minutes": 60, "max_minutes": 60}  # fmt: skip
    made = lab.post("/waiting-list", by="member", json=awaited).json()["data"]
    accept = member.see("/waiting").form(f"/offers/{made['offer']['id']}/accept")
    assert lab.post(f"/offers/{made['offer']['id']}/decline", by="member").status_code == 200
    told = member.send(accept)
    assert told.status == 409
    assert "This offer is over." in told.text


def test_managers_see_who_waits_and_set_ranks(lab: Lab, member: Visitor) -> None:
    lab.book(17)
    awaited = {"resource_id": str(lab.ids.confocal), "earliest_at": moment(17),
               "latest_at": moment(18), "min_minutes": 60, "max_minutes": 60}  # fmt: skip
    made = lab.post("/waiting-list", by="member", json=awaited).json()["data"]
    manager = Visitor.logged_in(lab, "manager")
    rank = manager.see("/waiting").form(f"/waiting/{made['id']}/rank")
    assert manager.send(rank, rank="5").status == 200
    assert lab.get(f"/waiting-list/{made['id']}", by="member").json()["data"]["rank"] == 5
    assert not member.see("/waiting").has(f"/waiting/{made['id']}/rank")
    assert member.send(rank, rank="1").status == 403
