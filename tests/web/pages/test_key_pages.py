"""The pages of one's keys, without JavaScript."""

from __future__ import annotations

import re

import httpx2

from tests.support.application import API, Lab
from tests.web.pages.visitor import Shown, Visitor

NEW = "/me/api-keys/new"


def key_in(page: Shown) -> str:
    (found,) = re.findall(r'id="key" value="(alq_[^"]+)"', page.response.text)
    return str(found)


def status(lab: Lab, key: str) -> int:
    lab.client.cookies = httpx2.Cookies()
    headers = {"Authorization": f"Bearer {key}"}
    return lab.client.get(f"{API}/me", headers=headers).status_code


def test_a_key_is_made_replaced_and_revoked_by_its_forms(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    assert "You have no key." in member.see("/me/api-keys").text
    form = member.see(NEW).form(NEW)
    refused = member.send(form, name="Nightly export", addresses="192.0.2.300")
    assert refused.status == 422
    assert 'value="Nightly export"' in refused.response.text
    assert "192.0.2.300" in refused.response.text
    made = member.send(form, name="Nightly export", permissions="bookings:read", days="30")
    assert made.status == 201
    key = key_in(made)
    assert status(sqlite_lab, key) == 200
    listed = member.see("/me/api-keys")
    assert key not in listed.response.text
    assert "Nightly export" in listed.text
    assert "See when something is booked" in listed.text
    (replace,) = {link for link in listed.links if link.endswith("/replace")}
    replaced = member.send(member.see(replace).form(replace), overlap="0")
    assert (status(sqlite_lab, key), status(sqlite_lab, key_in(replaced))) == (401, 200)
    page = member.see("/me/api-keys")
    (revoke,) = {one.action for one in page.forms if one.action.endswith("/revoke")}
    gone = member.send(page.form(revoke))
    assert "The key was revoked" in gone.text
    assert status(sqlite_lab, key_in(replaced)) == 401


def test_a_signing_key_shows_its_secret_and_not_the_key_that_opens_nothing(
    sqlite_lab: Lab,
) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    made = member.send(member.see(NEW).form(NEW), name="Controller", signing="required")
    assert 'id="signing-secret"' in made.response.text
    assert 'id="key"' not in made.response.text


def test_somebody_elses_key_has_no_page(sqlite_lab: Lab) -> None:
    answer = sqlite_lab.post("/me/api-keys", by="admin", json={"name": "Export"})
    key_id = answer.json()["data"]["id"]
    other = Visitor.logged_in(sqlite_lab, "other")
    assert other.see(f"/me/api-keys/{key_id}/replace").status == 404
    form = other.see(NEW).form(NEW)
    for action in ("replace", "revoke"):
        form.action = f"/me/api-keys/{key_id}/{action}"
        assert other.send(form).status == 404
    assert status(sqlite_lab, answer.json()["data"]["key"]) == 200
