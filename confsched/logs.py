"""Logs as one line per event, with the request they belong to and without personal data or secrets."""

from __future__ import annotations

import logging
import re
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor

from confsched import clock

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
FIRST_KEYS = ["at", "level", "event", "request_id"]
CAUSES = 8  # links of a chain of exceptions that are worth a line
FRAMES = 30

_FEED = re.compile(r"(/feeds/)[^\s\"']+")
_QUERY = re.compile(r"\?[^\s\"']+")
_TOKEN = re.compile(
    r"/(?!static/)(?![0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-]))[\w-]{24,}(?=[/\s\"']|$)"
)
_ADDRESS = re.compile(r"[^\s\"'<>/@]+@[^\s\"'<>/@]+")


def configure(*, as_json: bool | None = None, stream: TextIO = sys.stderr) -> None:
    """Send our own and all libraries' events to `stream`: JSON, or key=value for a person at a terminal."""
    is_json = not stream.isatty() if as_json is None else as_json
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if is_json
        else structlog.processors.LogfmtRenderer(key_order=FIRST_KEYS, drop_missing=True)
    )
    to_formatter = structlog.stdlib.ProcessorFormatter.wrap_for_formatter
    structlog.configure(
        processors=[*_shared_processors(), to_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    _attach_to_libraries(stream, renderer)


def bind_request(request_id: str) -> None:
    """Name the request that all further events of this thread or task belong to."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)


@contextmanager
def request_bound(request_id: str) -> Iterator[None]:
    """Name the request, or the round of a worker, for the events inside."""
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        yield


def request_id_from(header: str | None) -> str:
    """Return the id that the proxy in front has given, when it is a harmless one, else a new one."""
    return header if header and REQUEST_ID.fullmatch(header) else uuid.uuid4().hex


def redact(text: str) -> str:
    """Return the text without feed and link tokens, query strings and mail addresses."""
    text = _FEED.sub(r"\1…", text)
    text = _QUERY.sub("", text)
    text = _TOKEN.sub("/…", text)
    return _ADDRESS.sub("…@…", text)


def _shared_processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        _add_instant,
        _name_exception,
        _redact_values,
    ]


def _attach_to_libraries(stream: TextIO, renderer: Processor) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=_shared_processors(),
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # It would speak once a second, and warn each second that a delivery takes longer than one.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # It would name the numbers that it sends to; what became of an alert is logged by the worker.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)


def _add_instant(_logger: object, _method: str, event: EventDict) -> EventDict:
    event["at"] = clock.now().isoformat(timespec="milliseconds")
    return event


def _name_exception(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by types and places: its text may quote what somebody typed or a row holds."""
    info = event.pop("exc_info", None)
    error = info[1] if isinstance(info, tuple) else info
    error = sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        event["exception"] = " <- ".join(type(link).__qualname__ for link in _chain(error))
        event["where"] = " > ".join(_places(error))
    return event


def _chain(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    for _ in range(CAUSES):
        if link is None:
            return
        yield link
        link = link.__cause__ or link.__context__


def _places(error: BaseException) -> list[str]:
    places = []
    step = error.__traceback__
    while step:
        code = step.tb_frame.f_code
        places.append(f"{step.tb_frame.f_globals.get('__name__', '?')}.{code.co_name}:{step.tb_lineno}")
        step = step.tb_next
    return places[-FRAMES:]


def _redact_values(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: redact(value) if isinstance(value, str) else value for key, value in event.items()}
