"""One's second factors. What changes them wants a log-in of minutes ago; secrets are told once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import accounts
from src.domain.accounts import factors
from src.domain.accounts.factors import backup_codes, passkeys, totp
from src.models.common import Many, One
from src.models.factors import (
    BackupCodesRead,
    FactorsRead,
    PasskeyCreate,
    PasskeyOptions,
    PasskeyRead,
    PasskeyUpdate,
    TotpConfirm,
    TotpRead,
)
from src.web import replies, security
from src.web.dependencies import SIGNED_IN, CurrentActor, Reads, Tx, declares
from src.web.passkeys import relying_party

router = APIRouter(prefix="/api/v1/me/second-factor", tags=["second factor"])
others = APIRouter(prefix="/api/v1/users", tags=["second factor"])


def _sure(declared: dict[str, Any]) -> dict[str, Any]:
    """What changes a factor is done by somebody who has shown just now who they are."""
    declared["dependencies"].append(Depends(security.require_recent))
    declared["openapi_extra"]["x-problems"].append(accounts.ConfirmationNeeded.code)
    return declared


@router.get(
    "",
    operation_id="second_factor_get",
    response_model=One[FactorsRead],
    **declares(SIGNED_IN, even_held_back=True),
)
async def get_factors(request: Request, actor: CurrentActor, reads: Reads) -> Response:
    """What you have set up, and whether your role wants it."""
    return replies.one(request, FactorsRead.of(await factors.overview(reads, actor)))


@router.post(
    "/totp",
    operation_id="second_factor_totp_begin",
    response_model=One[TotpRead],
    **_sure(declares(SIGNED_IN, rate="write", even_held_back=True)),
)
async def begin_totp(request: Request, actor: CurrentActor, tx: Tx) -> Response:
    """A secret for an authenticator app; it counts once confirmed, the app before it until then."""
    return replies.one(request, TotpRead.of(await totp.begin(tx, actor)))


@router.post(
    "/totp/confirm",
    operation_id="second_factor_totp_confirm",
    response_model=One[FactorsRead],
    **_sure(
        declares(
            SIGNED_IN,
            rate="login",
            even_held_back=True,
            problems=(factors.WrongCode, factors.SetUpNotBegun),
        )
    ),
)
async def confirm_totp(
    request: Request, body: TotpConfirm, actor: CurrentActor, tx: Tx
) -> Response:
    """Take the app into use with the first code it shows."""
    await totp.confirm(tx, actor, code=body.code)
    return replies.one(request, FactorsRead.of(await factors.overview(tx, actor)))


@router.delete(
    "/totp",
    operation_id="second_factor_totp_remove",
    status_code=204,
    **_sure(
        declares(
            SIGNED_IN,
            rate="write",
            even_held_back=True,
            problems=(factors.NoSuchFactor, factors.FactorNeeded),
        )
    ),
)
async def remove_totp(actor: CurrentActor, tx: Tx) -> Response:
    """Remove the authenticator app."""
    await totp.remove(tx, actor)
    return replies.nothing()


@router.post(
    "/backup-codes",
    operation_id="second_factor_backup_codes_make",
    response_model=One[BackupCodesRead],
    **_sure(
        declares(SIGNED_IN, rate="write", even_held_back=True, problems=(factors.NothingToBackUp,))
    ),
)
async def make_backup_codes(request: Request, actor: CurrentActor, tx: Tx) -> Response:
    """Ten new codes; those from before count no longer."""
    return replies.one(request, BackupCodesRead(codes=await backup_codes.renew(tx, actor)))


@router.get(
    "/passkeys",
    operation_id="second_factor_passkeys_list",
    response_model=Many[PasskeyRead],
    **declares(SIGNED_IN, even_held_back=True),
)
async def list_passkeys(actor: CurrentActor, reads: Reads) -> Response:
    """Your passkeys, oldest first."""
    found = await factors.overview(reads, actor)
    return replies.whole([PasskeyRead.of(one) for one in found.factors.passkeys])


@router.post(
    "/passkeys:begin",
    operation_id="second_factor_passkeys_begin",
    response_model=One[PasskeyOptions],
    **_sure(
        declares(SIGNED_IN, rate="write", even_held_back=True, problems=(factors.TooManyPasskeys,))
    ),
)
async def begin_passkey(request: Request, actor: CurrentActor, tx: Tx) -> Response:
    """What to ask the browser for; its answer is taken for five minutes."""
    rp = relying_party(request)
    options, token = await passkeys.begin_registration(tx, actor, rp=rp)
    return replies.one(request, PasskeyOptions(options=orjson.loads(options), token=token))


@router.post(
    "/passkeys",
    operation_id="second_factor_passkeys_add",
    response_model=One[PasskeyRead],
    status_code=201,
    **_sure(
        declares(
            SIGNED_IN,
            rate="write",
            even_held_back=True,
            problems=(
                factors.PasskeyNotTaken,
                factors.PasskeyTaken,
                factors.TooManyPasskeys,
                factors.BadPasskeyName,
            ),
        )
    ),
)
async def add_passkey(
    request: Request, body: PasskeyCreate, actor: CurrentActor, tx: Tx
) -> Response:
    """Take the browser's answer. A challenge is answered once, so a repetition adds nothing."""
    passkey_id = await passkeys.finish_registration(
        tx,
        actor,
        pending_token=body.token,
        credential_json=orjson.dumps(body.credential).decode(),
        name=body.name,
        rp=relying_party(request),
    )
    view = await passkeys.get(tx, actor, passkey_id)
    return replies.one(
        request,
        PasskeyRead.of(view),
        status=201,
        location=f"{router.prefix}/passkeys/{passkey_id}",
    )


@router.get(
    "/passkeys/{passkey_id}",
    operation_id="second_factor_passkeys_get",
    response_model=One[PasskeyRead],
    **declares(SIGNED_IN, even_held_back=True, problems=(factors.NoSuchFactor,)),
)
async def get_passkey(
    request: Request, passkey_id: UUID, actor: CurrentActor, reads: Reads
) -> Response:
    """One passkey of yours."""
    return replies.one(request, PasskeyRead.of(await passkeys.get(reads, actor, passkey_id)))


@router.patch(
    "/passkeys/{passkey_id}",
    operation_id="second_factor_passkeys_rename",
    response_model=One[PasskeyRead],
    **declares(
        SIGNED_IN,
        rate="write",
        even_held_back=True,
        problems=(factors.NoSuchFactor, factors.BadPasskeyName),
    ),
)
async def rename_passkey(
    request: Request, passkey_id: UUID, body: PasskeyUpdate, actor: CurrentActor, tx: Tx
) -> Response:
    """Call it something else."""
    await passkeys.rename(tx, actor, passkey_id, name=body.name)
    return replies.one(request, PasskeyRead.of(await passkeys.get(tx, actor, passkey_id)))


@router.delete(
    "/passkeys/{passkey_id}",
    operation_id="second_factor_passkeys_remove",
    status_code=204,
    **_sure(
        declares(
            SIGNED_IN,
            rate="write",
            even_held_back=True,
            problems=(factors.NoSuchFactor, factors.FactorNeeded),
        )
    ),
)
async def remove_passkey(passkey_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Remove it: it opens nothing any more."""
    await passkeys.remove(tx, actor, passkey_id)
    return replies.nothing()


@others.delete(
    "/{user_id}/second-factor",
    operation_id="users_reset_second_factor",
    status_code=204,
    **_sure(
        declares(
            Permission.USERS_MANAGE,
            rate="write",
            problems=(
                accounts.UserNotFound,
                accounts.MayNotDecide,
                factors.NoSuchFactor,
                factors.MayNotReset,
            ),
        )
    ),
)
async def reset_factors(user_id: UUID, actor: CurrentActor, tx: Tx) -> Response:
    """Remove somebody's second factors after they lost their phone; they are mailed."""
    await factors.reset(tx, actor, user_id)
    return replies.nothing()
