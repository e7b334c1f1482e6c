"""Spans in bulk: what a search reads by the ten thousands."""

from __future__ import annotations

import gc
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, String, cast, extract, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from confsched.domain.intervals import Span
from confsched.domain.times import Times

Spans = dict[uuid.UUID, list[Span]]
TimesOf = dict[uuid.UUID, Times]
Id = InstrumentedAttribute[uuid.UUID]
Instant = InstrumentedAttribute[datetime]


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the cyclic collector from looking through all that is being loaded, again and again as it grows.

    Spans form no cycles. For a hundred thousand of them the collector took a third of the time. Of threads
    that load at once the first one back lets it run again.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def load_times(
    session: Session, owner: Id, starts_at: Instant, ends_at: Instant, *where: ColumnElement[bool]
) -> TimesOf:
    """Return the times of each owner that has any.

    The database writes them as two lists an owner, in minutes: to fetch a row for each takes longer than all
    that is done with it. What waits in the session is not flushed.
    """
    words = _SQLITE if session.get_bind().dialect.name == "sqlite" else _POSTGRESQL
    starts, ends = words.listed(words.minute_at(starts_at)), words.listed(words.minute_from(ends_at))
    query = select(cast(owner, String), starts, ends).where(*where).group_by(owner)
    return {
        uuid.UUID(owner_id): Times(json.loads(begun), json.loads(ended))
        for owner_id, begun, ended in session.connection().execute(query)
    }


@dataclass(frozen=True)
class _Words:
    """Say in the words of a database: the minute since 1970 of an instant, the first from it, a list."""

    minute_at: Callable[[Instant], ColumnElement[int]]
    minute_from: Callable[[Instant], ColumnElement[int]]
    listed: Callable[[ColumnElement[int]], ColumnElement[str]]


_SQLITE = _Words(
    lambda at: cast(func.strftime("%s", at), Integer) // 60,
    lambda at: cast(func.strftime("%s", at, "+59.999 seconds"), Integer) // 60,
    lambda minutes: func.json_group_array(minutes),
)
_POSTGRESQL = _Words(
    lambda at: cast(func.floor(extract("epoch", at) / 60), Integer),
    lambda at: cast(func.ceil(extract("epoch", at) / 60), Integer),
    lambda minutes: cast(func.json_agg(minutes), String),
)
