"""What the record says of moving in; what was written has verbs of its own (`*.imported`)."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("team_import.uploaded", mark("A file to move in was sent"))
verb("team_import.taken", mark("A file to move in was taken over"))
