"""Logs: one line of JSON per event (or text for a person at a terminal), on standard error.

Everything goes through here, the standard library's loggers and Uvicorn's too. What the context
holds (`request_id`) stands on every line. Secrets are masked by the name they stand under, by the
form they have (addresses with credentials, bearer tokens, SQL parameters) and by the values that
the settings hold. Tracebacks never show local variables.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit
from uuid import UUID

import orjson
import structlog
from structlog.contextvars import bound_contextvars
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from src.core.settings import Settings

MASK = "***"
DEEPEST = 6
LONGEST = 20_000  # characters of one value
SHORTEST_SECRET = 8  # shorter values of settings are ordinary words too

# At DEBUG these write down statements, headers or uploaded bytes.
TALKATIVE = ("aiosqlite", "asyncio", "httpcore", "httpx2", "python_multipart")
ROUTED = ("uvicorn", "uvicorn.error", "uvicorn.asgi")

_NAMES = (
    r"passw(?:or)?ds?|passphrase|secret|token|authorization|cookie|api_?key|private_?key"
    r"|credential|otp|csrf|assertion|signature|verifier"
    r"|(?:backup|recovery|auth\w*|one_?time|factor|verification|set_?up)_?codes?"
)
_secret_name = re.compile(_NAMES, re.IGNORECASE)
# Most text holds none of these, and one look is cheaper than all of them.
_suspicious = re.compile(
    r"://|bearer|basic|pass|secret|token|key|cookie|authorization|credential|otp|csrf|assertion"
    r"|signature|verifier|code|state=|aliquot_|eyJ|input_value|\[parameters",
    re.IGNORECASE,
)
_patterns: tuple[tuple[re.Pattern[str], str], ...] = (
    # SQLAlchemy's errors end with the values of the statement, Pydantic's hold what was sent.
    (
        re.compile(r"\[parameters: .*?\](?=\s*(?:\n|\\n|['\"}]|$|\(Background))", re.DOTALL),
        "[parameters hidden]",
    ),
    (re.compile(r"(input_value=).*?(, input_type=)", re.DOTALL), rf"\1{MASK}\2"),
    (re.compile(r"([a-z][a-z0-9+.-]{0,20}://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE), rf"\1:{MASK}@"),
    # A header with everything that stands in it.
    (
        re.compile(
            r"((?:authorization|cookie)['\"]?\s*[:=,]\s*b?['\"]?)(?!\*)[^'\"\r\n]+", re.IGNORECASE
        ),
        rf"\1{MASK}",
    ),
    # In quotes, as JSON, Python and HTML write it: to the other quote.
    (
        re.compile(
            rf"([\w-]*(?:{_NAMES})[\w-]*\\*['\"]?\s*[:=,]\s*b?)(\\*['\"])(?:\\.|(?!\2).)*\2",
            re.IGNORECASE | re.DOTALL,
        ),
        rf"\1\2{MASK}\2",
    ),
    (
        re.compile(rf"((?:{_NAMES}|aws_[a-z_]*key)[\w-]*\s?[=:]\s?)[^\s&'\",;]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    # In an address: what stands for a log-in there.
    (
        re.compile(r"([?&;](?:code|state|key|sig|ticket|nonce)=)[^\s&'\",;]+", re.IGNORECASE),
        rf"\1{MASK}",
    ),
    (re.compile(r"(aliquot_(?!lang)\w+=)[^\s;'\",]+", re.IGNORECASE), rf"\1{MASK}"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]{6,}\.[\w-]*"), MASK),  # a token, wherever it stands
)

bound = bound_contextvars
"""`with logs.bound(request_id=…):` puts the values on every line written inside."""


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to whatever `sys.stderr` is at that moment, so that capturing it works."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, value: TextIO) -> None:
        raise AttributeError(f"the logs go to sys.stderr, not to {value!r}")


def configure(settings: Settings, *, process: str = "server") -> None:
    """Route all logging of this process; may be called again. `process` stands on every line."""
    mask = masking(_secrets_of(settings))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _named(process),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # a later call must reach the loggers of modules too
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), _once],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_rendering(settings, mask),
            ],
        )
    )
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _StandardError)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ROUTED:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # `src.web.middleware` writes the line of a request: with its id, without its query.
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(capture=True)


def _rendering(settings: Settings, mask: Processor) -> list[Processor]:
    if settings.log_format == "console":
        return [
            structlog.processors.format_exc_info,
            mask,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    traceback = ExceptionDictTransformer(show_locals=False, max_frames=30, use_rich=False)
    return [structlog.processors.ExceptionRenderer(traceback), mask, _json]


def _json(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> str:
    try:
        return orjson.dumps(event_dict, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # an integer past 64 bits, half a surrogate pair: a log line is never lost
        return json.dumps(event_dict, default=str)


def _named(process: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
        event_dict["process"] = process
        return event_dict

    return add


def _once(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Without other handlers' renderings of the event."""
    event_dict.pop("color_message", None)
    event_dict.pop("message", None)
    return event_dict


def masked(said: str) -> str:
    """`said` without what looks like a secret: for errors that are kept, and shown to people."""
    return _text_mask(())(said)


def masking(secrets: Iterable[str] = ()) -> Processor:
    """A processor that masks `secrets` and whatever looks like one, at any depth."""
    text = _text_mask(secrets)

    def mask(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
        return {str(name): _masked(name, value, text) for name, value in event_dict.items()}

    return mask


def _text_mask(secrets: Iterable[str]) -> Callable[[str], str]:
    literal = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len)
    known = re.compile("|".join(map(re.escape, reversed(literal)))) if literal else None

    def text(value: str) -> str:
        if len(value) > LONGEST:
            value = f"{value[:LONGEST]}… ({len(value)} characters)"
        if known is not None:
            value = known.sub(MASK, value)
        if _suspicious.search(value) is None:
            return value
        for pattern, replacement in _patterns:
            value = pattern.sub(replacement, value)
        return value

    return text


def _masked(name: object, value: Any, text: Callable[[str], str], depth: int = 0) -> Any:  # noqa: ANN401 - logs take anything
    if value is None or isinstance(value, bool):
        return value
    if name is not None and is_secret(name):
        return MASK
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int | float | Decimal | UUID | datetime | date | time):
        return str(value) if isinstance(value, Decimal) else value
    if depth >= DEEPEST:
        return text(repr(value))
    if isinstance(value, Mapping):
        return {str(key): _masked(key, inner, text, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return _sequence(list(value), text, depth)
    return text(repr(value))


def _sequence(items: list[Any], text: Callable[[str], str], depth: int) -> list[Any]:
    if len(items) == 2 and isinstance(items[0], str | bytes):  # a header
        name, value = items
        return [_masked(None, name, text, depth + 1), _masked(name, value, text, depth + 1)]
    return [_masked(None, item, text, depth + 1) for item in items]


@lru_cache(2048)
def is_secret(name: object) -> bool:
    """Whether what goes by this name is not to be written down."""
    word = name.decode("latin-1") if isinstance(name, bytes) else str(name)
    return _secret_name.search(word.replace("-", "_")) is not None


def _secrets_of(settings: Settings) -> list[str]:
    found = [settings.secret_key.get_secret_value()]
    for url in (settings.database_url, settings.redis_url, settings.mail_url):
        password = urlsplit(url).password
        if password:
            found += [password, unquote(password)]
    return found
