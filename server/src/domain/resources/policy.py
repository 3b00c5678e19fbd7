"""The policy that counts for a resource: of each rule, what the nearest level says.

Levels are resource, type and site; a level that leaves a rule open passes the question on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


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

    @classmethod
    def of(cls, *levels: Mapping[str, Any]) -> Self:
        """Merge levels field by field, the nearest first; None is not said."""
        said = {
            name: next((v for v in (level.get(name) for level in levels) if v is not None), None)
            for name in POLICY_FIELDS
        }
        return cls(**{name: value for name, value in said.items() if value is not None})


POLICY_FIELDS: tuple[str, ...] = tuple(field.name for field in fields(EffectivePolicy))
