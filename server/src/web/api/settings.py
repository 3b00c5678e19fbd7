"""What this institute decides for itself."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.core.errors import NotFound
from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.errors import BadSetting
from src.domain.accounts.facility import Facility
from src.models.common import One
from src.models.settings import SettingsRead, SettingsUpdate
from src.web import replies
from src.web.dependencies import (
    SIGNED_IN,
    CurrentActor,
    IfMatchRequired,
    Reads,
    Tx,
    declares,
)

router = APIRouter(prefix="/api/v1/settings", tags=["settings"])
MANAGE = Permission.SETTINGS_MANAGE


def _reply(request: Request, facility: Facility, *, is_whole: bool) -> Response:
    return replies.one(
        request,
        SettingsRead.of(facility, is_whole=is_whole),
        version=facility.version,
        changed_at=facility.updated_at,
    )


@router.get(
    "",
    operation_id="settings_get",
    response_model=One[SettingsRead],
    **declares(SIGNED_IN, cache="private", programs=True, problems=(NotFound,)),
)
async def get_settings(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """Name, time zone and currency; with `settings:manage` everything the institute decided."""
    if await accounts.institute(reads) is None:
        raise NotFound(_("Aliquot has not been set up yet."))
    found = await accounts.facility.read(reads)
    return _reply(request, found, is_whole=actor.may(MANAGE))


@router.patch(
    "",
    operation_id="settings_update",
    response_model=One[SettingsRead],
    **declares(MANAGE, rate="write", problems=(NotFound, BadSetting)),
)
async def update_settings(
    request: Request, body: SettingsUpdate, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Decide anew; each change stands in the record."""
    changes = body.model_dump(exclude_unset=True)
    done = await accounts.facility.update(tx, actor, changes=changes, expected_version=version)
    return _reply(request, done, is_whole=True)
