"""Who is qualified for what, and who asks to be. Checked at booking and again at check-in."""

from __future__ import annotations

from src.domain.training.holding import counts_at, held_by

__all__ = ["counts_at", "held_by"]
