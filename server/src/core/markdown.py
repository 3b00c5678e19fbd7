"""Markdown as people write it, made safe: no HTML of theirs, no scripts, no pictures from elsewhere.

CommonMark with tables, strikethrough and links found in the text. What is shown passes a list of
allowed elements and addresses (`nh3`), so that a fault of the first is caught by the second.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:  # loaded when the first text is shown: most workers never do
    from markdown_it import MarkdownIt

TAGS = frozenset({
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
SCHEMES = frozenset({"http", "https", "mailto"})
_LOWEST = 3  # a page has its own first and second headings


@lru_cache(maxsize=2048)
def render(text: str) -> Markup:
    """The text as HTML that may stand in any page."""
    import nh3  # noqa: PLC0415 - see above

    made = _parser().render(text)
    clean = nh3.clean(
        made,
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        link_rel="nofollow noopener noreferrer",
    )
    return Markup(clean)  # noqa: S704 - cleaned in the line above


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The same without any markup, on one line: for lists, mails and the search."""
    words: list[str] = []
    for token in _parser().parse(text):
        if token.type == "inline":
            words += [
                "" if child.type in {"softbreak", "hardbreak"} else child.content
                for child in token.children or ()
            ]
        elif token.type in {"fence", "code_block"}:
            words.append(token.content)
        if token.type.endswith("_close"):
            words.append(" ")
    return " ".join("".join(word or " " for word in words).split())


def excerpt(text: str, most: int = 160) -> str:
    """The beginning of the plain text, cut at a word."""
    whole = plain(text)
    if len(whole) <= most:
        return whole
    return whole[: most - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - see above

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    parser.enable(["table", "strikethrough", "linkify"]).disable("image")
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _lower_headings(state: object) -> None:
    for token in state.tokens:  # type: ignore[attr-defined]
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + _LOWEST - 1)}"
