"""What the operations of status updates and comments are given."""

from __future__ import annotations

from tests.support.application import Lab
from tests.web.given import Given, made


def updates(lab: Lab) -> Given:
    """An update for each thing done to one, with a comment, and one that was changed."""
    kept, changing, ending = (
        {"update_id": made(lab, "/status-updates", json={"done": text})}
        for text in ("Aligned", "Cleaned", "Posted by mistake")
    )
    said, other, wrong = (
        made(lab, f"/status-updates/{kept['update_id']}/comments", json={"text": text})
        for text in ("Well done", "And the laser?", "Not here")
    )
    about = {"subject_type": "update", "subject_id": kept["update_id"]}
    return {
        "status_updates_create": {"body": {"done": "Aligned", "tags": ["laser"]}},
        "status_updates_get": {"path": kept},
        "status_updates_update": {"path": changing, "body": {"next": "The stage"}},
        "status_updates_delete": {"path": ending},
        "status_updates_list_revisions": {"path": kept},
        "status_updates_list_comments": {"path": kept},
        "status_updates_comment": {"path": kept, "body": {"text": "Thanks"}},
        "comments_list": {"query": about},
        "comments_create": {"body": {**about, "text": "Thanks"}},
        "comments_get": {"path": {"comment_id": said}},
        "comments_update": {"path": {"comment_id": other}, "body": {"text": "And the stage?"}},
        "comments_delete": {"path": {"comment_id": wrong}},
        "comments_list_revisions": {"path": {"comment_id": said}},
        "acknowledgements_list": {"path": about},
        "acknowledgements_give": {"path": about},
        "acknowledgements_withdraw": {"path": about},
    }
