"""Mails and documents from templates beside the domain that sends them.

`render("notifications/notice.html.j2", …)` is `domain/notifications/mails/notice.html.j2`. Texts
and times are for whoever `core.language` says reads. Both images carry these templates.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined, select_autoescape

from src.core import language
from src.core.settings import SERVER_ROOT

DOMAINS = SERVER_ROOT / "src" / "domain"


def render(template: str, **values: object) -> str:
    """The template filled in; a name it wants and was not given is an error."""
    return environment().get_template(template).render(values)


@cache
def environment() -> Environment:
    """The one environment: HTML is escaped, plain text is not, nothing may be undefined."""
    folders = sorted(DOMAINS.glob("*/mails"))
    made = Environment(
        loader=PrefixLoader({folder.parent.name: FileSystemLoader(folder) for folder in folders}),
        autoescape=select_autoescape(enabled_extensions=("html", "html.j2"), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        language.gettext, language.ngettext, newstyle=True
    )
    made.filters.update(
        datetime=language.format_datetime,
        date=language.format_date,
        time=language.format_time,
        number=language.format_number,
    )
    return made
