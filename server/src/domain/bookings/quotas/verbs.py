"""What the record says of quotas and projects."""

from __future__ import annotations

from src.core.events import verb
from src.core.language import mark

verb("quota.created", mark("Quota made"))
verb("quota.changed", mark("Quota changed"))
verb("project.created", mark("Project made"))
verb("project.changed", mark("Project changed"))
