"""One search over everything a reader may see.

Owns no rows. Each domain below registers what of it can be found (`core.finding`) and finds it in
one statement; nothing is found here that its own page would not show.
"""

from __future__ import annotations

from src.domain.search.service import MOST, Group, find

__all__ = ["MOST", "Group", "find"]
