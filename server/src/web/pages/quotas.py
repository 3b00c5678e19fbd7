"""Quotas: where one stands, and for those who manage them, who may book how much."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import mark
from src.core.paging import MAX_LIMIT
from src.core.paging import Paging as Limits
from src.domain import accounts, resources
from src.domain.bookings import quotas
from src.domain.bookings.quotas import QuotaView, QuotaWish, rule
from src.domain.bookings.tables import HolderKind, Period, QuotaUnit
from src.templating import enter
from src.web.dependencies import Paging, Reads, Tx
from src.web.forms import Form, Shape, TypedDate, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes
from src.web.pages.resource_list import resource_choices

router = APIRouter(include_in_schema=False)
READ, MANAGE = Permission.BOOKINGS_READ, Permission.QUOTAS_MANAGE
enter(mark("Quotas"), "/quotas", READ, rank=36, icon="chart")

DONE = {
    "made": mark("The quota counts from now on, with what is booked already."),
    "saved": mark("The quota was changed."),
    "ended": mark("The quota has ended: it limits nobody any more."),
}
PERIODS = {
    Period.DAY: mark("a day"),
    Period.WEEK: mark("a week"),
    Period.MONTH: mark("a month"),
    Period.QUARTER: mark("a quarter"),
    Period.YEAR: mark("a year"),
}
HOLDERS = {
    HolderKind.EVERYONE: mark("Everyone, each for themselves"),
    HolderKind.ROLE: mark("Everyone with a role, each for themselves"),
    HolderKind.TEAM: mark("A team, together"),
    HolderKind.PROJECT: mark("A project, together"),
    HolderKind.PERSON: mark("One person"),
}
UNITS = {QuotaUnit.MINUTES: mark("hours"), QuotaUnit.COUNT: mark("bookings")}
FIELDS = frozenset(
    {"name", "holder_id", "role", "resource_id", "type_id", "amount", "starts_on", "ends_on"}
)


def _with_point(typed: object) -> object:
    """2,5 is as good as 2.5."""
    return typed.replace(",", ".") if isinstance(typed, str) else typed


class AmountShape(Shape):
    """What may be changed of a quota; `amount` in hours or bookings."""

    name: str = Field(max_length=200)
    amount: Annotated[float, BeforeValidator(_with_point)] = Field(ge=0, le=100_000)
    ends_on: TypedDate | None = None


class QuotaShape(AmountShape):
    """A quota as it is made."""

    holder_kind: HolderKind
    person_id: UUID | None = None
    team_id: UUID | None = None
    project_id: UUID | None = None
    role: str | None = Field(None, max_length=40)
    resource_id: UUID | None = None
    type_id: UUID | None = None
    period: Period
    unit: QuotaUnit
    starts_on: TypedDate | None = None

    def wish(self) -> QuotaWish:
        """As the service takes it: of the holders the one that the kind names."""
        holders = {
            HolderKind.PERSON: self.person_id,
            HolderKind.TEAM: self.team_id,
            HolderKind.PROJECT: self.project_id,
        }
        return QuotaWish(
            name=self.name,
            holder_kind=self.holder_kind,
            holder_id=holders.get(self.holder_kind),
            role=self.role if self.holder_kind is HolderKind.ROLE else None,
            resource_id=self.resource_id,
            type_id=self.type_id,
            period=self.period,
            unit=self.unit,
            amount=_amount(self.amount, self.unit),
            starts_on=self.starts_on,
            ends_on=self.ends_on,
        )


def _amount(typed: float, unit: QuotaUnit) -> int:
    return round(typed * 60) if unit is QuotaUnit.MINUTES else round(typed)


def _typed(quota: QuotaView) -> str:
    return f"{quota.amount / 60:g}" if quota.unit is QuotaUnit.MINUTES else str(quota.amount)


def words() -> dict[str, Any]:
    """What templates say quotas with."""
    return {"amount": rule.amount, "periods": PERIODS, "holders": HOLDERS}


@router.get("/quotas", **shows(READ))
async def list_quotas(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    whose: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Where I stand; `whose=all` what there is, for those who manage it."""
    mine = whose != "all" or not page.actor.may_anywhere(MANAGE)
    found = await quotas.allocations.list_(
        reads, page.actor, mine=mine, ended=not mine, paging=paging
    )
    return page.show("quotas/list.html", page=found, mine=mine, **words())


@router.get("/quotas/new", **shows(MANAGE))
async def new_quota(page: CurrentPage) -> Response:
    """The form."""
    said = {"holder_kind": "everyone", "period": "week", "unit": "minutes"}
    return await _form(page, Form.of(said))


@router.post("/quotas/new", **takes(MANAGE))
async def make_quota(page: CurrentPage) -> Response:
    """Make it."""
    form = await Form.read(page.request)
    shape = form.parse(QuotaShape)
    if shape is None:
        return await _form(page, form, status=422)
    made = await page.tried(
        form, lambda tx: quotas.allocations.create(tx, page.actor, wish=shape.wish()), FIELDS
    )
    if isinstance(made, Refused):
        return await _form(page, form, status=made.status)
    return see_other(f"/quotas/{made.id}?done=made")


@router.get("/quotas/{quota_id}", **shows(READ))
async def show_quota(
    page: CurrentPage,
    reads: Reads,
    paging: Paging,
    quota_id: UUID,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """One of them: who has taken how much, and the ledger."""
    quota = await quotas.allocations.get(reads, page.actor, quota_id)
    may_manage = quotas.allocations.may_manage(page.actor, quota.resource_id)
    return page.show(
        "quotas/show.html",
        quota=quota,
        may_manage=may_manage,
        balances=await quotas.allocations.balances(reads, page.actor, quota) if may_manage else [],
        page=await quotas.allocations.ledger_of(reads, page.actor, quota_id, paging=paging),
        done=DONE.get(done),
        **words(),
    )


@router.get("/quotas/{quota_id}/edit", **shows(MANAGE))
async def edit_quota(page: CurrentPage, reads: Reads, quota_id: UUID) -> Response:
    """The form of what may be changed."""
    quota = await quotas.allocations.get(reads, page.actor, quota_id)
    said = {"name": quota.name, "amount": _typed(quota), "ends_on": quota.ends_on or ""}
    return page.show("quotas/edit.html", quota=quota, form=Form.of(said), **words())


@router.post("/quotas/{quota_id}/edit", **takes(MANAGE))
async def change_quota(page: CurrentPage, quota_id: UUID) -> Response:
    """Change it."""
    form = await Form.read(page.request)
    async with page.reading() as reads:
        quota = await quotas.allocations.get(reads, page.actor, quota_id)
    shape, status = form.parse(AmountShape), 422
    if shape is not None:
        changes = shape.model_dump(include={"name", "ends_on"})
        changes["amount"] = _amount(shape.amount, quota.unit)
        change = quotas.allocations.change
        made = await page.tried(
            form, lambda tx: change(tx, page.actor, quota_id, changes=changes), FIELDS
        )
        if not isinstance(made, Refused):
            return see_other(f"/quotas/{quota_id}?done=saved")
        status = made.status
    return page.show("quotas/edit.html", status=status, quota=quota, form=form, **words())


@router.post("/quotas/{quota_id}/end", **takes(MANAGE))
async def end_quota(page: CurrentPage, session: Tx, quota_id: UUID) -> Response:
    """End it at once."""
    await quotas.allocations.change(session, page.actor, quota_id, changes={"is_active": False})
    return see_other(f"/quotas/{quota_id}?done=ended")


async def _form(page: Page, form: Form, *, status: int = 200) -> Response:
    most = Limits(limit=MAX_LIMIT)
    async with page.reading() as reads:
        places = await resource_choices(reads, page.actor, form.values.get("resource_id", ""))
        kinds = await resources.list_types(reads, page.actor, paging=most)
        people = (await accounts.pick(reads, page.actor, paging=most)).items
        teams = await accounts.list_teams(reads, page.actor, paging=most)
        ours = await quotas.projects.list_(reads, page.actor, paging=most)
        may_know = page.may(Permission.ACCESS_READ)
        roles = await accounts.access.custom.list_(reads, page.actor) if may_know else []
    return page.show(
        "quotas/form.html",
        status=status,
        form=form,
        resource_choices=places,
        type_choices=[(str(one.id), one.name) for one in kinds.items],
        team_choices=[(str(one.id), one.name) for one in teams.items],
        project_choices=[(str(one.id), f"{one.code} {one.name}") for one in ours.items],
        people=[(str(one.id), one.name) for one in people],
        role_choices=[(one.name, one.title) for one in roles],
        units=UNITS,
        **words(),
    )
