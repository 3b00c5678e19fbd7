"""What each problem's code means: the address every problem's `type` leads to."""

from __future__ import annotations

import inspect
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from src.core import errors
from src.core.errors import DomainError, NotFound
from src.core.language import gettext as _
from src.models.common import Many, One
from src.models.problems import ProblemKind
from src.web import problems, replies
from src.web.dependencies import PUBLIC, declares

router = APIRouter(prefix="/problems", tags=["problems"])
Code = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,64}$", examples=["not-found"])]


def _kind(cls: type[DomainError]) -> ProblemKind:
    return ProblemKind(
        code=cls.code,
        title=cls.title,
        status=problems.status_of(cls),
        description=inspect.cleandoc(cls.__doc__ or cls.title),
    )


@router.get(
    "",
    operation_id="problems_list",
    response_model=Many[ProblemKind],
    **declares(PUBLIC, cache="public"),
)
async def list_problems() -> Response:
    """Every code a refusal may carry."""
    return replies.whole([_kind(cls) for _, cls in sorted(errors.public_classes().items())])


@router.get(
    "/{code}",
    operation_id="problems_get",
    response_model=One[ProblemKind],
    **declares(PUBLIC, cache="public", problems=(NotFound,)),
)
async def get_problem(request: Request, code: Code) -> Response:
    """What a code means, and what to do about it."""
    cls = errors.public_classes().get(code)
    if cls is None:
        raise NotFound(_("No problem has this code; /problems lists them."))
    kind = _kind(cls)
    if problems.wants_page(request):
        said = {
            "type": f"/problems/{kind.code}",
            "title": _(kind.title),
            "detail": kind.description,
        }
        page: Response = request.app.state.problem_page(request, said, 200)
        page.headers["Cache-Control"] = "private, no-store"  # the frame around it is somebody's
        return page
    return replies.one(request, kind, version=1)
