"""What states, severities and the rest of incidents are called on pages."""

from __future__ import annotations

from src.core.language import mark
from src.domain.operations.tables import IncidentState, Severity, Visibility
from src.domain.resources.tables import Effect

STATES = {
    IncidentState.OPEN: mark("Open"),
    IncidentState.IN_PROGRESS: mark("In progress"),
    IncidentState.RESOLVED: mark("Resolved"),
    IncidentState.CLOSED: mark("Closed"),
}
# The worst first, as everywhere.
SEVERITIES = {
    Severity.CRITICAL: mark("Critical: somebody is hurt or at risk, or the place stands still"),
    Severity.HIGH: mark("High: it must be seen to today"),
    Severity.MEDIUM: mark("Medium: work suffers"),
    Severity.LOW: mark("Low: it can wait"),
    Severity.UNDETERMINED: mark("Not known yet"),
}
SHORT = {
    Severity.CRITICAL: mark("Critical"),
    Severity.HIGH: mark("High"),
    Severity.MEDIUM: mark("Medium"),
    Severity.LOW: mark("Low"),
    Severity.UNDETERMINED: mark("Not known yet"),
}
EFFECTS = {
    Effect.DOWN: mark("Nobody can use it: it is down"),
    Effect.DEGRADED: mark("It works, with limits"),
}
VISIBILITIES = {
    Visibility.OPEN: mark("Whoever reads operations"),
    Visibility.RESTRICTED: mark("Those concerned alone"),
}
# What each way is called on its button.
WAYS = {
    (IncidentState.OPEN, IncidentState.IN_PROGRESS): mark("Begin work on it"),
    (IncidentState.IN_PROGRESS, IncidentState.RESOLVED): mark("Resolve"),
    (IncidentState.RESOLVED, IncidentState.CLOSED): mark("Close"),
    (IncidentState.RESOLVED, IncidentState.IN_PROGRESS): mark("Reopen"),
    (IncidentState.CLOSED, IncidentState.IN_PROGRESS): mark("Reopen"),
}
DONE = {
    "reported": mark("Thank you. Those who look after it are told."),
    "reported-down": mark("Thank you. It is down now, and those concerned are told."),
    "no-photo": mark("The incident is reported; the photo was not taken."),
    "changed": mark("The incident was changed."),
    "acknowledged": mark("Noted: somebody has taken notice."),
    "in_progress": mark("It is in progress; those concerned are told."),
    "resolved": mark("Resolved; those concerned are told."),
    "closed": mark("The incident is closed."),
    "commented": mark("Your comment is posted."),
    "comment-changed": mark("Your comment was changed."),
    "comment-removed": mark("The comment was deleted."),
    "followed": mark("You are told what happens here."),
    "unfollowed": mark("You are not told any more what happens here."),
}
