"""What the record says of an incident: codes and ids, no words of people.

Summaries are written from it. Of a restricted one whoever may not know of it reads nothing
(`concealment`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events
from src.core.actor import Actor
from src.domain.operations.tables import Incident


def facts(incident: Incident) -> dict[str, Any]:
    """What every event of an incident tells."""
    return {
        "team_id": incident.team_id,
        "type_id": incident.type_id,
        "severity": incident.severity,
        "state": incident.state,
    }


def write(
    session: AsyncSession,
    actor: Actor,
    incident: Incident,
    verb: str,
    **changes: Any,  # noqa: ANN401 - codes, ids and pairs of them
) -> None:
    """Write down what happened to the incident."""
    events.record(
        session, actor, verb, ("incident", incident.id), changes={**facts(incident), **changes}
    )
