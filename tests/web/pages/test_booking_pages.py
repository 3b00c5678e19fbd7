"""Booking by form, without JavaScript."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.support.application import Lab, count
from tests.web.pages.visitor import Shown, Visitor

DAY = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()


def times(start: str = "09:00", end: str = "10:00", *, day: str = DAY) -> dict[str, str]:
    """What is typed for a window."""
    return {
        "starts_at_date": day,
        "starts_at_time": start,
        "ends_at_date": day,
        "ends_at_time": end,
    }


def book(visitor: Visitor, resource_id: object, **typed: str) -> Shown:
    """Open the form, type, send."""
    page = visitor.see(f"/bookings/new?resource_id={resource_id}")
    return visitor.send(page.form("/bookings/new"), **{**times(), **typed})


def test_a_person_books_by_form_and_finds_it_everywhere(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    done = book(member, lab.ids.confocal, title="Slides 4 to 9", notes="Bring oil")
    assert done.status == 200
    assert "It is booked." in done.text
    assert "Slides 4 to 9" in done.text
    assert "Bring oil" in done.text
    for path in ("/", "/bookings", f"/resources/{lab.ids.confocal}?week={_week()}"):
        assert "Slides 4 to 9" in member.see(path).text, path
    other = Visitor.logged_in(lab, "other").see(f"/resources/{lab.ids.confocal}?week={_week()}")
    assert "Booked" in other.text
    assert "Slides" not in other.text


def _week() -> str:
    year, week, _ = (datetime.now(UTC) + timedelta(days=3)).date().isocalendar()
    return f"{year}-W{week:02d}"


def test_a_free_hour_of_the_week_leads_to_the_form_filled_with_it(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    week = member.see(f"/resources/{sqlite_lab.ids.confocal}?week={_week()}")
    wanted = f"starts_at={DAY}T13%3A00Z"
    link = next(one for one in week.links if wanted in one)
    form = member.see(link)
    assert form.value("starts_at_date") == DAY
    assert form.value("starts_at_time") == "13:00"
    assert form.value("ends_at_time") == "14:00"
    assert 'data-outcome="confirmed"' in form.response.text
    assert "It is booked." in member.send(form.form("/bookings/new")).text


def test_a_conflict_keeps_what_was_typed_and_a_suggestion_fills_the_form(lab: Lab) -> None:
    lab.post("/bookings", json={"resource_id": str(lab.ids.confocal),
             "starts_at": f"{DAY}T09:00:00Z", "ends_at": f"{DAY}T10:00:00Z"})  # fmt: skip
    other = Visitor.logged_in(lab, "other")
    refused = book(other, lab.ids.confocal, title="Mine", notes="Kept")
    assert refused.status == 409
    form = refused.form("/bookings/new")
    assert (form.fields["title"], form.fields["notes"]) == (["Mine"], ["Kept"])
    assert form.fields["starts_at_time"] == ["09:00"]
    assert "Booked" in refused.text
    offered = [str(one["value"]) for one in form.buttons if one.get("name") == "use"]
    assert offered

    filled = other.send(form, button=offered[0])
    assert filled.status == 200
    assert count(lab, "bookings") == 1, "a suggestion only fills the form"
    assert filled.value("title") == "Mine"
    done = other.send(filled.form("/bookings/new"))
    assert "It is booked." in done.text
    assert count(lab, "bookings") == 2


def preview(visitor: Visitor, page: Shown, **typed: str) -> Shown:
    """What the form's page asks for while one types."""
    form = replace(page.form("/bookings/new"), action="/bookings/preview")
    return visitor.send(form, **{**times(), **typed})


def test_the_form_tells_what_would_happen_while_one_types(lab: Lab) -> None:
    free, asked = lab.ids.confocal, lab.ids.cytometer
    lab.call("PATCH", f"/resources/{free}/policy", by="manager", json={"max_minutes": 120},
             headers={"If-Match": "*"})  # fmt: skip
    lab.call("PATCH", f"/resources/{asked}/policy", by="manager",
             json={"is_approval_required": True}, headers={"If-Match": "*"})  # fmt: skip
    lab.post("/bookings", by="manager", json={"resource_id": str(free),
             "starts_at": f"{DAY}T13:00:00Z", "ends_at": f"{DAY}T14:00:00Z"})  # fmt: skip
    member = Visitor.logged_in(lab, "member")
    page = member.see(f"/bookings/new?resource_id={free}")

    fits = preview(member, page, starts_at_time="9", ends_at_time="1030")
    assert 'data-outcome="confirmed"' in fits.response.text
    assert "(1 h 30 min)" in fits.text
    assert "<html" not in fits.response.text
    taken = preview(member, page, **times("13:30", "14:30"))
    assert 'data-outcome="taken"' in taken.response.text
    assert "In the way" in taken.text
    assert 'name="use"' in taken.response.text
    long = preview(member, page, **times("08:00", "12:00"))
    assert 'data-rule="too-long"' in long.response.text
    unclear = preview(member, page, starts_at_time="soon")
    assert 'data-outcome="unclear"' in unclear.response.text

    page = member.see(f"/bookings/new?resource_id={asked}")
    waits = preview(member, page)
    assert 'data-outcome="requested"' in waits.response.text
    assert "Manager Example" in waits.text
    assert count(lab, "bookings") == 1


def test_checking_and_a_length_work_without_a_script(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    page = member.see(f"/bookings/new?resource_id={sqlite_lab.ids.confocal}")
    form = page.form("/bookings/new")
    longer = member.send(form, button="240", **times("22:00", "23:00"), title="Overnight")
    assert (longer.status, longer.value("title")) == (200, "Overnight")
    following = datetime.fromisoformat(DAY).date() + timedelta(days=1)
    assert longer.value("ends_at_date") == following.isoformat()
    assert longer.value("ends_at_time") == "02:00"
    checked = member.send(form, button="1", **times("22:00", "24:00"))
    assert 'data-outcome="confirmed"' in checked.response.text
    assert count(sqlite_lab, "bookings") == 0
    done = book(member, sqlite_lab.ids.confocal, **times("22:00", "24:00"))
    assert "22:00–24:00" in done.text


def test_the_same_is_booked_again_from_the_bookings_page(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    path = book(member, sqlite_lab.ids.confocal, title="Slides").path
    link = next(one for one in member.see(path).links if "again=" in one)
    form = member.see(link)
    assert form.value("title") == "Slides"
    assert form.value("starts_at_date") > DAY
    assert "It is booked." in member.send(form.form("/bookings/new")).text


def test_every_broken_rule_is_said_and_a_manager_may_pass_over_it(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    rules = {"slot_minutes": 30, "max_minutes": 60}
    lab.call("PATCH", f"/resources/{lab.ids.confocal}/policy", by="manager", json=rules,
             headers={"If-Match": "*"})  # fmt: skip
    typed = times("09:10", "11:40")
    refused = book(Visitor.logged_in(lab, "member"), lab.ids.confocal, **typed)
    assert refused.status == 422
    for code in ("off-grid", "too-long"):
        assert f'data-code="{code}"' in refused.response.text
    assert "override_reason" not in refused.form("/bookings/new").fields

    manager = Visitor.logged_in(lab, "manager")
    refused = book(manager, lab.ids.confocal, **typed)
    done = manager.send(refused.form("/bookings/new"), override_reason="A long run, agreed")
    assert "It is booked." in done.text
    assert "A long run, agreed" in done.text


def test_times_are_the_resources_own_and_clock_changes_are_told(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    made = lab.post("/resources", by="admin", json={
        "name": "Sequencer", "type_id": str(lab.ids.type), "location_id": str(lab.ids.location),
        "timezone": "Europe/Berlin",
    })  # fmt: skip
    assert made.status_code == 201, made.text
    resource_id = made.json()["data"]["id"]
    year = datetime.now(UTC).year + 1
    spring, autumn = _last_sunday(year, 3), _last_sunday(year, 10)
    member = Visitor.logged_in(lab, "member")

    skipped = book(member, resource_id, **times("02:30", "04:00", day=spring))
    assert skipped.status == 422
    assert 'data-code="nonexistent-time"' in skipped.response.text
    assert skipped.value("starts_at_time") == "02:30"

    twice = book(member, resource_id, **times("02:30", "04:00", day=autumn))
    assert "the first of both is meant" in twice.text
    booking = lab.get(f"/bookings/{twice.path.rsplit('/', 1)[1]}").json()["data"]
    assert booking["starts_at"] == f"{autumn}T00:30:00Z"


def _last_sunday(year: int, month: int) -> str:
    last = datetime(year, month, 31, tzinfo=UTC)
    return (last - timedelta(days=(last.weekday() + 1) % 7)).date().isoformat()


def test_what_cannot_be_read_is_said_at_its_field(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    typed = {"starts_at_time": "noon", "ends_at_date": "tomorrow", "title": "x" * 201}
    refused = book(member, sqlite_lab.ids.confocal, **typed)
    assert refused.status == 422
    html = refused.response.text
    for name, code in (("starts_at_time", "time"), ("ends_at_date", "date"),
                       ("title", "string_too_long")):  # fmt: skip
        assert f'id="{name}-fault-1" data-code="{code}"' in html
    assert refused.value("starts_at_time") == "noon"
    assert count(sqlite_lab, "bookings") == 0


def test_a_booking_is_changed_and_an_old_form_changes_nothing(sqlite_lab: Lab) -> None:
    member = Visitor.logged_in(sqlite_lab, "member")
    path = book(member, sqlite_lab.ids.confocal).path
    stale = member.see(f"{path}/edit").form(f"{path}/edit")
    fresh = member.see(f"{path}/edit").form(f"{path}/edit")
    changed = member.send(fresh, **times("14:00", "15:30"), title="Later")
    assert "The booking was changed." in changed.text
    assert "14:00–15:30" in changed.text
    refused = member.send(stale, title="From an old form")
    assert refused.status == 412
    assert refused.value("title") == "From an old form"
    assert "Later" in member.see(path).text


def test_a_booking_is_cancelled_after_a_question(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    path = book(member, lab.ids.confocal).path
    asked = member.see(f"{path}/cancel")
    done = member.send(asked.form(f"{path}/cancel"), note="No sample")
    assert "The booking was cancelled." in done.text
    assert "No sample" in done.text
    assert not done.has(f"{path}/cancel")
    back = member.send(done.form(f"{path}/restore"))
    assert "The cancellation was taken back" in back.text
    assert "Confirmed" in back.text

    member.send(member.see(f"{path}/cancel").form(f"{path}/cancel"))
    cancelled = member.see(path)
    assert "It is booked." in book(Visitor.logged_in(lab, "other"), lab.ids.confocal).text
    too_late = member.send(cancelled.form(f"{path}/restore"))
    assert too_late.status == 409
    assert "This time is taken" in too_late.text


def test_others_may_neither_change_nor_cancel_it(sqlite_lab: Lab) -> None:
    path = book(Visitor.logged_in(sqlite_lab, "member"), sqlite_lab.ids.confocal).path
    other = Visitor.logged_in(sqlite_lab, "other")
    seen = other.see(path)
    assert "Member Example" not in seen.text
    assert not seen.has(f"{path}/cancel")
    form = other.see(f"/bookings/new?resource_id={sqlite_lab.ids.confocal}").form("/bookings/new")
    form.action = f"{path}/cancel"
    assert other.send(form).status in (403, 404)
    assert "Cancel the booking" in Visitor.logged_in(sqlite_lab, "member").see(path).text


def test_a_request_is_approved_by_a_second_person_with_a_word(lab: Lab) -> None:
    lab.call("PATCH", f"/resources/{lab.ids.confocal}/policy", by="manager",
             json={"is_approval_required": True}, headers={"If-Match": "*"})  # fmt: skip
    member = Visitor.logged_in(lab, "member")
    asked = book(member, lab.ids.confocal, title="Please")
    assert "It is requested" in asked.text
    assert not asked.has(f"{asked.path}/approve")

    manager = Visitor.logged_in(lab, "manager")
    waiting = manager.see("/requests")
    assert "Has not had it in the last 90 days." in waiting.text
    decide = next(form for form in waiting.forms if "/approve" in form.action)
    done = manager.send(decide, note="Have fun")
    assert done.path == "/requests"
    assert "The request was approved." in done.text
    seen = member.see(asked.path)
    assert "Confirmed" in seen.text
    assert "Have fun" in seen.text
    assert "Please" not in manager.see("/requests").text

    second = book(member, lab.ids.cytometer)
    assert second.status == 200


def test_a_request_is_rejected_and_its_time_is_free(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    lab.call("PATCH", f"/resources/{lab.ids.confocal}/policy", by="manager",
             json={"is_approval_required": True}, headers={"If-Match": "*"})  # fmt: skip
    path = book(Visitor.logged_in(lab, "member"), lab.ids.confocal).path
    manager = Visitor.logged_in(lab, "manager")
    form = manager.see(path).form(f"{path}/approve")
    done = manager.send(form, button=f"{path}/reject", note="Not today")
    assert "The request was rejected." in done.text
    assert "It is requested" in book(Visitor.logged_in(lab, "other"), lab.ids.confocal).text


def test_check_in_and_ending_early_stand_on_today(sqlite_lab: Lab) -> None:
    lab = sqlite_lab
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    wish = {"resource_id": str(lab.ids.confocal), "starts_at": now.isoformat(),
            "ends_at": (now + timedelta(hours=2)).isoformat()}  # fmt: skip
    made = lab.post("/bookings", json=wish)
    assert made.status_code == 201, made.text
    path = f"/bookings/{made.json()['data']['id']}"
    member = Visitor.logged_in(lab, "member")
    there = member.send(member.see("/").form(f"{path}/check-in"))
    assert "You are checked in." in there.text
    lab.post("/bookings", by="other", json={**wish, "starts_at": wish["ends_at"],
             "ends_at": (now + timedelta(hours=3)).isoformat()})  # fmt: skip
    longer = member.send(member.see(path).form(f"{path}/extend"))
    assert longer.status == 409
    assert "This time is taken" in longer.text
    assert longer.has(f"{path}/edit")
    over = member.send(member.see("/").form(f"{path}/check-out"))
    assert "The booking has ended" in over.text
