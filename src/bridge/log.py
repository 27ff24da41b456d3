"""Structured logs on standard error, without secrets or buyers' data."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import structlog

SECRET_WORDS = ("token", "secret", "password", "authorization", "credential", "api_key", "sealing_key")


class _Lines:
    """Standard error, whatever that is by then. That nobody takes the log any more stops no work: it may be a pipe."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


_LINES: Final[Any] = _Lines()


def redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the value of every field whose name speaks of a secret."""
    for name in event:
        if any(word in name.lower() for word in SECRET_WORDS):
            event[name] = "[redacted]"
    return event


def configure(*, level: str = "warning", as_json: bool = False) -> None:
    """Set up logging once, at the process's door (the CLI or a worker).

    level:   debug, info, warning or error.
    as_json: one JSON object a line, for a log collector; else aligned text.
    """
    import structlog  # brings a library for tracebacks in colour, which no list of commands needs

    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: structlog.PrintLogger(_LINES),
        cache_logger_on_first_use=False,  # a logger of a module follows a later configuration
    )


def get(room: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that names its room in every line."""
    import structlog  # as above

    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(room=room)
    return logger
