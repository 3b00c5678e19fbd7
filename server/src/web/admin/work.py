"""Work in the background: jobs, what people wait for, and what runs by itself."""

from __future__ import annotations

from starlette_admin.fields import IntegerField, StringField, TextAreaField

from src.core import jobs
from src.core.actor import Permission
from src.core.language import mark
from src.core.operations import OperationState
from src.core.outbox import State
from src.web.admin.columns import Choice, Data, Moment, Reference
from src.web.admin.listing import ReadOnly, Row


class Jobs(ReadOnly):
    """The outbox, its secrets masked as on the page of a job."""

    table, label, one = "outbox", mark("Jobs"), mark("Job")
    icon = "fa-solid fa-gears"
    needs = (Permission.JOBS_READ,)
    named = "topic"
    page = "/jobs/{id}"
    is_big = True
    beside = ("topic",)
    fields = (
        IntegerField("id", mark("Id")),
        StringField("topic", mark("Topic")),
        StringField("queue", mark("Queue")),
        Choice("state", mark("State"), enum=State),
        Data("payload", mark("Payload")),
        IntegerField("priority", mark("Priority")),
        IntegerField("attempts", mark("Attempts")),
        IntegerField("max_attempts", mark("At most")),
        Moment("run_after", mark("Not before")),
        StringField("worker", mark("Worker")),
        TextAreaField("error", mark("Error")),
        StringField("request_id", mark("Request id")),
        Reference("operation_id", mark("Operation"), key="operations"),
        Moment("created_at", mark("Made")),
        Moment("started_at", mark("Started")),
        Moment("finished_at", mark("Ended")),
    )
    listed = ("id", "topic", "queue", "state", "attempts", "created_at", "finished_at")
    found_by = ("topic",)
    narrowed_by = ("state", "topic", "finished_at")

    def shown(self, row: Row) -> Row:
        """Without what its topic or its names call a secret."""
        if hasattr(row, "payload"):
            row.payload = jobs.masked(row.topic, row.payload)
        return row


class Operations(ReadOnly):
    """Work a person waits for."""

    table, label, one = "operations", mark("Operations"), mark("Operation")
    icon = "fa-solid fa-bars-progress"
    needs = (Permission.JOBS_READ,)
    named = "kind"
    page = "/operations/{id}"
    fields = (
        StringField("id", mark("Id")),
        StringField("kind", mark("Kind")),
        Choice("state", mark("State"), enum=OperationState),
        IntegerField("done", mark("Steps done")),
        IntegerField("of", mark("Of")),
        StringField("message", mark("Message")),
        Data("result", mark("Result")),
        StringField("link", mark("Leads to")),
        TextAreaField("error", mark("Error")),
        Reference("created_by", mark("By"), key="users"),
        Moment("created_at", mark("Made")),
        Moment("finished_at", mark("Ended")),
    )
    listed = ("created_at", "kind", "state", "done", "of", "created_by", "finished_at")
    found_by = ("kind",)


class Schedules(ReadOnly):
    """What runs by itself, and when."""

    table, label, one = "schedules", mark("Schedules"), mark("Schedule")
    icon = "fa-solid fa-clock-rotate-left"
    needs = (Permission.JOBS_READ,)
    fields = (
        StringField("id", mark("Id")),
        StringField("name", mark("Name")),
        StringField("queue", mark("Queue")),
        StringField("description", mark("Description")),
        StringField("crontab", mark("Crontab")),
        IntegerField("interval", mark("Every so many seconds")),
        StringField("override_crontab", mark("Crontab instead")),
        IntegerField("override_interval", mark("Seconds instead")),
        Moment("paused_at", mark("Paused")),
        Moment("last_slot", mark("Last time meant")),
        Moment("last_started_at", mark("Last start")),
        Moment("last_success_at", mark("Last success")),
        Data("last_result", mark("Last result")),
        TextAreaField("last_error", mark("Last error")),
        Moment("last_error_at", mark("Failed")),
    )
    listed = ("name", "queue", "crontab", "interval", "paused_at", "last_success_at")
    found_by = ("name", "description")
    fields_default_sort = (("name", False),)


GROUP = (mark("Work"), "fa-solid fa-gears", (Jobs, Operations, Schedules))
