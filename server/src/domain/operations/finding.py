"""What the team writes, found by its words: a source for each noun, comments under their thing.

Every source is one statement that holds the noun's own condition of who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Join, Row, and_, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from src.core import finding, fulltext, words
from src.core.actor import Actor, Permission
from src.core.finding import Hit
from src.core.fulltext import Noun, SearchDocument
from src.core.language import format_moment, mark
from src.core.language import gettext as _
from src.domain.accounts.tables import Team, User
from src.domain.operations import numbering, policy, subjects
from src.domain.operations.incidents import policy as of_incidents
from src.domain.operations.tables import (
    Blocker,
    Comment,
    Decision,
    Handover,
    Incident,
    StatusUpdate,
)

_STATES = {
    "open": mark("Open"),
    "in_progress": mark("In progress"),
    "resolved": mark("Resolved"),
    "closed": mark("Closed"),
    "active": mark("Active"),
    "proposed": mark("Proposed"),
    "accepted": mark("Accepted"),
    "rejected": mark("Rejected"),
    "withdrawn": mark("Withdrawn"),
    "superseded": mark("Superseded"),
    "deprecated": mark("Deprecated"),
}
Visible = Callable[[Actor], ColumnElement[bool]]
_Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A noun that is found by its words.

    `who` is joined for a name (None: nobody's); `more` are columns that `told` makes the title and
    the parts of the line below of: it is given the row and the name.
    """

    kind: str
    id: InstrumentedAttribute[UUID]
    at: InstrumentedAttribute[datetime]
    team_id: InstrumentedAttribute[UUID | None]
    visible: Visible
    told: Callable[[Row[Any]], tuple[str, list[str]]]
    more: Sequence[_Column] = ()
    who: InstrumentedAttribute[Any] | None = None

    def noun(self, actor: Actor) -> Noun:
        """The noun as this actor may see it."""
        source: Join = self.id.class_.__table__.outerjoin(Team, Team.id == self.team_id)
        more: list[_Column] = [Team.name.label("team"), *self.more]
        if self.who is not None:
            source = source.outerjoin(User, User.id == self.who)
            more.append(User.name.label("who"))
        has_title = self.who is None  # the beginning of a text is no title
        return Noun(self.kind, self.id, self.at, source, self.visible(actor), more, has_title)

    def readable(self, actor: Actor, subject_id: Any) -> ColumnElement[bool]:  # noqa: ANN401
        """Whether the actor may see the one with this id; a condition."""
        return fulltext.is_there(self.id, self.id == subject_id, self.visible(actor))


def _of_team(team_id: InstrumentedAttribute[UUID | None]) -> Visible:
    return lambda actor: policy.visible(actor, team_id)


def _numbered(kind: str) -> Callable[[Row[Any]], tuple[str, list[str]]]:
    def told(row: Row[Any]) -> tuple[str, list[str]]:
        return f"{numbering.said(kind, row.number)} {row.named}", [_(_STATES[row.state])]

    return told


def _update(row: Row[Any]) -> tuple[str, list[str]]:
    return row.who or _("Former member"), []


def _handover(row: Row[Any]) -> tuple[str, list[str]]:
    return _("Hand-over by %(name)s", name=row.who or _("Former member")), []


FOUND = (
    Found("update", StatusUpdate.id, StatusUpdate.posted_at, StatusUpdate.team_id,
          _of_team(StatusUpdate.team_id), _update, who=StatusUpdate.author_id),
    Found("incident", Incident.id, Incident.occurred_at, Incident.team_id, of_incidents.visible,
          _numbered("incident"), (Incident.number, Incident.title.label("named"), Incident.state)),
    Found("blocker", Blocker.id, Blocker.raised_at, Blocker.team_id, _of_team(Blocker.team_id),
          _numbered("blocker"), (Blocker.number, Blocker.title.label("named"), Blocker.state)),
    Found("decision", Decision.id, Decision.proposed_at, Decision.team_id,
          _of_team(Decision.team_id), _numbered("decision"),
          (Decision.number, Decision.title.label("named"), Decision.state)),
    Found("handover", Handover.id, Handover.given_at, Handover.team_id,
          _of_team(Handover.team_id), _handover, who=Handover.from_id),
)  # fmt: skip
BY_KIND: Mapping[str, Found] = {one.kind: one for one in FOUND}
# title of the group, its rank, the list with the rest of it
_GROUPS = {
    "update": (mark("Status updates"), 50, "/updates"),
    "incident": (mark("Incidents"), 51, "/incidents"),
    "blocker": (mark("Blockers"), 52, "/blockers"),
    "decision": (mark("Decisions"), 53, "/decisions"),
    "handover": (mark("Hand-overs"), 54, "/handovers"),
}
_PATHS = {kind: f"{path}/{{id}}" for kind, (_title, _rank, path) in _GROUPS.items()}


def _finds(one: Found) -> finding.Find:
    async def find(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[Hit]:
        """Those of the kind that the actor may see and that have these words."""
        sought = words.sought(q)
        hits = []
        for row in await fulltext.find(session, one.noun(actor), sought, limit=limit):
            title, said = one.told(row)
            subtitle = " · ".join([*said, row.team or _("Everybody"), format_moment(row.at)])
            excerpt = words.excerpt(row.body, sought)
            path = _PATHS[one.kind].format(id=row.id)
            hits.append(Hit(row.id, title, subtitle, path, excerpt))
        return hits

    return find


async def _comments(session: AsyncSession, actor: Actor, q: str, limit: int) -> list[Hit]:
    """What was said about something: found where that may be seen, and shown as a part of it."""
    sought = words.sought(q)
    of = aliased(SearchDocument)
    source = Comment.__table__.join(User, User.id == Comment.author_id).outerjoin(
        of, and_(of.kind == Comment.subject_type, of.subject_id == Comment.subject_id)
    )
    seen = or_(
        *(
            and_(Comment.subject_type == one.kind, one.readable(actor, Comment.subject_id))
            for one in FOUND
        )
    )
    more = (Comment.subject_type, Comment.subject_id, User.name.label("who"), of.title.label("of"))
    where = and_(Comment.deleted_at.is_(None), seen)
    noun = Noun("comment", Comment.id, Comment.created_at, source, where, more, has_title=False)
    hits = []
    for row in await fulltext.find(session, noun, sought, limit=limit):
        what = subjects.kinds().get(row.subject_type)
        title = row.of or (_(what.words) if what else row.subject_type)
        subtitle = " · ".join([_("Comment by %(name)s", name=row.who), format_moment(row.at)])
        path = f"{_PATHS[row.subject_type].format(id=row.subject_id)}#comment-{row.id}"
        hits.append(Hit(row.id, title, subtitle, path, words.excerpt(row.body, sought)))
    return hits


for _one in FOUND:
    _words, _place, _list = _GROUPS[_one.kind]
    finding.source(
        _one.kind,
        title=_words,
        permission=Permission.OPERATIONS_READ,
        find=_finds(_one),
        rank=_place,
        listing=_list,
    )
finding.source(
    "comment",
    title=mark("Comments"),
    permission=Permission.OPERATIONS_READ,
    find=_comments,
    rank=55,
)
