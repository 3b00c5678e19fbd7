"""Errors as facts: what went wrong, in the domain's words; never an HTTP status.

DomainError
  Invalid, Unauthenticated, Forbidden, NotFound, Conflict, Gone, PreconditionFailed, Limited,
  Unavailable          one ready-made class per kind, for subclassing beside the domain
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Kind(StrEnum):
    """What sort of refusal it is; `web.problems` alone turns it into a status."""

    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    PRECONDITION = "precondition"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


# What RFC 9457 and the interface call their own; a fact's data need other names.
RESERVED = frozenset({"type", "title", "status", "detail", "instance", "errors"})


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of the input. `field` is a path of names and indexes (`("attendees", 0)`)."""

    field: tuple[str | int, ...]
    code: str
    detail: str
    overridable: bool | None = None


class DomainError(Exception):
    """A refusal. The class says what it is, `detail` what to do instead, `members` the data."""

    kind: ClassVar[Kind]
    code: ClassVar[str]
    title: ClassVar[str]
    # The transaction is committed before the error leaves: for a refusal that must keep a fact.
    keeps: ClassVar[bool] = False

    def __init__(
        self,
        detail: str,
        *,
        errors: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
        **members: Any,  # noqa: ANN401 - members are whatever the fact has to tell
    ) -> None:
        super().__init__(detail)
        if taken := RESERVED & members.keys():
            raise ValueError(f"a problem has these members of its own: {sorted(taken)}")
        self.detail = detail
        self.errors = errors
        self.retry_after = retry_after
        self.members = members


class Invalid(DomainError):
    """The input breaks a rule; `errors` names every fault with its field."""

    kind, code, title = Kind.INVALID, "invalid-request", "The request is not valid"


class Unauthenticated(DomainError):
    """No valid credential came with the request. Log in, or send a valid token."""

    kind, code, title = Kind.UNAUTHENTICATED, "unauthenticated", "Log in first"


class Forbidden(DomainError):
    """You may see this, but not do that. The detail names the permission it needs."""

    kind, code, title = Kind.FORBIDDEN, "forbidden", "You may not do this"


class NotFound(DomainError):
    """There is no such thing, or you may not know of it."""

    kind, code, title = Kind.NOT_FOUND, "not-found", "Not found"


class Conflict(DomainError):
    """The state of things stands in the way; the detail says what to do instead."""

    kind, code, title = (
        Kind.CONFLICT,
        "conflict",
        "This conflicts with the current state",
    )


class Gone(DomainError):
    """It existed and was removed for good."""

    kind, code, title = Kind.GONE, "gone", "No longer available"


class PreconditionFailed(DomainError):
    """It changed since you read it. Read it again, then repeat the change with its new ETag."""

    kind, code, title = (
        Kind.PRECONDITION,
        "precondition-failed",
        "It was changed in the meantime",
    )


class Limited(DomainError):
    """Too many requests in a short time. Wait for the seconds in Retry-After."""

    kind, code, title = Kind.LIMITED, "rate-limited", "Too many requests"


class Unavailable(DomainError):
    """A part that is needed does not answer now. Try again after the seconds in Retry-After."""

    kind, code, title = Kind.UNAVAILABLE, "unavailable", "Not available right now"


class DatabaseUnavailable(Unavailable):
    """The database does not answer. Nothing was stored; try again shortly."""

    code, title = "database-unavailable", "The database does not answer"


class DatabaseBusy(Unavailable):
    """Others write the same rows just now. Nothing was stored; the same request may be repeated."""

    code, title = "database-busy", "The database is busy"


def public_classes() -> dict[str, type[DomainError]]:
    """Every concrete error class by its code, for `/problems/<code>` and the documentation."""
    found: dict[str, type[DomainError]] = {}
    queue: list[type[DomainError]] = list(DomainError.__subclasses__())
    while queue:
        cls = queue.pop()
        queue.extend(cls.__subclasses__())
        found.setdefault(cls.code, cls)
    return found
