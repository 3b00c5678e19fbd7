"""Roles and who holds them where: custom roles, assignments, scopes, and why somebody may.

Invariants: nobody gives or takes away what they do not hold themselves; deny beats grant; one
active administrator is always left; whoever loses a role is logged out.
"""

from __future__ import annotations

from src.domain.accounts.access import assignments, custom, explaining, scopes

__all__ = ["assignments", "custom", "explaining", "scopes"]
