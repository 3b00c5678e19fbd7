"""What all wire shapes share: strictness, references, envelopes and problems."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

API_VERSION = "1.0"

_NUMBER = re.compile(r"\s*[+-]?[\d._]+\s*")

# Begins the tags of unions: faults name the branch of a union, and a JSON pointer does not.
BRANCH = "branch of a union: "

T = TypeVar("T")


class Wire(BaseModel):
    """Base of every shape: unknown fields are refused, text holds no NUL."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )


def _no_number(value: object) -> object:
    """Refuse what would be taken for seconds since 1970."""
    if isinstance(value, datetime) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        return value
    raise PydanticCustomError(
        "datetime_type", "Input should be a time such as 2026-11-23T09:00:00Z"
    )


# PostgreSQL knows no NUL in text, so it is refused here rather than there.
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]*$")]
# The years every database, zone table and calendar can handle.
_FIRST, _LAST = "2000-01-01T00:00:00Z", "2199-12-31T00:00:00Z"


def _within_calendars(at: datetime) -> datetime:
    """Refuse other years; pydantic's own limits would be told as Python writes them."""
    if at < datetime.fromisoformat(_FIRST):
        raise PydanticKnownError("greater_than_equal", {"ge": _FIRST})
    if at > datetime.fromisoformat(_LAST):
        raise PydanticKnownError("less_than_equal", {"le": _LAST})
    return at


Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_no_number),
    AfterValidator(_within_calendars),
    Field(
        examples=["2026-11-23T09:00:00Z"],
        description="RFC 3339 with an offset; 2000 to 2199.",
    ),
]


def absent() -> Any:  # noqa: ANN401 - the default of any field
    """The default of a field that may be left out of a change, but is never null."""
    return Field(default_factory=lambda: None)


class Reference(Wire):
    """A thing by its id, with the name to show for it."""

    id: UUID
    name: str


class Pagination(Wire):
    """Cursors to the neighbouring pages; `page` and `total` only when `page` was asked for."""

    limit: int
    next: str | None = None
    previous: str | None = None
    page: int | None = None
    total: int | None = None


class Meta(Wire):
    """The interface's version, and when what is shown last changed."""

    version: str = API_VERSION
    timestamp: datetime


class ListMeta(Meta):
    """Adds where in the list one is."""

    pagination: Pagination


class Fault(BaseModel):
    """One fault: a `pointer` into the body, or the name of a `parameter`."""

    pointer: str | None = Field(None, examples=["#/starts_at"])
    parameter: str | None = None
    code: str
    detail: str
    overridable: bool | None = None


class One(Wire, Generic[T]):
    """The envelope of a single thing."""

    data: T
    meta: Meta
    errors: list[Fault] = Field(default_factory=list)


class Many(Wire, Generic[T]):
    """The envelope of a list."""

    data: list[T]
    meta: ListMeta
    errors: list[Fault] = Field(default_factory=list)


class Batch(Wire, Generic[T]):
    """The envelope of a batch: `errors` holds the failures of single items, by their index."""

    data: list[T | None]
    meta: Meta
    errors: list[Fault] = Field(default_factory=list)


class Problem(BaseModel):
    """RFC 9457. `type` leads to a page that explains the code; more members may follow."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/not-found"])
    title: str
    status: int
    detail: str | None = None
    instance: str | None = None
    errors: list[Fault] = Field(default_factory=list)
