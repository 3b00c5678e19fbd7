"""What the operations of incidents are given, so that each can succeed once."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.given import Given, made


def incidents(lab: Lab) -> Given:
    """Types, priorities, and an incident for each thing done to one."""
    kept, changing = (
        {"incident_type_id": made(lab, "/incident-types", json={"code": code, "name": code})}
        for code in ("failure", "leak")
    )
    miss = {"code": "miss", "name": "Miss", "may_be_anonymous": True}
    made(lab, "/incident-types", json=miss)
    # A database that was set up has priorities of its own, of the ranks that come first.
    priorities = [
        {"priority_id": made(lab, "/incident-priorities", json={"name": name, "rank": rank})}
        for rank, name in enumerate(("Now", "Soon"), 11)
    ]
    broken = {"type_id": kept["incident_type_id"], "title": "It smokes"}
    seen, told, noticed, going = (
        {"incident_id": made(lab, "/incidents", json=broken)} for _ in range(4)
    )
    return {
        "incidents_create": {"body": {**broken, "tags": ["smoke"]}},
        "incidents_get": {"path": seen},
        "incidents_update": {"path": told, "body": {"severity": "high", "priority_id": None}},
        "incidents_acknowledge": {"path": noticed},
        "incidents_transition": {"path": going, "body": {"to": "in_progress"}},
        "near_misses_create": {"body": {"what": "I slipped at the lift"}},
        "incident_types_create": {"body": {"code": "spill", "name": "Spill"}},
        "incident_types_get": {"path": kept},
        "incident_types_update": {"path": changing, "body": {"needs_review": True}},
        "incident_priorities_create": {"body": {"name": "Later", "rank": 13}},
        "incident_priorities_get": {"path": priorities[0]},
        "incident_priorities_update": {
            "path": priorities[1], "body": {"response_minutes": 30},
        },
    }  # fmt: skip
