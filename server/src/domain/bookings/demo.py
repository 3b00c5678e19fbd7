"""The bookings of the demonstration: three weeks back, three weeks ahead, by the rules.

What is over holds nothing any more; what runs or comes has its hold, buffers included. The same
seed on the same day gives the same calendar.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import events, ids
from src.core.actor import Actor
from src.domain import resources
from src.domain.bookings import decisions
from src.domain.bookings.tables import Booking, Status
from src.domain.bookings.waiting import demo as waiting_demo
from src.domain.resources.tables import Hold, HoldKind, ResourceState

WEEKS = timedelta(weeks=3)
MINUTE = timedelta(minutes=1)
Window = resources.hours.Window

# By type: titles, lengths in minutes, and how much of the open time is booked.
HABITS: dict[str, tuple[tuple[str, ...], tuple[int, ...], float]] = {
    "Confocal microscope": (
        ("HeLa mitochondria, slides 4 to 9", "Zebrafish somites, live", "Z-stacks for figure 3",
         "Actin waves, time lapse", "Organoid sections, DAPI/GFP/mCherry", "FRAP, second repeat",
         "Introduction for new student", "Colocalisation Rab5/Rab7"),
        (60, 90, 120, 120, 180, 240), 0.6),
    "Electron microscope": (
        ("Negative stain, ribosomes", "Grid screening", "Fracture surfaces, batch 12",
         "Tomography, lamella 3", "EDX maps of catalyst", "Synapse sections"),
        (120, 180, 240, 300), 0.5),
    "Flow cytometer": (
        ("Sort GFP+ cells", "Panel titration, 14 colours", "Cell cycle, PI", "PBMC donors 7 to 12",
         "Compensation controls", "Apoptosis, annexin V"),
        (60, 90, 120, 180), 0.55),
    "Mass spectrometer": (
        ("Phosphoproteome, set B", "Interactome pull-downs", "QC and calibration",
         "Amino acids, plasma cohort", "Single-cell proteomics test", "Crosslinking, complex IV"),
        (180, 300, 480, 720), 0.55),
    "NMR spectrometer": (
        ("Routine ¹H/¹³C", "HSQC titration", "NOESY overnight", "Reaction kinetics",
         "Fragment screen, plate 2"),
        (60, 120, 240, 600, 720), 0.6),
    "DNA sequencer": (
        ("RNA-seq, heat stress", "16S amplicons, soil", "ATAC-seq pilot", "Whole genome, mutant pool",
         "Hi-C library"),
        (720, 1440, 1440, 2160), 0.5),
    "Culture workplace": (
        ("Passage HEK293", "Transfection", "Overnight culture", "Electrode assembly",
         "iPSC medium change", "Protein expression, 18 °C", "Battery cells, series C"),
        (60, 120, 180, 240, 480), 0.4),
    "Meeting room": (
        ("Group meeting", "Journal club", "Thesis committee", "Project call", "Safety briefing",
         "Interview", "Practice talk"),
        (45, 60, 60, 90, 120), 0.35),
}  # fmt: skip
TEAMS = {
    "Confocal microscope": ("Cell Biology", "Neural Circuits", "Plant Genomics"),
    "Electron microscope": ("Structural Chemistry", "Materials Lab", "Neural Circuits"),
    "Flow cytometer": ("Cell Biology", "Plant Genomics"),
    "Mass spectrometer": ("Structural Chemistry", "Cell Biology"),
    "NMR spectrometer": ("Structural Chemistry", "Materials Lab"),
    "DNA sequencer": ("Plant Genomics", "Cell Biology"),
}


@dataclass(frozen=True, slots=True)
class Cast:
    """Who books: teams with their members, and the three people one can log in as."""

    teams: Mapping[str, tuple[UUID, Sequence[UUID]]]
    member: UUID
    manager: UUID


@dataclass(frozen=True, slots=True)
class Stage:
    """What is booked: the instruments of each type on their terms."""

    by_type: Mapping[str, Sequence[resources.terms.Terms]]


@dataclass(slots=True)
class Calendar:
    """Who and what is taken, while the bookings are made up."""

    now: datetime
    random: Random
    cast: Cast
    rows: list[dict[str, Any]] = field(default_factory=list)
    holds: list[dict[str, Any]] = field(default_factory=list)
    units: dict[int, list[Window]] = field(default_factory=dict)
    people: dict[UUID, list[Window]] = field(default_factory=dict)

    def is_free(self, unit_id: int, held: Window) -> bool:
        """Whether nothing made up so far holds the unit then."""
        return not any(held.overlaps(other) for other in self.units.get(unit_id, ()))

    def somebody(self, type_name: str, window: Window) -> tuple[UUID, UUID | None] | None:
        """A person with time, and the team they book for."""
        names = TEAMS.get(type_name, tuple(self.cast.teams))
        for _ in range(12):
            team_id, members = self.cast.teams[self.random.choice(names)]
            person = self.random.choice(members)
            if not any(window.overlaps(other) for other in self.people.get(person, ())):
                return person, team_id
        return None


async def fill(
    session: AsyncSession, *, cast_: Cast, stage: Stage, now: datetime, seed: int
) -> int:
    """Make up and store the bookings; how many there are.

    Some by hand, so that those who log in find something of theirs; the rest by habit.
    """
    calendar = Calendar(now, Random(seed), cast_)
    _by_hand(calendar, stage)
    for type_name, instruments in stage.by_type.items():
        for terms in instruments:
            for unit in terms.units:
                _by_habit(calendar, type_name, terms, unit)
    await session.execute(insert(cast("Table", Booking.__table__)), calendar.rows)
    await session.execute(insert(cast("Table", Hold.__table__)), calendar.holds)
    for row in calendar.rows:
        _record(session, row)
    await session.flush()
    await decisions.ask_missing(session)
    await _let_wait(session, cast_, stage, now)
    return len(calendar.rows)


async def _let_wait(session: AsyncSession, cast_: Cast, stage: Stage, now: datetime) -> None:
    """A microscope everybody wants has people who wait for it."""
    popular = next(
        terms
        for terms in stage.by_type["Confocal microscope"]
        if terms.state is ResourceState.AVAILABLE and not terms.policy.is_approval_required
    )
    _team, members = cast_.teams[TEAMS["Confocal microscope"][0]]
    others = [person for person in members if person != cast_.member]
    await waiting_demo.fill(
        session, member=cast_.member, others=others[:3], popular=popular.resource_id, now=now
    )


def _by_habit(
    calendar: Calendar,
    type_name: str,
    terms: resources.terms.Terms,
    unit: resources.terms.UnitTerms,
) -> None:
    """Book a unit through its open hours with breaks in between."""
    _, lengths, share = HABITS[type_name]
    random, slot = calendar.random, terms.policy.slot_minutes or 15
    span = Window(calendar.now - WEEKS, calendar.now + WEEKS)
    for opened in resources.hours.open_windows(terms.hours, terms.zone, span):
        start = _on_grid(opened.starts_at, terms, slot)
        while start < opened.ends_at:
            length = random.choice(lengths)
            pause = length * (1 - share) / share * random.uniform(0.1, 1.9)
            if terms.hours and start.astimezone(terms.zone).weekday() > 4:
                pause += 240
            start = _on_grid(start + pause * MINUTE, terms, slot)
            end = _on_grid(start + length * MINUTE, terms, slot)
            if end > opened.ends_at:
                break
            _place(calendar, type_name, terms, unit, Window(start, end))
            start = end


def _place(
    calendar: Calendar,
    type_name: str,
    terms: resources.terms.Terms,
    unit: resources.terms.UnitTerms,
    window: Window,
) -> None:
    if not _is_allowed(calendar, terms, unit, window):
        return
    found = calendar.somebody(type_name, window)
    if found is None:
        return
    person, team_id = found
    titles = HABITS[type_name][0]
    row = _row(calendar, terms, unit, window, person)
    row |= {"team_id": team_id, "title": calendar.random.choice(titles)}
    _settle(calendar, terms, row)
    _keep(calendar, terms, row)


def _is_allowed(
    calendar: Calendar,
    terms: resources.terms.Terms,
    unit: resources.terms.UnitTerms,
    window: Window,
) -> bool:
    held = resources.rules.hold_window(terms, window)
    if any(closure.window.overlaps(held) for closure in terms.closures):
        return False
    if terms.state is ResourceState.DOWN and window.ends_at > calendar.now - timedelta(days=1):
        return False
    return calendar.is_free(unit.id, held)


def _row(
    calendar: Calendar,
    terms: resources.terms.Terms,
    unit: resources.terms.UnitTerms,
    window: Window,
    person: UUID,
) -> dict[str, Any]:
    lead = timedelta(minutes=calendar.random.randint(90, 12 * 1440))
    made = min(window.starts_at, calendar.now) - lead
    return {
        "id": ids.new(),
        "resource_id": terms.resource_id,
        "unit_id": unit.id,
        "starts_at": window.starts_at,
        "ends_at": window.ends_at,
        "buffer_before": terms.policy.buffer_before_minutes,
        "buffer_after": terms.policy.buffer_after_minutes,
        "title": "",
        "notes": "",
        "status": Status.CONFIRMED,
        "booked_by": person,
        "booked_for": person,
        "team_id": None,
        "request_expires_at": None,
        "decided_by": calendar.cast.manager if terms.policy.is_approval_required else None,
        "decision_note": None,
        "override_reason": None,
        "is_cancelled_late": False,
        "checked_in_at": None,
        "checked_out_at": None,
        "planned_ends_at": None,
        "reminded_for": None,
        "version": 1,
        "created_at": made,
        "updated_at": made,
    }


def _settle(calendar: Calendar, terms: resources.terms.Terms, row: dict[str, Any]) -> None:
    """What has become of it by now: cancelled, missed, over, under way, or still to come."""
    random, chance = calendar.random, calendar.random.random()
    starts, ends = row["starts_at"], row["ends_at"]
    if chance < 0.05:
        row["status"] = Status.CANCELLED
        row["is_cancelled_late"] = ends <= calendar.now and random.random() < 0.3
        row["updated_at"] = min(starts - timedelta(hours=1), calendar.now)
        return
    if starts > calendar.now:
        return
    is_over = ends + row["buffer_after"] * MINUTE <= calendar.now
    if is_over and chance < 0.1 and terms.policy.is_check_in_required:
        row["status"] = Status.NO_SHOW
        row["updated_at"] = starts + terms.policy.check_in_grace_minutes * MINUTE
        return
    row["checked_in_at"] = min(starts + random.randint(0, 9) * MINUTE, calendar.now)
    row["status"] = Status.COMPLETED if is_over else Status.IN_USE
    row["updated_at"] = row["checked_in_at"]
    if is_over:
        row["checked_out_at"] = row["updated_at"] = ends


def _keep(calendar: Calendar, terms: resources.terms.Terms, row: dict[str, Any]) -> None:
    window = Window(row["starts_at"], row["ends_at"])
    held = resources.rules.hold_window(terms, window)
    calendar.rows.append(row)
    calendar.units.setdefault(row["unit_id"], []).append(held)
    calendar.people.setdefault(row["booked_for"], []).append(window)
    if row["status"] in (Status.REQUESTED, Status.CONFIRMED, Status.IN_USE):
        calendar.holds.append(
            {
                "unit_id": row["unit_id"],
                "starts_at": held.starts_at,
                "ends_at": held.ends_at,
                "kind": HoldKind.BOOKING,
                "holder_id": row["id"],
                "expires_at": row["request_expires_at"],
            }
        )


def _by_hand(calendar: Calendar, stage: Stage) -> None:
    """What the member and the manager find of theirs, requests to be decided among it."""
    cast_, now = calendar.cast, calendar.now
    culture = stage.by_type["Culture workplace"][0]
    confocal = stage.by_type["Confocal microscope"][0]
    room = stage.by_type["Meeting room"][1]
    began = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    _write(calendar, culture, Window(began, began + timedelta(hours=4)), cast_.member,
           "Passage HEK293, plates A to F")  # fmt: skip
    for terms, days, hour, hours, person, title in (
        (confocal, 1, 10, 2, cast_.member, "Mitochondria, slides 4 to 9"),
        (confocal, 4, 14, 3, cast_.member, "Mitochondria, time lapse"),
        (confocal, -2, 9, 2, cast_.member, "Mitochondria, slides 1 to 3"),
        (room, 2, 13, 1, cast_.manager, "Facility meeting"),
    ):
        _write(calendar, terms, _at(terms, now, days, hour, hours), person, title)
    approved = [
        terms
        for each in stage.by_type.values()
        for terms in each
        if terms.policy.is_approval_required
    ]
    others = [members[0] for _, members in cast_.teams.values()]
    wishes = [
        (approved[0], 3, 9, 4, cast_.member, "Tomography of mitochondria, lamella 1"),
        (approved[0], 6, 10, 5, others[3], "Single particles, complex IV"),
        (approved[1], 2, 18, 14, others[5], "Overnight NOESY"),
        (approved[1], 5, 9, 3, others[3], "HSQC titration, last points"),
    ]
    for terms, *when, person, title in wishes:
        _write(calendar, terms, _at(terms, now, *when), person, title, is_request=True)


def _write(
    calendar: Calendar,
    terms: resources.terms.Terms,
    window: Window,
    person: UUID,
    title: str,
    *,
    is_request: bool = False,
) -> UUID | None:
    unit = next((u for u in terms.units if _is_allowed(calendar, terms, u, window)), None)
    if unit is None:
        return None
    row = _row(calendar, terms, unit, window, person)
    team = next((id_ for id_, members in calendar.cast.teams.values() if person in members), None)
    row |= {"title": title, "team_id": team}
    if is_request:
        made = calendar.now - timedelta(hours=2)
        patience = terms.policy.request_hold_minutes * MINUTE
        row |= {
            "status": Status.REQUESTED, "decided_by": None, "created_at": made, "updated_at": made,
            "request_expires_at": min(calendar.now + patience, window.starts_at),
        }  # fmt: skip
    elif window.starts_at <= calendar.now:
        is_over = window.ends_at + row["buffer_after"] * MINUTE <= calendar.now
        row |= {
            "status": Status.COMPLETED if is_over else Status.IN_USE,
            "checked_in_at": window.starts_at + 4 * MINUTE,
            "checked_out_at": window.ends_at if is_over else None,
        }
    _keep(calendar, terms, row)
    booking_id: UUID = row["id"]
    return booking_id


def _at(terms: resources.terms.Terms, now: datetime, days: int, hour: int, hours: int) -> Window:
    """So many days from today, the next day on which it is open then."""
    day = now.astimezone(terms.zone).date() + timedelta(days=days)
    while True:
        start = datetime.combine(day, time(hour), terms.zone)
        window = Window(start, start + timedelta(hours=hours))
        if resources.hours.is_open(terms.hours, terms.zone, window):
            return window
        day += timedelta(days=1 if days > 0 else -1)


def _on_grid(at: datetime, terms: resources.terms.Terms, slot: int) -> datetime:
    """The next instant at which the local clock shows a multiple of the slot."""
    at = at.replace(second=0, microsecond=0)
    local = at.astimezone(terms.zone)
    return at + timedelta(minutes=-(local.hour * 60 + local.minute) % slot)


def _record(session: AsyncSession, row: Mapping[str, Any]) -> None:
    is_request = row["status"] is Status.REQUESTED
    verb = "booking.requested" if is_request else "booking.confirmed"
    changes = {name: row[name] for name in ("resource_id", "starts_at", "ends_at")}
    actor = replace(Actor(user_id=row["booked_by"]), request_id="demo")
    events.record(session, actor, verb, ("booking", row["id"]), changes=changes)
