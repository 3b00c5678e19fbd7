"""Approval rules: who must agree, in which order, by when."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.actor import Permission
from src.domain import approvals
from src.domain.approvals import rule_book
from src.models.approvals import ApprovalRuleCreate, ApprovalRuleRead, ApprovalRuleUpdate
from src.models.common import Many, One
from src.web import replies
from src.web.dependencies import CurrentActor, IfMatchRequired, Paging, Reads, Tx, declares
from src.web.idempotency import OnlyOnce

router = APIRouter(prefix="/api/v1/approval-rules", tags=["approvals"])
_MANAGE = Permission.APPROVALS_MANAGE
_NOT_FOUND = approvals.ApprovalRuleNotFound


def _reply(request: Request, view: rule_book.RuleView, *, status: int = 200) -> Response:
    return replies.one(
        request,
        ApprovalRuleRead.of(view),
        version=view.version,
        changed_at=view.updated_at,
        status=status,
        location=f"{router.prefix}/{view.id}" if status == 201 else None,
    )


@router.get(
    "",
    operation_id="approval_rules_list",
    response_model=Many[ApprovalRuleRead],
    **declares(_MANAGE),
)
async def list_rules(actor: CurrentActor, reads: Reads, paging: Paging) -> Response:
    """All rules by name."""
    page = await rule_book.list_(reads, actor, paging=paging)
    return replies.many([ApprovalRuleRead.of(view) for view in page.items], page)


@router.post(
    "",
    operation_id="approval_rules_create",
    status_code=201,
    response_model=One[ApprovalRuleRead],
    **declares(_MANAGE, rate="write", problems=(approvals.BadApprovalRule,)),
)
async def create_rule(
    request: Request, body: ApprovalRuleCreate, actor: CurrentActor, once: OnlyOnce, tx: Tx
) -> Response:
    """Keep a rule; policies may name it from then on (`approval_rule_id`)."""

    async def effect() -> Response:
        view = await rule_book.create(
            tx,
            actor,
            name=body.name,
            steps=[step.step() for step in body.steps],
            description=body.description,
            is_active=body.is_active,
        )
        return _reply(request, view, status=201)

    return await once(tx, effect)


@router.get(
    "/{rule_id}",
    operation_id="approval_rules_get",
    response_model=One[ApprovalRuleRead],
    **declares(_MANAGE, cache="private", problems=(_NOT_FOUND,)),
)
async def get_rule(request: Request, rule_id: UUID, actor: CurrentActor, reads: Reads) -> Response:
    """One rule."""
    return _reply(request, await rule_book.get(reads, actor, rule_id))


@router.patch(
    "/{rule_id}",
    operation_id="approval_rules_update",
    response_model=One[ApprovalRuleRead],
    **declares(_MANAGE, rate="write", problems=(_NOT_FOUND, approvals.BadApprovalRule)),
)
async def update_rule(
    request: Request,
    rule_id: UUID,
    body: ApprovalRuleUpdate,
    actor: CurrentActor,
    version: IfMatchRequired,
    tx: Tx,
) -> Response:
    """Change a rule; what waits already goes on as it was asked."""
    changes = {name: getattr(body, name) for name in body.model_fields_set}
    if "steps" in changes:
        changes["steps"] = [step.step() for step in body.steps]
    view = await rule_book.update(tx, actor, rule_id, changes=changes, expected_version=version)
    return _reply(request, view)


@router.delete(
    "/{rule_id}",
    operation_id="approval_rules_delete",
    status_code=204,
    **declares(_MANAGE, rate="write", problems=(_NOT_FOUND, approvals.ApprovalRuleInUse)),
)
async def delete_rule(
    rule_id: UUID, actor: CurrentActor, version: IfMatchRequired, tx: Tx
) -> Response:
    """Remove a rule that no policy names and nothing was asked by."""
    await rule_book.delete(tx, actor, rule_id, expected_version=version)
    return replies.nothing()
