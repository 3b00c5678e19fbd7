"""Whether a third party's program may act for somebody: asked in words, decided by the person.

Who comes here was sent by the program. Nobody is sent back to an address that is not registered;
everything else, refusals too, the program is told at its own address.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from src.core.language import gettext as _
from src.domain import accounts
from src.domain.accounts.credentials.oauth_codes import Asked, Program, Question
from src.domain.accounts.credentials.oauth_errors import RequestRefused, UntrustedRequest
from src.web import security
from src.web.declarations import SIGNED_IN
from src.web.forms import LONGEST_PATH, Form, see_other
from src.web.pages import permissions
from src.web.pages.frame import CurrentPage, Page, shows, takes

router = APIRouter(include_in_schema=False)

PATH = "/oauth/authorize"
_ASKS = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
         "code_challenge_method", "prompt")  # fmt: skip


@router.get(PATH, **shows(SIGNED_IN))
async def authorize(page: CurrentPage) -> Response:
    """Ask the person, unless they have allowed as much before."""
    program, question = await _program(page)
    try:
        asked = await _asked(page, question, program)
        if asked.is_known and _said(page.request, "prompt") != "consent":
            async with page.writing() as session:
                code = await accounts.oauth_codes.allow(session, page.actor, asked)
            return _leave(page, program, code=code)
    except RequestRefused as refusal:
        return _leave(page, program, refusal)
    if asked.is_wide:
        await security.require_recent(page.request)
    return _consent(page, program, asked)


def _consent(page: Page, program: Program, asked: Asked) -> Response:
    return page.show(
        "oauth/consent.html",
        asked=asked,
        program=program,
        leads_to=accounts.oauth_rules.origin_of(program.redirect_uri),
        is_on_ones_own=accounts.oauth_rules.is_loopback(program.redirect_uri),
        words=permissions.WORDS,
        address=f"{PATH}?{page.request.url.query}",
    )


@router.post(PATH, **takes(SIGNED_IN))
async def decide(page: CurrentPage) -> Response:
    """What was read is allowed, or nothing is."""
    program, question = await _program(page)
    form = await Form.read(page.request)
    if form.values.get("decision") != "allow":
        detail = _("The person does not want it.")
        return _leave(page, program, RequestRefused(detail, error="access_denied"))
    try:
        asked = await _asked(page, question, program)
        if asked.is_wide:
            await security.require_recent(page.request)
        async with page.writing() as session:
            seen = frozenset(form.values.get("seen", "").split())
            code = await accounts.oauth_codes.allow(session, page.actor, asked, seen=seen)
    except RequestRefused as refusal:
        return _leave(page, program, refusal)
    return _leave(page, program, code=code)


async def _program(page: Page) -> tuple[Program, Question]:
    """Who asks, and what. Raises `UntrustedRequest`."""
    request = page.request
    said = {name: request.query_params.getlist(name) for name in _ASKS}
    # Longer than what a log-in brings back, or nothing that a program would write.
    if len(request.url.path) + len(request.url.query) >= LONGEST_PATH:
        raise UntrustedRequest(_("The link is too long."))
    if any(len(values) > 1 or not "".join(values).isprintable() for values in said.values()):
        raise UntrustedRequest(_("The link says something twice, or nothing that can be read."))
    question = Question(**{name: _said(request, name) for name in Question.__dataclass_fields__})
    async with page.reading() as reads:
        return await accounts.oauth_codes.program_of(reads, question), question


async def _asked(page: Page, question: Question, program: Program) -> Asked:
    async with page.reading() as reads:
        return await accounts.oauth_codes.ask(reads, page.actor, question, program)


def _said(request: Request, name: str) -> str:
    return request.query_params.get(name, "")


def _leave(
    page: Page, program: Program, refusal: RequestRefused | None = None, *, code: str = ""
) -> Response:
    """Back to the program, with a code or with why there is none.

    The policy of a page that holds a form (ours, and the log-in before it) keeps browsers from
    following a redirect to another site, so from there a page leads on.
    """
    answer = {"code": code}
    if refusal is not None:
        answer = {"error": refusal.members["error"], "error_description": _plain(refusal.detail)}
    if state := _said(page.request, "state"):
        answer["state"] = state
    answer["iss"] = page.settings.base_url
    address = accounts.oauth_rules.with_answer(program.redirect_uri, answer)
    if not _is_of_ours(page.request):
        return see_other(address)
    return page.show(
        "oauth/leaving.html", address=address, program=program, is_refused=refusal is not None
    )


def _is_of_ours(request: Request) -> bool:
    """Whether one of our own pages led here, by its form or by the redirects after it."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    referer = urlsplit(request.headers.get("referer", "")).netloc
    return request.method == "POST" or referer == request.headers.get("host")


def _plain(text: str) -> str:
    """In the letters that OAuth2 allows there (RFC 6749, section 4.1.2.1)."""
    return "".join(each if " " <= each <= "~" and each not in '"\\' else "?" for each in text)
