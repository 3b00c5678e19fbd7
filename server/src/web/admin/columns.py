"""The fields starlette-admin lacks, or has in a way that would ask the database for each row."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dc_field
from typing import Any
from uuid import UUID

import orjson
from markupsafe import escape
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette_admin.fields import (
    BaseField,
    DateTimeField,
    EnumField,
    HasOne,
    StringField,
    TextAreaField,
)

from src.core import language
from src.core.language import gettext as _


@dataclass(frozen=True, slots=True)
class Pointed:
    """What a reference points at: its id, and what people call it."""

    id: str
    label: str

    @property
    def said(self) -> dict[str, str]:
        """For a template; the library's script takes the text of an option for markup."""
        option = f"<span>{escape(self.label)}</span>"
        return {"id": self.id, "label": self.label, "option": option}


@dataclass
class Line(StringField):
    """A line of text."""

    async def parse_form_data(self, request: Request, form_data: FormData) -> str:  # noqa: ARG002
        """What was typed. NUL, which no database keeps, is dropped."""
        return typed(form_data, self.id)


@dataclass
class Lines(TextAreaField):
    """Text of several lines."""

    async def parse_form_data(self, request: Request, form_data: FormData) -> str:  # noqa: ARG002
        """What was typed, with the line ends that are kept everywhere else."""
        return typed(form_data, self.id).replace("\r\n", "\n")


def typed(form: FormData, name: str) -> str:
    """The text of a field; a file in its place is none."""
    value = form.get(name)
    return value.replace("\x00", "") if isinstance(value, str) else ""


@dataclass
class Moment(DateTimeField):
    """A time, to be read: in the reader's zone, written as on every page."""

    async def serialize_value(self, request: Request, value: Any) -> str:  # noqa: ANN401, ARG002
        """Day and time."""
        return language.format_datetime(value, "short")


@dataclass
class Choice(EnumField):
    """One of an enumeration, named as the badges of the pages name it."""

    def __post_init__(self) -> None:
        """Ask for the names when somebody reads, in their language."""
        self.values = [member.value for member in self.enum or ()]
        self.enum = None
        self.choices_loader = self._named
        super().__post_init__()

    values: list[str] = dc_field(default_factory=list, init=False)

    def _named(self, _request: Request) -> list[tuple[str, str]]:
        return [(value, named(value)) for value in self.values]

    def _get_label(self, value: Any, request: Request) -> Any:  # noqa: ANN401, ARG002
        return named(str(value))


_SPELLED = {"no_show": "No-show", "ehs": "EHS"}


def named(value: str) -> str:
    """`in_use` as `In use`, translated where the catalogues have it."""
    return _(_SPELLED.get(value) or value.replace("_", " ").capitalize())


@dataclass
class Reference(HasOne):
    """A row of another table, by its name. The view looks all names of a page up at once."""

    list_template: str = "fields/list/pointed.html"
    form_template: str = "fields/form/pointed.html"
    detail_template: str = "fields/detail/pointed.html"

    async def parse_obj(self, request: Request, obj: Any) -> Pointed | None:  # noqa: ANN401, ARG002
        """What the row points at."""
        value = getattr(obj, self.name)
        if value is None:
            return None
        labels: dict[tuple[str | None, Any], str] = obj.labels
        return Pointed(str(value), labels.get((self.key, value), str(value)[:8]))

    async def serialize_value(self, request: Request, value: Any) -> Any:  # noqa: ANN401, ARG002
        """Id and name."""
        return value.said

    async def parse_form_data(self, request: Request, form_data: FormData) -> str | None:  # noqa: ARG002
        """The id that was chosen."""
        return typed(form_data, self.id) or None

    async def validate(self, request: Request, value: Any, form_values: dict[str, Any]) -> None:  # noqa: ANN401
        """Refuse what is no id."""
        await super().validate(request, value, form_values)
        try:
            UUID(value or str(UUID(int=0)))
        except ValueError:
            raise ValueError(_("Choose one of the list.")) from None


@dataclass
class Data(BaseField):
    """JSON, to be read."""

    detail_template: str = "fields/detail/data.html"

    async def serialize_value(self, request: Request, value: Any) -> str:  # noqa: ANN401, ARG002
        """Indented."""
        return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()
