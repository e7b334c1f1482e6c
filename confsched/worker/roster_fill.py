"""Work out fillings that wait: claim under a lease, search outside any transaction, store what was found."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

import structlog

from confsched import clock
from confsched.db import Database
from confsched.domain.autofill_facts import Progress
from confsched.services import roster_fill
from confsched.services.roster_fill import Due
from confsched.worker.fill_child import fill_aside

SECONDS = 20  # that a filling may search; a month is complete after one, the rest makes it fairer
NOTE_EVERY_SECONDS = 1.0
_log = structlog.get_logger(__name__)


def fill_due_rosters(
    database: Database, *, is_stopping: Callable[[], bool] = lambda: False, seconds: float = SECONDS
) -> bool:
    """Work out one filling that waits; False when none does.

    A worker that is told to stop gives the filling back, and the next one begins it again.
    """
    if is_stopping():
        return False
    with database.transaction() as session:
        due = roster_fill.claim_due(session, secrets.token_hex(16), now=clock.now())
    if due is None:
        return False
    try:
        _work_out(database, due, _Watch(database, due, is_stopping, seconds))
    except Exception as error:  # the edge: one month must not keep all others from being filled
        _log.error("filling_crashed", run=str(due.run_id), exc_info=error)
        with database.transaction() as session:
            roster_fill.store_failure(session, due, now=clock.now())
    return True


def _work_out(database: Database, due: Due, watch: _Watch) -> None:
    filling = fill_aside(due.problem, watch.goes_on)
    with database.transaction() as session:
        if watch.is_cut_short:
            roster_fill.give_back(session, due, now=clock.now())
        else:
            roster_fill.store(session, due, filling, now=clock.now())


class _Watch:
    """Tell the search whether to go on, and the page how far it is, once a second."""

    def __init__(self, database: Database, due: Due, is_stopping: Callable[[], bool], seconds: float) -> None:
        self._database, self._due, self._is_stopping = database, due, is_stopping
        self._ends = time.monotonic() + seconds
        self._next_note = 0.0
        self.is_cut_short = False

    def goes_on(self, progress: Progress) -> bool:
        if self._is_stopping():
            self.is_cut_short = True
            return False
        present = time.monotonic()
        if present >= self._ends:
            return False
        if present < self._next_note:
            return True
        self._next_note = present + NOTE_EVERY_SECONDS
        with self._database.transaction() as session:
            return roster_fill.note_progress(session, self._due, progress, now=clock.now())
