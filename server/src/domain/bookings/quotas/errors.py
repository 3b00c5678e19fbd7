"""Refusals around quotas."""

from __future__ import annotations

from src.core.errors import Conflict, Invalid, NotFound


class QuotaNotFound(NotFound):
    """There is no such quota, or it is not yours to see."""

    code, title = "quota-not-found", "No such quota"


class BadQuota(Invalid):
    """The quota cannot be so; `errors` names the fields."""

    code, title = "bad-quota", "The quota cannot be so"


class ProjectNotFound(NotFound):
    """There is no such project. Choose one from the list of projects."""

    code, title = "project-not-found", "No such project"


class ProjectTaken(Conflict):
    """Another project has this code. Choose another."""

    code, title = "project-taken", "Another project has this code"


class BadProject(Invalid):
    """The project cannot be so; `errors` names the fields."""

    code, title = "bad-project", "The project cannot be so"
