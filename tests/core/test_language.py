from __future__ import annotations

import ast
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from src.core import clock, language
from src.core.language import gettext, ngettext

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("en", "de", "fr", "pt-BR")


@pytest.mark.parametrize(
    ("lang", "person", "cookie", "header", "found"),
    [
        (None, None, None, None, "en"),
        ("de", "fr", "fr", "fr", "de"),
        (None, "fr", "de", "de", "fr"),
        (None, None, "fr", "de", "fr"),
        (None, None, None, "de", "de"),
        ("fr-CA", None, None, None, "fr"),
        ("de_AT", None, None, None, "de"),
        ("pt-br", None, None, None, "pt-BR"),
        ("pt", None, None, "de", "de"),
        ("xx", None, "../../etc", "fr", "fr"),
        ("", "", "", "", "en"),
        (None, None, None, "fr-CA,fr;q=0.9,de;q=0.8", "fr"),
        (None, None, None, "nl, de;q=0.5, fr;q=0.9", "fr"),
        (None, None, None, "de;q=0, fr;q=0.1", "fr"),
        (None, None, None, "de-AT;q=0.4, de;q=0", "en"),
        (None, None, None, "nl, *;q=0.1", "en"),
        (None, None, None, ";;;q=,, de;q=9", "en"),
        (None, None, None, "nl," * 5000 + "de", "en"),
    ],
)
def test_the_language_is_negotiated(
    lang: str | None, person: str | None, cookie: str | None, header: str | None, found: str
) -> None:
    assert language.negotiate(lang, person, cookie, header, among=LANGUAGES) == found


def test_texts_are_the_readers() -> None:
    assert gettext("Open the booking") == "Open the booking"
    with language.reading_as("de-AT"):
        assert gettext("Open the booking") == "Buchung öffnen"
        assert gettext("Hello %(name)s,", name="100 % Ada") == "Guten Tag 100 % Ada,"
        with language.reading_as("xx"):
            assert gettext("Open the booking") == "Open the booking"
        assert gettext("no such text in a catalogue") == "no such text in a catalogue"
    assert gettext("Open the booking") == "Open the booking"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (1.5, "1.5 days")]
)
def test_numbers_choose_their_form(number: float, text: str) -> None:
    assert ngettext("%(num)s day", "%(num)s days", number) == text


def test_times_are_in_the_readers_zone_and_language() -> None:
    starts, ends = (
        datetime(2026, 11, 23, 22, tzinfo=UTC),
        datetime(2026, 11, 23, 23, 30, tzinfo=UTC),
    )
    assert language.format_period(starts, ends) == "Monday, 23 November 2026, 22:00 – 23:30 (UTC)"
    with language.reading_as("de", "Europe/Berlin"):
        assert language.format_period(starts, ends) == (
            "Montag, 23. November 2026, 23:00 – Dienstag, 24. November 2026, 00:30 (Europe/Berlin)"
        )
        assert language.format_date(starts, "short") == "23.11.26"
        assert language.format_date(date(2026, 1, 2), "short") == "02.01.26"
        assert language.format_time(starts) == "23:00"
        assert language.format_number(1234.5) == "1.234,5"
    with language.reading_as("en", "No/Such_Zone"):
        assert language.format_time(starts) == "22:00"


@pytest.mark.parametrize(
    ("locale", "zone", "times", "others"),
    [
        (
            "en",
            "UTC",
            "Mon 23 Nov, 22:00; Tue 23 Nov 2027; Monday 23 November 2026; 1 h 30 min; 3 days 2 h",
            "Monday; a, b and c; a or b; 1,234.5",
        ),
        (
            "de",
            "Europe/Berlin",
            "Mo., 23. Nov., 23:00; Di., 23. Nov. 2027; Montag, 23. November 2026; 1 h 30 min; 3 Tage 2 h",
            "Montag; a, b und c; a oder b; 1.234,5",
        ),
    ],
)
def test_days_lengths_lists_and_numbers_read_as_people_write_them(
    locale: str, zone: str, times: str, others: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 11, 23, 22, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: at)
    with language.reading_as(locale, zone):
        assert (
            "; ".join(
                (
                    language.format_moment(at),
                    language.format_day(date(2027, 11, 23)),
                    language.format_day(at, is_long=True),
                    language.format_length(90),
                    language.format_length(3 * 1440 + 120),
                )
            )
            == times
        )
        assert (
            "; ".join(
                (
                    language.format_weekday(0),
                    language.format_list(["a", "b", "c"]),
                    language.format_list(["a", "b"], "or"),
                    language.format_number(1234.5),
                )
            )
            == others
        )


def test_a_text_is_not_translated_before_anybody_reads() -> None:
    """What is made while a module is loaded would be English for ever: it is marked instead."""
    early = []
    for path in (ROOT / "server" / "src").rglob("*.py"):
        waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                continue
            waiting.extend(ast.iter_child_nodes(node))
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in ("_", "gettext", "ngettext"):
                early.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not early, f"mark these: {early}"


def test_the_titles_of_refusals_and_the_texts_of_pages_are_in_the_catalogues() -> None:
    with language.reading_as("de"):
        assert gettext("Too many requests") == "Zu viele Anfragen"  # a class attribute
        assert gettext("Skip to the content") == "Zum Inhalt springen"  # a template


def test_catalogues_miss_nothing() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "catalogues", "--check"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (
        f"run `make catalogues`, then translate:\n{done.stdout}{done.stderr}"
    )


def test_there_are_english_and_german() -> None:
    assert set(language.available()) >= {"en", "de"}
    assert language.available()[0] == "en"
