"""What the operations at the instrument are given: utilities, problems, qualifications, access."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.domain import resources
from tests.support.application import Lab
from tests.web.given import Given, made
from tests.web.test_jobs_api import write


def instruments(lab: Lab) -> Given:
    """A utility for each thing done to one, resources that ask for something, and a problem each."""
    spare = {"type_id": str(lab.ids.type), "location_id": str(lab.ids.location), "timezone": "UTC"}
    names = ("Hooded", "Guarded", "Walled")
    hooded, guarded, walled = (
        made(lab, "/resources", json={"name": name, **spare}) for name in names
    )
    return {
        "utilities_create": {"body": {"name": "Compressed air"}},
        **_utilities(lab, hooded),
        **_problems(lab, hooded),
        **_qualifications(lab, guarded, walled),
    }


def _utilities(lab: Lab, resource: str) -> Given:
    kept, ending, working, failed = (
        {"utility_id": made(lab, "/utilities", json={"name": name})}
        for name in ("Vacuum", "Old vacuum", "Helium", "Power")
    )
    down = f"/utilities/{failed['utility_id']}/take-down"
    assert lab.post(down, by="admin", json={"reason": "Cut"}).status_code == 200
    wanted = {"dependants": [{"resource_id": resource, "effect": "degraded"}]}
    return {
        "utilities_get": {"path": kept},
        "utilities_update": {"path": kept, "body": {"name": "Vacuum line"}},
        "utilities_delete": {"path": ending},
        "utilities_set_dependants": {"path": kept, "body": wanted},
        "utilities_take_down": {"path": working, "body": {"reason": "Refilled"}},
        "utilities_bring_back": {"path": failed, "body": {"note": "Back"}},
        "resources_list_outages": {"path": {"resource_id": resource}},
        "resources_list_displaced": {"path": {"resource_id": resource}},
    }


def _problems(lab: Lab, resource: str) -> Given:
    wrong = {"resource_id": resource, "severity": "high", "text": "It hums"}
    kept, ending = ({"problem_id": made(lab, "/problems", json=wrong)} for _ in range(2))
    spare = {"type_id": str(lab.ids.type), "location_id": str(lab.ids.location), "timezone": "UTC"}
    down = made(lab, "/resources", json={"name": "Broken", **spare})
    booking = lab.book(2, resource_id=down)["id"]
    made(lab, "/problems", json={**wrong, "resource_id": down, "is_blocking": True})
    keep = {"choices": [{"booking_id": booking, "action": "keep"}]}
    return {
        "problem_reports_create": {"body": wrong},
        "problem_reports_get": {"path": kept},
        "problem_reports_update": {"path": kept, "body": {"severity": "low"}},
        "problem_reports_resolve": {"path": ending, "body": {"note": "Oiled"}},
        "resources_displace": {"path": {"resource_id": down}, "body": keep},
    }


def _qualifications(lab: Lab, guarded: str, walled: str) -> Given:
    safety, spare = (
        made(lab, "/qualifications", json={"name": name}) for name in ("Laser safety", "Cryogens")
    )

    async def work(session: AsyncSession) -> None:
        for resource in (guarded, walled):
            level = resources.Level("resource", UUID(resource))
            asks = {"required_qualifications": [safety]}
            await resources.set_policy(session, SYSTEM, level, values=asks)

    write(lab, work)
    person = {"person_id": str(lab.ids.other)}
    grants = [made(lab, f"/qualifications/{spare}/grants", json=person) for _ in range(2)]
    asked, own = (
        made(lab, "/access-requests", by=by, json={"resource_id": guarded, "reason": "Thesis"})
        for by in ("member", "admin")
    )
    until = (clock.now() + timedelta(days=90)).isoformat()
    return {
        "qualifications_create": {"body": {"name": "Radiation"}},
        "qualifications_get": {"path": {"qualification_id": safety}},
        "qualifications_update": {
            "path": {"qualification_id": safety}, "body": {"valid_days": 365},
        },
        "qualifications_list_grants": {"path": {"qualification_id": safety}},
        "qualifications_give": {
            "path": {"qualification_id": safety}, "body": {**person, "expires_at": until},
        },
        "qualifications_get_grant": {
            "path": {"qualification_id": spare, "grant_id": grants[0]},
        },
        "qualifications_revoke": {
            "path": {"qualification_id": spare, "grant_id": grants[1]},
            "body": {"reason": "Left"},
        },
        "access_requests_create": {"body": {"resource_id": walled, "reason": "Sections"}},
        "access_requests_get": {"path": {"request_id": asked}},
        "access_requests_decide": {
            "path": {"request_id": asked}, "body": {"verdict": "approve", "until": until},
        },
        "access_requests_withdraw": {"path": {"request_id": own}},
    }  # fmt: skip
