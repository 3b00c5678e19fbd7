"""What broke comparable systems: promoting oneself, fields nobody asked for, script in a title.

Registering with a role is in `test_joining.py`, a code that is replayed and the second step that is
skipped in `pages/test_log_in_pages.py`, foreign keys and states in `matrix.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.application import PASSWORD, Lab, count
from tests.web.pages.visitor import Visitor

SCRIPT = "<script>alert(1)</script>"
EXTRAS: tuple[dict[str, Any], ...] = (
    {"role": "admin"},
    {"roles": ["admin"]},
    {"permissions": ["settings:manage"]},
    {"state": "active"},
    {"email": "mine@example.org"},
    {"email_verified_at": "2026-01-01T00:00:00Z"},
    {"phone_verified_at": "2026-01-01T00:00:00Z"},
    {"factor_due_at": None},
    {"access_version": 1},
    {"id": "0198c0de-5a7e-7000-8000-000000000001"},
    {"is_admin": True},
)


@pytest.mark.parametrize("extra", EXTRAS, ids=lambda extra: next(iter(extra)))
def test_nobody_promotes_themselves_through_their_profile(
    shared_lab: Lab, extra: dict[str, Any]
) -> None:
    before = shared_lab.get("/me").json()["data"]
    assert shared_lab.patch("/me", json={"name": "Mo", **extra}).status_code == 422
    own = shared_lab.patch(f"/users/{shared_lab.ids.member}", json=extra)
    assert own.status_code in {403, 422}
    assert shared_lab.get("/me").json()["data"] == before


def test_a_profile_form_with_more_fields_changes_its_own_alone(sqlite_lab: Lab) -> None:
    visitor = Visitor.logged_in(sqlite_lab, "member")
    more = {"role": "admin", "roles": "admin", "state": "active", "email": "mine@example.org"}
    visitor.send(visitor.see("/me").form("/me"), name="Mo Member", **more)
    found = sqlite_lab.get("/me").json()["data"]
    assert (found["email"], found["roles"]) == ("member@example.org", ["member"])
    assert "settings:manage" not in found["permissions"]
    assert visitor.request("GET", "/admin/").status_code == 403


def test_every_body_of_the_interface_refuses_fields_it_does_not_know(shared_lab: Lab) -> None:
    document = shared_lab.app.openapi()
    schemas = document["components"]["schemas"]

    def refuses(schema: dict[str, Any]) -> bool:
        if "$ref" in schema:
            return refuses(schemas[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema or "oneOf" in schema:
            return all(map(refuses, schema.get("anyOf") or schema["oneOf"]))
        return schema.get("type") != "object" or schema.get("additionalProperties") is False

    open_ones = [
        f"{method} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if (body := operation.get("requestBody", {}).get("content", {}).get("application/json"))
        and not refuses(body["schema"])
    ]
    assert open_ones == []


def test_a_refresh_token_is_no_access_token(sqlite_lab: Lab) -> None:
    form = {"username": "member@example.org", "password": PASSWORD}
    made = sqlite_lab.client.post("/api/v1/auth/token", data=form).json()
    for path in ("/api/v1/me", "/me", "/admin/"):
        headers = {"Authorization": f"Bearer {made['refresh_token']}"}
        assert sqlite_lab.client.get(path, headers=headers).status_code == 401, path


def test_script_in_a_title_is_text_on_every_page_that_shows_it(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    lab.patch("/me", json={"name": f"Mo {SCRIPT}"})
    team = lab.post("/teams", by="admin", json={"name": f"Team {SCRIPT}"}).json()["data"]["id"]
    confocal = {"name": f"Confocal {SCRIPT}", "description": SCRIPT}
    assert lab.patch(f"/resources/{lab.ids.confocal}", by="admin", json=confocal).is_success
    booking = lab.book(9, title=f"Slides {SCRIPT}", notes=SCRIPT)["id"]
    shut = {"starts_at": lab.wish(30)["starts_at"], "ends_at": lab.wish(31)["ends_at"]}
    closure = {**shut, "reason": SCRIPT, "resource_ids": [str(lab.ids.confocal)]}
    assert lab.post("/closures", by="admin", json=closure).status_code == 201
    visitor, shown = Visitor.logged_in(lab, "admin"), 0
    for path in (
        "/en/", "/bookings", f"/bookings/{booking}", f"/bookings/{booking}/edit", "/calendar",
        f"/bookings/{booking}/cancel", f"/resources/{lab.ids.confocal}", "/resources", "/closures",
        "/people", f"/people/{lab.ids.member}", "/teams", f"/teams/{team}", "/search?q=Slides",
        "/events", "/notifications", "/who-may?permission=bookings:create", "/admin/bookings/list",
        f"/people/{lab.ids.member}/roles", "/bookings/new",
    ):  # fmt: skip
        page = visitor.see(path)
        assert page.status == 200, path
        assert SCRIPT not in page.response.text, path
        shown += "alert(1)" in page.response.text
    assert shown > 10
    assert count(lab, "bookings") == 1
