"""What the record says of shift hand-overs."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("handover.given", mark("Shift handed over"))
verb("handover.acknowledged", mark("Shift taken over"))
