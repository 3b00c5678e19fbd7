"""What an incident's timeline says by itself of reports, states, changes and resources."""

from __future__ import annotations

from src.core.language import mark
from src.domain.operations.incidents.room.wording import line
from src.domain.operations.tables import IncidentState, Severity, Visibility
from src.domain.resources.tables import Effect

STATES = {
    IncidentState.OPEN: mark("Open"),
    IncidentState.IN_PROGRESS: mark("In progress"),
    IncidentState.RESOLVED: mark("Resolved"),
    IncidentState.CLOSED: mark("Closed"),
}
SEVERITIES = {
    Severity.CRITICAL: mark("Critical"),
    Severity.HIGH: mark("High"),
    Severity.MEDIUM: mark("Medium"),
    Severity.LOW: mark("Low"),
    Severity.UNDETERMINED: mark("Undetermined"),
}
VISIBILITIES = {
    Visibility.OPEN: mark("open to whoever reads operations"),
    Visibility.RESTRICTED: mark("restricted to those concerned"),
}
EFFECTS = {Effect.DOWN: mark("down"), Effect.DEGRADED: mark("degraded")}

line("acknowledged", mark("Acknowledged"))
line("state-changed", mark("From %(before)s to %(after)s"), words=STATES)
line("severity-changed", mark("Severity: from %(before)s to %(after)s"), words=SEVERITIES)
line("visibility-changed", mark("Now it is %(after)s"), words=VISIBILITIES)
line("changed", mark("Changed what is said of it"))
line("resource-added", mark("It concerns %(resource)s"), resources=("resource",))
line("resource-effect", mark("%(resource)s is %(effect)s"), resources=("resource",), words=EFFECTS)
line("resource-spared", mark("%(resource)s can be used"), resources=("resource",))
line("resource-removed", mark("It does not concern %(resource)s"), resources=("resource",))
line("duplicate-of", mark("It is a duplicate of %(incident)s"), incidents=("incident",))
line("no-duplicate", mark("It is no duplicate"))
line("recurrence-of", mark("It is a recurrence of %(incident)s"), incidents=("incident",))
line("no-recurrence", mark("It is no recurrence"))
