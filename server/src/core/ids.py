"""Identifiers: UUIDv7, so that rows of one time lie together and sort by age."""

from __future__ import annotations

from uuid import UUID

import uuid_utils


def new() -> UUID:
    """A fresh UUIDv7 as the standard library's type."""
    return UUID(int=uuid_utils.uuid7().int)
