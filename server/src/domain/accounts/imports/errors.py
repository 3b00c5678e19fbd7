"""What can be refused about a table of people."""

from __future__ import annotations

from src.core.errors import Invalid


class TableUnreadable(Invalid):
    """The file is no table of people: save it as CSV in UTF-8, with a line of column names first.

    The columns are email, name, language, time_zone, roles, teams and leads; only email is needed.
    Several roles or teams in one cell are parted by `|`. At most 2,000 rows and 1 MB.
    """

    code, title = "table-unreadable", "The table cannot be read"


class ImportRefused(Invalid):
    """Some rows cannot be taken over, so none was; `errors` names each by its line and column.

    Correct them, or ask for those that are right alone.
    """

    code, title = "import-refused", "Nothing was imported"
