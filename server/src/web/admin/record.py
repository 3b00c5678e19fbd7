"""What happened: events, their seals, and what of them is personal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette_admin.fields import IntegerField, StringField, TextAreaField

from src.core import audit
from src.core.actor import Actor, ActorKind, Permission
from src.core.language import mark
from src.domain import schema
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly

_events = schema.metadata.tables["events"]
_details = schema.metadata.tables["event_details"]
_seals = schema.metadata.tables["seals"]


class Events(ReadOnly):
    """Facts, which nobody can change."""

    table, label, one = "events", mark("Events"), mark("Event")
    icon = "fa-solid fa-flag"
    needs = (Permission.EVENTS_READ,)
    named = "verb"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        IntegerField("seq", mark("Number on the chain")),
        Moment("at", mark("When")),
        Reference("actor_id", mark("Who"), key="users"),
        Choice("actor_kind", mark("By what means"), enum=ActorKind),
        StringField("verb", mark("What")),
        StringField("subject_type", mark("To what")),
        StringField("subject_id", mark("Its id")),
        Data("changes", mark("Changes")),
        TextAreaField("reason", mark("Reason")),
        StringField("request_id", mark("Request id")),
        StringField("digest", mark("Digest")),
    )
    listed = ("at", "actor_id", "verb", "subject_type", "subject_id", "seq")
    found_by = ("actor_id", "subject_id", "verb")
    narrowed_by = ("actor_id", "verb", "subject_type", "subject_id")

    def source(self) -> FromClause:
        """With its place on the chain, once it has one."""
        return _events.outerjoin(_seals, _seals.c.event_id == _events.c.id)

    def joined_columns(self) -> Mapping[str, ColumnElement[Any]]:
        """The number of the seal."""
        return {"seq": _seals.c.seq}

    async def known(self, reads: AsyncSession, actor: Actor, rows: Select[Any]) -> Select[Any]:
        """As the page of the record shows them: nothing of what is restricted to others."""
        return audit.without(rows, await audit.hidden(reads, actor))


class EventDetails(ReadOnly):
    """The personal part, which erasure and retention may delete. The salt stays hidden."""

    table, label, one = "event_details", mark("Personal parts of events"), mark("Personal part")
    icon = "fa-solid fa-user-lock"
    needs = (Permission.USERS_MANAGE, Permission.INCIDENTS_READ_RESTRICTED)
    keys = ("event_id",)
    named = "event_id"
    is_big = True
    fields = (
        Reference("event", mark("Event"), key="events"),
        Data("personal", mark("Personal")),
        StringField("ip", mark("Address")),
    )
    listed = ("event", "ip")

    def joined_columns(self) -> Mapping[str, ColumnElement[Any]]:
        """The key once more, as a reference."""
        return {"event": _details.c.event_id}


class Seals(ReadOnly):
    """The order of commits, and the chain over all events."""

    table, label, one = "seals", mark("Seals"), mark("Seal")
    icon = "fa-solid fa-stamp"
    needs = (Permission.EVENTS_READ,)
    keys = ("seq",)
    named = "seq"
    is_big = True
    fields = (
        IntegerField("seq", mark("Number on the chain")),
        Reference("event_id", mark("Event"), key="events"),
        StringField("hash", mark("Hash")),
    )
    listed = ("seq", "event_id", "hash")
    found_by = ("event_id",)


class Archives(ReadOnly):
    """Months that left the database."""

    table, label, one = "event_archives", mark("Archives of the record"), mark("Archive")
    icon = "fa-solid fa-box-archive"
    needs = (Permission.EVENTS_READ,)
    named = "month"
    fields = (
        StringField("id", mark("Id")),
        StringField("month", mark("Month")),
        IntegerField("first_seq", mark("First number")),
        IntegerField("last_seq", mark("Last number")),
        StringField("last_hash", mark("Last link")),
        StringField("key", mark("Stored as")),
        IntegerField("size", mark("Bytes")),
        StringField("sha256", mark("Digest")),
        Moment("created_at", mark("When")),
    )
    listed = ("month", "first_seq", "last_seq", "size", "created_at")


GROUP = (mark("Record"), "fa-solid fa-flag", (Events, EventDetails, Seals, Archives))
