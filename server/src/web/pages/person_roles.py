"""Giving a person a role, everywhere or for one thing, and taking it away."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import zone_of
from src.domain import accounts
from src.domain.accounts import Holder
from src.web.dependencies import Tx
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.people import role_choices

router = APIRouter(include_in_schema=False)
MANAGE = Permission.USERS_MANAGE
MOST_CHOICES = 200


class RoleShape(Shape):
    """Which role, where, and to the end of which day."""

    role: str = Field(max_length=40)
    scope: str | None = Field(None, max_length=80)
    until: TypedDate | None = None


@router.get("/people/{user_id}/roles", **shows(MANAGE))
async def choose_role(page: CurrentPage, user_id: UUID) -> Response:
    """The form."""
    return await _show(page, user_id, Form.of({"role": "", "scope": ""}))


@router.post("/people/{user_id}/roles", **takes(MANAGE))
async def give_role(page: CurrentPage, user_id: UUID) -> Response:
    """Give it."""
    form = await Form.read(page.request)
    shape = form.parse(RoleShape)
    if shape is None:
        return await _show(page, user_id, form, status=422)
    done = await page.tried(form, lambda tx: _grant(tx, page, user_id, shape))
    if isinstance(done, Refused):
        return await _show(page, user_id, form, status=done.status)
    return see_other(f"/people/{user_id}?done=granted")


@router.post("/people/{user_id}/roles/{assignment_id}/take", **takes(MANAGE))
async def take_role(page: CurrentPage, session: Tx, user_id: UUID, assignment_id: UUID) -> Response:
    """Take it away."""
    await accounts.access.assignments.revoke(session, page.actor, assignment_id)
    return see_other(f"/people/{user_id}?done=taken")


async def _grant(tx: AsyncSession, page: Page, user_id: UUID, shape: RoleShape) -> object:
    return await accounts.access.assignments.grant(
        tx,
        page.actor,
        Holder(user_id),
        shape.role,
        scope=shape.scope,
        expires_at=_end_of(shape.until, page.actor.timezone) if shape.until else None,
    )


def _end_of(day: date, timezone: str) -> datetime:
    begin = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone_of(timezone))
    return begin.astimezone(UTC)


async def _show(page: Page, user_id: UUID, form: Form, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        one = await accounts.get_user(reads, page.actor, user_id)
        roles = await role_choices(reads)
        found = await places(page, reads)
    return page.show(
        "people/roles.html", one=one, form=form, roles=roles, places=found, status=status
    )


async def places(page: Page, reads: AsyncSession) -> list[tuple[str, str]]:
    """What a role can be bound to, kind by kind; one statement for each kind."""
    return [
        (f"{kind.name}:{object_id}", f"{_(kind.title)}: {name}")
        for kind in accounts.access.scopes.kinds()
        for object_id, name in await kind.find(reads, page.actor, "", MOST_CHOICES)
    ]
