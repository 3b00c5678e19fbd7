"""What the operations of quotas, checklists and kiosks are given, so that each can succeed once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.application import Lab
from tests.web.given import Given, made

LIST = {"type": "object", "properties": {"hours": {"type": "integer", "title": "Lamp hours"}}}


def quotas(lab: Lab) -> Given:
    """A quota and a project, a tablet, and a booking under way that asks after use."""
    spare = {"type_id": str(lab.ids.type), "location_id": str(lab.ids.location), "units": 2}
    asks = made(lab, "/resources", json={"name": "Asks afterwards", "timezone": "UTC", **spare})
    rules = {"checklist_after": LIST}
    assert lab.patch(f"/resources/{asks}/policy", by="admin", json=rules).status_code == 200
    start = datetime.now(UTC) + timedelta(minutes=3)
    wish = lab.wish(
        resource_id=asks,
        starts_at=start.isoformat(),
        ends_at=(start + timedelta(hours=1)).isoformat(),
    )
    on = {"booking_id": made(lab, "/bookings", json=wish)}
    assert lab.post(f"/bookings/{on['booking_id']}/check-in", by="admin").status_code == 200
    many = {"holder_kind": "everyone", "period": "year", "unit": "count", "amount": 100_000}
    quota = {"quota_id": made(lab, "/quotas", json={"name": "Many", **many})}
    project = {"project_id": made(lab, "/projects", json={"code": "P-1", "name": "Cells"})}
    tablets = [
        {"kiosk_id": made(lab, "/kiosks", json={"name": name, "resource_ids": [asks]})}
        for name in ("Hall", "Cellar")
    ]
    return {
        "bookings_checklists": {"path": on},
        "bookings_fill_checklist": {
            "path": {**on, "moment": "after"},
            "body": {"answers": {"hours": 12}},
        },
        "bookings_extend": {"path": on, "body": {"minutes": 15}},
        "quotas_create": {"body": {"name": "More", **many}},
        "quotas_get": {"path": quota},
        "quotas_update": {"path": quota, "body": {"amount": 200_000}},
        "quotas_ledger": {"path": quota},
        "projects_create": {"body": {"code": "P-2", "name": "Membranes"}},
        "projects_get": {"path": project},
        "projects_update": {"path": project, "body": {"name": "Organelles"}},
        "kiosks_create": {"body": {"name": "Attic", "resource_ids": [asks]}},
        "kiosks_get": {"path": tablets[0]},
        "kiosks_revoke": {"path": tablets[1]},
        "me_set_kiosk_pin": {"body": {"pin": "271828"}},
    }
