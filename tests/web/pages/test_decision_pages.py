"""Pages of blockers and decisions without JavaScript: the buttons there are, and why not the others."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.pages.visitor import Visitor


def test_a_blocker_is_raised_resolved_archived_and_then_only_read(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    form = member.see("/blockers/new").form("/blockers/new")
    refused = member.send(form, title="No nitrogen", waiting_on="person", waiting_on_id="")
    assert refused.status == 422
    assert "Say whom it waits for" in refused.text
    assert refused.value("title") == "No nitrogen"
    typed = {"waiting_on": "vendor", "waiting_on_name": "Linde", "impact": "critical"}
    made = member.send(form, title="No nitrogen", tags="cold, gas", owner_id="", **typed)
    assert "those concerned are told" in made.text
    assert "#cold" in made.text
    path = made.path
    assert made.has(f"{path}/transition")
    assert not made.has(f"{path}/archive")
    assert "Only what is resolved is archived" in made.text
    edit = member.see(f"{path}/edit")
    assert edit.value("tags") == "cold gas"
    saved = member.send(edit.form(f"{path}/edit"), tags="gas", description="**Empty**")
    assert "#cold" not in saved.text
    assert "<strong>Empty</strong>" in saved.response.text
    silent = member.send(saved.form(f"{path}/transition"), note="")
    assert (silent.status, "Say what resolved it" in silent.text) == (422, True)
    over = member.send(silent.form(f"{path}/transition"), note="It came")
    put_away = member.send(over.form(f"{path}/archive"))
    assert "read and nothing else" in put_away.text
    for below in ("/transition", "/archive", "/unarchive", "/edit"):
        assert not put_away.has(path + below), below
    assert not put_away.has("/comments")
    # The form that was open all the while is refused as the API refuses it.
    late = member.send(edit.form(f"{path}/edit"), title="Changed", version="")
    assert (late.status, "out of the archive first" in late.text) == (409, True)
    assert "No nitrogen" not in member.see("/blockers").text
    assert "No nitrogen" in member.see("/blockers?state=archived").text
    manager = Visitor.logged_in(lab, "manager")
    out = manager.send(manager.see(path).form(f"{path}/unarchive"))
    assert out.has(f"{path}/edit")


def test_a_decision_is_recorded_amended_and_superseded(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    form = member.see("/decisions/new").form("/decisions/new")
    refused = member.send(form, title="Own buffers", is_decided="on")
    assert (refused.status, "Say what was decided" in refused.text) == (422, True)
    old = member.send(form, title="Own buffers", outcome="Each their own.", is_decided="on")
    assert "The decision is recorded" in old.text
    new = member.send(
        form, title="One buffer", options="PBS\n\nHEPES", participant_ids=str(lab.ids.other)
    )
    assert "1 has not answered" in new.text
    assert "1. PBS" in new.text
    other = Visitor.logged_in(lab, "other")
    seen = other.see(new.path)
    assert not seen.has(f"{new.path}/become/accepted")
    assert "Only who proposed it" in seen.text
    said = other.send(seen.form(f"{new.path}/stance"), stance="disagrees", comment="It foams")
    assert "It foams" in said.text
    ask = member.see(f"{new.path}/become/accepted")
    done = member.send(ask.form(f"{new.path}/become/accepted"), outcome="We take PBS.")
    assert "Accepted; those concerned are told" in done.text
    assert not done.has(f"{new.path}/edit")
    amend = member.see(f"{new.path}/amend").form(f"{new.path}/amend")
    amended = member.send(amend, outcome="We take HEPES.", reason="PBS foams")
    assert "<del>PBS</del><ins>HEPES</ins>" in amended.response.text
    ask = member.see(f"{old.path}/become/superseded")
    form = ask.form(f"{old.path}/become/superseded")
    nothing = member.send(form, reason="Better", superseded_by="")
    assert (nothing.status, "Say which decision takes its place" in nothing.text) == (422, True)
    over = member.send(form, reason="Better", superseded_by=new.path.rsplit("/", 1)[1])
    assert "What holds now" in over.text
    assert over.has(new.path)
    assert member.see(new.path).has(old.path)
    never = member.see(f"{old.path}/become/deprecated")
    assert "It is superseded." in never.text


def test_an_option_is_chosen_moved_and_taken_out(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    form = member.see("/decisions/new").form("/decisions/new")
    one = member.send(form, title="One buffer", options="PBS\nHEPES")
    links = [link for link in one.links if "/options/" in link]
    edit = member.see(links[1])
    done = member.send(edit.form(links[1]), is_chosen="on", position="1")
    assert done.text.index("1. HEPES") < done.text.index("2. PBS")
    assert "Chosen" in done.text
    more = member.send(done.form(f"{one.path}/options"), title="Tris")
    assert "3. Tris" in more.text
    edit = member.see(links[1])
    gone = member.send(edit.form(f"{links[1]}/remove"))
    assert "HEPES" not in gone.text
