"""What the operations of blockers and decisions are given, so that each can succeed once."""

from __future__ import annotations

from typing import Any

from tests.support.application import Lab
from tests.web.given import Given, made

WAITS = {"title": "No nitrogen", "waiting_on": "vendor", "waiting_on_name": "Linde"}
WISH = {"title": "One buffer", "outcome": "PBS", "options": [{"title": "PBS"}, {"title": "HEPES"}]}


def decided(lab: Lab) -> Given:
    """A blocker and a decision for each thing done to one."""
    return {**_blockers(lab), **_decisions(lab)}


def _blockers(lab: Lab) -> Given:
    kept, changing, ending, over, old = (
        {"blocker_id": made(lab, "/blockers", json=WAITS)} for _ in range(5)
    )
    resolved = {"to": "resolved", "note": "It came"}
    for one in (over, old):
        _done(lab, f"/blockers/{one['blocker_id']}/transition", json=resolved)
    _done(lab, f"/blockers/{old['blocker_id']}/archive")
    return {
        "blockers_create": {"body": {**WAITS, "tags": ["cold"]}},
        "blockers_get": {"path": kept},
        "blockers_update": {"path": changing, "body": {"impact": "high", "owner_id": None}},
        "blockers_transition": {"path": ending, "body": resolved},
        "blockers_archive": {"path": over},
        "blockers_unarchive": {"path": old},
    }


def _decisions(lab: Lab) -> Given:
    kept, changing, ending, accepted = (
        {"decision_id": made(lab, "/decisions", json=WISH)} for _ in range(4)
    )
    _done(lab, f"/decisions/{accepted['decision_id']}/transition", json={"to": "accepted"})
    found = lab.get(f"/decisions/{changing['decision_id']}", by="admin").json()["data"]
    first, second = ({**changing, "option_id": one["id"]} for one in found["options"])
    return {
        "decisions_create": {"body": WISH},
        "decisions_get": {"path": kept},
        "decisions_update": {"path": changing, "body": {"context": None}},
        "decisions_transition": {"path": ending, "body": {"to": "withdrawn", "reason": "Settled"}},
        "decisions_add_option": {"path": changing, "body": {"title": "Tris"}},
        "decisions_update_option": {"path": first, "body": {"is_chosen": True}},
        "decisions_remove_option": {"path": second},
        "decisions_set_participants": {
            "path": changing, "body": {"user_ids": [str(lab.ids.other)]},
        },
        "decisions_set_stance": {"path": kept, "body": {"stance": "agrees"}},
        "decisions_list_amendments": {"path": accepted},
        "decisions_amend": {
            "path": accepted, "body": {"outcome": "HEPES", "reason": "PBS foams"},
        },
    }  # fmt: skip


def _done(lab: Lab, path: str, **options: Any) -> None:
    answer = lab.post(path, by="admin", **options)
    assert answer.is_success, answer.text
