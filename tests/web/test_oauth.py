"""Programs of third parties: a real OAuth2 client, a person at a browser, and those who cheat."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import httpx2
import pytest
import time_machine
from authlib.integrations.httpx_client import OAuth2Client  # type: ignore[import-untyped]  # has none

from src.core import clock
from tests.support.application import API, Lab, count, served
from tests.support.databases import Templates
from tests.web.pages.visitor import Shown, Visitor

AT = "/oauth/authorize"
BACK = "https://reader.example.org/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:43]


@pytest.fixture(scope="module")
def lab(templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The application behind a socket."""
    folder = tmp_path_factory.mktemp("oauth")
    with templates.with_schema("sqlite") as url, served(url, folder) as started:
        yield started


@dataclass(frozen=True, slots=True)
class Program:
    """One that is registered, and what it knows."""

    id: str
    client_id: str
    secret: str | None

    def link(self, **more: str | None) -> str:
        """Where it sends people."""
        asked = {
            "client_id": self.client_id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "bookings:read resources:read",
            "state": "xyz",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **more,
        }
        return f"{AT}?{urlencode({name: value for name, value in asked.items() if value})}"


def register(lab: Lab, *, by: str = "admin", **wish: Any) -> Program:
    body = {
        "name": "Plate reader",
        "redirect_uris": [BACK],
        "permissions": ["bookings:read", "resources:read", "bookings:create"],
        **wish,
    }
    answer = lab.post("/oauth-clients", by=by, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()["data"]
    return Program(made["id"], made["client_id"], made["client_secret"])


@pytest.fixture(scope="module")
def program(lab: Lab) -> Program:
    """A confidential one."""
    return register(lab)


@pytest.fixture
def member(lab: Lab) -> Visitor:
    """Somebody at a browser, whom nothing acts for."""
    for app in lab.get("/me/apps").json()["data"]:
        if app["kind"] == "third_party":
            assert lab.call("DELETE", f"/me/apps/{app['id']}").status_code == 204
    return Visitor.logged_in(lab, "member")


def said(address: str) -> dict[str, str]:
    """What a program is told at its own address."""
    assert address.startswith(BACK), address
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def decided(page: Shown, visitor: Visitor, button: str = "allow") -> dict[str, str]:
    left = visitor.send(page.form(AT), button=button)
    assert left.status == 200, left.text
    (address,) = {link for link in left.links if link.startswith("https://reader")}
    assert f'content="0; url={address}"'.replace("&", "&amp;") in left.response.text
    return said(address)


def code_of(visitor: Visitor, link: str) -> str:
    """A code, by asking the person where that is needed."""
    answer = visitor.request("GET", link)
    if answer.status_code == 303:
        return said(answer.headers["location"])["code"]
    return decided(visitor.see(link), visitor)["code"]


def base(lab: Lab) -> str:
    """Where it listens."""
    return str(lab.client.base_url).rstrip("/")


def redeem(lab: Lab, program: Program, code: str, **more: str) -> httpx2.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        "client_id": program.client_id,
        "client_secret": program.secret or "",
        **more,
    }
    return httpx2.post(f"{base(lab)}{API}/auth/token", data=form)


def refused(answer: httpx2.Response) -> tuple[int, str]:
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, answer.json()["error"]


def call(lab: Lab, token: str, path: str, method: str = "GET", **more: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx2.request(method, f"{base(lab)}{API}{path}", headers=headers, **more)


def test_a_real_client_connects_calls_refreshes_and_is_logged_out(
    lab: Lab, program: Program, member: Visitor
) -> None:
    here = base(lab)
    found = httpx2.get(f"{here}/.well-known/oauth-authorization-server").json()
    local = {name: f"{here}{urlsplit(url).path}" for name, url in found.items() if "endpoint" in name
             and isinstance(url, str)}  # fmt: skip
    with OAuth2Client(
        program.client_id,
        program.secret,
        scope="bookings:read",
        redirect_uri=BACK,
        code_challenge_method="S256",
    ) as client:
        url, state = client.create_authorization_url(
            local["authorization_endpoint"], code_verifier=VERIFIER
        )
        page = member.see(url.removeprefix(here))
        assert "May Plate reader act for you?" in page.text
        assert "See when something is booked" in page.text
        assert "Registered by Ada Admin" in page.text
        assert "https://reader.example.org" in page.text
        answer = decided(page, member)
        assert (answer["state"], answer["iss"]) == (state, found["issuer"])
        token = client.fetch_token(
            local["token_endpoint"], code=answer["code"], code_verifier=VERIFIER
        )
        assert (token["scope"], token["expires_in"]) == ("bookings:read", 900)
        assert client.get(f"{here}{API}/bookings").status_code == 200
        assert client.get(f"{here}{API}/resources").status_code == 403
        me = client.get(f"{here}{API}/me").json()["data"]
        assert me["permissions"] == ["bookings:read"]
        (app,) = [one for one in lab.get("/me/apps").json()["data"] if one["kind"] != "own"]
        assert (app["name"], app["permissions"]) == ("Plate reader", ["bookings:read"])
        following = client.refresh_token(local["token_endpoint"])
        assert following["refresh_token"] != token["refresh_token"]
        assert client.get(f"{here}{API}/bookings").status_code == 200
        client.revoke_token(local["revocation_endpoint"], following["refresh_token"])
    assert call(lab, following["access_token"], "/bookings").status_code == 401


def test_nobody_is_asked_twice_for_the_same_and_disconnecting_forgets(
    lab: Lab, program: Program, member: Visitor
) -> None:
    token = redeem(lab, program, code_of(member, program.link())).json()["access_token"]
    fewer = member.request("GET", program.link(scope="bookings:read"))
    assert (fewer.status_code, "code" in said(fewer.headers["location"])) == (303, True)
    for again in ({"prompt": "consent"}, {"scope": "bookings:read bookings:create"}):
        assert member.request("GET", program.link(**again)).status_code == 200
    (path,) = {form.action for form in member.see("/me/apps").forms if program.id in form.action}
    gone = member.send(member.see("/me/apps").form(path))
    assert "Plate reader" not in gone.text
    assert call(lab, token, "/bookings").status_code == 401
    assert member.request("GET", program.link()).status_code == 200
    assert lab.call("DELETE", f"/me/apps/{program.id}").json()["type"] == "/problems/app-not-found"


def test_who_is_not_logged_in_comes_back_with_everything(lab: Lab, program: Program) -> None:
    visitor = Visitor(lab)
    link = program.link(scope="bookings:read")
    page = visitor.see(link)
    assert page.path == "/login"
    back = visitor.send(
        page.form("/login"), email="other@example.org", password="a passphrase for tests only"
    )
    assert back.path == AT
    assert decided(back, visitor)["state"] == "xyz"


def test_no_code_is_given_without_a_form_of_the_page(
    lab: Lab, program: Program, member: Visitor
) -> None:
    before = count(lab, "oauth_codes")
    sent = {"decision": "allow", "seen": "bookings:read resources:read"}
    forged = member.request("POST", program.link(), data=sent)
    assert (forged.status_code, count(lab, "oauth_codes")) == (403, before)
    assert member.request("GET", program.link(prompt="none")).status_code == 200
    assert count(lab, "oauth_codes") == before


def test_what_reaches_far_wants_a_fresh_proof_of_who_allows_it(lab: Lab) -> None:
    wide = register(lab, permissions=["users:manage"])
    admin = Visitor.logged_in(lab, "admin")
    link = wide.link(scope="users:manage")
    page = admin.see(link)
    with time_machine.travel(clock.now().timestamp() + 1200, tick=True):
        asked = admin.request("GET", link)
        assert asked.headers["location"] == f"/me/confirm?next={quote(link, safe='')}"
        assert admin.send(page.form(AT), button="allow").path == "/me/confirm"
    assert "code" in decided(page, admin)


def test_what_one_does_not_hold_is_not_given(lab: Lab, member: Visitor) -> None:
    wide = register(lab, permissions=["bookings:read", "users:manage"], website="https://r.example")
    page = member.see(wide.link(scope=None))
    assert "you may not do it yourself" in page.text
    token = redeem(lab, wide, decided(page, member)["code"]).json()
    assert token["scope"] == "bookings:read"
    nothing = member.see(wide.link(scope="users:manage"))
    assert "Allow" not in nothing.text
    assert decided(nothing, member, button="refuse")["error"] == "access_denied"
    forced = nothing.form(AT)
    forced.fields["seen"] = ["users:manage bookings:read"]
    left = member.send(forced, decision="allow")
    (address,) = {link for link in left.links if link.startswith(BACK)}
    assert said(address)["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"scope": "users:manage"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
)
def test_a_program_is_told_at_its_own_address_what_is_wrong(
    lab: Lab, program: Program, member: Visitor, more: dict[str, str | None], error: str
) -> None:
    answer = said(member.request("GET", program.link(**more)).headers["location"])
    assert (answer["error"], answer["state"]) == (error, "xyz")
    assert answer["iss"] == lab.settings.base_url


@pytest.mark.parametrize(
    "more",
    [
        {"client_id": "alc_" + "a" * 24},
        {"client_id": None},
        {"client_id": "alc_\x00"},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": BACK + "/"},
        {"redirect_uri": BACK + "?x=1"},
        {"redirect_uri": "https://reader.example.org:444/callback"},
        {"redirect_uri": "https://reader.example.org@evil.example/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://127.0.0.1:9999/callback"},
        {"state": "x" * 2000},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    program: Program, member: Visitor, more: dict[str, str | None]
) -> None:
    answer = member.request("GET", program.link(**more))
    assert (answer.status_code, "location" in answer.headers) == (422, False)
    assert "This program cannot be connected" in answer.text
    assert 'href="https://evil' not in answer.text


def test_a_program_on_ones_own_computer_listens_at_any_port(lab: Lab, member: Visitor) -> None:
    public = register(lab, is_confidential=False, redirect_uris=["http://127.0.0.1/done"])
    assert public.secret is None
    here = {"redirect_uri": "http://127.0.0.1:51004/done"}
    page = member.see(public.link(**here))
    assert "this computer itself" in page.text
    left = member.send(page.form(AT), button="allow")
    (address,) = {link for link in left.links if link.startswith("http://127.0.0.1:51004/done?")}
    code = parse_qs(urlsplit(address).query)["code"][0]
    other_port = redeem(lab, public, code, redirect_uri="http://127.0.0.1:51005/done")
    assert refused(other_port) == (400, "invalid_grant")
    with_secret = redeem(lab, public, code, client_secret="als_guessed", **here)
    assert refused(with_secret) == (401, "invalid_client")
    assert redeem(lab, public, code, **here).status_code == 200


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": CHALLENGE}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code": "alo_guessed"}, "invalid_grant"),
        ({"redirect_uri": BACK + "/"}, "invalid_grant"),
        ({"client_secret": "als_guessed"}, "invalid_client"),
        ({"client_secret": ""}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"client_id": "\x00"}, "invalid_client"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
    ],
)
def test_a_code_is_worth_nothing_without_all_that_belongs_to_it(
    lab: Lab, program: Program, member: Visitor, more: dict[str, str], error: str
) -> None:
    more = dict(more)
    code = code_of(member, program.link())
    assert refused(redeem(lab, program, more.pop("code", code), **more))[1] == error


def test_a_code_is_no_other_programs_and_ends_after_a_minute(
    lab: Lab, program: Program, member: Visitor
) -> None:
    other = register(lab, name="Other reader")
    code = code_of(member, program.link())
    assert refused(redeem(lab, other, code)) == (400, "invalid_grant")
    late = code_of(member, program.link())
    assert redeem(lab, program, code).status_code == 200
    with time_machine.travel(clock.now().timestamp() + 61, tick=True):
        assert refused(redeem(lab, program, late)) == (400, "invalid_grant")


def test_a_code_that_comes_twice_ends_what_came_of_it(
    lab: Lab, program: Program, member: Visitor
) -> None:
    code = code_of(member, program.link())
    token = redeem(lab, program, code).json()
    assert refused(redeem(lab, program, code)) == (400, "invalid_grant")
    assert call(lab, token["access_token"], "/bookings").status_code == 401
    found = lab.get("/events?verb=app.code_reused", by="admin").json()["data"]
    assert found[0]["subject_id"] == str(lab.ids.member)


def test_a_refresh_token_is_no_other_programs(lab: Lab, program: Program, member: Visitor) -> None:
    other = register(lab, name="Thief")
    token = redeem(lab, program, code_of(member, program.link())).json()["refresh_token"]
    again = {"grant_type": "refresh_token", "refresh_token": token}
    assert refused(redeem(lab, other, "", **again)) == (400, "invalid_grant")
    own = {"client_id": "", "client_secret": ""}
    assert refused(redeem(lab, program, "", **again, **own)) == (400, "invalid_grant")
    json = lab.client.post(f"{API}/auth/token/refresh", json={"refresh_token": token})
    assert json.status_code == 401
    wrong = redeem(lab, program, "", **again, client_secret="als_wrong")
    assert refused(wrong) == (401, "invalid_client")
    assert redeem(lab, program, "", **again).status_code == 200


def test_a_third_party_reaches_nothing_that_is_a_persons_alone(lab: Lab, member: Visitor) -> None:
    all_of_it = register(lab, permissions=["bookings:read", "clients:manage", "users:manage"])
    admin = Visitor.logged_in(lab, "admin")
    token = redeem(lab, all_of_it, code_of(admin, all_of_it.link(scope=None))).json()
    assert token["scope"] == "bookings:read clients:manage users:manage"
    tries = [
        call(lab, token["access_token"], "/me/apps"),
        call(lab, token["access_token"], "/me/api-keys"),
        call(lab, token["access_token"], "/me/sessions"),
        call(lab, token["access_token"], f"/oauth-clients/{all_of_it.id}", "DELETE"),
        call(lab, token["access_token"], f"/oauth-clients/{all_of_it.id}/secret", "POST"),
        httpx2.get(
            f"{base(lab)}{all_of_it.link()}",
            headers={"Authorization": f"Bearer {token['access_token']}"},
        ),
    ]
    assert [answer.status_code for answer in tries] == [403] * len(tries)
    own = lab.client.post(f"{API}/auth/token", data={"username": "member@example.org",
                          "password": "a passphrase for tests only"}).json()  # fmt: skip
    by_token = httpx2.get(
        f"{base(lab)}{all_of_it.link()}",
        headers={"Authorization": f"Bearer {own['access_token']}"},
    )
    assert by_token.status_code == 403
    assert by_token.json()["type"] == "/problems/person-only"


def test_what_a_program_may_no_more_none_of_its_tokens_may(lab: Lab, member: Visitor) -> None:
    program = register(lab, name="Shrinking")
    token = redeem(lab, program, code_of(member, program.link())).json()["access_token"]
    assert call(lab, token, "/resources").status_code == 200
    less = lab.patch(
        f"/oauth-clients/{program.id}", by="admin", json={"permissions": ["bookings:read"]}
    )
    assert less.status_code == 200, less.text
    assert [call(lab, token, path).status_code for path in ("/resources", "/bookings")] == [
        403,
        200,
    ]
    assert lab.call("DELETE", f"/oauth-clients/{program.id}", by="admin").status_code == 204
    assert call(lab, token, "/bookings").status_code == 401
    assert member.request("GET", program.link()).status_code == 422
    change = lab.patch(f"/oauth-clients/{program.id}", by="admin", json={"name": "Back again"})
    assert change.json()["type"] == "/problems/oauth-client-revoked"


def test_a_replaced_secret_opens_nothing(lab: Lab, member: Visitor) -> None:
    program = register(lab)
    made = lab.post(f"/oauth-clients/{program.id}/secret", by="admin").json()["data"]
    code = code_of(member, program.link())
    assert refused(redeem(lab, program, code)) == (401, "invalid_client")
    assert redeem(lab, program, code, client_secret=made["client_secret"]).status_code == 200
    listed = lab.get("/oauth-clients", by="admin").text
    assert made["client_secret"] not in listed


def test_a_program_that_acts_by_itself_acts_for_its_owner_within_what_it_was_given(
    lab: Lab,
) -> None:
    robot = register(
        lab, grant_types=["client_credentials"], redirect_uris=[], permissions=["users:manage"]
    )
    form = {"grant_type": "client_credentials"}
    basic = httpx2.post(
        f"{base(lab)}{API}/auth/token",
        data=form,
        auth=(robot.client_id, robot.secret or ""),
    )
    token = basic.json()
    assert (token["scope"], "refresh_token" in token) == ("users:manage", False)
    me = call(lab, token["access_token"], "/me").json()["data"]
    assert (me["id"], me["permissions"]) == (str(lab.ids.admin), ["users:manage"])
    assert call(lab, token["access_token"], "/resources").status_code == 403
    assert refused(redeem(lab, robot, "", **form, scope="bookings:read")) == (400, "invalid_scope")
    assert refused(redeem(lab, robot, "x")) == (400, "unauthorized_client")
    events = lab.get("/events?verb=app.token_issued", by="admin").json()["data"]
    assert events[0]["subject_id"] == str(lab.ids.admin)


def test_nobody_else_changes_what_acts_in_its_owners_name(lab: Lab) -> None:
    robot = register(
        lab, grant_types=["client_credentials"], redirect_uris=[], permissions=["users:manage"]
    )
    role = {"name": "app-keeper", "title": "Keeper", "grants": ["clients:manage"]}
    assert lab.post("/roles", by="admin", json=role).status_code == 201
    given = {"role": "app-keeper", "user_id": str(lab.ids.other)}
    assert lab.post("/role-assignments", by="admin", json=given).status_code == 201
    answers = [
        lab.post(f"/oauth-clients/{robot.id}/secret", by="other"),
        lab.patch(f"/oauth-clients/{robot.id}", by="other", json={"name": "Mine"}),
    ]
    person = register(lab)
    itself = {"grant_types": ["client_credentials"]}
    answers.append(lab.patch(f"/oauth-clients/{person.id}", by="other", json=itself))
    assert [one.json()["type"] for one in answers] == ["/problems/only-its-owner"] * 3
    beyond = {"name": "X", "permissions": ["users:manage"], "grant_types": ["client_credentials"]}
    refused_ = lab.post("/oauth-clients", by="other", json=beyond)
    assert (refused_.status_code, refused_.json()["type"]) == (422, "/problems/bad-scope")
    assert lab.call("DELETE", f"/oauth-clients/{robot.id}", by="other").status_code == 204


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"redirect_uris": ["http://reader.example.org/callback"]}, "redirect_uris"),
        ({"redirect_uris": ["https://*.example.org/callback"]}, "redirect_uris"),
        ({"redirect_uris": ["https://reader.example.org/*"]}, "redirect_uris"),
        ({"redirect_uris": ["https://reader.example.org/#part"]}, "redirect_uris"),
        ({"redirect_uris": ["https://me@reader.example.org/"]}, "redirect_uris"),
        ({"redirect_uris": ["https:///callback"]}, "redirect_uris"),
        ({"redirect_uris": ["https://evil.example\\.reader.example.org/"]}, "redirect_uris"),
        ({"redirect_uris": ["reader://callback"]}, "redirect_uris"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"website": "javascript:alert(1)"}, "website"),
        ({"grant_types": ["refresh_token"]}, "grant_types"),
        ({"grant_types": ["client_credentials"], "is_confidential": False}, "grant_types"),
        ({"grant_types": ["password"]}, "grant_types"),
        ({"permissions": ["everything"]}, "permissions"),
        ({"name": " "}, "name"),
        ({"owner_id": "0198c0de-5a7e-7000-8000-000000000001"}, "owner_id"),
    ],
)
def test_a_program_that_cannot_be_is_refused_at_its_field(
    lab: Lab, wish: dict[str, Any], field: str
) -> None:
    body = {"name": "Reader", "redirect_uris": [BACK], "permissions": ["bookings:read"], **wish}
    answer = lab.post("/oauth-clients", by="admin", json=body)
    assert answer.status_code == 422
    assert {one["pointer"].split("/")[1] for one in answer.json()["errors"]} == {field}


def test_only_who_keeps_programs_knows_of_them(lab: Lab, program: Program) -> None:
    before = count(lab, "oauth_clients")
    for method, path in (("GET", ""), ("POST", ""), ("GET", f"/{program.id}"),
                         ("DELETE", f"/{program.id}"), ("POST", f"/{program.id}/secret")):  # fmt: skip
        body = (
            {"json": {"name": "X", "permissions": ["bookings:read"]}}
            if method == "POST" and not path
            else {}
        )
        assert lab.call(method, f"/oauth-clients{path}", by="manager", **body).status_code == 403
    assert count(lab, "oauth_clients") == before
    assert lab.get("/me/apps", by="manager").json()["data"][0]["kind"] == "own"


def test_for_who_is_suspended_nothing_acts_any_more(lab: Lab, program: Program) -> None:
    visitor = Visitor.logged_in(lab, "manager")
    token = redeem(lab, program, code_of(visitor, program.link())).json()
    pending = code_of(visitor, program.link())
    body = {"state": "suspended"}
    assert lab.patch(f"/users/{lab.ids.manager}", by="admin", json=body).status_code == 200
    assert call(lab, token["access_token"], "/bookings").status_code == 401
    assert refused(redeem(lab, program, pending)) == (400, "invalid_grant")
    again = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert refused(redeem(lab, program, "", **again)) == (400, "invalid_grant")


def test_the_page_of_programs_registers_shows_and_revokes_one(lab: Lab, member: Visitor) -> None:
    admin = Visitor.logged_in(lab, "admin")
    assert member.request("GET", "/apps").status_code == 403
    new = admin.see("/apps/new").form("/apps/new")
    wrong = admin.send(
        new, name="Robot arm", redirect_uris="http://arm.example", permissions="bookings:read"
    )
    assert (wrong.status, wrong.value("redirect_uris")) == (422, "http://arm.example")
    made = admin.send(new, name="Robot arm", redirect_uris=BACK, permissions="bookings:read")
    assert made.status == 201
    assert 'value="als_' in made.response.text
    (path,) = {link for link in made.links if link.startswith("/apps/")}
    page = admin.see(path)
    assert "als_" not in page.response.text
    assert "Program registered" in page.text
    edit = admin.see(f"{path}/edit").form(f"{path}/edit")
    assert "Robot arms" in admin.send(edit, name="Robot arms").text
    stale = admin.send(edit, name="Robot legs")
    assert stale.status == 412
    gone = admin.send(admin.see(path).form(f"{path}/revoke"))
    assert "none of its tokens counts any more" in gone.text
