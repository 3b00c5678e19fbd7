"""How people come in: by invitation, by registration, by a forgotten password, by a new address."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from src.core import mailbox
from src.core.actor import SYSTEM
from src.core.crypto import hash_of
from src.core.db import create_database, transaction
from src.domain import accounts
from src.domain.accounts import facility
from src.domain.accounts.tables import MailedToken
from tests.support import servers
from tests.support.application import PASSWORD, Lab
from tests.support.statements import counted
from tests.web.pages.visitor import Visitor

NEW = "nine otters juggle turnips"
OTHER = "forty purple lighthouses hum"


def mails(lab: Lab, to: str) -> list[str]:
    """Texts of the mails to an address, the newest first."""
    folder = mailbox.folder_of(lab.settings.data_dir)
    found = [mailbox.read(folder, one.id) for one in mailbox.list_(folder)]
    return [f"{one.subject}\n{one.text}" for one in found if one is not None and to in one.to]


def mailed(lab: Lab, to: str, *, path: str = "", after: int = 0) -> str:
    """The newest mail to the address once there are more than `after` (with a link to `path`)."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [one for one in mails(lab, to) if path in one]
        if len(found) > after:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no mail to {to} within 60 s: {mails(lab, to)}")


def token_for(lab: Lab, to: str, path: str, *, after: int = 0) -> str:
    """The secret of the link that was mailed."""
    found = re.search(
        rf"{path}\?token=([A-Za-z0-9_-]{{43}})", mailed(lab, to, path=path, after=after)
    )
    assert found
    return found[1]


def done(lab: Lab, work: Callable[[Any], Any]) -> Any:
    """Something in the database, behind the application's back."""

    async def run() -> Any:
        database = create_database(lab.settings.database)
        try:
            async with transaction(database) as session:
                return await work(session)
        finally:
            await database.dispose()

    return servers.in_thread(run)


def settled(lab: Lab) -> None:
    """Wait until the worker has answered everything that was asked for."""
    deadline = time.monotonic() + 60
    wanted = text("SELECT count(*) FROM outbox WHERE state IN ('queued', 'running')")
    while done(lab, lambda tx: tx.scalar(wanted)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def opened(lab: Lab, registration: str = "on", **more: Any) -> None:
    changes = {"registration": registration, **more}
    done(lab, lambda tx: facility.update(tx, SYSTEM, changes=changes))


def ask(lab: Lab, path: str, **body: Any) -> httpx2.Response:
    return lab.post(path, by=None, json=body)


def code(answer: httpx2.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    problem = answer.json()
    return answer.status_code, problem["type"].rpartition("/")[2]


def logs_in(lab: Lab, email: str, password: str) -> bool:
    form = {"username": email, "password": password}
    return lab.client.post("/api/v1/auth/token", data=form).status_code == 200


def invited(lab: Lab, email: str = "new@example.org", **more: Any) -> dict[str, Any]:
    answer = lab.post("/invitations", by="admin", json={"email": email, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def verbs_of(lab: Lab, user_id: str) -> list[str]:
    async def work(session: Any) -> list[str]:
        rows = await session.execute(
            text("SELECT verb FROM events WHERE subject_id = :id ORDER BY id"),
            {"id": UUID(user_id).hex if lab.settings.is_sqlite else UUID(user_id)},
        )
        return [row[0] for row in rows]

    found: list[str] = done(lab, work)
    return found


def test_who_is_invited_chooses_name_and_password_and_is_in_with_what_they_were_given(
    lab: Lab,
) -> None:
    made = invited(lab, "Nia.New@Example.org", roles=["technician"])
    assert (made["email"], made["roles"]) == ("nia.new@example.org", ["technician"])
    token = token_for(lab, "nia.new@example.org", "/invitation")
    visitor = Visitor(lab)
    page = visitor.see(f"/invitation?token={token}")
    assert page.status == 200
    assert "Ada Admin invited you" in page.text
    weak = visitor.send(page.form("/invitation"), name="Nia", password="password1234")
    assert (weak.status, "too-common" in weak.response.text) == (422, True)
    inside = visitor.send(page.form("/invitation"), name="Nia New", password=NEW)
    assert inside.path in {"/en/", "/"}, inside.text
    assert "Nia New" in visitor.see("/me").response.text
    assert logs_in(lab, "nia.new@example.org", NEW)
    again = visitor.see(f"/invitation?token={token}")
    assert (again.status, "link-gone" in again.response.text) == (410, True)
    body = {"token": token, "password": OTHER, "name": "Mallory"}
    assert code(ask(lab, "/auth/invitations/accept", **body)) == (410, "link-gone")
    assert lab.get(f"/invitations/{made['id']}", by="admin").status_code == 404
    assert "user.email_verified" in verbs_of(lab, made["id"])


def test_nobody_invites_to_more_than_they_hold_and_members_invite_nobody(lab: Lab) -> None:
    wish = {"email": "boss@example.org", "roles": ["admin"]}
    assert lab.post("/invitations", by="member", json=wish).status_code == 403
    assert lab.get("/invitations", by="member").status_code == 403
    from src.core.actor import EVERYWHERE, Actor, Permission

    keeper = Actor(
        user_id=lab.ids.manager, granted={Permission.USERS_MANAGE: EVERYWHERE}, name="Keeper"
    )

    async def too_much(session: Any) -> None:
        await accounts.joining.invitations.invite(
            session, keeper, email="boss@example.org", roles=["admin"]
        )

    with pytest.raises(accounts.MayNotGrant):
        done(lab, too_much)
    taken = lab.post("/invitations", by="admin", json={"email": "member@example.org"})
    assert code(taken) == (409, "email-taken")


def test_a_new_link_ends_the_one_before_and_a_withdrawn_one_leads_nowhere(lab: Lab) -> None:
    made = invited(lab)
    first = token_for(lab, "new@example.org", "/invitation")
    assert lab.post(f"/invitations/{made['id']}/resend", by="admin").status_code == 200
    second = token_for(lab, "new@example.org", "/invitation", after=1)
    body = {"password": NEW, "name": "Nia"}
    gone = (410, "link-gone")
    assert code(ask(lab, "/auth/invitations/accept", token=first, **body)) == gone
    (listed,) = lab.get("/invitations", by="admin").json()["data"]
    assert (listed["id"], listed["inviter"]["name"]) == (made["id"], "Ada Admin")
    assert lab.call("DELETE", f"/invitations/{made['id']}", by="admin").status_code == 204
    assert code(ask(lab, "/auth/invitations/accept", token=second, **body)) == gone
    assert lab.get("/invitations", by="admin").json()["data"] == []
    assert code(lab.post(f"/invitations/{made['id']}/resend", by="admin"))[0] == 404
    assert invited(lab, roles=["member"])["roles"] == ["member"]


def test_while_registration_is_off_page_and_interface_say_whom_to_ask(lab: Lab) -> None:
    answer = ask(lab, "/auth/register", email="new@example.org", name="Nia")
    assert code(answer) == (404, "registration-closed")
    assert "administrator" in answer.json()["detail"]
    page = Visitor(lab).see("/register")
    assert (page.status, "Ask an administrator" in page.text) == (404, True)
    assert not Visitor(lab).see("/login").has("/register")


def test_who_registers_is_a_member_once_their_address_is_proved_whatever_they_send(
    lab: Lab,
) -> None:
    opened(lab)
    more = {"email": "nia@example.org", "name": "Nia"}
    for extra in ({"role": "admin"}, {"roles": ["admin"]}, {"state": "active"}, {"password": NEW}):
        assert code(ask(lab, "/auth/register", **more, **extra))[0] == 422
    visitor = Visitor(lab)
    page = visitor.send(visitor.see("/register").form("/register"), **more, role="admin")
    assert (page.path, "Look into your mail" in page.text) == ("/register", True)
    token = token_for(lab, "nia@example.org", "/verify")
    assert not logs_in(lab, "nia@example.org", NEW)
    assert code(ask(lab, "/auth/password/reset", token=token, password=NEW)) == (410, "link-gone")
    answer = ask(lab, "/auth/verify-email", token=token, password=NEW)
    assert answer.status_code == 200, answer.text
    found = answer.json()["data"]
    assert (found["state"], found["roles"]) == ("active", ["member"])
    assert logs_in(lab, "nia@example.org", NEW)
    assert {"user.registered", "user.email_verified"} <= set(verbs_of(lab, found["id"]))


def test_only_approved_domains_register_where_there_are_some(lab: Lab) -> None:
    opened(lab, "domains", registration_domains=["lab.example.org"])
    for email in ("nia@example.org", "nia@evil-lab.example.org", "lab.example.org@example.com"):
        answer = ask(lab, "/auth/register", email=email, name="Nia")
        assert code(answer) == (422, "domain-not-approved")
        assert answer.json()["errors"][0]["pointer"] == "#/email"
    assert ask(lab, "/auth/register", email="Nia@LAB.example.org", name="N").status_code == 202


def test_what_is_answered_is_the_same_for_addresses_that_are_known_and_for_those_that_are_not(
    lab: Lab,
) -> None:
    opened(lab)
    for path, more in (
        ("/auth/register", {"name": "Nia"}),
        ("/auth/verify-email/resend", {}),
        ("/auth/password/forgot", {}),
    ):
        answers = [
            ask(lab, path, email=email, **more)
            for email in ("member@example.org", f"nobody{len(path)}@example.org")
        ]
        assert [one.status_code for one in answers] == [202, 202]
        known, unknown = (one.json() for one in answers)
        assert known["data"] == unknown["data"]
    settled(lab)
    subjects = {one.partition("\n")[0] for one in mails(lab, "member@example.org")}
    assert subjects == {
        "You have an account already", "A new password for Institute of Tests"
    }  # fmt: skip
    assert not mails(lab, "nobody21@example.org")


def test_the_same_work_is_done_for_known_and_for_unknown_addresses(lab: Lab) -> None:
    opened(lab)
    for path, more in (
        ("/auth/password/forgot", {}),
        ("/auth/register", {"name": "Nia"}),
        ("/auth/verify-email/resend", {}),
    ):
        work: list[list[str]] = []
        for email in ("other@example.org", f"nobody{len(path)}@example.org"):
            settled(lab)
            done(lab, lambda tx: tx.execute(text("DELETE FROM log_in_failures")))
            with counted(lab.app.state.database) as seen:
                answers = [ask(lab, path, email=email, **more) for _ in range(2)]
            assert {one.status_code for one in answers} == {202}
            work.append([one.split("(")[0].split("WHERE")[0] for one in seen])
        known, unknown = work
        assert known == unknown
        assert any("INSERT INTO outbox" in one for one in known)
        assert not any("users" in one for one in known)  # who it is, a worker finds out


def test_mails_that_are_asked_for_are_bounded_per_address_alike_for_all(lab: Lab) -> None:
    for email in ("member@example.org", "nobody@example.org"):
        answers = [ask(lab, "/auth/password/forgot", email=email) for _ in range(6)]
        assert {one.status_code for one in answers} == {202}
        # The first wait is a second, each one more doubles it: a slow machine sees a later one.
        while answers[-1].status_code == 202 and len(answers) < 12:
            answers.append(ask(lab, "/auth/password/forgot", email=email))
        assert code(answers[-1]) == (429, "too-many-attempts")
    settled(lab)
    assert 1 <= len(mails(lab, "member@example.org")) < 12


def test_a_reset_ends_every_way_in_and_its_link_works_once(lab: Lab) -> None:
    browser = Visitor.logged_in(lab, "member")
    bearer = {"username": "member@example.org", "password": PASSWORD}
    program = lab.client.post("/api/v1/auth/token", data=bearer).json()["access_token"]
    ask(lab, "/auth/password/forgot", email=" Member@Example.org ")
    token = token_for(lab, "member@example.org", "/reset")
    time.sleep(1.1)  # an access token of the second of the change still counts
    visitor = Visitor(lab)
    page = visitor.see(f"/reset?token={token}")
    assert "member@example.org" in page.text
    for bad, why in (
        ("short", "too-short"),
        (PASSWORD, "used-before"),
        ("password1234", "too-common"),
    ):
        refused = visitor.send(page.form("/reset"), password=bad)
        assert (refused.status, why in refused.response.text) == (422, True), why
    set_ = visitor.send(page.form("/reset"), password=NEW)
    assert "The password is set" in set_.text
    assert visitor.see("/me").path == "/login"  # nobody is logged in by it
    assert browser.see("/me").path == "/login"
    headers = {"Authorization": f"Bearer {program}"}
    assert lab.client.get("/api/v1/me", headers=headers).status_code == 401
    assert (
        logs_in(lab, "member@example.org", NEW),
        logs_in(lab, "member@example.org", PASSWORD),
    ) == (True, False)
    again = ask(lab, "/auth/password/reset", token=token, password=OTHER)
    assert code(again) == (410, "link-gone")
    assert "Your password was changed" in mailed(lab, "member@example.org", path="was changed")
    kept = verbs_of(lab, str(lab.ids.member))
    assert kept.index("user.password_reset_asked") < kept.index("user.password_reset")


def test_who_is_suspended_gets_no_mail_and_their_link_no_longer_works(lab: Lab) -> None:
    ask(lab, "/auth/password/forgot", email="other@example.org")
    token = token_for(lab, "other@example.org", "/reset")
    state = {"state": "suspended"}
    assert lab.patch(f"/users/{lab.ids.other}", by="admin", json=state).status_code == 200
    assert code(ask(lab, "/auth/password/reset", token=token, password=NEW)) == (410, "link-gone")
    ask(lab, "/auth/password/forgot", email="other@example.org")
    settled(lab)
    assert len(mails(lab, "other@example.org")) == 1


@pytest.mark.parametrize("hours", [1, 24 * 7])
def test_links_end_by_themselves(sqlite_lab: Lab, hours: int) -> None:
    lab = sqlite_lab
    if hours == 1:
        ask(lab, "/auth/password/forgot", email="member@example.org")
        token, path = token_for(lab, "member@example.org", "/reset"), "/auth/password/reset"
    else:
        invited(lab)
        token, path = token_for(lab, "new@example.org", "/invitation"), "/auth/invitations/accept"

    async def lifetime(session: Any) -> float:
        link = await session.scalar(
            MailedToken.__table__.select().with_only_columns(MailedToken.id)
        )
        row = await session.get(MailedToken, link)
        lasts = (row.expires_at - row.created_at).total_seconds()
        row.expires_at = row.created_at
        return float(lasts)

    assert done(lab, lifetime) == pytest.approx(hours * 3600, abs=5)
    assert code(ask(lab, path, token=token, password=NEW)) == (410, "link-gone")


def test_a_link_is_for_one_purpose(lab: Lab) -> None:
    ask(lab, "/auth/password/forgot", email="member@example.org")
    token = token_for(lab, "member@example.org", "/reset")
    for path, body in (
        ("/auth/invitations/accept", {"password": NEW}),
        ("/auth/verify-email", {"password": NEW}),
        ("/auth/email/confirm", {}),
        ("/auth/email/keep", {}),
    ):
        assert code(ask(lab, path, token=token, **body)) == (410, "link-gone"), path
    for path in ("/invitation", "/verify", "/email/confirm", "/email/keep"):
        assert Visitor(lab).see(f"{path}?token={token}").status == 410


def test_a_links_secret_is_neither_stored_in_clear_nor_logged(
    lab: Lab, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ask(lab, "/auth/password/forgot", email="member@example.org")
    token = token_for(lab, "member@example.org", "/reset")
    visitor = Visitor(lab)
    visitor.send(visitor.see(f"/reset?token={token}").form("/reset"), password="short")
    settled(lab)

    async def everything(session: Any) -> str:
        tables = await session.run_sync(_tables)
        found = []
        for name in tables:
            rows = await session.execute(text(f'SELECT * FROM "{name}"'))
            found += [repr(row) for row in rows]
        return "\n".join(found)

    stored = done(lab, everything)
    assert hash_of(token) in stored
    assert token not in stored
    said = capsys.readouterr()
    assert token not in said.out + said.err + caplog.text


def _tables(session: Any) -> list[str]:
    from sqlalchemy import inspect

    names: list[str] = inspect(session.connection()).get_table_names()
    return names


@pytest.fixture
def changing(lab: Lab) -> tuple[Lab, str]:
    """A member has asked for another address; the new one's token."""
    browser = Visitor.logged_in(lab, "member")
    page = browser.see("/me/email")
    wrong = browser.send(page.form("/me/email"), email="ada@example.net", password="wrong")
    assert (wrong.status, "wrong-password" in wrong.response.text) == (422, True)
    sent = browser.send(page.form("/me/email"), email="Ada@Example.net", password=PASSWORD)
    assert "We mailed a link" in sent.text
    return lab, token_for(lab, "ada@example.net", "/email/confirm")


def test_a_new_address_counts_once_it_is_proved_and_the_old_one_hears_of_it(
    changing: tuple[Lab, str],
) -> None:
    lab, token = changing
    assert logs_in(lab, "member@example.org", PASSWORD)
    assert not logs_in(lab, "ada@example.net", PASSWORD)
    somebody = Visitor.logged_in(lab, "other")
    page = somebody.see(f"/email/confirm?token={token}")
    refused = somebody.send(page.form("/email/confirm"))
    assert refused.status == 410  # it is another person's
    visitor = Visitor(lab)
    page = visitor.see(f"/email/confirm?token={token}")
    assert visitor.send(page.form("/email/confirm")).status == 200
    assert logs_in(lab, "ada@example.net", PASSWORD)
    assert not logs_in(lab, "member@example.org", PASSWORD)
    assert "ada@example.net" in mailed(lab, "member@example.org", path="/email/keep", after=1)
    assert code(ask(lab, "/auth/email/confirm", token=token)) == (410, "link-gone")


def test_the_old_address_stops_a_change_that_was_not_its_owners(
    changing: tuple[Lab, str],
) -> None:
    lab, token = changing
    keep = token_for(lab, "member@example.org", "/email/keep")
    assert ask(lab, "/auth/email/keep", token=keep).status_code == 204
    assert code(ask(lab, "/auth/email/confirm", token=token)) == (410, "link-gone")
    assert not logs_in(lab, "member@example.org", PASSWORD)
    reset = token_for(lab, "member@example.org", "/reset")
    done_ = ask(lab, "/auth/password/reset", token=reset, password=NEW)
    assert done_.status_code == 204, done_.text
    assert logs_in(lab, "member@example.org", NEW)


def test_the_old_address_takes_the_account_back_though_it_was_changed_twice(
    changing: tuple[Lab, str],
) -> None:
    lab, token = changing
    keep = token_for(lab, "member@example.org", "/email/keep")
    assert ask(lab, "/auth/email/confirm", token=token).status_code == 204
    body = {"email": "eve@example.net", "password": PASSWORD}
    assert lab.post("/me/email", by="member", json=body).status_code == 202
    later = token_for(lab, "eve@example.net", "/email/confirm")
    assert ask(lab, "/auth/email/confirm", token=later).status_code == 204
    eves = token_for(lab, "ada@example.net", "/email/keep", after=1)
    assert ask(lab, "/auth/email/keep", token=keep).status_code == 204
    assert code(ask(lab, "/auth/email/keep", token=eves)) == (410, "link-gone")
    me = lab.get(f"/users/{lab.ids.member}", by="admin").json()["data"]
    assert me["email"] == "member@example.org"
    assert not logs_in(lab, "member@example.org", PASSWORD)


def test_an_address_somebody_has_is_answered_like_any_other_and_its_owner_told(lab: Lab) -> None:
    answers = [
        lab.post("/me/email", by="member", json={"email": email, "password": PASSWORD})
        for email in ("MANAGER@example.org", "free@example.org")
    ]
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[0].json()["data"] == answers[1].json()["data"]
    assert "Somebody wanted to use your address" in mailed(lab, "manager@example.org")
    mailed(lab, "free@example.org", path="/email/confirm")
    assert not any("/email/keep" in one and "manager" in one for one in mails(lab, "member@"))


def test_who_manages_people_changes_an_address_at_once_and_both_addresses_hear_of_it(
    lab: Lab,
) -> None:
    change = {"email": "moved@example.net"}
    assert lab.patch(f"/users/{lab.ids.member}", by="admin", json=change).status_code == 200
    for address in ("member@example.org", "moved@example.net"):
        assert "An administrator changed" in mailed(lab, address)


def test_how_good_a_password_is_is_told_while_it_is_typed(lab: Lab) -> None:
    visitor = Visitor(lab)
    page = visitor.see("/login")

    def measured(password: str, *about: str) -> dict[str, Any]:
        form = {"csrf_token": page.value("csrf_token"), "password": password, "about": list(about)}
        lab.client.cookies = visitor.cookies
        answer = lab.client.post("/password-strength", data=form)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    assert measured("short")["level"] < 3
    assert measured("passwordpassword")["level"] < 3
    assert measured(NEW) == {"level": 4, "text": "Strong"}
    assert measured("ada.admin@example.org", "ada.admin@example.org")["level"] < 3
    assert lab.client.post("/password-strength", data={"password": NEW}).status_code == 403
