"""Pages of managers and administrators: displacement, resources, people, jobs, set-up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert
from starlette.testclient import TestClient

from src.app import create_app
from src.core.db import create_database, transaction
from src.core.outbox import Message, State
from src.domain import accounts
from tests.support import servers
from tests.support.application import Lab, count, settings_for
from tests.support.databases import Templates
from tests.web.pages.test_booking_pages import book, times
from tests.web.pages.visitor import Visitor


def test_taking_a_resource_down_asks_what_becomes_of_each_booking(lab: Lab) -> None:
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    kept, moved, cancelled = (
        book(member, lab.ids.confocal, **times(start, end)).path
        for start, end in (("09:00", "10:00"), ("11:00", "12:00"), ("14:00", "15:00"))
    )
    path = f"/resources/{lab.ids.confocal}/state"
    form = manager.see(path).form(path)
    asked = manager.send(form, state="down", reason="The laser is dead")
    assert asked.status == 409
    assert "3 bookings are in the way" in asked.text
    assert asked.value("reason") == "The laser is dead"
    form = asked.form(path)
    names = {one: f"choice-{one.rsplit('/', 1)[1]}" for one in (kept, moved, cancelled)}
    offered = asked.response.text.split(f'name="{names[moved]}" value="move|')[1].split('"')[0]
    again = manager.send(form, **{names[kept]: "keep"})
    assert again.status == 409
    done = manager.send(
        form, **{names[kept]: "keep", names[cancelled]: "cancel", names[moved]: f"move|{offered}"}
    )
    assert "Its state was changed" in done.text
    assert "The laser is dead" in member.see(f"/resources/{lab.ids.confocal}").text
    assert "Cancelled" in member.see(cancelled).text
    assert "Confirmed" in member.see(kept).text
    assert "Cytometer" in member.see(moved).text
    back = manager.send(manager.see(path).form(path), state="available")
    assert "Available" in back.text


def test_many_bookings_in_the_way_are_settled_with_one_choice(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    first, second, later = (
        book(member, lab.ids.confocal, **typed).path
        for typed in (times("09:00", "10:00"), times("11:00", "12:00"), times("14:00", "15:00"))
    )
    path = f"/resources/{lab.ids.confocal}/state"
    back = {"until_date": times()["starts_at_date"], "until_time": "13:00"}
    asked = manager.send(manager.see(path).form(path), state="down", reason="Leak", **back)
    assert "2 bookings are in the way" in asked.text
    own = {f"choice-{first.rsplit('/', 1)[1]}": "keep"}
    done = manager.send(asked.form(path), rest="cancel", **own)
    assert "Its state was changed" in done.text
    assert "Confirmed" in member.see(first).text
    assert "Cancelled" in member.see(second).text
    assert "Confirmed" in member.see(later).text


def test_a_closure_is_made_with_its_displacement_and_taken_back(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    path = book(member, lab.ids.confocal).path
    typed = {**times("08:00", "18:00"), "reason": "Power is off", "is_everything": "on"}
    form = manager.see("/closures/new").form("/closures/new")
    asked = manager.send(form, **typed)
    assert asked.status == 409
    choice = {f"choice-{path.rsplit('/', 1)[1]}": "cancel"}
    done = manager.send(asked.form("/closures/new"), **choice)
    assert "It is closed then" in done.text
    assert "Power is off" in done.text
    assert "Cancelled" in member.see(path).text
    refused = book(member, lab.ids.confocal, **times("12:00", "13:00"))
    assert 'data-code="closed"' in refused.response.text
    cancel = next(one for one in done.forms if one.action.endswith("/cancel"))
    manager.send(cancel)
    assert "It is booked." in book(member, lab.ids.confocal, **times("12:00", "13:00")).text


def test_a_closure_of_nothing_is_said_at_its_field(sqlite_lab: Lab) -> None:
    manager = Visitor.logged_in(sqlite_lab, "manager")
    form = manager.see("/closures/new").form("/closures/new")
    refused = manager.send(form, **times("18:00", "08:00"), reason="Why")
    assert refused.status == 422
    assert "Choose at least one" in refused.text
    form.fields["resource_ids"] = [str(sqlite_lab.ids.confocal)]
    refused = manager.send(form, **times("18:00", "08:00"), reason="Why")
    assert 'data-code="ends-before-start"' in refused.response.text


def test_a_resource_is_made_and_gets_hours_and_rules(sqlite_lab: Lab) -> None:
    manager = Visitor.logged_in(sqlite_lab, "manager")
    form = manager.see("/resources/new").form("/resources/new")
    facts = {"name": "Scanner", "type_id": str(sqlite_lab.ids.type), "units": "2",
             "location_id": str(sqlite_lab.ids.location), "tags": "slides, dark"}  # fmt: skip
    made = manager.send(form, **facts)
    assert "The resource was created." in made.text
    path = made.path
    taken = manager.send(form, **facts)
    assert taken.status == 409
    assert 'data-code="name-taken"' in taken.response.text

    days = {f"day_{day}": "08:00-12:00, 13:00-20:00" for day in range(5)}
    form = manager.see(f"{path}/hours").form(f"{path}/hours")
    assert manager.send(form, day_0="whenever").status == 422
    manager.send(form, **days)
    form = manager.see(f"{path}/policy").form(f"{path}/policy")
    done = manager.send(form, max_minutes="120", is_check_in_required="true")
    assert "Open Monday to Friday 08:00–12:00 and 13:00–20:00." in done.text
    assert "Up to 2 h at a time." in done.text
    assert "Check in within" in done.text
    edit = manager.see(f"{path}/edit").form(f"{path}/edit")
    assert edit.fields["tags"] == ["slides, dark"]
    assert "Slide scanner" in manager.send(edit, name="Slide scanner").text


def test_an_administrator_adds_a_person_who_can_log_in(sqlite_lab: Lab) -> None:
    admin = Visitor.logged_in(sqlite_lab, "admin")
    form = admin.see("/people/new").form("/people/new")
    facts = {"name": "Nora New", "email": "new@example.org", "timezone": "Europe/Berlin"}
    weak = admin.send(form, **facts, password="short")
    assert weak.status == 422
    assert "password-fault-1" in weak.response.text
    done = admin.send(form, **facts, password="a passphrase for tests only")
    assert "The person was added." in done.text
    assert Visitor.logged_in(sqlite_lab, "new").see("/").status == 200
    assert 'data-code="email-taken"' in admin.send(form, **facts).response.text


def test_a_dead_job_is_queued_again_or_dismissed(sqlite_lab: Lab) -> None:
    first, second = _dead_jobs(sqlite_lab)
    admin = Visitor.logged_in(sqlite_lab, "admin")
    page = admin.see("/jobs")
    assert "no such topic here" in page.text
    assert "secret-value" not in admin.see(f"/jobs/{first}").response.text
    assert "queued again" in admin.send(page.form(f"/jobs/{first}/requeue")).text
    assert "dismissed" in admin.send(page.form(f"/jobs/{second}/dismiss")).text
    assert not admin.see("/jobs").has(f"/jobs/{second}")


def _dead_jobs(lab: Lab) -> list[int]:
    async def work() -> list[int]:
        database = create_database(lab.settings.database)
        now = datetime.now(UTC)
        row = {"topic": "tests.none", "queue": "maintenance", "payload": {"token": "secret-value"},
               "state": State.DEAD, "run_after": now, "attempts": 3, "max_attempts": 3, "priority": 0,
               "error": "no such topic here", "created_at": now, "finished_at": now}  # fmt: skip
        try:
            async with transaction(database) as session:
                found = await session.scalars(insert(Message).returning(Message.id), [row, row])
                return list(found)
        finally:
            await database.dispose()

    return servers.in_thread(work)


def test_notifications_are_read_one_by_one_or_all(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    member, manager = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "manager")
    path = book(member, lab.ids.confocal).path
    manager.send(manager.see(f"{path}/cancel").form(f"{path}/cancel"), note="Flooded")
    page = member.see("/notifications")
    assert "New" in page.text
    opened = member.send(page.form("/notifications/read"), id="", next="")
    assert opened.path == "/notifications"
    assert not opened.has("/notifications/read")


def test_the_set_up_page_opens_by_its_code_and_never_again(
    templates: Templates, tmp_path: Path
) -> None:
    with templates.with_schema("sqlite") as url:
        app = create_app(settings_for(url, tmp_path))
        with TestClient(app, raise_server_exceptions=False) as client:
            lab = Lab(app, client, app.state.settings, None)  # type: ignore[arg-type]
            visitor = Visitor(lab)
            page = visitor.see("/")
            assert page.path == "/setup"
            facts = {"name": "Institute", "timezone": "Europe/Berlin", "currency": "EUR",
                     "admin_name": "Ada", "email": "admin@example.org",
                     "password": "a passphrase for tests only"}  # fmt: skip
            wrong = visitor.send(page.form("/setup"), **facts, code="AAAA-BBBB-CCCC-DDDD")
            assert wrong.status in (403, 422)
            assert wrong.value("name") == "Institute"
            assert count(lab, "users") == 0
            done = visitor.send(wrong.form("/setup"), **facts, code=accounts.setup.code())
            assert done.path == "/login"
            assert Visitor.logged_in(lab, "admin").see("/people").status == 200
            assert visitor.see("/setup").status == 404
            again = visitor.send(wrong.form("/setup"), **facts, code=accounts.setup.code())
            assert again.status == 404
            assert count(lab, "users") == 1


@pytest.mark.parametrize("week", ["2026-W54", "nonsense", "0000-W01", "9999-W52", ""])
def test_a_week_that_does_not_exist_is_this_week(shared_lab: Lab, week: str) -> None:
    member = Visitor.logged_in(shared_lab, "member")
    page = member.see(f"/resources/{shared_lab.ids.confocal}?week={week}")
    assert page.status == 200
    today = datetime.now(UTC).date()
    assert f"day-{today}" in page.response.text


def test_an_administrator_puts_other_times_over_the_declared_ones(sqlite_lab: Lab) -> None:
    path = "/schedules/maintenance.settled-jobs"
    admin = Visitor.logged_in(sqlite_lab, "admin")
    servers.wait_until(lambda: admin.see("/jobs").has(path), what="the worker's declarations")
    page = admin.see(path)
    assert "Every 300 seconds" in page.text
    for wrong, where, said in (
        ({"crontab": "0 25 * * *"}, "crontab", "cannot be read"),
        ({"interval": "0"}, "interval", "seconds or more"),
        ({"interval": "often"}, "interval", "Enter a whole number."),
    ):
        refused = admin.send(page.form(path), **wrong)
        assert refused.status == 422
        fault = refused.response.text.split(f'id="{where}-fault-1"')[1].split("</p>")[0]
        assert said in fault
        assert refused.value(where) == wrong[where]
    both = admin.send(page.form(path), crontab="0 5 * * *", interval="600")
    assert "one of the two" in both.text
    done = admin.send(page.form(path), crontab="0 5 * * *")
    assert "The times are changed" in done.text
    assert "At 05:00 every day instead of: Every 300 seconds" in done.text
    stale = admin.send(page.form(path), interval="600")
    assert stale.status == 412
    again = admin.see(path)
    assert again.value("crontab") == "0 5 * * *"
    back = admin.send(again.form(path), crontab="")
    assert "instead of" not in back.text
    manager = Visitor.logged_in(sqlite_lab, "manager")
    assert manager.see(path).status == 403


def test_questions_are_put_together_in_rows_and_asked_when_one_books(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager, member = Visitor.logged_in(lab, "manager"), Visitor.logged_in(lab, "member")
    path = f"/resources/{lab.ids.confocal}/questions/questions"
    form = manager.see(path).form(path)
    nothing = {"row0.label": "Dye", "row0.kind": "choice", "row0.required": "on"}
    refused = manager.send(form, **nothing)
    assert refused.status == 422
    assert "Write each choice on a line of its own." in refused.text
    rows = {
        **nothing,
        "row0.choices": "none\nDAPI",
        "row0.order": "2",
        "row1.label": "Laser power",
        "row1.kind": "number",
        "row1.maximum": "100",
        "row1.unit": "mW",
        "row1.order": "1",
    }
    assert "The rules were changed." in manager.send(form, **rows).text
    again = manager.see(path)
    assert again.value("row0.label") == "Laser power"
    assert again.value("row1.name") == "dye"
    booking = f"/bookings/new?resource_id={lab.ids.confocal}"
    form = member.see(booking).form("/bookings/new")
    typed = {**times("09:00", "10:00"), "answers.laser_power": "101"}
    refused = member.send(form, **typed)
    assert refused.status == 422
    assert "Enter 100 or less." in refused.text
    assert "Dye: This needs an answer." in refused.text
    done = member.send(form, **{**typed, "answers.laser_power": "12,5", "answers.dye": "DAPI"})
    assert done.status == 200
    edited = member.see(f"{done.path.split('?')[0]}/edit")
    assert edited.value("answers.laser_power") == "12.5"
    above = f"/types/{lab.ids.type}/questions/questions"
    manager.send(manager.see(above).form(above), **{"row0.label": "Sample"})
    assert "The level above asks 1 question" in manager.see(path).text


def test_rules_and_hours_are_said_at_each_level_and_told_with_their_origin(
    sqlite_lab: Lab,
) -> None:
    lab = sqlite_lab
    manager, member = Visitor.logged_in(lab, "manager"), Visitor.logged_in(lab, "member")
    site = "/policies/site/policy"
    manager.send(manager.see(site).form(site), max_minutes_per_week="600")
    type_ = f"/types/{lab.ids.type}/hours"
    manager.send(manager.see(type_).form(type_), day_0="08:00-20:00")
    rules = member.see(f"/resources/{lab.ids.confocal}/rules").text
    assert "10 h" in rules
    assert "the whole site" in rules
    assert "the type " in rules
    assert "Monday 08:00–20:00" in rules
    stale = manager.see(site).form(site)
    manager.send(manager.see(site).form(site), max_minutes_per_week="700")
    assert manager.send(stale, max_minutes_per_week="800").status == 412
    assert member.see("/resources/nonsense/rules").status in {404, 422}
    assert manager.see("/types/nonsense/policy").status == 404


def test_a_type_asks_for_fields_that_its_resources_tell(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    manager, member = Visitor.logged_in(lab, "manager"), Visitor.logged_in(lab, "member")
    path = f"/types/{lab.ids.type}/edit"
    form = manager.see(path).form(path)
    rows = {"row0.label": "Objective", "row0.kind": "text", "row0.required": "on"}
    assert "The type was changed." in manager.send(form, **rows).text
    edit = f"/resources/{lab.ids.confocal}/edit"
    form = manager.see(edit).form(edit)
    refused = manager.send(form, **{"custom.objective": ""})
    assert refused.status == 422
    assert "This needs an answer." in refused.text
    manager.send(form, **{"custom.objective": "63x oil"})
    assert "63x oil" in member.see(f"/resources/{lab.ids.confocal}").text
