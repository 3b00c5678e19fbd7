"""The Jinja environment of the pages: autoescape, translations, dates, links to static files.

`render` makes a response out of a template for whoever asked; what a template may use beyond its
own values (who reads, in which zone, the CSRF field) is held in a context variable, so that macros
see it too. Times are shown in the reader's zone unless a zone is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from src.assets import markup
from src.core import clock, language, markdown
from src.core.actor import ANONYMOUS, Actor, Permission
from src.core.settings import SERVER_ROOT, Settings

TEMPLATES = SERVER_ROOT / "templates"

THEME_COOKIE = "aliquot_theme"
SYSTEM_THEME = "system"
THEMES = ("light", "dark", SYSTEM_THEME)


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in the navigation, shown to those who hold the permission.

    `is_everywhere`: what it shows belongs to no resource, so a permission for some does not do.
    `is_for_asked`: also to whoever is asked about a request by name.
    `key` is the letter that follows `g` on the keyboard. Ranks from 41 to 49 are the team's, those
    from 50 on for those who run the place.
    """

    label: str
    path: str
    permission: Permission
    rank: int
    icon: str
    is_everywhere: bool = False
    key: str = ""
    is_for_asked: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Who reads the page that is rendered now, and where it is."""

    actor: Actor = ANONYMOUS
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    csrf_token: str = ""
    is_demo: bool = False
    theme: str = SYSTEM_THEME
    base_url: str = ""
    is_asked: bool = False
    prefix: str = ""  # `/de` where the address says the language
    # Pictures of the people on the page, by their ids; whoever has none is shown by initials.
    portraits: Mapping[UUID, UUID] = field(default_factory=dict)
    now: datetime = field(default_factory=clock.now)

    @property
    def zone(self) -> tzinfo:
        """The reader's zone."""
        return language.reader().zone

    @property
    def locale(self) -> str:
        """The reader's language."""
        return language.reader().locale


_frame: ContextVar[Frame] = ContextVar("frame", default=Frame())  # noqa: B039 - it is frozen
_entries: dict[str, Entry] = {}


def enter(
    label: str,
    path: str,
    permission: Permission,
    *,
    rank: int,
    icon: str,
    is_everywhere: bool = False,
    key: str = "",
) -> None:
    """Put a page into the navigation; called beside the page's routes."""
    taken = {entry.key: entry.path for entry in _entries.values() if entry.key}
    if taken.get(key, path) != path:
        raise ValueError(f"g {key} leads to {taken[key]} already")
    _entries[path] = Entry(label, path, permission, rank, icon, is_everywhere, key)


def enter_for_asked(path: str) -> None:
    """Show an entry also to whoever is asked about a request by name."""
    _entries[path] = replace(_entries[path], is_for_asked=True)


@dataclass(frozen=True, slots=True)
class OwnPage:
    """A page of one's own account, as it stands among the others."""

    label: str
    path: str
    rank: int
    when: Callable[[], bool]


_own_pages: dict[str, OwnPage] = {}


def _always() -> bool:
    return True


def enter_me(label: str, path: str, *, rank: int, when: Callable[[], bool] = _always) -> None:
    """Put a page among those of one's own account (`when` that holds); called beside its routes."""
    _own_pages[path] = OwnPage(label, path, rank, when)


def _sorted_own_pages() -> list[OwnPage]:
    shown = (page for page in _own_pages.values() if page.when())
    return sorted(shown, key=lambda page: page.rank)


def _is_at(path: str) -> bool:
    """Whether this page, and not one below it, has the address."""
    return _frame.get().path == path


def render(
    request: Request,
    template: str,
    *,
    actor: Actor = ANONYMOUS,
    csrf_token: str = "",
    status: int = 200,
    portraits: Mapping[UUID, UUID] | None = None,
    context: Mapping[str, Any] | None = None,
) -> HTMLResponse:
    """A page for `actor`, in their zone and the language of the request (`web.languages`)."""
    settings: Settings | None = getattr(request.app.state, "settings", None)
    frame = Frame(
        actor=actor,
        path=request.url.path,
        query=tuple(parse_qsl(request.url.query)),
        csrf_token=csrf_token,
        is_demo=bool(settings and settings.demo),
        base_url=settings.base_url if settings else "",
        prefix=request.scope.get("state", {}).get("language_prefix", ""),
        portraits=portraits or {},
        is_asked=bool(context and context.get("is_asked")),
        # A person's choice follows them to every screen; a stranger's stays on theirs.
        theme=_known_theme(actor.theme)
        or _known_theme(request.cookies.get(THEME_COOKIE))
        or SYSTEM_THEME,
    )
    token = _frame.set(frame)
    try:
        with language.reading_as(timezone=actor.timezone):
            body = environment.get_template(template).render(context or {})
    finally:
        _frame.reset(token)
    return HTMLResponse(body, status)


def _known_theme(theme: str | None) -> str | None:
    return theme if theme in THEMES else None


def _navigation() -> list[Entry]:
    frame = _frame.get()
    actor = frame.actor
    return sorted(
        (
            entry
            for entry in _entries.values()
            if (actor.may if entry.is_everywhere else actor.may_anywhere)(entry.permission)
            or (entry.is_for_asked and frame.is_asked)
        ),
        key=lambda entry: entry.rank,
    )


def _may(permission: str, *scopes: str) -> bool:
    return _frame.get().actor.may(Permission(permission), *scopes)


def _is_here(path: str) -> bool:
    here = _frame.get().path
    return here == path or (path != "/" and here.startswith(f"{path}/"))


def _csrf_field() -> Markup:
    token = _frame.get().csrf_token
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)


def _with_query(**changes: object) -> str:
    """The address of this page with some of its query replaced; None removes."""
    frame = _frame.get()
    kept = [(name, value) for name, value in frame.query if name not in changes]
    kept += [(name, str(value)) for name, value in changes.items() if value not in (None, "")]
    path = frame.prefix + frame.path
    return f"{path}?{urlencode(kept)}" if kept else path


def _alternates() -> list[tuple[str, str]]:
    """The page's absolute address in each language, and (`x-default`) in the reader's."""
    frame = _frame.get()
    kept = urlencode([(name, value) for name, value in frame.query if name != "lang"])
    rest = f"{frame.path}?{kept}" if kept else frame.path
    found = [(code, f"{frame.base_url}/{code}{rest}") for code in language.available()]
    return [*found, ("x-default", frame.base_url + rest)]


def _languages() -> list[tuple[str, str, bool]]:
    """The languages there are: code, what it calls itself, whether it is the one being read."""
    here = language.reader().locale
    return [(code, language.own_name(code), code == here) for code in language.available()]


def _zone(name: str | None) -> tzinfo | None:
    return language.zone_of(name) if name else None


def _local(value: datetime, zone: str | None) -> datetime:
    return value.astimezone(_zone(zone) or language.reader().zone)


def _day(value: datetime | date, zone: str | None = None) -> str:
    return language.format_day(value, zone=_zone(zone))


def _clock(value: datetime, zone: str | None = None) -> str:
    return language.format_clock(value, zone=_zone(zone))


def _offset_name(value: datetime, zone: str | None) -> str:
    """How to name the zone when it is not the reader's; nothing when both clocks agree."""
    if zone is None:
        return ""
    local = _local(value, zone)
    return "" if local.utcoffset() == _local(value, None).utcoffset() else f" ({zone})"


def _moment(value: datetime | None, zone: str | None = None) -> Markup:
    if value is None:
        return Markup("–")
    text = f"{_day(value, zone)}, {_clock(value, zone)}{_offset_name(value, zone)}"
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)


def _period(starts: datetime, ends: datetime, zone: str | None = None) -> Markup:
    """From and to on one line; the day is said once when both fall on it."""
    first, last = _local(starts, zone), _local(ends, zone)
    # A booking until midnight still belongs to the day before.
    is_one_day = (last - timedelta(microseconds=1)).date() == first.date()
    until = _clock(ends, zone)
    if is_one_day:
        until = "24:00" if last.date() != first.date() else until
        text = f"{_day(starts, zone)}, {_clock(starts, zone)}–{until}"
    else:
        text = f"{_day(starts, zone)}, {_clock(starts, zone)} – {_day(ends, zone)}, {until}"
    return Markup('<time datetime="{}">{}</time>').format(
        starts.isoformat(), text + _offset_name(starts, zone)
    )


def _full_day(value: date) -> str:
    return language.format_day(value, is_long=True)


def _duration(minutes: float | None) -> str:
    """Minutes in words: `2 h 30 min`, `3 days`."""
    return "–" if minutes is None else language.format_length(minutes)


def _short(value: UUID | str) -> str:
    return str(value)[:8]


def _initials(name: str) -> str:
    """Two letters that stand for a person: of the first and the last name."""
    words = [word for word in name.split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


def _lines(text: str) -> Markup:
    """Plain text with its line breaks kept."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


def _translated(text: str) -> str:
    """A text that is not written in the template; what looks like a placeholder stays as it is."""
    return language.gettext(text) if text else ""


def _pretty(value: object) -> str:
    """Data as indented JSON."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2, default=str).decode()


def _create_environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations: Any = made  # the extension adds its methods at run time
    translations.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)
    made.globals.update(
        navigation=_navigation,
        may=_may,
        is_here=_is_here,
        is_at=_is_at,
        own_pages=_sorted_own_pages,
        csrf_field=_csrf_field,
        with_query=_with_query,
        alternates=_alternates,
        languages=_languages,
        reader=_frame.get,
        **markup.GLOBALS,
    )
    made.filters.update(
        day=_day,
        full_day=_full_day,
        clock=_clock,
        moment=_moment,
        period=lambda pair, zone=None: _period(pair[0], pair[1], zone),
        duration=_duration,
        initials=_initials,
        short=_short,
        lines=_lines,
        markdown=markdown.render,
        excerpt=markdown.excerpt,
        pretty=_pretty,
        translated=_translated,
        pairs=lambda values: [(str(value), str(value)) for value in values],
    )
    return made


environment = _create_environment()
