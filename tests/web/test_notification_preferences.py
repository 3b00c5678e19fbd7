"""How one is told, over the interface and on pages; links of mails; following."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock
from src.core.crypto import keyring_of
from src.domain import notifications
from src.domain.notifications import unsubscribing
from tests.support.application import Lab
from tests.web.pages.visitor import Form, Visitor
from tests.web.test_jobs_api import write

CHOSEN = "/me/notification-preferences"


def kinds(lab: Lab, by: str = "member") -> dict[str, dict[str, str]]:
    """One's own choices by kind."""
    return {one["kind"]: one for one in lab.get(CHOSEN, by=by).json()["data"]["kinds"]}


def token(lab: Lab, what: str = "booking.reminder", *, age: timedelta = timedelta(0)) -> str:
    """As it stands in a mail to the member."""
    link = unsubscribing.Link(lab.ids.member, what, clock.now() - age)
    return unsubscribing.sign(link, keyring_of(lab.settings))


def follow_form(kind: str, id_: str) -> Form:
    """The button as it stands on a thing."""
    return Form("/follows", "POST", {"subject_type": [kind], "subject_id": [id_], "next": ["/me"]})


def with_token(visitor: Visitor, form: Form) -> Form:
    """With the page's token."""
    form.fields["csrf_token"] = [visitor.see("/me").value("csrf_token")]
    return form


def test_choices_are_read_changed_and_guarded_by_their_version(lab: Lab) -> None:
    before = lab.get(CHOSEN)
    assert before.json()["data"]["digest_at"] == "08:00"
    sends = {
        "quiet_from": "22:00", "quiet_to": "07:00", "digest_at": "09:15",
        "kinds": {"booking.reminder": {"mail": "digest", "app": "off"}},
    }  # fmt: skip
    headers = {"If-Match": before.headers["ETag"]}
    after = lab.call("PATCH", CHOSEN, json=sends, headers=headers)
    assert after.status_code == 200, after.text
    said = after.json()["data"]
    assert (said["quiet_from"], said["quiet_to"], said["digest_at"]) == ("22:00", "07:00", "09:15")
    assert kinds(lab)["booking.reminder"]["mail"] == "digest"
    assert kinds(lab)["booking.reminder"]["app"] == "off"
    assert lab.call("PATCH", CHOSEN, json=sends, headers=headers).status_code == 412
    unsure = lab.call("PATCH", CHOSEN, json={"quiet_from": None, "quiet_to": None,
        "kinds": {"booking.reminder": {"mail": None, "app": None}}}, headers={"If-Match": "*"})  # fmt: skip
    assert unsure.json()["data"]["quiet_from"] is None
    assert kinds(lab)["booking.reminder"]["mail"] == "immediate"


def test_what_is_owed_cannot_be_turned_off_and_the_fault_says_where(lab: Lab) -> None:
    sends = {"kinds": {"booking.cancelled": {"mail": "off"}, "no.such": {"app": "off"}}}
    refused = lab.call("PATCH", CHOSEN, json=sends, headers={"If-Match": "*"})
    assert refused.status_code == 422
    assert {one["pointer"] for one in refused.json()["errors"]} == {
        "#/kinds/booking.cancelled/mail", "#/kinds/no.such"}  # fmt: skip
    assert kinds(lab)["booking.cancelled"]["is_fixed"]


def test_a_mail_program_ends_a_kind_in_one_click_with_no_log_in(lab: Lab) -> None:
    sealed = token(lab)
    sent: Any = {"content": b"List-Unsubscribe=One-Click",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}}  # fmt: skip
    for _ in range(2):
        done = lab.client.post(f"/api/v1/unsubscribe/{sealed}", **sent)
        assert (done.status_code, done.json()["data"]["what"]) == (200, "Soon: …")
    assert kinds(lab)["booking.reminder"]["mail"] == "off"
    led = lab.client.get(f"/api/v1/unsubscribe/{sealed}", follow_redirects=False)
    assert (led.status_code, led.headers["Location"]) == (303, f"/unsubscribe/{sealed}")
    chosen = {"kinds": {"booking.reminder": {"mail": "immediate"}}}
    lab.call("PATCH", CHOSEN, json=chosen, headers={"If-Match": "*"})
    over = lab.client.post(f"/api/v1/unsubscribe/{sealed}", **sent)
    assert (over.status_code, over.json()["type"]) == (410, "/problems/unsubscribe-link-over")
    assert kinds(lab)["booking.reminder"]["mail"] == "immediate"


def test_a_link_that_was_tampered_with_ends_nothing(lab: Lab) -> None:
    sealed = token(lab)
    for forged in (sealed[:-2], f"{sealed[:30]}x{sealed[31:]}", "nonsense"):
        refused = lab.client.post(f"/api/v1/unsubscribe/{forged}")
        assert refused.status_code == 422, forged
        page = lab.client.get(f"/unsubscribe/{forged}")
        assert (page.status_code, 'data-code="unsubscribe-link-forged"' in page.text) == (422, True)
    assert kinds(lab)["booking.reminder"]["mail"] == "immediate"


def test_the_page_of_the_link_shows_a_button_and_changes_nothing_before_it(lab: Lab) -> None:
    visitor, path = Visitor(lab), f"/unsubscribe/{token(lab, age=timedelta(days=900))}"
    page = visitor.see(path)
    assert "Soon: …" in page.text
    assert "member" not in page.response.text.lower()
    assert kinds(lab)["booking.reminder"]["mail"] == "immediate"
    done = visitor.send(page.form(path))
    assert "No more of these" in done.text
    assert kinds(lab)["booking.reminder"]["mail"] == "off"
    assert kinds(lab)["booking.reminder"]["app"] == "immediate"
    assert [one for one in visitor.see(path).forms if one.action == path] == []


def test_a_person_follows_mutes_and_lets_go(lab: Lab) -> None:
    thing = f"/follows/resource/{lab.ids.confocal}"
    assert lab.get(thing).json()["data"]["is_muted"] is None
    for muted in (False, True):
        assert lab.call("PUT", thing, json={"is_muted": muted}).status_code == 200
        assert lab.get(thing).json()["data"]["is_muted"] is muted
    (listed,) = lab.get("/follows").json()["data"]
    assert (listed["path"], listed["is_muted"]) == (f"/resources/{lab.ids.confocal}", True)
    assert lab.get("/follows", by="other").json()["data"] == []
    assert lab.call("DELETE", thing).status_code == 204
    assert lab.get("/follows").json()["data"] == []


@pytest.mark.parametrize("kind", ["resource", "booking", "no-such"])
def test_what_one_may_not_know_of_cannot_be_followed(lab: Lab, kind: str) -> None:
    thing = f"/follows/{kind}/{uuid4()}"
    assert lab.call("PUT", thing, json={}).status_code == 404
    assert lab.get(thing).status_code == 404
    assert lab.call("DELETE", thing).status_code == 204
    sent = follow_form(kind, str(uuid4()))
    visitor = Visitor.logged_in(lab, "member")
    assert visitor.send(with_token(visitor, sent)).status == 404


def test_the_button_leads_back_to_the_page_and_never_elsewhere(lab: Lab) -> None:
    visitor = Visitor.logged_in(lab, "member")
    sent = with_token(visitor, follow_form("resource", str(lab.ids.confocal)))
    done = visitor.send(sent, next=f"/resources/{lab.ids.confocal}")
    assert done.path == f"/resources/{lab.ids.confocal}"
    assert visitor.send(sent, next="//evil.example.org").path in ("/", "/en/")
    page = visitor.see("/me/follows")
    assert re.search(r"Confocal.*?Mute.*?Let go", page.text, re.DOTALL)


def test_the_form_keeps_what_was_typed_and_what_a_group_says_counts_for_its_kinds(lab: Lab) -> None:
    visitor, path = Visitor.logged_in(lab, "member"), "/me/notification-preferences"
    form = visitor.see(path).form(path)
    refused = visitor.send(form, quiet_from="22:00", **{"group.waiting": "digest"})
    assert refused.status == 422
    assert refused.value("quiet_from") == "22:00"
    assert "Say when quiet hours begin and end" in refused.text
    again = refused.form(path)
    assert again.fields["group.waiting"] == ["digest"]
    again.fields["app.problem.over"] = []
    saved = visitor.send(again, quiet_to="06:30")
    assert "Your choices are kept." in saved.text
    now = kinds(lab)
    assert {one["mail"] for one in now.values() if one["group"] == "waiting"} == {"digest"}
    assert now["problem.over"]["app"] == "off"
    assert now["booking.reminder"]["app"] == "immediate"
    said = lab.get(CHOSEN).json()["data"]
    assert (said["quiet_from"], said["quiet_to"]) == ("22:00", "06:30")


def test_everybodys_mails_are_for_who_keeps_jobs_and_do_not_say_what_they_say(lab: Lab) -> None:
    async def tell(session: AsyncSession) -> None:
        await notifications.notify(
            session, user_id=lab.ids.member, kind="waiting.free", args={"resource": "Laser"},
            link="/waiting",
        )  # fmt: skip

    write(lab, tell)
    (own,) = lab.get("/me/notifications/deliveries").json()["data"]
    assert (own["title"], own["channel"], own["link"]) == ("Free again: Laser", "mail", "/waiting")
    assert "Laser" not in lab.get("/notifications/deliveries", by="admin").text
    everybodys = lab.get("/notifications/deliveries", by="admin").json()["data"]
    assert {one["title"] for one in everybodys} == {None}
    assert lab.get("/notifications/deliveries").status_code == 403
    page = Visitor.logged_in(lab, "admin").see("/notifications/deliveries")
    assert "Job " in page.text
