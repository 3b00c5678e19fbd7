"""What the operations of waiting lists and slots are given: an entry and an offer for each answer."""

from __future__ import annotations

from tests.support.application import Lab, moment
from tests.web.given import Given, made


def waiting(lab: Lab) -> Given:
    """A resource that is taken for an hour, entries that wait for it, offers of what is free."""
    spare = {"type_id": str(lab.ids.type), "location_id": str(lab.ids.location), "timezone": "UTC"}
    wanted = made(lab, "/resources", json={"name": "Wanted", **spare})
    lab.book(2, resource_id=wanted)
    kept, changing, ending = (
        {"entry_id": made(lab, "/waiting-list", json=_awaited(wanted, 2))} for _ in range(3)
    )
    offers = [_offer(lab, wanted, hour) for hour in (5, 7, 9)]
    alert = {"resource_id": wanted, "min_minutes": 60}
    alerts = [{"alert_id": made(lab, "/free-alerts", json=alert)} for _ in range(2)]
    times = ({"resource_id": wanted, "starts_at": moment(hour), "ends_at": moment(hour + 1)}
             for hour in (12, 14, 16))  # fmt: skip
    slots = [{"slot_id": made(lab, "/slot-holds", json=time)} for time in list(times)[:2]]
    return {
        "waiting_create": {"body": _awaited(wanted, 2)},
        "waiting_get": {"path": kept},
        "waiting_update": {"path": changing, "body": {"title": "Other slides"}},
        "waiting_cancel": {"path": ending},
        "offers_get": {"path": offers[0]},
        "offers_accept": {"path": offers[1], "body": {}},
        "offers_decline": {"path": offers[2]},
        "free_alerts_create": {"body": alert},
        "free_alerts_get": {"path": alerts[0]},
        "free_alerts_delete": {"path": alerts[1]},
        "slot_holds_create": {
            "body": {"resource_id": wanted, "starts_at": moment(16), "ends_at": moment(17)}
        },
        "slot_holds_get": {"path": slots[0]},
        "slot_holds_delete": {"path": slots[1]},
    }


def _awaited(resource: str, hour: int) -> dict[str, object]:
    return {
        "resource_id": resource,
        "earliest_at": moment(hour),
        "latest_at": moment(hour + 1),
        "min_minutes": 60,
        "max_minutes": 60,
    }


def _offer(lab: Lab, resource: str, hour: int) -> dict[str, str]:
    answer = lab.post("/waiting-list", by="admin", json=_awaited(resource, hour))
    assert answer.status_code == 201, answer.text
    return {"offer_id": str(answer.json()["data"]["offer"]["id"])}
