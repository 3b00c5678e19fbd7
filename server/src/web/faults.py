"""Refusals that only HTTP knows: each names its status, the rest is as in `core.errors`."""

from __future__ import annotations

from typing import ClassVar

from src.core.errors import DomainError, Kind


class HttpFault(DomainError):
    """The request breaks a rule of HTTP or of this interface."""

    kind, code, title = Kind.INVALID, "bad-request", "The request cannot be read"
    status: ClassVar[int] = 400


class NoSuchAddress(HttpFault):
    """There is nothing at this address. The interface is described at /docs."""

    code, title, status = "no-such-address", "There is nothing here", 404


class MethodNotAllowed(HttpFault):
    """The address does not take this method. The Allow header names those it takes."""

    code, title, status = "method-not-allowed", "The address does not take this method", 405


class NotAcceptable(HttpFault):
    """The version of the interface asked for in Accept does not exist.

    Ask for `application/json` or `application/vnd.aliquot.v1+json`.
    """

    code, title, status = "unknown-version", "There is no such version of the interface", 406


class TooLarge(HttpFault):
    """The request's body is larger than is accepted here."""

    code, title, status = "too-large", "The request is too large", 413


class UnsupportedMediaType(HttpFault):
    """The body must be JSON, sent with `Content-Type: application/json`."""

    code, title, status = "unsupported-media-type", "The body is not of a type accepted here", 415


class UnknownHost(HttpFault):
    """The server does not answer to this host name; the settings list those it answers to."""

    code, title, status = "unknown-host", "The server does not answer to this name", 421


class PreconditionRequired(HttpFault):
    """A change needs `If-Match` with the ETag of the version that was read."""

    code, title, status = "precondition-required", "If-Match is needed", 428


class CrossSiteRequest(HttpFault):
    """A form or a script of another site sent this, or the form's token is missing or too old.

    Open the page again and repeat.
    """

    code, title, status = "cross-site-request", "The request did not come from this site", 403


class HttpsNeeded(HttpFault):
    """The request came over http, where everybody on its way can read it. Send it over https.

    What it held is no secret any more: change the password or the key that was in it.
    """

    code, title, status = "https-needed", "This needs https", 403


class InternalError(HttpFault):
    """Something broke here. It was logged with the trace id, which is all we show."""

    code, title, status = "internal-error", "Something broke here", 500
