"""The whole interface against its own description, as anonymous, as member and as administrator.

The description's examples are given ids that exist, so that most operations can also succeed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from prometheus_client import REGISTRY

from src.core import migrations
from src.web import examples
from tests.support.application import Lab, served
from tests.support.databases import Templates

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "schemathesis.toml"
# Ends the caller's own log-in, or wants a password that fits.
APART = ("auth_logout", "me_change_password")
# Some follow only on a state that an earlier one has left: other tests reach those.
SUCCEEDING = 0.65

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def described(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Path]]:
    """A migrated database, the application on a socket, and a description with ids that exist."""
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


def _phases(quick: str) -> tuple[str, ...]:
    if os.environ.get("ALIQUOT_TEST_CAMPAIGN") == "full":
        return ("--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "50")
    # A limit of time makes fuzzing go on until it is over, so it stands with the cases alone.
    bound = ("--max-time", "60") if "fuzzing" not in quick else ("--max-examples", "1")
    return ("--phases", quick, *bound)


def _run(described: tuple[Lab, Path], person: str | None, *options: str) -> None:
    lab, description = described
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION),
        "run", str(description), "--url", str(lab.client.base_url), "--no-color", *options,
    ]  # fmt: skip
    for name in APART:
        command += ["--exclude-operation-id", name]
    for name, value in lab.headers(person).items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        command, capture_output=True, check=False, text=True, cwd=description.parent
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_nothing_is_wrong_as_anonymous(described: tuple[Lab, Path]) -> None:
    _run(described, None, *_phases("examples,fuzzing"))


def test_nothing_is_wrong_as_a_member(described: tuple[Lab, Path]) -> None:
    _run(described, "member", *_phases("examples,coverage"))


def test_nothing_is_wrong_as_an_administrator_and_most_operations_succeed(
    described: tuple[Lab, Path],
) -> None:
    before = _succeeded()
    _run(described, "admin", *_phases("examples,fuzzing"), "--mode", "positive")
    lab = described[0]
    known = {
        (method, route.path)
        for route in iter_route_contexts(lab.app.routes)
        if str(route.path).startswith("/api/")
        for method in route.methods or ()
    }
    reached = {key for key, times in _succeeded().items() if times > before.get(key, 0)} & known
    missing = sorted(known - reached)
    assert len(reached) >= SUCCEEDING * len(known), f"never succeeded: {missing}"


def _succeeded() -> dict[tuple[str, str], float]:
    """How often each route answered 2xx in this process."""
    times: dict[tuple[str, str], float] = {}
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            if sample.name == "aliquot_http_requests_total" and sample.labels["status"] < "300":
                key = (sample.labels["method"], sample.labels["route"])
                times[key] = times.get(key, 0) + sample.value
    return times
