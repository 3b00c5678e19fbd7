"""What the record says of qualifications and of requests for access."""

from __future__ import annotations

from src.core.events import Kind, verb
from src.core.language import mark

verb("qualification.created", mark("Added"), kind=Kind.ADMINISTRATION)
verb("qualification.updated", mark("Changed"), kind=Kind.ADMINISTRATION)
verb("qualification.granted", mark("Qualification given"), kind=Kind.PERMISSION_GRANTED)
verb("qualification.revoked", mark("Qualification taken away"), kind=Kind.PERMISSION_REVOKED)
verb("access.requested", mark("Access asked for"))
verb("access.granted", mark("Access given"), kind=Kind.PERMISSION_GRANTED)
verb("access.rejected", mark("Access refused"))
verb("access.expired", mark("The request for access lapsed"))
verb("access.withdrawn", mark("The request for access was taken back"))
