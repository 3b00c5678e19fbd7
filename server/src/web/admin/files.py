"""Stored files: their names, and the bytes they stand for."""

from __future__ import annotations

from starlette_admin.fields import IntegerField, StringField

from src.core.actor import Permission
from src.core.language import mark
from src.web.admin.columns import Moment, Reference
from src.web.admin.listing import ReadOnly


class Files(ReadOnly):
    """A name on an object; whoever reads all of them must be free to read every such object."""

    table, label, one = "files", mark("Files"), mark("File")
    icon = "fa-solid fa-file"
    needs = (
        Permission.FILES_READ,
        Permission.RESOURCES_READ,
        Permission.BOOKINGS_READ_DETAILS,
        Permission.USERS_READ,
        Permission.OPERATIONS_READ,
        Permission.INCIDENTS_READ_RESTRICTED,
    )
    fields = (
        StringField("id", mark("Id")),
        StringField("name", mark("Name")),
        StringField("kind", mark("Kind")),
        StringField("subject_type", mark("Hangs on")),
        StringField("subject_id", mark("Its id")),
        Reference("sha256", mark("Content"), key="blobs"),
        Reference("uploaded_by", mark("By"), key="users"),
        Moment("created_at", mark("Uploaded")),
        Moment("deleted_at", mark("Deleted")),
    )
    listed = ("name", "kind", "subject_type", "uploaded_by", "created_at", "deleted_at")
    found_by = ("name", "subject_id")


class Blobs(ReadOnly):
    """Bytes, once for each content. Where they lie in the store is not shown."""

    table, label, one = "blobs", mark("Contents of files"), mark("Content")
    icon = "fa-solid fa-database"
    needs = (Permission.FILES_READ,)
    keys = ("sha256",)
    named = "sha256"
    fields = (
        StringField("sha256", mark("SHA-256")),
        IntegerField("size", mark("Bytes")),
        StringField("content_type", mark("Kind")),
        Moment("created_at", mark("Stored")),
    )
    listed = ("sha256", "size", "content_type", "created_at")
    fields_default_sort = (("created_at", True),)


class Pictures(ReadOnly):
    """What became of files that are pictures; who sees all files sees them."""

    table, label, one = "pictures", mark("Pictures"), mark("Picture")
    icon = "fa-solid fa-image"
    needs = Files.needs
    keys = ("file_id",)
    named = "file_id"
    fields = (
        Reference("file_id", mark("File"), key="files"),
        StringField("state", mark("State")),
        IntegerField("width", mark("Width")),
        IntegerField("height", mark("Height")),
        StringField("fault", mark("Refused because")),
        Moment("settled_at", mark("Settled")),
    )
    listed = ("file_id", "state", "width", "height", "fault", "settled_at")
    fields_default_sort = (("settled_at", True),)


class Renditions(ReadOnly):
    """Pictures in smaller sizes."""

    table, label, one = "renditions", mark("Sizes of pictures"), mark("Size of a picture")
    icon = "fa-solid fa-images"
    needs = Files.needs
    keys = ("file_id", "width")
    named = "width"
    fields = (
        Reference("file_id", mark("File"), key="files"),
        IntegerField("width", mark("Width")),
        Reference("sha256", mark("Content"), key="blobs"),
    )
    listed = ("file_id", "width", "sha256")


GROUP = (mark("Files"), "fa-solid fa-file", (Files, Blobs, Pictures, Renditions))
