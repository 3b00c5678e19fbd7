"""Who may do this to that, and why."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from src.core.actor import Permission
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.errors import UnknownScope, UserNotFound
from src.web.dependencies import Reads
from src.web.forms import Form
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, shows
from src.web.pages.person_roles import places

router = APIRouter(include_in_schema=False)


@router.get("/who-may", **shows(Permission.ACCESS_READ))
async def ask(page: CurrentPage, reads: Reads) -> Response:
    """A question in the address, and its answer below."""
    form = Form.of_query(page.request, permission="", scope="", user_id="")
    answer = await _answer(page, reads, form)
    shown = [] if answer is None else [one.user_id for one in answer.people]
    return page.show(
        "roles/who_may.html",
        form=form,
        answer=answer,
        choices=[(one.value, _(words)) for one, words in permissions.WORDS.items()],
        words=permissions.WORDS,
        places=await places(page, reads),
        described=permissions.described,
        portraits=await page.portraits_of(reads, shown),
    )


async def _answer(page: Page, reads: Reads, form: Form) -> accounts.access.explaining.Answer | None:
    """Who may, where something sensible was asked; what was not is told in the form."""
    if form.values["permission"] not in set(Permission):
        return None
    try:
        return await accounts.access.explaining.who_may(
            reads,
            page.actor,
            Permission(form.values["permission"]),
            scope=form.values["scope"] or None,
            user_id=_id(form.values["user_id"]),
        )
    except (UnknownScope, UserNotFound) as refusal:
        form.refuse(refusal)
        return None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
