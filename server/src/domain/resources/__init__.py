"""What can be booked, by which rules, and the calendar of holds."""

from __future__ import annotations

from src.domain.resources import (
    access,
    attachments,
    calendar,
    closures,
    hours,
    policy,
    rules,
    states,
    terms,
)
from src.domain.resources.calendar_errors import (
    BadClosure,
    ClosureNotFound,
    ClosureOver,
    TimeTaken,
)
from src.domain.resources.catalogue import (
    create_type,
    delete_type,
    get_type,
    list_types,
    update_type,
)
from src.domain.resources.errors import (
    LastUnit,
    LocationCycle,
    LocationNotFound,
    NameTaken,
    NotInCatalogue,
    ResourceNotFound,
    ResourceTypeNotFound,
    StillInUse,
    UnitInUse,
    UnitNotFound,
)
from src.domain.resources.freshness import calendar_versions
from src.domain.resources.listing import get, list_
from src.domain.resources.opening import opening_hours, set_opening_hours
from src.domain.resources.places import (
    create_location,
    delete_location,
    get_location,
    list_locations,
    update_location,
)
from src.domain.resources.policies import get_policy, set_policy
from src.domain.resources.service import create, update
from src.domain.resources.units import activate_unit, add_units, deactivate_unit, list_units
from src.domain.resources.views import (
    SITE,
    Level,
    LocationRef,
    LocationView,
    PolicyView,
    Reference,
    ResourceView,
    ResourceWish,
    TypeView,
    UnitView,
)

__all__ = [
    "SITE",
    "BadClosure",
    "ClosureNotFound",
    "ClosureOver",
    "LastUnit",
    "Level",
    "LocationCycle",
    "LocationNotFound",
    "LocationRef",
    "LocationView",
    "NameTaken",
    "NotInCatalogue",
    "PolicyView",
    "Reference",
    "ResourceNotFound",
    "ResourceTypeNotFound",
    "ResourceView",
    "ResourceWish",
    "StillInUse",
    "TimeTaken",
    "TypeView",
    "UnitInUse",
    "UnitNotFound",
    "UnitView",
    "access",
    "activate_unit",
    "add_units",
    "attachments",
    "calendar",
    "calendar_versions",
    "closures",
    "create",
    "create_location",
    "create_type",
    "deactivate_unit",
    "delete_location",
    "delete_type",
    "get",
    "get_location",
    "get_policy",
    "get_type",
    "hours",
    "list_",
    "list_locations",
    "list_types",
    "list_units",
    "opening_hours",
    "policy",
    "rules",
    "set_opening_hours",
    "set_policy",
    "states",
    "terms",
    "update",
    "update_location",
    "update_type",
]
