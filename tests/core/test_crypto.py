from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from src.core import crypto, ids
from src.core.crypto import BadToken, Keyring

KEYRING = Keyring("s" * 32)
USER = ids.new()


def claims(**other: object) -> dict[str, object]:
    now = datetime.now(UTC)
    made: dict[str, object] = {
        "iss": crypto.ISSUER, "aud": crypto.AUDIENCE, "sub": str(USER), "iat": now,
        "exp": now + timedelta(minutes=1), "jti": "1", "typ": crypto.ACCESS,
    }  # fmt: skip
    made.update(other)
    return {name: value for name, value in made.items() if value is not None}


def encoded(purpose: str = "access token", /, **other: object) -> str:
    return jwt.encode(claims(**other), crypto.derive(KEYRING.secret, purpose), algorithm="HS256")


def test_a_token_of_ours_is_its_person() -> None:
    assert KEYRING.bearer_of(KEYRING.access_token(USER, lifetime=60)).user_id == USER
    assert KEYRING.bearer_of(encoded()).user_id == USER


@pytest.mark.parametrize(
    "token",
    [
        encoded(aud="elsewhere"),
        encoded(iss="elsewhere"),
        encoded(typ="refresh"),
        encoded(sub="nobody"),
        encoded(exp=datetime.now(UTC) - timedelta(seconds=1)),
        encoded("csrf"),
        jwt.encode(claims(), None, algorithm="none"),
        *(encoded(**{name: None}) for name in ("aud", "iss", "sub", "iat", "exp", "jti", "typ")),
    ],
)
def test_every_other_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        KEYRING.bearer_of(token)


def test_a_signature_holds_for_one_purpose_and_one_message() -> None:
    signature = KEYRING.sign("csrf", "session 1")
    assert KEYRING.verify("csrf", "session 1", signature)
    assert not KEYRING.verify("csrf", "session 2", signature)
    assert not KEYRING.verify("cursor", "session 1", signature)
    assert not KEYRING.verify("csrf", "session 1", signature + "ü")
    assert not Keyring("t" * 32).verify("csrf", "session 1", signature)
