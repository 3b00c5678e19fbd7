"""Reading forms: what people type, local times, where refusals are shown, where one may be sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field

from src.core.errors import FieldError, Invalid
from src.domain.resources.hours import Weekly
from src.domain.resources.policy import EffectivePolicy
from src.web.forms import (
    Form,
    Shape,
    SkippedTimeError,
    TypedDate,
    TypedTime,
    is_ambiguous,
    moment_of,
    safe_next,
)
from src.web.pages import words

BERLIN = ZoneInfo("Europe/Berlin")


class Typed(Shape):
    """A bit of everything."""

    day: TypedDate
    at: TypedTime | None = None
    title: str = Field("", max_length=5)
    numbers: list[int] = Field(default_factory=list)


@pytest.mark.parametrize(
    ("typed", "read"),
    [("9", time(9)), ("9:30", time(9, 30)), ("0930", time(9, 30)), ("09.30", time(9, 30)),
     ("09:30:00", time(9, 30)), ("23:59", time(23, 59))],
)  # fmt: skip
def test_times_as_people_type_them(typed: str, read: time) -> None:
    shape = Form.of({"day": "2026-11-23", "at": typed}).parse(Typed)
    assert shape is not None
    assert shape.at == read


@pytest.mark.parametrize("typed", ["24:00", "12:60", "noon", "-1", "9:5", "1e3"])
def test_what_is_no_time_is_said(typed: str) -> None:
    form = Form.of({"day": "2026-11-23", "at": typed})
    assert form.parse(Typed) is None
    assert [fault.code for fault in form.faults["at"]] == ["time"]
    assert form.values["at"] == typed


@pytest.mark.parametrize("typed", ["2026-11-23", "23.11.2026", "23/11/2026", " 2026-11-23 "])
def test_dates_as_people_type_them(typed: str) -> None:
    shape = Form.of({"day": typed}).parse(Typed)
    assert shape is not None
    assert shape.day == date(2026, 11, 23)


@pytest.mark.parametrize("typed", ["", "2026-02-30", "0001-01-01", "9999-12-31", "tomorrow"])
def test_what_is_no_date_is_said(typed: str) -> None:
    form = Form.of({"day": typed})
    assert form.parse(Typed) is None
    assert form.faults["day"][0].code == ("date" if typed else "missing")


def test_every_fault_is_found_and_everything_typed_is_kept() -> None:
    form = Form.of({"day": "x", "title": "too long", "numbers": ["1", "two"]})
    assert form.parse(Typed) is None
    assert set(form.faults) == {"day", "title", "numbers"}
    assert form.faults["title"][0].text == "This is too long: 5 characters at the most."
    assert form.values["title"] == "too long"


def test_a_refusal_stands_at_its_field_or_above_the_form() -> None:
    form = Form.of({"title": "x"})
    form.refuse(Invalid("No.", errors=(
        FieldError(("title",), "bad-title", "Not this."),
        FieldError(("resource_id",), "down", "It is down.", overridable=True),
    )))  # fmt: skip
    assert [fault.code for fault in form.faults["title"]] == ["bad-title"]
    assert [(fault.code, fault.is_overridable) for fault in form.refusals] == [("down", True)]


def test_an_hour_that_is_skipped_or_comes_twice() -> None:
    with pytest.raises(SkippedTimeError):
        moment_of(date(2027, 3, 28), time(2, 30), BERLIN)
    first = moment_of(date(2027, 10, 31), time(2, 30), BERLIN)
    assert first == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert is_ambiguous(first, BERLIN)
    assert not is_ambiguous(moment_of(date(2027, 3, 28), time(3, 30), BERLIN), BERLIN)
    assert not is_ambiguous(moment_of(date(2027, 3, 28), time(1, 30), BERLIN), BERLIN)


@pytest.mark.parametrize("path", ["/", "/bookings/1?x=2", "/resources/a%20b"])
def test_one_is_sent_to_our_own_pages(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize(
    "path",
    [None, "", "bookings", "//e.example", "/\\e.example", "https://e.example", "/\n/e", "/login"],
)
def test_one_is_sent_nowhere_else(path: str | None) -> None:
    assert safe_next(path) == "/"


def test_rules_in_words() -> None:
    policy = EffectivePolicy(max_minutes=240, earliest_minutes=43200, latest_minutes=60)
    hours = [Weekly(day, 480, 1200) for day in range(5)] + [
        Weekly(6, 600, 720),
        Weekly(6, 780, 1440),
    ]
    said = [rule.text for rule in words.rules(policy, hours, 1)]
    assert said[:2] == ["Up to 4 h at a time.", "Book from 30 days to 1 h ahead."]
    assert "Open Monday to Friday 08:00–20:00." in said
    assert "Open Sunday 10:00–12:00 and 13:00–24:00." in said
    assert [rule.text for rule in words.rules(EffectivePolicy(), [], 1)] == ["Open at all times."]
