"""Taking one's data along, and being forgotten.

Domains above register beside themselves what they hold of a person (`exporting.source`,
`exporting.files`) and what they do when one is erased (`erasure.on_erasure`).
"""

from __future__ import annotations

from src.domain.accounts.leaving import erasure, exporting, own

__all__ = ["erasure", "exporting", "own"]
