"""What the record says of incidents."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("incident.reported", mark("Incident reported"))
verb("incident.imported", mark("Incident moved in"))
verb("incident.changed", mark("Incident changed"))
verb("incident.acknowledged", mark("Incident acknowledged"))
verb("incident.started", mark("Work on the incident began"))
verb("incident.resolved", mark("Incident resolved"))
verb("incident.closed", mark("Incident closed"))
verb("incident.reopened", mark("Incident reopened"))
verb("incident.restricted", mark("Incident restricted to those concerned"))
verb("incident.unrestricted", mark("Incident opened to everybody who reads operations"))
verb("incident_type.created", mark("Type of incidents added"), kind=Kind.ADMINISTRATION)
verb("incident_type.changed", mark("Type of incidents changed"), kind=Kind.ADMINISTRATION)
verb("incident_priority.created", mark("Priority of incidents added"), kind=Kind.ADMINISTRATION)
verb("incident_priority.changed", mark("Priority of incidents changed"), kind=Kind.ADMINISTRATION)
