"""What everybody may know of this institute."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.errors import NotFound
from src.core.language import gettext as _
from src.domain import accounts
from src.models.common import One
from src.models.settings import InstituteRead
from src.web import replies
from src.web.dependencies import SIGNED_IN, Reads, declares

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])


@router.get(
    "",
    operation_id="settings_get",
    response_model=One[InstituteRead],
    **declares(SIGNED_IN, cache="private", problems=(NotFound,)),
)
async def get_settings(request: Request, reads: Reads) -> Response:
    """The institute's name, time zone and currency."""
    institute = await accounts.institute(reads)
    if institute is None:
        raise NotFound(_("Aliquot has not been set up yet."))
    read = InstituteRead.model_validate(institute)
    return replies.one(request, read, version=institute.version, changed_at=institute.updated_at)
