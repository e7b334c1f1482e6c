"""Read busy calendars that are due: claim under a lease, fetch and read outside any transaction, settle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.kinds import BusySourceKind
from confsched.errors import Refusal, msg
from confsched.fetch import BadStatus, fetch
from confsched.formats.http_auth import Login
from confsched.formats.web_addresses import read_target
from confsched.sandbox import read_busy_safely
from confsched.services import busy_readings as readings
from confsched.services import sealed
from confsched.services.busy_readings import Due, Validators
from confsched.worker.caldav import Account, read_account

UNAUTHORIZED = 401

_CRASHED = msg(
    "This calendar could not be read because of a fault on our side. It will be tried again later."
)
_log = structlog.get_logger(__name__)

Settle = Callable[[Session], None]


@dataclass(frozen=True)
class _House:
    """Hold what the house allows and knows."""

    secret_key: str
    allow_hosts: frozenset[str]


def read_due_calendars(
    database: Database, *, worker: str, secret_key: str = "", allow_hosts: frozenset[str] = frozenset()
) -> int:
    """Read what is due and return how many calendars were settled; the rest waits for the next call."""
    with database.transaction() as session:
        due = readings.claim_due(session, now=clock.now())
    house = _House(secret_key, allow_hosts)
    for calendar in due:
        settle = _read(calendar, worker, house)
        with database.transaction() as session:
            settle(session)
    return len(due)


def _read(due: Due, worker: str, house: _House) -> Settle:
    """Return how the calendar is to be settled; whatever a foreign calendar does, the worker goes on."""
    is_login = False
    try:
        return _read_account(due, house) if due.kind is BusySourceKind.CALDAV else _read_file(due, house)
    except Refusal as refusal:
        reason = refusal.message
        is_login = due.username is not None and _is_unauthorized(refusal)
        _log.info("calendar_refused", calendar=str(due.source_id), worker=worker)
    except Exception as error:  # the edge: one calendar must not keep all others from being read
        reason = _CRASHED
        _log.error("calendar_crashed", calendar=str(due.source_id), worker=worker, exc_info=error)
    return lambda session: readings.store_failure(session, due, reason, now=clock.now(), is_login=is_login)


def _is_unauthorized(refusal: Refusal) -> bool:
    return isinstance(refusal, BadStatus) and refusal.http_status == UNAUTHORIZED


def _login(due: Due, house: _House) -> Login | None:
    if due.username is None or due.sealed_password is None:
        return None
    password = sealed.unseal(due.sealed_password, secret_key=house.secret_key, row_id=due.source_id)
    return Login(due.username, password)


def _read_account(due: Due, house: _House) -> Settle:
    login = _login(due, house)
    assert login is not None, "an account has a user name and a password"
    window = readings.known_window(clock.now())
    account = Account(due.url, login, house.allow_hosts)
    changed = read_account(account, due.validators.etag, window, due.zone)
    if changed is None:
        return lambda session: readings.store_unchanged(session, due, now=clock.now())
    reading, validators = changed.reading, Validators(changed.mark)
    return lambda session: readings.store_reading(session, due, reading, window, validators, now=clock.now())


def _read_file(due: Due, house: _House) -> Settle:
    # Who lists an internal server vouches for the way there, so it may speak plain http.
    is_listed = read_target(due.url, house.allow_hosts, allow_http=True).is_listed
    answer = fetch(
        due.url,
        login=_login(due, house),
        etag=due.validators.etag,
        last_modified=due.validators.last_modified,
        allow_hosts=house.allow_hosts,
        allow_http=is_listed,
    )
    if answer.status == 304:
        return lambda session: readings.store_unchanged(session, due, now=clock.now())
    window = readings.known_window(clock.now())
    reading = read_busy_safely(answer.body, window, due.zone)
    validators = Validators(answer.etag, answer.last_modified)
    return lambda session: readings.store_reading(session, due, reading, window, validators, now=clock.now())
