"""What can be approved: each domain above registers its kind of subject beside itself.

    approvals.subjects.register(
        "access-request",
        name=mark("Access"),
        permission=Permission.QUALIFICATIONS_MANAGE,
        notice="access.requested",
        describe=_describe, approved=_approved, rejected=_rejected, expired=_expired,
    )

A domain that hangs itself on does three things.

1. When something is asked for, in the same transaction and after its row is flushed:

       await approvals.ask(session, actor, "access-request", [approvals.Asking(
           subject_id=request.id, resource_id=request.resource_id, requested_by=actor.user_id,
           requested_for=request.person_id, latest_at=request.expires_at)])

   Without a `rule` there is one step: whoever holds the subject's `permission` for the resource
   decides, the first word counts. `approvals.rules_of(session, resource_ids)` gives the rules that
   policies name, for subjects that go by them. `ask` tells those who are to decide.
2. When it is taken back or decided otherwise: `await approvals.withdraw(session, actor,
   "access-request", [request.id])`.
3. It registers what follows, as above. The callbacks run in the transaction of the decision, with
   the subject locked by `lock` (when given) and the approval's row behind it; the approval is
   settled already. They change the subject's own state, record its event and tell its people:
   - `describe(session, subject_ids) -> {id: Description}`: what the inbox, the mail and the page
     behind a link show. In few statements, whatever the number; who may see it has been asked.
   - `approved(session, actor, subject_id, note)`, `rejected(session, actor, subject_id, note)`:
     `actor` is whoever said the last word (`SYSTEM` when a deadline approved).
   - `expired(session, subject_id)`: a deadline passed.
   - `lock(session, subject_ids)`: lock the subjects before the approvals, so that two who come
     from different sides do not wait for each other.
   - `paced(session, subject_id, until)`: a step began that lapses at `until`; whatever is held for
     the subject must be let go then.

`notice` is the notification kind by which deciders are told; its `args` are those of the
description, with `approval_id` and `step` added. Declare the kind with
`mail_path=approvals.links.path_of`, and its mail leads to the page that needs no log-in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, Permission


@dataclass(frozen=True, slots=True)
class Description:
    """What is asked for, in the reader's words.

    `what` is its name (a resource), `facts` rows of (label, text), `concerns` what speaks against
    it or should be known (other requests for the time, other bookings of the person); `args` are
    those of the notification.
    """

    what: str
    link: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    title: str = ""
    text: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    concerns: tuple[str, ...] = ()
    args: Mapping[str, Any] = field(default_factory=dict)


Describe = Callable[[AsyncSession, Collection[UUID]], Awaitable[dict[UUID, Description]]]
Decided = Callable[[AsyncSession, Actor, UUID, str | None], Awaitable[None]]
Expired = Callable[[AsyncSession, UUID], Awaitable[None]]
Lock = Callable[[AsyncSession, Sequence[UUID]], Awaitable[None]]
Paced = Callable[[AsyncSession, UUID, datetime | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing that can be approved, and what follows."""

    kind: str
    name: str
    permission: Permission
    notice: str
    describe: Describe
    approved: Decided
    rejected: Decided
    expired: Expired
    lock: Lock | None = None
    paced: Paced | None = None


_subjects: dict[str, Subject] = {}


def register(  # noqa: PLR0913 - what a kind of subject is made of
    kind: str,
    *,
    name: str,
    permission: Permission,
    notice: str,
    describe: Describe,
    approved: Decided,
    rejected: Decided,
    expired: Expired,
    lock: Lock | None = None,
    paced: Paced | None = None,
) -> None:
    """Let subjects of this kind be approved, once; see the module for what each part does."""
    if kind in _subjects:
        raise ValueError(f"{kind!r} is registered twice")
    _subjects[kind] = Subject(
        kind, name, permission, notice, describe, approved, rejected, expired, lock, paced
    )


def of(kind: str) -> Subject:
    """The kind of that name; KeyError when no domain registered it."""
    return _subjects[kind]


def registered() -> dict[str, Subject]:
    """All kinds by name."""
    return dict(_subjects)
