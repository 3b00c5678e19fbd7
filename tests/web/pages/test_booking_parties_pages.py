"""Series, several resources, invitations, templates and handing over, by plain forms."""

from __future__ import annotations

from datetime import date, timedelta

from tests.support.application import Lab
from tests.web.pages.test_booking_pages import DAY, book, times
from tests.web.pages.visitor import Visitor


def test_a_series_with_two_conflicts_is_refused_then_booked_without_them(lab: Lab) -> None:
    other, member = Visitor.logged_in(lab, "other"), Visitor.logged_in(lab, "member")
    for week in (1, 3):
        day = (date.fromisoformat(DAY) + timedelta(weeks=week)).isoformat()
        book(other, lab.ids.confocal, **times(day=day))
    weekly = {"repeat": "weekly", "count": "5", "title": "Course"}
    refused = book(member, lab.ids.confocal, **weekly)
    assert refused.status == 409
    assert "2 of 5 times cannot be booked" in refused.text
    assert "Skip these and book the others" in refused.text
    done = member.send(refused.form("/bookings/new"), skip_conflicts="on")
    assert done.status == 200
    assert "The series is booked." in done.text
    assert "3, 3 ahead" in done.text
    series = done.path.split("?")[0]
    page = member.see(f"{series}/edit")
    changed = member.send(page.form(f"{series}/edit"), starts_at_time="11:00", ends_at_time="13:00")
    assert "The series was changed." in changed.text
    assert "11:00" in changed.text
    gone = member.send(member.see(f"{series}/cancel").form(f"{series}/cancel"), note="Ill")
    assert "Nothing of it lies ahead." in gone.text
    assert "Course" not in member.see("/booking-series").text
    assert "Course" in member.see("/booking-series?when=any").text


def test_other_resources_are_booked_with_it_or_not_at_all(lab: Lab) -> None:
    other, member = Visitor.logged_in(lab, "other"), Visitor.logged_in(lab, "member")
    both = {"also": str(lab.ids.cytometer), "title": "Course"}
    book(other, lab.ids.cytometer)
    assert book(member, lab.ids.confocal, **both).status == 409
    done = book(member, lab.ids.confocal, **both, **times("14:00", "15:00"))
    assert "All of it is booked." in done.text
    assert "Booked together with" in done.text
    path = done.path.split("?")[0]
    gone = member.send(done.form(f"{path}/group/cancel"))
    assert "Cancelled" in gone.text


def test_somebody_is_invited_answers_and_takes_the_booking_over(lab: Lab) -> None:
    member, other = Visitor.logged_in(lab, "member"), Visitor.logged_in(lab, "other")
    done = book(member, lab.ids.confocal, title="Demonstration", attendees=str(lab.ids.other))
    path = done.path.split("?")[0]
    assert "Not answered" in done.text
    assert "Demonstration" in other.see("/bookings").text
    assert "Demonstration" in other.see("/").text
    seen = other.see(path)
    assert "Do you come?" in seen.text
    answered = other.send(seen.form(f"{path}/respond"), response="accepted")
    assert "You come." in answered.text
    offered = member.send(
        member.see(path).form(f"{path}/transfer"), to_id=str(lab.ids.other), note="I am away"
    )
    assert "was asked whether they take it" in offered.text
    link = next(one for one in other.see("/").links if "/booking-transfers/" in one)
    asked = other.see(link)
    assert "I am away" in asked.text
    taken = other.send(asked.form(f"{link}/accept"))
    assert "It is booked." in taken.text
    assert "has taken it over" in member.see(path).text


def test_a_template_is_kept_from_a_booking_and_booked_from(lab: Lab) -> None:
    member = Visitor.logged_in(lab, "member")
    path = book(member, lab.ids.confocal, title="Slides").path.split("?")[0].rsplit("/", 1)[1]
    form = member.see(f"/booking-templates/new?booking={path}").form("/booking-templates/new")
    assert form.fields["minutes"] == ["60"]
    kept = member.send(form, name="Every day", minutes="120")
    assert "The template is kept." in kept.text
    link = next(one for one in kept.links if "template=" in one)
    filled = member.see(link)
    assert "The template was filled in." in filled.text
    assert filled.value("title") == "Slides"
    done = member.send(filled.form("/bookings/new"), **times("16:00", "18:00"))
    assert "It is booked." in done.text
