"""What the operations of an incident's room are given, so that each can succeed once."""

from __future__ import annotations

from tests.support.application import Lab, moment
from tests.web.given import Given, made

LEARNED = {"what_happened": "It smoked", "impact": "None", "root_cause": "Dust"}


def rooms(lab: Lab) -> Given:
    """An incident that goes on, one whose review can be signed, and one whose review is."""
    kind = {"code": "smoke", "name": "Smoke"}
    type_id = made(lab, "/incident-types", json=kind)
    going, written, signed = (
        {
            "incident_id": made(
                lab, "/incidents", by="member", json={"type_id": type_id, "title": title}
            )
        }
        for title in ("It smokes", "It smoked", "It smoked before")
    )
    for one in (written, signed):
        _done(lab, "PUT", f"/incidents/{one['incident_id']}/review", by="member", json=LEARNED)
    _done(lab, "POST", f"/incidents/{signed['incident_id']}/review/sign", by="admin")
    path = f"/incidents/{going['incident_id']}"
    entry = {**going, "entry_id": made(lab, f"{path}/timeline", json={"text": "Smoke"})}
    kept, ending = (
        {**going, "task_id": made(lab, f"{path}/tasks", json={"title": title})}
        for title in ("Air the room", "Look at the filter")
    )
    role = {"role": "scribe", "user_id": str(lab.ids.other)}
    ends = {**going, "assignment_id": made(lab, f"{path}/roles", json=role)}
    wanted = {"name": "Severe", "filter": {"least_severity": "high"}}
    mine, over = (
        {"subscription_id": made(lab, "/incident-subscriptions", json=wanted)} for _ in range(2)
    )
    task = {"title": "Ask", "owner_id": str(lab.ids.other), "due_at": moment(9)}
    return {
        "incident_roles_list": {"path": going},
        "incident_roles_give": {
            "path": going, "body": {"role": "lead", "user_id": str(lab.ids.member)},
        },
        "incident_roles_end": {"path": ends, "body": {"note": "Ill"}},
        "incident_timeline_list": {"path": going},
        "incident_timeline_note": {"path": going, "body": {"text": "The alarm went off"}},
        "incident_timeline_get": {"path": entry},
        "incident_timeline_pin": {"path": entry},
        "incident_timeline_unpin": {"path": entry},
        "incident_updates_list": {"path": going},
        "incident_updates_give": {"path": going, "body": {"conditions": "It smokes"}},
        "incident_tasks_list": {"path": going},
        "incident_tasks_create": {"path": going, "body": task},
        "incident_tasks_get": {"path": kept},
        "incident_tasks_update": {"path": kept, "body": {"owner_id": None}},
        "incident_tasks_transition": {"path": ending, "body": {"to": "done"}},
        "incident_reviews_get": {"path": written},
        "incident_reviews_write": {"path": going, "body": LEARNED},
        "incident_reviews_sign": {"path": written},
        "incident_reviews_reopen": {"path": signed, "body": {"reason": "The cause was another"}},
        "incident_subscriptions_create": {"body": wanted},
        "incident_subscriptions_get": {"path": mine},
        "incident_subscriptions_update": {"path": mine, "body": {"is_active": False}},
        "incident_subscriptions_delete": {"path": over},
    }  # fmt: skip


def _done(lab: Lab, method: str, path: str, *, by: str, **options: object) -> None:
    answer = lab.call(method, path, by=by, headers={"If-Match": "*"}, **options)
    assert answer.is_success, answer.text
