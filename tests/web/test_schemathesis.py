"""The whole interface against its own description, as anonymous, as member and as administrator.

The description's examples are given ids that exist, and operations that follow on a state are given
something in that state, so that nearly all can also succeed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import migrations, operations
from src.core.actor import Actor
from src.web import examples
from tests.support import photographs
from tests.support.application import Lab, moment, served
from tests.support.databases import Templates
from tests.web import (
    given,
    given_calendars,
    given_decisions,
    given_incident_room,
    given_incidents,
    given_instruments,
    given_notifications,
    given_quotas,
    given_summaries,
    given_team_imports,
    given_updates,
    given_waiting,
)
from tests.web.test_jobs_api import NOBODYS, dead, write

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "schemathesis.toml"
# Not called at all: the rest of the run would be refused, or never begin.
APART = {
    "auth_logout": "ends the caller's own log-in",
    "live_stream": "never ends",
    "me_change_password": "ends the caller's own log-in",
    "me_erase": "ends the caller's own account",
    "me_sessions_end": "ends the caller's own log-in",
}
# Called, but not counted among those that must succeed.
CANNOT_SUCCEED = {
    "sso_start": "answers with the way to a provider, never 2xx",
    "sso_backchannel_logout": "takes what a provider has signed",
}
SUCCEEDING = 0.9
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")

FULL = os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full"

pytestmark = [pytest.mark.campaign, pytest.mark.timeout(3600 if FULL else 300)]


@pytest.fixture
def described(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Path]]:
    """A migrated database, the application on a socket, and a description with ids that exist.

    One for each run: what one does to its own caller must not be in the way of the next.
    """
    folder = tmp_path_factory.mktemp("served")
    with templates.empty("sqlite") as url:
        migrations.upgrade(url)
        with served(url, folder) as lab:
            description = folder / "openapi.json"
            description.write_text(_with_real_ids(lab))
            yield lab, description


def _with_real_ids(lab: Lab) -> str:
    team = lab.post("/teams", by="admin", json={"name": "Microscopists"}).json()["data"]
    real = {
        "user_id": lab.ids.other,
        "resource_id": lab.ids.confocal,
        "type_id": lab.ids.type,
        "location_id": lab.ids.location,
        "booking_id": lab.book(7)["id"],
        "team_id": team["id"],
    }
    text = json.dumps(lab.app.openapi())
    for name, value in real.items():
        text = text.replace(examples.IDS[name], str(value))
    day = (datetime.now(UTC) + timedelta(days=5)).date()
    return text.replace("2026-11-23T", f"{day}T")


def _soon(lab: Lab, resource_id: str) -> str:
    """A booking of the administrator's that one may check in to."""
    start = datetime.now(UTC) + timedelta(minutes=3)
    end = start + timedelta(hours=1)
    wish = lab.wish(resource_id=resource_id, starts_at=start.isoformat(), ends_at=end.isoformat())
    return given.made(lab, "/bookings", json=wish)


def _prepared(lab: Lab) -> dict[str, Any]:
    """For operations that follow on a state: something in that state, out of the others' way."""
    spare = {"type_id": str(lab.ids.type), "location_id": str(lab.ids.location), "units": 4}
    apart = given.made(lab, "/resources", json={"name": "Apart", "timezone": "UTC", **spare})
    asking = given.made(lab, "/resources", json={"name": "Asking", "timezone": "UTC", **spare})
    rules = {"is_approval_required": True}
    assert lab.patch(f"/resources/{asking}/policy", by="admin", json=rules).status_code == 200
    asked = [lab.book(hour, resource_id=asking)["id"] for hour in (1, 2)]
    coming, under_way = _soon(lab, apart), _soon(lab, apart)
    assert lab.post(f"/bookings/{under_way}/check-in", by="admin").status_code == 200
    shut = {"starts_at": moment(1), "ends_at": moment(2), "reason": "Cleaning"}
    closed = [
        given.made(lab, "/closures", json={**shut, "resource_ids": [apart]}) for _ in range(2)
    ]
    kept = [given.made(lab, "/resource-sets", json={"name": name, "resource_ids": [apart]})
            for name in ("Mine", "Ours")]  # fmt: skip
    photo = given.made(
        lab, "/files", params={"subject_type": "resource", "subject_id": apart, "kind": "photo"},
        content=photographs.png(), headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
    settled = [dead(lab) for _ in range(2)]
    event = lab.get("/events", by="admin").json()["data"][0]["id"]

    async def work(session: AsyncSession) -> list[str]:
        actor = Actor(user_id=lab.ids.admin)
        return [str((await operations.start(session, actor, NOBODYS, {})).id) for _ in range(2)]

    waited_for = write(lab, work)
    other = {"path": {"user_id": str(lab.ids.other)}}
    rule = {"body": {"max_minutes": 1440}}
    return {
        "bookings_approve": {"path": {"booking_id": asked[0]}},
        "bookings_reject": {"path": {"booking_id": asked[1]}},
        "bookings_check_in": {"path": {"booking_id": coming}, "body": {}},
        "bookings_check_out": {"path": {"booking_id": under_way}, "body": {}},
        "closures_create": {"body": {**shut, "resource_ids": [apart]}},
        "closures_get": {"path": {"closure_id": closed[0]}},
        "closures_cancel": {"path": {"closure_id": closed[1]}},
        "events_get": {"path": {"event_id": event}},
        "jobs_get": {"path": {"job_id": settled[0]}},
        "jobs_dismiss": {"path": {"job_id": settled[0]}},
        "jobs_requeue": {"path": {"job_id": settled[1]}},
        "operations_get": {"path": {"operation_id": waited_for[0]}},
        "operations_cancel": {"path": {"operation_id": waited_for[1]}},
        "resource_sets_get": {"path": {"set_id": kept[0]}},
        "resource_sets_update": {"path": {"set_id": kept[0]}, "body": {"name": "Theirs"}},
        "resource_sets_delete": {"path": {"set_id": kept[1]}},
        "resources_set_photo": {"path": {"resource_id": apart}, "body": {"file_id": photo}},
        "policies_update_site": rule,
        "resource_types_update_policy": rule,
        "resources_update_policy": {"path": {"resource_id": apart}, **rule},
        "resources_update": {"path": {"resource_id": apart}, "body": {"description": "Bright"}},
        "users_revoke_role": other,
        "bookings_update": {
            "path": {"booking_id": lab.book(3, resource_id=apart)["id"]},
            "body": {"title": "More slides"},
        },
        "bookings_batch": {
            "body": {
                "items": [
                    lab.wish(hour, resource_id=apart, override_reason="Service") for hour in (5, 7)
                ]
            }
        },
        **given.people(lab),
        **given.roles(lab),
        **given.links(lab),
        **given.files(lab),
        **given.parties(lab),
        **given.credentials(lab),
        **given.approvals(lab, asking),
        **given_instruments.instruments(lab),
        **given_waiting.waiting(lab),
        **given_calendars.calendars(lab),
        **given_quotas.quotas(lab),
        **given_team_imports.team_imports(lab),
        **given_updates.updates(lab),
        **given_summaries.handed_over(lab),
        **given_decisions.decided(lab),
        **given_incidents.incidents(lab),
        **given_incident_room.rooms(lab),
        **given_notifications.notifications(lab),
    }


def _phases(quick: str) -> tuple[str, ...]:
    if FULL:
        return ("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "50")
    # A limit of time makes fuzzing go on until it is over, so it stands with the cases alone.
    bound = ("--max-time", "40") if "fuzzing" not in quick else ("--max-examples", "1")
    return ("--phases", quick, *bound)


def _run(
    described: tuple[Lab, Path],
    person: str | None,
    *options: str,
    prepared: dict[str, Any] | None = None,
) -> None:
    lab, description = described
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION),
        "run", str(description), "--url", str(lab.client.base_url), "--no-color", *options,
    ]  # fmt: skip
    for name in APART:
        command += ["--exclude-operation-id", name]
    for name, value in lab.headers(person).items():
        command += ["-H", f"{name}: {value}"]
    hooks = {"SCHEMATHESIS_HOOKS": str(HOOKS), "ALIQUOT_TEST_GIVEN": json.dumps(prepared or {})}
    done = subprocess.run(
        command, capture_output=True, check=False, text=True, cwd=description.parent,
        env={**os.environ, **hooks},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_nothing_is_wrong_as_anonymous(described: tuple[Lab, Path]) -> None:
    _run(described, None, *_phases("examples,fuzzing"))


def test_nothing_is_wrong_as_a_member(described: tuple[Lab, Path]) -> None:
    _run(described, "member", *_phases("examples,coverage"))


def test_nothing_is_wrong_as_an_administrator_and_most_operations_succeed(
    described: tuple[Lab, Path],
) -> None:
    lab = described[0]
    prepared, before = _prepared(lab), _succeeded()
    _run(described, "admin", *_phases("examples,fuzzing"), "--mode", "positive", prepared=prepared)
    known = {
        (method, route.path)
        for route in iter_route_contexts(lab.app.routes)
        if str(route.path).startswith("/api/")
        for method in route.methods or ()
    } - _not_counted(lab)
    reached = {key for key, times in _succeeded().items() if times > before.get(key, 0)} & known
    missing = sorted(known - reached)
    assert len(reached) >= SUCCEEDING * len(known), f"never succeeded: {missing}"


def _not_counted(lab: Lab) -> set[tuple[str, str]]:
    apart = {**APART, **CANNOT_SUCCEED}
    named = {
        operation["operationId"]: (method.upper(), path)
        for path, operations_ in lab.app.openapi()["paths"].items()
        for method, operation in operations_.items()
    }
    return {named[name] for name in apart}


def _succeeded() -> dict[tuple[str, str], float]:
    """How often each route answered 2xx in this process."""
    times: dict[tuple[str, str], float] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "aliquot_http_requests_total" and sample.labels["status"] < "300":
                key = (sample.labels["method"], sample.labels["route"])
                times[key] = times.get(key, 0) + sample.value
    return times
