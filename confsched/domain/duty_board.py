"""What the duty board says of one line: who holds it, who follows, where nobody does, the day as a band."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby

from confsched import clock
from confsched.domain.coverage import Cover, Holes, find_holes, required_spans
from confsched.domain.intervals import Span
from confsched.domain.rosters import DutyFact, next_on, who_is_on

STEPS = 48  # half hours of a day on the wall clock
LOOKAHEAD = timedelta(days=7)


class Stretch(StrEnum):
    ON = "on"
    NEXT = "next"
    GAP = "gap"
    INTENDED = "intended"


@dataclass(frozen=True)
class BandPart:
    """Hold equal neighbouring half hours; `first` counts from 1, `duty` is None where nobody is on."""

    stretch: Stretch
    first: int
    steps: int
    duty: DutyFact | None

    @property
    def starts_text(self) -> str:
        return _wall_clock(self.first - 1)

    @property
    def ends_text(self) -> str:
        return _wall_clock(self.first - 1 + self.steps)


@dataclass(frozen=True)
class LineState:
    """Hold the answers for one line at one instant."""

    now_on: DutyFact | None
    next_on: DutyFact | None
    gaps: tuple[Span, ...]
    intended: tuple[Span, ...]
    band: tuple[BandPart, ...]

    def intended_at(self, at: datetime) -> Span | None:
        """Return the declared gap that runs at an instant: nobody is on, and nobody is meant to be."""
        return next((gap for gap in self.intended if gap.contains(at)), None)

    def gap_at(self, at: datetime) -> Span | None:
        """Return the gap that runs at an instant."""
        return next((gap for gap in self.gaps if gap.contains(at)), None)

    def gap_after(self, at: datetime) -> Span | None:
        """Return the first gap that begins after an instant."""
        return next((gap for gap in self.gaps if gap.starts_at > at), None)


class Knowledge(StrEnum):
    """Name whose knowledge answers: that of the instant itself, of today, or of a day that was chosen."""

    THEN = "then"
    TODAY = "today"
    CHOSEN = "chosen"


def known_by_default(at: datetime, now: datetime) -> datetime:
    """Return when we ask what was known: the past as it was known then, the future as we know it today."""
    return min(at, now)


def state_of_line(
    duties: Sequence[DutyFact],
    cover: Cover,
    at: datetime,
    *,
    is_holiday: Callable[[date], bool],
    reader_zone: str,
    known_at: datetime | None = None,
    declared: Sequence[Span] = (),
) -> LineState:
    """Return who holds the line at `at`, who follows, its gaps while we look ahead, the day's band.

    `duties` and `declared` are what was known at `known_at`, by default at the instant itself.
    """
    running, following = who_is_on(duties, at, known_at=known_at), next_on(duties, at, known_at=known_at)
    window = board_window(at, reader_zone)
    required = required_spans(cover, window, is_holiday)
    bounds = sorted((duty.span.starts_at, duty.span.ends_at) for duty in duties)
    holes = find_holes(bounds, required, window, declared=declared)
    return LineState(
        now_on=running[0] if running else None,
        next_on=following[0] if following else None,
        gaps=holes.gaps,
        intended=holes.intended,
        band=tuple(_band(duties, holes, at, reader_zone)),
    )


def is_continued(duty: DutyFact, following: DutyFact) -> bool:
    """Tell whether the same person goes on without a break: for who calls, that is one duty."""
    return duty.person_id == following.person_id and duty.span.ends_at == following.span.starts_at


def join(duty: DutyFact, following: DutyFact) -> DutyFact:
    """Return both as one duty, as fresh as the later news of them."""
    return replace(
        duty,
        span=Span(duty.span.starts_at, following.span.ends_at),
        recorded_at=max(duty.recorded_at, following.recorded_at),
    )


def board_window(at: datetime, reader_zone: str) -> Span:
    """Return the span a board looks at: from the start of the reader's day until the coming days are over."""
    return Span(clock.start_of_day(clock.local_day(at, reader_zone), reader_zone), at + LOOKAHEAD)


def _band(duties: Sequence[DutyFact], holes: Holes, at: datetime, zone: str) -> Iterable[BandPart]:
    """Join equal half hours; on a clock-change day skipped ones stay empty and doubled ones last longer."""
    day = clock.local_day(at, zone)
    cells = [_cell(duties, holes, _step_span(day, step, zone), at) for step in range(STEPS)]
    for cell, steps in groupby(range(STEPS), key=lambda step: cells[step]):
        if cell is not None:
            numbers = list(steps)
            yield BandPart(cell[0], numbers[0] + 1, len(numbers), cell[1])


def _step_span(day: date, step: int, zone: str) -> Span | None:
    starts_at = clock.to_instant(day, _time_of(step), zone)
    if step == STEPS - 1:
        return Span(starts_at, clock.start_of_day(day + timedelta(days=1), zone))
    ends_at = clock.to_instant(day, _time_of(step + 1), zone)
    return Span(starts_at, ends_at) if starts_at < ends_at else None


def _time_of(step: int) -> time:
    return time(step // 2, 30 * (step % 2))


def _wall_clock(step: int) -> str:
    return f"{step // 2:02d}:{30 * (step % 2):02d}"


def _cell(
    duties: Sequence[DutyFact], holes: Holes, step: Span | None, at: datetime
) -> tuple[Stretch, DutyFact | None] | None:
    """Say what fills a half hour; a gap of one minute already shows."""
    if step is None:
        return None
    if any(gap.overlaps(step) for gap in holes.gaps):
        return Stretch.GAP, None
    if any(gap.overlaps(step) for gap in holes.intended):
        return Stretch.INTENDED, None
    held = [duty for duty in duties if duty.span.overlaps(step)]
    if not held:
        return None
    duty = next((duty for duty in held if duty.span.contains(at)), held[-1])
    return (Stretch.ON if duty.span.contains(at) else Stretch.NEXT), duty
