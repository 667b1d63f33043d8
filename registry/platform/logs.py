"""Logs: JSON lines on standard error, from structlog and from libraries alike."""

import logging
import sys
from typing import Any

import msgspec
import structlog

#: Libraries whose debug lines can hold what a caller sent.
_QUIET = ("uvicorn.access", "httpx", "httpcore", "asyncio", "sqlalchemy.engine")


def configure(level: str) -> None:
    """Send every log line to standard error as JSON. Exceptions are named, never printed with their message."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name_exceptions,
    ]
    structlog.configure(
        processors=[*shared, _as_json],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _as_json(_: Any, __: str, event: Any) -> bytes:
    """One line, in the time that a line a request may take."""
    return msgspec.json.encode(event, enc_hook=repr)


def _name_exceptions(_: Any, __: str, event: Any) -> Any:
    """Replace an exception by the name of its type: its message may hold a person's data."""
    found = event.pop("exc_info", None)
    if found:
        kind = found[0] if isinstance(found, tuple) else type(found)
        event["fault"] = getattr(kind, "__name__", str(kind)) if found is not True else "exception"
    return event
