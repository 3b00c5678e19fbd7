"""`test-mail`."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from src.commands import console
from src.core import clock, ids, mail
from src.core.errors import DomainError
from src.core.mail import Letter

Address = Annotated[str, typer.Argument(help="Whom to write to.")]


def test_mail(address: Address) -> None:
    """Send a letter the way all others go, and say what the mail server answered."""
    settings = console.settings()
    try:
        mail.address(address)
    except ValueError:
        console.stop(f"{address} is no mail address")
    text = f"Mail from Aliquot at {settings.base_url} arrives."
    letter = Letter(
        reference="test-mail",
        to_name="",
        to=address,
        sender=settings.mail_from,
        subject="A test from Aliquot",
        text=f"{text}\n",
        html=f"<p>{text}</p>",
        written_at=clock.now(),
    )
    try:
        message = mail.compose(letter, key=str(ids.new()))
        asyncio.run(mail.create_mailer(settings).send(message))
    except DomainError as refusal:
        console.stop(f"{refusal.title}. {refusal.detail}")
    way = "the mail server took it" if settings.mail_url else "it lies in the mailbox"
    typer.echo(f"written to {address}: {way}")
