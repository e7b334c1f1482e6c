"""Rest after duty."""

from __future__ import annotations

from datetime import timedelta

from confsched.domain.intervals import Span

REST = timedelta(
    hours=11
)  # ArbZG par. 5: elapsed hours, so a clock change neither shortens nor lengthens them


def rest_after(duty: Span) -> Span:
    """Return the rest that follows a duty at the hospital."""
    return Span(duty.ends_at, duty.ends_at + REST)
