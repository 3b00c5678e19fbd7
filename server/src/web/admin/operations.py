"""The team's day: to be read. It is written, decided and handed over on its own pages."""

from __future__ import annotations

from starlette_admin.fields import (
    BooleanField,
    DateField,
    IntegerField,
    StringField,
    TextAreaField,
)

from src.core.actor import Permission
from src.core.language import mark
from src.domain.operations.tables import (
    BlockerState,
    DecisionState,
    ImportFormat,
    ImportKind,
    Severity,
    Stance,
    WaitingOn,
)
from src.web.admin import discussion, incidents
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly

_READ = (Permission.OPERATIONS_READ,)
_DECISION = Reference("decision_id", mark("Decision"), key="decisions")


class Updates(ReadOnly):
    """What people did, will do, and need."""

    table, label, one = "status_updates", mark("Status updates"), mark("Status update")
    icon = "fa-solid fa-pen-to-square"
    needs = _READ
    page = "/updates/{id}"
    named = "id"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        Reference("author_id", mark("By"), key="users"),
        Reference("team_id", mark("Team"), key="teams"),
        TextAreaField("done", mark("Done")),
        TextAreaField("next", mark("Next")),
        TextAreaField("needs", mark("Needs")),
        Moment("posted_at", mark("Posted")),
        Moment("edited_at", mark("Changed")),
    )
    listed = ("posted_at", "author_id", "team_id", "edited_at")
    found_by = ("author_id",)
    narrowed_by = ("author_id", "team_id", "posted_at")


class Blockers(ReadOnly):
    """What keeps the team from going on."""

    table, label, one = "blockers", mark("Blockers"), mark("Blocker")
    icon = "fa-solid fa-hand"
    needs = _READ
    page = "/blockers/{id}"
    named = "title"
    fields = (
        StringField("id", mark("Id")),
        IntegerField("number", mark("Number")),
        StringField("title", mark("Title")),
        TextAreaField("description", mark("Description")),
        Choice("state", mark("State"), enum=BlockerState),
        Choice("impact", mark("Impact"), enum=Severity),
        TextAreaField("impact_text", mark("What it means")),
        Reference("team_id", mark("Team"), key="teams"),
        Reference("owner_id", mark("Owner"), key="users"),
        Choice("waiting_on", mark("Waits for"), enum=WaitingOn),
        Reference("waiting_on_id", mark("Whom"), key="users"),
        StringField("waiting_on_name", mark("Whom, by name")),
        DateField("needed_by", mark("Needed by")),
        Reference("raised_by", mark("Raised by"), key="users"),
        Moment("raised_at", mark("Raised")),
        TextAreaField("resolution", mark("What was done")),
        Moment("resolved_at", mark("Resolved")),
        Moment("archived_at", mark("Archived")),
        Moment("nudged_at", mark("Reminded")),
    )
    listed = ("number", "title", "impact", "state", "owner_id", "needed_by", "archived_at")
    found_by = ("number", "title")


class Decisions(ReadOnly):
    """What was decided, and why."""

    table, label, one = "decisions", mark("Decisions"), mark("Decision")
    icon = "fa-solid fa-scale-balanced"
    needs = _READ
    page = "/decisions/{id}"
    named = "title"
    fields = (
        StringField("id", mark("Id")),
        IntegerField("number", mark("Number")),
        StringField("title", mark("Title")),
        TextAreaField("context", mark("Context")),
        TextAreaField("outcome", mark("Outcome")),
        Reference("team_id", mark("Team"), key="teams"),
        Choice("state", mark("State"), enum=DecisionState),
        Reference("proposed_by", mark("Proposed by"), key="users"),
        Moment("proposed_at", mark("Proposed")),
        Reference("decided_by", mark("Decided by"), key="users"),
        Moment("decided_at", mark("Decided")),
        TextAreaField("reason", mark("Reason")),
        Reference("superseded_by", mark("Superseded by"), key="decisions"),
        DateField("review_on", mark("To be looked at again")),
    )
    listed = ("number", "title", "state", "proposed_by", "decided_at", "review_on")
    found_by = ("number", "title")


class Options(ReadOnly):
    """What was considered."""

    table, label, one = "decision_options", mark("Options of decisions"), mark("Option")
    icon = "fa-solid fa-code-branch"
    needs = _READ
    named = "title"
    fields = (
        _DECISION,
        IntegerField("position", mark("Place")),
        StringField("title", mark("Title")),
        TextAreaField("description", mark("Description")),
        BooleanField("is_chosen", mark("Chosen")),
    )
    listed = ("decision_id", "position", "title", "is_chosen")
    found_by = ("title", "decision_id")


class Participants(ReadOnly):
    """Who is asked, and what they think."""

    table, label = "decision_participants", mark("Participants of decisions")
    one = mark("Participant")
    icon = "fa-solid fa-people-group"
    needs = _READ
    keys = ("decision_id", "user_id")
    named = "stance"
    fields = (
        _DECISION,
        Reference("user_id", mark("Person"), key="users"),
        Choice("stance", mark("Stance"), enum=Stance),
        TextAreaField("comment", mark("Comment")),
        Moment("answered_at", mark("Answered")),
    )
    listed = ("decision_id", "user_id", "stance", "answered_at")
    found_by = ("decision_id", "user_id")


class Amendments(ReadOnly):
    """What of accepted decisions was changed, and why."""

    table, label = "decision_amendments", mark("Amendments of decisions")
    one = mark("Amendment")
    icon = "fa-solid fa-pen-ruler"
    needs = _READ
    named = "number"
    fields = (
        _DECISION,
        IntegerField("number", mark("Number")),
        Data("changes", mark("Changes")),
        TextAreaField("reason", mark("Reason")),
        Reference("amended_by", mark("By"), key="users"),
        Moment("amended_at", mark("When")),
    )
    listed = ("decision_id", "number", "amended_by", "amended_at")
    found_by = ("decision_id",)


class Summaries(ReadOnly):
    """Mornings, as codes and ids; also of restricted incidents."""

    table, label, one = "summaries", mark("Daily summaries"), mark("Summary")
    icon = "fa-solid fa-mug-hot"
    needs = incidents.ALL
    page = "/summaries/at/{id}"
    named = "on_date"
    fields = (
        StringField("id", mark("Id")),
        DateField("on_date", mark("Day")),
        StringField("scope", mark("Of whom")),
        Reference("team_id", mark("Team"), key="teams"),
        StringField("timezone", mark("Time zone")),
        Moment("starts_at", mark("From")),
        Moment("ends_at", mark("To")),
        Moment("made_at", mark("Made")),
        BooleanField("is_late", mark("Written afterwards")),
        Data("content", mark("Facts")),
    )
    listed = ("on_date", "team_id", "starts_at", "ends_at", "made_at", "is_late")
    found_by = ("scope",)


class SummarySettings(ReadOnly):
    """When teams read theirs."""

    table, label = "summary_settings", mark("Hours of summaries")
    one = mark("Hour")
    icon = "fa-solid fa-clock"
    needs = _READ
    page = "/summaries"
    keys = ("scope",)
    named = "scope"
    fields = (
        StringField("scope", mark("Of whom")),
        IntegerField("minute", mark("Minute of the day")),
        BooleanField("is_active", mark("In use")),
        Moment("updated_at", mark("Changed")),
    )
    listed = ("scope", "minute", "is_active")


class Handovers(ReadOnly):
    """What one shift left to the next; also restricted incidents, by their ids."""

    table, label, one = "handovers", mark("Hand-overs"), mark("Hand-over")
    icon = "fa-solid fa-handshake"
    needs = incidents.ALL
    page = "/handovers/{id}"
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        Reference("team_id", mark("Team"), key="teams"),
        Reference("from_id", mark("From"), key="users"),
        Reference("to_id", mark("To"), key="users"),
        Moment("given_at", mark("Given")),
        TextAreaField("watch", mark("To watch")),
        Data("content", mark("Facts")),
        Reference("acknowledged_by", mark("Taken over by"), key="users"),
        Moment("acknowledged_at", mark("Taken over")),
        TextAreaField("remark", mark("Remark")),
    )
    listed = ("given_at", "team_id", "from_id", "to_id", "acknowledged_at")
    found_by = ("team_id", "from_id", "to_id")


class Imports(ReadOnly):
    """Who moved what in, and what came of it. What was sent is theirs and stays unseen."""

    table, label, one = "operations_imports", mark("Moved in"), mark("Import")
    icon = "fa-solid fa-truck-moving"
    needs = incidents.ALL
    fields = (
        StringField("id", mark("Id")),
        Choice("kind", mark("What"), enum=ImportKind),
        Choice("format", mark("Format"), enum=ImportFormat),
        StringField("name", mark("Name")),
        Reference("team_id", mark("Team"), key="teams"),
        BooleanField("is_preview", mark("Tried only")),
        Reference("operation_id", mark("Operation"), key="operations"),
        Data("result", mark("Result")),
        Reference("created_by", mark("By"), key="users"),
        Moment("created_at", mark("Sent")),
        Moment("finished_at", mark("Ended")),
    )
    listed = ("created_at", "kind", "name", "team_id", "is_preview", "created_by", "finished_at")
    found_by = ("name",)


GROUP = (
    mark("The team's day"),
    "fa-solid fa-people-group",
    (
        Updates, *incidents.VIEWS, Blockers, Decisions, Options, Participants, Amendments,
        Summaries, SummarySettings, Handovers, Imports, *discussion.VIEWS,
    ),
)  # fmt: skip
