"""Mails about an account: links that work once, and notices that nobody can turn off.

A link's secret is made when the mail is, in the worker; the database keeps its hash, the outbox
neither. A mail that is tried again carries a new secret, and the one before counts no longer.

    letters.send(session, RESET, user_id=…, token_id=…)

Each part of this domain declares its kinds beside itself.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from src.core import clock, ids, language, outbox
from src.core.crypto import hash_of
from src.core.errors import Unavailable
from src.core.language import gettext
from src.core.mail import Letter
from src.domain.accounts import post
from src.domain.accounts.tables import Institute, MailedToken, MailPurpose, User

LETTER = outbox.topic("accounts.letter", queue="notifications", max_attempts=40, time_limit=60.0)


class LetterUnknown(Unavailable):
    """The mail was queued by a newer version than this worker; another may send it."""

    code, title = "letter-unknown", "This worker does not know the mail"


@dataclass(frozen=True, slots=True)
class LetterKind:
    """One mail about an account. Texts hold places for `args`; `path` may hold `{token}`."""

    name: str
    title: str
    body: str
    action: str
    path: str
    facts: tuple[tuple[str, str], ...] = ()


_kinds: dict[str, LetterKind] = {}


def kind(
    name: str,
    *,
    title: str,
    body: str,
    action: str,
    path: str,
    facts: tuple[tuple[str, str], ...] = (),
) -> LetterKind:
    """Declare a mail, once. Texts are marked with `language.mark`; `*_at` in `args` are times."""
    if name in _kinds:
        raise ValueError(f"the mail {name!r} is declared twice")
    made = _kinds[name] = LetterKind(name, title, body, action, path, facts)
    return made


async def send(
    session: AsyncSession,
    what: LetterKind,
    *,
    user_id: UUID,
    to: str | None = None,
    token_id: UUID | None = None,
    args: Mapping[str, Any] | None = None,
) -> None:
    """Have a person mailed once this transaction has committed.

    To their address, to that of the link `token_id`, or to another one that was theirs (`to`).
    """
    payload = {
        "kind": what.name,
        "user_id": str(user_id),
        "to": to,
        "token_id": str(token_id) if token_id else None,
        "args": {name: _plain(value) for name, value in (args or {}).items()},
        "at": clock.now().isoformat(),
    }
    await outbox.publish(session, LETTER, payload)


async def new_link(
    session: AsyncSession,
    user_id: UUID,
    purpose: MailPurpose,
    *,
    email: str,
    lifetime: timedelta,
    invited_by: UUID | None = None,
    keeps_others: bool = False,
) -> UUID:
    """A link to be mailed, by its id; those of the same purpose from before count no longer.

    With `keeps_others` they do: whoever could ask for a new one must not end those of the owner.
    """
    if not keeps_others:
        former = (MailedToken.user_id == user_id, MailedToken.purpose == purpose)
        await session.execute(delete(MailedToken).where(*former))
    made = MailedToken(
        id=ids.new(),
        user_id=user_id,
        purpose=purpose,
        email=email,
        invited_by=invited_by,
        created_at=clock.now(),
        expires_at=clock.now() + lifetime,
    )
    session.add(made)
    await session.flush()
    return made.id


async def letter(
    session: AsyncSession, payload: Mapping[str, Any], *, sender: str, base_url: str
) -> Letter | None:
    """The mail of a job in its receiver's words; None when it is needed no more.

    Raises `LetterUnknown`.
    """
    what = _kinds.get(payload["kind"])
    if what is None:
        raise LetterUnknown(f"Nobody here knows {payload['kind']}; a newer worker may.")
    user = await session.get(User, UUID(payload["user_id"]))
    if user is None or user.erased_at is not None:
        return None
    to, token = payload["to"] or user.email, ""
    if post.is_nowhere(to):
        return None
    if payload["token_id"]:
        link = await session.get(MailedToken, UUID(payload["token_id"]))
        if link is None or link.used_at is not None or link.expires_at <= clock.now():
            return None
        token = secrets.token_urlsafe(32)
        link.token_hash, to = hash_of(token), link.email
    institute = await session.get(Institute, 1)
    formats = (user.date_format, user.time_format)
    with language.reading_as(post.locale_of(user, institute), user.timezone, formats=formats):
        values = {"institute": institute.name if institute else "Aliquot", "email": to}
        values |= {name: _said(name, value) for name, value in payload["args"].items()}
        return post.compose(
            post.Text(
                gettext(what.title) % values,
                gettext(what.body) % values,
                gettext(what.action),
                tuple(
                    (gettext(label), said)
                    for label, text in what.facts
                    if (said := (gettext(text) % values).strip())
                ),
            ),
            reference=str(ids.new()),
            to=to,
            name=user.name,
            sender=post.sender_of(institute, sender),
            institute=values["institute"],
            link=f"{base_url}{what.path.format(token=token)}",
            written_at=datetime.fromisoformat(payload["at"]),
        )


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _said(name: str, value: Any) -> str:  # noqa: ANN401 - whatever JSON says
    if name.endswith("_at"):
        return language.format_datetime(datetime.fromisoformat(value))
    return "" if value is None else str(value)
