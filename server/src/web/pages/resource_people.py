"""Who looks after a resource: a form with a place for each, and one more of every kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.core.paging import MAX_LIMIT, Paging
from src.domain import accounts, resources
from src.domain.resources import Charge
from src.domain.resources.tables import Duty
from src.web.forms import Form, Shape, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
MANAGE = Permission.RESOURCES_MANAGE
CONTACT = "contact_id"
# In words: what they are called, and what they are there for.
DUTIES = {
    Duty.DEPUTY: (mark("Deputies"), mark("Asked when the first is away.")),
    Duty.TRAINER: (mark("Trainers"), mark("Show newcomers how to use it.")),
    Duty.SAFETY: (mark("Safety"), mark("Answer for what can go wrong with it.")),
}


class PeopleShape(Shape):
    """Whom to ask first, and the version that was read; the others have as many fields as wanted."""

    contact_id: UUID | None = None
    version: int


@router.get("/resources/{resource_id}/people", **shows(MANAGE))
async def people_form(page: CurrentPage, resource_id: UUID) -> Response:
    """Those who are named now."""
    async with page.reading() as reads:
        found = await resources.responsible(reads, page.actor, resource_id)
        one = await resources.get(reads, page.actor, resource_id)
    values: dict[str, object] = {CONTACT: one.contact.id if one.contact else None}
    for duty in Duty:
        those = [person.id for person in found if person.role == duty]
        values |= {f"{duty}_{place}": id_ for place, id_ in enumerate(those)}
    return await _show(page, Form.of({**values, "version": one.version}), resource_id)


@router.post("/resources/{resource_id}/people", **takes(MANAGE))
async def set_people(page: CurrentPage, resource_id: UUID) -> Response:
    """Name them: the contact and the others in one transaction."""
    form = await Form.read(page.request)
    shape, charges = form.parse(PeopleShape), _charges(form)
    if shape is None or form.is_faulty:
        return await _show(page, form, resource_id, status=422)

    done = await page.tried(form, _naming(page, resource_id, shape, charges))
    if isinstance(done, Refused):
        return await _show(page, form, resource_id, status=done.status)
    return see_other(f"/resources/{resource_id}?done=people")


def _naming(
    page: Page, resource_id: UUID, shape: PeopleShape, charges: Sequence[Charge]
) -> Callable[[AsyncSession], Awaitable[object]]:
    async def work(session: AsyncSession) -> None:
        await resources.update(
            session,
            page.actor,
            resource_id,
            changes={CONTACT: shape.contact_id},
            expected_version=shape.version,
        )
        await resources.set_responsible(session, page.actor, resource_id, charges)

    return work


def _charges(form: Form) -> list[Charge]:
    """All but the contact, in the order of the form; what is wrong is said at its place."""
    charges: list[Charge] = []
    for duty in Duty:
        for name in _filled(form, duty):
            id_ = _id(form, name)
            if id_ is None:
                continue
            charge = Charge(duty, id_)
            if charge in charges:
                form.add(name, "duplicate", _("This person has this duty already."))
            else:
                charges.append(charge)
    return charges


def _filled(form: Form, duty: Duty) -> list[str]:
    names = (f"{duty}_{place}" for place in range(resources.MOST_PEOPLE + 1))
    return [name for name in names if form.values.get(name)]


def _id(form: Form, name: str) -> UUID | None:
    value = form.values.get(name)
    if not value:
        return None
    with suppress(ValueError):
        return UUID(value)
    form.add(name, "uuid_parsing", _("Choose one of the list."))
    return None


async def _show(page: Page, form: Form, resource_id: UUID, *, status: int = 200) -> Response:
    async with page.reading() as reads:
        one = await resources.get(reads, page.actor, resource_id)
        found = await accounts.pick(reads, page.actor, paging=Paging(limit=MAX_LIMIT))
        chosen = await accounts.names(reads, _chosen(form))
    choices = {person.id: person.name for person in found.items} | chosen
    return page.show(
        "resources/people.html",
        status=status,
        form=form,
        resource=one,
        duties=[(*said, _places(form, duty)) for duty, said in DUTIES.items()],
        choices=[(str(id_), name) for id_, name in choices.items()],
    )


def _chosen(form: Form) -> set[UUID]:
    found: set[UUID] = set()
    for name, value in form.values.items():
        if name != "version":
            with suppress(ValueError):
                found.add(UUID(value))
    return found


def _places(form: Form, duty: Duty) -> list[str]:
    """The names of the fields of a duty: those that are filled, and one more."""
    filled = _filled(form, duty)
    last = max((int(name.rpartition("_")[2]) for name in filled), default=-1)
    return [*filled, f"{duty}_{last + 1}"]
