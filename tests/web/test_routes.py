"""Every route says who may, and is held to it: interface, pages, administration and files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from src.core.actor import Permission
from src.web import security
from src.web.admin.door import Door
from src.web.declarations import PUBLIC, SIGNED_IN, Access, Declaration, declared_routes
from tests.support.application import Lab
from tests.web.pages.visitor import Visitor

_SECRET = "what is in the mailed link proves who it is"
_DOOR = "nobody is logged in yet where one logs in"
_ASKED = "the answer is the same whoever asks and whatever there is"
_LOOK = "how pages look to a browser nobody is logged in at"
_READERS = "the description of the interface is no secret"

# Every route that anybody may call, and why.
OPEN = {
    "/healthz": "asked by what watches the process",
    "/readyz": "asked by what watches the process",
    "/metrics": "asked by what watches the process; the proxy keeps it inside",
    "/problems": _READERS,
    "/problems/{code}": _READERS,
    "/openapi.json": _READERS,
    "/docs": _READERS,
    "/approvals/answer/{token}": "signed links of mails, for whoever reads them on a telephone",
    "/unsubscribe/{token}": "sealed links of mails, for whoever wants fewer and does not log in",
    "/api/v1/unsubscribe/{token}": "the same for mail programs (RFC 8058)",
    "/docs/oauth2-redirect": _READERS,
    "/redoc": _READERS,
    "/.well-known/oauth-authorization-server": _READERS,
    "/api/v1/auth/token": _DOOR,
    "/api/v1/auth/login": _DOOR,
    "/api/v1/auth/token/refresh": "the refresh token is the credential",
    "/api/v1/auth/token/revoke": "the token is the credential",
    "/api/v1/auth/register": _ASKED,
    "/api/v1/auth/verify-email/resend": _ASKED,
    "/api/v1/auth/password/forgot": _ASKED,
    "/api/v1/auth/invitations/accept": _SECRET,
    "/api/v1/auth/verify-email": _SECRET,
    "/api/v1/auth/password/reset": _SECRET,
    "/api/v1/auth/email/confirm": _SECRET,
    "/api/v1/auth/email/keep": _SECRET,
    "/api/v1/auth/sso": _DOOR,
    "/api/v1/auth/sso/{slug}/start": _DOOR,
    "/api/v1/auth/sso/{slug}/backchannel-logout": "the provider's signature is the credential",
    "/login": _DOOR,
    "/login/factor": _DOOR,
    "/login/passkey": _DOOR,
    "/login/passkey/begin": _DOOR,
    "/login/sso/{slug}": _DOOR,
    "/login/sso/{slug}/callback": _DOOR,
    "/calendar/{token}.ics": "the random address is the credential of a program that knows no other",
    "/kiosk/{token}": "the secret address of a tablet at the instruments is its credential",
    "/kiosk/{token}/{booking_id}": "the tablet's secret address, and the person's PIN",
    "/setup": "once, by the code in the server's log",
    "/register": _ASKED,
    "/verify/resend": _ASKED,
    "/forgot": _ASKED,
    "/invitation": _SECRET,
    "/verify": _SECRET,
    "/reset": _SECRET,
    "/email/confirm": _SECRET,
    "/email/keep": _SECRET,
    "/password-strength": "a password is chosen before there is an account",
    "/language": _LOOK,
    "/theme": _LOOK,
    "/mailbox": "mails of the demo; elsewhere there is none",
    "/mailbox/{mail_id}": "mails of the demo; elsewhere there is none",
}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def guarded(lab: Lab) -> Iterator[tuple[str, APIRoute, set[str], Declaration]]:
    """Every route of the interface and of the pages, with its declaration."""
    for context, declaration in declared_routes(lab.app):
        route = context.original_route
        if isinstance(route, APIRoute):
            assert declaration is not None, context.path
            yield str(context.path), route, set(context.methods or ()), declaration


def test_what_has_no_declaration_is_the_static_files_and_the_guarded_administration(
    shared_lab: Lab,
) -> None:
    others = []
    for context, declaration in declared_routes(shared_lab.app):
        route = context.original_route
        if declaration is not None:
            continue
        assert isinstance(route, Mount | Route), context.path
        served = route.app if isinstance(route, Mount) else route.endpoint
        others.append((route.path, isinstance(served, Door)))
    assert sorted(set(others)) == [("/admin", True), ("/static", False)]
    assert {one.access for one in Door.declarations} == {Permission.SETTINGS_MANAGE}


def test_a_route_is_open_to_all_only_for_a_reason(shared_lab: Lab) -> None:
    found = {path for path, _, _, said in guarded(shared_lab) if said.access is PUBLIC}
    assert found == OPEN.keys()


def test_a_permission_or_a_person_guards_every_other_route_and_its_guard_comes_first(
    shared_lab: Lab,
) -> None:
    for path, route, methods, said in guarded(shared_lab):
        assert isinstance(said.access, Permission | Access), path
        assert isinstance(route.dependencies[0].dependency, Declaration), path
        if methods & UNSAFE:
            assert said.rate != "unlimited", path


def test_every_form_of_a_page_wants_its_token(shared_lab: Lab) -> None:
    """The interface takes credentials that browsers send of themselves from our pages alone."""
    bare = [
        path
        for path, route, methods, _ in guarded(shared_lab)
        if methods & UNSAFE
        and not path.startswith("/api/")
        and security.require_csrf not in [one.dependency for one in route.dependencies]
    ]
    assert bare == []


def _filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda _: str(uuid4()), path)


def test_who_is_not_logged_in_is_led_to_the_log_in_from_every_page(shared_lab: Lab) -> None:
    visitor = Visitor(shared_lab)
    for path, _, methods, said in guarded(shared_lab):
        if path.startswith("/api/") or said.access is PUBLIC:
            continue
        for method in methods & {"GET", "POST"}:
            # `/` itself leads to a language first.
            answer = visitor.request(method, "/en/" if path == "/" else _filled(path))
            assert answer.status_code == 303, f"{method} {path}: {answer.status_code}"
            assert "/login" in answer.headers["Location"], path


def test_a_page_is_refused_to_whoever_lacks_what_it_needs(shared_lab: Lab) -> None:
    visitor = Visitor.logged_in(shared_lab, "member")
    held = set(shared_lab.get("/me").json()["data"]["permissions"])
    asked = 0
    for path, _, methods, said in guarded(shared_lab):
        if path.startswith("/api/") or said.access in (PUBLIC, SIGNED_IN) or said.access in held:
            continue
        for method in methods & {"GET", "POST"}:
            answer = visitor.request(method, _filled(path))
            assert answer.status_code == 403, f"{method} {path}: {answer.status_code}"
            asked += 1
    assert asked > 80


def test_a_form_without_its_token_changes_nothing_even_for_an_administrator(
    shared_lab: Lab,
) -> None:
    visitor = Visitor.logged_in(shared_lab, "admin")
    asked = 0
    for path, _, methods, _ in guarded(shared_lab):
        if path.startswith("/api/") or "POST" not in methods:
            continue
        answer = visitor.request("POST", _filled(path), data={"csrf_token": "none"})
        assert answer.status_code == 403, f"{path}: {answer.status_code}"
        asked += 1
    assert asked > 80
    assert visitor.request("GET", "/me").status_code == 200


@pytest.mark.parametrize("person", [None, "member", "manager"])
def test_the_administration_opens_to_administrators_alone(
    shared_lab: Lab, person: str | None
) -> None:
    visitor = Visitor.logged_in(shared_lab, person) if person else Visitor(shared_lab)
    for path in ("/admin/", "/admin/users/list", "/admin/api/users", "/admin/nowhere"):
        answer = visitor.request("GET", path)
        assert answer.status_code == (403 if person else 303), path
    token = shared_lab.headers(person)
    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = shared_lab.client.request(method, "/admin/api/users", headers=token)
        assert answer.status_code in {401, 403}, method
