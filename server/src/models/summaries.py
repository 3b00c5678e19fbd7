"""Summaries and shift hand-overs on the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, StrictBool

from src.domain.operations.handovers import HandoverView, service
from src.domain.operations.summaries import SettingView, SummaryHead, SummaryView
from src.domain.operations.summaries.sections import Item
from src.domain.operations.summaries.views import SectionView, Trends
from src.models.common import Reference, Text, Wire, absent

_Date = date  # a field is named like it
TimeOfDay = Annotated[
    str,
    Field(
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        examples=["09:00"],
        description="On the team's own clock.",
    ),
]
Day = Annotated[date, Field(examples=["2026-11-21"], description="A local date of the team.")]
TeamOrAll = Annotated[
    Literal["all"] | UUID, Field(description="A team's id, or `all` for everybody's.")
]


class SummaryGenerate(Wire):
    """Which summary to write anew from the record."""

    team: TeamOrAll
    date: Day


class SummaryListed(Wire):
    """A summary in a list; `team` null is everybody's. It covers [starts_at, ends_at)."""

    id: UUID
    team: Reference | None
    date: date
    timezone: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    is_late: bool
    path: str
    version: int

    @classmethod
    def of(cls, head: SummaryHead) -> Self:
        """As the service gives it."""
        return cls(
            id=head.id, team=_team(head.team_id, head.team), date=head.on_date,
            timezone=head.timezone, starts_at=head.starts_at, ends_at=head.ends_at,
            made_at=head.made_at, is_late=head.is_late, path=head.path, version=head.version,
        )  # fmt: skip


class SummaryItem(Wire):
    """A line that leads to a thing. `args` are the codes, ids and times its `detail` is made of."""

    type: str
    id: UUID
    title: str
    path: str
    detail: str
    args: dict[str, Any]

    @classmethod
    def of(cls, item: Item) -> Self:
        """As the service gives it."""
        return cls(
            type=item.kind, id=item.id, title=item.title, path=item.path, detail=item.detail,
            args=dict(item.args),
        )  # fmt: skip


class SummaryGroup(Wire):
    """Lines under a heading in your language. `count` includes those that are not listed."""

    code: str
    title: str
    count: int
    items: list[SummaryItem]


class SummarySection(Wire):
    """A part of a summary, with those groups in it that hold something you may see."""

    name: str
    title: str
    groups: list[SummaryGroup]


class SummaryTrend(Wire):
    """A number for each day of `trends.days`."""

    code: str
    title: str
    unit: str
    values: list[float]


class SummaryTrends(Wire):
    """The last fourteen summaries, the oldest first."""

    days: list[date]
    series: list[SummaryTrend]

    @classmethod
    def of(cls, trends: Trends) -> Self:
        """As the service gives it."""
        series = [
            SummaryTrend(code=one.code, title=one.title, unit=one.unit, values=list(one.values))
            for one in trends.series
        ]
        return cls(days=list(trends.days), series=series)


class SummaryRead(Wire):
    """A summary in your language, of what you may see. A preview is not stored: it has no id."""

    id: UUID | None
    team: Reference | None
    date: date
    timezone: str
    starts_at: datetime
    ends_at: datetime
    made_at: datetime
    is_late: bool
    is_preview: bool
    sections: list[SummarySection]
    trends: SummaryTrends
    previous: _Date | None
    next: _Date | None
    version: int

    @classmethod
    def of(cls, view: SummaryView) -> Self:
        """As the service gives it."""
        return cls(
            id=view.id, team=_team(view.team_id, view.team), date=view.on_date,
            timezone=view.timezone, starts_at=view.starts_at, ends_at=view.ends_at,
            made_at=view.made_at, is_late=view.is_late, is_preview=view.is_preview,
            sections=sections(view.sections), trends=SummaryTrends.of(view.trends),
            previous=view.previous, next=view.next, version=view.version,
        )  # fmt: skip


class SummarySettingUpdate(Wire):
    """When the summary is written, and whether at all. The zone is the team's own."""

    time: TimeOfDay = absent()
    is_active: StrictBool = absent()

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        changes = self.model_dump(exclude_unset=True)
        if "time" in changes:
            hour, minute = map(int, changes.pop("time").split(":"))
            changes["minute"] = hour * 60 + minute
        return changes


class SummarySettingRead(Wire):
    """When a team reads its summary; `next_at` is when the open window ends."""

    team: Reference | None
    timezone: str
    time: str
    is_active: bool
    next_at: datetime
    version: int

    @classmethod
    def of(cls, view: SettingView) -> Self:
        """As the service gives it."""
        time = f"{view.minute // 60:02d}:{view.minute % 60:02d}"
        return cls(
            team=_team(view.team_id, view.team), timezone=view.timezone, time=time,
            is_active=view.is_active, next_at=view.next_at, version=view.version,
        )  # fmt: skip


class HandoverCreate(Wire):
    """To whom, and what to watch (Markdown). `to_id` null: to the whole team."""

    team_id: UUID | None = None
    to_id: UUID | None = None
    watch: Annotated[
        Text, Field(max_length=service.LONGEST_WATCH, examples=["The chiller hums; look at 22:00."])
    ] = ""


class HandoverAcknowledge(Wire):
    """What whoever takes it over has to say."""

    remark: Annotated[Text, Field(max_length=service.LONGEST_REMARK)] = ""


class HandoverListed(Wire):
    """A shift hand-over. `may_acknowledge`: it waits for you."""

    id: UUID
    team: Reference | None
    from_person: Reference
    to: Reference | None
    given_at: datetime
    watch: str
    acknowledged_by: Reference | None
    acknowledged_at: datetime | None
    remark: str
    may_acknowledge: bool
    version: int
    created_at: datetime
    updated_at: datetime


class HandoverRead(HandoverListed):
    """The same with what was open when it was given, as far as you may see it."""

    sections: list[SummarySection]

    @classmethod
    def of(cls, view: HandoverView) -> Self:
        """As the service gives it."""
        names = list(HandoverListed.model_fields)
        shown = HandoverListed.model_validate(view)
        return cls(
            **{name: getattr(shown, name) for name in names}, sections=sections(view.sections)
        )


def sections(found: Iterable[SectionView]) -> list[SummarySection]:
    """The parts of a summary or of a hand-over."""
    return [
        SummarySection(
            name=one.name,
            title=one.title,
            groups=[
                SummaryGroup(
                    code=group.code, title=group.title, count=group.count,
                    items=[SummaryItem.of(item) for item in group.items],
                )
                for group in one.groups
            ],
        )
        for one in found
    ]  # fmt: skip


def _team(team_id: UUID | None, name: str | None) -> Reference | None:
    return None if team_id is None else Reference(id=team_id, name=name or "")
