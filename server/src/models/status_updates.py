"""Status updates, comments and acknowledgements on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from src.domain.operations import discussion
from src.domain.operations.updates import Draft, UpdateView, Whole, service
from src.models import linked
from src.models.common import Reference, Text, Wire, absent
from src.models.linked import LinkRead, Links, Tags

Said = Annotated[
    Text,
    Field(
        max_length=service.LONGEST,
        description="Markdown. `[@Ada Byron](/people/<id>)` mentions a person, "
        "`[@Imaging](/teams/<id>)` a team.",
        examples=["Aligned the laser of the *confocal*."],
    ),
]
Remark = Annotated[
    Text,
    Field(min_length=1, max_length=discussion.comments.LONGEST, examples=["Well done!"]),
]


class StatusUpdateCreate(Wire):
    """What was done, what comes next, what is needed: at least one of them.

    Without `team_id` it is said to everybody.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"done": "Aligned the laser.", "next": "Clean it.", "tags": ["laser"]}]
        }
    )

    team_id: UUID | None = None
    done: Said = ""
    next: Said = ""
    needs: Said = ""
    tags: Tags = Field(default_factory=list)
    links: Links = Field(default_factory=list)

    def draft(self) -> Draft:
        """What the service takes."""
        return Draft(
            team_id=self.team_id,
            done=self.done,
            next=self.next,
            needs=self.needs,
            tags=tuple(self.tags),
            links=linked.pairs(self.links),
        )


class StatusUpdateUpdate(Wire):
    """What changes; its team stays. Null clears a text, all tags or all links."""

    done: Said | None = None
    next: Said | None = None
    needs: Said | None = None
    tags: Tags | None = None
    links: Links | None = None

    def changes(self) -> dict[str, Any]:
        """What the service takes."""
        empty: dict[str, Any] = {"done": "", "next": "", "needs": "", "tags": (), "links": ()}
        found = {
            name: empty[name] if value is None else value
            for name, value in self.model_dump(exclude_unset=True).items()
        }
        if self.links is not None and "links" in found:
            found["links"] = linked.pairs(self.links)
        return found


class StatusUpdateListed(Wire):
    """What somebody said, as lists show it. `title` is its beginning."""

    id: UUID
    author: Reference
    team: Reference | None
    title: str
    done: str
    next: str
    needs: str
    tags: list[str]
    comments: int
    acknowledgements: int
    is_acknowledged: bool
    posted_at: datetime
    edited_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: UpdateView) -> Self:
        """An update as it goes over the wire."""
        return cls.model_validate({name: getattr(view, name) for name in cls.model_fields})


class StatusUpdateRead(StatusUpdateListed):
    """What somebody said. `links` are what it leads to, `linked_from` what leads to it."""

    links: list[LinkRead]
    linked_from: list[LinkRead]

    @classmethod
    def whole(cls, found: Whole) -> Self:
        """The same with what it is linked to."""
        listed = {name: getattr(found.update, name) for name in StatusUpdateListed.model_fields}
        links = {"links": linked.read(found.to), "linked_from": linked.read(found.from_)}
        return cls.model_validate({**listed, **links})


class RevisionRead(Wire):
    """What it said as its `number`-th version, until somebody changed it at `changed_at`."""

    number: int
    content: dict[str, Any]
    changed_by: Reference | None
    changed_at: datetime


class SilenceRead(Wire):
    """Who of a team said nothing to it on its local days `first` to `last`."""

    team: Reference
    timezone: str
    first: date
    last: date
    starts_at: datetime
    ends_at: datetime
    members: int
    silent: list[Reference]


class CommentCreate(Wire):
    """What you say. Markdown, as in updates."""

    text: Remark


class CommentOnCreate(CommentCreate):
    """What you say, and to what."""

    subject_type: linked.Kind
    subject_id: UUID


class CommentUpdate(Wire):
    """What you say instead."""

    text: Remark = absent()


class CommentRead(Wire):
    """What somebody said to something. A deleted one keeps its place without its text."""

    id: UUID
    subject_type: str
    subject_id: UUID
    author: Reference
    text: str
    edited_at: datetime | None
    deleted_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, view: discussion.CommentView) -> Self:
        """A comment as it goes over the wire."""
        return cls.model_validate({name: getattr(view, name) for name in cls.model_fields})


class AcknowledgementRead(Wire):
    """Who has read it."""

    person: Reference
    at: datetime
