"""What the institute decides for itself: typed settings, each change of them an event."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, events, language, verbs
from src.core.actor import Actor, Permission
from src.core.errors import FieldError, NotFound, PreconditionFailed
from src.core.language import gettext as _
from src.domain.accounts import rules
from src.domain.accounts.errors import BadSetting
from src.domain.accounts.tables import Institute, Role

COLUMNS = frozenset({"name", "timezone", "currency", "locale", "mail_from"})
MOST_LOG_INS, LONGEST_GRACE, LONGEST_KEPT = 1000, 365, 36525
_CURRENCY = re.compile(r"[A-Z]{3}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class Registration(StrEnum):
    """Who may register by themselves; they always begin as members."""

    OFF = "off"
    DOMAINS = "domains"
    ON = "on"


@dataclass(frozen=True, slots=True)
class Facility:
    """The settings of the institute, with what counts where nothing was decided."""

    name: str = "Aliquot"
    timezone: str = "UTC"
    currency: str = "EUR"
    locale: str = language.BASE
    mail_from: str | None = None
    registration: Registration = Registration.OFF
    registration_domains: tuple[str, ...] = ()
    # How many browsers a person may be logged in with at once; the oldest makes room.
    max_log_ins: int | None = None
    # Who holds one of these roles needs a second factor, so many days after it was asked for.
    factor_roles: tuple[str, ...] = ()
    factor_grace_days: int = 14
    # For how many days events are kept, by kind; what is not named is kept for ever.
    retention: Mapping[str, int] = field(default_factory=dict)
    version: int = 0
    updated_at: datetime | None = None


OPTIONS = frozenset(one.name for one in fields(Facility)) - COLUMNS - {"version", "updated_at"}


_Hook = Callable[[AsyncSession, Facility, Facility], Awaitable[None]]
_hooks: list[_Hook] = []


def on_decided(hook: _Hook) -> None:
    """Have what follows from a change done in its transaction: `hook(session, before, after)`."""
    _hooks.append(hook)


async def read(session: AsyncSession) -> Facility:
    """The settings, in one statement. Before the set-up those of an institute nobody named."""
    row = await session.get(Institute, 1)
    return Facility() if row is None else _of(row)


async def update(
    session: AsyncSession,
    actor: Actor,
    *,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> Facility:
    """Decide anew. Needs `settings:manage`.

    Raises `BadSetting` with a fault for each field, `PreconditionFailed`, `NotFound` before set-up.
    """
    actor.require(Permission.SETTINGS_MANAGE)
    unknown = set(changes) - COLUMNS - OPTIONS
    if unknown:
        raise TypeError(f"an institute has no {sorted(unknown)}")
    row = await session.get(Institute, 1)
    if row is None:
        raise NotFound(_("Aliquot has not been set up yet."))
    if expected_version is not None and row.version != expected_version:
        raise PreconditionFailed(_("Read the settings again, then repeat the change."))
    before, checked = _of(row), _checked(changes)
    await _require_roles(session, checked.get("factor_roles", ()))
    done = {
        name: [getattr(before, name), value]
        for name, value in checked.items()
        if getattr(before, name) != value
    }
    if not done:
        return before
    options = dict(row.options)
    for name, (_old, new) in done.items():
        if name in COLUMNS:
            setattr(row, name, new)
        else:
            options[name] = list(new) if isinstance(new, tuple) else new
    row.options, row.updated_at = options, clock.now()
    await session.flush()
    events.record(session, actor, "settings.changed", ("institute", None), changes=done)
    after = _of(row)
    for hook in _hooks:
        await hook(session, before, after)
    return after


async def _require_roles(session: AsyncSession, names: Collection[str]) -> None:
    known = set(await session.scalars(select(Role.name).where(Role.name.in_(names))))
    missing = [name for name in names if name not in known]
    if missing:
        detail = _("There is no role %(role)s.", role=missing[0])
        fault = FieldError(("factor_roles",), "unknown-role", detail)
        raise BadSetting(detail, errors=(fault,))


def _of(row: Institute) -> Facility:
    given = {name: value for name, value in row.options.items() if name in OPTIONS}
    for name in ("registration_domains", "factor_roles"):
        if name in given:
            given[name] = tuple(given[name])
    if "registration" in given:
        given["registration"] = Registration(given["registration"])
    return Facility(
        name=row.name,
        timezone=row.timezone,
        currency=row.currency,
        locale=row.locale,
        mail_from=row.mail_from,
        version=row.version,
        updated_at=row.updated_at,
        **given,
    )


def _checked(changes: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be stored. Raises `BadSetting` with every fault there is."""
    checked: dict[str, Any] = {}
    faults: list[FieldError] = []
    for name, value in changes.items():
        try:
            checked[name] = _CHECKS[name](value)
        except BadSetting as error:
            faults += [FieldError((name,), one.code, one.detail) for one in error.errors]
        except rules.REFUSALS as error:
            faults += [FieldError((name,), one.code, one.detail) for one in error.errors]
    if faults:
        raise BadSetting(faults[0].detail, errors=tuple(faults))
    return checked


def _bad(code: str, detail: str) -> BadSetting:
    return BadSetting(detail, errors=(FieldError(("value",), code, detail),))


def _currency(value: str) -> str:
    code = value.strip().upper()
    if not _CURRENCY.fullmatch(code):
        raise _bad("unknown-currency", _("Use a code of three letters such as EUR."))
    return code


def _locale(value: str) -> str:
    return rules.checked_locale(value) or language.BASE


def _domains(value: Collection[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.strip().casefold().removeprefix("@") for one in value))
    if len(found) > 100 or not all(_DOMAIN.fullmatch(one) for one in found):
        raise _bad("bad-domain", _("Name domains such as example.org, 100 at most."))
    return found


def _registration(value: str) -> Registration:
    try:
        return Registration(value)
    except ValueError as error:
        raise _bad("unknown-choice", _("Choose one of: off, domains, on.")) from error


def _between(least: int, most: int) -> Callable[[int], int]:
    def checked(value: int) -> int:
        if not least <= value <= most:
            raise _bad(
                "out-of-range",
                _("Give a number from %(least)s to %(most)s.", least=least, most=most),
            )
        return value

    return checked


def _most_log_ins(value: int | None) -> int | None:
    return None if value is None else _between(1, MOST_LOG_INS)(value)


def _mail_from(value: str | None) -> str | None:
    return rules.checked_email(value) if value else None


def _roles(value: Collection[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value))


def _retention(value: Mapping[str, int]) -> dict[str, int]:
    # A class of events, or what stands before the dot of their verbs.
    known = {*verbs.Class, *(one.area for one in verbs.declared.values())}
    if not known.issuperset(value):
        kinds = ", ".join(sorted(known))
        raise _bad("unknown-choice", _("The kinds are %(kinds)s.", kinds=kinds))
    check = _between(1, LONGEST_KEPT)
    return {kind: check(days) for kind, days in value.items()}


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": rules.checked_name,
    "timezone": rules.checked_timezone,
    "currency": _currency,
    "locale": _locale,
    "mail_from": _mail_from,
    "registration": _registration,
    "registration_domains": _domains,
    "max_log_ins": _most_log_ins,
    "factor_roles": _roles,
    "factor_grace_days": _between(0, LONGEST_GRACE),
    "retention": _retention,
}
