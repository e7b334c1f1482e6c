"""Logs: one line per event, with its request, without tokens, queries, addresses or typed text."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from confsched.logs import bind_request, configure, redact, request_bound, request_id_from

TOKEN = "Zk3vQ9-lM2xR8_tB5nW7yH4jD6sF1aGc"
UUID = "0b6f7a52-6f0e-4d4e-9a53-0c1f2e3d4b5a"


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> io.StringIO:
    """Give the stream that events are written to, as JSON."""
    stream = io.StringIO()
    configure(as_json=True, stream=stream)
    return stream


def _events(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_json_line_with_instant_level_and_values(stream: io.StringIO) -> None:
    structlog.get_logger("confsched.web").info("booked", booking=UUID, seats=3)
    (event,) = _events(stream)
    assert event["at"].endswith("+00:00")
    assert (event["level"], event["logger"], event["event"]) == ("info", "confsched.web", "booked")
    assert (event["booking"], event["seats"]) == (UUID, 3)


def test_an_event_names_its_request_until_the_next_one(stream: io.StringIO) -> None:
    log = structlog.get_logger()
    bind_request("first-request")
    log.info("one")
    bind_request("second-request")
    log.info("two")
    with request_bound("inner-round"):
        log.info("three")
    log.info("four")
    assert [event["request_id"] for event in _events(stream)] == [
        "first-request",
        "second-request",
        "inner-round",
        "second-request",
    ]


def test_a_library_speaks_the_same_way(stream: io.StringIO) -> None:
    bind_request("first-request")
    logging.getLogger("waitress").warning("GET %s took %d s", f"/feeds/{TOKEN}/duties.ics?key=1", 9)
    (event,) = _events(stream)
    assert event["event"] == "GET /feeds/… took 9 s"
    assert (event["logger"], event["request_id"]) == ("waitress", "first-request")


def test_a_person_at_a_terminal_reads_names_and_values() -> None:
    stream = io.StringIO()
    stream.isatty = lambda: True  # type: ignore[method-assign]
    configure(stream=stream)
    structlog.get_logger().info("booked", seats=3)
    assert "level=info event=booked" in stream.getvalue()
    assert "seats=3" in stream.getvalue()


def test_a_pipe_gets_json() -> None:
    stream = io.StringIO()
    configure(stream=stream)
    structlog.get_logger().info("booked")
    assert _events(stream)[0]["event"] == "booked"


def test_configuring_twice_writes_each_event_once(stream: io.StringIO) -> None:
    configure(as_json=True, stream=stream)
    structlog.get_logger().info("booked")
    assert len(_events(stream)) == 1


def _fail_with_what_was_typed() -> None:
    try:
        int("Erika Muster")
    except ValueError as error:
        raise LookupError("no person Erika Muster") from error


def test_an_exception_is_told_by_types_and_places_and_not_by_its_text(stream: io.StringIO) -> None:
    try:
        _fail_with_what_was_typed()
    except LookupError:
        structlog.get_logger().exception("request_failed")
    (event,) = _events(stream)
    assert event["exception"] == "LookupError <- ValueError"
    assert "_fail_with_what_was_typed" in event["where"]
    assert "Muster" not in stream.getvalue()


def test_a_library_exception_is_told_the_same_way(stream: io.StringIO) -> None:
    try:
        _fail_with_what_was_typed()
    except LookupError as error:
        logging.getLogger("apscheduler").error("job failed", exc_info=error)
    assert _events(stream)[0]["exception"] == "LookupError <- ValueError"
    assert "Muster" not in stream.getvalue()


def test_an_endless_chain_of_exceptions_is_cut(stream: io.StringIO) -> None:
    error = ValueError()
    error.__cause__ = error
    structlog.get_logger().error("odd", exc_info=error)
    assert _events(stream)[0]["exception"].count("ValueError") == 8


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"/feeds/{TOKEN}/duties.ics", "/feeds/…"),
        (f"/feeds/{TOKEN}", "/feeds/…"),
        ("/feeds/short/x", "/feeds/…"),
        (f"/de/feeds/{TOKEN}/x", "/de/feeds/…"),
        (f"/replies/{TOKEN}", "/replies/…"),
        (f"/replies/{TOKEN}/answer", "/replies/…/answer"),
        (f"/bookings/{UUID}/cancellation", f"/bookings/{UUID}/cancellation"),
        (f"/bookings/{UUID}{TOKEN}", "/bookings/…"),
        ("/people?name=Muster", "/people"),
        (f'"GET /feeds/{TOKEN}/a.ics?b=c HTTP/1.1" 304', '"GET /feeds/… HTTP/1.1" 304'),
        ("/static/bootstrap-icons-of-the-house.woff2", "/static/bootstrap-icons-of-the-house.woff2"),
        ("to erika.muster@klinik.example now", "to …@… now"),
        ("postgresql://me:hidden@db.example/x", "postgresql://…@…/x"),
        ("Is it free? Yes.", "Is it free? Yes."),
    ],
)
def test_a_text_is_logged_without_secrets_and_persons(text: str, kept: str) -> None:
    assert redact(text) == kept


def test_values_of_an_event_are_redacted_too(stream: io.StringIO) -> None:
    structlog.get_logger().info("request", path=f"/feeds/{TOKEN}/duties.ics", status=200)
    assert _events(stream)[0]["path"] == "/feeds/…"
    assert TOKEN not in stream.getvalue()


@pytest.mark.parametrize("header", [None, "", "short", "a b c d e f g", "x" * 65, "line\nbreak12"])
def test_a_request_id_from_outside_is_taken_only_when_harmless(header: str | None) -> None:
    fresh = request_id_from(header)
    assert fresh != header
    assert len(fresh) == 32
    assert request_id_from("proxy-1234") == "proxy-1234"
