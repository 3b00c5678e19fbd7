"""What the record says of summaries."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("summary.made", mark("Summary written"))
verb("summary.regenerated", mark("Summary written anew"))
verb("summary.set", mark("Time of the summary changed"), kind=Kind.ADMINISTRATION)
