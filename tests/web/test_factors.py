"""Second factors over HTTP: the interface, the pages, the banner, and who is held back."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.actor import SYSTEM
from src.core.db import create_database, transaction
from src.domain import accounts
from src.domain.accounts.tables import TokenFamily
from src.web.passkeys import relying_party_of
from tests.support import servers
from tests.support.application import Lab
from tests.support.authenticator import Authenticator
from tests.web.pages.visitor import Visitor

FACTOR = "/me/second-factor"
NOBODY = "0198c0de-5a7e-7000-8000-00000000dead"


def in_database(lab: Lab, work: Callable[[AsyncSession], Awaitable[Any]]) -> None:
    async def run() -> None:
        database = create_database(lab.settings.database)
        async with transaction(database) as session:
            await work(session)
        await database.dispose()

    servers.in_thread(run)


@pytest.fixture
def proven(sqlite_lab: Lab) -> Lab:
    """Everybody's program has logged in just now."""
    in_database(
        sqlite_lab,
        lambda session: session.execute(update(TokenFamily).values(created_at=clock.now())),
    )
    return sqlite_lab


def with_totp(lab: Lab, person: str) -> pyotp.TOTP:
    made = lab.post(f"{FACTOR}/totp", by=person)
    assert made.status_code == 200, made.text
    app = pyotp.TOTP(made.json()["data"]["secret"])
    done = lab.post(f"{FACTOR}/totp/confirm", by=person, json={"code": app.now()})
    assert done.status_code == 200, done.text
    assert done.json()["data"]["totp_since"] is not None
    return app


def test_an_app_and_codes_by_the_interface_and_no_secret_a_second_time(proven: Lab) -> None:
    app = with_totp(proven, "member")
    made = proven.post(f"{FACTOR}/backup-codes", by="member")
    codes = made.json()["data"]["codes"]
    assert made.headers["Cache-Control"] == "no-store"
    state = proven.get(FACTOR, by="member")
    assert state.json()["data"]["backup_codes_left"] == 10
    assert not [secret for secret in (app.secret, *codes) if secret in state.text]
    assert proven.call("DELETE", f"{FACTOR}/totp", by="member").status_code == 204
    assert proven.call("DELETE", f"{FACTOR}/totp", by="member").status_code == 404
    assert proven.get(FACTOR, by="member").json()["data"]["backup_codes_left"] == 0


def test_a_wrong_code_points_at_its_field(proven: Lab) -> None:
    early = proven.post(f"{FACTOR}/totp/confirm", by="member", json={"code": "123456"})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/set-up-not-begun")
    proven.post(f"{FACTOR}/totp", by="member")
    wrong = proven.post(f"{FACTOR}/totp/confirm", by="member", json={"code": "12345"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "#/code")


def test_a_passkey_by_the_interface_is_its_owners_alone(proven: Lab) -> None:
    begun = proven.post(f"{FACTOR}/passkeys:begin", by="member").json()["data"]
    origin = f"http://localhost:{proven.settings.port}"
    device = Authenticator(origin=origin)
    body = {
        "name": "Phone",
        "token": begun["token"],
        "credential": json.loads(device.register(json.dumps(begun["options"]))),
    }
    stolen = proven.post(f"{FACTOR}/passkeys", by="other", json=body)
    assert stolen.status_code == 422, stolen.text
    begun = proven.post(f"{FACTOR}/passkeys:begin", by="member").json()["data"]
    body["token"] = begun["token"]
    body["credential"] = json.loads(device.register(json.dumps(begun["options"])))
    made = proven.post(f"{FACTOR}/passkeys", by="member", json=body)
    assert made.status_code == 201, made.text
    path = made.headers["Location"].removeprefix("/api/v1")
    assert proven.post(f"{FACTOR}/passkeys", by="member", json=body).status_code == 422
    for one in (path, f"{FACTOR}/passkeys/{NOBODY}"):
        assert proven.get(one, by="other").status_code == 404
        assert proven.patch(one, by="other", json={"name": "Mine"}).status_code == 404
        assert proven.call("DELETE", one, by="other").status_code == 404
    assert proven.patch(path, by="member", json={"name": "Blue"}).json()["data"]["name"] == "Blue"
    assert [one["name"] for one in proven.get(f"{FACTOR}/passkeys").json()["data"]] == ["Blue"]
    assert proven.call("DELETE", path, by="member").status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{FACTOR}/totp"),
        ("POST", f"{FACTOR}/totp/confirm"),
        ("DELETE", f"{FACTOR}/totp"),
        ("POST", f"{FACTOR}/backup-codes"),
        ("POST", f"{FACTOR}/passkeys:begin"),
        ("DELETE", f"{FACTOR}/passkeys/{NOBODY}"),
        ("DELETE", f"/users/{NOBODY}/second-factor"),
    ],
)
def test_what_changes_factors_wants_a_proof_of_minutes_ago(
    proven: Lab, method: str, path: str
) -> None:
    in_database(
        proven,
        lambda session: session.execute(
            update(TokenFamily).values(created_at=clock.now() - timedelta(hours=1))
        ),
    )
    body = {"json": {"code": "123456"}} if path.endswith("confirm") else {}
    answer = proven.call(method, path, by="admin", **body)
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/confirmation-needed")


def test_an_administrator_resets_others_factors_and_nobody_else_does(proven: Lab) -> None:
    with_totp(proven, "member")
    path = f"/users/{proven.ids.member}/second-factor"
    assert proven.call("DELETE", path, by="manager").status_code == 403
    assert proven.call("DELETE", path, by="admin").status_code == 204
    assert proven.call("DELETE", path, by="admin").status_code == 404
    assert proven.get("/me", by="member").status_code == 401, "their programs are out too"


def enforce(lab: Lab, *, days: int) -> None:
    changes = {"factor_roles": ["member"], "factor_grace_days": days}
    in_database(lab, lambda session: accounts.facility.update(session, SYSTEM, changes=changes))


def test_a_banner_on_every_page_says_until_when_and_goes_with_the_set_up(proven: Lab) -> None:
    visitor = Visitor.logged_in(proven, "member")
    assert "Your role needs a second factor" not in visitor.see("/bookings").text
    enforce(proven, days=3)
    for path in ("/", "/bookings", "/resources"):
        page = visitor.see(path)
        assert "Your role needs a second factor. Set one up by" in page.text
        assert page.has("/me/factors")
    visitor.send(visitor.see("/me/factors/totp").form("/me/factors/totp"))
    page = visitor.see("/me/factors/totp")
    secret = page.text.partition("enter a key” and type this. ")[2].partition(" Kind:")[0]
    app = pyotp.TOTP(secret.replace(" ", ""))
    done = visitor.send(page.form("/me/factors/totp/confirm"), code=app.now())
    assert done.path == "/me/factors"
    assert "Your role needs a second factor" not in visitor.see("/bookings").text


def test_after_the_grace_nothing_goes_on_but_setting_one_up(proven: Lab) -> None:
    visitor = Visitor.logged_in(proven, "member")
    enforce(proven, days=0)
    with time_machine.travel(clock.now() + timedelta(seconds=5), tick=True):
        assert proven.get("/bookings", by="member").status_code == 403
        assert proven.get(FACTOR, by="member").json()["data"]["is_needed"] is True
        assert visitor.see("/me/factors").status == 200
        assert visitor.see("/bookings").path == "/me/factors"
        with_totp(proven, "member")


@pytest.mark.parametrize(
    ("address", "host", "origin"),
    [
        ("https://lab.example.org", "lab.example.org", "https://lab.example.org"),
        ("https://Lab.Example.org:443/", "lab.example.org", "https://lab.example.org"),
        ("https://lab.example.org:8443", "lab.example.org", "https://lab.example.org:8443"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_passkeys_are_for_the_host_of_the_public_address(
    proven: Lab, address: str, host: str, origin: str
) -> None:
    settings = proven.settings.model_copy(update={"public_url": address})
    found = relying_party_of(settings)
    assert (found.id, found.origins) == (host, (origin,))
