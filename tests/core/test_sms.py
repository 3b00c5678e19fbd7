"""Text messages: every gateway that is allowed takes exactly the number we put in."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from src.core import settings, sms
from src.core.settings import Settings

NUMBER = "+493090182012"
HEX, FROM = "0123456789abcdef" * 2, "14155550100"
ADDRESSES = (
    f"46elks://user:secret@{FROM}", f"elks://user:secret@{FROM}", f"atalk://user@{HEX}",
    "bulksms://user:secret@", f"burstsms://abcdefgh:abcdefgh@{FROM}", f"clickatell://{HEX}/",
    "clicksend://user:secret@", "d7sms://token@", f"httpsms://key@{FROM}", f"infobip://key@{FROM}",
    f"msgbird://{HEX[:25]}/{FROM}", f"nexmo://abcdefgh:abcdefghijklmnop@{FROM}/",
    f"vonage://abcdefgh:abcdefghijklmnop@{FROM}/", f"octopush://user@example.org/{HEX}",
    f"plivo://{'A' * 25}@{'b' * 40}/{FROM}", "seven://key/", f"sinch://{HEX}:{HEX}@{FROM}",
    "smseagle://token@gateway.example.org", "smseagles://token@gateway.example.org",
    "smsmgr://key@", "sns://AHIAJGNT76XIMXDBIJYA/bu1dHSdO22pfaaVy/wmNsdljF4C07D3bndi9PQJ9/us-east-2",
    f"telnyx://key@{FROM}", f"twilio://AC{HEX}:{HEX}@{FROM}",
)  # fmt: skip


def test_every_gateway_that_is_allowed_is_tried_here() -> None:
    tried = {address.partition("://")[0] for address in ADDRESSES} | {"json", "jsons"}
    assert {kind.removesuffix("://") for kind in settings._GATEWAYS} == tried


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda one: one.partition("://")[0])
def test_a_gateway_writes_to_our_number_alone(address: str) -> None:
    from apprise import Apprise

    Settings(sms_url=SecretStr(address))
    for url in (address, f"{address}{'&' if '?' in address else '?'}to=%2B33612345678"):
        sender = Apprise.instantiate(sms.parts_of(url, NUMBER))
        assert sender is not None
        written = sender.url()  # type: ignore[no-untyped-call] # Apprise says no types
        assert NUMBER.removeprefix("+") in written
        assert "33612345678" not in written
        assert not sender.redirects


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mailto://user:secret@example.org", "ALIQUOT_SMS_URL begins with"),
        ("exec:///bin/sh", "ALIQUOT_SMS_URL begins with"),
        ("twilio:secret", "ALIQUOT_SMS_URL begins with"),
        ("twilio://", "names no gateway"),
        ("json:///path", "names no gateway"),
    ],
)
def test_an_address_that_is_no_gateway_is_refused_when_all_starts(address: str, says: str) -> None:
    with pytest.raises(ValidationError, match=says) as refusal:
        Settings(sms_url=SecretStr(address))
    (said,) = settings.faults_of(refusal.value)
    assert "secret" not in said


async def test_a_number_that_gateways_would_drop_is_refused_before() -> None:
    with pytest.raises(sms.SmsRefused):
        await sms.send(f"httpsms://key@{FROM}", sms.Sms("+2901234", "123456"))


async def test_an_address_its_gateway_cannot_use_is_refused() -> None:
    with pytest.raises(sms.SmsRefused):
        await sms.send("twilio://nonsense", sms.Sms(NUMBER, "123456"))
