"""Problem reports on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool

from src.domain.maintenance import ProblemState, Report, Severity, problems
from src.models.common import Reference, Text, Wire, absent

What = Annotated[
    Text,
    Field(
        min_length=1,
        max_length=problems.LONGEST_TEXT,
        examples=["The blue laser does not ignite."],
    ),
]


class ProblemReportCreate(Wire):
    """What is wrong with a resource. `is_blocking`: nobody can use it, so it goes down at once.

    Photos are uploaded to `/api/v1/files` with `subject_type=problem` afterwards.
    """

    resource_id: UUID
    severity: Severity
    text: What
    is_blocking: StrictBool = False
    booking_id: UUID | None = None

    def report(self) -> Report:
        """What the service takes."""
        return Report(self.resource_id, self.severity, self.text, self.is_blocking, self.booking_id)


class ProblemReportUpdate(Wire):
    """An open problem judged anew."""

    severity: Severity = absent()
    is_blocking: StrictBool = absent()


class ProblemResolve(Wire):
    """What was done."""

    note: Annotated[
        Text,
        Field(min_length=1, max_length=problems.LONGEST_NOTE, examples=["The tube was replaced."]),
    ]


class ProblemReportRead(Wire):
    """A problem with a resource. `severity_rank` grows with the severity: 1 is low."""

    id: UUID
    resource: Reference
    booking_id: UUID | None
    reported_by: Reference
    severity: Severity
    severity_rank: int
    text: str
    is_blocking: bool
    state: ProblemState
    resolution: str
    resolved_by: Reference | None
    resolved_at: datetime | None
    version: int
    created_at: datetime
    updated_at: datetime
