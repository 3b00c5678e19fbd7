"""Deciding by the link of a mail: without a log-in, by whom it was sent to."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from src.core import language
from src.core.actor import Actor
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.approvals import deciding, inbox, links
from src.domain.approvals.errors import ApprovalLinkForged, ApprovalLinkGone, ApprovalNotFound
from src.domain.approvals.tables import ApprovalState, Verdict
from src.domain.approvals.views import ApprovalView


async def look(session: AsyncSession, token: str) -> tuple[ApprovalView, Actor]:
    """What the link asks, and whom. Nothing changes: what reads mails may follow it.

    Raises `ApprovalLinkForged`, `ApprovalLinkGone` with what became of the request.
    """
    link = links.read(token, accounts.tokens.rules().keyring)
    person = await accounts.actor_of_user(session, link.person_id)
    if person is None:
        raise ApprovalLinkGone(_("Your account is not active. Ask an administrator."))
    try:
        view = await inbox.by_person(session, person, link.approval_id)
    except ApprovalNotFound as error:
        raise ApprovalLinkForged(error.detail) from error
    with language.reading_as(timezone=person.timezone):
        _require_waiting(view, link, person)
    return view, person


def _require_waiting(view: ApprovalView, link: links.Link, person: Actor) -> None:
    if view.state is not ApprovalState.OPEN or view.step != link.step or not view.may_decide:
        raise ApprovalLinkGone(_became(view, person.user_id))


async def answer(
    session: AsyncSession,
    token: str,
    verdict: Verdict,
    *,
    note: str | None = None,
    ip: str | None = None,
    request_id: str | None = None,
) -> ApprovalView:
    """Decide in the name of whom the link was sent to; the record says that it was by link.

    Raises as `look` and `deciding.decide` do.
    """
    view, person = await look(session, token)
    acting = await accounts.actor_of_user(session, _id_of(person), ip=ip, request_id=request_id)
    if acting is None:
        raise ApprovalLinkGone(_("Your account is not active. Ask an administrator."))
    await deciding.decide(session, acting, view.id, verdict, note=note, is_by_link=True)
    return await inbox.by_person(session, acting, view.id)


def _id_of(person: Actor) -> UUID:
    """The id of a person."""
    if person.user_id is None:
        raise ApprovalLinkGone(_("Your account is not active. Ask an administrator."))
    return person.user_id


def _became(view: ApprovalView, person_id: UUID | None) -> str:
    """What became of the request since the mail was sent, in a sentence."""
    own = next((vote for vote in reversed(view.votes) if vote.by.id == person_id), None)
    last = view.votes[-1] if view.votes else None
    if view.state is ApprovalState.EXPIRED:
        return _("The request has lapsed: nobody decided in time.")
    if view.state is ApprovalState.WITHDRAWN:
        return _("The request was withdrawn or changed. If it was changed, a newer mail asks you.")
    if view.state is not ApprovalState.OPEN and last is not None and last != own:
        text = _("%(name)s has decided it (%(when)s): it is %(state)s.")
        when = language.format_datetime(last.at)
        return text % {"name": last.by.name, "when": when, "state": _(deciding.WORDS[view.state])}
    if own is not None:
        when = language.format_datetime(own.at)
        return _("You have decided already (%(when)s). Nothing more is needed.", when=when)
    return _("The request does not wait for you any more. Log in to see where it stands.")
