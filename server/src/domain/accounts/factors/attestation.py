"""The WebAuthn ceremonies: what the browser is asked, and whether its answer holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from src.core.language import gettext as _
from src.domain.accounts.factors.challenges import LIFETIME
from src.domain.accounts.factors.errors import PasskeyNotTaken, PasskeyRefused

if TYPE_CHECKING:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

LONGEST_ANSWER = 32_768
_TIMEOUT = int(LIFETIME.total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who passkeys are for: the host they are bound to, its name, where pages come from."""

    id: str
    name: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey, its answer verified."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: tuple[str, ...]
    aaguid: str
    is_backed_up: bool


@dataclass(frozen=True, slots=True)
class Used:
    """A passkey that answered; `user_id` is whom it says it belongs to."""

    user_id: UUID | None
    sign_count: int
    is_backed_up: bool


def creation_options(
    rp: RelyingParty,
    challenge: bytes,
    *,
    user_id: UUID,
    email: str,
    name: str,
    known: Sequence[str],
) -> str:
    """What `navigator.credentials.create` is given, as JSON."""
    import webauthn  # noqa: PLC0415 - in the server's image only
    from webauthn.helpers import structs  # noqa: PLC0415

    return webauthn.options_to_json(
        webauthn.generate_registration_options(
            rp_id=rp.id,
            rp_name=rp.name,
            user_id=user_id.bytes,
            user_name=email,
            user_display_name=name,
            challenge=challenge,
            timeout=_TIMEOUT,
            authenticator_selection=structs.AuthenticatorSelectionCriteria(
                resident_key=structs.ResidentKeyRequirement.REQUIRED,
                user_verification=structs.UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[_descriptor(one, ()) for one in known],
        )
    )


def request_options(
    rp: RelyingParty, challenge: bytes, *, known: Sequence[tuple[str, Sequence[str]]]
) -> str:
    """What `navigator.credentials.get` is given, as JSON; without `known` any passkey answers."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import structs  # noqa: PLC0415

    return webauthn.options_to_json(
        webauthn.generate_authentication_options(
            rp_id=rp.id,
            challenge=challenge,
            timeout=_TIMEOUT,
            allow_credentials=[_descriptor(one, transports) for one, transports in known],
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
    )


def verified_registration(answer: str, *, challenge: bytes, rp: RelyingParty) -> Made:
    """The new passkey. Raises `PasskeyNotTaken`."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import bytes_to_base64url, parse_registration_credential_json  # noqa: PLC0415
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        parsed = parse_registration_credential_json(_bounded(answer))
        found = webauthn.verify_registration_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=rp.id,
            expected_origin=list(rp.origins),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyNotTaken(
            _("Begin again; the device must check a PIN, a finger or a face.")
        ) from error
    return Made(
        credential_id=bytes_to_base64url(found.credential_id),
        public_key=bytes_to_base64url(found.credential_public_key),
        sign_count=found.sign_count,
        transports=tuple(one.value for one in parsed.response.transports or ()),
        aaguid=found.aaguid,
        is_backed_up=found.credential_backed_up,
    )


def verified_authentication(
    answer: str, *, challenge: bytes, rp: RelyingParty, public_key: str
) -> Used:
    """The passkey that answered; its counter is for the caller to compare. `PasskeyRefused`."""
    import webauthn  # noqa: PLC0415
    from webauthn.helpers import (  # noqa: PLC0415
        base64url_to_bytes,
        parse_authentication_credential_json,
    )
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415

    try:
        parsed = parse_authentication_credential_json(_bounded(answer))
        found = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=rp.id,
            expected_origin=list(rp.origins),
            credential_public_key=base64url_to_bytes(public_key),
            # The library compares counters before it looks at the signature: anybody could make
            # a copy be suspected. The caller compares them afterwards.
            credential_current_sign_count=0,
            require_user_verification=True,
        )
        handle = parsed.response.user_handle
        user_id = UUID(bytes=handle) if handle else None
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused(_("Begin again, or log in another way.")) from error
    return Used(user_id, found.new_sign_count, found.credential_backed_up)


def id_of(answer: str) -> str:
    """Which passkey an answer says it comes from; nothing of it is verified yet."""
    try:
        found = json.loads(_bounded(answer))
        return str(found["id"])[:1400].replace("\x00", "")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise PasskeyRefused(_("Begin again, or log in another way.")) from error


def _bounded(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("longer than any passkey's answer")
    return answer


def _descriptor(credential_id: str, transports: Sequence[str]) -> PublicKeyCredentialDescriptor:
    from webauthn.helpers import base64url_to_bytes, structs  # noqa: PLC0415

    known = {one.value for one in structs.AuthenticatorTransport}
    return structs.PublicKeyCredentialDescriptor(
        id=base64url_to_bytes(credential_id),
        transports=[structs.AuthenticatorTransport(one) for one in transports if one in known],
    )
