"""The instruments of the demonstration: twenty-four of eight types in three places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core.actor import SYSTEM, Actor
from src.domain.resources import sets
from src.domain.resources.catalogue import create_type
from src.domain.resources.hours import Weekly
from src.domain.resources.opening import set_opening_hours
from src.domain.resources.people import Charge, set_responsible
from src.domain.resources.places import create_location
from src.domain.resources.policies import set_policy
from src.domain.resources.service import create
from src.domain.resources.states import set_state
from src.domain.resources.tables import Duty, ResourceState
from src.domain.resources.views import SITE, Level, ResourceWish

MAIN, SUITE, HALL = "Main Building", "Imaging Suite B1", "Materials Hall"

SITE_POLICY = {
    "slot_minutes": 15, "min_minutes": 15, "max_minutes": 480, "earliest_minutes": 90 * 1440,
    "cancel_notice_minutes": 120, "request_hold_minutes": 2880,
}  # fmt: skip


# Nobody has to answer: people of the demonstration book without looking.
QUESTIONS = {
    "type": "object",
    "required": [],
    "properties": {
        "sample": {"type": "string", "title": "Sample", "maxLength": 120, "x-order": 1},
        "dye": {
            "type": "string",
            "title": "Dye",
            "enum": ["none", "DAPI", "GFP", "mCherry", "several"],
            "x-order": 2,
        },
        "is_live": {"type": "boolean", "title": "Living cells", "x-order": 3},
    },
}
FACTS = {
    "type": "object",
    "required": [],
    "properties": {
        "objectives": {"type": "string", "title": "Objectives", "x-order": 1},
        "lasers": {"type": "integer", "title": "Laser lines", "minimum": 0, "x-order": 2},
        "is_inverted": {"type": "boolean", "title": "Inverted stand", "x-order": 3},
    },
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A type: what it is, when it is open (first day, last day, from, to), and its policy.

    `facts` is the sheet of what is told about each instrument of it.
    """

    description: str
    policy: Mapping[str, Any]
    open: tuple[int, int, int, int] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A resource of a type at a place."""

    name: str
    place: str
    description: str
    tags: tuple[str, ...] = ()
    units: int = 1
    policy: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


KINDS: dict[str, tuple[Kind, tuple[Instrument, ...]]] = {
    "Confocal microscope": (
        Kind("Point-scanning and spinning-disk confocals for fixed and living samples.",
             {"slot_minutes": 30, "min_minutes": 30, "max_minutes": 300,
              "buffer_after_minutes": 15, "is_check_in_required": True, "questions": QUESTIONS},
             (0, 6, 7 * 60, 22 * 60), FACTS),
        (
            Instrument("Leica Stellaris 8", SUITE,
                       "White-light laser, five detectors, FLIM. Please clean the 63× oil objective.",
                       ("white-light laser", "FLIM")),
            Instrument("Zeiss LSM 980 Airyscan", SUITE,
                       "Airyscan 2 for super-resolution down to 120 nm. Incubation on request.",
                       ("Airyscan", "live cell"),
                       facts={"objectives": "10×, 20×, 40× water, 63× oil", "lasers": 6,
                              "is_inverted": True}),
            Instrument("Nikon CSU-W1 spinning disk", SUITE,
                       "Fast and gentle: 37 °C and CO₂ for long time lapses.", ("live cell",)),
            Instrument("Olympus FV3000", SUITE, "The training confocal: start here.",
                       ("training",)),
        ),
    ),
    "Electron microscope": (
        Kind("Scanning and transmission electron microscopes, by session.",
             {"slot_minutes": 60, "min_minutes": 60, "max_minutes": 480,
              "buffer_before_minutes": 15, "buffer_after_minutes": 15,
              "is_check_in_required": True, "cancel_notice_minutes": 1440},
             (0, 4, 8 * 60, 20 * 60)),
        (
            Instrument("Titan Krios cryo-TEM", SUITE,
                       "300 kV with Falcon 4i. Every session is approved by the facility.",
                       ("cryo", "approval"), policy={"is_approval_required": True}),
            Instrument("JEOL JEM-1400 TEM", SUITE, "120 kV, for sections and negative stain."),
            Instrument("Zeiss Sigma 300 SEM", HALL, "Field emission SEM with EDX.", ("EDX",)),
        ),
    ),
    "Flow cytometer": (
        Kind("Analysers and a sorter.",
             {"slot_minutes": 30, "min_minutes": 30, "max_minutes": 240,
              "buffer_after_minutes": 15, "is_check_in_required": True},
             (0, 4, 8 * 60, 19 * 60)),
        (
            Instrument("BD FACSAria Fusion", MAIN,
                       "Four-way sorter in a class II cabinet. Bring filtered samples.", ("sorter",)),
            Instrument("Cytek Aurora", MAIN, "Five-laser spectral analyser.", ("spectral",)),
            Instrument("BD LSRFortessa", MAIN, "Eighteen colours, plate loader."),
        ),
    ),
    "Mass spectrometer": (
        Kind("Proteomics and small molecules.",
             {"slot_minutes": 60, "min_minutes": 60, "max_minutes": 1440,
              "buffer_after_minutes": 60}),
        (
            Instrument("Orbitrap Exploris 480", MAIN, "Bottom-up proteomics, 60 min gradients.",
                       ("proteomics",)),
            Instrument("timsTOF Pro 2", MAIN, "Ion mobility; dia-PASEF methods are ready to use.",
                       ("proteomics",)),
            Instrument("Agilent 6495 triple quad", MAIN, "Targeted quantification.",
                       ("metabolomics",)),
        ),
    ),
    "NMR spectrometer": (
        Kind("Liquid-state NMR, open day and night.",
             {"slot_minutes": 30, "min_minutes": 30, "max_minutes": 2880}),
        (
            Instrument("Bruker Avance 800 MHz", HALL,
                       "Cryoprobe. Long acquisitions are approved by the facility.",
                       ("cryoprobe", "approval"),
                       policy={"is_approval_required": True, "slot_minutes": 60}),
            Instrument("Bruker Avance 400 MHz", HALL, "Walk-up with a 24-place sample changer.",
                       ("walk-up",)),
        ),
    ),
    "DNA sequencer": (
        Kind("Illumina and nanopore runs.",
             {"slot_minutes": 60, "min_minutes": 120, "max_minutes": 4320,
              "buffer_before_minutes": 60}),
        (
            Instrument("NextSeq 2000", MAIN, "P1 to P3 flow cells. Book the whole run.",
                       ("Illumina",)),
            Instrument("MiSeq", MAIN, "Amplicons and small genomes.", ("Illumina",)),
            Instrument("PromethION 2 Solo", MAIN, "Two flow cells, one booking each.",
                       ("nanopore",), units=2),
        ),
    ),
    "Culture workplace": (
        Kind("Biosafety cabinets, incubators and glove boxes with several places.",
             {"slot_minutes": 15, "min_minutes": 30, "max_minutes": 480}),
        (
            Instrument("Biosafety cabinets room 2.14", MAIN, "Four class II cabinets. UV on after use.",
                       ("S2",), units=4),
            Instrument("Shaking incubators", MAIN, "Six independent drawers, 4 to 60 °C.", units=6),
            Instrument("Glove box", HALL, "Nitrogen, below 1 ppm oxygen; two ports.", units=2),
        ),
    ),
    "Meeting room": (
        Kind("Rooms with a screen.",
             {"slot_minutes": 15, "min_minutes": 15, "max_minutes": 240},
             (0, 4, 7 * 60, 21 * 60)),
        (
            Instrument("Seminar room Noether", MAIN, "Forty seats, hybrid equipment.", ("hybrid",)),
            Instrument("Meeting room Meitner", MAIN, "Eight seats and a whiteboard."),
            Instrument("Meeting room Franklin", HALL, "Six seats, next to the SEM."),
        ),
    ),
}  # fmt: skip

DOWN, DOWN_REASON = "BD LSRFortessa", "Blue laser does not ignite; the vendor comes on Thursday"
DEGRADED, DEGRADED_REASON = "JEOL JEM-1400 TEM", "Camera shows a dark column; diffraction is fine"
UNDER_CLOSURE = ("Zeiss Sigma 300 SEM", "Glove box", "Meeting room Franklin")
CLOSURE_REASON = "Materials Hall: ventilation is serviced"
UNTAUGHT = "Meeting room"  # needs neither a training nor an eye on safety
SETS = {
    "Live imaging": ("Confocal microscope",),
    "Sorting day": ("Flow cytometer", "Culture workplace"),
}


async def fill(
    session: AsyncSession, *, contacts: Sequence[UUID], timezone: str
) -> dict[str, list[UUID]]:
    """Make places, types, instruments, hours and policies; the ids of each type's instruments."""
    main = await create_location(session, SYSTEM, name=MAIN)
    suite = await create_location(session, SYSTEM, name=SUITE, parent_id=main.id)
    hall = await create_location(session, SYSTEM, name=HALL)
    places = {MAIN: main.id, SUITE: suite.id, HALL: hall.id}
    await set_policy(session, SYSTEM, SITE, values=SITE_POLICY)
    made: dict[str, list[UUID]] = {}
    for number, (name, (kind, instruments)) in enumerate(KINDS.items()):
        type_ = await create_type(
            session, SYSTEM, name=name, description=kind.description, custom_schema=kind.facts
        )
        await set_policy(session, SYSTEM, Level("type", type_.id), values=kind.policy)
        made[name] = [
            await _make(
                session,
                instrument,
                kind,
                ResourceWish(
                    name=instrument.name,
                    type_id=type_.id,
                    location_id=places[instrument.place],
                    description=instrument.description,
                    timezone=timezone,
                    contact_id=contacts[number % len(contacts)],
                    tags=instrument.tags,
                    units=instrument.units,
                    custom=instrument.facts,
                ),
            )
            for instrument in instruments
        ]
        charges = _charges(contacts, number, is_taught=name != UNTAUGHT)
        for resource_id in made[name]:
            await set_responsible(session, SYSTEM, resource_id, charges)
    return made


def _charges(contacts: Sequence[UUID], number: int, *, is_taught: bool) -> list[Charge]:
    """Who stands in for the contact of the type of that number, who teaches, who minds safety."""
    stand_in, teacher = (contacts[(number + step) % len(contacts)] for step in (1, 2))
    charges = [Charge(Duty.DEPUTY, stand_in)]
    if is_taught:
        charges += [Charge(Duty.TRAINER, teacher), Charge(Duty.SAFETY, contacts[-1])]
    return charges


async def keep_sets(
    session: AsyncSession, owner: Actor, made: Mapping[str, Sequence[UUID]]
) -> None:
    """Let somebody have sets of their own, by what `fill` made of each type."""
    for name, types in SETS.items():
        members = [resource_id for type_ in types for resource_id in made[type_]]
        await sets.create(session, owner, name=name, resource_ids=members)


async def _make(
    session: AsyncSession, instrument: Instrument, kind: Kind, wish: ResourceWish
) -> UUID:
    resource = await create(session, SYSTEM, wish=wish)
    if kind.open is not None:
        first, last, opens, closes = kind.open
        week = [Weekly(day, opens, closes) for day in range(first, last + 1)]
        await set_opening_hours(session, SYSTEM, resource.id, week)
    if instrument.policy:
        level = Level("resource", resource.id)
        await set_policy(session, SYSTEM, level, values=instrument.policy)
    for name, state, reason in (
        (DOWN, ResourceState.DOWN, DOWN_REASON),
        (DEGRADED, ResourceState.DEGRADED, DEGRADED_REASON),
    ):
        if instrument.name == name:
            await set_state(session, SYSTEM, resource.id, state=state, reason=reason)
    return resource.id
