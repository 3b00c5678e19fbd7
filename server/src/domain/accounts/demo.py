"""The people of the demonstration: forty, in six teams. Their password is public.

Settings refuse the demonstration in production.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM
from src.domain.accounts import facility
from src.domain.accounts.access import assignments
from src.domain.accounts.access.assignments import Holder
from src.domain.accounts.institute import set_up
from src.domain.accounts.memberships import add_member
from src.domain.accounts.tables import RoleName
from src.domain.accounts.teams import create_team
from src.domain.accounts.users import create_user

PASSWORD = "aliquot-demo-password"  # noqa: S105 - public on purpose
INSTITUTE = "Lindqvist Institute for Molecular Imaging"
TIMEZONE = "Europe/Berlin"
ADMIN, MANAGER, MEMBER = "admin@example.org", "manager@example.org", "member@example.org"
SAFETY = "safety@example.org"

# The first of each team leads it.
TEAMS: dict[str, tuple[str, ...]] = {
    "Core Facility": (
        "Ingrid Lindqvist", "Marek Nowak", "Chiara Bianchi", "Tomasz Zieliński",
        "Oluwaseun Adeyemi", "Hannah Vogel",
    ),
    "Cell Biology": (
        "Amara Okafor", "Lena Hoffmann", "Rajesh Iyer", "Sofía Herrera", "Yuki Tanaka",
        "Pieter de Vries", "Nadia Haddad",
    ),
    "Neural Circuits": (
        "Daniel Cohen", "Mei-Ling Chen", "Anaïs Lefèvre", "Kwame Mensah", "Søren Kjær",
        "Priya Raman", "Elif Yılmaz",
    ),
    "Structural Chemistry": (
        "Katarzyna Wójcik", "Jonas Bergström", "Thi Mai Nguyễn", "Ahmed El-Sayed",
        "Margaret O’Connor", "Luca Moretti", "Valentina Popescu",
    ),
    "Plant Genomics": (
        "Gabriela Souza", "Henrik Aalto", "Zanele Dlamini", "Arjun Mehta", "Camille Dubois",
        "Stefan Müller", "Isabel Fernández",
    ),
    "Materials Lab": (
        "Wei Zhang", "Fatima Al-Rashid", "Björn Gunnarsson", "Olena Kovalenko", "Mateo Silva",
        "Grace Kim",
    ),
}  # fmt: skip
_ADDRESSES = {"Ingrid Lindqvist": ADMIN, "Marek Nowak": MANAGER, "Lena Hoffmann": MEMBER,
              "Hannah Vogel": SAFETY}  # fmt: skip
_ELSEWHERE = {"Margaret O’Connor": "Europe/Dublin", "Yuki Tanaka": "Asia/Tokyo"}
_GERMAN = frozenset({"Hannah Vogel", "Stefan Müller"})
# Letters that do not fall apart into a plain one and its mark.
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "ı": "i", "ß": "ss", "’": ""})


@dataclass(frozen=True, slots=True)
class People:
    """Who was made. `members` are all who book, by team; `teams` are ids by name."""

    admin: UUID
    manager: UUID
    member: UUID
    safety: UUID
    everyone: tuple[UUID, ...]
    teams: dict[str, UUID]
    members: dict[str, tuple[UUID, ...]]


async def fill(session: AsyncSession, *, password_hash: str) -> People:
    """Found the institute and its people. Hash `PASSWORD` once, while no transaction is open."""
    admin = await set_up(
        session,
        name=INSTITUTE,
        timezone=TIMEZONE,
        currency="EUR",
        mail_from=None,
        admin_name="Ingrid Lindqvist",
        admin_email=ADMIN,
        locale="en",
        password_hash=password_hash,
    )
    # So that it can be tried; the mails stand in the demonstration's mailbox.
    await facility.update(session, SYSTEM, changes={"registration": "on"})
    by_name = {"Ingrid Lindqvist": admin.id}
    teams: dict[str, UUID] = {}
    for team, names in TEAMS.items():
        teams[team] = (await create_team(session, SYSTEM, name=team, timezone=TIMEZONE)).id
        for place, name in enumerate(names):
            if name not in by_name:
                by_name[name] = await _person(session, name, password_hash)
            await add_member(session, SYSTEM, teams[team], by_name[name], is_lead=place == 0)
    await assignments.grant(session, SYSTEM, Holder(by_name["Marek Nowak"]), RoleName.MANAGER)
    await assignments.grant(session, SYSTEM, Holder(by_name["Hannah Vogel"]), RoleName.EHS)
    return People(
        admin=admin.id,
        manager=by_name["Marek Nowak"],
        member=by_name["Lena Hoffmann"],
        safety=by_name["Hannah Vogel"],
        everyone=tuple(by_name.values()),
        teams=teams,
        members={team: tuple(by_name[name] for name in names) for team, names in TEAMS.items()},
    )


async def _person(session: AsyncSession, name: str, password_hash: str) -> UUID:
    made = await create_user(
        session,
        SYSTEM,
        email=_ADDRESSES.get(name) or f"{_address(name)}@example.org",
        name=name,
        timezone=_ELSEWHERE.get(name, TIMEZONE),
        locale="de" if name in _GERMAN else "en",
        password_hash=password_hash,
    )
    return made.id


def _address(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    words = "".join(char for char in plain if char.isascii()).split()
    return ".".join(words)
