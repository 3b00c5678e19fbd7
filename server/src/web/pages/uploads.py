"""A file that came with a form: its bytes, and what is said at its field when it is not taken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from starlette.datastructures import FormData, UploadFile

from src.core.language import gettext as _
from src.domain import files
from src.web.forms import Form
from src.web.pages import words

CHUNK = 64 * 1024
FIELD = "file"


def part_of(sent: FormData, form: Form) -> UploadFile | None:
    """The file of the form; None where none was chosen, which is said at its field."""
    part = sent.get(FIELD)
    if isinstance(part, UploadFile) and part.filename:
        return part
    form.add(FIELD, "missing", _("Choose a file."))
    return None


@contextmanager
def refusals(form: Form) -> Iterator[None]:
    """Say at the field why a file is not taken."""
    try:
        yield
    except files.FileTooLarge as refusal:
        most = words.size(refusal.members["limit"])
        form.add(FIELD, refusal.code, _("This file is too large: %(most)s at the most.", most=most))
    except files.FileTypeRefused as refusal:
        text = _("Files of this type are not taken. The content counts, not the name.")
        form.add(FIELD, refusal.code, text)
    except files.FileEmpty as refusal:
        form.add(FIELD, refusal.code, _("This file is empty."))
    except (files.PictureTooLarge, files.PictureUnreadable) as refusal:
        form.add(FIELD, refusal.code, refusal.detail)


async def pieces(part: UploadFile) -> AsyncIterator[bytes]:
    """Its bytes."""
    while piece := await part.read(CHUNK):
        yield piece
