"""Refusals of the catalogue: types, locations, resources, units, opening hours, policies."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class ResourceNotFound(NotFound):
    """There is no such resource, or you may not know of it."""

    code, title = "resource-not-found", "No such resource"


class ResourceTypeNotFound(NotFound):
    """There is no such type of resources."""

    code, title = "resource-type-not-found", "No such resource type"


class LocationNotFound(NotFound):
    """There is no such location."""

    code, title = "location-not-found", "No such location"


class UnitNotFound(NotFound):
    """The resource has no unit of that number."""

    code, title = "unit-not-found", "No such unit"


class NotInCatalogue(Invalid):
    """The input breaks a rule of the catalogue; `errors` names each field and what is wrong."""

    code, title = "catalogue-invalid", "This cannot be stored"


class NameTaken(Conflict):
    """Another one has this name already. Names are unique: choose a different one."""

    code, title = "name-taken", "This name is taken"


class StillInUse(Conflict):
    """Something else still refers to it; the detail says what. Move or retire that first."""

    code, title = "still-in-use", "It is still in use"


class LocationCycle(Conflict):
    """A location cannot lie within itself. Choose a place that is not below it."""

    code, title = "location-cycle", "A location cannot lie within itself"


class ResourceSetNotFound(NotFound):
    """You have no such set of resources; those of others are theirs alone."""

    code, title = "resource-set-not-found", "No such set of resources"


class TooManyResourceSets(Conflict):
    """A person keeps at most 50 sets of resources. Remove one first."""

    code, title = "too-many-resource-sets", "You have too many sets of resources"


class NoPhoto(Invalid):
    """A photo is a PNG, JPEG, WebP or HEIC of at most 10 MB among the files of the resource itself."""

    code, title = "not-a-photo", "This file cannot be the photo"


class UnitInUse(Conflict):
    """Somebody has booked the unit, now or later. Move or cancel those bookings first."""

    code, title = "unit-in-use", "The unit is booked"


class LastUnit(Conflict):
    """A resource keeps one active unit. To take it out of use altogether, retire it."""

    code, title = "last-unit", "This is the last active unit"


class KeptDown(Conflict):
    """A utility or a problem keeps the resource down. Bring that back or resolve it first.

    `reasons` tells what keeps it down.
    """

    code, title = "kept-down", "Something else keeps it down"


class UtilityNotFound(NotFound):
    """There is no such utility, or you may not know of it."""

    code, title = "utility-not-found", "No such utility"


class UtilityStateConflict(Conflict):
    """The utility is down, or up, already; what depends on it is changed only while it is up."""

    code, title = "utility-state", "The utility's state does not allow this"
