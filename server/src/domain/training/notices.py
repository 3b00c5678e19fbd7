"""What people are told about qualifications and requests for access.

Arguments: `qualification` or `resource` (names), `expires_at`, `by` and `person` (ids), `reason`.
"""

from __future__ import annotations

from src.core.language import mark
from src.domain import approvals
from src.domain.notifications import group, kind

_FACTS = (
    (mark("Until"), mark("%(expires_at)s")),
    (mark("Given by"), mark("%(by)s")),
    (mark("Note"), mark("%(reason)s")),
)
_ACCESS = (
    (mark("What"), mark("%(resource)s")),
    (mark("Who asks"), mark("%(person)s")),
    (mark("Why"), mark("%(reason)s")),
)

group("access", mark("Access and qualifications"), rank=50)

kind(
    "qualification.granted",
    group="access",
    title=mark("You are qualified: %(qualification)s"),
    body=mark("You may now book what asks for %(qualification)s."),
    action=mark("See what you hold"),
    facts=_FACTS,
    people=("by",),
)
kind(
    "qualification.revoked",
    group="access",
    is_owed=True,
    title=mark("No longer qualified: %(qualification)s"),
    body=mark("%(qualification)s was taken away from you. Ask whoever did so if you need it."),
    action=mark("See what you hold"),
    facts=((mark("Taken away by"), mark("%(by)s")), (mark("Note"), mark("%(reason)s"))),
    people=("by",),
)
kind(
    "qualification.expiring",
    group="access",
    title=mark("Ends soon: %(qualification)s"),
    body=mark(
        "Your qualification %(qualification)s ends on %(expires_at)s. Have it renewed in time if"
        " you still need it."
    ),
    action=mark("See what you hold"),
)
kind(
    "access.requested",
    group="approvals",
    title=mark("Please decide: access to %(resource)s"),
    body=mark("%(person)s asks for access to %(resource)s. Approve or reject the request."),
    action=mark("Approve or reject"),
    facts=(*_ACCESS, (mark("Asks for"), mark("%(qualifications)s"))),
    people=("person",),
    mail_path=approvals.links.path_of,
)
kind(
    "access.granted",
    group="access",
    is_owed=True,
    title=mark("You may use %(resource)s"),
    body=mark("Your request for access to %(resource)s was granted. You can book it now."),
    action=mark("Open your request"),
    facts=((mark("Until"), mark("%(expires_at)s")), (mark("Note"), mark("%(reason)s"))),
)
kind(
    "access.rejected",
    group="access",
    is_owed=True,
    title=mark("No access: %(resource)s"),
    body=mark(
        "Your request for access to %(resource)s was refused. Ask why if the note is silent."
    ),
    action=mark("Open your request"),
    facts=((mark("Note"), mark("%(reason)s")),),
)
kind(
    "access.expired",
    group="access",
    is_owed=True,
    title=mark("Your request lapsed: %(resource)s"),
    body=mark(
        "Nobody decided on your request for access to %(resource)s in time. Ask whoever looks"
        " after it, and send it again."
    ),
    action=mark("Open your request"),
)
