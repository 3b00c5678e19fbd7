"""What hangs on anything the team writes; also on restricted incidents, so for those who read all."""

from __future__ import annotations

from starlette_admin.fields import IntegerField, StringField, TextAreaField

from src.core.language import mark
from src.web.admin.columns import Data, Moment, Reference
from src.web.admin.incidents import ALL
from src.web.admin.listing import ReadOnly

_KIND = StringField("subject_type", mark("On"))
_ID = StringField("subject_id", mark("Its id"))


class Comments(ReadOnly):
    """What people say to things."""

    table, label, one = "comments", mark("Comments"), mark("Comment")
    icon = "fa-solid fa-comment"
    needs = ALL
    named = "id"
    is_big = True
    fields = (
        StringField("id", mark("Id")),
        _KIND,
        _ID,
        Reference("author_id", mark("By"), key="users"),
        TextAreaField("text", mark("Text")),
        Moment("created_at", mark("Said")),
        Moment("edited_at", mark("Changed")),
        Moment("deleted_at", mark("Deleted")),
    )
    listed = ("subject_type", "author_id", "created_at", "edited_at", "deleted_at")
    found_by = ("subject_id", "author_id")
    narrowed_by = ("author_id", "subject_type")


class Acknowledgements(ReadOnly):
    """Who has read what, and says so."""

    table, label = "acknowledgements", mark("Acknowledgements")
    one = mark("Acknowledgement")
    icon = "fa-solid fa-check-double"
    needs = ALL
    keys = ("subject_type", "subject_id", "user_id")
    named = "subject_type"
    fields = (_KIND, _ID, Reference("user_id", mark("Person"), key="users"),
              Moment("at", mark("When")))  # fmt: skip
    listed = ("subject_type", "subject_id", "user_id", "at")
    found_by = ("user_id",)


class Revisions(ReadOnly):
    """What things said before they were changed."""

    table, label, one = "revisions", mark("Earlier texts"), mark("Earlier text")
    icon = "fa-solid fa-clock-rotate-left"
    needs = ALL
    named = "number"
    fields = (
        StringField("id", mark("Id")),
        _KIND,
        _ID,
        IntegerField("number", mark("Number")),
        Data("content", mark("Text")),
        Reference("changed_by", mark("Changed by"), key="users"),
        Moment("changed_at", mark("When")),
    )
    listed = ("subject_type", "subject_id", "number", "changed_by", "changed_at")
    found_by = ("subject_id",)


class Tags(ReadOnly):
    """Words by which things are found."""

    table, label, one = "tagged", mark("Tags of things"), mark("Tag")
    icon = "fa-solid fa-tag"
    needs = ALL
    keys = ("subject_type", "subject_id", "tag")
    named = "tag"
    fields = (StringField("tag", mark("Tag")), _KIND, _ID)
    listed = ("tag", "subject_type", "subject_id")
    found_by = ("tag",)


class Links(ReadOnly):
    """What leads to what."""

    table, label, one = "object_links", mark("Links between things"), mark("Link")
    icon = "fa-solid fa-link"
    needs = ALL
    named = "id"
    fields = (
        StringField("id", mark("Id")),
        _KIND,
        _ID,
        StringField("target_type", mark("Leads to")),
        StringField("target_id", mark("Id of that")),
        Reference("created_by", mark("By"), key="users"),
        Moment("created_at", mark("When")),
    )
    listed = ("subject_type", "subject_id", "target_type", "target_id", "created_at")
    found_by = ("subject_id", "target_id")


VIEWS = (Comments, Acknowledgements, Revisions, Tags, Links)
