"""How one is told: each kind in the application and by mail, quiet hours, the letter of the day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.core.language import mark
from src.domain import notifications
from src.domain.notifications import Channel, DeliveryState, Mode
from src.domain.notifications.preferences import KindView, PreferencesView, Wish
from src.templating import enter_me
from src.web.declarations import SIGNED_IN
from src.web.dependencies import Paging, Reads
from src.web.forms import Form, Shape, TypedTime, see_other
from src.web.pages.frame import CurrentPage, Page, Refused, shows, takes

router = APIRouter(include_in_schema=False)
PATH = notifications.unsubscribing.PREFERENCES
enter_me(mark("Notifications"), PATH, rank=42)

MODES = {
    Mode.IMMEDIATE: mark("At once"),
    Mode.DIGEST: mark("Once a day"),
    Mode.OFF: mark("No mail"),
}
STATES = {
    DeliveryState.WAITING: mark("Waiting"),
    DeliveryState.SENT: mark("Sent"),
    DeliveryState.SKIPPED: mark("Not sent"),
    DeliveryState.FAILED: mark("Failed"),
}
DETAILS = {
    notifications.QUIET: mark("Waits until the quiet hours end"),
    notifications.TURNED_OFF: mark("Turned off before it was sent"),
}
FIELDS = frozenset({"quiet_from", "quiet_to", "digest_minute"})
SHOWN = "on"


class HoursShape(Shape):
    """Times of the wall clock in the reader's zone."""

    quiet_from: TypedTime | None = None
    quiet_to: TypedTime | None = None
    digest_minute: TypedTime
    version: int


@router.get(PATH, **shows(SIGNED_IN))
async def show_preferences(
    page: CurrentPage, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What is so now."""
    return await _show(page, is_done=done == "saved")


@router.post(PATH, **takes(SIGNED_IN))
async def save_preferences(page: CurrentPage) -> Response:
    """Keep what was chosen; what a group says counts for each of its kinds."""
    form = await Form.read(page.request)
    shape = form.parse(HoursShape)
    if shape is None:
        return await _show(page, form, status=422)
    done = await _saved(page, form, shape)
    if isinstance(done, Refused):
        return await _show(page, form, status=done.status)
    return see_other(f"{PATH}?done=saved")


@router.get("/me/notifications/deliveries", **shows(Permission.NOTIFICATIONS_READ))
async def list_own_deliveries(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """What became of the mails to oneself."""
    form = Form.of_query(page.request, state="")
    found = await notifications.deliveries.own(
        reads, page.actor, states=_states(form), paging=paging
    )
    return page.show(
        "notifications/deliveries.html", page=found, form=form, states=_words(STATES),
        details=DETAILS, path="/me/notifications/deliveries", is_own=True,
    )  # fmt: skip


@router.get("/notifications/deliveries", **shows(Permission.JOBS_READ))
async def list_deliveries(page: CurrentPage, reads: Reads, paging: Paging) -> Response:
    """What became of everybody's mails, without what they say."""
    form = Form.of_query(page.request, state="")
    found = await notifications.deliveries.every(
        reads, page.actor, states=_states(form), paging=paging
    )
    return page.show(
        "notifications/deliveries.html", page=found, form=form, states=_words(STATES),
        details=DETAILS, path="/notifications/deliveries", is_own=False,
    )  # fmt: skip


async def _saved(page: Page, form: Form, shape: HoursShape) -> PreferencesView | Refused:
    async with page.reading() as reads:
        now = await notifications.preferences.get(reads, page.actor)
    wish = Wish(_minutes(shape), _modes(form, now))
    return await page.tried(
        form,
        lambda tx: notifications.preferences.change(
            tx, page.actor, wish=wish, expected_version=shape.version
        ),
        FIELDS,
    )


def _states(form: Form) -> list[DeliveryState]:
    chosen = form.values["state"]
    return [DeliveryState(chosen)] if chosen in set(DeliveryState) else []


def _words(named: dict[DeliveryState, str] | dict[Mode, str]) -> list[tuple[str, str]]:
    return [(str(value), _(words)) for value, words in named.items()]


def _minutes(shape: HoursShape) -> dict[str, int | None]:
    found = {name: getattr(shape, name) for name in FIELDS}
    return {name: None if at is None else at.hour * 60 + at.minute for name, at in found.items()}


def _modes(form: Form, now: PreferencesView) -> dict[str, dict[Channel, Mode | None]]:
    """Where the form says otherwise than what is so; kinds it did not show stay as they are."""
    wanted: dict[str, dict[Channel, Mode | None]] = {}
    for one in now.kinds:
        said = form.values.get(f"group.{one.group}") or form.values.get(f"mail.{one.name}")
        if one.is_fixed or f"mail.{one.name}" not in form.values:
            continue
        app = Mode.IMMEDIATE if form.values.get(f"app.{one.name}") == SHOWN else Mode.OFF
        mail = Mode(said) if said in set(Mode) else one.mail
        found = {Channel.APP: app, Channel.MAIL: mail}
        otherwise = {channel: mode for channel, mode in found.items() if mode != one.modes[channel]}
        if otherwise:
            wanted[one.name] = {**otherwise}
    return wanted


def _filled(view: PreferencesView) -> Form:
    times = {name: getattr(view, name) for name in FIELDS}
    values: dict[str, object] = {
        name: None if at is None else f"{at // 60:02}:{at % 60:02}" for name, at in times.items()
    }
    for one in view.kinds:
        values[f"mail.{one.name}"] = one.mail
        values[f"app.{one.name}"] = SHOWN if one.app is Mode.IMMEDIATE else ""
    return Form.of({**values, "version": view.version})


async def _show(
    page: Page, form: Form | None = None, *, is_done: bool = False, status: int = 200
) -> Response:
    async with page.reading() as reads:
        view = await notifications.preferences.get(reads, page.actor)
    if form is not None and form.refused is not None:
        form.values["version"] = str(view.version)  # it is compared by whoever reads it now
    return page.show(
        "notifications/preferences.html",
        status=status,
        view=view,
        form=form or _filled(view),
        modes=_words(MODES),
        sums={group.name: _sum(group.kinds) for group in view.groups},
        is_done=is_done,
    )


def _sum(kinds: Iterable[KindView]) -> str:
    """How a group's mails come, in few words."""
    counts = Counter(one.mail for one in kinds)
    if len(counts) == 1:
        return _(MODES[next(iter(counts))])
    return " · ".join(
        _("%(count)s %(mode)s", count=counts[mode], mode=_(words).lower())
        for mode, words in MODES.items()
        if counts[mode]
    )
