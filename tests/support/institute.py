"""A larger institute for the matrix: somebody of every role, and something of everybody's.

Every request can find it as it was made: `Institute.restore` puts the database back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids, operations, outbox
from src.core.actor import SYSTEM, Actor
from src.core.db import create_database, transaction
from src.core.outbox import Message, State, Topic
from src.core.schedule import Schedule
from src.domain import accounts, resources
from src.domain.accounts import RoleName, UserState
from src.domain.accounts.tables import (
    Identity,
    KnownDevice,
    LoginSession,
    Passkey,
    TokenFamily,
    User,
)
from src.domain.operations import summaries
from src.domain.operations.tables import Summary
from tests.support import photographs, servers
from tests.support.application import Lab, logged_in, moment, running
from tests.support.databases import Templates

NOBODYS = Topic("test.nobodys", "maintenance", max_attempts=2)  # no handler: it stays as it is
ROLES = {
    "mate": RoleName.MEMBER,
    "lead": RoleName.MEMBER,
    "technician": RoleName.MEMBER,
    "denied": RoleName.MANAGER,
    "trainer": RoleName.TRAINER,
    "ehs": RoleName.EHS,
    "auditor": RoleName.AUDITOR,
    "keeper": RoleName.MEMBER,
    "barred": RoleName.MEMBER,
    "suspended": RoleName.MANAGER,
    "held_back": RoleName.MANAGER,
}
DENIES = ["bookings:approve", "bookings:manage", "closures:manage", "events:read"]


@dataclass
class Institute:
    """A lab with more in it. `ids` holds everything by name; `keys` the credentials of programs."""

    lab: Lab
    ids: dict[str, str]
    keys: dict[str, str]
    _kept: sqlite3.Connection | None = None

    def headers(self, who: str) -> dict[str, str]:
        """The credential of somebody, or nobody's."""
        if who == "anonymous":
            return {}
        if who in self.keys:
            return {"Authorization": f"Bearer {self.keys[who]}"}
        return {"Authorization": f"Bearer {self.lab.token_of(UUID(self.ids[who]))}"}

    def keep(self) -> None:
        """Remember the database as it is now."""
        self._kept = sqlite3.connect(":memory:", check_same_thread=False)
        with self._opened() as now:
            now.backup(self._kept)

    def restore(self) -> None:
        """Put the database back to what was kept."""
        assert self._kept is not None
        with self._opened() as now:
            self._kept.backup(now)

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(str(make_url(self.lab.settings.database).database), timeout=20)
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def founded(templates: Templates, folder: Path) -> Iterator[Institute]:
    """The institute, behind a running application."""
    with (
        templates.with_schema("sqlite") as url,
        running(url, folder) as lab,
    ):
        made = Institute(lab, {name: str(getattr(lab.ids, name)) for name in lab.ids.__slots__}, {})
        servers.in_thread(lambda: _people(made))
        _things(made)
        _credentials(made)
        servers.in_thread(lambda: _standing(made))
        made.keep()
        yield made


async def _people(made: Institute) -> None:
    database = create_database(made.lab.settings.database)
    hashed = "$argon2id$v=19$m=8192,t=1,p=1$c29tZXNhbHQ$" + "A" * 43  # nobody logs in by it
    try:
        async with transaction(database) as tx:
            for name, role in ROLES.items():
                person = await accounts.create_user(
                    tx, SYSTEM, email=f"{name}@example.org", name=f"{name.title()} Example",
                    roles=(role,), locale="en", password_hash=hashed,
                )  # fmt: skip
                made.ids[name] = str(person.id)
                logged_in(tx, person.id)
    finally:
        await database.dispose()


def _made(made: Institute, path: str, body: Any, *, by: str = "admin", name: str = "id") -> str:
    answer = made.lab.client.post(f"/api/v1{path}", json=body, headers=made.headers(by))
    assert answer.status_code in {200, 201}, f"{path}: {answer.text}"
    return str(answer.json()["data"][name])


def _things(made: Institute) -> None:
    own = made.ids
    spare = {"type_id": own["type"], "location_id": own["location"], "timezone": "UTC"}
    own["asking"] = _made(made, "/resources", {"name": "Asking", "units": 4, **spare})
    asking = {"is_approval_required": True}
    client, admin = made.lab.client, made.headers("admin") | {"If-Match": "*"}
    address = f"/api/v1/resources/{own['asking']}/policy"
    assert client.patch(address, json=asking, headers=admin).status_code == 200
    own["team"] = _made(made, "/teams", {"name": "Optics"})
    own["spare_team"] = _made(made, "/teams", {"name": "Spare"})
    for who, is_lead in (("mate", False), ("lead", False)):
        address = f"/api/v1/teams/{own['team']}/members/{own[who]}"
        done = client.put(address, json={"is_lead": is_lead}, headers=admin)
        assert done.is_success, done.text
    _made(made, "/roles", {"name": "no-decisions", "title": "No decisions", "denies": DENIES})
    _made(made, "/roles", {"name": "spare", "title": "Spare", "grants": ["jobs:read"]})
    keeps = {"name": "keeps-people", "title": "Keeps people", "grants": ["users:manage"]}
    _made(made, "/roles", keeps)
    hides = {"name": "hidden", "title": "Hidden", "denies": ["resources:read", "bookings:read"]}
    _made(made, "/roles", hides)
    for who, role, scope in (
        ("keeper", "keeps-people", None),
        ("barred", "hidden", f"resource:{own['confocal']}"),
        ("lead", "lead", f"team:{own['team']}"),
        ("technician", "technician", f"resource:{own['confocal']}"),
        ("denied", "no-decisions", None),
    ):
        given = {"user_id": own[who], "role": role, "scope": scope}
        own[f"assignment_of_{who}"] = _made(made, "/role-assignments", given)
    _bookings(made)
    _quotas(made)
    _parties(made)
    _waiting(made)
    _approvals(made)
    shut = {"starts_at": moment(1, days=9), "ends_at": moment(2, days=9), "reason": "Cleaning"}
    for name in ("confocal", "cytometer"):
        own[f"closure_of_{name}"] = _made(made, "/closures", {**shut, "resource_ids": [own[name]]})
        uploaded = client.post(
            "/api/v1/files", content=photographs.png(),
            params={"subject_type": "resource", "subject_id": own[name], "kind": "photo"},
            headers=admin | {"Content-Type": "application/octet-stream"},
        )  # fmt: skip
        assert uploaded.status_code == 201, uploaded.text
        own[f"photo_of_{name}"] = str(uploaded.json()["data"]["id"])
    invitation = {"email": "invited@example.org", "name": "Ivy Invited"}
    own["invited"] = _made(made, "/invitations", invitation)
    _at_the_instrument(made)
    _said(made)
    _decided(made)
    _went_wrong(made)
    _in_the_room(made)
    _handed_over(made)
    own["event"] = made.lab.get("/events", by="admin").json()["data"][0]["id"]
    kept = {"name": "Mine", "resource_ids": [own["confocal"]]}
    own["set"] = _made(made, "/resource-sets", kept, by="member")
    feed = {"kind": "resource", "subject_id": own["confocal"]}
    own["calendar_feed_of_member"] = _made(made, "/me/calendar-feeds", feed, by="member")


def _at_the_instrument(made: Institute) -> None:
    """A utility, a problem, and what the resource `guarded` asks for: the mate has it."""
    own, client, admin = made.ids, made.lab.client, made.headers("admin") | {"If-Match": "*"}
    own["utility"] = _made(made, "/utilities", {"name": "Vacuum"})
    partly = {"dependants": [{"resource_id": own["confocal"], "effect": "degraded"}]}
    address = f"/api/v1/utilities/{own['utility']}/dependants"
    assert client.put(address, json=partly, headers=admin).status_code == 200
    wrong = {"resource_id": own["confocal"], "severity": "low", "text": "It hums"}
    own["problem"] = _made(made, "/problems", wrong, by="member")
    own["qualification"] = _made(made, "/qualifications", {"name": "Laser safety"})
    given = f"/qualifications/{own['qualification']}/grants"
    own["grant"] = _made(made, given, {"person_id": own["mate"]})
    spare = {"type_id": own["type"], "location_id": own["location"], "timezone": "UTC"}
    own["guarded"] = _made(made, "/resources", {"name": "Guarded", **spare})
    servers.in_thread(lambda: _guard(made))
    asked = {"resource_id": own["guarded"], "reason": "Thesis"}
    own["access"] = _made(made, "/access-requests", asked, by="member")


def _said(made: Institute) -> None:
    """What the member said to everybody, and to what they said."""
    own = made.ids
    own["update"] = _made(made, "/status-updates", {"done": "Aligned"}, by="member")
    address = f"/status-updates/{own['update']}/comments"
    own["comment"] = _made(made, address, {"text": "It drifts"}, by="member")


def _decided(made: Institute) -> None:
    """What blocks the member, and what they propose: to everybody, in each state."""
    own, client = made.ids, made.lab.client
    headers = made.headers("member") | {"If-Match": "*"}
    wait = {"title": "No nitrogen", "waiting_on": "vendor", "waiting_on_name": "Linde"}
    for name in ("blocker", "resolved_blocker", "archived_blocker"):
        own[name] = _made(made, "/blockers", wait, by="member")
    over = {"to": "resolved", "note": "It came"}
    for name, step, body in (
        ("resolved_blocker", "transition", over), ("archived_blocker", "transition", over),
        ("archived_blocker", "archive", None),
    ):  # fmt: skip
        address = f"/api/v1/blockers/{own[name]}/{step}"
        assert client.post(address, json=body, headers=headers).is_success
    wish = {"title": "One buffer", "outcome": "PBS", "options": [{"title": "PBS"}]}
    for name in ("decision", "accepted_decision"):
        own[name] = _made(made, "/decisions", wish, by="member")
    address = f"/api/v1/decisions/{own['accepted_decision']}/transition"
    assert client.post(address, json={"to": "accepted"}, headers=headers).is_success
    found = client.get(f"/api/v1/decisions/{own['decision']}", headers=headers).json()["data"]
    own["option"] = str(found["options"][0]["id"])


def _went_wrong(made: Institute) -> None:
    """What the member reported: for everybody, on the confocal, and for those concerned alone."""
    own = made.ids
    own["incident_priority"] = _made(made, "/incident-priorities", {"name": "Soon", "rank": 2})
    kinds = {
        "incident_type": {"code": "failure", "name": "Failure", "may_be_anonymous": True},
        "restricted_type": {
            "code": "injury", "name": "Injury", "default_visibility": "restricted",
        },
    }  # fmt: skip
    for name, kind in kinds.items():
        own[name] = _made(made, "/incident-types", kind)
    broken = {"type_id": own["incident_type"], "title": "It smokes"}
    own["incident"] = _made(made, "/incidents", broken, by="member")
    on = {"resources": [{"resource_id": own["confocal"]}]}
    own["incident_of_confocal"] = _made(made, "/incidents", {**broken, **on}, by="member")
    hurt = {"type_id": own["restricted_type"], "title": "A cut"}
    own["restricted_incident"] = _made(made, "/incidents", hurt, by="member")


def _in_the_room(made: Institute) -> None:
    """In what the member reported: a line, a role, a task, a review; elsewhere it is signed."""
    own, client = made.ids, made.lab.client
    broken = {"type_id": own["incident_type"], "title": "It smoked"}
    own["reviewed_incident"] = _made(made, "/incidents", broken, by="member")
    path = f"/incidents/{own['incident']}"
    own["incident_entry"] = _made(made, f"{path}/timeline", {"text": "Smoke"}, by="member")
    own["incident_task"] = _made(made, f"{path}/tasks", {"title": "Air the room"}, by="member")
    role = {"role": "responder", "user_id": own["other"]}
    own["incident_role"] = _made(made, f"{path}/roles", role)
    learned = {"what_happened": "It smoked", "impact": "None", "root_cause": "Dust"}
    for name in ("incident", "reviewed_incident"):
        address = f"/api/v1/incidents/{own[name]}/review"
        headers = made.headers("member") | {"If-Match": "*"}
        assert client.put(address, json=learned, headers=headers).is_success
    headers = made.headers("admin") | {"If-Match": "*"}
    assert client.post(f"{address}/sign", headers=headers).is_success
    wanted = {"name": "Severe", "filter": {"least_severity": "high"}}
    own["subscription"] = _made(made, "/incident-subscriptions", wanted, by="member")


def _handed_over(made: Institute) -> None:
    """A hand-over to everybody, and everybody's last summary."""
    own = made.ids
    own["handover"] = _made(made, "/handovers", {"watch": "The chiller hums"}, by="mate")
    servers.in_thread(lambda: _sum_up(made))


async def _sum_up(made: Institute) -> None:
    database = create_database(made.lab.settings.database)
    try:
        async with transaction(database) as tx:
            written = await summaries.making.make_next(tx, "all", now=datetime.now(UTC))
            assert written is not None
            made.ids["summary_day"] = str((await tx.get_one(Summary, written)).on_date)
    finally:
        await database.dispose()


async def _guard(made: Institute) -> None:
    database = create_database(made.lab.settings.database)
    level = resources.Level("resource", UUID(made.ids["guarded"]))
    asks = {"required_qualifications": [made.ids["qualification"]]}
    try:
        async with transaction(database) as tx:
            await resources.set_policy(tx, SYSTEM, level, values=asks)
    finally:
        await database.dispose()


def _bookings(made: Institute) -> None:
    own = made.ids
    for name, by, resource, hour, more in (
        ("booking", "member", "confocal", 9, {}),
        ("team_booking", "mate", "cytometer", 9, {"team_id": own["team"]}),
        ("request", "member", "asking", 9, {}),
    ):
        wish = made.lab.wish(hour) | {"resource_id": own[resource], **more}
        own[name] = _made(made, "/bookings", wish, by=by)
    start = datetime.now(UTC) + timedelta(minutes=5)
    end = start + timedelta(hours=1)
    for name, resource in (("coming", "confocal"), ("in_use", "cytometer")):
        soon = {"starts_at": start.isoformat(), "ends_at": end.isoformat()}
        wish = made.lab.wish() | {"resource_id": own[resource], **soon}
        own[name] = _made(made, "/bookings", wish, by="member")
    assert made.lab.post(f"/bookings/{own['in_use']}/check-in").status_code == 200


def _quotas(made: Institute) -> None:
    """A quota of everybody's that stops nobody, a project, and a tablet beside the confocal."""
    own = made.ids
    quota = {"name": "Many", "holder_kind": "everyone", "period": "year", "unit": "count",
             "amount": 100_000}  # fmt: skip
    own["quota"] = _made(made, "/quotas", quota)
    own["project"] = _made(made, "/projects", {"code": "P-1", "name": "Cells"})
    tablet = {"name": "Hall", "resource_ids": [own["confocal"]]}
    own["kiosk"] = _made(made, "/kiosks", tablet)


def _parties(made: Institute) -> None:
    """A series and a template of the member's, and a booking they would hand to the mate."""
    own = made.ids
    wish = made.lab.wish(20) | {"resource_id": own["confocal"]}
    repeated = {**wish, "rule": "FREQ=DAILY;COUNT=2"}
    own["series"] = _made(made, "/booking-series", repeated, by="member")
    kept = {"name": "Slides", "resource_id": own["confocal"], "minutes": 60}
    own["template"] = _made(made, "/booking-templates", kept, by="member")
    wish = made.lab.wish(22) | {"resource_id": own["confocal"], "attendees": [own["mate"]]}
    own["offered"] = _made(made, "/bookings", wish, by="member")
    asked = {"to_id": own["mate"]}
    own["transfer"] = _made(made, f"/bookings/{own['offered']}/transfer", asked, by="member")


def _waiting(made: Institute) -> None:
    """The member waits for what the mate has, has an offer of what is free, and an alert."""
    own = made.ids
    for name, resource, hour in (
        ("waiting_entry", "cytometer", 9),
        ("offered_entry", "confocal", 17),
    ):
        awaited = {"resource_id": own[resource], "earliest_at": moment(hour),
                   "latest_at": moment(hour + 1), "min_minutes": 60, "max_minutes": 60}  # fmt: skip
        own[name] = _made(made, "/waiting-list", awaited, by="member")
    offers = made.lab.get("/offers", by="member").json()["data"]
    (own["offer"],) = [one["id"] for one in offers if one["entry_id"] == own["offered_entry"]]
    alert = {"resource_id": own["cytometer"], "min_minutes": 120}
    own["alert"] = _made(made, "/free-alerts", alert, by="member")


def _approvals(made: Institute) -> None:
    """What waits for the request, a rule nobody goes by, and somebody the member lets stand in."""
    own = made.ids
    waiting = made.lab.get("/approvals", by="manager").json()["data"]
    (own["approval"],) = [one["id"] for one in waiting if one["subject_id"] == own["request"]]
    steps = [{"approvers": [{"kind": "responsible"}]}]
    own["approval_rule"] = _made(made, "/approval-rules", {"name": "Unused", "steps": steps})
    away = {"to_id": own["mate"], "starts_at": moment(1), "ends_at": moment(9)}
    own["delegation"] = _made(made, "/delegations", away, by="member")


def _credentials(made: Institute) -> None:
    wish = {"name": "Narrow", "permissions": ["bookings:read"]}
    made.keys["key"] = _made(made, "/me/api-keys", wish, name="key")
    bound = {"name": "Bound", "permissions": ["bookings:read", "bookings:read-details"],
             "scopes": [f"resource:{made.ids['confocal']}"]}  # fmt: skip
    made.keys["bound_key"] = _made(made, "/me/api-keys", bound, name="key")
    reads = {"name": "Reads", "permissions": ["bookings:read", "resources:read", "users:read"]}
    made.keys["read_key"] = _made(made, "/me/api-keys", reads, by="member", name="key")
    made.ids["key_of_member"] = _made(made, "/me/api-keys", wish, by="member")
    program = {
        "name": "Reader", "redirect_uris": ["https://reader.example.org/callback"],
        "permissions": ["bookings:read"], "is_confidential": True,
    }  # fmt: skip
    made.ids["client"] = _made(made, "/oauth-clients", program)


async def _standing(made: Institute) -> None:
    """What comes about by using the place, and the states of people."""
    database = create_database(made.lab.settings.database)
    own = made.ids
    try:
        async with transaction(database) as tx:
            own |= await belongings(tx, UUID(own["member"]), client_id=UUID(own["client"]))
            # The worker has nothing left to do that would be undone, and begun anew, all the time.
            await tx.execute(update(Message).values(state=State.DONE, error=None))
            await tx.execute(update(Schedule).values(last_slot=clock.now() + timedelta(days=1)))
            job = await outbox.publish(tx, NOBODYS, {"n": 1})
            dead = {"state": State.DEAD, "attempts": 2, "error": "RuntimeError: no"}
            await tx.execute(update(Message).where(Message.id == job).values(**dead))
            own["job"] = str(job)
            work = await operations.start(tx, Actor(user_id=UUID(own["member"])), NOBODYS, {})
            own["operation"] = str(work.id)
            await tx.execute(
                update(User).where(User.id == UUID(own["suspended"]))
                .values(state=UserState.SUSPENDED)
            )  # fmt: skip
            await tx.execute(
                update(User).where(User.id == UUID(own["held_back"]))
                .values(factor_due_at=clock.now() - timedelta(days=1))
            )  # fmt: skip
    finally:
        await database.dispose()


async def belongings(tx: AsyncSession, user_id: UUID, *, client_id: UUID) -> dict[str, str]:
    """What comes about by logging in, of one person: the ids by name."""
    now = clock.now()
    later = now + timedelta(days=10)
    device = KnownDevice(
        id=ids.new(), user_id=user_id, token_hash=uuid4().hex, created_at=now,
        last_used_at=now, expires_at=later,
    )  # fmt: skip
    browser = LoginSession(
        id=ids.new(), user_id=user_id, token_hash=uuid4().hex, created_at=now,
        last_seen_at=now, expires_at=later,
    )  # fmt: skip
    passkey = Passkey(
        id=ids.new(), user_id=user_id, name="Phone", credential_id=uuid4().hex,
        public_key="none", created_at=now,
    )  # fmt: skip
    identity = Identity(
        id=ids.new(), user_id=user_id, provider="test", issuer="https://issuer.example.org",
        subject=str(user_id), created_at=now, last_used_at=now,
    )  # fmt: skip
    app = TokenFamily(
        id=ids.new(), user_id=user_id, client_id=client_id,
        permissions=["bookings:read"], created_at=now, last_used_at=now, expires_at=later,
    )  # fmt: skip
    named: dict[str, Any] = {
        "device": device,
        "session": browser,
        "passkey": passkey,
        "identity": identity,
        "app": app,
    }
    tx.add_all(named.values())
    await tx.flush()
    return {name: str(row.id) for name, row in named.items()}
