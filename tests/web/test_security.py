"""Credentials, cross-site requests, headers, hosts, proxies, and how often one may come."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from src.core.actor import Permission
from src.core.crypto import Keyring
from src.web.declarations import PUBLIC, declared_routes
from src.web.security import SESSION_COOKIE
from tests.support import log_ins, servers
from tests.support.application import PASSWORD, Lab, count, family_of, running
from tests.support.databases import Templates

Start = Callable[..., AbstractContextManager[Lab]]
CREDENTIALS = {"username": "member@example.org", "password": PASSWORD}


@pytest.fixture
def start(templates: Templates, tmp_path: Path) -> Start:
    """The application with other settings."""

    @contextmanager
    def started(**settings: Any) -> Iterator[Lab]:
        with templates.with_schema("sqlite") as url, running(url, tmp_path, **settings) as lab:
            yield lab

    return started


def _token(lab: Lab, **form: str) -> httpx2.Response:
    return lab.client.post("/api/v1/auth/token", data=CREDENTIALS | form)


def test_name_and_password_give_a_token_that_opens_the_interface(sqlite_lab: Lab) -> None:
    answer = _token(sqlite_lab, grant_type="password")
    assert answer.status_code == 200, answer.text
    granted = answer.json()
    assert granted["token_type"] == "bearer"
    headers = {"Authorization": f"Bearer {granted['access_token']}"}
    me = sqlite_lab.client.get("/api/v1/me", headers=headers).json()["data"]
    assert me["email"] == "member@example.org"
    assert "bookings:create" in me["permissions"]


def test_a_refused_token_is_told_in_oauths_own_form_and_recorded(sqlite_lab: Lab) -> None:
    before = count(sqlite_lab, "events")
    answers = [
        _token(sqlite_lab, password="wrong"),
        _token(sqlite_lab, username="nobody@example.org"),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_grant"
    assert answers[0].json() == answers[1].json()
    assert count(sqlite_lab, "events") == before + 2
    empty = sqlite_lab.client.post("/api/v1/auth/token", data={})
    assert (empty.status_code, empty.json()["error"]) == (400, "invalid_request")


def test_without_a_valid_credential_everything_but_the_public_is_401(shared_lab: Lab) -> None:
    lab = shared_lab
    for context, declaration in declared_routes(lab.app):
        if not isinstance(context.original_route, APIRoute) or declaration is None:
            continue
        path = str(context.path)
        if declaration.access is PUBLIC or not path.startswith("/api/"):
            continue
        path = re.sub(r"\{\w+\}", "0198c0de-5a7e-7000-8000-000000000001", path)
        for method in context.methods or ():
            for headers in ({}, {"Authorization": "Bearer forged.token.here"}):
                answer = lab.client.request(method, path, headers=headers)
                assert answer.status_code == 401, f"{method} {path}: {answer.text}"
                assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_token_of_another_deployment_is_refused(shared_lab: Lab) -> None:
    person = shared_lab.ids.admin
    forged = Keyring("another deployment's secret").access_token(
        person, family_id=family_of(person), lifetime=60
    )
    answer = shared_lab.get("/me", by=None, headers={"Authorization": f"Bearer {forged}"})
    assert answer.json()["type"] == "/problems/bad-token"


def test_a_missing_permission_is_403_and_named(shared_lab: Lab) -> None:
    answer = shared_lab.post("/teams", json={"name": "Mine"})
    assert answer.status_code == 403
    assert Permission.TEAMS_MANAGE in answer.json()["detail"]
    assert count(shared_lab, "teams") == 0


def _signed_in(lab: Lab) -> None:
    async def work() -> str:
        from src.core.db import create_database

        database = create_database(lab.settings.database)
        try:
            opened = await log_ins.log_in(database, email="member@example.org", password=PASSWORD)
        finally:
            await database.dispose()
        return opened.token

    lab.client.cookies.set(SESSION_COOKIE, servers.in_thread(work))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 201),
        ({"Origin": "http://testserver"}, 201),
    ],
)
def test_a_cookie_counts_only_for_requests_of_this_site(
    sqlite_lab: Lab, headers: dict[str, str], status: int
) -> None:
    lab = sqlite_lab
    _signed_in(lab)
    answer = lab.post("/bookings", by=None, json=lab.wish(9), headers=headers)
    assert answer.status_code == status, answer.text
    assert count(lab, "bookings") == (1 if status == 201 else 0)


def test_logging_out_ends_the_log_in(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    _signed_in(lab)
    assert lab.get("/me", by=None).status_code == 200
    kept = lab.client.cookies[SESSION_COOKIE]
    assert lab.post("/auth/logout", by=None).status_code == 204
    lab.client.cookies.set(SESSION_COOKIE, kept)
    assert lab.get("/me", by=None).status_code == 401


def test_a_new_password_needs_the_old_one(sqlite_lab: Lab) -> None:
    new = "another passphrase for tests"
    wrong = sqlite_lab.post("/me/password", json={"current_password": "guess", "new_password": new})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "#/current_password"
    right = {"current_password": PASSWORD, "new_password": new}
    assert sqlite_lab.post("/me/password", json=right).status_code == 204
    assert _token(sqlite_lab).status_code == 400
    assert _token(sqlite_lab, password=new).status_code == 200


def test_every_answer_carries_the_headers_that_protect(shared_lab: Lab) -> None:
    for path in ("/api/v1/me", "/nowhere", "/docs", "/healthz"):
        headers = shared_lab.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "unsafe-inline" not in headers["content-security-policy"], path
        assert headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/healthz", 200),
        ("/login", 200),
        ("/api/v1/me", 200),
        ("/api/v1/nowhere", 404),
        ("/api/v1/auth/token", 405),
    ],
)
def test_a_head_is_answered_like_its_get_without_a_body(
    shared_lab: Lab, path: str, status: int
) -> None:
    """`date` and the request's id aside, which differ from one request to the next."""
    lab = shared_lab
    named = {"X-Request-Id": "abc-12345678"}
    headers = lab.headers("member", **named) if path.startswith("/api/") else named
    got, head = (lab.client.request(way, path, headers=headers) for way in ("GET", "HEAD"))
    assert (got.status_code, head.status_code, head.content) == (status, status, b"")
    told = [
        {name: value for name, value in answer.headers.items() if name != "set-cookie"}
        for answer in (got, head)
    ]
    assert told[0] == told[1]


def test_a_request_id_is_taken_over_only_when_it_is_one(shared_lab: Lab) -> None:
    given = shared_lab.get("/me", headers={"X-Request-Id": "abc-12345678"})
    assert given.headers["x-request-id"] == "abc-12345678"
    odd = shared_lab.get("/me", headers={"X-Request-Id": "<script>"})
    assert odd.headers["x-request-id"] != "<script>"


def test_what_breaks_here_shows_a_trace_id_and_nothing_else(
    sqlite_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("src.domain.bookings.list_", broken)
    answer = sqlite_lab.get("/bookings")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.json()["trace_id"] == answer.headers["x-request-id"]


def test_too_many_requests_are_429_with_when_to_come_again(start: Start) -> None:
    with start(rate_limits=True, rate_write="3/minute", rate_read="5/minute") as lab:
        first = lab.get("/me")
        assert re.fullmatch(r'"read";r=4;t=\d+', first.headers["ratelimit"])
        assert first.headers["ratelimit-policy"] == '"read";q=5;w=60'
        statuses = Counter(
            lab.post("/bookings", json=lab.wish(hour)).status_code for hour in range(5)
        )
        assert statuses == {201: 3, 429: 2}
        limited = lab.post("/bookings", json=lab.wish(20))
        assert 0 < int(limited.headers["retry-after"]) <= 60
        assert limited.json()["type"] == "/problems/rate-limited"
        assert lab.post("/bookings", by="other", json=lab.wish(20)).status_code == 201
        for _ in range(5):
            lab.get("/me")
        assert lab.get("/me").status_code == 429


def test_what_is_read_again_unchanged_is_hardly_limited(start: Start) -> None:
    with start(rate_limits=True, rate_read="4/minute") as lab:
        known = {"If-None-Match": lab.get("/me").headers["etag"]}
        for _ in range(10):
            assert lab.get("/me", headers=known).status_code == 304
        for _ in range(3):
            assert lab.get("/me", headers={"If-None-Match": '"other"'}).status_code == 200
        assert lab.get("/me", headers={"If-None-Match": '"other"'}).status_code == 429


def test_guessing_passwords_is_limited_by_address(start: Start) -> None:
    with start(rate_limits=True, rate_login="3/minute") as lab:
        statuses = [_token(lab, username=f"user{n}@example.org").status_code for n in range(5)]
        assert statuses == [400, 400, 400, 429, 429]


def test_without_redis_reading_stays_open_and_guessing_stays_limited(start: Start) -> None:
    from src.core.settings import Settings
    from src.web import limiting

    port = servers.free_port()  # nobody listens there
    gone = limiting.create_limiter(
        Settings(
            redis_url=f"redis://127.0.0.1:{port}/0", rate_read="1/minute", rate_login="2/minute"
        )
    )
    with start(rate_limits=True) as lab:
        lab.app.state.limiter = gone
        assert [lab.get("/me").status_code for _ in range(3)] == [200, 200, 200]
        assert [_token(lab, password="x").status_code for _ in range(3)] == [400, 400, 429]


def test_limits_are_shared_through_redis(start: Start, redis_space: servers.Redis) -> None:
    from src.core.settings import Settings
    from src.web import limiting

    settings = Settings(
        redis_url=redis_space.url, redis_prefix=redis_space.prefix, rate_read="3/minute"
    )
    with start() as lab:
        statuses = []
        for _ in range(2):  # as two server processes would
            limiter = limiting.create_limiter(settings)
            assert limiter is not None
            lab.app.state.limiter = limiter
            statuses += [lab.get("/me").status_code for _ in range(2)]
            assert isinstance(lab.client, TestClient)
            assert lab.client.portal is not None
            lab.client.portal.call(limiter.close)
        assert statuses == [200, 200, 200, 429]


def test_only_known_host_names_are_answered(start: Start) -> None:
    with start(allowed_hosts=("lab.example.org",)) as lab:
        assert lab.get("/me").status_code == 421
        known = lab.get("/me", headers={"Host": "lab.example.org"})
        assert known.status_code == 200
        assert lab.client.get("/healthz").status_code == 200


def test_other_origins_may_call_only_when_the_settings_name_them(start: Start) -> None:
    asked = {"Origin": "https://app.example.org", "Access-Control-Request-Method": "GET"}
    with start(cors_origins=("https://app.example.org",)) as lab:
        allowed = lab.client.options("/api/v1/me", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://app.example.org"
        other = lab.client.options("/api/v1/me", headers=asked | {"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in other.headers


def test_forwarded_addresses_are_believed_only_from_trusted_proxies(start: Start) -> None:
    for trusted, expected in (((), "127.0.0.1"), (("127.0.0.1",), "203.0.113.9")):
        with start(trusted_proxies=trusted, rate_limits=True, rate_login="100/minute") as lab:
            proxied = TestClient(lab.app, client=("127.0.0.1", 5000))
            seen: list[str | None] = []
            lab.app.state.limiter = _Noting(lab.app.state.limiter, seen)
            headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
            proxied.get("/problems", headers=headers)
            assert seen == [f"ip:{expected}"]


class _Noting:
    """A limiter that writes down whom it charges."""

    def __init__(self, limiter: Any, seen: list[str | None]) -> None:
        self._limiter, self._seen = limiter, seen

    async def spend(self, rate: str, who: str) -> Any:
        self._seen.append(who)
        return await self._limiter.spend(rate, who)


def test_all_routes_have_a_template_for_the_metrics(shared_lab: Lab) -> None:
    shared_lab.get(f"/bookings/{shared_lab.ids.admin}")
    text = shared_lab.client.get("/metrics").text
    assert 'route="/api/v1/bookings/{booking_id}"' in text
    assert str(shared_lab.ids.admin) not in text
