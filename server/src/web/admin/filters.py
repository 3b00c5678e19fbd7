"""What a list can be narrowed down by, as conditions on the columns of a `ReadOnly` view."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, or_, select
from starlette.requests import Request
from starlette_admin.fields import (
    BaseField,
    BooleanField,
    DateTimeField,
    EnumField,
    NumberField,
    StringField,
)
from starlette_admin.filters import FilterApplyContext, FilterGroup, FilterRegistry, FilterRule
from starlette_admin.filters.base import BaseFilter, FilterValidationError
from starlette_admin.filters.boolean import IsFalseFilter, IsTrueFilter
from starlette_admin.filters.date import (
    DateInFutureFilter,
    DateInPastFilter,
    DateTimeBetweenFilter,
)
from starlette_admin.filters.enum import InFilter, NotInFilter
from starlette_admin.filters.generic import EqualFilter, IsNotNullFilter, IsNullFilter
from starlette_admin.filters.numeric import (
    BetweenFilter,
    GreaterThanOrEqualFilter,
    LessThanOrEqualFilter,
)
from starlette_admin.filters.numeric import EqualFilter as NumberEqualFilter
from starlette_admin.filters.string import ContainsFilter, StartsWithFilter
from starlette_admin.views import BaseModelView

from src.core.db import database_now
from src.core.language import gettext as _
from src.web.admin.columns import Reference

Condition = ColumnElement[bool]
_LARGEST = 2**31 - 1


class Listed(Protocol):
    """What a filter has to know of the view it narrows down."""

    columns: dict[str, ColumnElement[Any]]
    named: ClassVar[str]

    @property
    def key_column(self) -> ColumnElement[Any]:
        """What others point at it by."""

    def foreign(self, name: str) -> Listed:
        """The view that the reference `name` points at."""


def view_of(ctx: FilterApplyContext) -> Listed:
    """The view that is asked."""
    view: Any = ctx.view
    found: Listed = view
    return found


def column_of(ctx: FilterApplyContext) -> Any:  # noqa: ANN401 - its type is the table's
    """The column that is narrowed down."""
    return view_of(ctx).columns[ctx.field_name]


class _Text:
    def parse_value(self, raw: Any) -> str:  # noqa: ANN401
        """Without NUL, which PostgreSQL refuses."""
        return str(raw).replace("\x00", "")


class Contains(_Text, ContainsFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        return cast(column_of(ctx), String).icontains(ctx.value, autoescape=True)


class StartsWith(_Text, StartsWithFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        return cast(column_of(ctx), String).startswith(ctx.value, autoescape=True)


class Equal(_Text, EqualFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = cast(column_of(ctx), String) == ctx.value
        return found


class Named(_Text, ContainsFilter):
    """A reference by the name of what it points at."""

    def apply(self, ctx: FilterApplyContext) -> Condition:
        foreign = view_of(ctx).foreign(ctx.field_name)
        name = cast(foreign.columns[foreign.named], String)
        ids = select(foreign.key_column).where(name.icontains(ctx.value, autoescape=True))
        found: Condition = column_of(ctx).in_(ids)
        return found


class Is(EqualFilter):
    """An id, whole."""

    def parse_value(self, raw: Any) -> UUID:  # noqa: ANN401
        """Refuse what is none."""
        try:
            return UUID(str(raw).strip())
        except ValueError:
            raise FilterValidationError(_("This is not an id.")) from None

    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx) == ctx.value
        return found


class IsNull(IsNullFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx).is_(None)
        return found


class IsNotNull(IsNotNullFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx).is_not(None)
        return found


class OneOf(InFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        return cast(column_of(ctx), String).in_(ctx.value)


class NoneOf(NotInFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        return cast(column_of(ctx), String).not_in(ctx.value)


class _Whole:
    def parse_value(self, raw: Any) -> int:  # noqa: ANN401
        """Refuse what no column could hold."""
        try:
            value = int(str(raw).strip())
        except ValueError:
            raise FilterValidationError(_("Enter a whole number.")) from None
        if abs(value) > _LARGEST:
            raise FilterValidationError(_("Enter a whole number."))
        return value


class NumberEqual(_Whole, NumberEqualFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx) == ctx.value
        return found


class AtLeast(_Whole, GreaterThanOrEqualFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx) >= ctx.value
        return found


class AtMost(_Whole, LessThanOrEqualFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx) <= ctx.value
        return found


class Between(_Whole, BetweenFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx).between(ctx.value, ctx.value2)
        return found


class Within(DateTimeBetweenFilter):
    """Times are typed in the reader's zone; the library makes them UTC, and drops the zone."""

    def parse_value(self, raw: Any) -> datetime:  # noqa: ANN401
        """With the zone again, and of the years that every database can compare."""
        try:
            value: Any = super().parse_value(raw)
        except OverflowError:
            raise FilterValidationError(_("Enter a date, as in 2026-11-23.")) from None
        return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]

    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx).between(ctx.value, ctx.value2)
        return found


class Past(DateInPastFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx) < database_now()
        return found


class Future(DateInFutureFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx) > database_now()
        return found


class Yes(IsTrueFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx).is_(True)
        return found


class No(IsFalseFilter):
    def apply(self, ctx: FilterApplyContext) -> Condition:
        found: Condition = column_of(ctx).is_(False)
        return found


_NULLS: list[type[BaseFilter]] = [IsNull, IsNotNull]
REGISTRY = FilterRegistry(
    {
        BaseField: _NULLS,
        StringField: [Contains, StartsWith, Equal, *_NULLS],
        EnumField: [OneOf, NoneOf, *_NULLS],
        Reference: [Named, *_NULLS],
        NumberField: [NumberEqual, AtLeast, AtMost, Between, *_NULLS],
        DateTimeField: [Within, Past, Future, *_NULLS],
        BooleanField: [Yes, No, *_NULLS],
    }
)
IDS: list[type[BaseFilter]] = [Is, *_NULLS]
PREFIXES: list[type[BaseFilter]] = [StartsWith, Equal, *_NULLS]


def condition(group: FilterGroup, view: BaseModelView, request: Request) -> Condition | None:
    """The whole tree as one condition; None where it says nothing."""
    parts = [
        part
        for rule in group.rules
        if (
            part := condition(rule, view, request)
            if isinstance(rule, FilterGroup)
            else _leaf(rule, view, request)
        )
        is not None
    ]
    if not parts:
        return None
    return or_(*parts) if group.logic == "or" else and_(*parts)


def _leaf(rule: FilterRule, view: BaseModelView, request: Request) -> Condition:
    field = next(field for field in view.fields if field.name == rule.field)
    found = REGISTRY.get_filter(field, rule.filter)
    if found is None:
        raise LookupError(f"{rule.filter} was accepted for {rule.field}, and is not there")
    context = FilterApplyContext(None, rule.field, rule.value, rule.value2, request, view)
    made: Condition = found().apply(context)
    return made
