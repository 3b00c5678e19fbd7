"""One search over everything a reader may see.

Owns no rows. Each domain below registers what of it can be found (`core.finding`) and finds it in
one statement; nothing is found here that its own page would not show. What was written is found by
words of an index (`core.fulltext`), the rest by letters.
"""

from __future__ import annotations

from src.domain.search.service import MOST, Group, find, kinds_for

__all__ = ["MOST", "Group", "find", "kinds_for"]
