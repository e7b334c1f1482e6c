"""Spans in bulk: what a search reads by the ten thousands."""

from __future__ import annotations

import gc
import uuid
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import ColumnElement, String, cast, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from confsched.domain.intervals import Span

Spans = dict[uuid.UUID, list[Span]]
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


def load_spans(
    session: Session, owner: Id, starts_at: Instant, ends_at: Instant, *where: ColumnElement[bool]
) -> Spans:
    """Return the spans of each owner that has any.

    Plain rows instead of mapped ones, and ids as text: they become ids once an owner, not once a row. What
    waits in the session is not flushed.
    """
    query = select(cast(owner, String), starts_at, ends_at).where(*where)
    found: dict[str, list[Span]] = defaultdict(list)
    for owner_id, begin, end in session.connection().execute(query):
        found[owner_id].append(Span(begin, end))
    return {uuid.UUID(owner_id): spans for owner_id, spans in found.items()}
