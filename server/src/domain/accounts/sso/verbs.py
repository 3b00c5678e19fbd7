"""What the record says of single sign-on."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("identity.linked", mark("Single sign-on linked"), kind=Kind.CREDENTIAL_CHANGED)
verb("identity.unlinked", mark("Single sign-on unlinked"), kind=Kind.CREDENTIAL_CHANGED)
verb("user.logged_out_by_provider", mark("Logged out by the provider"), kind=Kind.LOG_OUT)
verb("security.sign_on_refused", mark("Single sign-on refused"), kind=Kind.FAILED_LOG_IN)
verb(
    "security.role_kept", mark("Last administrator kept against the directory"), kind=Kind.SECURITY
)
verb("security.role_not_given", mark("Role of the directory not given"), kind=Kind.SECURITY)
