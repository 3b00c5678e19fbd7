"""Words as the search knows them: no case, no accents, the same whatever database looks.

fold("Größe") == "grosse"        tokens("LN₂-Dewar, Łódź") == ["ln2", "dewar", "lodz"]
pieces("The laser hums", ["las"]) -> "The ", "laser" (found), " hums"
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_WORDS = 8
LONGEST_WORD = 60
_WORD = re.compile(r"[^\W_]+")
# What Unicode takes for letters of their own, and people type without.
_PLAIN = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ħ": "h", "ı": "i",
})  # fmt: skip
# INC-12 is that number, not INC-120.
_NUMBER = re.compile(r"[^\W\d_]+-(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Word:
    """A word that is looked for: what begins with it, or (`is_whole`) it alone."""

    text: str
    is_whole: bool = False

    def fits(self, token: str) -> bool:
        """Whether a folded word of a text is what is looked for."""
        return token == self.text if self.is_whole else token.startswith(self.text)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text; `is_found` where it holds a word that was looked for."""

    text: str
    is_found: bool = False


def fold(text: str) -> str:
    """Without case and accents, in the letters people type."""
    for _ in range(2):  # what opens a sign may bring a capital along
        text = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(one for one in text if not unicodedata.combining(one))


def tokens(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    return [token for _start, _end, found in _split(text) for token in found]


def indexed(text: str) -> str:
    """The same as it is stored to be found: words parted by blanks."""
    return " ".join(token[:LONGEST_WORD] for token in tokens(text))


def sought(q: str | None) -> list[Word]:
    """What to look for, each word once; none where `q` holds no letter and no digit."""
    found: dict[Word, None] = {}
    for part in (q or "").split():
        number = _NUMBER.search(part)
        every = [token[:LONGEST_WORD] for token in tokens(part)]
        for place, token in enumerate(every, 1):
            found[Word(token, is_whole=bool(number) and place == len(every))] = None
    return list(found)[:MOST_WORDS]


def pieces(text: str, words: Sequence[Word]) -> tuple[Piece, ...]:
    """The text in parts, with the words that were looked for marked."""
    parts: list[Piece] = []
    text = unicodedata.normalize("NFC", text)
    done = 0
    for start, end in _hits(text, words):
        if start > done:
            parts.append(Piece(text[done:start]))
        parts.append(Piece(text[start:end], is_found=True))
        done = end
    if done < len(text):
        parts.append(Piece(text[done:]))
    return tuple(parts)


def excerpt(text: str, words: Sequence[Word], most: int = 180) -> tuple[Piece, ...]:
    """The neighbourhood of the first hit, about `most` letters, cut between words; else the start."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if len(text) <= most:
        return pieces(text, words)
    first = next((start for start, _end in _hits(text, words)), 0)
    begin = max(0, min(first - most // 3, len(text) - most))
    if begin:
        begin = text.rfind(" ", 0, begin + 1) + 1 if " " in text[:begin] else begin
    end = min(len(text), begin + most)
    if end < len(text):
        cut = text.rfind(" ", max(first, begin) + 1, end)
        end = cut if cut > 0 else end
    tail = "" if end == len(text) else "…"
    shown = ("…" if begin else "") + text[begin:end].rstrip(",.;: ") + tail
    return pieces(shown, words)


def _hits(text: str, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    if not words:
        return
    for start, end, found in _split(text):
        if any(word.fits(token) for word in words for token in found):
            yield start, end


def _split(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Each word of the text with its place, and what it is folded to."""
    text = unicodedata.normalize("NFC", text)
    for match in _WORD.finditer(text):
        folded = _WORD.findall(fold(match.group()))
        if folded:
            yield match.start(), match.end(), folded
