"""The composed application on a fresh database with a little institute in it.

`lab` runs on both databases, `sqlite_lab` on SQLite alone. Its people carry access tokens, so that
no password need be hashed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import _IncludedRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.testclient import TestClient

from src.app import create_app
from src.core import clock, logs
from src.core.actor import SYSTEM
from src.core.crypto import keyring_of
from src.core.db import create_database, transaction
from src.core.settings import Settings
from src.domain import accounts, resources
from src.domain.accounts import RoleName
from src.domain.accounts.tables import TokenFamily
from src.web.api import ROUTERS as API_ROUTERS
from src.web.pages import ROUTERS as PAGE_ROUTERS
from tests.support import servers
from tests.support.databases import Templates
from tests.support.serving import serving

PASSWORD = "a passphrase for tests only"
API = "/api/v1"


def moment(hour: float = 9, *, days: int = 3) -> str:
    """A full hour some days ahead, as it stands in JSON."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = day + timedelta(days=days, hours=hour)
    return at.isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Ids:
    """What the little institute holds."""

    admin: UUID
    manager: UUID
    member: UUID
    other: UUID
    type: UUID
    location: UUID
    confocal: UUID
    cytometer: UUID


@dataclass
class Lab:
    """A running application, its people's headers, and what is in it."""

    app: FastAPI
    client: httpx2.Client
    settings: Settings
    ids: Ids

    def headers(self, person: str | None, **more: str) -> dict[str, str]:
        """Somebody's credentials; None is nobody."""
        if person is None:
            return more
        return {"Authorization": f"Bearer {self.token_of(getattr(self.ids, person))}", **more}

    def token_of(self, user_id: UUID, *, lifetime: int = 3600) -> str:
        """An access token of somebody who has a log-in (`logged_in`)."""
        return keyring_of(self.settings).access_token(
            user_id, family_id=family_of(user_id), lifetime=lifetime
        )

    def call(
        self, method: str, path: str, *, by: str | None = "member", **options: Any
    ) -> httpx2.Response:
        """A request below /api/v1 by one of the people."""
        more = options.pop("headers", {})
        address = path if path.startswith(("/healthz", "/readyz")) else API + path
        return self.client.request(method, address, headers={**self.headers(by), **more}, **options)

    def get(self, path: str, **options: Any) -> httpx2.Response:
        """A GET."""
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx2.Response:
        """A POST."""
        return self.call("POST", path, **options)

    def patch(self, path: str, *, etag: str | None = "*", **options: Any) -> httpx2.Response:
        """A PATCH of whatever version there is, unless an ETag is given."""
        headers = {"If-Match": etag} if etag is not None else {}
        return self.call("PATCH", path, headers=headers, **options)

    def wish(self, hour: float = 9, *, hours: float = 1, **more: Any) -> dict[str, Any]:
        """The body of a booking of the confocal."""
        return {
            "resource_id": str(self.ids.confocal),
            "starts_at": moment(hour),
            "ends_at": moment(hour + hours),
            "title": "Slides",
            **more,
        }

    def book(self, hour: float = 9, *, by: str = "member", **more: Any) -> dict[str, Any]:
        """A booking that must succeed."""
        answer = self.post("/bookings", by=by, json=self.wish(hour, **more))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()["data"]
        return made


def family_of(user_id: UUID) -> UUID:
    """The id of the log-in that a person's access tokens belong to in tests."""
    return uuid5(user_id, "the tests' program")


def logged_in(session: AsyncSession, user_id: UUID) -> None:
    """Let a person's program be logged in, without a password being hashed."""
    now = clock.now()
    session.add(
        TokenFamily(
            id=family_of(user_id),
            user_id=user_id,
            device="Tests",
            created_at=now,
            last_used_at=now,
            expires_at=now + timedelta(days=3650),
        )
    )


def settings_for(url: str, folder: Path, **more: Any) -> Settings:
    """Settings of a test: cheap hashes, no limits unless they are asked for."""
    return Settings(
        **{
            "database_url": url,
            "data_dir": folder,
            "rate_limits": False,
            "argon2_memory_kib": 8192,
            "argon2_time_cost": 1,
            "log_level": "WARNING",
            **more,
        }
    )


_built: dict[int, _IncludedRouter] = {}  # by the id of a router that lives as long as its module


def composed(settings: Settings) -> FastAPI:
    """The application, with the routes that an earlier one of this process has built already.

    FastAPI works out a router's routes when the first request reaches it, for each application
    anew. Nothing in them is an application's own but its `dependency_overrides`, so who wants those
    calls `create_app`.
    """
    app = create_app(settings)
    lasting = {id(router) for router in (*API_ROUTERS, *PAGE_ROUTERS)}
    routes = app.router.routes
    for place, route in enumerate(routes):
        if isinstance(route, _IncludedRouter) and id(route.original_router) in lasting:
            routes[place] = _built.setdefault(id(route.original_router), route)
    return app


def seed(settings: Settings) -> Ids:
    """Four people and two resources."""

    async def work() -> Ids:
        accounts.configure(settings)
        database = create_database(settings.database)
        hashed = await accounts.new_hash(PASSWORD)
        people: dict[str, UUID] = {}
        try:
            async with transaction(database) as tx:
                admin = await accounts.set_up(
                    tx,
                    name="Institute of Tests",
                    timezone="UTC",
                    currency="EUR",
                    mail_from=None,
                    admin_name="Ada Admin",
                    admin_email="admin@example.org",
                    locale="en",
                    password_hash=hashed,
                )
                people["admin"] = admin.id
                for name, role in (
                    ("manager", RoleName.MANAGER),
                    ("member", RoleName.MEMBER),
                    ("other", RoleName.MEMBER),
                ):
                    made = await accounts.create_user(
                        tx,
                        SYSTEM,
                        email=f"{name}@example.org",
                        name=f"{name.title()} Example",
                        roles=(role,),
                        locale="en",
                        password_hash=hashed,
                    )
                    people[name] = made.id
                for user_id in people.values():
                    logged_in(tx, user_id)
                kind = await resources.create_type(tx, SYSTEM, name="Microscope")
                place = await resources.create_location(tx, SYSTEM, name="North")
                instruments = [
                    await resources.create(
                        tx,
                        SYSTEM,
                        wish=resources.ResourceWish(name, kind.id, place.id, timezone="UTC"),
                    )
                    for name in ("Confocal", "Cytometer")
                ]
        finally:
            await database.dispose()
        first, second = instruments
        return Ids(
            **people, type=kind.id, location=place.id, confocal=first.id, cytometer=second.id
        )

    return servers.in_thread(work)


@contextmanager
def running(url: str, folder: Path, **more: Any) -> Iterator[Lab]:
    """The application on a database with a schema, seeded."""
    settings = settings_for(url, folder, **more)
    logs.configure(settings)
    ids = seed(settings)
    app = composed(settings)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Lab(app, client, settings, ids)


@contextmanager
def served(url: str, folder: Path, **more: Any) -> Iterator[Lab]:
    """The same behind a real socket; the client's `base_url` is its address."""
    settings = settings_for(url, folder, **more)
    logs.configure(settings)
    ids = seed(settings)
    app = composed(settings)
    with serving(app) as address, httpx2.Client(base_url=address, timeout=60) as client:
        yield Lab(app, client, settings, ids)


@pytest.fixture
def lab(database_url: str, tmp_path: Path) -> Iterator[Lab]:
    """The application, on each database."""
    with running(database_url, tmp_path) as started:
        yield started


@pytest.fixture
def sqlite_lab(templates: Templates, tmp_path: Path) -> Iterator[Lab]:
    """The application on SQLite, for what does not depend on the database."""
    with templates.with_schema("sqlite") as url, running(url, tmp_path) as started:
        yield started


@pytest.fixture(scope="module")
def shared_lab(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One application on SQLite for a whole module, for tests that leave no trace."""
    folder = tmp_path_factory.mktemp("lab")
    with templates.with_schema("sqlite") as url, running(url, folder) as started:
        yield started


def count(lab: Lab, table: str) -> int:
    """How many rows a table holds."""
    from sqlalchemy import text

    async def work() -> int:
        database = create_database(lab.settings.database)
        try:
            async with database.engine.connect() as connection:
                return int(
                    (await connection.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()
                )
        finally:
            await database.dispose()

    return servers.in_thread(work)


__all__ = ["API", "PASSWORD", "Ids", "Lab", "count", "lab", "moment", "running", "served"]
