"""An authenticator in software: makes passkeys and answers for them, and may be made to lie."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, HOLDS_KEY = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One device with one passkey, as a browser at `origin` would bring its answers."""

    origin: str = ORIGIN
    counter: int | None = 1  # None: a synced passkey, which stays at 0
    is_verifying: bool = True
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    user_handle: bytes = b""
    rp_id: str | None = None  # a lie about the site
    _key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def register(self, options_json: str) -> str:
        """The answer to `navigator.credentials.create`."""
        options = json.loads(options_json)
        self.user_handle = base64url_to_bytes(options["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        cose = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cose
        data = self._data(options["rp"]["id"], HOLDS_KEY) + attested
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(
            clientDataJSON=client,
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
            transports=["internal"],
        )

    def answer(self, options_json: str) -> str:
        """The answer to `navigator.credentials.get`; the counter goes on."""
        options = json.loads(options_json)
        if self.counter is not None:
            self.counter += 1
        data = self._data(options["rpId"], 0)
        client = self._client("webauthn.get", options["challenge"])
        signed = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signed,
            userHandle=self.user_handle,
        )

    def _data(self, rp_id: str, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.is_verifying else 0)
        host = hashlib.sha256((self.rp_id or rp_id).encode()).digest()
        return host + bytes([flags]) + (self.counter or 0).to_bytes(4)

    def _client(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, **response: Any) -> str:
        shown = {
            name: bytes_to_base64url(value) if isinstance(value, bytes) else value
            for name, value in response.items()
        }
        own = bytes_to_base64url(self.credential_id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": shown})
