from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from src.core import crypto, ids
from src.core.crypto import BadToken, Keyring

KEYRING = Keyring("s" * 32)
USER, FAMILY = ids.new(), ids.new()
KEY_ID = crypto.key_id(KEYRING.secret)
SIGNING = crypto.derive(KEYRING.secret, "access token")


def claims(**other: object) -> dict[str, object]:
    now = datetime.now(UTC)
    made: dict[str, object] = {
        "iss": crypto.ISSUER, "aud": crypto.AUDIENCE, "sub": str(USER), "iat": now,
        "exp": now + timedelta(minutes=1), "jti": "1", "typ": crypto.ACCESS, "sid": str(FAMILY),
        "scope": "",
    }  # fmt: skip
    made.update(other)
    return {name: value for name, value in made.items() if value is not None}


def encoded(purpose: str = "access token", /, *, kid: str = KEY_ID, **other: object) -> str:
    key = crypto.derive(KEYRING.secret, purpose)
    return jwt.encode(claims(**other), key, algorithm="HS256", headers={"kid": kid})


def test_a_token_of_ours_is_its_person() -> None:
    made = KEYRING.access_token(USER, family_id=FAMILY, lifetime=60, scope=["b", "a"])
    bearer = KEYRING.bearer_of(made)
    assert (bearer.user_id, bearer.family_id, bearer.scope) == (USER, FAMILY, ("a", "b"))
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
        jwt.encode(claims(), "", algorithm="none", headers={"kid": KEY_ID}),
        encoded(kid="another"),
        jwt.encode(claims(), crypto.derive(KEYRING.secret, "access token")),
        *(
            jwt.encode(claims(**{name: None}), SIGNING, headers={"kid": KEY_ID})
            for name in ("aud", "iss", "sub", "sid", "iat", "exp", "jti", "typ", "scope")
        ),
    ],
)
def test_every_other_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        KEYRING.bearer_of(token)


@pytest.mark.parametrize("algorithm", ["HS512", "RS256", "none", "hs256"])
def test_the_token_does_not_choose_how_it_is_verified(algorithm: str) -> None:
    body = encoded().split(".")[1]
    header = {"alg": algorithm, "kid": KEY_ID, "typ": "at+jwt"}
    forged = f"{_base64url(json.dumps(header).encode())}.{body}"
    key = crypto.derive(KEYRING.secret, "access token")
    made = _base64url(hmac.digest(key, forged.encode(), "sha512"))
    with pytest.raises(BadToken):
        KEYRING.bearer_of(f"{forged}.{made}")


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_what_an_earlier_key_signed_still_counts_and_new_things_are_signed_by_the_new_one() -> None:
    renewed = Keyring("n" * 32, old=(KEYRING.secret,))
    token = KEYRING.access_token(USER, family_id=FAMILY, lifetime=60)
    assert renewed.bearer_of(token).user_id == USER
    assert renewed.verify("csrf", "session 1", KEYRING.sign("csrf", "session 1"))
    assert renewed.sign("csrf", "session 1") == Keyring("n" * 32).sign("csrf", "session 1")
    made = renewed.access_token(USER, family_id=FAMILY, lifetime=60)
    assert jwt.get_unverified_header(made)["kid"] == crypto.key_id("n" * 32)
    for gone, kept in ((KEYRING, made), (Keyring("n" * 32), token)):
        with pytest.raises(BadToken):
            gone.bearer_of(kept)


def test_a_signature_holds_for_one_purpose_and_one_message() -> None:
    signature = KEYRING.sign("csrf", "session 1")
    assert KEYRING.verify("csrf", "session 1", signature)
    assert not KEYRING.verify("csrf", "session 2", signature)
    assert not KEYRING.verify("cursor", "session 1", signature)
    assert not KEYRING.verify("csrf", "session 1", signature + "ü")
    assert not Keyring("t" * 32).verify("csrf", "session 1", signature)


@pytest.mark.parametrize("message", [b"", b"x", bytes(range(64))])
def test_what_is_sealed_is_read_by_its_purpose_alone_and_shows_nothing(message: bytes) -> None:
    sealed = KEYRING.seal("links", message)
    assert KEYRING.unseal("links", sealed) == message
    assert KEYRING.unseal("others", sealed) is None
    assert Keyring("another").unseal("links", sealed) is None
    assert Keyring("another", old=(KEYRING.secret,)).unseal("links", sealed) == message
    assert message == b"" or message not in base64.urlsafe_b64decode(sealed + "==")


def test_a_seal_that_was_altered_anywhere_opens_nothing() -> None:
    sealed = KEYRING.seal("links", b"a person and a kind")
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    for place in range(len(raw)):
        bad = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        assert KEYRING.unseal("links", base64.urlsafe_b64encode(bad).decode().rstrip("=")) is None
    for nonsense in ("", "ä", "a", "=" * 9, sealed[:-4], f"{sealed}AAAA", " " + sealed):
        assert KEYRING.unseal("links", nonsense) is None


def test_what_is_too_long_is_not_sealed() -> None:
    with pytest.raises(ValueError, match="too long"):
        KEYRING.seal("links", b"x" * 65)
