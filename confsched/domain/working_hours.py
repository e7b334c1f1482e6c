"""Weekly working hours of a person, turned into spans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from confsched import clock
from confsched.domain.intervals import Span, clip, intersect, merge

ONE_DAY = timedelta(days=1)
ONE_WEEK = timedelta(weeks=1)
LAST = -1
ORDINALS = (1, 2, 3, 4, 5, LAST)


@dataclass(frozen=True)
class WorkingHours:
    """Hold wall-clock hours of one weekday (0 is Monday); `ends` up to `starts` means the next day.

    Both `valid_from` and `valid_until` are days on which the hours still hold. They come back every
    `every_weeks` ISO weeks, counted from the week of `valid_from`, or, with an `ordinal`, on the first to
    fifth (LAST: the last) such weekday of each month, as BYDAY=2TU of a monthly rule says (RFC 5545 3.3.10).
    """

    weekday: int
    starts: time
    ends: time
    valid_from: date
    valid_until: date | None
    zone: str
    every_weeks: int = 1
    ordinal: int | None = None

    def __post_init__(self) -> None:
        assert 0 <= self.weekday <= 6, "a week has seven days"
        assert self.every_weeks > 0, "hours come back"
        assert self.ordinal is None or (self.ordinal in ORDINALS and self.every_weeks == 1), "one rhythm"


def working_spans(
    hours: Iterable[WorkingHours], window: Span, holidays: Callable[[date], bool]
) -> list[Span]:
    """Return the time worked inside `window`, in order, touching spans joined.

    Hours belong to the local day on which they start: a night that starts on a public holiday is not worked,
    one that runs into a public holiday is.
    """
    return merge(clip((span for rule in hours for span in _spans(rule, window, holidays)), window))


def alike_within(rule: WorkingHours, window: Span) -> WorkingHours:
    """Return a rule that says the same inside the window, so that rules of different beginnings are equal."""
    first = clock.local_day(window.starts_at, rule.zone) - ONE_DAY
    begins, ends = rule.valid_from, rule.valid_until
    if begins <= first:
        begins = first if rule.every_weeks == 1 else _monday(first - _since_turn(rule, first) * ONE_WEEK)
    if ends is not None and ends >= clock.local_day(window.ends_at, rule.zone):
        ends = None
    return replace(rule, valid_from=begins, valid_until=ends)


def find_clash(worked: Sequence[Span], rule: WorkingHours, window: Span) -> Span | None:
    """Return the first time of `worked`, in order and apart, at which the rule would work as well.

    Public holidays count: what overlaps on most days overlaps.
    """
    theirs = working_spans([rule], window, _never)
    place = 0
    for span in worked:
        while place < len(theirs) and theirs[place].ends_at <= span.starts_at:
            place += 1
        if place < len(theirs) and (common := intersect(span, theirs[place])):
            return common
    return None


def is_ever_worked(rule: WorkingHours) -> bool:
    """Tell whether any day of the rule lies in its validity."""
    if rule.valid_until is None:
        return True
    return next(_days_between(rule, rule.valid_from, rule.valid_until), None) is not None


def _never(_day: date) -> bool:
    return False


def _spans(rule: WorkingHours, window: Span, holidays: Callable[[date], bool]) -> Iterator[Span]:
    for day in _days(rule, window):
        starts_at, ends_at = _bounds(rule, day)
        # Hours inside the hour that spring skips have no length on that night.
        if starts_at < ends_at and not holidays(day):
            yield Span(starts_at, ends_at)


def _days(rule: WorkingHours, window: Span) -> Iterator[date]:
    """Return the days of the rule that can reach into the window, the night before included."""
    first = max(clock.local_day(window.starts_at, rule.zone) - ONE_DAY, rule.valid_from)
    last = clock.local_day(window.ends_at, rule.zone)
    if rule.valid_until is not None:
        last = min(last, rule.valid_until)
    return _days_between(rule, first, last)


def _days_between(rule: WorkingHours, first: date, last: date) -> Iterator[date]:
    """Yield the days of the rule from the first to the last, both included."""
    day = first + ONE_DAY * ((rule.weekday - first.weekday()) % 7)
    while day <= last:
        if _is_its_turn(rule, day):
            yield day
        day += ONE_WEEK


def _is_its_turn(rule: WorkingHours, day: date) -> bool:
    """Tell whether the rhythm of the rule reaches one of its weekdays."""
    if rule.ordinal == LAST:
        return (day + ONE_WEEK).month != day.month
    if rule.ordinal is not None:
        return (day.day - 1) // 7 + 1 == rule.ordinal
    return _since_turn(rule, day) == 0


def _since_turn(rule: WorkingHours, day: date) -> int:
    """Return how many weeks before the day's own week the hours last came back."""
    return (_week(day) - _week(rule.valid_from)) % rule.every_weeks


def _monday(day: date) -> date:
    return day - day.weekday() * ONE_DAY


def _week(day: date) -> int:
    """Count ISO weeks from the first day of the calendar, a Monday; a new year interrupts nothing."""
    return (day.toordinal() - 1) // 7


def _bounds(rule: WorkingHours, day: date) -> tuple[datetime, datetime]:
    last_day = day if rule.ends > rule.starts else day + ONE_DAY
    return (
        clock.to_instant(day, rule.starts, rule.zone),
        clock.to_instant(last_day, rule.ends, rule.zone),
    )
