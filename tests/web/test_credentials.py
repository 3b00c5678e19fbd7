"""Tokens and keys over HTTP, as programs see them."""

from __future__ import annotations

from typing import Any

import httpx2
import jwt
import pytest

from src.core.crypto import keyring_of
from tests.support import factors
from tests.support.application import API, PASSWORD, Lab, count, family_of

MEMBER = {"username": "member@example.org", "password": PASSWORD}


@pytest.fixture
def lab(sqlite_lab: Lab) -> Lab:
    """On SQLite: the services below are tried on both databases."""
    return sqlite_lab


def form(lab: Lab, path: str = "token", **fields: str) -> httpx2.Response:
    return lab.client.post(f"{API}/auth/{path}", data=fields)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def code(answer: httpx2.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


def me(lab: Lab, token: str) -> httpx2.Response:
    return lab.client.get(f"{API}/me", headers=bearer(token))


def make_key(lab: Lab, *, by: str = "member", **wish: Any) -> dict[str, Any]:
    answer = lab.post("/me/api-keys", by=by, json={"name": "Export", **wish})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made: dict[str, Any] = answer.json()["data"]
    return made


def test_a_program_logs_in_goes_on_and_logs_out(lab: Lab) -> None:
    answer = form(lab, **MEMBER)
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    assert (made["token_type"], made["expires_in"], made["scope"]) == ("bearer", 900, "")
    assert me(lab, made["access_token"]).json()["data"]["email"] == "member@example.org"
    following = form(lab, grant_type="refresh_token", refresh_token=made["refresh_token"]).json()
    assert me(lab, following["access_token"]).status_code == 200
    json = lab.client.post(
        f"{API}/auth/token/refresh", json={"refresh_token": following["refresh_token"]}
    ).json()["data"]
    assert set(json) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    ended = lab.client.post(f"{API}/auth/logout", headers=bearer(json["access_token"]))
    assert ended.status_code == 204
    refused = me(lab, json["access_token"])
    assert (refused.status_code, code(refused)) == (401, "bad-token")
    over = lab.client.post(
        f"{API}/auth/token/refresh", json={"refresh_token": json["refresh_token"]}
    )
    assert (over.status_code, code(over)) == (401, "bad-refresh-token")


def test_both_doors_of_programs_ask_for_the_second_factor_by_one_word(sqlite_lab: Lab) -> None:
    lab, app = sqlite_lab, factors.with_app(sqlite_lab, "member")
    asked = form(lab, **MEMBER)
    assert (asked.status_code, asked.json()["error"]) == (401, "second-factor-required")
    assert "client_secret" in asked.json()["error_description"]
    body = {"email": MEMBER["username"], "password": PASSWORD}
    told = lab.client.post(f"{API}/auth/login", json=body)
    assert (told.status_code, code(told)) == (401, "second-factor-required")
    assert "second_factor" in told.json()["detail"]
    assert form(lab, **MEMBER, client_secret=factors.wrong(app)).status_code == 400
    token = form(lab, **MEMBER, client_secret=factors.code(app)).json()["access_token"]
    assert me(lab, token).status_code == 200
    later = {**body, "second_factor": factors.code(app, steps=1)}
    assert lab.client.post(f"{API}/auth/login", json=later).status_code == 200


def test_log_in_by_json_answers_with_tokens_and_the_person(lab: Lab) -> None:
    body = {"email": "member@example.org", "password": PASSWORD}
    answer = lab.client.post(f"{API}/auth/login", json=body)
    assert answer.status_code == 200, answer.text
    made = answer.json()["data"]
    assert made["user"]["email"] == "member@example.org"
    assert me(lab, made["access_token"]).status_code == 200
    wrong = lab.client.post(f"{API}/auth/login", json={**body, "password": "not the password"})
    assert (wrong.status_code, code(wrong)) == (401, "log-in-refused")
    role = lab.client.post(f"{API}/auth/login", json={**body, "roles": ["admin"]})
    assert role.status_code == 422


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({**MEMBER, "password": "wrong"}, "invalid_grant"),
        ({"username": "nobody@example.org", "password": "wrong"}, "invalid_grant"),
        ({"username": "member@example.org"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "alr_no"}, "invalid_grant"),
        ({"grant_type": "telepathy"}, "unsupported_grant_type"),
        ({**MEMBER, "scope": "everything"}, "invalid_scope"),
    ],
)
def test_the_token_endpoint_refuses_in_oauths_words(
    shared_lab: Lab, fields: dict[str, str], error: str
) -> None:
    answer = form(shared_lab, **fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"


def test_each_token_is_taken_for_what_it_is(lab: Lab) -> None:
    made = form(lab, **MEMBER).json()
    as_access = me(lab, made["refresh_token"])
    assert (as_access.status_code, code(as_access)) == (401, "bad-token")
    as_refresh = form(lab, grant_type="refresh_token", refresh_token=made["access_token"])
    assert as_refresh.json()["error"] == "invalid_grant"
    claims = jwt.decode(made["access_token"], options={"verify_signature": False})
    header = {"kid": jwt.get_unverified_header(made["access_token"])["kid"]}
    ring = keyring_of(lab.settings)
    member, admin = lab.ids.member, lab.ids.admin
    for forged in (
        jwt.encode(claims, "", algorithm="none", headers=header),
        jwt.encode({**claims, "iss": "elsewhere"}, "x" * 32, headers=header),
        ring.access_token(admin, family_id=family_of(member), lifetime=60),
        ring.access_token(member, family_id=family_of(member), lifetime=-1),
        "alq_", "a.b.c",
    ):  # fmt: skip
        refused = me(lab, forged)
        assert (refused.status_code, code(refused)) == (401, "bad-token")


def test_a_token_is_revoked_by_itself_and_the_answer_tells_nothing(lab: Lab) -> None:
    made = form(lab, **MEMBER).json()
    for token in ("unknown", made["refresh_token"], made["refresh_token"], "alr_x"):
        assert form(lab, "token/revoke", token=token).status_code == 200
    assert me(lab, made["access_token"]).status_code == 401
    other = form(lab, **MEMBER).json()
    assert form(lab, "token/revoke", token=other["access_token"]).status_code == 200
    assert (
        form(lab, grant_type="refresh_token", refresh_token=other["refresh_token"]).json()["error"]
        == "invalid_grant"
    )
    assert form(lab, "token/revoke").json()["error"] == "invalid_request"


def test_a_key_is_shown_once_and_acts_within_what_it_was_given(lab: Lab) -> None:
    made = make_key(lab, permissions=["bookings:read"])
    listed = lab.get("/me/api-keys").json()["data"]
    assert [one["prefix"] for one in listed] == [made["prefix"]]
    assert "key" not in listed[0]
    assert made["key"] not in lab.get(f"/me/api-keys/{made['id']}").text
    key = bearer(made["key"])
    assert lab.client.get(f"{API}/bookings", headers=key).status_code == 200
    refused = lab.client.post(f"{API}/bookings", headers=key, json=lab.wish())
    assert (refused.status_code, refused.json()["permission"]) == (403, "bookings:create")
    mine = lab.client.get(f"{API}/me", headers=key).json()["data"]
    assert mine["permissions"] == ["bookings:read"]


def test_the_secrets_of_a_key_are_kept_for_no_idempotency_key(lab: Lab) -> None:
    headers = {"Idempotency-Key": "the-same-key-twice"}
    first = lab.post("/me/api-keys", json={"name": "One"}, headers=headers).json()["data"]
    second = lab.post("/me/api-keys", json={"name": "One"}, headers=headers).json()["data"]
    assert first["key"] != second["key"]
    assert count(lab, "idempotency_keys") == 0


def test_what_is_a_persons_alone_is_refused_to_programs(lab: Lab) -> None:
    whole = make_key(lab, by="admin")["key"]
    narrow = form(
        lab, username="admin@example.org", password=PASSWORD, scope="users:manage settings:manage"
    ).json()["access_token"]
    for token in (whole, narrow):
        for method, path, body in (
            ("POST", "/me/api-keys", {"name": "More"}),
            ("GET", "/me/api-keys", None),
            ("PATCH", "/me", {"name": "Eve"}),
            ("POST", "/me/password", {"current_password": PASSWORD, "new_password": "x" * 20}),
        ):
            headers = {**bearer(token), "If-Match": "*"}
            answer = lab.client.request(method, API + path, json=body, headers=headers)
            assert (answer.status_code, code(answer)) == (403, "person-only"), path


def test_somebody_elses_key_does_not_exist_by_path_query_or_body(lab: Lab) -> None:
    made = make_key(lab, by="admin")
    path = f"/me/api-keys/{made['id']}"
    for answer in (
        lab.get(path, by="other"),
        lab.patch(path, by="other", json={"name": "Mine"}),
        lab.post(f"{path}/rotate", by="other", json={}),
        lab.call("DELETE", path, by="other"),
    ):
        assert (answer.status_code, code(answer)) == (404, "api-key-not-found")
    for by in ("other", "admin"):
        body = {"name": "x", "user_id": str(lab.ids.admin)}
        assert lab.post("/me/api-keys", by=by, json=body).status_code == 422
    query = f"/me/api-keys?user_id={lab.ids.admin}&id={made['id']}"
    assert lab.get(query, by="other").json()["data"] == []
    assert me(lab, made["key"]).json()["data"]["id"] == str(lab.ids.admin)


def test_a_key_is_changed_replaced_and_revoked(lab: Lab) -> None:
    made = make_key(lab)
    path = f"/me/api-keys/{made['id']}"
    assert lab.call("PATCH", path, json={"name": "New"}).status_code == 428
    changed = lab.patch(path, json={"name": "New", "permissions": ["users:read"]})
    assert changed.json()["data"]["permissions"] == ["users:read"]
    stale = lab.patch(path, etag='"1-000000000000"', json={"name": "Newer"})
    assert stale.status_code == 412
    signs = lab.patch(path, json={"must_sign": True})
    assert (signs.status_code, code(signs)) == (422, "bad-api-key")
    new = lab.post(f"{path}/rotate", json={"overlap_hours": 1})
    assert new.status_code == 201, new.text
    assert me(lab, made["key"]).status_code == me(lab, new.json()["data"]["key"]).status_code == 200
    assert lab.call("DELETE", path).status_code == 204
    assert me(lab, made["key"]).status_code == 401
    ended = lab.patch(path, json={"name": "Again"})
    assert (ended.status_code, code(ended)) == (409, "api-key-ended")


def test_a_key_is_told_where_it_may_not_be_used(lab: Lab) -> None:
    made = make_key(lab, addresses=["192.0.2.0/24"])
    answer = me(lab, made["key"])
    assert (answer.status_code, code(answer)) == (403, "not-from-here")
    events = lab.get("/events?verb=api_key.refused", by="admin").json()["data"]
    assert [event["subject_id"] for event in events] == [str(lab.ids.member)]
