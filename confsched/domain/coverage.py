"""Minutes that somebody should hold and nobody does."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from confsched import clock
from confsched.domain.intervals import Span, clip, merge, subtract


def gaps(
    duties: Iterable[Span], required: Iterable[Span], window: Span, *, declared: Iterable[Span] = ()
) -> list[Span]:
    """Return the required minutes of one line inside `window` that no duty and no declared gap covers.

    Gaps are whole minutes, sorted and joined; a minute that is covered in part counts as a gap.
    """
    holes = subtract(clip(required, window), [*duties, *declared])
    return merge(Span(_floor_minute(hole.starts_at), clock.whole_minute(hole.ends_at)) for hole in holes)


def _floor_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
