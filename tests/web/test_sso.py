"""Single sign-on against a provider that speaks OpenID Connect over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count as counting
from typing import Any

import jwt
import pytest

from src.domain.accounts.sso import discovery
from tests.support.application import Lab, running
from tests.support.databases import Templates
from tests.support.factors import code as code_of
from tests.support.factors import execute, with_app
from tests.support.provider import PERSON, SECRET, Key, OpenIdProvider, providing
from tests.support.sign_on import (
    asked,
    at_provider,
    begun,
    changed,
    configured,
    refusal,
    setting,
    sign_on,
)
from tests.web.pages.visitor import Visitor

TENANT = "7b0c3f6e-1c2d-4e5f-8a9b-0c1d2e3f4a5b"
HOME = ("/", "/en/")  # who has chosen no language is led to the one the browser asks for
_numbers = counting(1)


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, OpenIdProvider]]:
    """One that makes accounts, one that does not, and the presets."""
    paths = {"lab": "", "other": "", "azure": f"/{TENANT}/v2.0", "google": ""}
    with ExitStack() as stack:
        yield {slug: stack.enter_context(providing(path)) for slug, path in paths.items()}


@pytest.fixture(scope="module")
def shared(
    providers: dict[str, OpenIdProvider],
    templates: Templates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Lab]:
    roles = {"staff": ["manager"], "root": ["admin"], "odd": ["no-such-role"]}
    azure = providers["azure"]
    sso = setting(
        configured("lab", providers["lab"], just_in_time=True, group_roles=roles),
        configured("other", providers["other"], trusts_factor=True),
        configured(
            "azure", azure, preset="azure", tenant=TENANT, just_in_time=True,
            group_roles={"g-1": ["manager"]}, graph=f"{azure.address}/graph",
        ),
        configured(
            "google", providers["google"], preset="google", just_in_time=True,
            domains=["lab.example.org"],
        ),
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("sso")
    with templates.with_schema("sqlite") as url, running(url, folder, sso=sso) as lab:
        yield lab


@pytest.fixture
def lab(shared: Lab, providers: dict[str, OpenIdProvider]) -> Iterator[Lab]:
    """The institute; every provider is a good one again, and nobody it knows has come before."""
    for provider in providers.values():
        provider.__init__(provider.path, provider.address)  # type: ignore[misc]
        number = next(_numbers)
        provider.person = {**PERSON, "sub": f"s-{number}", "email": f"p{number}@lab.example.org"}
    discovery.forget()
    yield shared
    for provider in providers.values():
        provider.hangs.clear()


@pytest.fixture
def provider(providers: dict[str, OpenIdProvider]) -> OpenIdProvider:
    return providers["lab"]


def linked(lab: Lab, provider: OpenIdProvider, person: str = "member", slug: str = "lab") -> None:
    """Somebody of the institute is known to the provider."""
    row = (
        "INSERT INTO identities (id, user_id, provider, issuer, subject, created_at, last_used_at)"
        f" VALUES (lower(hex(randomblob(16))), '{getattr(lab.ids, person).hex}', '{slug}',"
        f" '{provider.issuer}', '{provider.person['sub']}', '2026-01-01', '2026-01-01')"
    )
    execute(lab, row)


def rows(lab: Lab, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(one) for one in execute(lab, statement)]


def roles_of(lab: Lab, email: str) -> set[tuple[str, str]]:
    found = rows(
        lab,
        "SELECT role, source FROM role_assignments JOIN users ON users.id = user_id"
        f" WHERE email = '{email}'",
    )
    return {(role, source) for role, source in found}


def test_somebody_new_comes_in_as_a_member_and_comes_back_as_the_same(
    lab: Lab, provider: OpenIdProvider
) -> None:
    visitor, email = Visitor(lab), provider.person["email"]
    url = begun(visitor, "/login/sso/lab?next=/bookings")
    told = asked(url)
    assert told["code_challenge_method"] == "S256"
    assert told["redirect_uri"] == "http://127.0.0.1:8000/login/sso/lab/callback"
    assert "secret" not in url
    shown = visitor.see(at_provider(url))
    assert shown.path == "/bookings", shown.text
    assert roles_of(lab, email) == {("member", "")}
    again = Visitor(lab)
    assert sign_on(again).path in HOME
    people = rows(lab, f"SELECT email_verified_at FROM users WHERE email = '{email}'")
    assert len(people) == 1
    assert people[0][0] is not None


def test_the_address_of_somebody_else_opens_nothing(lab: Lab, provider: OpenIdProvider) -> None:
    provider.person["email"] = "Member@example.org"
    visitor = Visitor(lab)
    shown = sign_on(visitor)
    assert (shown.status, refusal(shown)) == (403, "not-linked")
    assert shown.has("/login")
    assert visitor.request("GET", "/me").status_code == 303


def test_one_links_it_after_the_password_and_logs_in_by_it_from_then_on(
    lab: Lab, providers: dict[str, OpenIdProvider]
) -> None:
    providers["other"].person["email"] = "somebody@elsewhere.example"
    stranger = Visitor(lab)
    assert refusal(sign_on(stranger, "/login/sso/other")) == "not-linked"
    visitor = Visitor.logged_in(lab, "other")
    way = next(one for one in visitor.see("/me/identities").links if "/other/link" in one)
    shown = visitor.see(at_provider(begun(visitor, way)))
    assert shown.path == "/me/identities"
    assert "somebody@elsewhere.example" in shown.text
    assert sign_on(stranger, "/login/sso/other").path in HOME
    assert "Other Example" in stranger.see("/me").text
    assert rows(lab, "SELECT count(*) FROM outbox WHERE payload LIKE '%identity-linked%'")[0][0]

    unlink = next(one for one in shown.links if one.endswith("/unlink"))
    asked_first = visitor.see(unlink)
    assert visitor.send(asked_first.form(unlink)).path == "/me/identities"
    assert stranger.request("GET", "/me").status_code == 303  # that log-in ended with it
    assert refusal(sign_on(Visitor(lab), "/login/sso/other")) == "not-linked"


def test_a_link_is_begun_on_ones_own_page_alone(lab: Lab) -> None:
    visitor, another = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "other")
    theirs = next(one for one in another.see("/me/identities").links if "/lab/link" in one)
    for path in ("/me/identities/lab/link", theirs):
        assert visitor.request("GET", path).status_code == 403


def test_what_somebody_else_has_linked_stays_theirs(lab: Lab, provider: OpenIdProvider) -> None:
    linked(lab, provider, "manager")
    visitor = Visitor.logged_in(lab, "member")
    way = next(one for one in visitor.see("/me/identities").links if "/lab/link" in one)
    shown = visitor.see(at_provider(begun(visitor, way)))
    assert (shown.status, refusal(shown)) == (409, "identity-taken")


def test_the_last_way_in_stays(lab: Lab, provider: OpenIdProvider) -> None:
    visitor = Visitor(lab)
    sign_on(visitor)
    shown = visitor.see("/me/identities")
    assert "your only way in" in shown.text
    answer = visitor.request("GET", "/api/v1/me/identities")
    identity = answer.json()["data"][0]
    assert identity["is_last_way_in"]
    refused = visitor.request("DELETE", f"/api/v1/me/identities/{identity['id']}")
    assert refused.status_code == 409
    assert rows(lab, f"SELECT 1 FROM identities WHERE subject = '{provider.person['sub']}'")


@pytest.mark.parametrize(
    "broken",
    [
        "state used twice",
        "of another browser",
        "no cookie",
        "made up",
        "of another provider",
        "too old",
    ],
)
def test_an_answer_counts_once_in_the_browser_where_it_was_begun(lab: Lab, broken: str) -> None:
    visitor = Visitor(lab)
    back = at_provider(begun(visitor))
    if broken == "state used twice":
        visitor.see(back)
        visitor = _same_browser_logged_out(lab, visitor)
    elif broken == "of another browser":
        visitor = Visitor(lab)
        begun(visitor)
    elif broken == "no cookie":
        visitor = Visitor(lab)
    elif broken == "made up":
        back = changed(back, state="x" * 43)
    elif broken == "of another provider":
        back = back.replace("/sso/lab/", "/sso/other/")
    elif broken == "too old":
        execute(lab, "UPDATE pending_log_ins SET expires_at = '2020-01-01 00:00:00.000000'")
    shown = visitor.see(back)
    assert (shown.status, refusal(shown)) == (401, "sign-on-over")
    assert visitor.request("GET", "/me").status_code == 303


def _same_browser_logged_out(lab: Lab, visitor: Visitor) -> Visitor:
    left = Visitor(lab)
    for cookie in visitor.cookies.jar:
        if cookie.name == "aliquot_sign_on":
            left.cookies.jar.set_cookie(cookie)
    return left


def test_two_tabs_of_one_browser_do_not_disturb_each_other(lab: Lab) -> None:
    visitor = Visitor(lab)
    first, second = begun(visitor), begun(visitor)
    assert asked(first)["nonce"] != asked(second)["nonce"]
    assert visitor.see(at_provider(first)).path in HOME
    assert visitor.see(at_provider(second)).path in HOME


def test_a_code_of_another_log_in_is_worth_nothing_here(lab: Lab) -> None:
    """Somebody who saw the code cannot put it into their own browser: PKCE."""
    victim, thief = Visitor(lab), Visitor(lab)
    stolen = asked("?" + at_provider(begun(victim)).partition("?")[2])["code"]
    shown = thief.see(changed(at_provider(begun(thief)), code=stolen))
    assert refusal(shown) == "sign-on-refused"


def test_a_code_that_was_used_is_worth_nothing(lab: Lab) -> None:
    visitor = Visitor(lab)
    back = at_provider(begun(visitor))
    used = asked("?" + back.partition("?")[2])["code"]
    assert visitor.see(back).path in HOME
    again = Visitor(lab)
    shown = again.see(changed(at_provider(begun(again)), code=used))
    assert refusal(shown) == "sign-on-refused"


@pytest.mark.parametrize("issuer", ["another", "none"])
def test_the_answer_of_another_provider_is_not_taken(
    lab: Lab, providers: dict[str, OpenIdProvider], issuer: str
) -> None:
    visitor = Visitor(lab)
    back = at_provider(begun(visitor))
    asked_before = len(providers["lab"].asked)
    shown = visitor.see(
        changed(back, iss=providers["other"].issuer if issuer == "another" else None)
    )
    assert refusal(shown) == "sign-on-refused"
    assert "token" not in providers["lab"].asked[asked_before:]  # the code went nowhere


def test_what_the_provider_refuses_is_told(lab: Lab) -> None:
    for error, expected in (
        ("access_denied", "sign-on-cancelled"),
        ("server_error", "sign-on-refused"),
    ):
        visitor = Visitor(lab)
        back = changed(at_provider(begun(visitor)), code=None, error=error)
        assert refusal(visitor.see(back)) == expected


def without(name: str) -> Any:
    return lambda claims: {key: value for key, value in claims.items() if key != name}


def having(**values: Any) -> Any:
    return lambda claims: {**claims, **values}


LONG_AGO = 3600


@pytest.mark.parametrize(
    "change",
    [
        having(nonce="of another log-in"),
        without("nonce"),
        having(aud="another program"),
        having(aud=["aliquot", "another"]),
        having(azp="another program"),
        having(iss="https://elsewhere.example"),
        having(exp=int(time.time()) - LONG_AGO),
        without("exp"),
        having(iat=int(time.time()) + LONG_AGO),
        without("iat"),
        without("sub"),
        having(sub=""),
        having(sub=["a"]),
        having(sub="x" * 300),
        having(at_hash="of another token"),
        having(nbf=int(time.time()) + LONG_AGO),
        having(groups={"staff": True}),
    ],
)
def test_a_token_that_proves_nothing_opens_nothing(
    lab: Lab, provider: OpenIdProvider, change: Any
) -> None:
    provider.change = change
    visitor = Visitor(lab)
    shown = sign_on(visitor)
    assert (shown.status, refusal(shown)) == (401, "sign-on-refused")
    assert visitor.request("GET", "/me").status_code == 303
    assert rows(lab, "SELECT 1 FROM events WHERE verb = 'security.sign_on_refused'")


def unsigned(claims: dict[str, Any], _key: Key) -> str:
    return jwt.encode(claims, "", algorithm="none")


def by_client_secret(claims: dict[str, Any], key: Key) -> str:
    return jwt.encode(claims, SECRET, algorithm="HS256", headers={"kid": key.name})


def by_a_stranger(claims: dict[str, Any], key: Key) -> str:
    stranger = Key()
    return jwt.encode(claims, stranger.private, algorithm="RS256", headers={"kid": key.name})


def by_another_algorithm(claims: dict[str, Any], key: Key) -> str:
    return jwt.encode(claims, key.private, algorithm="RS384", headers={"kid": key.name})


def garbage(_claims: dict[str, Any], _key: Key) -> str:
    return "not.a.token"


@pytest.mark.parametrize(
    "sign", [unsigned, by_client_secret, by_a_stranger, by_another_algorithm, garbage]
)
def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    lab: Lab, provider: OpenIdProvider, sign: Any
) -> None:
    provider.sign = sign
    assert refusal(sign_on(Visitor(lab))) == "sign-on-refused"


@pytest.mark.parametrize(("skew", "is_in"), [(50, True), (-340, True), (120, False), (-420, False)])
def test_clocks_may_differ_by_a_minute(
    lab: Lab, provider: OpenIdProvider, skew: int, is_in: bool
) -> None:
    provider.skew = skew
    shown = sign_on(Visitor(lab))
    assert (shown.path in HOME) is is_in, shown.text


def test_keys_change_at_any_time_and_are_asked_for_once(lab: Lab, provider: OpenIdProvider) -> None:
    assert sign_on(Visitor(lab)).path in HOME
    assert sign_on(Visitor(lab)).path in HOME
    assert provider.asked.count("keys") == 1
    assert provider.asked.count("openid-configuration") == 1
    provider.rotate("ES256")
    for known in discovery._known.values():
        known.keys_asked_at -= discovery.ASKED_EVERY
    assert sign_on(Visitor(lab)).path in HOME
    assert provider.asked.count("keys") == 2
    provider.sign = lambda claims, key: by_a_stranger(claims, Key(name="unknown"))
    for _ in range(3):
        assert refusal(sign_on(Visitor(lab))) == "sign-on-refused"
    assert provider.asked.count("keys") == 2


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
def test_a_provider_that_is_not_what_it_should_be_is_not_asked(
    lab: Lab, provider: OpenIdProvider, document: dict[str, Any]
) -> None:
    provider.document = document
    answer = Visitor(lab).request("GET", "/login/sso/lab")
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


@pytest.mark.parametrize("how", ["hangs", "breaks", "redirects"])
@pytest.mark.parametrize("name", ["openid-configuration", "token", "keys"])
def test_an_outage_is_told_within_five_seconds(
    lab: Lab, provider: OpenIdProvider, name: str, how: str
) -> None:
    visitor = Visitor(lab)
    path = "/login/sso/lab?next=/bookings"
    if name != "openid-configuration":
        path = at_provider(begun(visitor, path))
    getattr(provider, how).add(name)
    began = time.monotonic()
    shown = visitor.see(path)
    assert time.monotonic() - began < 5
    assert (shown.status, refusal(shown)) == (503, "provider-away")
    assert any(one.endswith("next=%2Fbookings") for one in shown.links)  # nothing is lost
    assert shown.has("/login")


def test_a_suspended_person_stays_out(lab: Lab, provider: OpenIdProvider) -> None:
    sign_on(Visitor(lab))
    email = provider.person["email"]
    execute(lab, f"UPDATE users SET state = 'suspended' WHERE email = '{email}'")
    shown = sign_on(Visitor(lab))
    assert (shown.status, refusal(shown)) == (403, "account-closed")


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_led_elsewhere_afterwards(lab: Lab, target: str) -> None:
    visitor = Visitor(lab)
    url = begun(visitor, changed("/login/sso/lab", next=target))
    answer = visitor.request("GET", at_provider(url))
    assert answer.headers["location"] == "/"


def test_groups_give_roles_and_take_only_what_they_gave(lab: Lab, provider: OpenIdProvider) -> None:
    email = provider.person["email"]
    provider.person["groups"] = ["staff", "odd"]
    sign_on(Visitor(lab))
    assert roles_of(lab, email) == {("member", ""), ("manager", "sso:lab")}
    (user_id,) = rows(lab, f"SELECT id FROM users WHERE email = '{email}'")[0]
    execute(
        lab,
        "INSERT INTO role_assignments (id, user_id, role, created_at, source)"
        f" VALUES (lower(hex(randomblob(16))), '{user_id}', 'auditor', '2026-01-01', '')",
    )
    visitor = Visitor(lab)
    provider.person["groups"] = []
    sign_on(visitor)
    assert roles_of(lab, email) == {("member", ""), ("auditor", "")}
    assert visitor.request("GET", "/me").status_code == 200
    provider.person["groups"] = "staff"  # a single one may come as a text
    sign_on(Visitor(lab))
    assert ("manager", "sso:lab") in roles_of(lab, email)


def test_the_last_administrator_stays_whatever_the_directory_says(
    lab: Lab, provider: OpenIdProvider
) -> None:
    email = provider.person["email"]
    provider.person["groups"] = ["root"]
    sign_on(Visitor(lab))
    assert ("admin", "sso:lab") in roles_of(lab, email)
    execute(lab, "UPDATE users SET state = 'suspended' WHERE email = 'admin@example.org'")
    provider.person["groups"] = []
    assert sign_on(Visitor(lab)).path in HOME
    assert ("admin", "sso:lab") in roles_of(lab, email)
    assert rows(lab, "SELECT 1 FROM events WHERE verb = 'security.role_kept'")
    execute(lab, "UPDATE users SET state = 'active' WHERE email = 'admin@example.org'")
    sign_on(Visitor(lab))
    assert roles_of(lab, email) == {("member", "")}


def test_groups_that_do_not_fit_a_token_are_asked_of_graph(
    lab: Lab, providers: dict[str, OpenIdProvider]
) -> None:
    azure = providers["azure"]
    azure.person |= {"tid": TENANT, "_claim_names": {"groups": "src1"}}
    azure.groups = ["g-0", "g-1"]
    assert sign_on(Visitor(lab), "/login/sso/azure").path in HOME
    assert roles_of(lab, azure.person["email"]) == {("member", ""), ("manager", "sso:azure")}
    # Microsoft's addresses are proved by a claim of its own.
    assert rows(
        lab,
        f"SELECT 1 FROM users WHERE email = '{azure.person['email']}' AND email_verified_at IS NULL",
    )
    azure.breaks.add("getMemberObjects")
    shown = sign_on(Visitor(lab), "/login/sso/azure")
    assert refusal(shown) == "provider-away"  # roles do not outlive groups that cannot be asked for


def test_another_tenant_of_azure_stays_out(lab: Lab, providers: dict[str, OpenIdProvider]) -> None:
    providers["azure"].person["tid"] = "00000000-1c2d-4e5f-8a9b-0c1d2e3f4a5b"
    assert refusal(sign_on(Visitor(lab), "/login/sso/azure")) == "sign-on-refused"


def test_google_admits_the_institutes_own_domain_alone(
    lab: Lab, providers: dict[str, OpenIdProvider]
) -> None:
    google = providers["google"]
    assert asked(begun(Visitor(lab), "/login/sso/google"))["hd"] == "lab.example.org"
    for hosted in (None, "elsewhere.example"):  # None: a private account with such an address
        google.person |= {"hd": hosted}
        shown = sign_on(Visitor(lab), "/login/sso/google")
        assert (shown.status, refusal(shown)) == (403, "not-admitted")
    google.person["hd"] = "lab.example.org"
    assert sign_on(Visitor(lab), "/login/sso/google").path in HOME


def test_the_second_factor_is_asked_for_unless_the_provider_is_trusted_with_it(
    lab: Lab, providers: dict[str, OpenIdProvider]
) -> None:
    app = with_app(lab, "manager")
    linked(lab, providers["lab"], "manager")
    linked(lab, providers["other"], "manager", "other")
    providers["lab"].person["amr"] = ["pwd", "mfa"]
    visitor = Visitor(lab)
    shown = sign_on(visitor, "/login/sso/lab?next=/bookings")
    assert shown.path == "/login/factor", shown.text
    assert visitor.request("GET", "/me").status_code == 303
    shown = visitor.send(shown.form("/login/factor"), code=code_of(app))
    assert shown.path == "/bookings", shown.text
    method = "SELECT method, provider, has_factor FROM login_sessions ORDER BY created_at DESC"
    assert rows(lab, method)[0] == ("sso", "lab", 1)
    # The other one is trusted, where it says that two factors were given.
    assert sign_on(Visitor(lab), "/login/sso/other").path == "/login/factor"
    providers["other"].person["amr"] = ["pwd", "otp"]
    assert sign_on(Visitor(lab), "/login/sso/other").path in HOME


def test_logging_out_here_ends_the_log_in_there(lab: Lab, provider: OpenIdProvider) -> None:
    visitor = Visitor(lab)
    shown = sign_on(visitor)
    left = visitor.send(shown.form("/logout"))
    url = left.response.headers["refresh"].removeprefix("0; url=")
    assert url.startswith(f"{provider.issuer}/logout?")
    told = asked(url)
    assert told["post_logout_redirect_uri"] == "http://127.0.0.1:8000/login"
    hint = jwt.decode(told["id_token_hint"], options={"verify_signature": False})
    assert hint["sub"] == provider.person["sub"]
    assert visitor.request("GET", "/me").status_code == 303


def test_logging_out_there_ends_the_log_ins_here(lab: Lab, provider: OpenIdProvider) -> None:
    path = "/api/v1/auth/sso/lab/backchannel-logout"
    first, second = Visitor(lab), Visitor(lab)
    sign_on(first)
    sign_on(second)
    sub, session = provider.person["sub"], provider.sessions[-1]

    def told(token: str) -> int:
        return lab.client.post(path, data={"logout_token": token}).status_code

    one = provider.log_out_token(sid=session)
    id_token = provider.signed({"iss": provider.issuer, "aud": "aliquot", "sub": sub, "jti": "1",
                                "iat": int(time.time()), "exp": int(time.time()) + 60})  # fmt: skip
    for wrong in (
        id_token,
        provider.log_out_token(sid=session, nonce="n"),
        provider.log_out_token(),
        provider.log_out_token(sid=session, aud="another"),
        one[:-4] + "AAAA",
    ):
        assert told(wrong) == 422
    assert (
        first.request("GET", "/me").status_code == second.request("GET", "/me").status_code == 200
    )
    assert told(one) == 204
    assert told(one) == 422  # once
    assert second.request("GET", "/me").status_code == 303
    assert first.request("GET", "/me").status_code == 200
    assert told(provider.log_out_token(sub=sub)) == 204
    assert first.request("GET", "/me").status_code == 303


def test_the_log_in_page_and_the_interface_name_the_providers(lab: Lab) -> None:
    page = Visitor(lab).see("/login?next=/bookings")
    assert "/login/sso/lab?next=/bookings" in page.links
    listed = lab.get("/auth/sso", by=None).json()["data"]
    assert [one["slug"] for one in listed] == ["lab", "other", "azure", "google"]
    assert set(listed[0]) == {"slug", "label", "preset", "start"}
    visitor = Visitor(lab)
    started = visitor.request("GET", "/api/v1/auth/sso/lab/start?next=/bookings")
    shown = visitor.see(at_provider(started.json()["data"]["url"]))
    assert shown.path == "/bookings"
    assert lab.get("/auth/sso/nobody/start", by=None).status_code == 404
    assert Visitor(lab).request("GET", "/login/sso/nobody").status_code == 404
