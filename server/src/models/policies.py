"""Rules of booking on the wire: what each level says, what holds, and where it comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool

from src.domain import resources
from src.models.common import Wire

_Minutes = Annotated[int, Field(strict=True, ge=0, le=366 * 1440)]
_Length = Annotated[int, Field(strict=True, ge=1, le=366 * 1440)]
_Buffer = Annotated[int, Field(strict=True, ge=0, le=1440)]
_Count = Annotated[int, Field(strict=True, ge=1, le=10_000)]
Sheet = Annotated[
    dict[str, Any],
    Field(
        description="What is asked: a JSON schema of an object whose properties are strings, "
        "numbers, integers and booleans, with `enum`, `format: date`, bounds, `x-unit`, "
        "`x-order` and `x-limits`.",
        examples=[
            {
                "type": "object",
                "required": ["sample"],
                "properties": {"sample": {"type": "string", "title": "Sample", "x-order": 1}},
            }
        ],
    ),
]


class PolicyUpdate(Wire):
    """Rules of booking at one level: absent stays, `null` leaves it to the level above."""

    slot_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] | None = None
    min_minutes: _Length | None = None
    max_minutes: _Length | None = None
    earliest_minutes: _Minutes | None = None
    latest_minutes: _Minutes | None = None
    buffer_before_minutes: _Buffer | None = None
    buffer_after_minutes: _Buffer | None = None
    cancel_notice_minutes: _Minutes | None = None
    is_check_in_required: StrictBool | None = None
    check_in_grace_minutes: Annotated[int, Field(strict=True, ge=1, le=1440)] | None = None
    is_approval_required: StrictBool | None = None
    request_hold_minutes: Annotated[int, Field(strict=True, ge=5, le=366 * 1440)] | None = None
    max_upcoming: _Count | None = None
    max_per_day: _Count | None = None
    max_minutes_per_day: Annotated[int, Field(strict=True, ge=1, le=1500)] | None = None
    max_minutes_per_week: Annotated[int, Field(strict=True, ge=1, le=10_140)] | None = None
    is_parallel_refused: StrictBool | None = None
    are_rivals_allowed: StrictBool | None = None
    approval_rule_id: UUID | None = None
    offer_minutes: Annotated[int, Field(strict=True, ge=5, le=10_080)] | None = None
    required_qualifications: Annotated[list[UUID], Field(max_length=20)] | None = None
    questions: Sheet | None = None
    checklist_before: Sheet | None = None
    checklist_after: Sheet | None = None
    own_rules: (
        Annotated[
            dict[str, dict[str, Any]],
            Field(description="What the institute's own rules are told, by the code of the rule."),
        ]
        | None
    ) = None

    def values(self) -> dict[str, Any]:
        """What was said, as the service takes it."""
        said = self.model_dump(exclude_unset=True)
        wanted = said.get("required_qualifications")
        if wanted is not None:
            said["required_qualifications"] = [str(each) for each in wanted]
        return said


class PolicyRead(PolicyUpdate):
    """What one level says; `null` is left to the level above."""

    level: str = Field(examples=["site", "type:0198c0de-5a7e-7000-8000-000000000001"])
    version: int
    updated_at: datetime | None

    @classmethod
    def of(cls, view: Any) -> Self:  # noqa: ANN401 - resources.PolicyView
        """The policy as it goes over the wire."""
        said = {name: getattr(view, name) for name in PolicyUpdate.model_fields}
        return cls(level=view.level.key, version=view.version, updated_at=view.updated_at, **said)


class EffectivePolicy(Wire):
    """What holds in the end, of all levels. Minutes; `null` is no limit."""

    slot_minutes: int | None
    min_minutes: int | None
    max_minutes: int | None
    earliest_minutes: int | None
    latest_minutes: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    cancel_notice_minutes: int
    is_check_in_required: bool
    check_in_grace_minutes: int
    is_approval_required: bool
    request_hold_minutes: int
    max_upcoming: int | None
    max_per_day: int | None
    max_minutes_per_day: int | None
    max_minutes_per_week: int | None
    is_parallel_refused: bool
    are_rivals_allowed: bool
    approval_rule_id: UUID | None
    offer_minutes: int
    required_qualifications: list[UUID]
    questions: Sheet | None
    checklist_before: Sheet | None
    checklist_after: Sheet | None
    own_rules: dict[str, dict[str, Any]] | None


class ResourcePolicy(PolicyRead):
    """What the resource itself says, and what holds with its type and the site."""

    effective: EffectivePolicy


class Weekly(Wire):
    """[opens, closes) in minutes from local midnight, on a weekday (0 is Monday)."""

    weekday: Annotated[int, Field(strict=True, ge=0, le=6)]
    opens: Annotated[int, Field(strict=True, ge=0, le=1439, examples=[480])]
    closes: Annotated[int, Field(strict=True, ge=1, le=1440, examples=[1080])]


class OpeningHours(Wire):
    """The week in the resource's time zone; no interval at all means always open."""

    intervals: list[Weekly] = Field(max_length=100)

    def week(self) -> list[resources.hours.Weekly]:
        """As the service takes it."""
        return [resources.hours.Weekly(**dict(each)) for each in self.intervals]


class Origin(Wire):
    """The level that says something; the site has no id."""

    level: Literal["site", "type", "resource"]
    id: UUID | None
    name: str | None


class PolicyField(Wire):
    """One rule as it holds, and who says so; null: nobody does, it is the default."""

    name: str = Field(examples=["max_minutes"])
    value: Any
    origin: Origin | None


class EffectiveRead(Wire):
    """What holds for a resource, rule by rule; no intervals at all: it is always open."""

    fields: list[PolicyField]
    opening_hours: OpeningHours
    opening_hours_origin: Origin | None
