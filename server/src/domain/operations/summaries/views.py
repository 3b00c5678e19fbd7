"""What the services of summaries give: plain frozen values in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from src.domain.operations.summaries.sections import Group, Item


@dataclass(frozen=True, slots=True)
class SectionView:
    """A part of a summary, with what in it is not empty."""

    name: str
    title: str
    groups: tuple[Group, ...]

    @property
    def items(self) -> list[Item]:
        """All its lines."""
        return [item for group in self.groups for item in group.items]


@dataclass(frozen=True, slots=True)
class Trend:
    """A number for each of the last days."""

    code: str
    title: str
    unit: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trends:
    """The last fourteen summaries, oldest first."""

    days: tuple[date, ...]
    series: tuple[Trend, ...]


@dataclass(frozen=True, slots=True)
class SummaryHead:
    """A summary in a list. `team` None: everybody's."""

    id: UUID
    team_id: UUID | None
    team: str | None
    on_date: date
    timezone: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    is_late: bool
    version: int
    updated_at: datetime

    @property
    def path(self) -> str:
        """Its address."""
        return f"/summaries/{self.team_id or 'all'}/{self.on_date.isoformat()}"


@dataclass(frozen=True, slots=True)
class SummaryView:
    """A summary as its reader sees it; a preview (no id) is not stored."""

    id: UUID | None
    team_id: UUID | None
    team: str | None
    on_date: date
    timezone: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    is_late: bool
    is_preview: bool
    sections: tuple[SectionView, ...]
    trends: Trends
    previous: date | None
    next: date | None
    version: int
    updated_at: datetime
    may_generate: bool

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing in it to look at."""
        return not any(part.groups for part in self.sections)

    def group(self, section: str, code: str) -> Group | None:
        """A group by its names."""
        for part in self.sections:
            for group in part.groups:
                if (part.name, group.code) == (section, code):
                    return group
        return None


@dataclass(frozen=True, slots=True)
class SettingView:
    """When a team reads its summary: minutes past midnight on its own clock."""

    team_id: UUID | None
    team: str | None
    timezone: str
    minute: int
    is_active: bool
    next_at: datetime
    version: int
    may_change: bool
