"""Who may do what with a blocker: whoever writes to its team, for it is the team's.

Taking it out of the archive is for those who look after the team's work.
"""

from __future__ import annotations

from uuid import UUID

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain.operations import policy
from src.domain.operations.blockers.views import Action, Way
from src.domain.operations.tables import BlockerState


def ways(
    actor: Actor, *, team_id: UUID | None, state: BlockerState, is_archived: bool
) -> tuple[Way, ...]:
    """Every action, with the reason where it cannot be taken now."""
    may_post = policy.may_post(actor, team_id)
    writes = "" if may_post else _("Only those who write to the team do that.")
    archived = _("It is archived: take it out of the archive first.") if is_archived else ""
    is_active = state is BlockerState.ACTIVE
    blocked = writes or archived
    is_back = _("It is active.") if is_active else ""
    first = _("Only what is resolved is archived: resolve it first.") if is_active else ""
    return (
        Way(Action.CHANGE, blocked),
        Way(Action.COMMENT, blocked),
        Way(Action.RESOLVE, blocked or ("" if is_active else _("It is resolved."))),
        Way(Action.REOPEN, blocked or is_back),
        Way(Action.ARCHIVE, writes or (_("It is archived.") if is_archived else first)),
        Way(Action.UNARCHIVE, _unarchiving(actor, team_id, is_archived=is_archived)),
    )


def _unarchiving(actor: Actor, team_id: UUID | None, *, is_archived: bool) -> str:
    if not is_archived:
        return _("It is not archived.")
    if not policy.may_manage(actor, team_id):
        return _("Only those who look after the team's work do that.")
    return ""
