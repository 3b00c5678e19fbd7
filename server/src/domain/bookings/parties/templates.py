"""Templates: a booking somebody makes often, kept for themselves or shared with a team."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor, Permission, resource_scope
from src.core.db import savepoint
from src.core.errors import FieldError, PreconditionFailed
from src.core.language import gettext as _
from src.core.language import ngettext
from src.domain import accounts, resources
from src.domain.accounts.tables import User
from src.domain.bookings import inviting
from src.domain.bookings.parties.errors import BadTemplate, TemplateNotFound
from src.domain.bookings.parties.views import TemplateView
from src.domain.bookings.tables import BookingTemplate, Project
from src.domain.bookings.views import Person, ResourceRef
from src.domain.resources.tables import Resource

MOST = 100
LONGEST = 366 * 1440
FIELDS = (
    "name", "resource_id", "minutes", "unit", "title", "notes", "team_id", "project_id",
    "attendees", "answers",
)  # fmt: skip
_LIMITS = {"name": 120, "title": 200, "notes": 10_000}


async def list_(session: AsyncSession, actor: Actor) -> list[TemplateView]:
    """The actor's own and those of their teams, by name; of resources they may see. One statement."""
    wanted = _whole(actor).order_by(func.lower(BookingTemplate.name), BookingTemplate.id)
    return [_view(actor, row) for row in await session.execute(wanted)]


async def get(session: AsyncSession, actor: Actor, template_id: UUID) -> TemplateView:
    """One of those. Raises `TemplateNotFound`."""
    wanted = _whole(actor).where(BookingTemplate.id == template_id)
    row = (await session.execute(wanted)).one_or_none()
    if row is None:
        raise _not_found()
    return _view(actor, row)


async def create(session: AsyncSession, actor: Actor, *, values: Mapping[str, Any]) -> TemplateView:
    """Keep a template; `values` are of `FIELDS`, name, resource and minutes at least.

    Raises `PersonOnly`, `BadTemplate` with every fault, `ResourceNotFound`.
    """
    owner_id = _owner(actor)
    actor.require(Permission.BOOKINGS_CREATE, resource_scope(values["resource_id"]))
    own = select(func.count()).where(BookingTemplate.owner_id == owner_id)
    if (await session.scalar(own) or 0) >= MOST:
        raise _bad("name", "too-many", ngettext(
            "Keep at most %(num)s template.", "Keep at most %(num)s templates.", MOST
        ))  # fmt: skip
    stored = await _checked(session, actor, values)
    row = BookingTemplate(id=ids.new(), owner_id=owner_id)
    await _store(session, row, stored)
    _record(session, actor, "booking-template.created", row, sorted(stored))
    return await get(session, actor, row.id)


async def update(
    session: AsyncSession,
    actor: Actor,
    template_id: UUID,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> TemplateView:
    """Change one of the actor's own.

    Raises `PersonOnly`, `TemplateNotFound`, `BadTemplate`, `PreconditionFailed`.
    """
    row = await _own(session, actor, template_id, expected_version)
    stored = await _checked(session, actor, changes)
    await _store(session, row, stored)
    _record(session, actor, "booking-template.changed", row, sorted(stored))
    return await get(session, actor, template_id)


async def delete(
    session: AsyncSession,
    actor: Actor,
    template_id: UUID,
    *,
    expected_version: int | None = None,
) -> None:
    """Forget one of the actor's own. Raises as `update`."""
    row = await _own(session, actor, template_id, expected_version)
    await session.delete(row)
    _record(session, actor, "booking-template.deleted", row, [])
    await session.flush()


def _whole(actor: Actor) -> Select[BookingTemplate, str, str, str]:
    mine: list[ColumnElement[bool]] = [BookingTemplate.owner_id == actor.user_id]
    if actor.team_ids:
        mine.append(BookingTemplate.team_id.in_(actor.team_ids))
    return (
        select(BookingTemplate, User.name, Resource.name, Resource.timezone)
        .join(User, User.id == BookingTemplate.owner_id)
        .join(Resource, Resource.id == BookingTemplate.resource_id)
        .where(or_(*mine), resources.access.visible(actor))
        .execution_options(populate_existing=True)
    )


def _view(actor: Actor, row: Any) -> TemplateView:  # noqa: ANN401 - a row of `_whole`
    template, owner, resource, timezone = row
    return TemplateView(
        id=template.id,
        owner=Person(template.owner_id, owner),
        team_id=template.team_id,
        name=template.name,
        resource=ResourceRef(template.resource_id, resource, timezone),
        unit=template.unit,
        minutes=template.minutes,
        title=template.title,
        notes=template.notes,
        project_id=template.project_id,
        attendees=tuple(map(UUID, template.attendees)),
        version=template.version,
        created_at=template.created_at,
        updated_at=template.updated_at,
        answers=template.answers,
        is_own=template.owner_id == actor.user_id,
    )


async def _own(
    session: AsyncSession, actor: Actor, template_id: UUID, expected_version: int | None
) -> BookingTemplate:
    owner_id = _owner(actor)
    row = await session.scalar(
        select(BookingTemplate)
        .where(BookingTemplate.id == template_id, BookingTemplate.owner_id == owner_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise _not_found()
    if expected_version not in {None, row.version}:
        raise PreconditionFailed(
            _("Read the template again, then repeat the change."), version=row.version
        )
    return row


async def _checked(
    session: AsyncSession, actor: Actor, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The values as they are stored. Raises `BadTemplate`, `ResourceNotFound`."""
    stored = {name: values[name] for name in FIELDS if name in values}
    faults = [*_text_faults(stored), *_number_faults(stored)]
    if stored.get("team_id") is not None and stored["team_id"] not in actor.team_ids:
        faults.append(FieldError(("team_id",), "unknown-team", _("Choose a team you belong to.")))
    attendees: Collection[UUID] = stored.get("attendees") or ()
    if set(attendees) - await inviting.known(session, attendees) or len(attendees) > inviting.MOST:
        detail = _("Somebody you invite is not here. Choose people from the list.")
        faults.append(FieldError(("attendees",), "unknown-attendee", detail))
    project_id = stored.get("project_id")
    if project_id is not None and await session.get(Project, project_id) is None:
        detail = _("There is no such project.")
        faults.append(FieldError(("project_id",), "unknown-project", detail))
    if faults:
        raise BadTemplate(faults[0].detail, errors=tuple(faults))
    if "resource_id" in stored:
        await resources.get(session, actor, stored["resource_id"])
    return _plain(stored)


def _plain(stored: dict[str, Any]) -> dict[str, Any]:
    """The same as the row keeps it."""
    for name in ("name", "title", "notes"):
        if name in stored:
            stored[name] = (stored[name] or "").strip()
    if "attendees" in stored:
        stored["attendees"] = [str(one) for one in dict.fromkeys(stored["attendees"] or ())]
    if "answers" in stored:
        stored["answers"] = dict(stored["answers"] or {})
    return stored


def _text_faults(stored: Mapping[str, Any]) -> list[FieldError]:
    faults = []
    for name, limit in _LIMITS.items():
        value = stored.get(name) or ""
        if "\x00" in value or len(value) > limit:
            detail = _("At most %(limit)s characters.", limit=limit)
            faults.append(FieldError((name,), "too-long-text", detail))
    if "name" in stored and not (stored["name"] or "").strip():
        faults.append(FieldError(("name",), "missing", _("Give it a name.")))
    return faults


def _number_faults(stored: Mapping[str, Any]) -> list[FieldError]:
    faults = []
    if "minutes" in stored and not 1 <= (stored["minutes"] or 0) <= LONGEST:
        detail = _("Say how long it takes, a minute at least.")
        faults.append(FieldError(("minutes",), "bad-length", detail))
    if stored.get("unit") is not None and not 1 <= stored["unit"] <= 10_000:
        detail = _("There is no unit with this number.")
        faults.append(FieldError(("unit",), "unit-unknown", detail))
    return faults


async def _store(session: AsyncSession, row: BookingTemplate, stored: Mapping[str, Any]) -> None:
    try:
        # Before a savepoint the session writes what it has: the change must happen inside.
        async with savepoint(session):
            for name, value in stored.items():
                setattr(row, name, value)
            session.add(row)
            await session.flush()
    except IntegrityError as error:
        detail = _("You have a template of this name already. Choose another name.")
        raise _bad("name", "name-taken", detail) from error


def _owner(actor: Actor) -> UUID:
    return accounts.restricting.require_person(actor)


def _bad(field: str, code: str, detail: str) -> BadTemplate:
    return BadTemplate(detail, errors=(FieldError((field,), code, detail),))


def _not_found() -> TemplateNotFound:
    return TemplateNotFound(_("Choose one from your templates."))


def _record(
    session: AsyncSession, actor: Actor, verb: str, row: BookingTemplate, fields: list[str]
) -> None:
    subject = ("booking-template", row.id)
    events.record(session, actor, verb, subject, changes={"fields": fields})
