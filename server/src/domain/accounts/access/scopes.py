"""What a role may be bound to: a team, a resource, and whatever later domains add.

A scope is written `<kind>:<id>`. The domain that owns a kind of object registers it beside itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import finding
from src.core.actor import Actor
from src.core.errors import FieldError
from src.core.language import gettext as _
from src.core.language import mark
from src.domain.accounts.errors import UnknownScope
from src.domain.accounts.tables import Team

Names = Callable[[AsyncSession, Collection[UUID]], Awaitable[Mapping[UUID, str]]]
Find = Callable[[AsyncSession, Actor, str, int], Awaitable[list[tuple[UUID, str]]]]


@dataclass(frozen=True, slots=True)
class ScopeKind:
    """A kind of object that roles can be bound to. `find` gives what the actor may know of."""

    name: str
    title: str
    names: Names
    find: Find


_kinds: dict[str, ScopeKind] = {}


def kind(name: str, *, title: str, names: Names, find: Find) -> None:
    """Register a kind, once; `title` is marked for translation."""
    if name in _kinds:
        raise ValueError(f"the scope {name!r} is registered twice")
    _kinds[name] = ScopeKind(name, title, names, find)


def kinds() -> list[ScopeKind]:
    """All kinds, in the order in which domains stand upon each other."""
    return list(_kinds.values())


def parts(scope: str) -> tuple[str, UUID]:
    """The kind and the id of a scope as it is written. Raises `UnknownScope`."""
    name, _colon, rest = scope.partition(":")
    try:
        return _kinds[name].name, UUID(rest)
    except (KeyError, ValueError) as error:
        raise _unknown() from error


async def checked(session: AsyncSession, scope: str | None) -> str | None:
    """The scope in its one spelling, None for everywhere. Raises `UnknownScope`."""
    if scope is None:
        return None
    name, object_id = parts(scope)
    if object_id not in await _kinds[name].names(session, [object_id]):
        raise _unknown()
    return f"{name}:{object_id}"


async def names(session: AsyncSession, wanted: Collection[str | None]) -> dict[str, str]:
    """What the objects behind the scopes are called; one statement for each kind."""
    by_kind: dict[str, set[UUID]] = {}
    for scope in wanted:
        if scope is None:
            continue
        with suppress(UnknownScope):  # a newer version may have written kinds unknown to this one
            name, object_id = parts(scope)
            by_kind.setdefault(name, set()).add(object_id)
    found: dict[str, str] = {}
    for name, object_ids in by_kind.items():
        called = await _kinds[name].names(session, object_ids)
        found |= {f"{name}:{object_id}": said for object_id, said in called.items()}
    return found


def _unknown() -> UnknownScope:
    detail = _("There is no such team, resource or place.")
    return UnknownScope(detail, errors=(FieldError(("scope",), UnknownScope.code, detail),))


async def _team_names(session: AsyncSession, team_ids: Collection[UUID]) -> Mapping[UUID, str]:
    rows = await session.execute(select(Team.id, Team.name).where(Team.id.in_(team_ids)))
    return {team_id: name for team_id, name in rows}  # noqa: C416 - rows are not pairs to mypy


async def _find_teams(
    session: AsyncSession,
    actor: Actor,  # noqa: ARG001 - the kinds' protocol; everybody knows the teams
    q: str,
    most: int,
) -> list[tuple[UUID, str]]:
    wanted = select(Team.id, Team.name).where(finding.holding(q, Team.name))
    rows = await session.execute(wanted.order_by(func.lower(Team.name)).limit(most))
    return [(team_id, name) for team_id, name in rows]


kind("team", title=mark("Team"), names=_team_names, find=_find_teams)
