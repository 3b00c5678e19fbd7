"""The log-in and its second step, log-ins and devices, and what wants a fresh proof."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from src.domain.accounts import Holder, RoleName, access
from src.web import cookies
from tests.support import servers
from tests.support.application import PASSWORD, Lab, count, running
from tests.support.databases import Templates
from tests.support.factors import code, execute, with_app, wrong
from tests.web.pages.test_booking_pages import book
from tests.web.pages.visitor import Shown, Visitor

LONG_AGO = "2020-01-01 00:00:00.000000"
Start = Callable[..., AbstractContextManager[Lab]]


@pytest.fixture
def start(templates: Templates, tmp_path: Path) -> Start:
    @contextmanager
    def started(**settings: Any) -> Iterator[Lab]:
        with templates.with_schema("sqlite") as url, running(url, tmp_path, **settings) as lab:
            yield lab

    return started


def typed(visitor: Visitor, *, person: str = "member", path: str = "/login") -> Shown:
    """What one sees after the password."""
    form = visitor.see(path).form("/login")
    return visitor.send(form, email=f"{person}@example.org", password=PASSWORD)


def enter(visitor: Visitor, app: str, *, steps: int = 0, **more: str) -> Shown:
    """Password and code."""
    asked = typed(visitor)
    assert asked.path == "/login/factor", asked.text
    return visitor.send(asked.form("/login/factor"), code=code(app, steps=steps), **more)


def plant(visitor: Visitor, name: str, value: str) -> None:
    """Put a cookie into a browser, as if the site had set it."""
    visitor.cookies.set(name, value, domain="testserver.local", path="/")


def is_logged_in(visitor: Visitor) -> bool:
    return visitor.request("GET", "/me").status_code == 200


def test_the_second_step_stands_before_every_page_and_the_interface(sqlite_lab: Lab) -> None:
    app = with_app(sqlite_lab, "member")
    visitor = Visitor(sqlite_lab)
    asked = typed(visitor)
    assert asked.path == "/login/factor"
    for path in (
        "/en/",
        "/me",
        "/bookings",
        "/me/factors",
        "/me/sessions",
        "/me/confirm",
        "/admin/",
    ):
        answer = visitor.request("GET", path)
        assert answer.status_code == 303, path
        assert "/login" in answer.headers["Location"], path
    client = sqlite_lab.client
    client.cookies = visitor.cookies
    assert client.get("/api/v1/me").status_code == 401
    assert count(sqlite_lab, "login_sessions") == 0
    refused = visitor.send(asked.form("/login/factor"), code=wrong(app))
    assert (refused.status, refused.path) == (422, "/login/factor")
    assert wrong(app) not in refused.response.text
    done = visitor.send(refused.form("/login/factor"), code=code(app))
    assert done.status == 200
    assert is_logged_in(visitor)


def test_one_comes_back_through_both_steps_to_where_one_wanted_to_go(sqlite_lab: Lab) -> None:
    app = with_app(sqlite_lab, "member")
    wanted = f"/resources/{sqlite_lab.ids.confocal}?week=2027-W03"
    visitor = Visitor(sqlite_lab)
    first = visitor.see(wanted)
    asked = visitor.send(first.form("/login"), email="member@example.org", password=PASSWORD)
    missed = visitor.send(asked.form("/login/factor"), code=wrong(app))
    done = visitor.send(missed.form("/login/factor"), code=code(app))
    assert str(done.response.url).endswith(wanted)


def test_a_code_that_was_seen_opens_no_second_door(sqlite_lab: Lab) -> None:
    app = with_app(sqlite_lab, "member")
    seen = code(app)
    owner, thief = Visitor(sqlite_lab), Visitor(sqlite_lab)
    asked = typed(owner)
    assert owner.send(asked.form("/login/factor"), code=seen).status == 200
    again = typed(thief)
    assert thief.send(again.form("/login/factor"), code=seen).status == 422
    assert not is_logged_in(thief)
    form = {"username": "member@example.org", "password": PASSWORD, "client_secret": seen}
    assert sqlite_lab.client.post("/api/v1/auth/token", data=form).status_code == 400


def test_a_second_step_of_somebody_else_lets_nobody_in(sqlite_lab: Lab) -> None:
    with_app(sqlite_lab, "member")
    theirs = with_app(sqlite_lab, "other")
    victim, thief = Visitor(sqlite_lab), Visitor(sqlite_lab)
    typed(victim)
    asked = typed(thief, person="other")
    plant(thief, cookies.PENDING, victim.cookies[cookies.PENDING])
    refused = thief.send(asked.form("/login/factor"), code=code(theirs))
    assert refused.status == 422
    assert not is_logged_in(thief)


def test_a_browser_that_is_trusted_is_asked_for_the_password_alone(sqlite_lab: Lab) -> None:
    app = with_app(sqlite_lab, "member")
    visitor = Visitor(sqlite_lab)
    home = enter(visitor, app, trust="on")
    visitor.send(home.form("/logout"))
    again = typed(visitor)
    assert again.path != "/login/factor"
    page = visitor.see("/me/sessions")
    assert "on a trusted device" in page.text
    forget = next(one for one in page.forms if one.action.endswith("/forget"))
    assert "trusted no more" in visitor.send(forget).text
    assert typed_again(visitor).path == "/login/factor"


def typed_again(visitor: Visitor) -> Shown:
    visitor.send(visitor.see("/me").form("/logout"))
    return typed(visitor)


def test_a_log_in_that_another_site_began_is_refused(sqlite_lab: Lab) -> None:
    visitor, other = Visitor(sqlite_lab), Visitor(sqlite_lab)
    page, foreign = visitor.see("/login"), other.see("/login")
    fields = {"email": "other@example.org", "password": PASSWORD}
    for token in ("", "made up", foreign.form("/login").fields["csrf_token"][0]):
        assert visitor.send(page.form("/login"), csrf_token=token, **fields).status == 403
    client = sqlite_lab.client
    client.cookies = visitor.cookies
    token = page.form("/login").fields["csrf_token"][0]
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        sent = {**fields, "csrf_token": token}
        answer = client.post("/login", data=sent, headers=headers, follow_redirects=False)
        assert answer.status_code == 403
    assert count(sqlite_lab, "login_sessions") == 0


def test_a_secret_that_was_planted_is_not_taken_over(sqlite_lab: Lab) -> None:
    visitor = Visitor(sqlite_lab)
    plant(visitor, cookies.SESSION, "planted" * 6)
    typed(visitor)
    assert "planted" not in visitor.cookies[cookies.SESSION]
    assert is_logged_in(visitor)


def test_over_https_cookies_belong_to_this_host_alone(start: Start) -> None:
    with start(public_url="https://lab.example.org", trusted_proxies=("127.0.0.1",)) as lab:
        from starlette.testclient import TestClient

        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        client = TestClient(
            lab.app,
            base_url="https://lab.example.org",
            client=("127.0.0.1", 5000),
            headers={**proxied, "Accept": "text/html"},
            follow_redirects=False,
        )
        page = client.get("/login").text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        sent = {"email": "member@example.org", "password": PASSWORD, "csrf_token": token}
        answer = client.post("/login", data=sent)
        assert answer.status_code == 303, answer.text
        said = answer.headers.get_list("set-cookie")
    assert {one.partition("=")[0] for one in said} == {
        "__Host-aliquot_session",
        "__Host-aliquot_device",
    }
    for one in said:
        parts = {part.strip().lower() for part in one.split(";")[1:]}
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= parts
        assert not any(part.startswith("domain") for part in parts)


def test_log_ins_are_listed_and_ended_by_their_owner_alone(sqlite_lab: Lab) -> None:
    here, there = (Visitor.logged_in(sqlite_lab, "member") for _ in range(2))
    stranger = Visitor.logged_in(sqlite_lab, "other")
    page = here.see("/me/sessions")
    ends = [one for one in page.forms if one.action.endswith("/end")]
    assert len(ends) == 3, "two log-ins, and all the others"
    own, theirs = _ids(here), _ids(stranger)
    assert own[0]["is_this"]
    assert [one["method"] for one in own] == ["password"] * 2
    for wanted in (theirs[0]["id"], str(uuid4())):
        assert _api(here, "DELETE", f"/me/sessions/{wanted}").status_code == 404
    assert is_logged_in(stranger)
    assert _api(here, "DELETE", f"/me/sessions/{own[1]['id']}").status_code == 204
    assert (is_logged_in(here), is_logged_in(there)) == (True, False)
    third = Visitor.logged_in(sqlite_lab, "member")
    here.send(here.see("/me/sessions").form("/me/sessions/end"))
    assert (is_logged_in(here), is_logged_in(third)) == (True, False)
    device = _api(stranger, "GET", "/me/devices").json()["data"][0]["id"]
    assert _api(here, "DELETE", f"/me/devices/{device}").status_code == 404


def _api(visitor: Visitor, method: str, path: str) -> httpx2.Response:
    client = visitor.lab.client
    client.cookies = visitor.cookies
    return client.request(method, f"/api/v1{path}")


def _ids(visitor: Visitor) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _api(visitor, "GET", "/me/sessions").json()["data"]
    return found


def test_an_administrator_ends_the_log_ins_of_others(sqlite_lab: Lab) -> None:
    member, admin = (Visitor.logged_in(sqlite_lab, name) for name in ("member", "admin"))
    path = f"/users/{sqlite_lab.ids.member}/sessions"
    other = Visitor.logged_in(sqlite_lab, "other")
    assert _api(other, "DELETE", path).status_code == 403
    assert _api(member, "DELETE", f"/users/{sqlite_lab.ids.admin}/sessions").status_code == 403
    assert is_logged_in(member)
    assert _api(admin, "DELETE", path).status_code == 204
    assert not is_logged_in(member)


def test_a_new_role_renews_the_cookie_and_open_forms_go_on(sqlite_lab: Lab) -> None:
    lab, visitor = sqlite_lab, Visitor.logged_in(sqlite_lab, "member")
    address = f"/bookings/new?resource_id={lab.ids.confocal}"
    form = visitor.see(address).form("/bookings/new")
    before = visitor.cookies[cookies.SESSION]
    _change_roles(lab, give=True)
    assert is_logged_in(visitor)
    after = visitor.cookies[cookies.SESSION]
    assert after != before
    assert is_logged_in(visitor)
    assert visitor.cookies[cookies.SESSION] == after, "once"
    assert visitor.send(form, title="Slides").status == 200, "the token of the form still counts"
    assert visitor.see("/requests").status == 200
    _change_roles(lab, give=False)
    assert not is_logged_in(visitor)


def _change_roles(lab: Lab, *, give: bool) -> None:
    from src.core.actor import SYSTEM
    from src.core.db import create_database, transaction

    async def work() -> None:
        database = create_database(lab.settings.database)
        change = access.assignments.grant if give else access.assignments.take
        try:
            async with transaction(database) as session:
                holder = Holder(user_id=lab.ids.member)
                await change(session, SYSTEM, holder, RoleName.MANAGER)
        finally:
            await database.dispose()

    servers.in_thread(work)


def test_what_is_sensitive_wants_a_fresh_proof_and_then_goes_on(sqlite_lab: Lab) -> None:
    lab, visitor = sqlite_lab, Visitor.logged_in(sqlite_lab, "member")
    form = visitor.see("/me/factors/totp").form("/me/factors/totp")
    execute(lab, "UPDATE login_sessions SET authenticated_at = :at", at=LONG_AGO)
    client = lab.client
    client.cookies = visitor.cookies
    program = client.post("/api/v1/me/second-factor/totp")
    assert (program.status_code, program.json()["type"]) == (403, "/problems/confirmation-needed")
    asked = visitor.send(form)
    assert asked.path == "/me/confirm"
    before = visitor.cookies[cookies.SESSION]
    address = "/me/confirm?next=/me/factors/totp"
    wronged = visitor.send(visitor.see(address).form("/me/confirm"), password="wrong")
    assert wronged.status == 422
    done = visitor.send(wronged.form("/me/confirm"), password=PASSWORD)
    assert done.path.startswith("/me/factors")
    assert visitor.cookies[cookies.SESSION] != before
    assert visitor.send(form).path == "/me/factors/totp"


def test_whose_factor_is_overdue_sets_it_up_or_logs_out_and_nothing_else(sqlite_lab: Lab) -> None:
    lab, visitor = sqlite_lab, Visitor.logged_in(sqlite_lab, "admin")
    booking = visitor.see(f"/bookings/new?resource_id={lab.ids.confocal}").form("/bookings/new")
    execute(lab, "UPDATE users SET factor_due_at = :at", at=LONG_AGO)
    for path in (
        "/",
        "/me",
        "/bookings",
        "/people",
        "/admin/",
        "/admin/users/list",
        "/me/sessions",
    ):
        answer = visitor.request("GET", path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/me/factors"), path
    assert visitor.send(booking, title="x").path == "/me/factors"
    assert count(lab, "bookings") == 0
    refused = _api(visitor, "GET", "/bookings")
    assert (refused.status_code, refused.json()["type"]) == (
        403,
        "/problems/second-factor-missing",
    )
    for path in ("/me/factors", "/me/security", "/me/confirm"):
        assert visitor.see(path).status == 200, path
    assert visitor.send(visitor.see("/me/factors").form("/logout")).path.endswith("/login")


def test_a_log_in_that_ends_while_a_form_is_filled_leads_back_to_it(sqlite_lab: Lab) -> None:
    app = with_app(sqlite_lab, "member")
    visitor = Visitor(sqlite_lab)
    enter(visitor, app)
    path = f"/bookings/new?resource_id={sqlite_lab.ids.confocal}"
    form = visitor.see(path).form("/bookings/new")
    execute(sqlite_lab, "DELETE FROM login_sessions")
    client = sqlite_lab.client
    client.cookies = visitor.cookies
    fields = {name: values[0] for name, values in form.fields.items() if values}
    headers = {"Accept": "text/html", "Referer": f"http://testserver{path}"}
    answer = client.post(form.action, data=fields, headers=headers, follow_redirects=False)
    asked = visitor.see(answer.headers["Location"])
    first = visitor.send(asked.form("/login"), email="member@example.org", password=PASSWORD)
    done = visitor.send(first.form("/login/factor"), code=code(app, steps=1))
    assert str(done.response.url).endswith(path)
    assert book(visitor, sqlite_lab.ids.confocal).status == 200
