"""What the team writes, found by its words: how it is folded, ranked, marked, and for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.core import clock, fulltext, ids, words
from src.core.actor import ANONYMOUS, Actor, Permission, team_scope
from src.core.finding import Hit
from src.domain import search
from src.domain.accounts.tables import RoleName
from src.domain.operations import numbering
from src.domain.operations.tables import (
    Blocker,
    BlockerState,
    Comment,
    Decision,
    DecisionState,
    Incident,
    IncidentState,
    IncidentType,
    Severity,
    StatusUpdate,
    Visibility,
    WaitingOn,
)
from tests.support.statements import counted
from tests.support.world import World

OPERATIONS = ("update", "incident", "blocker", "decision", "handover", "comment")


async def hits(world: World, actor: Actor, q: str, *kinds: str) -> dict[str, list[Hit]]:
    async with world.reading() as reads:
        groups = await search.find(reads, actor, q, 20, kinds=kinds or OPERATIONS)
    return {group.kind: list(group.hits) for group in groups}


async def found(world: World, actor: Actor, q: str, *kinds: str) -> dict[str, list[UUID]]:
    by_kind = await hits(world, actor, q, *kinds)
    return {kind: [hit.id for hit in of_kind] for kind, of_kind in by_kind.items()}


async def update(
    world: World,
    author: Actor,
    text: str,
    *,
    team_id: UUID | None = None,
    at: datetime | None = None,
) -> UUID:
    assert author.user_id
    row = StatusUpdate(
        id=ids.new(),
        author_id=author.user_id,
        team_id=team_id,
        done=text,
        posted_at=at or clock.now(),
    )
    return await put(world, "update", row, author.name, text)


async def incident(
    world: World,
    title: str,
    text: str = "",
    *,
    visibility: Visibility = Visibility.OPEN,
    **columns: Any,
) -> UUID:
    async with world.writing() as session:
        number = await numbering.following(session, "incident")
        kind = IncidentType(
            id=ids.new(), code=f"t{number}", name=f"Type {number}", default_severity=Severity.LOW,
            default_visibility=Visibility.OPEN,
        )  # fmt: skip
        session.add(kind)
    row = Incident(
        id=ids.new(), number=number, type_id=kind.id, title=title, severity=Severity.LOW,
        severity_rank=1, state=IncidentState.OPEN, state_rank=0, visibility=visibility,
        occurred_at=clock.now(), reported_at=clock.now(), **columns,
    )  # fmt: skip
    return await put(world, "incident", row, title, f"INC-{number} {text}")


async def put(world: World, kind: str, row: Any, title: str, body: str) -> UUID:
    async with world.writing() as session:
        session.add(row)
        await session.flush()
        await fulltext.put(session, kind, row.id, title=title, body=body)
    made: UUID = row.id
    return made


async def comment(world: World, author: Actor, of: tuple[str, UUID], text: str) -> UUID:
    row = Comment(
        id=ids.new(), subject_type=of[0], subject_id=of[1], author_id=author.user_id, text=text
    )
    return await put(world, "comment", row, "", text)


async def test_words_are_found_by_their_beginnings_whatever_their_case_and_accents(
    world: World,
) -> None:
    ada = await world.person()
    one = await update(world, ada, "Die GRÖSSE der Straße von Łódź, naïve Ångström; LN₂-Dewar 3D")
    for q in (
        "größe", "GROSSE", "strasse", "STRAẞE", "lodz", "Łódź", "naive angstrom", "ln2", "dewar ln",
        "gro str", "3d", "d",
    ):  # fmt: skip
        assert await found(world, ada, q) == {"update": [one]}, q
    for q in ("rosse", "dewars", "größe nichts", "-", "%", "'", '"', "*", "a:b & !c", ""):
        assert await found(world, ada, q) == {}, q


async def test_signs_of_a_query_language_are_only_signs(world: World) -> None:
    ada = await world.person()
    one = await update(world, ada, "alpha or beta NOT gamma:delta ^epsilon (zeta) AND eta*")
    for q in ("OR", "not", "AND", "NEAR(alpha", "gamma:delta", "^epsilon", '"alpha', "alpha' --"):
        expected = {} if "NEAR" in q else {"update": [one]}
        assert await found(world, ada, q) == expected, q


async def test_titles_come_before_texts_and_then_the_latest(world: World) -> None:
    ada = await world.person()
    now = clock.now()
    old = await incident(world, "Laser down")
    text = await incident(world, "Pump hums", "the laser is next to it")
    new = await incident(world, "The laser again")
    assert await found(world, ada, "laser") == {"incident": [new, old, text]}
    early = await update(world, ada, "laser", at=now - timedelta(days=2))
    late = await update(world, ada, "laser", at=now - timedelta(days=1))
    oldest = await update(world, ada, "laser", at=now - timedelta(days=3))
    assert (await found(world, ada, "laser", "update"))["update"] == [late, early, oldest]


async def test_a_number_is_that_number(world: World) -> None:
    ada = await world.person()
    every = [await incident(world, "Leak") for _ in range(12)]
    assert await found(world, ada, "INC-1") == {"incident": [every[0]]}
    assert await found(world, ada, "inc-12") == {"incident": [every[11]]}
    assert len((await found(world, ada, "inc 1"))["incident"]) == 4


async def test_what_was_found_is_marked_and_is_no_html(world: World) -> None:
    ada = await world.person()
    await incident(
        world, "<b>Läser</b> & co", "x " * 200 + "then the <i>laser</i> hummed " + "y " * 200
    )
    (hit,) = (await hits(world, ada, "LASER"))["incident"]
    assert hit.title == "INC-1 <b>Läser</b> & co"
    assert [piece.text for piece in hit.title_pieces if piece.is_found] == ["Läser"]
    said = "".join(piece.text for piece in hit.excerpt)
    assert "then the <i>laser</i> hummed" in said
    assert said.startswith("…")
    assert said.endswith("…")
    assert len(said) < 200
    assert [piece.text for piece in hit.excerpt if piece.is_found] == ["laser"]


async def test_what_is_changed_is_found_anew_and_what_is_removed_not_at_all(world: World) -> None:
    ada = await world.person()
    one = await update(world, ada, "alpha")
    async with world.writing() as session:
        await fulltext.put(session, "update", one, title="", body="beta")
    assert await found(world, ada, "alpha") == {}
    assert await found(world, ada, "beta") == {"update": [one]}
    async with world.writing() as session:
        await fulltext.forget(session, "update", one)
    assert await found(world, ada, "beta") == {}


async def test_who_may_not_see_a_thing_finds_neither_it_nor_what_was_said_of_it(
    world: World,
) -> None:
    team, other = await world.team(), await world.team()
    ada = await world.person(team_ids=[team])
    only = frozenset[str | None]({team_scope(team)})
    mate = replace(await world.person(), granted={Permission.OPERATIONS_READ: only})
    ehs = await world.person(RoleName.EHS)
    mine = await update(world, ada, "plasma here", team_id=team)
    hidden = await update(world, ada, "plasma there", team_id=other)
    secret = await incident(
        world, "plasma burn", visibility=Visibility.RESTRICTED, reported_by=ada.user_id
    )
    said = [await comment(world, ada, ("update", one), "plasma!") for one in (mine, hidden)]
    of_secret = await comment(world, ada, ("incident", secret), "plasma?")
    bob = await world.person()
    assert await found(world, mate, "plasma") == {"update": [mine], "comment": [said[0]]}
    assert await found(world, bob, "plasma") == {"update": [hidden, mine], "comment": said[::-1]}
    everything = {
        "update": [hidden, mine], "incident": [secret], "comment": [of_secret, *said[::-1]],
    }  # fmt: skip
    assert await found(world, ada, "plasma") == everything
    assert await found(world, ehs, "plasma") == everything
    assert await found(world, ANONYMOUS, "plasma") == {}
    (hit,) = (await hits(world, mate, "plasma", "comment"))["comment"]
    assert hit.path == f"/updates/{mine}#comment-{said[0]}"


async def test_the_latest_hits_one_may_see_are_found_behind_many_one_may_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "CANDIDATES", 3)
    team = await world.team()
    ada = await world.person()
    scope = frozenset[str | None]({team_scope(team)})
    mate = replace(ada, granted={Permission.OPERATIONS_READ: scope})
    mine = [await update(world, ada, "plasma", team_id=team) for _ in range(2)]
    for _ in range(10):
        await update(world, ada, "plasma")
    assert await found(world, mate, "plasma") == {"update": mine[::-1]}


async def test_kinds_are_chosen_and_each_costs_one_statement(world: World) -> None:
    manager = await world.manager()
    await update(world, manager, "plasma")
    await incident(world, "plasma")
    blocker = Blocker(
        id=ids.new(), number=1, title="Plasma", waiting_on=WaitingOn.VENDOR, impact=Severity.LOW,
        impact_rank=1, state=BlockerState.ACTIVE, state_rank=0, raised_at=clock.now(),
    )  # fmt: skip
    await put(world, "blocker", blocker, "Plasma", "")
    decision = Decision(
        id=ids.new(), number=1, title="Plasma", state=DecisionState.PROPOSED, state_rank=0,
        proposed_at=clock.now(),
    )  # fmt: skip
    await put(world, "decision", decision, "Plasma", "")
    with counted(world.database) as said:
        assert list(await found(world, manager, "plasma")) == list(OPERATIONS[:4])
    assert len(said) == len(OPERATIONS)
    assert list(await found(world, manager, "plasma", "decision")) == ["decision"]
    (hit,) = (await hits(world, manager, "plasma", "blocker"))["blocker"]
    assert hit.title == "BLK-1 Plasma"
    assert hit.subtitle.startswith("Active · Everybody · ")


@given(st.text(max_size=60), st.text(max_size=20))
def test_pieces_make_the_text_again(text: str, q: str) -> None:
    sought = words.sought(q)
    pieces = words.pieces(text, sought)
    assert words.fold("".join(piece.text for piece in pieces)) == words.fold(text)
    assert all(piece.text for piece in pieces)
    for token in words.indexed(text).split():
        assert token == words.indexed(token), "folded words stay as they are"
