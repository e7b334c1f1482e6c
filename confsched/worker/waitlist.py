"""Times that wait for somebody: given back without an answer, offered to the next in line when freed."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from confsched import clock
from confsched.db import Database
from confsched.services import asked_times, freed_times, waitlist


def give_back_unanswered(database: Database) -> None:
    """Free what was asked about and not answered, and what was offered and not taken."""
    with database.transaction() as session:
        asked_times.expire(session, now=clock.now())
    with database.transaction() as session:
        waitlist.expire(session, now=clock.now())
        waitlist.close_ended(session, now=clock.now())


def serve_waiting(database: Database, *, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Offer what has become free to those who wait, each line in its order; returns how many offers.

    One search serves a line and reads only, so that nobody waits for it; each offer is a short transaction
    that looks again. After each the line is looked at anew, so that what came free meanwhile is not given to
    somebody further behind.
    """
    with database.read() as session:
        lines = freed_times.list_lines(session)
    return sum(_serve_line(database, service_id, is_stopping) for service_id in lines)


def _serve_line(database: Database, service_id: uuid.UUID, is_stopping: Callable[[], bool]) -> int:
    passed: set[uuid.UUID] = set()
    made = 0
    while not is_stopping() and len(passed) < freed_times.MAX_WAITING:
        with database.read() as session:
            opening = freed_times.find_opening(session, service_id, now=clock.now(), passed=passed)
        if opening is None:
            break
        passed.add(opening.entry_id)
        with database.transaction() as session:
            made += waitlist.offer(session, opening, now=clock.now())
    return made
