"""What stood in the published rosters at an instant: duties, and gaps that were declared as intended."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from confsched.domain.coverage import LONGEST_DUTY, Bounds
from confsched.domain.intervals import Span
from confsched.models.rosters import DeclaredGap, Duty


def standing(window: Span, known_at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of duties that reach into a window, as known at an instant.

    The bound on the start keeps the search out of years of history; no duty is longer than it looks back.
    """
    return (
        Duty.starts_at < window.ends_at,
        Duty.starts_at > window.starts_at - LONGEST_DUTY,
        Duty.ends_at > window.starts_at,
        Duty.recorded_at <= known_at,
        Duty.superseded_at.is_(None) | (Duty.superseded_at > known_at),
    )


def meant(known_at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of gaps that stood declared as intended at an instant."""
    return (
        DeclaredGap.declared_at <= known_at,
        DeclaredGap.withdrawn_at.is_(None) | (DeclaredGap.withdrawn_at > known_at),
    )


def intended_gaps(session: Session, window: Span, known_at: datetime) -> Mapping[uuid.UUID, Sequence[Span]]:
    """Return for each line the declared gaps that reach into a window, as known at an instant."""
    query = select(DeclaredGap.line_id, DeclaredGap.starts_at, DeclaredGap.ends_at).where(
        DeclaredGap.starts_at < window.ends_at,
        DeclaredGap.ends_at > window.starts_at,
        *meant(known_at),
    )
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for line_id, starts_at, ends_at in session.execute(query):
        found[line_id].append(Span(starts_at, ends_at))
    return found


def stretches(
    session: Session, line_ids: Sequence[uuid.UUID], window: Span, known_at: datetime
) -> Mapping[uuid.UUID, Sequence[Bounds]]:
    """Return the stretches of each line that duties hold without a break, in order.

    The database joins the duties: of two hundred thousand, only those at which a stretch begins travel.
    """
    starts = _starts_of_stretches(line_ids, window, known_at)
    found: dict[uuid.UUID, list[Bounds]] = {}
    for line_id, rows in groupby(session.execute(starts), key=lambda row: row.line_id):
        breaks = list(rows)
        ends = [row.reach for row in breaks[1:]] + [breaks[-1].last_end]
        found[line_id] = [(row.starts_at, end) for row, end in zip(breaks, ends, strict=True)]
    return found


def _starts_of_stretches(line_ids: Sequence[uuid.UUID], window: Span, known_at: datetime) -> Select[Any]:
    """Return where a stretch begins, how far the one before reached, and where the line's last one ends."""
    duties = (
        select(
            Duty.line_id,
            Duty.starts_at,
            func.max(Duty.ends_at)
            .over(partition_by=Duty.line_id, order_by=Duty.starts_at, rows=(None, -1))
            .label("reach"),
            func.max(Duty.ends_at).over(partition_by=Duty.line_id).label("last_end"),
        )
        .where(Duty.line_id.in_(line_ids), *standing(window, known_at))
        .subquery()
    )
    is_start = duties.c.reach.is_(None) | (duties.c.reach < duties.c.starts_at)
    return select(duties).where(is_start).order_by(duties.c.line_id, duties.c.starts_at)
