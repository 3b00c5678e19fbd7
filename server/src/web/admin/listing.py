"""A table as starlette-admin shows it: declared in a few lines, read through our own database.

A subclass names its table and fields. Columns that are not declared are never read. Nothing can be
changed through it; for that there is `editing.Editable`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar
from uuid import UUID

from babel.support import LazyProxy
from markupsafe import escape
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    false,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette_admin.actions import link_row_action
from starlette_admin.fields import BaseField, StringField
from starlette_admin.filters import FilterGroup, FilterRegistry
from starlette_admin.types import RequestAction
from starlette_admin.views import BaseModelView

from src.core import db, language
from src.core.actor import Actor, Permission
from src.core.language import mark
from src.domain import schema
from src.web.admin.columns import Data, Reference
from src.web.admin.filters import IDS, PREFIXES, REGISTRY, condition

Row = SimpleNamespace

COUNTED = 10_000  # rows; a list says "more than" beyond, and pages end there
_SEPARATOR = "~"  # in no kind, tag or id


def told(message: str | None) -> Any:  # noqa: ANN401 - a str to everybody who renders it
    """A marked text, translated whenever somebody reads it."""
    return LazyProxy(language.gettext, message, enable_cache=False) if message else message


class ReadOnly(BaseModelView):
    """One table. `needs` stands beside the permission for the whole of /admin."""

    table: ClassVar[str]
    label: ClassVar[str]  # of many
    one: ClassVar[str]  # of one
    needs: ClassVar[Sequence[Permission]] = ()
    keys: ClassVar[Sequence[str]] = ("id",)
    named: ClassVar[str] = "name"
    listed: ClassVar[Sequence[str]]
    beside: ClassVar[Sequence[str]] = ()  # columns that `shown` needs and nobody sees
    found_by: ClassVar[Sequence[str]] = ()
    form: ClassVar[Sequence[str]] = ()
    new: ClassVar[Sequence[str]] = ()
    is_big: ClassVar[bool] = False
    narrowed_by: ClassVar[Sequence[str]] = ()  # what a big table has an index for
    page: ClassVar[str] = ""  # where its processes are: "/bookings/{id}"

    page_size = 25
    page_size_options: Sequence[int] = (25, 50, 100)
    column_visibility = False
    actions: Sequence[str] | None = ()
    exporters: Sequence[Any] = ()
    importers: Sequence[Any] = ()

    def __init__(self) -> None:
        """Take the declaration as it is; views share it, so fields are copied."""
        self.source_table = schema.metadata.tables[self.table]
        self.key = self.key or self.table.replace("_", "-")
        self.pk_attr = self.keys[0] if len(self.keys) == 1 else "pk"
        self.menu_label, self.display_name = told(self.label), told(self.one)
        self.fields = [self._prepared(field) for field in self.fields]
        self.columns: dict[str, ColumnElement[Any]] = {
            **{column.name: column for column in self.source_table.c},
            **self.joined_columns(),
        }
        sortable = [
            field.name
            for field in self.fields
            if isinstance(field, StringField) and field.name != "id"
        ]
        self.searchable_fields = list(self.narrowed_by) if self.is_big else self._plain()
        self.sortable_fields = list(self.keys[:1]) if self.is_big else sortable
        if self.fields_default_sort is None:
            self.fields_default_sort = ((self.keys[0], True),)
        super().__init__()

    def _plain(self) -> list[str]:
        return [field.name for field in self.fields if not isinstance(field, Data)]

    def _prepared(self, declared: BaseField) -> BaseField:
        field = copy.copy(declared)
        field.label, field.help_text = told(field.label), told(field.help_text)
        field.exclude_from_list = field.name not in self.listed
        field.exclude_from_create = field.name not in (self.new or self.form)
        field.exclude_from_edit = field.name not in self.form
        if self.is_big and isinstance(field, StringField) and field.filters is None:
            kind = schema.metadata.tables[self.table].c.get(field.name)
            if kind is not None and isinstance(kind.type, Uuid):
                field.filters = IDS
            elif type(field) is StringField:
                field.filters = PREFIXES
        return field

    # What is read

    def source(self) -> FromClause:
        """The table, or it and others that say more about each row, one to one."""
        return self.source_table

    def joined_columns(self) -> Mapping[str, ColumnElement[Any]]:
        """The columns that the others bring."""
        return {}

    def shown(self, row: Row) -> Row:
        """The row as it may be seen; called once for each."""
        return row

    async def known(self, reads: AsyncSession, actor: Actor, rows: Select[Any]) -> Select[Any]:  # noqa: ARG002
        """Those of the rows that the reader may know of, where it is not for `needs` to say."""
        return rows

    def _statement(self, request: Request) -> Select[Any]:
        names = {field.name for field in self.get_fields_list(request)} & set(self.columns)
        names |= {*self.keys, *({self.named, "version"} & set(self.columns))}
        names |= set(self.beside)
        wanted = [self.columns[name].label(name) for name in sorted(names)]
        return select(*wanted).select_from(self.source())

    def _narrowed(
        self, statement: Select[Any], request: Request, q: str | None, tree: FilterGroup | None
    ) -> Select[Any]:
        if q and q.strip():
            statement = statement.where(self._found(q.replace("\x00", "").strip()))
        if tree is not None:
            wanted = condition(tree, self, request)
            statement = statement if wanted is None else statement.where(wanted)
        return statement

    def _found(self, q: str) -> ColumnElement[bool]:
        """Text contains it (in big tables: begins with it), an id or a number is it."""
        parts: list[ColumnElement[bool]] = []
        for name in (*self.keys, *self.found_by):
            column = self.columns[name]
            if isinstance(column.type, Uuid | Integer | BigInteger):
                value = _as_key(column, q)
                parts += [] if value is None else [column == value]
            elif self.is_big:
                parts.append(cast(column, Text).startswith(q, autoescape=True))
            else:
                parts.append(cast(column, Text).icontains(q, autoescape=True))
        return or_(*parts) if parts else false()

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: FilterGroup | None = None,
    ) -> Sequence[Row]:
        """One page, in two statements and one for each other table it points at."""
        statement = self._narrowed(self._statement(request), request, q, filters)
        for name, direction in sorts or ():
            column = self.columns[name]
            statement = statement.order_by(column.desc() if direction == "desc" else column)
        for name in self.keys:
            statement = statement.order_by(self.columns[name].desc())
        return await self._read(request, statement.offset(min(skip, COUNTED)).limit(limit))

    async def count(
        self, request: Request, q: str | None = None, filters: FilterGroup | None = None
    ) -> int:
        """How many there are, up to one more than `COUNTED`: no list reads a whole big table."""
        rows = self._narrowed(select(literal(1)).select_from(self.source()), request, q, filters)
        async with db.reading(request.state.database) as reads:
            rows = await self.known(reads, actor_of(request), rows)
            capped = select(func.count()).select_from(rows.limit(COUNTED + 1).subquery())
            return await reads.scalar(capped) or 0

    async def find_by_pk(self, request: Request, pk: Any) -> Row | None:  # noqa: ANN401
        """One row, by its key as it stands in addresses."""
        found = await self.find_by_pks(request, [pk])
        return found[0] if found else None

    async def find_by_pks(self, request: Request, pks: list[Any]) -> Sequence[Row]:
        """Rows by their keys; what cannot be a key is none."""
        wanted = []
        for pk in pks[:100]:
            parts = str(pk).split(_SEPARATOR) if len(self.keys) > 1 else [str(pk)]
            values = [
                _as_key(self.columns[name], part)
                for name, part in zip(self.keys, parts, strict=False)
            ]
            if len(parts) == len(self.keys) and None not in values:
                pairs = zip(self.keys, values, strict=True)
                wanted.append(and_(*(self.columns[name] == value for name, value in pairs)))
        if not wanted:
            return []
        return await self._read(request, self._statement(request).where(or_(*wanted)))

    async def _read(self, request: Request, statement: Select[Any]) -> list[Row]:
        async with db.reading(request.state.database) as reads:
            statement = await self.known(reads, actor_of(request), statement)
            found = (await reads.execute(statement)).mappings().all()
            rows = [self.shown(Row(**row)) for row in found]
            labels = await self._labels(reads, request, rows)
        for row in rows:
            row.labels = labels
            if len(self.keys) > 1:
                row.pk = _SEPARATOR.join(str(getattr(row, name)) for name in self.keys)
        return rows

    async def _labels(
        self, reads: AsyncSession, request: Request, rows: Sequence[Row]
    ) -> dict[tuple[str, Any], str]:
        """What the rows point at, by key of view and id: one statement for each view."""
        wanted: dict[str, set[Any]] = {}
        for field in self.get_fields_list(request):
            if isinstance(field, Reference) and field.key:
                found = {getattr(row, field.name) for row in rows} - {None}
                wanted.setdefault(field.key, set()).update(found)
        labels: dict[tuple[str, Any], str] = {}
        for key, ids in wanted.items():
            foreign: Any = self._find_foreign_view(key)
            own, name = foreign.key_column, foreign.columns[foreign.named]
            if ids:
                pairs = await reads.execute(select(own, name).where(own.in_(ids)))
                labels |= {(key, own_id): str(label) for own_id, label in pairs}
        return labels

    @property
    def key_column(self) -> ColumnElement[Any]:
        """What others point at it by."""
        return self.columns[self.keys[0]]

    def foreign(self, name: str) -> ReadOnly:
        """The view that the reference `name` points at."""
        (key,) = (f.key for f in self.fields if isinstance(f, Reference) and f.name == name)
        found: Any = self._find_foreign_view(str(key))
        return found  # type: ignore[no-any-return]  # every view of the site is one

    # Who sees what

    def is_accessible(self, request: Request) -> bool:
        """Whether the reader has what this table needs beyond the door's permission."""
        return all(actor_of(request).may(needed) for needed in self.needs)

    def get_fields_list(
        self,
        request: Request,
        *,
        include_nested: bool = False,
        action: RequestAction | None = None,
    ) -> Sequence[BaseField]:
        """Those of the page; a list can be narrowed down by what only its rows' own pages show."""
        wanted = RequestAction.DETAIL if include_nested else action
        found: Sequence[BaseField] = super().get_fields_list(request, action=wanted)
        return found

    def can_create(self, request: Request) -> bool:  # noqa: ARG002 - the library's protocol
        """Nothing is made."""
        return False

    def can_edit(self, request: Request) -> bool:  # noqa: ARG002
        """Nothing is changed."""
        return False

    def can_delete(self, request: Request) -> bool:  # noqa: ARG002
        """Nothing is removed."""
        return False

    def can_export(self, request: Request) -> bool:  # noqa: ARG002
        """Never: the interface has lists for programs, with their own permissions."""
        return False

    def can_import(self, request: Request) -> bool:  # noqa: ARG002
        """Never."""
        return False

    async def is_action_allowed(self, request: Request, name: str) -> bool:  # noqa: ARG002
        """Nothing is done to many rows at once."""
        return False

    async def is_row_action_allowed(self, request: Request, name: str) -> bool:
        """What the library allows, and the way to a page of ours where there is one."""
        if name == "open":
            return bool(self.page)
        return bool(await super().is_row_action_allowed(request, name))

    @link_row_action(
        name="open", text=told(mark("Open its page")), icon_class="fa-solid fa-up-right-from-square"
    )
    def row_action_4_open(self, request: Request, pk: Any) -> str:  # noqa: ANN401, ARG002
        """Processes are done where they are at home."""
        return self.page.format(id=pk)

    async def create(self, request: Request, data: dict[str, Any]) -> Row:  # noqa: ARG002
        """Refused: `can_create` says so before."""
        raise PermissionError(self.table)

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Row:  # noqa: ANN401, ARG002
        """Refused: `can_edit` says so before."""
        raise PermissionError(self.table)

    async def delete(self, request: Request, pks: list[Any]) -> int:  # noqa: ARG002
        """Refused: `can_delete` says so before."""
        raise PermissionError(self.table)

    # How a row is called

    def called(self, row: Row) -> str:
        """Its name, else the beginning of its key."""
        return str(getattr(row, self.named, None) or str(getattr(row, str(self.pk_attr)))[:8])

    async def repr(self, obj: Row, request: Request) -> str:  # noqa: ARG002 - the library's protocol
        """As everywhere."""
        return self.called(obj)

    async def select2_result(self, obj: Row, request: Request) -> str:
        """Its name again, where one chooses among many."""
        return f"<span>{escape(await self.repr(obj, request))}</span>"

    async def serialize(
        self,
        obj: Row,
        request: Request,
        include_relationships: bool = True,  # noqa: FBT001, FBT002 - the library's protocol
        include_select2: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        """The row for a template; as the library does it, without an address for each."""
        found: dict[str, Any] = {}
        for field in self.get_fields_list(request):
            if include_relationships or not isinstance(field, Reference):
                value = await field.parse_obj(request, obj)
                found[field.name] = await self.serialize_field_value(value, field, request)
        found.setdefault(str(self.pk_attr), await self.get_serialized_pk_value(request, obj))
        found["_meta"] = {"repr": self.called(obj)}
        if include_select2:
            shown = await self.select2_result(obj, request)
            found["_meta"]["select2"] = {"selection": shown, "result": shown}
        return found

    async def get_serialized_pk_value(self, request: Request, obj: Row) -> str:
        """Its key as addresses have it."""
        return str(await self.get_pk_value(request, obj))

    def styles(self, request: Request) -> Sequence[str]:
        """What its fields want in the head of a page."""
        found: Sequence[str] = self._additional_css_links(request)
        return found

    def get_filter_registry(self) -> FilterRegistry:
        """Ours."""
        return REGISTRY


def actor_of(request: Request) -> Actor:
    """Who asks; the door has put it there."""
    actor: Actor = request.state.actor
    return actor


def _as_key(column: ColumnElement[Any], text: str) -> Any:  # noqa: ANN401
    """The text as a value of the column; None where it cannot be one."""
    try:
        if isinstance(column.type, Uuid):
            return UUID(text)
        if isinstance(column.type, Integer | BigInteger):
            return int(text) if len(text) < 19 else None
    except ValueError:
        return None
    return None if "\x00" in text else text
