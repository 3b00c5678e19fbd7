"""The mailbox: the mails that would have been sent, where no mail server is named (the demo)."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from src.core import mailbox
from src.core.actor import Permission
from src.core.errors import NotFound, Unauthenticated
from src.core.language import gettext as _
from src.web.declarations import PUBLIC
from src.web.pages.frame import CurrentPage, Page, shows

router = APIRouter(include_in_schema=False)


def _folder(page: Page) -> Path:
    """Everybody's mails lie there, so it exists in the demo alone, or for administrators.

    In the demo for everybody: whoever registers there, or lost a password, is not logged in yet.
    """
    settings = page.settings
    if not (settings.demo or page.actor.is_authenticated):
        raise Unauthenticated(_("Log in first."))
    may_look = settings.demo or page.may(Permission.SETTINGS_MANAGE)
    if settings.mail_url or not may_look:
        raise NotFound(_("There is no mailbox here."))
    return mailbox.folder_of(settings.data_dir)


@router.get("/mailbox", **shows(PUBLIC))
async def list_mails(page: CurrentPage) -> Response:
    """The newest first."""
    mails = await asyncio.to_thread(mailbox.list_, _folder(page))
    return page.show("mailbox/list.html", mails=mails)


@router.get("/mailbox/{mail_id}", **shows(PUBLIC))
async def show_mail(page: CurrentPage, mail_id: str) -> Response:
    """One, as plain text."""
    mail = await asyncio.to_thread(mailbox.read, _folder(page), mail_id)
    if mail is None:
        raise NotFound(_("There is no such mail."))
    return page.show("mailbox/show.html", mail=mail)
