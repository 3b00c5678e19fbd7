"""Resources as pages: found, told, and kept by whoever manages them."""

from __future__ import annotations

from html import unescape
from urllib.parse import urlencode

import pytest

from tests.support import darkroom, photographs
from tests.support.application import Lab, moment
from tests.support.statements import counted
from tests.web.pages.visitor import Shown, Visitor
from tests.web.test_resources_api import PNG


def sent(visitor: Visitor, path: str, content: bytes | None, name: str = "picture.png") -> Shown:
    """A file sent by the form at `path`."""
    (token,) = visitor.see(path).form(path).fields["csrf_token"]
    files = {"file": ("" if content is None else name, content or b"")}
    answer = visitor.request("POST", path, data={"csrf_token": token}, files=files)
    return visitor._followed(answer, path)


def test_the_list_is_rows_or_cards_and_keeps_what_it_is_narrowed_to(shared_lab: Lab) -> None:
    member = Visitor.logged_in(shared_lab, "member")
    page = member.see("/resources?q=con&free=on")
    assert 'class="finds by-size"' in page.response.text
    assert "/resources?q=con&free=on&as=cards" in [one.replace("&amp;", "&") for one in page.links]
    cards = member.see("/resources?q=con&free=on&as=cards")
    assert 'class="finds as-cards"' in cards.response.text
    kept = cards.form("/resources").fields
    assert (kept["q"], kept["free"], kept["as"]) == (["con"], ["on"], ["cards"])
    assert "Confocal" in cards.text
    assert "Cytometer" not in cards.text
    assert "1 resource" in cards.text
    assert 'class="finds by-size"' in member.see("/resources?as=nonsense").response.text


def test_resources_are_found_by_tag_and_those_free_first_on_request(lab: Lab) -> None:
    path = f"/resources/{lab.ids.confocal}"
    assert lab.patch(path, by="manager", json={"tags": ["FLIM", "live cell"]}).status_code == 200
    down = {"state": "down", "reason": "Leak"}
    assert lab.post(f"{path}/state", by="manager", json=down).status_code == 200
    member = Visitor.logged_in(lab, "member")

    def names(**query: str) -> list[str]:
        page = member.see(f"/resources?{urlencode(query)}")
        html = page.response.text
        places = {html.find(f">{name}</a>"): name for name in ("Confocal", "Cytometer")}
        return [name for place, name in sorted(places.items()) if place >= 0]

    assert names() == ["Confocal", "Cytometer"]
    assert names(sort="next_free_at") == ["Cytometer", "Confocal"]
    assert names(tag="FLIM") == ["Confocal"]
    assert names(free="on") == ["Cytometer"]
    assert names(state="down") == ["Confocal"]
    assert names(tag="nothing has it") == []
    page = member.see("/resources")
    assert "Leak" in page.text
    assert not any(f"resource_id={lab.ids.confocal}" in link for link in page.links)
    assert any(f"/bookings/new?resource_id={lab.ids.cytometer}" in link for link in page.links)


def test_an_open_page_asks_only_for_what_changes(shared_lab: Lab) -> None:
    member = Visitor.logged_in(shared_lab, "member")
    for path, part in (
        ("/resources", "found-resources"),
        (f"/resources/{shared_lab.ids.confocal}", "standing"),
    ):
        html = member.see(path).response.text
        assert f'id="{part}"' in html
        client = shared_lab.client
        client.cookies = member.cookies
        fragment = client.get(path, headers={"HX-Request": "true"}).text
        assert f'id="{part}"' in fragment
        assert "<body" not in fragment
        assert "live:calendar from:body" in fragment


def test_a_sign_stands_where_there_is_no_photo_and_a_photo_comes_and_goes(lab: Lab) -> None:
    manager = Visitor.logged_in(lab, "manager")
    path = f"/resources/{lab.ids.confocal}"
    assert 'class="shot tone-' in manager.see(path).response.text
    assert "<img" not in manager.see("/resources").response.text
    with darkroom.closed():
        done = sent(manager, f"{path}/photo", PNG)
        assert "The photo was changed." in done.text
        assert "The photo is being prepared" in done.text
        assert "<img" not in manager.see("/resources").response.text
    darkroom.developed(lab)
    listed = Visitor.logged_in(lab, "member").see("/resources").response.text
    address = unescape(listed.split('<img src="')[1].split('"')[0])
    assert 'loading="lazy"' in listed
    assert photographs.read(manager.request("GET", address).content).size == (960, 640)
    gone = manager.send(manager.see(f"{path}/photo").form(f"{path}/photo/remove"))
    assert "The photo was removed." in gone.text
    assert "<img" not in gone.response.text


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (None, "missing", "Choose a file."),
        (b"", "file-empty", "This file is empty."),
        (b"<html>hello</html>", "file-type-refused", "The content counts, not the name."),
        (PNG + bytes(11 * 1024 * 1024), "file-too-large", "10 MB at the most"),
        (PNG[:20], "picture-unreadable", "It cannot be read as a picture"),
        (photographs.bomb(), "picture-too-large", "50 megapixels"),
    ],
)
def test_what_is_no_photo_is_refused_at_its_field(
    shared_lab: Lab, content: bytes | None, code: str, said: str
) -> None:
    path = f"/resources/{shared_lab.ids.confocal}/photo"
    refused = sent(Visitor.logged_in(shared_lab, "manager"), path, content)
    assert refused.status == 422
    fault = refused.response.text.split('id="file-fault-1"')[1].split("</p>")[0]
    assert f'data-code="{code}"' in fault
    assert said in fault


def test_files_are_read_by_everybody_and_kept_by_managers(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager, member = Visitor.logged_in(lab, "manager"), Visitor.logged_in(lab, "member")
    path = f"/resources/{lab.ids.confocal}"
    added = sent(manager, f"{path}/files", b"Switch it on at the back.", "manual.txt")
    assert "The file was added." in added.text
    page = member.see(path)
    assert "manual.txt" in page.text
    assert not any(form.action.endswith("/remove") for form in page.forms)
    (content,) = [link for link in page.links if link.endswith("/content")]
    assert member.request("GET", content).text == "Switch it on at the back."
    assert member.see(f"{path}/files").status == 403
    removing = next(form for form in added.forms if form.action.endswith("/remove"))
    assert "manual.txt" not in manager.send(removing).text


def test_people_are_named_in_order_and_nobody_twice_for_one_duty(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager = Visitor.logged_in(lab, "manager")
    path = f"/resources/{lab.ids.confocal}"
    form = manager.see(f"{path}/people").form(f"{path}/people")
    other, member = str(lab.ids.other), str(lab.ids.member)
    twice = manager.send(form, contact_id=member, deputy_0=other, deputy_1=other)
    assert twice.status == 422
    assert 'id="deputy_1-fault-1"' in twice.response.text
    done = manager.send(form, contact_id=member, deputy_0=other, trainer_0=other)
    assert "mailto:other@example.org" in done.links
    assert "First to ask" in done.text
    again = manager.see(f"{path}/people")
    assert (again.value("deputy_0"), again.value("deputy_1")) == (other, "")
    stale = manager.send(form, contact_id="")
    assert stale.status == 412
    for version in ("", "9" * 5000):
        assert manager.send(form, contact_id="", version=version).status == 422
    assert manager.see(f"{path}/people").value("contact_id") == member


def test_history_is_for_those_who_manage_or_read_the_record(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    path = f"/resources/{lab.ids.confocal}"
    down = {"state": "down", "reason": "The laser is dead"}
    assert lab.post(f"{path}/state", by="manager", json=down).status_code == 200
    seen = Visitor.logged_in(lab, "manager").see(path)
    assert "by Manager Example" in seen.text
    page = Visitor.logged_in(lab, "member").see(path)
    assert "by Manager Example" not in page.text
    assert "It is down: nobody can book it. The laser is dead Since" in page.text


def test_a_unit_in_use_stays_in_service(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager = Visitor.logged_in(lab, "manager")
    path = f"/resources/{lab.ids.confocal}/units"
    manager.send(manager.see(path).form(path))
    lab.book(9, unit=1)
    page = manager.see(path)
    refused = manager.send(page.form(f"{path}/1/out"))
    assert refused.status == 409
    assert "This was not saved" in refused.text
    assert "Out of service" in manager.send(page.form(f"{path}/2/out")).text
    assert "back in service" in manager.send(manager.see(path).form(f"{path}/2/in")).text


def test_rules_are_told_in_words_while_one_types(shared_lab: Lab) -> None:
    manager = Visitor.logged_in(shared_lab, "manager")
    path = f"/resources/{shared_lab.ids.confocal}/policy"
    form = manager.see(path).form(path)
    form.action = f"{path}/preview"
    told = manager.send(form, max_minutes="90", is_approval_required="true")
    assert "Up to 1 h 30 min at a time." in told.text
    assert "A manager has to approve" in told.text
    assert "<body" not in told.response.text
    unclear = manager.send(form, max_minutes="an hour")
    assert (unclear.status, unclear.text) == (200, "Something typed cannot be read yet.")
    assert "at a time" not in manager.see(f"/resources/{shared_lab.ids.confocal}").text


def test_the_number_of_statements_does_not_grow_with_what_is_told(lab: Lab) -> None:
    manager = Visitor.logged_in(lab, "manager")
    path = f"/resources/{lab.ids.confocal}"

    def name(*roles: str) -> None:
        people = [{"role": role, "user_id": str(lab.ids.other)} for role in roles]
        body, any_version = {"people": people}, {"If-Match": "*"}
        answer = lab.call("PUT", f"{path}/people", by="manager", json=body, headers=any_version)
        assert answer.status_code == 200

    def costs() -> dict[str, int]:
        found = {}
        for address in ("/resources", "/resources?sort=next_free_at", path, "/closures"):
            with counted(lab.app.state.database) as said:
                assert manager.see(address).status == 200
            found[address] = len(said)
        return found

    sent(manager, f"{path}/files", b"one", "first.txt")
    lab.post("/closures", by="manager", json=_closure(lab, 40))
    name("deputy")
    before = costs()
    for number in range(5):
        wish = {"name": f"Scope {number}", "type_id": str(lab.ids.type),
                "location_id": str(lab.ids.location), "timezone": "UTC"}  # fmt: skip
        assert lab.post("/resources", by="manager", json=wish).status_code == 201
        sent(manager, f"{path}/files", str(number).encode(), f"{number}.txt")
        lab.post("/closures", by="manager", json=_closure(lab, 41 + number))
    name("deputy", "safety")
    assert costs() == before


def _closure(lab: Lab, days: int) -> dict[str, object]:
    return {"starts_at": moment(8, days=days), "ends_at": moment(9, days=days),
            "reason": "Service", "resource_ids": [str(lab.ids.confocal)]}  # fmt: skip
