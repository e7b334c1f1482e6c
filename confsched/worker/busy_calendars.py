"""Read busy calendars that are due: claim under a lease, fetch and read outside any transaction, settle."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.errors import Refusal, msg
from confsched.fetch import Fetched, fetch
from confsched.formats.web_addresses import read_target
from confsched.sandbox import read_busy_safely
from confsched.services import busy_calendars as service
from confsched.services.busy_calendars import Due, Validators

_CRASHED = msg(
    "This calendar could not be read because of a fault on our side. It will be tried again later."
)
_log = structlog.get_logger(__name__)

Settle = Callable[[Session], None]


def read_due_calendars(database: Database, *, worker: str, allow_hosts: frozenset[str] = frozenset()) -> int:
    """Read what is due and return how many calendars were settled; the rest waits for the next call."""
    with database.transaction() as session:
        due = service.claim_due(session, now=clock.now())
    for calendar in due:
        settle = _read(calendar, worker, allow_hosts)
        with database.transaction() as session:
            settle(session)
    return len(due)


def _read(due: Due, worker: str, allow_hosts: frozenset[str]) -> Settle:
    """Return how the calendar is to be settled; whatever a foreign calendar does, the worker goes on."""
    try:
        return _fetched(due, _fetch(due, allow_hosts))
    except Refusal as refusal:
        reason = refusal.message
        _log.info("calendar_refused", calendar=str(due.source_id), worker=worker)
    except Exception as error:  # the edge: one calendar must not keep all others from being read
        reason = _CRASHED
        _log.error("calendar_crashed", calendar=str(due.source_id), worker=worker, exc_info=error)
    return lambda session: service.store_failure(session, due, reason, now=clock.now())


def _fetch(due: Due, allow_hosts: frozenset[str]) -> Fetched:
    # Who lists an internal server vouches for the way there, so it may speak plain http.
    is_listed = read_target(due.url, allow_hosts, allow_http=True).is_listed
    return fetch(
        due.url,
        etag=due.validators.etag,
        last_modified=due.validators.last_modified,
        allow_hosts=allow_hosts,
        allow_http=is_listed,
    )


def _fetched(due: Due, answer: Fetched) -> Settle:
    if answer.status == 304:
        return lambda session: service.store_unchanged(session, due, now=clock.now())
    window = service.known_window(clock.now())
    reading = read_busy_safely(answer.body, window, due.zone)
    validators = Validators(answer.etag, answer.last_modified)
    return lambda session: service.store_reading(session, due, reading, window, validators, now=clock.now())
