"""What the record says of problem reports."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("problem.reported", mark("Problem reported"))
verb("problem.changed", mark("Problem judged anew"))
verb("problem.resolved", mark("Problem resolved"))
