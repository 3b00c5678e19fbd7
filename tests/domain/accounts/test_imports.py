"""Tables of people: what they would do, what they do, and that nothing is half done."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.core.actor import EVERYWHERE, SYSTEM, Actor, Permission
from src.core.db import Database, reading, transaction
from src.core.paging import Paging
from src.domain import accounts
from src.domain.accounts import UserState, UserView, imports
from src.domain.accounts.imports import COLUMNS, Outcome, export
from src.domain.accounts.roles import GRANTS
from tests.support.statements import counted

TABLE = """email;name;language;roles;teams;leads
Bob@Example.org;Bob;de;member|technician;Optics;
carol@example.org;"Carol; the second";;;;Optics
"""


@pytest.fixture
async def optics(database: Database, admin: UserView) -> accounts.TeamView:
    async with transaction(database) as session:
        return await accounts.create_team(session, SYSTEM, name="Optics")


async def take(database: Database, text: str, by: Actor = SYSTEM, **wish: bool) -> imports.Done:
    async with transaction(database) as session:
        return await imports.take_over(session, by, imports.read(text.encode()), **wish)


async def people(database: Database) -> dict[str, UserView]:
    async with reading(database) as reads:
        page = await accounts.list_users(reads, SYSTEM, paging=Paging(limit=200))
    return {one.email or "": one for one in page.items}


async def test_a_table_adds_people_with_roles_and_teams_and_twice_changes_nothing(
    database: Database, optics: accounts.TeamView
) -> None:
    done = await take(database, TABLE)
    assert (done.created, done.changed, done.refused) == (2, 0, 0)
    found = await people(database)
    bob, carol = found["bob@example.org"], found["carol@example.org"]
    assert (bob.name, bob.locale, bob.roles) == ("Bob", "de", ("member", "technician"))
    assert (carol.name, carol.roles, carol.timezone) == (
        "Carol; the second", ("member",), "Europe/Berlin",
    )  # fmt: skip
    async with reading(database) as reads:
        members = await accounts.members(reads, SYSTEM, optics.id)
        leader = await accounts.actor_of_user(reads, carol.id)
    assert [(one.name, one.is_lead) for one in members] == [
        ("Carol; the second", True), ("Bob", False),
    ]  # fmt: skip
    assert leader is not None
    assert leader.may(Permission.BOOKINGS_MANAGE, f"team:{optics.id}")
    again = await take(database, TABLE)
    assert (again.created, again.changed, again.unchanged) == (0, 0, 2)
    assert (await people(database))["bob@example.org"].version == bob.version


async def test_a_row_that_is_wrong_stops_all_and_is_told_by_line_and_column(
    database: Database, optics: accounts.TeamView
) -> None:
    text = TABLE + "dora@example.org;;xx;wizard;Nowhere;\nbob@example.org;Bob;;;;\nnobody;X;;;;\n"
    with pytest.raises(imports.ImportRefused) as refused:
        await take(database, text)
    assert [fault.field[1:] for fault in refused.value.errors] == [
        (4, "name"), (4, "language"), (4, "roles"), (4, "teams"), (5, "email"), (6, "email"),
    ]  # fmt: skip
    assert len(await people(database)) == 1
    done = await take(database, text, only_good=True)
    assert (done.created, done.refused) == (2, 3)


async def test_filled_cells_are_set_and_empty_ones_leave_what_is_so(
    database: Database, optics: accounts.TeamView
) -> None:
    await take(database, TABLE)
    rows = "email,name,time_zone,teams\nbob@example.org,Robert,,\ncarol@example.org,,Asia/Tokyo,\n"
    async with reading(database) as reads:
        plan = await imports.preview(reads, SYSTEM, imports.read(rows.encode()))
    assert [(row.outcome, row.changed_columns) for row in plan.rows] == [
        (Outcome.CHANGED, ["name"]), (Outcome.CHANGED, ["time_zone"]),
    ]  # fmt: skip
    assert (await people(database))["bob@example.org"].name == "Bob"
    await take(database, rows)
    found = await people(database)
    assert (found["bob@example.org"].name, found["bob@example.org"].locale) == ("Robert", "de")
    assert [name for _id, name in found["bob@example.org"].teams] == ["Optics"]


async def test_nobody_gives_more_by_a_table_than_they_hold(
    database: Database, admin: UserView, optics: accounts.TeamView
) -> None:
    held = {*GRANTS["member"], Permission.USERS_MANAGE}
    clerk = Actor(admin.id, granted=dict.fromkeys(held, EVERYWHERE))
    rows = "email,name,roles,teams\na@example.org,A,admin,\nb@example.org,B,,Optics\n"
    with pytest.raises(imports.ImportRefused) as refused:
        await take(database, rows, by=clerk)
    assert [(fault.field[1:], fault.code) for fault in refused.value.errors] == [
        ((2, "roles"), "may-not-grant"), ((3, "teams"), "may-not-grant"),
    ]  # fmt: skip
    assert (await take(database, "email,name\nc@example.org,C\n", by=clerk)).created == 1


async def test_two_thousand_people_cost_a_few_statements(
    database: Database, optics: accounts.TeamView
) -> None:
    def table(count: int, name: str) -> str:
        lines = [f"p{number}@example.org,{name} {number},Optics" for number in range(count)]
        return "\n".join(["email,name,teams", *lines])

    with counted(database) as said:
        done = await take(database, table(2000, "Person"))
    assert done.created == 2000
    with counted(database) as again:
        changed = await take(database, table(2000, "Somebody"))
    assert changed.changed == 2000
    # A driver takes so many values at a time; a statement for each row would be thousands.
    assert len(said) < 200, len(said)
    assert len(again) < 200, len(again)
    with pytest.raises(imports.TableUnreadable, match="2000"):
        imports.read(table(2001, "Person").encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_letters_and_separators_are_found_out(encoding: str, separator: str) -> None:
    text = separator.join(["E-Mail", "Name", "Time zone"]) + "\r\n"
    text += separator.join(["z@example.org", "Zoë Müller", "Europe/Berlin"]) + "\r\n"
    (row,) = imports.read(text.encode(encoding))
    assert row.cells == {
        "email": "z@example.org", "name": "Zoë Müller", "time_zone": "Europe/Berlin",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"name\nAda\n", "missing"),
        (b"email,shoe size\n", "unknown-column"),
        (b"email,email\n", "twice"),
        ("email,name\na@example.org,Jürgen\n".encode("cp1252"), "bad-letters"),
        (b'email,name\na@example.org,"Ada\n', "bad-quotes"),
        (b"email,name\na@example.org,Lovelace, Ada\n", "too-many-cells"),
        (b"PK\x03\x04\x00\x00" * 40, "bad-letters"),
        (b"email\n" + b"x" * 1_000_001, "too-large"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(content: bytes, code: str) -> None:
    with pytest.raises(imports.TableUnreadable) as refused:
        imports.read(content)
    assert refused.value.errors[0].code == code


_text = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\x00"))
_cell = _text.map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(_cell, st.lists(_cell.filter(bool), unique=True)), max_size=8))
def test_what_is_written_is_read_again_and_no_cell_is_a_formula(
    rows: list[tuple[str, list[str]]],
) -> None:
    wanted = [(f"p{number}@example.org", *row) for number, row in enumerate(rows)]
    lines = [(email, name, "", "", "", export.joined(teams), "") for email, name, teams in wanted]
    content = export.MARK + export.written([COLUMNS, *lines])
    found = imports.read(content)
    assert [
        (one.cells["email"], one.cells["name"], one.list_of("teams")) for one in found
    ] == wanted
    for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in line)


async def test_what_is_exported_changes_nothing_when_it_is_imported(
    database: Database, optics: accounts.TeamView
) -> None:
    await take(database, TABLE + "=x@example.org;=cmd|' /C calc'!A0;;;;\n")
    content = b"".join([part async for part in imports.chunks(database)])
    async with reading(database) as reads:
        plan = await imports.preview(reads, SYSTEM, imports.read(content))
    assert len(plan.rows) == 4
    assert {row.outcome for row in plan.rows} == {Outcome.UNCHANGED}


async def test_new_people_are_active_unless_they_are_invited(
    database: Database, optics: accounts.TeamView
) -> None:
    done = await take(database, TABLE, invite=False)
    assert done.invited == 0
    assert (await people(database))["bob@example.org"].state is UserState.ACTIVE
