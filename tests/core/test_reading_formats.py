"""How days and times look to who chose a form of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from src.core import language
from src.core.language import Formats

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("locale", "formats", "day", "clock", "moment"),
    [
        ("en", (None, None), "Mon 23 Nov", "14:05", "Mon 23 Nov, 14:05"),
        ("en", ("iso", None), "Mon 2026-11-23", "14:05", "Mon 2026-11-23, 14:05"),
        ("de", ("us", "12h"), "Mo. 11/23/2026", "2:05 PM", "Mo. 11/23/2026, 2:05 PM"),
        ("en", ("dots", "24h"), "Mon 23.11.2026", "14:05", "Mon 23.11.2026, 14:05"),
        ("en", ("of tomorrow", "sundial"), "Mon 23 Nov", "14:05", "Mon 23 Nov, 14:05"),
    ],
)
def test_days_and_times_look_as_they_were_chosen(
    locale: str, formats: Formats, day: str, clock: str, moment: str
) -> None:
    with time_machine.travel(AT), language.reading_as(locale, "UTC", formats=formats):
        assert language.format_day(AT) == day
        assert language.format_clock(AT).casefold() == clock.casefold()
        assert language.format_moment(AT).casefold() == moment.casefold()


def test_who_chose_nothing_does_not_inherit_it_in_a_mail() -> None:
    with language.reading_as("en", "UTC", formats=("iso", "12h")):
        with language.reading_as("en", "UTC", formats=(None, None)):
            assert language.format_clock(AT) == "14:05"
        assert language.format_clock(AT) == "2:05 pm"
        assert language.format_datetime(AT) == "2026-11-23, 2:05 pm"
