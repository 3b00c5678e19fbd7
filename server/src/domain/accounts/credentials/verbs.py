"""What the record says of keys, tokens and stored secrets."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("token.revoked", mark("Log-in of a program ended"), kind=Kind.LOG_OUT)
verb("token.reused", mark("Refresh token used twice"), kind=Kind.SECURITY)
verb("api_key.created", mark("Key made"), kind=Kind.CREDENTIAL_CHANGED)
verb("api_key.changed", mark("Key changed"), kind=Kind.CREDENTIAL_CHANGED)
verb("api_key.rotated", mark("Key replaced"), kind=Kind.CREDENTIAL_CHANGED)
verb("api_key.revoked", mark("Key revoked"), kind=Kind.CREDENTIAL_CHANGED)
verb("api_key.refused", mark("Key refused"), kind=Kind.SECURITY)
verb("api_key.replayed", mark("Signed request sent twice"), kind=Kind.SECURITY)
verb("secrets.encrypted", mark("Stored secrets encrypted anew"), kind=Kind.ADMINISTRATION)
