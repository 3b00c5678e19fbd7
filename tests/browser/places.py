"""Every page there is, for what must hold on all of them: tests and screenshots walk this list."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True, slots=True)
class Place:
    """A page as somebody sees it. `{resource}` and the like in a path are filled in."""

    name: str
    path: str
    who: str | None = "admin"


def settled(page: Page) -> None:
    """Wait until a page has drawn itself: its calendar is there, and live updates have begun."""
    page.wait_for_load_state("load")
    if page.locator("meta[name=aliquot-live]").count():
        page.locator("html[data-live]").wait_for(state="attached")
    if page.locator(CALENDAR).count():
        page.locator(".ec").first.wait_for()


# Where a script puts a calendar; an agenda has none.
CALENDAR = "[data-library]"

PLACES = (
    Place("login", "/login", None),
    Place("forgot", "/forgot", None),
    Place("forgot-sent", "/forgot?done=sent", None),
    Place("today", "/", "member"),
    Place("today-admin", "/"),
    Place("calendar-week-one", "/calendar?resource_id={resource}&view=week", "member"),
    Place("calendar-day", "/calendar?view=day", "member"),
    Place("calendar-week", "/calendar?view=week", "member"),
    Place("calendar-month", "/calendar?view=month", "member"),
    Place("calendar-agenda", "/calendar?view=agenda", "member"),
    Place("resources", "/resources", "member"),
    Place("resources-cards", "/resources?as=cards", "member"),
    Place("resource", "/resources/{resource}", "member"),
    Place("resource-managed", "/resources/{resource}"),
    Place("resource-new", "/resources/new"),
    Place("resource-edit", "/resources/{resource}/edit"),
    Place("resource-state", "/resources/{resource}/state"),
    Place("at-the-instrument", "/resources/{resource}/here", "member"),
    Place("problem-new", "/resources/{resource}/problem", "member"),
    Place("problems", "/problem-reports", "member"),
    Place("incidents", "/incidents", "member"),
    Place("incident-new", "/incidents/new", "member"),
    Place("near-miss", "/near-miss", "member"),
    Place("near-miss-thanks", "/near-miss/thanks", "member"),
    Place("my-tasks", "/tasks", "member"),
    Place("incident-subscriptions", "/incident-subscriptions", "member"),
    Place("incident-subscription-new", "/incident-subscriptions/new", "member"),
    Place("incident-types", "/incident-types"),
    Place("incident-type-new", "/incident-types/new"),
    Place("incident-priority-new", "/incident-priorities/new"),
    Place("blockers", "/blockers", "member"),
    Place("move-in", "/imports/team", "manager"),
    Place("blocker-new", "/blockers/new", "member"),
    Place("decisions", "/decisions", "member"),
    Place("decision-new", "/decisions/new", "member"),
    Place("summaries", "/summaries", "member"),
    Place("summary-preview", "/summaries/all/preview", "member"),
    Place("summary-settings", "/summaries/all/settings"),
    Place("handovers", "/handovers", "member"),
    Place("handover-new", "/handovers/new", "member"),
    Place("access-new", "/resources/{resource}/access", "member"),
    Place("resource-displacement", "/resources/{resource}/displacement"),
    Place("labels", "/labels"),
    Place("labels-printed", "/labels/print?resource_ids={resource}"),
    Place("utilities", "/utilities"),
    Place("utility-new", "/utilities/new"),
    Place("qualifications", "/qualifications"),
    Place("qualification-new", "/qualifications/new"),
    Place("my-qualifications", "/me/qualifications", "member"),
    Place("resource-hours", "/resources/{resource}/hours"),
    Place("resource-policy", "/resources/{resource}/policy"),
    Place("resource-rules", "/resources/{resource}/rules", "member"),
    Place("resource-questions", "/resources/{resource}/questions/questions"),
    Place("types", "/types"),
    Place("resource-imports", "/resources/imports"),
    Place("type-new", "/types/new"),
    Place("site-policy", "/policies/site/policy"),
    Place("site-hours", "/policies/site/hours"),
    Place("resource-people", "/resources/{resource}/people"),
    Place("resource-photo", "/resources/{resource}/photo"),
    Place("resource-file", "/resources/{resource}/files"),
    Place("resource-units", "/resources/{resource}/units"),
    Place("booking-new", "/bookings/new?resource_id={resource}", "member"),
    Place("find", "/find", "member"),
    Place("waiting", "/waiting", "member"),
    Place("waiting-managed", "/waiting"),
    Place("waiting-new", "/waiting/new", "member"),
    Place("bookings", "/bookings", "member"),
    Place("calendar-import", "/bookings/import", "member"),
    Place("booking", "/bookings/{booking}", "member"),
    Place("updates", "/updates", "member"),
    Place("update-new", "/updates/new", "member"),
    Place("updates-silent", "/updates/silent", "member"),
    Place("quotas", "/quotas", "member"),
    Place("quotas-all", "/quotas?whose=all"),
    Place("quota-new", "/quotas/new"),
    Place("projects", "/projects"),
    Place("kiosks", "/kiosks"),
    Place("kiosk-new", "/kiosks/new"),
    Place("kiosk-pin", "/me/pin", "member"),
    Place("booking-edit", "/bookings/{booking}/edit", "member"),
    Place("booking-cancel", "/bookings/{booking}/cancel", "member"),
    Place("booking-series", "/booking-series?when=any", "member"),
    Place("booking-templates", "/booking-templates", "member"),
    Place("booking-template-new", "/booking-templates/new?booking={booking}", "member"),
    Place("picture", "/me/picture", "member"),
    Place("keys", "/me/api-keys", "member"),
    Place("key-new", "/me/api-keys/new", "member"),
    Place("apps", "/me/apps", "member"),
    Place("programs", "/apps"),
    Place("program-new", "/apps/new"),
    Place("roles", "/roles"),
    Place("role", "/roles/manager"),
    Place("role-new", "/roles/new"),
    Place("who-may", "/who-may?permission=bookings:approve"),
    Place("requests", "/requests"),
    Place("requests-own", "/requests?whose=mine", "member"),
    Place("approval-rules", "/approval-rules"),
    Place("approval-rule-new", "/approval-rules/new"),
    Place("delegations", "/me/delegations", "member"),
    Place("notifications", "/notifications", "member"),
    Place("notification-preferences", "/me/notification-preferences", "member"),
    Place("notification-deliveries", "/me/notifications/deliveries", "member"),
    Place("notification-deliveries-all", "/notifications/deliveries"),
    Place("follows", "/me/follows", "member"),
    Place("unsubscribe-refused", "/unsubscribe/nonsense", None),
    Place("search", "/search?q=con", "member"),
    Place("me", "/me", "member"),
    Place("my-log-ins", "/me/sessions", "member"),
    Place("confirm", "/me/confirm?next=/me/factors", "member"),
    Place("me-security", "/me/security", "member"),
    Place("factors", "/me/factors", "member"),
    Place("factor-app", "/me/factors/totp", "member"),
    Place("factor-passkey", "/me/factors/passkeys/new", "member"),
    Place("identities", "/me/identities", "member"),
    Place("closures", "/closures"),
    Place("closure-new", "/closures/new"),
    Place("my-address", "/me/email", "member"),
    Place("people", "/people"),
    Place("invitations", "/people/invitations"),
    Place("person-new", "/people/new"),
    Place("people-import", "/people/imports"),
    Place("teams", "/teams"),
    Place("team-new", "/teams/new"),
    Place("settings", "/settings"),
    Place("my-calendars", "/me/calendars", "member"),
    Place("my-data", "/me/data", "member"),
    Place("record", "/events"),
    Place("record-archive", "/events/archives"),
    Place("jobs", "/jobs?state=all"),
    Place("design", "/design"),
    Place("not-found", "/nowhere"),
)
