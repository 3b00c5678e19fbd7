"""What the record says of second factors."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("factor.added", mark("Second factor set up"), kind=Kind.CREDENTIAL_CHANGED)
verb("factor.removed", mark("Second factor removed"), kind=Kind.CREDENTIAL_CHANGED)
verb("factor.renamed", mark("Passkey renamed"), kind=Kind.CREDENTIAL_CHANGED)
verb("factor.reset", mark("Second factors removed"), kind=Kind.CREDENTIAL_CHANGED)
verb("factor.backup_codes_made", mark("Backup codes made"), kind=Kind.CREDENTIAL_CHANGED)
verb("factor.used_backup_code", mark("Backup code used"), kind=Kind.SECURITY)
verb("security.passkey_copied", mark("Copy of a passkey refused"), kind=Kind.SECURITY)
