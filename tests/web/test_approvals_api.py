"""Approvals over HTTP: the inbox, rules with steps, standing in, and links without a log-in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import ids
from src.core.crypto import keyring_of
from src.domain.approvals.links import Link, sign
from src.domain.resources.tables import Policy
from tests.support.application import Lab, moment
from tests.web.pages.visitor import Visitor
from tests.web.test_jobs_api import write


def asked(lab: Lab, hour: float = 9, **policy: Any) -> dict[str, Any]:
    """A request of the member on the confocal, and its approval as the manager sees it."""
    rules = {"is_approval_required": True, **policy}
    set_ = lab.patch(f"/resources/{lab.ids.confocal}/policy", by="manager", json=rules)
    assert set_.status_code == 200, set_.text
    booking = lab.book(hour)
    assert booking["status"] == "requested"
    waiting = lab.get("/approvals", by="manager").json()["data"]
    return next(one for one in waiting if one["subject_id"] == booking["id"])


def named_by_policy(lab: Lab, rule_id: UUID) -> None:
    """Let requests for the confocal go by the rule."""

    async def work(session: AsyncSession) -> None:
        session.add(
            Policy(
                id=ids.new(), level=f"resource:{lab.ids.confocal}", resource_id=lab.ids.confocal,
                is_approval_required=True, approval_rule_id=rule_id,
            )
        )  # fmt: skip

    write(lab, work)


def link_of(lab: Lab, approval: dict[str, Any], person: str) -> str:
    """The path in the mail to a person."""
    link = Link(UUID(approval["id"]), approval["step"] - 1, getattr(lab.ids, person))
    return f"/approvals/answer/{sign(link, keyring_of(lab.settings))}"


def test_a_request_stands_in_the_inbox_until_it_is_decided(lab: Lab) -> None:
    one = asked(lab)
    assert one["may_decide"] is True
    assert (one["what"], one["state"]) == ("Confocal", "open")
    assert one["requested_for"]["name"] == "Member Example"
    assert lab.get("/approvals", by="member").json()["data"] == []
    (own,) = lab.get("/approvals?mine=true", by="member").json()["data"]
    assert (own["id"], own["may_decide"]) == (one["id"], False)
    whole = lab.get(f"/approvals/{one['id']}").json()["data"]
    named = [person["name"] for person in whole["waits_for"]["people"]]
    assert "Manager Example" in named
    assert "Member Example" not in named
    assert lab.get(f"/approvals/{one['id']}", by="other").status_code == 404

    path = f"/approvals/{one['id']}/approve"
    refused = lab.post(path, by="member", json={})
    assert refused.status_code == 403
    done = lab.post(path, by="manager", json={"note": "Fine"})
    assert done.status_code == 200, done.text
    assert done.json()["data"]["state"] == "approved"
    (vote,) = done.json()["data"]["votes"]
    assert (vote["by"]["name"], vote["note"], vote["is_by_link"]) == (
        "Manager Example", "Fine", False,
    )  # fmt: skip
    late = lab.post(path, by="admin", json={})
    assert (late.status_code, late.json()["type"]) == (409, "/problems/approval-settled")
    assert lab.get(f"/bookings/{one['subject_id']}").json()["data"]["status"] == "confirmed"


def test_several_are_decided_together_each_for_itself(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    first, second = asked(lab, 9), asked(lab, 11)
    body = {
        "items": [
            {"id": first["id"], "verdict": "approve"},
            {"id": str(lab.ids.confocal), "verdict": "approve"},
            {"id": second["id"], "verdict": "reject", "note": "Not this week"},
        ]
    }
    done = lab.post("/approvals:batch", by="manager", json=body)
    assert done.status_code == 207, done.text
    said = done.json()
    assert [one and one["state"] for one in said["data"]] == ["approved", None, "rejected"]
    (missed,) = said["errors"]
    assert (missed["pointer"], missed["code"]) == ("#/items/1", "approval-not-found")


def test_a_rule_with_two_steps_asks_one_after_the_other(lab: Lab) -> None:
    steps = [
        {"approvers": [{"kind": "person", "value": str(lab.ids.other)}], "deadline_minutes": 60},
        {"approvers": [{"kind": "role", "value": "manager"}], "needs": "all"},
    ]
    body = {"name": "Two steps", "steps": steps}
    assert lab.post("/approval-rules", by="member", json=body).status_code == 403
    made = lab.post("/approval-rules", by="manager", json=body)
    assert made.status_code == 201, made.text
    rule = made.json()["data"]
    named_by_policy(lab, UUID(rule["id"]))
    booking = lab.book(9)
    assert lab.get("/approvals", by="manager").json()["data"] == []
    (waiting,) = lab.get("/approvals", by="other").json()["data"]
    assert (waiting["rule"], waiting["step"], waiting["steps"]) == ("Two steps", 1, 2)
    assert booking["request_expires_at"] == waiting["expires_at"]
    # Whoever is asked may read it, although their role would not let them.
    seen = lab.get(f"/bookings/{booking['id']}", by="other").json()["data"]
    assert seen["allowed"] == ["approve", "reject"]
    agreed = lab.post(f"/bookings/{booking['id']}/approve", by="other", json={})
    assert (agreed.status_code, agreed.json()["data"]["status"]) == (200, "requested")
    (waiting,) = lab.get("/approvals", by="manager").json()["data"]
    assert waiting["step"] == 2
    done = lab.post(f"/bookings/{booking['id']}/approve", by="manager", json={})
    assert done.json()["data"]["status"] == "confirmed"
    assert lab.get(f"/approval-rules/{rule['id']}", by="manager").json()["data"]["used"] == 1
    in_use = lab.call(
        "DELETE", f"/approval-rules/{rule['id']}", by="manager", headers={"If-Match": "*"}
    )
    assert (in_use.status_code, in_use.json()["type"]) == (409, "/problems/approval-rule-in-use")


def test_a_rule_names_every_fault_at_its_place(sqlite_lab: Lab) -> None:
    bad = {
        "approvers": [{"kind": "person", "value": "nobody"}],
        "on_deadline": "escalate",
    }
    answer = sqlite_lab.post("/approval-rules", by="manager", json={"name": "Bad", "steps": [bad]})
    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {
        "#/steps/0/approvers/0/value", "#/steps/0/deadline_minutes", "#/steps/0/escalate_to",
    }  # fmt: skip


def test_who_stands_in_decides_but_never_their_own(lab: Lab) -> None:
    wish = {
        "to_id": str(lab.ids.other), "starts_at": moment(0, days=-1), "ends_at": moment(0, days=9),
    }  # fmt: skip
    given = lab.post("/delegations", by="manager", json=wish)
    assert given.status_code == 201, given.text
    one = asked(lab, 9)
    (waiting,) = lab.get("/approvals", by="other").json()["data"]
    assert waiting["id"] == one["id"]
    done = lab.post(f"/approvals/{one['id']}/approve", by="other", json={})
    (vote,) = done.json()["data"]["votes"]
    assert vote["stands_in_for"]["name"] == "Manager Example"

    own = lab.book(13, by="other")
    assert lab.get("/approvals", by="other").json()["data"] == []
    refused = lab.post(f"/bookings/{own['id']}/approve", by="other", json={})
    assert refused.status_code == 403
    ended = lab.post(f"/delegations/{given.json()['data']['id']}/revoke", by="other", json={})
    assert ended.json()["data"]["revoked_at"] is not None
    lab.book(15)
    assert lab.get("/approvals", by="other").json()["data"] == []


def test_a_link_shows_then_decides_once_without_a_log_in(lab: Lab) -> None:
    one = asked(lab)
    path = link_of(lab, one, "manager")
    somebody = Visitor(lab)
    page = somebody.see(path)
    assert page.status == 200
    assert "Member Example asks for Confocal" in page.text
    assert "You decide as Manager Example" in page.text
    # Opening it again, as programs that read mails do, changes nothing.
    assert somebody.see(path).status == 200
    assert lab.get(f"/approvals/{one['id']}").json()["data"]["state"] == "open"
    undecided = somebody.send(page.form(path))
    assert undecided.status == 422
    done = somebody.send(page.form(path), verdict="approve", note="By mail")
    assert "Approved. They are told." in done.text
    (vote,) = lab.get(f"/approvals/{one['id']}").json()["data"]["votes"]
    assert (vote["is_by_link"], vote["note"]) == (True, "By mail")

    used = somebody.see(path)
    assert used.status == 410
    assert "You have decided already" in used.text
    late = somebody.see(link_of(lab, one, "admin"))
    assert late.status == 410
    assert "Manager Example has decided it" in late.text
    assert somebody.send(page.form(path), verdict="reject").status == 410


def test_a_forged_link_and_one_for_somebody_nobody_asked_open_nothing(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    one = asked(lab)
    path = link_of(lab, one, "manager")
    somebody = Visitor(lab)
    for forged in (f"{path}x", path.replace(".", ".A"), "/approvals/answer/nonsense"):
        assert somebody.see(forged).status == 404
    # Their own request, and somebody who has no say.
    for person in ("member", "other"):
        assert somebody.see(link_of(lab, one, person)).status == 410
    cancelled = lab.post(f"/bookings/{one['subject_id']}/cancel", json={})
    assert cancelled.status_code == 200
    gone = somebody.see(path)
    assert gone.status == 410
    assert "withdrawn" in gone.text
