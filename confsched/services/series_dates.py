"""The dates of a series as instants, with the holidays of its host and the nights of the clock change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from confsched import clock
from confsched.domain.holidays import public_holidays
from confsched.domain.intervals import Span
from confsched.domain.series_dates import PlannedDate, stays_in_series
from confsched.errors import Refusal, msg


@dataclass(frozen=True)
class SeriesDate:
    """Hold one date: the day and instant that the rule gives, and when it is held; span None: skipped.

    `holiday` is the name of the host's public holiday on the day of the rule. `is_real` is False where a
    clock change skips or doubles the local hour, which calendars do not read alike.
    """

    occurs_on: date
    held_on: date | None
    occurs_at: datetime
    span: Span | None
    holiday: str
    is_real: bool

    @property
    def is_moved(self) -> bool:
        """Tell whether a holiday moves the date to another day."""
        return self.held_on not in (None, self.occurs_on)


def dates_of(
    days: Iterable[PlannedDate], starts_at_local: time, minutes: int, *, zone: str, state: str
) -> tuple[SeriesDate, ...]:
    """Return the planned days as dates of a time of day at the place of the host."""
    length = timedelta(minutes=minutes)
    return tuple(_date_of(one, starts_at_local, length, zone, state) for one in days)


def _date_of(
    planned: PlannedDate, starts_at_local: time, length: timedelta, zone: str, state: str
) -> SeriesDate:
    days = {planned.occurs_on, planned.held_on or planned.occurs_on}
    starts_at = clock.to_instant(planned.held_on, starts_at_local, zone) if planned.held_on else None
    return SeriesDate(
        occurs_on=planned.occurs_on,
        held_on=planned.held_on,
        occurs_at=clock.to_instant(planned.occurs_on, starts_at_local, zone),
        span=Span(starts_at, starts_at + length) if starts_at else None,
        holiday=public_holidays(state, planned.occurs_on.year).get(planned.occurs_on, ""),
        is_real=all(clock.is_real_local_time(day, starts_at_local, zone) for day in days),
    )


def check_real(dates: Iterable[SeriesDate]) -> None:
    """Refuse a time of day that a clock change skips or doubles on one of the dates."""
    for one in dates:
        if not one.is_real:
            raise Refusal(
                msg(
                    "On %(day)s the clocks change in this hour. Choose another time of day.",
                    day=one.occurs_on,
                ),
                field="starts_at_local",
            )


def instances_among(spans: Mapping[datetime, Span], zone: str) -> frozenset[datetime]:
    """Return which dates, by the instant of their rule, stay instances in the calendars of a series.

    Dates stand in the order of the rule; one that a former or a following date keeps from its place is none.
    """
    order = sorted(spans)
    alone = {at for at in order if spans[at].starts_at != at and not _fits(at, order, spans, zone)}
    return frozenset(order) - alone


def _fits(at: datetime, order: Sequence[datetime], spans: Mapping[datetime, Span], zone: str) -> bool:
    place = order.index(at)
    former = spans[order[place - 1]] if place else None
    following = spans[order[place + 1]] if place + 1 < len(order) else None
    return stays_in_series(spans[at], former, following, zone)
