"""Decisions over HTTP: the whole life of one, with every refusal on its way."""

from __future__ import annotations

from typing import Any

from tests.support.application import Lab
from tests.support.statements import counted

WISH = {"title": "One buffer", "outcome": "We take PBS.", "options": [{"title": "PBS"}]}


def _proposed(lab: Lab, *, by: str = "member", **body: Any) -> dict[str, Any]:
    answer = lab.post("/decisions", by=by, json={**WISH, **body})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def _moved(lab: Lab, path: str, *, by: str = "member", **body: Any) -> Any:
    return lab.post(f"{path}/transition", by=by, json=body)


def test_a_decision_is_weighed_accepted_and_amended_word_by_word(lab: Lab) -> None:
    other, member = str(lab.ids.other), str(lab.ids.member)
    made = _proposed(lab, participant_ids=[other], review_on="2027-01-01")
    path = f"/decisions/{made['id']}"
    added = lab.post(f"{path}/options", json={"title": "HEPES", "is_chosen": True})
    assert added.status_code == 201, added.text
    first, second = added.json()["data"]["options"]
    moved = lab.patch(f"{path}/options/{second['id']}", json={"position": 1})
    assert [one["title"] for one in moved.json()["data"]["options"]] == ["HEPES", "PBS"]
    gone = lab.call("DELETE", f"{path}/options/{first['id']}")
    assert [one["title"] for one in gone.json()["data"]["options"]] == ["HEPES"]
    assert lab.patch(f"{path}/options/{first['id']}", json={"title": "x"}).status_code == 404
    said = lab.call(
        "PUT", f"{path}/stance", by="other", json={"stance": "agrees", "comment": "Yes"}
    )
    assert said.json()["data"]["participants"][0]["stance"] == "agrees"
    emptied = lab.call("PUT", f"{path}/participants", json={"user_ids": [member]})
    assert emptied.json()["errors"][0]["code"] == "answered"
    both = lab.call("PUT", f"{path}/participants", json={"user_ids": [member, other]})
    assert len(both.json()["data"]["participants"]) == 2
    assert lab.patch(path, json={"review_on": None}).json()["data"]["review_on"] is None
    assert lab.patch(path, by="other", json={"title": "Mine"}).status_code == 403
    assert _moved(lab, path, by="other", to="accepted").status_code == 403
    assert lab.post(f"{path}/amendments", json={"outcome": "x", "reason": "y"}).status_code == 409
    done = _moved(lab, path, to="accepted").json()["data"]
    assert (done["state"], done["decided_by"]["id"]) == ("accepted", member)
    refused = lab.patch(path, json={"outcome": "We take HEPES."})
    assert (refused.status_code, refused.json()["allowed"]) == (409, ["superseded", "deprecated"])
    assert lab.patch(path, json={"tags": ["buffer"]}).json()["data"]["tags"] == ["buffer"]
    late = lab.call("PUT", f"{path}/stance", by="other", json={"stance": "disagrees"})
    assert late.status_code == 409
    change = {"outcome": "We take HEPES.", "reason": "PBS foams"}
    amended = lab.post(f"{path}/amendments", json=change)
    assert amended.status_code == 201, amended.text
    (one,) = lab.get(f"{path}/amendments", by="other").json()["data"]
    assert one == amended.json()["data"]
    assert [(piece["kind"], piece["text"]) for piece in one["changes"][0]["pieces"]] == [
        ("same", "We take "), ("removed", "PBS"), ("added", "HEPES"), ("same", "."),
    ]  # fmt: skip
    assert lab.call("DELETE", path).status_code == 405, "a decision is never deleted"


def test_one_decision_takes_the_place_of_another(lab: Lab) -> None:
    old, new = (f"/decisions/{_proposed(lab, title=title)['id']}" for title in ("Old", "New"))
    new_id, old_id = new.rsplit("/", 1)[1], old.rsplit("/", 1)[1]
    assert _moved(lab, old, to="accepted").is_success
    early = _moved(lab, old, to="superseded", reason="Better", superseded_by=new_id)
    assert (early.status_code, early.json()["errors"][0]["code"]) == (422, "not-accepted")
    assert early.json()["errors"][0]["pointer"] == "#/superseded_by"
    assert _moved(lab, new, to="accepted").is_success
    silent = _moved(lab, old, to="superseded", superseded_by=new_id)
    assert silent.json()["errors"][0]["pointer"] == "#/reason"
    done = _moved(lab, old, to="superseded", reason="Better", superseded_by=new_id)
    assert done.json()["data"]["superseded_by"]["title"] == "New"
    assert [one["title"] for one in done.json()["data"]["successors"]] == ["New"]
    shown = lab.get(new, by="other").json()["data"]
    assert [one["title"] for one in shown["supersedes"]] == ["Old"]
    circle = _moved(lab, new, to="superseded", reason="Back", superseded_by=old_id)
    assert circle.status_code == 422
    over = _moved(lab, old, to="deprecated", reason="Over")
    assert (over.status_code, over.json()["allowed"]) == (409, [])


def test_what_was_not_decided_says_why(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    for to in ("rejected", "withdrawn"):
        path = f"/decisions/{_proposed(lab)['id']}"
        assert _moved(lab, path, to=to).status_code == 422
        assert _moved(lab, path, to=to, reason="Too dear").json()["data"]["reason"] == "Too dear"
        again = _moved(lab, path, to="accepted")
        assert (again.status_code, again.json()["allowed"]) == (409, [])
        assert lab.patch(path, json={"title": "x"}).status_code == 409
    empty = f"/decisions/{_proposed(lab, outcome='')['id']}"
    assert _moved(lab, empty, to="accepted").json()["errors"][0]["pointer"] == "#/outcome"
    wrong = lab.post("/decisions", json={"title": "x", "options": [{"title": "y" * 300}]})
    assert wrong.json()["errors"][0]["pointer"] == "#/options/0/title"


def test_lists_hold_the_open_first_and_are_cheap(lab: Lab) -> None:
    titles = [f"Number {number}" for number in range(4)]
    paths = [
        f"/decisions/{_proposed(lab, title=title, participant_ids=[str(lab.ids.other)])['id']}"
        for title in titles
    ]
    assert _moved(lab, paths[3], to="accepted").is_success
    assert _moved(lab, paths[2], to="withdrawn", reason="No").is_success

    def found(**query: Any) -> list[str]:
        answer = lab.get("/decisions", params=query)
        assert answer.status_code == 200, answer.text
        return [one["title"] for one in answer.json()["data"]]

    assert found() == ["Number 1", "Number 0", "Number 3", "Number 2"]
    assert found(state=["accepted", "withdrawn"]) == ["Number 3", "Number 2"]
    assert found(asks_id=str(lab.ids.other), q="0") == ["Number 0"]
    with counted(lab.app.state.database) as said:
        lab.get("/decisions")
    assert len(said) <= 6
