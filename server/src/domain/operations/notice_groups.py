"""What belongs together among the preferences of how one is told: the nouns of operations."""

from __future__ import annotations

from src.core.language import mark
from src.domain.notifications import group

group("incidents", mark("Incidents"), rank=70)
group("updates", mark("Status updates and comments"), rank=71)
group("blockers", mark("Blockers"), rank=72)
group("decisions", mark("Decisions"), rank=73)
group("summaries", mark("Daily summary"), rank=74)
group("handovers", mark("Shift hand-over"), rank=75)
