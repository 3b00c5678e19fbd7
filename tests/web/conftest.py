"""The composed application for every test here."""

from __future__ import annotations

from tests.support.application import lab, shared_lab, sqlite_lab

__all__ = ["lab", "shared_lab", "sqlite_lab"]
