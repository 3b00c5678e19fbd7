"""What the record says of resources, their types, places, sets, rules and closures."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("policy.set", mark("Rules changed"), kind=Kind.ADMINISTRATION)
verb("resource.created", mark("Added"))
verb("resource.updated", mark("Changed"))
verb("resource.available", mark("Available"))
verb("resource.degraded", mark("Degraded"))
verb("resource.down", mark("Down"))
verb("resource.retired", mark("Retired"))
verb("resource.units-added", mark("Units added"))
verb("resource.unit-activated", mark("A unit is back in service"))
verb("resource.unit-deactivated", mark("A unit was taken out of service"))
verb("resource.opening-hours-set", mark("Opening hours changed"))
verb("resource.people-set", mark("Responsible people changed"))
verb("resource.photo-set", mark("Photo changed"))
verb("resource.photo-removed", mark("Photo removed"))
verb("resource-set.created", mark("Set added"))
verb("resource-set.updated", mark("Set changed"))
verb("resource-set.deleted", mark("Set removed"))
verb("resource-type.created", mark("Type added"))
verb("resource-type.updated", mark("Type changed"))
verb("resource-type.deleted", mark("Type removed"))
verb("location.created", mark("Location added"))
verb("location.updated", mark("Location changed"))
verb("location.deleted", mark("Location removed"))
verb("closure.created", mark("Closed"))
verb("closure.cancelled", mark("Closure taken back"))
verb("utility.created", mark("Added"))
verb("utility.updated", mark("Changed"))
verb("utility.deleted", mark("Removed"))
verb("utility.dependants-set", mark("What depends on it was changed"))
verb("utility.down", mark("Failed, or was turned off"))
verb("utility.up", mark("Works again"))
