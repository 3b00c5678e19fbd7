"""Query parameters that many lists have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

from fastapi import Query

from src.models.common import Moment, Wire

Words = Annotated[
    str | None,
    Query(max_length=200, pattern=r"^[^\x00]*$", description="Finds what holds every word."),
]
Sort = Annotated[
    str | None,
    Query(max_length=100, description="Names by comma, a minus turns one round: `-starts_at`."),
]
From = Annotated[
    Moment | None,
    Query(alias="from", description="What ends after this time (RFC 3339 with an offset)."),
]
To = Annotated[
    Moment | None,
    Query(description="What starts before this time (RFC 3339 with an offset)."),
]
Start = Annotated[Moment, Query(alias="from", description="RFC 3339 with an offset.")]
End = Annotated[Moment, Query(description="RFC 3339 with an offset, after `from`.")]

Picked = tuple[str, ...]


def _picker(name: str, choices: Iterable[str], description: str) -> Callable[..., Picked]:
    names = "|".join(choices)
    query = Query(
        None,
        alias=name,
        max_length=1000,
        pattern=rf"^({names})(,({names}))*$",
        description=description,
    )

    def picked(value: str | None = query) -> Picked:
        return tuple(value.split(",")) if value else ()

    return picked


def fields_of(model: type[Wire]) -> Callable[..., Picked]:
    """`?fields=id,title`: only these fields of each item."""
    return _picker("fields", model.model_fields, "Only these fields, by comma.")


def include_of(*names: str) -> Callable[..., Picked]:
    """`?include=policy`: what is left out unless asked for."""
    return _picker("include", names, "Adds what is left out otherwise, by comma.")
