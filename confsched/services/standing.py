"""What stood in the published rosters at an instant: duties, and gaps that were declared as intended."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from confsched.domain.coverage import LONGEST_DUTY
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


def intended_gaps(session: Session, window: Span, known_at: datetime) -> Mapping[uuid.UUID, Sequence[Span]]:
    """Return for each line the declared gaps that reach into a window, as known at an instant."""
    query = select(DeclaredGap.line_id, DeclaredGap.starts_at, DeclaredGap.ends_at).where(
        DeclaredGap.starts_at < window.ends_at,
        DeclaredGap.ends_at > window.starts_at,
        DeclaredGap.declared_at <= known_at,
        DeclaredGap.withdrawn_at.is_(None) | (DeclaredGap.withdrawn_at > known_at),
    )
    found: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for line_id, starts_at, ends_at in session.execute(query):
        found[line_id].append(Span(starts_at, ends_at))
    return found
