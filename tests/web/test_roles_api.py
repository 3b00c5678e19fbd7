"""Roles, assignments and "who may" over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from src.core import ids
from tests.support.application import Lab


def make(lab: Lab, **more: Any) -> Any:
    body = {"name": "night-shift", "title": "Night shift", "grants": ["bookings:approve"]}
    return lab.post("/roles", by="admin", json=body | more)


def test_a_role_lives_from_its_making_to_its_removal(lab: Lab) -> None:
    made = make(lab)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/roles/night-shift")
    path, etag = "/roles/night-shift", made.headers["ETag"]
    changed = lab.patch(path, by="admin", etag=etag, json={"denies": ["bookings:override"]})
    assert changed.json()["data"]["denies"] == ["bookings:override"]
    assert lab.patch(path, by="admin", etag=etag, json={"title": "Late"}).status_code == 412
    given = lab.post(
        "/role-assignments",
        by="admin",
        json={"user_id": str(lab.ids.member), "role": "night-shift",
              "scope": f"resource:{lab.ids.confocal}"},
    )  # fmt: skip
    assert given.status_code == 201, given.text
    assert given.json()["data"]["scope_name"]
    any_version = {"If-Match": "*"}
    held = lab.call("DELETE", path, by="admin", headers=any_version)
    assert (held.status_code, held.json()["type"]) == (409, "/problems/role-in-use")
    taken = lab.call("DELETE", f"/role-assignments/{given.json()['data']['id']}", by="admin")
    assert taken.status_code == 204
    assert lab.call("DELETE", path, by="admin", headers=any_version).status_code == 204
    assert lab.get(path, by="admin").status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"grants": ["bookings:fly"]}, "#/grants/0"),
        ({"name": "Night Shift"}, "#/name"),
        ({"grants": []}, "#/grants"),
        ({"denies": ["bookings:approve"]}, "#/denies"),
        ({"is_built_in": True}, "#/is_built_in"),
    ],
)
def test_bad_roles_are_refused_at_the_field(
    sqlite_lab: Lab, body: dict[str, Any], pointer: str
) -> None:
    refused = make(sqlite_lab, **body)
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == [pointer]


def test_bad_assignments_are_refused_at_the_field(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    whole = {"user_id": str(lab.ids.member), "role": "lead"}
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for more, status, kind in (
        ({"scope": f"team:{ids.new()}"}, 422, "unknown-scope"),
        ({"scope": "somewhere"}, 422, "invalid-request"),
        ({"expires_at": past}, 422, "bad-expiry"),
        ({"role": "nobody-made-it"}, 404, "role-not-found"),
        ({"user_id": str(ids.new())}, 404, "user-not-found"),
        ({"team_id": str(ids.new())}, 422, "invalid-request"),
    ):
        refused = lab.post("/role-assignments", by="admin", json={**whole, **more})
        assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{kind}"), more


def test_nobody_reaches_further_than_they_are_allowed(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    mine = f"/role-assignments?user_id={lab.ids.member}"
    assert [one["role"] for one in lab.get(mine).json()["data"]] == ["member"]
    assert lab.get(f"/role-assignments?user_id={lab.ids.other}").status_code == 403
    question = "/access/who-may?permission=bookings:approve"
    assert lab.get(question).status_code == 403
    own = lab.get(f"{question}&user_id={lab.ids.member}").json()["data"]
    assert [(one["may"], one["reasons"]) for one in own["people"]] == [(False, [])]
    told = lab.get(question, by="manager").json()["data"]["people"]
    assert {one["user_id"] for one in told if one["may"]} == {
        str(lab.ids.admin), str(lab.ids.manager),
    }  # fmt: skip
    promoted = {"user_id": str(lab.ids.member), "role": "admin"}
    for by in ("member", "manager", None):
        refused = lab.post("/role-assignments", by=by, json=promoted)
        assert refused.status_code == (403 if by else 401)
        assert lab.post("/roles", by=by, json={}).status_code == (403 if by else 401)
