"""How bad and how urgent things are, as ordered words."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """undetermined < low < medium < high < critical."""

    UNDETERMINED = "undetermined"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


SEVERITY_RANKS = {one: rank for rank, one in enumerate(Severity)}
