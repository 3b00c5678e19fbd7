"""What stands for a resource that has no photo: a sign for its type on a colour of its own."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

from src.domain.resources import ResourceView

TONES = 6
OTHER = "mark"
# By what the name of a type contains, in the languages there are; the first that fits counts.
SIGNS = (
    ("room", ("room", "raum", "hall", "saal")),
    ("dna", ("dna", "rna", "sequen", "pcr", "genom")),
    ("drop", ("cytomet", "zytomet", "sorter", "fluid")),
    ("magnet", ("nmr", "mri", "mrt", "magnet", "epr")),
    ("atom", ("electron", "elektron", "x-ray", "röntgen")),
    ("resource", ("microscop", "mikroskop", "imag", "camera", "scanner")),
    ("peaks", ("spectr", "spektr", "chromatogr", "hplc", "mass")),
    ("hood", ("culture", "kultur", "cabinet", "hood", "werkbank", "glove")),
    ("snow", ("freez", "fridge", "cold", "kühl", "gefrier", "cryo", "kryo")),
    ("warmth", ("oven", "ofen", "incubat", "inkubat", "furnace", "brutschrank")),
    ("scale", ("balance", "scale", "waage")),
    ("print", ("print", "druck")),
    ("tube", ("centrifug", "zentrifug", "reactor", "reaktor", "prep")),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A sign of the sprite, and one of `TONES` colours."""

    sign: str
    tone: int


def of(resource: ResourceView) -> Picture:
    """Always the same for a type, and another colour for another sign."""
    said = resource.type.name.casefold()
    for place, (sign, words) in enumerate(SIGNS):
        if any(word in said for word in words):
            return Picture(sign, place % TONES)
    return Picture(OTHER, crc32(resource.type.id.bytes) % TONES)
