"""Who may do what with a decision.

Whoever writes to the team proposes, comments and says what they think. Who proposed it, and who
looks after the team's work, changes, decides and amends it.
"""

from __future__ import annotations

from uuid import UUID

from src.core.actor import Actor, Permission, forbidden
from src.core.language import gettext as _
from src.domain.operations import policy
from src.domain.operations.decisions import states
from src.domain.operations.decisions.views import Action, Way
from src.domain.operations.tables import DecisionState

_LEADS_TO = {
    Action.ACCEPT: DecisionState.ACCEPTED,
    Action.REJECT: DecisionState.REJECTED,
    Action.WITHDRAW: DecisionState.WITHDRAWN,
    Action.SUPERSEDE: DecisionState.SUPERSEDED,
    Action.DEPRECATE: DecisionState.DEPRECATED,
}


def may_decide(actor: Actor, team_id: UUID | None, proposed_by: UUID | None) -> bool:
    """Whether the actor changes, decides and amends it."""
    is_theirs = actor.user_id is not None and actor.user_id == proposed_by
    writes = is_theirs and policy.may_post(actor, team_id)
    return writes or policy.may_manage(actor, team_id)


def require_decide(actor: Actor, team_id: UUID | None, proposed_by: UUID | None) -> None:
    """Raise `Forbidden` unless `may_decide`."""
    if not may_decide(actor, team_id, proposed_by):
        raise forbidden(Permission.OPERATIONS_MANAGE)


def ways(
    actor: Actor,
    *,
    team_id: UUID | None,
    proposed_by: UUID | None,
    state: DecisionState,
    is_asked: bool = False,
) -> tuple[Way, ...]:
    """Every action, with the reason where it cannot be taken now; who is asked may answer."""
    theirs = ""
    if not may_decide(actor, team_id, proposed_by):
        theirs = _("Only who proposed it and those who look after the team's work do that.")
    writes = ""
    if not policy.may_post(actor, team_id):
        writes = _("Only those who write to the team do that.")
    is_settled = "" if state is DecisionState.PROPOSED else _said(state)
    holds_not = "" if state is DecisionState.ACCEPTED else _said(state)
    found = [
        Way(Action.CHANGE, theirs or is_settled),
        Way(Action.ANSWER, ("" if is_asked else writes) or is_settled),
        Way(Action.AMEND, theirs or holds_not),
        Way(Action.COMMENT, writes),
    ]
    for action, to in _LEADS_TO.items():
        found.append(Way(action, theirs or ("" if to in states.targets(state) else _said(state))))
    return tuple(found)


def _said(state: DecisionState) -> str:
    return _("It is %(state)s.", state=states.word(state))
