"""What keeps strangers out, and what they can neither exhaust, fake nor read."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import text
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from src.core import logs
from src.core.actor import Actor
from src.core.db import create_database, transaction
from src.core.settings import Settings
from src.domain import accounts
from src.web import alarms, limiting
from src.web.declarations import declared_routes
from src.web.forms import own_path, safe_next
from src.web.middleware import Gatekeeper
from src.web.proxies import Proxies
from src.web.security import SESSION_COOKIE
from tests.support import servers
from tests.support.application import PASSWORD, Lab, running, served
from tests.support.databases import Templates

Start = Callable[..., AbstractContextManager[Lab]]
PROXY, OWNER, ATTACKER = "127.0.0.1", "192.0.2.7", "198.51.100.66"
HTTPS = {"public_url": "https://lab.example.org", "trusted_proxies": (PROXY,)}


@pytest.fixture
def start(templates: Templates, tmp_path: Path) -> Start:
    """The application with other settings, in this process or (`on_socket`) behind a socket."""

    @contextmanager
    def started(*, on_socket: bool = False, **settings: Any) -> Iterator[Lab]:
        opened = served if on_socket else running
        with templates.with_schema("sqlite") as url, opened(url, tmp_path, **settings) as lab:
            yield lab

    return started


def through_proxy(lab: Lab) -> TestClient:
    """A client whose word on addresses is believed where the settings trust it."""
    return TestClient(lab.app, client=(PROXY, 5000), follow_redirects=False)


def guess(client: httpx2.Client, address: str, **form: str) -> httpx2.Response:
    sent = {"username": "member@example.org", "password": "wrong", **form}
    headers = {"X-Forwarded-For": address}
    return client.post("/api/v1/auth/token", data=sent, headers=headers)


def fail(lab: Lab, account: str, *, times: int) -> None:
    """Failures that came one after the other, each when its time had come."""

    async def work() -> None:
        database = create_database(lab.settings.database)
        try:
            for _ in range(times):
                async with transaction(database) as session:
                    await accounts.lockout.failed(session, account=account, ip=ATTACKER)
        finally:
            await database.dispose()

    servers.in_thread(work)


def rows(lab: Lab, statement: str) -> list[Any]:
    async def work() -> list[Any]:
        database = create_database(lab.settings.database)
        try:
            async with database.engine.connect() as connection:
                return list((await connection.execute(text(statement))).all())
        finally:
            await database.dispose()

    return servers.in_thread(work)


# Limits


def test_every_answer_of_a_limited_route_says_what_is_left(start: Start) -> None:
    with start(rate_limits=True, rate_read="6/minute", rate_write="2/minute") as lab:
        asked = [
            lab.get("/me"),
            lab.get("/me", by=None),
            lab.get("/bookings", params={"limit": "no number"}),
            lab.get(f"/bookings/{uuid4()}"),
            lab.get("/me", by=None, headers={"Authorization": "Bearer forged"}),
            lab.post("/bookings", json={}),
            lab.post("/bookings", content=b"{", headers={"Content-Type": "application/json"}),
            lab.post("/bookings", json={}),
            lab.post("/bookings", json={}),
        ]
        assert [answer.status_code for answer in asked] == [
            200, 401, 422, 404, 401, 422, 422, 422, 429,
        ]  # fmt: skip
        for answer in asked:
            assert re.fullmatch(r'"(read|write)";r=\d+;t=\d+', answer.headers["ratelimit"])
            assert re.fullmatch(r'"(read|write)";q=\d;w=60', answer.headers["ratelimit-policy"])
        assert asked[-1].headers["ratelimit"].startswith('"write";r=0;')
        assert 0 < int(asked[-1].headers["retry-after"]) <= 60
        assert "ratelimit" not in lab.client.get("/healthz").headers


def test_guessing_credentials_is_counted_by_address(start: Start) -> None:
    with start(rate_limits=True, rate_read="3/minute") as lab:
        forged = {"Authorization": "Bearer forged"}
        answers = [lab.get("/me", by=None, headers=forged).status_code for _ in range(5)]
        assert answers == [401, 401, 401, 429, 429]
        assert lab.get("/me").status_code == 200, "who is known is counted by who they are"


def test_a_program_is_counted_by_its_key_and_a_customer_by_the_64() -> None:
    user, key = uuid4(), uuid4()
    assert limiting._who(Actor(user, credential_id=key)) == f"key:{key}"
    assert limiting._who(Actor(user, ip=OWNER)) == str(user)
    assert limiting._who(Actor(None, ip=OWNER)) == f"ip:{OWNER}"
    assert limiting._who(Actor(None, ip="2001:db8:1:2::1")) == limiting._who(
        Actor(None, ip="2001:db8:1:2:ffff::9")
    )


def test_log_ins_are_limited_by_account_too_but_not_for_a_browser_it_knows(start: Start) -> None:
    with start(rate_limits=True, rate_login="2/minute", trusted_proxies=(PROXY,)) as lab:
        client = through_proxy(lab)
        answers = [guess(client, f"203.0.113.{number}") for number in range(22)]
        assert [answer.status_code for answer in answers] == [400] * 20 + [429] * 2
        assert answers[-1].json()["type"] == "/problems/rate-limited"
        other = guess(client, "203.0.113.99", username=" Other@example.org")
        assert other.status_code == 400

        async def knows(request: Any, account: str) -> bool:
            return bool(request.cookies.get("known") and account == "member@example.org")

        lab.app.state.knows_device = knows
        client.cookies.set("known", "yes")
        assert guess(client, ATTACKER, password=PASSWORD).status_code == 200
        assert guess(client, ATTACKER, username="other@example.org").status_code == 400


def test_after_a_thousand_failures_from_one_address_the_owner_gets_in_from_elsewhere(
    start: Start,
) -> None:
    with start(rate_limits=True, trusted_proxies=(PROXY,)) as lab:
        client = through_proxy(lab)
        failed = [guess(client, ATTACKER) for _ in range(1000)]
        assert {answer.status_code for answer in failed} == {400, 429}
        assert sum(answer.status_code == 400 for answer in failed) < 10
        assert guess(client, OWNER, password=PASSWORD).status_code == 200
        assert guess(client, ATTACKER, password=PASSWORD).status_code == 429


def test_who_failed_too_often_reads_how_long_to_wait(start: Start) -> None:
    with start(trusted_proxies=(PROXY,)) as lab:
        client = through_proxy(lab)
        for email in ("member@example.org", "nobody@example.org"):
            fail(lab, email, times=14)
        told = [
            guess(client, ATTACKER, username=email).json()
            for email in ("member@example.org", "nobody@example.org")
        ]
        assert {one["type"] for one in told} == {"/problems/too-many-attempts"}
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)
        assert token is not None
        form = {"email": "member@example.org", "password": PASSWORD, "csrf_token": token[1]}
        page = client.post("/login", data=form, headers={"X-Forwarded-For": ATTACKER})
        assert page.status_code == 429
        assert 100 < int(page.headers["retry-after"]) <= 900
        assert "Too many attempts failed" in page.text
        assert "member@example.org" in page.text, "what was typed stays"
        assert PASSWORD not in page.text


def _limiter(url: str, **rates: Any) -> limiting.Limiter:
    made = limiting.create_limiter(Settings(redis_url=url, **rates))
    assert made is not None
    return made


def test_a_redis_that_hangs_stops_nobody_for_long_and_no_limit_that_protects(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, start(rate_limits=True) as lab:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        lab.app.state.limiter = _limiter(url, rate_login="2/minute", rate_read="1/minute")
        lab.get("/me")  # waits for the time-out
        took = []
        for _ in range(20):
            begun = time.perf_counter()
            assert lab.get("/me").status_code == 200
            took.append(time.perf_counter() - begun)
        assert sorted(took)[len(took) // 2] < 0.1
        assert [guess(lab.client, "").status_code for _ in range(4)] == [400, 400, 429, 429]
        _close(lab)


def test_a_killed_redis_takes_no_count_along(start: Start) -> None:
    with servers.OwnRedis() as own, start(rate_limits=True) as lab:
        limiter = lab.app.state.limiter = _limiter(own.url, rate_login="3/minute")
        assert [guess(lab.client, "").status_code for _ in range(2)] == [400, 400]
        own.freeze()
        assert [guess(lab.client, "").status_code for _ in range(2)] == [400, 429]
        assert limiter.is_away
        own.thaw()
        servers.wait_until(lambda: not limiter.is_away, what="the limits to be shared again")
        assert guess(lab.client, "").status_code == 429
        _close(lab)


def _close(lab: Lab) -> None:
    """Close the limiter that a test put in, on its loop."""
    assert isinstance(lab.client, TestClient)
    assert lab.client.portal is not None
    lab.client.portal.call(lab.app.state.limiter.close)


# Headers


def test_https_is_asked_of_browsers_for_a_year_where_it_is_the_public_address(start: Start) -> None:
    with start(**HTTPS) as lab:
        said = lab.client.get("/login").headers["strict-transport-security"]
        assert said == "max-age=31536000; includeSubDomains"
    with start() as lab:
        assert "strict-transport-security" not in lab.client.get("/login").headers


def test_what_the_proxy_took_over_http_is_sent_to_https_or_refused(start: Start) -> None:
    plain = {"X-Forwarded-For": OWNER, "X-Forwarded-Proto": "http"}
    with start(**HTTPS) as lab:
        client = through_proxy(lab)
        for method in ("GET", "HEAD"):
            moved = client.request(method, "/de/login?next=%2Fme&x=1", headers=plain)
            assert moved.status_code == 308
            assert moved.headers["location"] == "https://lab.example.org/de/login?next=%2Fme&x=1"
        away = client.get("//evil.example/x", headers=plain)
        assert urlsplit(away.headers["location"]).netloc == "lab.example.org"
        for path in ("/api/v1/auth/token", "/login"):
            refused = client.post(path, data={"password": PASSWORD}, headers=plain)
            assert refused.status_code == 403, path
            assert refused.json()["type"] == "/problems/https-needed"
            assert "https://lab.example.org" in refused.json()["detail"]
        assert client.get("/healthz", headers=plain).status_code == 200
        secure = plain | {"X-Forwarded-Proto": "https"}
        assert client.get("/login", headers=secure).status_code == 200
        stranger = TestClient(lab.app, client=(ATTACKER, 1), follow_redirects=False)
        assert stranger.get("/login", headers=plain).status_code == 200, (
            "its word counts for nothing"
        )


def test_no_page_allows_a_script_that_is_not_a_file_of_ours(shared_lab: Lab) -> None:
    lab = shared_lab
    paths = {"/docs", "/redoc", "/admin/", "/nowhere"} | {
        str(context.path)
        for context, _ in declared_routes(lab.app)
        if "GET" in (context.methods or ()) and "{" not in str(context.path)
    }
    headers = lab.headers("admin", Accept="text/html")
    seen = 0
    for path in sorted(paths - {"/api/v1/stream"}):
        if "stream" in path:
            continue
        answer = lab.client.get(path, headers=headers, follow_redirects=False)
        policy = answer.headers["content-security-policy"]
        directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
        scripts = directives["script-src"]
        assert "unsafe" not in scripts, path
        assert "*" not in scripts, path
        assert directives["object-src"] == directives["base-uri"] == "'none'", path
        assert directives["frame-ancestors"] == "'none'", path
        assert answer.headers["x-frame-options"] == "DENY", path
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["referrer-policy"] == "same-origin", path
        # Passkeys are ours by default; only what nobody needs is turned off.
        assert "publickey" not in answer.headers["permissions-policy"], path
        if answer.headers.get("content-type", "").startswith("text/html"):
            seen += 1
            inline = re.findall(r"<script(?![^>]*\bsrc=)([^>]*)>", answer.text)
            assert all('type="importmap"' in tag or "json" in tag for tag in inline), path
            assert not re.search(r"<[^>]+\son[a-z]+\s*=\s*[\"']", answer.text), path
    assert seen > 10


# Origins, hosts, proxies


def test_an_invited_origin_may_write_and_without_credentials_not_as_who_is_logged_in(
    start: Start,
) -> None:
    app = "https://app.example.org"
    headers = {"Origin": app, "Sec-Fetch-Site": "cross-site"}
    form = {"username": "member@example.org", "password": PASSWORD}
    with start(cors_origins=(app,)) as lab:
        granted = lab.client.post("/api/v1/auth/token", data=form, headers=headers)
        assert granted.status_code == 200
        assert granted.headers["access-control-allow-origin"] == app
        assert "access-control-allow-credentials" not in granted.headers
        evil = headers | {"Origin": "https://evil.example"}
        assert lab.client.post("/api/v1/auth/token", data=form, headers=evil).status_code == 403
        lab.client.cookies.set(SESSION_COOKIE, "whatever")
        assert lab.client.post("/api/v1/auth/token", data=form, headers=headers).status_code == 403
    with start(cors_origins=(app,), cors_credentials=True) as lab:
        lab.client.cookies.set(SESSION_COOKIE, "whatever")
        granted = lab.client.post("/api/v1/auth/token", data=form, headers=headers)
        assert granted.status_code == 200
        assert granted.headers["access-control-allow-credentials"] == "true"
        page = lab.client.post("/login", data=form, headers=headers)
        assert page.status_code == 403, "pages are nobody else's to send"


@pytest.mark.parametrize(
    ("host", "is_known"),
    [
        ("lab.example.org", True),
        ("LAB.example.org:8443", True),
        ("lab.example.org.", True),
        ("[::1]:8000", True),
        ("[::1]", True),
        ("evil.example", False),
        ("lab.example.org.evil.example", False),
        ("lab.example.org@evil.example", False),
        ("[::2]:8000", False),
        ("", False),
        ("lab.example.org,lab.example.org", False),
    ],
)
def test_a_host_is_known_by_its_whole_name(host: str, is_known: bool) -> None:
    settings = Settings(allowed_hosts=("lab.example.org", "[::1]"))
    gate = Gatekeeper(FastAPI(), settings)
    fault = gate._fault({"path": "/login"}, Headers({"host": host}), settings.max_body)
    assert (fault is None) is is_known


TRUSTED = ("10.0.0.0/8", "fd00::/8", "127.0.0.1")


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.5", [OWNER], "203.0.113.5"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [OWNER], OWNER),
        ("10.0.0.1", [f"1.1.1.1, {OWNER}"], OWNER),
        ("10.0.0.1", ["1.1.1.1", OWNER], OWNER),
        ("10.0.0.1", [f"1.1.1.1, {OWNER}, 10.0.0.2"], OWNER),
        ("10.0.0.1", [f"{OWNER}:4711"], OWNER),
        ("10.0.0.1", ["[2001:db8::1]:443"], "2001:db8::1"),
        ("10.0.0.1", ["2001:DB8:0::1"], "2001:db8::1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("::ffff:10.0.0.1", [f"::ffff:{OWNER}"], OWNER),
        ("::ffff:203.0.113.5", [OWNER], "203.0.113.5"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [f"{OWNER}, unknown, 10.0.0.9"], "10.0.0.9"),
        ("10.0.0.1", [f"{OWNER}, 999.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", [f"{OWNER}, "], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["a" * 5000], "10.0.0.1"),
    ],
)
async def test_a_callers_address_is_what_trusted_proxies_saw(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert (await _seen(peer, [("x-forwarded-for", one) for one in forwarded]))["client"][
        0
    ] == expected


@pytest.mark.parametrize(
    ("forwarded", "said", "expected"),
    [
        (OWNER, "https", "https"),
        (OWNER, "https, http", "http"),  # the caller wrote the first
        (f"{OWNER}, 10.0.0.2", "https, http", "https"),
        (OWNER, "ftp", "http"),
        (OWNER, "", "http"),
        (OWNER, "HTTPS", "https"),
    ],
)
async def test_a_scheme_is_what_the_outermost_proxy_of_ours_saw(
    forwarded: str, said: str, expected: str
) -> None:
    headers = [("x-forwarded-for", forwarded), ("x-forwarded-proto", said)]
    assert (await _seen("10.0.0.1", headers))["scheme"] == expected
    assert (await _seen("203.0.113.5", headers))["scheme"] == "http"


async def _seen(peer: str, headers: list[tuple[str, str]]) -> Scope:
    found: list[Scope] = []

    async def inner(scope: Scope, _receive: Receive, _send: Send) -> None:
        found.append(scope)

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "client": (peer, 5000), "scheme": "http", "headers": raw}
    await Proxies(inner, TRUSTED)(scope, nothing, nothing)
    return found[0]


def test_a_body_without_a_length_is_measured_while_it_comes(start: Start) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(64):
            yield b"a" * 4096

    with start(on_socket=True, max_body=65536) as lab:
        api = lab.headers("member", **{"Content-Type": "application/json"})
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        admin = lab.headers("admin") | form
        for path, headers in (
            ("/api/v1/bookings", api),
            ("/api/v1/auth/token", form),
            ("/login", form),
            ("/admin/user/create", admin),
        ):
            answer = lab.client.post(path, content=endless(), headers=headers)
            assert answer.status_code == 413, f"{path}: {answer.status_code} {answer.text}"
        declared = lab.client.post("/login", content=b"a" * 70000, headers=form)
        assert declared.status_code == 413


# Redirects

ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/ok\r\nSet-Cookie: a=b",
    "\t//evil.example",
    " //evil.example",
    "https://evil.example",
    "https:evil.example",
    "https://lab.example.org/",
    "https://lab.example.org@evil.example",
    "//lab.example.org@evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/%2Fevil.example",
    "/%2f%2fevil.example",
    "/%5Cevil.example",
    "/%255Cevil.example",
    "/%09/evil.example",
    "/%0d%0aSet-Cookie:a=b",
    "/.//evil.example",
    "/..//evil.example",
    "/%2e%2e//evil.example",
    "/x\u2028y",
    "evil.example",
    "@evil.example",
    "?next=x",
    "",
    "/" + "a" * 5000,
]


@pytest.mark.parametrize("given_path", ELSEWHERE)
def test_after_log_in_nobody_is_sent_elsewhere(given_path: str) -> None:
    assert own_path(given_path) == safe_next(given_path) == "/"


@pytest.mark.parametrize(
    "path",
    ["/", "/bookings?from=2026-11-21&q=a%0Ab", "/de/me#keys", "/x?next=https://a//b", "/größe"],
)
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert own_path(path) == path


@given(st.text(st.sampled_from("/\\.:@%?#25cf90adeh\t\n\r x")) | st.text())
@example("/%252F%252Fevil.example")
def test_whatever_is_asked_for_a_browser_stays_here(asked: str) -> None:
    found = own_path(asked)
    # As browsers read an address: without tabs and line ends, every backslash a slash.
    for read in (found, found.replace("\\", "/"), re.sub(r"[\t\r\n]", "", found)):
        assert urlsplit(urljoin("https://lab.example.org/a/b", read)).netloc == "lab.example.org"
    assert found.startswith("/")


# Secrets

SECRET = "hunter2-hunter2"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.aHVudGVyMi1odW50ZXIy"
SAID = {
    "a password with spaces": f'{{"password": "correct {SECRET} battery"}}',
    "a password in Python": f"{{'new_password': 'it\\'s {SECRET}', 'x': 1}}",
    "a form": f"email=a%40b.c&password={SECRET}&x=1",
    "a query": f"GET /callback?code={SECRET}&state={SECRET} 302",
    "a reset": f"/reset?token={SECRET}",
    "all cookies": f"Cookie: theme=dark; aliquot_session={SECRET}; other={SECRET}",
    "a set cookie": f"aliquot_session={SECRET}; HttpOnly",
    "a header of a list": f"[('cookie', 'aliquot_session={SECRET}; x={SECRET}')]",
    "a raw header": f"(b'authorization', b'Signature keyId=x,signature={SECRET}')",
    "authorization": f"Authorization: Digest username=x, response={SECRET}",
    "basic": "Basic aHVudGVyMjpodW50ZXIy",
    "a token": f"the token was {TOKEN}",
    "a factor": f"otpauth://totp/x?secret={SECRET}&issuer=y",
    "a code": f"totp_code={SECRET} backup_codes: {SECRET}",
    "what Pydantic quotes": f"password\n  too long [type=x, input_value='{SECRET}', input_type=str]",
    "a client": f"client_secret={SECRET}",
    "an address": f"redis://:{SECRET}@cache:6379/0 does not answer",
    "a statement": f"INSERT INTO x [parameters: ('{SECRET}',)]\n(Background on this error at: x)",
}


@pytest.fixture
def logged() -> Iterator[Callable[[], str]]:
    """Everything that is logged meanwhile."""
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    logs.configure(Settings(log_level="DEBUG"))
    written = io.StringIO()
    for handler in root.handlers:
        if type(handler).__name__ == "_StandardError":
            handler.emit = lambda record, handler=handler: print(  # type: ignore[method-assign, misc]
                handler.format(record), file=written
            )
    yield written.getvalue
    root.handlers[:] = kept
    root.setLevel(level)
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)


@pytest.mark.parametrize("said", SAID.values(), ids=SAID.keys())
def test_a_secret_is_masked_wherever_it_is_said(said: str, logged: Callable[[], str]) -> None:
    log = structlog.get_logger("test")
    log.info("a value", detail=said)
    log.info(said)
    logging.getLogger("library").warning("sent %s", said)
    with logs.bound(path=said):
        log.warning("in the context", nested={"list": [said, ("x", said)]})
    try:
        raise ValueError(said)
    except ValueError as error:
        log.exception("broken")
        try:
            raise RuntimeError("around it") from error
        except RuntimeError:
            logging.getLogger("library").exception("broken twice")
    assert len(logged().splitlines()) == 6
    for secret in ("hunter2", "aHVudGVyMj", "eyJzdWIi"):
        assert secret not in logged()
        assert secret not in logs.masked(f"MailError: {said}"), "as jobs keep their errors"


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "X-Api-Key", "access_token", "client_secret", "totp_code",
     "otp", "recovery_codes", "Cookie", "authorization", "auth_code", "signature"],
)  # fmt: skip
def test_a_secret_is_masked_by_its_name(name: str, logged: Callable[[], str]) -> None:
    structlog.get_logger("test").info("sent", **{name: SECRET}, deep={"a": [{name: SECRET}]})
    assert SECRET not in logged()


def test_what_is_no_secret_stays_readable(logged: Callable[[], str]) -> None:
    said = "booking 7 of Ann: code too-short, key of the map is x, /me?page=2&sort=name"
    structlog.get_logger("test").info(said, code="too-short", path="/calendar?from=2026-11-21")
    line = json.loads(logged())
    assert (line["event"], line["code"]) == (said, "too-short")
    assert line["path"] == "/calendar?from=2026-11-21"


def test_a_secret_in_the_path_does_not_reach_the_line_of_the_request() -> None:
    scope = {
        "type": "http",
        "path": f"/calendar/{SECRET}.ics",
        "path_params": {"feed_token": SECRET, "page": "calendar"},
    }
    assert alarms.path_of(Request(scope)) == f"/calendar/{logs.MASK}.ics"


def test_a_refusal_never_repeats_what_was_typed(shared_lab: Lab) -> None:
    lab = shared_lab
    long = SECRET * 500
    answers = [
        lab.client.post("/api/v1/auth/token", data={"username": "a@b.c", "password": long}),
        lab.client.post("/api/v1/auth/token", json={"password": SECRET}),
        lab.post("/me/password", json={"current_password": SECRET, "new_password": [SECRET]}),
        lab.post("/me/password", json={"current_password": SECRET, "new_password": SECRET}),
        lab.get("/me", by=None, headers={"Authorization": f"Bearer {SECRET}"}),
        lab.client.get(f"/api/v1/me?token={SECRET}"),
    ]
    for answer in answers:
        assert answer.status_code >= 400
        assert SECRET not in answer.text


# The record


def test_what_looks_like_an_attack_is_recorded_once(start: Start) -> None:
    settings = {"rate_limits": True, "rate_login": "2/minute", "allowed_hosts": ("testserver",)}
    with start(**HTTPS, **settings) as lab:
        client = through_proxy(lab)
        for _ in range(20):
            client.post("/login", data={}, headers={"Sec-Fetch-Site": "cross-site"})
            client.get("/login", headers={"Host": "evil.example"})
            client.post("/login", headers={"X-Forwarded-Proto": "http", "X-Forwarded-For": OWNER})
            guess(client, ATTACKER)
        found = rows(
            lab, "SELECT verb, count(*) FROM events WHERE verb LIKE 'security%' GROUP BY 1"
        )
        assert dict(map(tuple, found)) == {
            "security.cross_site_refused": 1,
            "security.unknown_host": 1,
            "security.sent_in_clear": 1,
            "security.limit_reached": 2,
        }


def test_nobody_fills_the_record_from_outside() -> None:
    heard = alarms.Alarms()
    recorded = sum(heard.is_due("security.unknown_host", f"10.0.{n}.1") for n in range(5000))
    assert recorded == alarms.MOST
