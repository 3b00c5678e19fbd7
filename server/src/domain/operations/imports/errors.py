"""What can be refused about moving in."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class TeamImportNotFound(NotFound):
    """There is no such import among yours."""

    code, title = "team-import-not-found", "There is no such import"


class TeamImportUnreadable(Invalid):
    """The file cannot be read: CSV with a line of column names, or a JSON list of objects, in UTF-8.

    At most 20,000 rows and 20 MB. The templates have the columns of each kind.
    """

    code, title = "team-import-unreadable", "The file cannot be read"


class TeamImportNotReady(Conflict):
    """It cannot be taken over now: it was not looked through yet, or it was taken over already."""

    code, title = "team-import-not-ready", "The import is not ready"


class TeamImportHasFaults(Conflict):
    """Some rows are not right. Correct the file and send it again, or take the good rows alone."""

    code, title = "team-import-has-faults", "Some rows are not right"
