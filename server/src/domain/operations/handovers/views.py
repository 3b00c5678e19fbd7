"""What the services of hand-overs give: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from src.domain.operations.parties import Named
from src.domain.operations.summaries.views import SectionView


@dataclass(frozen=True, slots=True)
class HandoverView:
    """What one shift leaves to the next. `to` None: to the whole team; `team` None: everybody.

    `sections` hold what was open, as far as the reader may know of it; in lists there are none.
    """

    id: UUID
    team: Named | None
    from_person: Named
    to: Named | None
    given_at: datetime
    watch: str
    acknowledged_by: Named | None
    acknowledged_at: datetime | None
    remark: str
    may_acknowledge: bool
    version: int
    created_at: datetime
    updated_at: datetime
    sections: tuple[SectionView, ...] = ()

    @property
    def is_waiting(self) -> bool:
        """Whether nobody has taken it over."""
        return self.acknowledged_at is None
