"""Verifying one's phone, on the page and by the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.application import Lab
from tests.support.gateway import Gateway, receiving
from tests.web.pages.visitor import Visitor

NUMBER = "+493090182012"


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway that the application's own worker sends by."""
    with receiving() as made:
        yield made


def test_a_member_verifies_their_phone(lab: Lab, gateway: Gateway) -> None:
    member = Visitor.logged_in(lab, "member")
    saved = member.send(member.see("/me").form("/me"), phone=NUMBER)
    assert "not verified" in saved.text
    asked = member.send(saved.form("/me/phone/code"))
    assert "A code is on its way" in asked.text
    right = gateway.next_code()
    typed = f"{(int(right) + 1) % 10**6:06}"
    refused = member.send(asked.form("/me/phone/verify"), code=typed)
    assert refused.status == 422
    assert 'data-code="phone-code-wrong"' in refused.response.text
    assert refused.value("code") == typed
    done = member.send(refused.form("/me/phone/verify"), code=right)
    assert "Your phone number is verified" in done.text
    assert "/me/phone/code" not in done.response.text
    path = f"/users/{lab.ids.member}"
    assert lab.get(path, by="admin").json()["data"]["phone_verified_at"] is not None
    foreign = lab.get(path, by="other").json()["data"]
    assert (foreign["phone"], foreign["phone_verified_at"]) == (None, None)
    changed = member.send(done.form("/me"), phone="+493090182013")
    assert "not verified" in changed.text


def test_without_a_gateway_the_page_says_so(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    saved = member.send(member.see("/me").form("/me"), phone=NUMBER)
    assert "It cannot be verified here" in saved.text
    assert "/me/phone/code" not in saved.response.text
    refused = sqlite_lab.post("/me/phone/code")
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/sms-closed")


def test_who_asks_too_often_is_told_on_the_page(sqlite_lab: Lab, gateway: Gateway) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    page = member.send(member.see("/me").form("/me"), phone=NUMBER)
    for _ in range(3):
        page = member.send(page.form("/me/phone/code"))
    refused = member.send(page.form("/me/phone/code"))
    assert refused.status == 429
    assert 'data-code="too-many-codes"' in refused.response.text


def test_a_program_verifies_a_phone(sqlite_lab: Lab, gateway: Gateway) -> None:
    assert sqlite_lab.patch("/me", json={"phone": NUMBER}).status_code == 200
    asked = sqlite_lab.post("/me/phone/code")
    assert (asked.status_code, asked.json()["data"]["phone_verified_at"]) == (202, None)
    right = gateway.next_code()
    assert right not in asked.text
    wrong = sqlite_lab.post("/me/phone/verify", json={"code": f"{(int(right) + 1) % 10**6:06}"})
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["pointer"] == "#/code"
    done = sqlite_lab.post("/me/phone/verify", json={"code": right})
    assert done.json()["data"]["phone_verified_at"]
    over = sqlite_lab.post("/me/phone/verify", json={"code": right})
    assert (over.status_code, over.json()["type"]) == (409, "/problems/phone-code-over")
    again = sqlite_lab.post("/me/phone/code")
    assert again.json()["type"] == "/problems/nothing-to-verify"
