"""What can be refused about files."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class FileUnknown(NotFound):
    """There is no such file, or you may not see the object it hangs on."""

    code, title = "file-not-found", "There is no such file"


class SubjectUnknown(NotFound):
    """The object that the file should hang on does not exist, or you may not see it."""

    code, title = "file-subject-not-found", "There is no such object to hang a file on"


class FileTooLarge(Invalid):
    """The file has more bytes than its kind may have; the member `limit` tells how many."""

    code, title = "file-too-large", "The file is too large"


class FileEmpty(Invalid):
    """The file has no bytes."""

    code, title = "file-empty", "The file is empty"


class FileTypeRefused(Invalid):
    """The content is of a type that is not accepted; the name does not matter.

    The member `content_type` tells what was recognised, `accepted` what may be sent.
    """

    code, title = "file-type-refused", "Files of this type are not accepted"


class FileKindUnknown(Invalid):
    """There is no such kind of file; the member `kinds` lists those there are."""

    code, title = "file-kind-unknown", "There is no such kind of file"


class FileKindMisplaced(Invalid):
    """Files of this kind do not hang on such objects: portraits on people alone, and only they."""

    code, title = "file-kind-misplaced", "Files of this kind do not hang there"


class PictureTooLarge(Invalid):
    """The picture has more picture points than can be worked on; the member `limit` tells how many.

    Make it smaller, then send it again.
    """

    code, title = "picture-too-large", "The picture has too many picture points"


class PictureUnreadable(Invalid):
    """The file says that it is a picture, and cannot be read as one. Save it anew, or send another."""

    code, title = "picture-unreadable", "The picture cannot be read"


class PictureNotReady(Conflict):
    """The picture is being prepared: it is shown without its metadata only.

    Ask again in some seconds. The member `state` is `refused` where that failed for good.
    """

    code, title = "picture-not-ready", "The picture is not ready"
