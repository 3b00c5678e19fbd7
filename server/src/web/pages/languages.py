"""The choice of a language, from the foot of every page; whoever is signed in keeps it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from src.core import language
from src.domain import accounts
from src.web import languages
from src.web.declarations import PUBLIC
from src.web.forms import Form, Shape, own_path, see_other
from src.web.pages.frame import CurrentPage, Page, takes
from src.web.problems import page_of_form

router = APIRouter(include_in_schema=False)


class LanguageShape(Shape):
    """Nothing chosen is the browser's language again."""

    lang: str | None = Field(None, max_length=16)
    next: str | None = Field(None, max_length=2000)


@router.post("/language", **takes(PUBLIC))
async def choose_language(page: CurrentPage) -> Response:
    """Keep the language, and return to the page it was chosen on."""
    form = await Form.read(page.request)
    shape = form.parse(LanguageShape) or LanguageShape()
    chosen = language.match(shape.lang) if shape.lang else None
    await _keep(page, chosen)
    response = see_other(_back(page.request, shape.next))
    if chosen is None:
        languages.forget(response)
    else:
        languages.remember(response, chosen, page.settings)
    return response


async def _keep(page: Page, chosen: str | None) -> None:
    actor = page.actor
    if actor.user_id is None:
        return
    async with page.writing() as session:
        await accounts.update_user(session, actor, actor.user_id, changes={"locale": chosen})


def _back(request: Request, wanted: str | None) -> str:
    """The page one came from, without the language that stood in its address."""
    return own_path(languages.without_language(own_path(wanted or page_of_form(request))))
