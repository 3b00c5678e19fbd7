"""The policy that counts for a resource: of each rule, what the nearest level says.

Levels are resource, type and site; a level that leaves a rule open passes the question on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class EffectivePolicy:
    """What holds in the end. Minutes; None is no limit. The defaults are what nobody has said."""

    slot_minutes: int | None = None
    min_minutes: int | None = None
    max_minutes: int | None = None
    earliest_minutes: int | None = None
    latest_minutes: int | None = None
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    cancel_notice_minutes: int = 0
    is_check_in_required: bool = False
    check_in_grace_minutes: int = 15
    is_approval_required: bool = False
    request_hold_minutes: int = 2880
    max_upcoming: int | None = None
    max_per_day: int | None = None
    max_minutes_per_day: int | None = None
    max_minutes_per_week: int | None = None
    is_parallel_refused: bool = False
    are_rivals_allowed: bool = False
    approval_rule_id: UUID | None = None
    offer_minutes: int = 30
    # Ids as text, all of them needed.
    required_qualifications: tuple[str, ...] = ()
    # Sheets (`core.sheets`): asked at booking, before use, after it.
    questions: Mapping[str, Any] | None = None
    checklist_before: Mapping[str, Any] | None = None
    checklist_after: Mapping[str, Any] | None = None
    # What the institute's own rules are told, by the code of the rule.
    own_rules: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, *levels: Mapping[str, Any]) -> Self:
        """Merge levels field by field, the nearest first; None is not said."""
        said = {
            name: next((v for v in (level.get(name) for level in levels) if v is not None), None)
            for name in POLICY_FIELDS
        }
        if said["required_qualifications"] is not None:
            said["required_qualifications"] = tuple(said["required_qualifications"])
        return cls(**{name: value for name, value in said.items() if value is not None})


POLICY_FIELDS: tuple[str, ...] = tuple(field.name for field in fields(EffectivePolicy))

SHEETS = ("questions", "checklist_before", "checklist_after")
"""Fields that are sheets: what a list of many resources need not read."""
