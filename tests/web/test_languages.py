"""In which language a request is answered, and where it is sent."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from urllib.parse import urlsplit

import httpx2
import pytest

from src.core import language
from src.web import languages
from tests.support.application import Lab, count
from tests.web.pages.visitor import Visitor

LOG_IN = {"de": "Anmelden", "en": "Log in"}


@pytest.fixture
def client(shared_lab: Lab) -> Iterator[httpx2.Client]:
    shared_lab.client.cookies = httpx2.Cookies()
    yield shared_lab.client
    shared_lab.client.cookies = httpx2.Cookies()


def ask(
    client: httpx2.Client,
    path: str,
    *,
    cookie: str | None = None,
    header: str | None = None,
    method: str = "GET",
    accept: str = "text/html",
) -> httpx2.Response:
    client.cookies = httpx2.Cookies({"aliquot_lang": cookie} if cookie is not None else {})
    headers = {"Accept": accept, **({"Accept-Language": header} if header else {})}
    return client.request(method, path, headers=headers, follow_redirects=False)


CASES = [
    # address            cookie   Accept-Language            language
    ("/login", None, None, "en"),
    ("/login", None, "de", "de"),
    ("/login", None, "de-AT,de;q=0.9,en;q=0.5", "de"),
    ("/login", None, "nl, de;q=0.3", "de"),
    ("/login", None, "de;q=0.3, en;q=0.4", "en"),
    ("/login", None, "de;q=0, *;q=0.1", "en"),
    ("/login", None, ";;q=x,,", "en"),
    ("/login", "de", "en", "de"),
    ("/login", "de-CH", "en", "de"),
    ("/login", "en", "de", "en"),
    ("/login", "xx", "de", "de"),
    ("/login", "../../etc/passwd", None, "en"),
    ("/login?lang=de", "en", "en", "de"),
    ("/login?lang=de-CH", None, "en", "de"),
    ("/login?lang=xx", "de", "en", "de"),
    ("/login?lang=", None, "de", "de"),
    ("/login?lang=de&lang=en", None, None, "de"),
    ("/de/login", "en", "en", "de"),
    ("/en/login", "de", "de", "en"),
    ("/de/login?lang=en", "en", "en", "de"),
]


@pytest.mark.parametrize(("address", "cookie", "header", "found"), CASES)
def test_a_page_is_in_the_language_that_was_asked_for(
    client: httpx2.Client, address: str, cookie: str | None, header: str | None, found: str
) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(client, address, cookie=cookie, header=header, method=method)
        assert answer.status_code == 200
        assert answer.headers["Content-Language"] == found
        vary = {name.strip() for name in answer.headers["Vary"].split(",")}
        assert vary >= {"Accept-Language", "Cookie"}
        assert "no-store" in answer.headers["Cache-Control"]
    page = ask(client, address, cookie=cookie, header=header).text
    assert f'<html lang="{found}"' in page
    assert LOG_IN[found] in unescape(page)


@pytest.mark.parametrize(
    ("chosen", "address", "cookie", "header", "found"),
    [
        ("de", "/resources", "en", "en", "de"),
        ("en", "/resources", "de", "de", "en"),
        (None, "/resources", "de", "en", "de"),
        (None, "/resources", None, "de-CH", "de"),
        (None, "/resources", "xx", "de", "de"),
        (None, "/resources", None, None, "en"),
        ("en", "/resources?lang=de", "en", "en", "de"),
        ("en", "/de/resources", "en", "en", "de"),
    ],
)
def test_the_person_counts_before_cookie_and_browser(
    shared_lab: Lab, chosen: str | None, address: str, cookie: str | None, header: str, found: str
) -> None:
    lab = shared_lab
    assert lab.patch("/me", by="other", json={"locale": "en"}).status_code == 200
    other = Visitor.logged_in(lab, "other")
    assert lab.patch("/me", by="other", json={"locale": chosen}).status_code == 200
    if cookie is not None:
        other.cookies.set("aliquot_lang", cookie)
    lab.client.cookies = other.cookies
    headers = {"Accept": "text/html", **({"Accept-Language": header} if header else {})}
    answer = lab.client.get(address, headers=headers, follow_redirects=False)
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == found
    assert f'<html lang="{found}"' in answer.text


@pytest.mark.parametrize(
    ("chosen", "address", "cookie", "header", "target"),
    [
        (None, "/", None, None, "/en/"),
        (None, "/", None, "de-CH, fr;q=0.8", "/de/"),
        (None, "/", "xx", "de", "/de/"),
        (None, "/?done=1", None, "de", "/de/?done=1"),
        (None, "/", "de", "en", None),
        (None, "/?lang=de", None, "en", None),
        (None, "/de/", None, "en", None),
        (None, "/de", None, "en", None),
        (None, "/resources", None, "de", None),
        ("de", "/", None, "en", None),
    ],
)
def test_only_the_first_visit_to_the_entrance_is_sent_on(
    shared_lab: Lab,
    chosen: str | None,
    address: str,
    cookie: str | None,
    header: str | None,
    target: str | None,
) -> None:
    lab = shared_lab
    assert lab.patch("/me", by="other", json={"locale": chosen}).status_code == 200
    credentials = lab.headers("other")
    nobody: dict[str, str] = {}
    for who in (credentials, nobody):
        if who is nobody and chosen is not None:
            continue
        lab.client.cookies = httpx2.Cookies({"aliquot_lang": cookie} if cookie else {})
        headers = {"Accept": "text/html", **({"Accept-Language": header} if header else {}), **who}
        for method in ("GET", "HEAD"):
            lab.client.cookies = httpx2.Cookies({"aliquot_lang": cookie} if cookie else {})
            answer = lab.client.request(method, address, headers=headers, follow_redirects=False)
            if target is None:
                assert answer.status_code == (200 if who else 303)
                continue
            assert (answer.status_code, answer.headers["Location"]) == (302, target)
            assert answer.headers["Cache-Control"] == "private, no-store"
            assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_nobody_runs_in_circles(client: httpx2.Client) -> None:
    for cookie in (None, "xx", "de", "", "%00", "de,en"):
        for keeps in (True, False):
            client.cookies = httpx2.Cookies({"aliquot_lang": cookie} if cookie is not None else {})
            path, seen = "/", []
            for _ in range(4):
                seen.append(path)
                answer = client.get(
                    path,
                    headers={"Accept": "text/html", "Accept-Language": "de"},
                    follow_redirects=False,
                )
                if not keeps:
                    client.cookies = httpx2.Cookies()
                if answer.status_code == 200:
                    break
                path = answer.headers["Location"]
            assert answer.status_code == 200, seen
            assert len(set(seen)) == len(seen), seen


@pytest.mark.parametrize(
    ("method", "mode", "referer", "found"),
    [
        ("POST", "navigate", "http://testserver/de/login?next=%2F", "de"),
        ("POST", None, "http://testserver/login?lang=de", "de"),
        ("GET", "cors", "http://testserver/de/resources", "de"),
        ("GET", "navigate", "http://testserver/de/resources", "en"),
        ("GET", None, "http://testserver/de/resources", "en"),
        ("POST", "navigate", "http://testserver/design", "en"),
        ("POST", "navigate", "https://evil.example/de/login", "en"),
        ("POST", "navigate", "http://[", "en"),
    ],
)
def test_forms_and_scripts_keep_to_the_language_of_their_page(
    client: httpx2.Client, method: str, mode: str | None, referer: str, found: str
) -> None:
    headers = {"Accept": "text/html", "Referer": referer}
    if mode is not None:
        headers |= {"Sec-Fetch-Mode": mode, "Sec-Fetch-Site": "same-origin"}
    answer = client.request(method, "/login", headers=headers, follow_redirects=False)
    assert answer.headers["Content-Language"] == found


def test_a_cookie_that_names_no_language_is_removed(client: httpx2.Client) -> None:
    sent = ask(client, "/login", cookie="xx").headers.get_list("Set-Cookie")
    (removed,) = (one for one in sent if one.startswith("aliquot_lang="))
    assert "Max-Age=0" in removed
    assert "aliquot_lang" not in ask(client, "/login", cookie="de").headers.get("Set-Cookie", "")


def test_what_the_address_asks_for_is_kept_in_the_browser(client: httpx2.Client) -> None:
    kept = ask(client, "/login?lang=de").headers.get_list("Set-Cookie")
    assert any(one.startswith("aliquot_lang=de; ") and "Max-Age=31536000" in one for one in kept)
    for address in ("/de/login", "/login?lang=xx", "/api/v1/resources?lang=de"):
        assert "aliquot_lang" not in ask(client, address).headers.get("Set-Cookie", "")


def test_what_a_shared_cache_may_keep_is_the_same_in_every_language(client: httpx2.Client) -> None:
    kept: dict[str, object] = {}
    for header in ("en", "de"):
        for path in ("/openapi.json", "/problems", "/problems/not-found", "/docs"):
            accept = "text/html" if path == "/docs" else "application/json"
            answer = ask(client, path, header=header, accept=accept)
            assert answer.headers["Cache-Control"] == "public, max-age=300"
            assert not {"Accept-Language", "Cookie"} & set(answer.headers["Vary"].split(", "))
            assert "set-cookie" not in answer.headers
            told = answer.json() if path != "/docs" else answer.text
            if isinstance(told, dict):
                told.pop("meta", None)
            assert kept.setdefault(path, told) == told
        page = ask(client, "/problems/not-found", header=header)
        assert page.headers["Content-Language"] == header
        assert page.headers["Cache-Control"] == "private, no-store"
    sent = ask(client, "/docs?lang=de")
    assert "set-cookie" in sent.headers
    assert sent.headers["Cache-Control"] == "private, no-store"


def test_programs_are_never_sent_on(client: httpx2.Client) -> None:
    assert ask(client, "/", accept="application/json", header="de").status_code == 401
    assert ask(client, "/", accept="*/*", header="de").status_code == 401
    for path in ("/de/api/v1/resources", "/de/static/css/app.css", "/de/healthz", "/xx/login"):
        assert ask(client, path, accept="application/json").status_code == 404, path


def test_the_interface_refuses_in_the_callers_language(shared_lab: Lab) -> None:
    lab = shared_lab
    lab.client.cookies = httpx2.Cookies()
    german = {"Accept-Language": "de"}
    for person, chosen, titles in (
        (None, None, {"Bitte zuerst anmelden"}),
        ("other", None, {"Das ist nicht erlaubt"}),
        ("other", "en", {"You may not do this"}),
    ):
        if person:
            lab.patch("/me", by=person, json={"locale": chosen})
        refused = lab.get("/events", by=person, headers=german)
        assert refused.json()["title"] in titles
        assert refused.headers["Content-Language"] == ("en" if chosen == "en" else "de")
    known = lab.client.get("/problems/not-found", headers=german)
    assert known.json()["data"]["title"] == "Not found"


def test_log_in_is_in_the_language_of_the_entrance(client: httpx2.Client) -> None:
    answer = ask(client, "/de/", header="en")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/de/login?next=%2F")


@pytest.mark.parametrize(
    ("sent", "referer", "target"),
    [
        ({"next": "/resources?q=x"}, None, "/resources?q=x"),
        ({"next": "/de/resources?lang=de&q=x"}, None, "/resources?q=x"),
        ({}, "http://testserver/de/resources?q=x", "/resources?q=x"),
        ({}, "https://evil.example/", "/"),
        ({"next": "//evil.example/"}, None, "/"),
        ({"next": "/de//evil.example/"}, None, "/"),
        ({"next": "/login?next=%2Fbookings"}, None, "/login?next=%2Fbookings"),
    ],
)
def test_a_language_is_chosen_by_a_form_and_one_returns(
    shared_lab: Lab, sent: dict[str, str], referer: str | None, target: str
) -> None:
    visitor = Visitor(shared_lab)
    token = visitor.see("/login").forms[0].fields["csrf_token"][0]
    shared_lab.client.cookies = visitor.cookies
    answer = shared_lab.client.post(
        "/language",
        data={"csrf_token": token, "lang": "de", **sent},
        headers={"Accept": "text/html", **({"Referer": referer} if referer else {})},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, target)
    assert answer.headers["Set-Cookie"].startswith("aliquot_lang=de; ")


def test_who_is_signed_in_keeps_the_language_on_every_machine(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, before = Visitor.logged_in(lab, "member"), count(lab, "events")
    token = member.see("/").form("/logout").fields["csrf_token"][0]
    for chosen, kept in (("de", "de"), ("de-AT", "de"), ("", None), ("xx", None)):
        lab.client.cookies = member.cookies
        form = {"csrf_token": token, "lang": chosen}
        assert lab.client.post("/language", data=form, follow_redirects=False).status_code == 303
        assert lab.get("/me").json()["data"]["locale"] == kept
    assert count(lab, "events") == before + 2  # as it was is no change
    form = {"lang": "de"}
    assert lab.client.post("/language", data=form, follow_redirects=False).status_code == 403


def test_a_page_names_itself_in_every_language(shared_lab: Lab) -> None:
    from src import templating

    frame = templating.Frame(
        path="/resources", query=(("q", "a b"), ("lang", "de")), base_url="https://lab.example"
    )
    token = templating._frame.set(frame)
    try:
        source = "{% for code, href in alternates() %}{{ code }} {{ href }}\n{% endfor %}"
        told = templating.environment.from_string(source).render()
        with language.reading_as("de"):
            source = "{% for code, name, is_current in languages() %}{{ code }} {{ name }} {{ is_current }}\n{% endfor %}"
            choices = templating.environment.from_string(source).render()
    finally:
        templating._frame.reset(token)
    assert unescape(told).splitlines() == [
        *(f"{code} https://lab.example/{code}/resources?q=a+b" for code in language.available()),
        "x-default https://lab.example/resources?q=a+b",
    ]
    assert {"en English False", "de Deutsch True"} <= set(choices.splitlines())


def test_an_address_loses_the_language_it_says() -> None:
    for address, plain in (
        ("/de", "/"),
        ("/de/", "/"),
        ("/de/x?lang=en&a=1", "/x?a=1"),
        ("/design", "/design"),
        ("//[", "/"),
    ):
        assert languages.without_language(address) == plain
        assert not urlsplit(plain).netloc
