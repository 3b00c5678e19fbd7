"""What the record says of blockers. `changes` holds the team's id, codes and ids; no free text."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("blocker.raised", mark("Blocker raised"))
verb("blocker.imported", mark("Blocker moved in"))
verb("blocker.changed", mark("Blocker changed"))
verb("blocker.resolved", mark("Blocker resolved"))
verb("blocker.reopened", mark("Blocker is back"))
verb("blocker.archived", mark("Blocker archived"))
verb("blocker.unarchived", mark("Blocker taken out of the archive"))
verb("blocker.nudged", mark("Reminded of the blocker"))
