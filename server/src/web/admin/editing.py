"""Tables that can be changed here: plain catalogue data, through the domain's services alone.

A subclass gives `create_row`, `update_row` or `delete_row`; what it does not give is not offered.
They run in one transaction, which writes the change and its event or neither.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError
from starlette.requests import Request
from starlette_admin.actions import row_action
from starlette_admin.exceptions import ActionFailed, FormValidationError
from starlette_admin.flash import flash

from src.core import db
from src.core.actor import Actor, Permission
from src.core.errors import Conflict, DomainError, Kind, PreconditionFailed
from src.core.language import gettext as _
from src.core.language import mark
from src.web.admin.columns import Pointed, Reference
from src.web.admin.listing import ReadOnly, Row, actor_of, told

T = TypeVar("T")
Work = Callable[[AsyncSession, Actor], Awaitable[T]]

WHOLE = ""  # the name under which is told what is wrong with no single field
ABOUT_FORMS = frozenset({Kind.INVALID, Kind.CONFLICT, Kind.PRECONDITION})


class Editable(ReadOnly):
    """One table, and what may be done to its rows by those who hold `manages`."""

    manages: ClassVar[Permission]

    def _may(self, request: Request, change: str) -> bool:
        is_given = getattr(type(self), change) is not getattr(Editable, change)
        return is_given and actor_of(request).may(self.manages)

    def can_create(self, request: Request) -> bool:
        """Where a service makes one."""
        return self._may(request, "create_row")

    def can_edit(self, request: Request) -> bool:
        """Where a service changes one."""
        return self._may(request, "update_row")

    def can_delete(self, request: Request) -> bool:
        """Where a service removes one."""
        return self._may(request, "delete_row")

    async def create_row(self, session: AsyncSession, actor: Actor, values: dict[str, Any]) -> Any:  # noqa: ANN401
        """Make one; its id."""
        raise NotImplementedError

    async def update_row(
        self,
        session: AsyncSession,
        actor: Actor,
        row_id: Any,  # noqa: ANN401
        changes: dict[str, Any],
        version: int,
    ) -> None:
        """Change it, unless it is another version by now."""
        raise NotImplementedError

    async def delete_row(self, session: AsyncSession, actor: Actor, row_id: Any) -> None:  # noqa: ANN401
        """Remove it."""
        raise NotImplementedError

    async def create(self, request: Request, data: dict[str, Any]) -> Row:
        """Make one, in a transaction with its event."""
        values = self._given(request, data)
        made = await self._tried(
            request, lambda session, actor: self.create_row(session, actor, values), data
        )
        return await self._one(request, str(made))

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Row:  # noqa: ANN401
        """Change one, in a transaction with its event."""
        row = await self._one(request, pk)
        row_id, changes = getattr(row, self.keys[0]), self._given(request, data)
        version = await sent_version(request)
        await self._tried(
            request,
            lambda session, actor: self.update_row(session, actor, row_id, changes, version),
            data,
        )
        return await self._one(request, pk)

    async def delete(self, request: Request, pks: list[Any]) -> int:
        """Remove them, in one transaction with their events."""
        ids = [getattr(row, self.keys[0]) for row in await self.find_by_pks(request, pks)]

        async def work(session: AsyncSession, actor: Actor) -> int:
            for row_id in ids:
                await self.delete_row(session, actor, row_id)
            return len(ids)

        return await self._tried(request, work, {})

    @row_action(
        name="delete",
        text=told(mark("Delete")),
        confirmation=told(mark("Delete this for good?")),
        icon_class="default_actions.delete",
        submit_btn_text=told(mark("Yes, delete it")),
        submit_btn_class="action.modal_confirm_button_delete",
        action_btn_class="action.row_item_delete",
    )
    async def row_action_3_delete(self, request: Request, pk: Any) -> None:  # noqa: ANN401
        """Remove one; a refusal is told in place."""
        row = await self._one(request, pk)
        try:
            await self.delete(request, [pk])
        except FormValidationError as refusal:
            raise ActionFailed(" ".join(map(str, refusal.errors.values()))) from refusal
        flash(request, _("%(name)s was deleted.", name=await self.repr(row, request)), "success")

    def _given(self, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        """What the form holds, ids as ids."""
        return {
            field.name: UUID(value) if isinstance(field, Reference) and value else value
            for field in self.get_fields_list(request)
            if field.name in data
            for value in (data[field.name],)
        }

    async def _one(self, request: Request, pk: Any) -> Row:  # noqa: ANN401
        row = await self.find_by_pk(request, pk)
        if row is None:
            raise FormValidationError({WHOLE: _("Somebody else has deleted this meanwhile.")})
        return row

    async def validate_fields(
        self, request: Request, data: dict[str, Any], exclude: Collection[str] = ()
    ) -> None:
        """Before anything is tried; a form that is shown again names what was chosen."""
        try:
            await super().validate_fields(request, data, exclude)
        except FormValidationError:
            await self._name(request, data)
            raise

    async def _tried(self, request: Request, work: Work[T], data: dict[str, Any]) -> T:
        """Do it in a transaction; what it refuses stands in the form afterwards."""
        try:
            async with db.transaction(request.state.database) as session:
                return await work(session, actor_of(request))
        except (DomainError, StaleDataError, IntegrityError) as error:
            faults = self._faults(request, _refusal(error))
            await self._name(request, data)
            raise FormValidationError(faults) from error

    async def _name(self, request: Request, data: dict[str, Any]) -> None:
        """Put names beside the ids that a refused form holds."""
        for field in self.get_fields_list(request):
            chosen = data.get(field.name)
            if isinstance(field, Reference) and chosen:
                foreign = self.foreign(field.name)
                row = await foreign.find_by_pk(request, chosen)
                label = str(chosen) if row is None else foreign.called(row)
                data[field.name] = Pointed(str(chosen), label).said

    def _faults(self, request: Request, refusal: DomainError) -> dict[str | int, Any]:
        """Each fault at the field it names, else above the form."""
        known = {field.name for field in self.get_fields_list(request)}
        faults: dict[str | int, Any] = {}
        for fault in refusal.errors:
            name = str(fault.field[0]) if fault.field else WHOLE
            place = name if name in known else WHOLE
            faults[place] = f"{faults[place]} {fault.detail}" if place in faults else fault.detail
        return faults or {WHOLE: f"{_(refusal.title)}: {refusal.detail}"}


def _refusal(error: Exception) -> DomainError:
    """What is about the form; anything else is raised."""
    if isinstance(error, StaleDataError):
        return PreconditionFailed(_("Read it again, then repeat the change."))
    if isinstance(error, IntegrityError):
        return Conflict(_("This contradicts something else that is stored."))
    if isinstance(error, DomainError) and error.kind in ABOUT_FORMS:
        return error
    raise error


async def sent_version(request: Request) -> int:
    """The version that was read when the form was made; without one, none fits."""
    sent = (await request.form()).get("version")
    return int(sent) if isinstance(sent, str) and sent.isdecimal() and len(sent) < 10 else 0
