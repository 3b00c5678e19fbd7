"""One's own factors at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import Actor, ActorKind
from src.core.errors import Unauthenticated
from src.core.language import gettext as _
from src.domain.accounts.factors import enforcement, holding
from src.domain.accounts.factors.holding import Factors
from src.domain.accounts.tables import User


@dataclass(frozen=True, slots=True)
class Overview:
    """What one has set up, whether one's role wants it, and until when."""

    factors: Factors
    is_needed: bool
    due_at: datetime | None


async def overview(session: AsyncSession, actor: Actor) -> Overview:
    """The actor's own factors. Raises `Unauthenticated` for programs."""
    if actor.user_id is None or actor.kind is not ActorKind.USER:
        raise Unauthenticated(_("Log in as a person."))
    user = await session.get_one(User, actor.user_id)
    return Overview(
        factors=await holding.of_person(session, user.id),
        is_needed=await enforcement.must_have(session, user.id),
        due_at=user.factor_due_at,
    )
