"""How people want to be told: each kind on each channel, when they are left alone, when they read.

What somebody did not choose is as the kind has it. Nobody turns off what they are owed: safety,
and what others decided about what is theirs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from src.core import clock, events, language
from src.core.actor import Actor
from src.core.errors import FieldError, PreconditionFailed, Unauthenticated
from src.core.language import gettext as _
from src.domain.notifications import hours, kinds, rendering
from src.domain.notifications import verbs as _verbs  # noqa: F401 - declares them
from src.domain.notifications.errors import BadPreference
from src.domain.notifications.kinds import MODES, Channel, NotificationKind
from src.domain.notifications.tables import (
    DIGEST_MINUTE,
    Mode,
    NotificationPreference,
    NotificationSetting,
)

Modes = dict[Channel, Mode]
MINUTES = ("quiet_from", "quiet_to", "digest_minute")


@dataclass(frozen=True, slots=True)
class KindView:
    """A kind in its reader's words, how they hear of it, and how they would by default."""

    name: str
    group: str
    title: str
    is_fixed: bool
    is_safety: bool
    modes: Mapping[Channel, Mode]
    default: Mapping[Channel, Mode]

    @property
    def app(self) -> Mode:
        """In the application."""
        return self.modes[Channel.APP]

    @property
    def mail(self) -> Mode:
        """By mail."""
        return self.modes[Channel.MAIL]


@dataclass(frozen=True, slots=True)
class GroupView:
    """Kinds that belong together."""

    name: str
    title: str
    kinds: tuple[KindView, ...]


@dataclass(frozen=True, slots=True)
class PreferencesView:
    """All of one person's choices. Minutes count from the local midnight of `timezone`."""

    groups: tuple[GroupView, ...]
    timezone: str
    quiet_from: int | None = None
    quiet_to: int | None = None
    digest_minute: int = DIGEST_MINUTE
    version: int = 0
    updated_at: datetime | None = None

    @property
    def kinds(self) -> list[KindView]:
        """All of them, group by group."""
        return [one for group in self.groups for one in group.kinds]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be otherwise: minutes by their names, modes by kind and channel (None: default)."""

    minutes: Mapping[str, int | None] = field(default_factory=dict)
    modes: Mapping[str, Mapping[Channel, Mode | None]] = field(default_factory=dict)


async def get(session: AsyncSession, actor: Actor) -> PreferencesView:
    """The actor's own, all kinds there are among them."""
    user_id = _self(actor)
    return _view(
        actor, await session.get(NotificationSetting, user_id), await _rows(session, user_id)
    )


async def change(
    session: AsyncSession, actor: Actor, *, wish: Wish, expected_version: int | None = None
) -> PreferencesView:
    """Choose otherwise. Raises `BadPreference` (every fault), `PreconditionFailed`."""
    user_id = _self(actor)
    setting, is_new = await _setting(session, user_id)
    if expected_version is not None and expected_version != (0 if is_new else setting.version):
        raise PreconditionFailed(_("You changed it elsewhere since you read it. Read it again."))
    minutes = {name: getattr(setting, name) for name in MINUTES} | dict(wish.minutes)
    faults = [*_bad_minutes(minutes), *_bad_modes(wish.modes)]
    if faults:
        raise BadPreference(_("Look at what is said of each choice."), errors=tuple(faults))
    changes: dict[str, Any] = {}
    for name, value in minutes.items():
        if getattr(setting, name) != value:
            changes[name] = [getattr(setting, name), value]
            setattr(setting, name, value)
    rows = await _rows(session, user_id)
    changes |= await _choose(session, user_id, wish.modes, rows)
    if changes:
        # So that the version counts what was chosen of kinds, too.
        flag_modified(setting, "updated_at")
        setting.updated_at = clock.now()
        events.record(session, actor, "notifications.chosen", ("user", user_id), changes=changes)
    await session.flush()
    return _view(actor, setting, await _rows(session, user_id))


async def turn_off(
    session: AsyncSession, actor: Actor, user_id: UUID, names: Collection[str]
) -> list[str]:
    """Send no more mails of these kinds; those of which there were any."""
    await _setting(session, user_id)
    rows, ended = await _rows(session, user_id), {}
    for name in names:
        what = kinds.find(name)
        if not what.is_fixed and _mode(what, Channel.MAIL, rows) is not Mode.OFF:
            ended[name] = {Channel.MAIL: Mode.OFF}
    changes = await _choose(session, user_id, ended, rows)
    if changes:
        events.record(session, actor, "notifications.chosen", ("user", user_id), changes=changes)
    return list(ended)


async def modes(
    session: AsyncSession, people: Collection[UUID], what: NotificationKind
) -> dict[UUID, Modes]:
    """How each of these people hears of a kind; one statement, and none for what is owed."""
    made = {one: {channel: what.by_default(channel) for channel in Channel} for one in people}
    if what.is_fixed or not made:
        return made
    for row in await session.scalars(
        select(NotificationPreference).where(
            NotificationPreference.kind == what.name, NotificationPreference.user_id.in_(made)
        )
    ):
        made[row.user_id][Channel(row.channel)] = row.mode
    return made


@dataclass(frozen=True, slots=True)
class Chosen:
    """How somebody hears of a kind by mail, and since when they want it so (None: by default)."""

    mode: Mode
    since: datetime | None = None


async def mail_of(
    session: AsyncSession, user_id: UUID, names: Collection[str]
) -> dict[str, Chosen]:
    """How one person hears by mail of each of these kinds, as far as they are known here."""
    rows = await _rows(session, user_id)
    found: dict[str, Chosen] = {}
    for name in names:
        what, row = kinds.find_or_none(name), rows.get((name, Channel.MAIL))
        if what is not None:
            since = None if what.is_fixed or row is None else row.changed_at
            found[name] = Chosen(_mode(what, Channel.MAIL, rows), since)
    return found


async def waits_until(session: AsyncSession, user_id: UUID, zone: str) -> datetime | None:
    """When the quiet hours end in which a person is now; None outside them."""
    found = await session.get(NotificationSetting, user_id)
    if found is None or found.quiet_from is None or found.quiet_to is None:
        return None
    return hours.quiet_until(clock.now(), found.quiet_from, found.quiet_to, language.zone_of(zone))


_Rows = dict[tuple[str, str], NotificationPreference]


async def _rows(session: AsyncSession, user_id: UUID) -> _Rows:
    found = await session.scalars(
        select(NotificationPreference).where(NotificationPreference.user_id == user_id)
    )
    return {(one.kind, one.channel): one for one in found}


async def _setting(session: AsyncSession, user_id: UUID) -> tuple[NotificationSetting, bool]:
    """The person's row, locked; and whether it was made just now."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    now = clock.now()
    values = {"digest_minute": DIGEST_MINUTE, "version": 1, "created_at": now, "updated_at": now}
    made = await session.scalar(
        insert(NotificationSetting)
        .values(user_id=user_id, **values)
        .on_conflict_do_nothing()
        .returning(NotificationSetting.user_id)
    )
    locked = select(NotificationSetting).where(NotificationSetting.user_id == user_id)
    found = (await session.scalars(locked.with_for_update())).one()
    return found, made is not None


async def _choose(
    session: AsyncSession,
    user_id: UUID,
    wanted: Mapping[str, Mapping[Channel, Mode | None]],
    rows: _Rows,
) -> dict[str, Any]:
    """Write what is chosen otherwise than before; what that was, for the record."""
    changes: dict[str, Any] = {}
    for name, by_channel in wanted.items():
        for channel, mode in by_channel.items():
            row = rows.get((name, channel))
            if mode == (row.mode if row else None):
                continue
            changes[f"{name}:{channel}"] = [row and row.mode, mode]
            if mode is None:
                of_it = (
                    NotificationPreference.kind == name,
                    NotificationPreference.channel == channel,
                )
                await session.execute(
                    delete(NotificationPreference).where(
                        NotificationPreference.user_id == user_id, *of_it
                    )
                )
            elif row is not None:
                row.mode, row.changed_at = mode, clock.now()
            else:
                session.add(
                    NotificationPreference(
                        user_id=user_id, kind=name, channel=channel, mode=mode,
                        changed_at=clock.now(),
                    )
                )  # fmt: skip
    await session.flush()
    return changes


def _bad_minutes(minutes: Mapping[str, int | None]) -> list[FieldError]:
    begins, ends = minutes["quiet_from"], minutes["quiet_to"]
    faults = [
        FieldError((name,), "bad-minute", _("Choose a time of the day."))
        for name, value in minutes.items()
        if (value is None and name == "digest_minute")
        or (value is not None and not 0 <= value < hours.MINUTES)
    ]
    if (begins is None) != (ends is None):
        name = "quiet_from" if begins is None else "quiet_to"
        faults.append(
            FieldError((name,), "missing", _("Say when quiet hours begin and end, or neither."))
        )
    elif begins is not None and begins == ends:
        text = _("Quiet hours cannot end when they begin.")
        faults.append(FieldError(("quiet_to",), "no-time", text))
    return faults


def _bad_modes(wanted: Mapping[str, Mapping[Channel, Mode | None]]) -> list[FieldError]:
    faults = []
    for name, by_channel in wanted.items():
        what = kinds.find_or_none(name)
        if what is None:
            faults.append(FieldError(("kinds", name), "unknown", _("There is no such kind.")))
            continue
        for channel, mode in by_channel.items():
            where = ("kinds", name, str(channel))
            if what.is_fixed and mode not in (None, Mode.IMMEDIATE):
                faults.append(
                    FieldError(where, "always-told", _("This is always told to whom it concerns."))
                )
            elif mode is not None and mode not in MODES[channel]:
                text = _("Here it is immediate or off; one letter a day there is by mail.")
                faults.append(FieldError(where, "no-such-mode", text))
    return faults


def _mode(what: NotificationKind, channel: Channel, rows: _Rows) -> Mode:
    row = rows.get((what.name, channel))
    return what.by_default(channel) if what.is_fixed or row is None else row.mode


def _view(actor: Actor, setting: NotificationSetting | None, rows: _Rows) -> PreferencesView:
    by_group: dict[str, list[KindView]] = {}
    for what in kinds.registered().values():
        by_group.setdefault(what.group, []).append(_kind_view(what, rows))
    groups = tuple(
        GroupView(group.name, _(group.words), tuple(by_group[group.name]))
        for group in kinds.groups()
        if group.name in by_group
    )
    if setting is None:
        return PreferencesView(groups, actor.timezone)
    return PreferencesView(
        groups,
        actor.timezone,
        setting.quiet_from,
        setting.quiet_to,
        setting.digest_minute,
        setting.version,
        setting.updated_at,
    )


def _kind_view(what: NotificationKind, rows: _Rows) -> KindView:
    return KindView(
        what.name,
        what.group,
        rendering.words(what),
        what.is_fixed,
        what.is_safety,
        {channel: _mode(what, channel, rows) for channel in Channel},
        {channel: what.by_default(channel) for channel in Channel},
    )


def _self(actor: Actor) -> UUID:
    if actor.user_id is None:
        raise Unauthenticated(_("Log in first."))
    return actor.user_id
