"""At the instrument: checklists, the tablet beside it, more time, and who was there."""

from __future__ import annotations
