"""What makes a password: known lists, a measure of guesses, and none of the last five."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from sqlalchemy import func, select

from src.core.db import Database, reading, transaction
from src.domain import accounts
from src.domain.accounts import UserView, passwords, strength
from src.domain.accounts.tables import PasswordHistory, User

PASSWORD = "seventeen green bottles"


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("elevenchars", "too-short"),
        ("a" * 1025, "too-long"),
        ("aliquot-demo-password", "too-common"),
        ("PasswordPassword", "too-common"),
        ("dragon-dragon-9", "too-common"),
        ("iloveyou 2026!", "too-common"),
        ("qwertyuiop123456789", "too-common"),
        ("abcabcabcabcabcabcabc", "too-common"),
        ("121212 121212 12", "too-common"),
        ("ada@example.org", "too-personal"),
        ("lovelace-ada-1815", "too-personal"),
        ("AdaLovelace2026!", "too-personal"),
        ("monkey1monkey1monkey1", "too-easy"),
        ("correct horse battery staple", "too-common"),
    ],
)
def test_a_password_that_is_guessed_early_is_refused_by_name(password: str, fault: str) -> None:
    about = ("Ada Lovelace", "ada@example.org", "1815")
    assert strength.fault_of(password, about) == fault
    assert strength.measured(password, about).level < 3


@pytest.mark.parametrize(
    "password",
    [
        "seventeen green bottles",
        "8492 1073 5561 7749 a",
        "Zw3i_Löwen&drei Äpfel",
        "新しい鍵はどこにありますか",
        "x" * 3 + "kq7 vW2 pL9 zR4 mN1" * 40,
    ],
)
def test_a_long_and_unexpected_password_is_taken(password: str) -> None:
    assert strength.fault_of(password, ("Ada Lovelace", "ada@example.org")) is None


@pytest.mark.parametrize(
    "password", ["4@8({[</369&#!1l|0$5+7%2" * 42, "ab" * 512, "passw0rd" * 128, "\x00" * 1024]
)
def test_no_input_makes_measuring_slow(password: str) -> None:
    strength.measured("warm up the lists")
    began = time.process_time()
    strength.measured(password, ("x" * 320, "y" * 320))
    assert time.process_time() - began < 2


async def test_none_of_the_last_five_is_taken_again_and_no_more_are_kept(
    database: Database, admin: UserView
) -> None:
    former = [
        PASSWORD,
        *(f"{word} hats for the herons" for word in ("ten", "six", "two", "nine", "four")),
    ]
    async with reading(database) as reads:
        actor = await accounts.actor_of_user(reads, admin.id)
    assert actor is not None

    async def change(new: str, current: str) -> None:
        await accounts.change_password(database, actor, current=current, new=new)

    for current, new in pairwise(former):
        await change(new, current)
    for old in former[1:]:
        with pytest.raises(accounts.PasswordRefused) as refused:
            await change(old, former[-1])
        assert refused.value.errors[0].code == "used-before"
    await change(former[0], former[-1])
    async with reading(database) as reads:
        kept = await reads.scalar(select(func.count()).select_from(PasswordHistory))
        user = await reads.get_one(User, admin.id)
        hashes = set(await reads.scalars(select(PasswordHistory.password_hash)))
    assert kept == 4
    assert user.password_hash not in hashes


async def test_a_password_is_never_said_by_its_refusal(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(accounts.PasswordRefused) as refused:
        await passwords.new_hash("dragon-dragon-9")
    said = f"{refused.value!r} {refused.value.detail} {refused.value.errors} {caplog.text}"
    assert "dragon" not in said
    async with transaction(database):
        pass
