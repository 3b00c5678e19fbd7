"""The page behind the link of a mail: who asks for what; deciding without a log-in."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import approvals
from src.domain.approvals import ApprovalState, ApprovalView, Verdict
from src.web.callers import client_ip
from src.web.declarations import PUBLIC
from src.web.forms import Fault, Form
from src.web.pages.frame import CurrentPage, Page, shows, takes
from src.web.problems import status_of

router = APIRouter(include_in_schema=False)
PATH = "/approvals/answer/{token}"


@router.get(PATH, **shows(PUBLIC))
async def look(page: CurrentPage, token: str) -> Response:
    """Who asks for what and when, and what speaks against it. Changes nothing."""
    return await _asked(page, token, Form())


@router.post(PATH, **takes(PUBLIC))
async def answer(page: CurrentPage, token: str) -> Response:
    """Decide in the name of whom the mail was sent to."""
    form = await Form.read(page.request)
    if form.values.get("verdict") not in set(Verdict):  # sent by the Enter key
        form.refusals.append(Fault("missing", _("Choose: approve or reject.")))
        return await _asked(page, token, form, status=422)
    try:
        view = await _answered(page, token, form)
    except (approvals.ApprovalLinkGone, approvals.ApprovalSettled) as refusal:
        return _gone(page, refusal.detail)
    return page.show("approvals/answered.html", view=view, says=_words(view))


async def _answered(page: Page, token: str, form: Form) -> ApprovalView:
    async with page.writing() as session:
        return await approvals.answering.answer(
            session,
            token,
            Verdict(form.values["verdict"]),
            note=(form.values.get("note") or "")[:2000] or None,
            ip=client_ip(page.request),
            request_id=page.actor.request_id,
        )


async def _asked(page: Page, token: str, form: Form, *, status: int = 200) -> Response:
    try:
        async with page.reading() as reads:
            view, person = await approvals.answering.look(reads, token)
    except approvals.ApprovalLinkGone as gone:
        return _gone(page, gone.detail)
    return _ask(page, token, view, person, form, status=status)


def _ask(
    page: Page, token: str, view: ApprovalView, person: Actor, form: Form, *, status: int = 200
) -> Response:
    """In the time zone of whom the mail was sent to."""
    reading = replace(page, actor=replace(page.actor, timezone=person.timezone))
    return reading.show(
        "approvals/answer.html",
        status=status,
        view=view,
        person=person,
        kind=_(approvals.subjects.of(view.subject_type).name),
        form=form,
        action=f"/approvals/answer/{token}",
    )


def _words(view: ApprovalView) -> str:
    if view.state is ApprovalState.APPROVED:
        return _("Approved. They are told.")
    if view.state is ApprovalState.REJECTED:
        return _("Rejected. They are told.")
    return _("Your word was noted; others are asked now.")


def _gone(page: Page, text: str) -> Response:
    """A page of its own, which says what became of the request."""
    gone = approvals.ApprovalLinkGone(text)
    return page.show("approvals/gone.html", status=status_of(gone), text=text)
