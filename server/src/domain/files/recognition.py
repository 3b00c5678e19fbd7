"""The type of a file, told by its beginning while its bytes pass."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator

from src.core.language import gettext as _
from src.domain.files import rules
from src.domain.files.errors import FileEmpty, FileTypeRefused
from src.domain.files.kinds import FileKind


class Recognised:
    """Passes chunks on once their beginning has told an accepted type."""

    def __init__(self, content: AsyncIterable[bytes], kind: FileKind) -> None:
        self._content = content
        self._kind = kind
        self.content_type = rules.UNKNOWN

    async def __aiter__(self) -> AsyncIterator[bytes]:
        head = b""
        is_known = False
        async for chunk in self._content:
            if is_known:
                yield chunk
                continue
            head += chunk
            if len(head) >= rules.HEAD:
                self._recognise(head)
                is_known = True
                yield head
        if not is_known:
            self._recognise(head)
            yield head

    def _recognise(self, head: bytes) -> None:
        if not head:
            raise FileEmpty(_("Send the bytes of the file."))
        found = rules.content_type(head[: rules.HEAD])
        if found not in self._kind.content_types:
            accepted = sorted(self._kind.content_types)
            raise FileTypeRefused(
                _(
                    "The content looks like %(found)s; files of the kind %(kind)s may not be that.",
                    found=found,
                    kind=self._kind.name,
                ),
                content_type=found,
                accepted=accepted,
            )
        self.content_type = found
