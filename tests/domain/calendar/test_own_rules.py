"""Rules an institute adds: the example of `server/docs/rules.md`, found by its entry point."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from src.domain import bookings, resources
from src.domain.bookings import Wish
from src.domain.bookings.errors import BookingRefused
from src.domain.resources.errors import NotInCatalogue
from src.domain.resources.rules import registry
from tests.support.world import HOUR, World, tomorrow

PAGE = Path(__file__).parents[3] / "server" / "docs" / "rules.md"
SAID = {"longest-night": {"from_hour": 20, "most_minutes": 120}}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's example as a package that is installed."""
    page = PAGE.read_text()
    (module,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (points,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "our_rules.py").write_text(module)
    about = tmp_path / "our_rules-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-rules\nVersion: 1.0\n")
    named = re.sub(r"\[project\.entry-points\.\"(.*)\"\]", r"[\1]", points).replace('"', "")
    (about / "entry_points.txt").write_text(named)
    monkeypatch.syspath_prepend(tmp_path)
    registry.own.cache_clear()
    yield tmp_path
    registry.own.cache_clear()


@pytest.mark.usefixtures("installed")
async def test_an_own_rule_counts_where_a_policy_says_so(world: World) -> None:
    person, manager = await world.person(), await world.manager()
    told, untold = await world.resource(), await world.resource()
    level = resources.Level("resource", told)
    async with world.writing() as session:
        await resources.set_policy(session, manager, level, values={"own_rules": SAID})
    night = tomorrow(21)
    async with world.writing() as session:
        await bookings.create(session, person, wish=Wish(untold, night, night + 3 * HOUR))
    with pytest.raises(BookingRefused) as caught:
        async with world.writing() as session:
            await bookings.create(session, person, wish=Wish(told, night, night + 3 * HOUR))
    (error,) = caught.value.errors
    assert (error.field, error.code, error.overridable) == (("ends_at",), "longest-night", True)
    assert "this is 180" in error.detail
    async with world.writing() as session:
        wish = Wish(told, night, night + 2 * HOUR)
        view = await bookings.create(session, person, wish=wish)
    with pytest.raises(BookingRefused):
        async with world.writing() as session:
            changes = {"ends_at": view.ends_at + timedelta(minutes=1)}
            await bookings.change(session, person, view.id, changes=changes)


@pytest.mark.usefixtures("installed")
async def test_its_settings_are_checked_before_they_are_stored(world: World) -> None:
    manager, resource = await world.manager(), await world.resource()
    level = resources.Level("resource", resource)
    for wrong, place in (
        ({"longest-night": {"from_hour": 3}}, ("own_rules", "longest-night", "from_hour")),
        ({"shortest-day": {}}, ("own_rules", "shortest-day")),
    ):
        with pytest.raises(NotInCatalogue) as caught:
            async with world.writing() as session:
                await resources.set_policy(session, manager, level, values={"own_rules": wrong})
        assert caught.value.errors[0].field == place


def test_what_is_no_rule_of_its_name_stops_the_start(installed: Path) -> None:
    points = installed / "our_rules-1.0.dist-info" / "entry_points.txt"
    points.write_text("[aliquot.booking_rules]\nother-name = our_rules:LONGEST_NIGHT\n")
    with pytest.raises(TypeError, match="other-name"):
        registry.own()
