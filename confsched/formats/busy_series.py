"""Occurrences of foreign events inside a window: repetitions, moved and cancelled dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from confsched.clock import local_day
from confsched.domain.intervals import Span
from confsched.errors import Refusal, msg
from confsched.formats import busy_notes
from confsched.formats.busy_budget import Budget
from confsched.formats.busy_events import BoundedRule, Event
from confsched.formats.busy_limits import MAX_SERIES_CUTS
from confsched.formats.busy_notes import Notes
from confsched.formats.busy_skip import skip_old_periods
from confsched.formats.busy_values import Moment, instant

if TYPE_CHECKING:
    import icalendar

# How far "this and following" may move a series and still be found: rules end this long after the window.
MAX_MOVE_DAYS = 40
_MARGIN = timedelta(days=2)


class Occurrences:
    """List the busy times of the events of one file."""

    def __init__(self, window: Span, zone: str, notes: Notes, budget: Budget) -> None:
        self.window = window
        self.zone = zone
        self.notes = notes
        self.budget = budget
        self.horizon = window.ends_at + timedelta(days=MAX_MOVE_DAYS)

    def spans(self, events: Iterable[Event]) -> Iterator[Span]:
        """Yield the busy spans that touch the window."""
        for series in _by_uid(events):
            if any(event.is_busy for event in series):
                yield from self._series_spans(series)

    def _series_spans(self, series: list[Event]) -> Iterator[Span]:
        overrides = [event for event in series if event.recurrence_id is not None]
        masters = _newest(event for event in series if event.recurrence_id is None)
        _check_cuts(overrides)
        if not masters:
            yield from self._expanded(overrides)
        for master in masters:
            current = self._near(master, may_skip=not any(event.changes_following for event in overrides))
            if current.repeats or overrides:
                yield from self._expanded([current, *overrides])
            elif current.is_busy:
                yield from self._visible(current.start, current.end, None)
            # A second event under one UID is another appointment of a careless program, not a copy.
            overrides = []

    def _near(self, event: Event, *, may_skip: bool) -> Event:
        """Drop what a series did long before the window, so that age costs nothing, and charge the rest."""
        length = self._instant(event.end) - self._instant(event.start)
        earliest = self.window.starts_at - length - _MARGIN
        kept = tuple(
            bound for bound in event.rules if not bound.until or self._instant(bound.until) >= earliest
        )
        near = replace(event, rules=kept)
        if may_skip and len(kept) == 1 and not kept[0].rule.count:
            near = skip_old_periods(near, kept[0].rule, earliest - self._instant(event.start))
        for bound in kept:
            since = self._last_instant(bound) - self._instant(near.start)
            self.budget.spend_rule(bound.rule, since, self.window.duration + length + 2 * _MARGIN)
        return near

    def _last_instant(self, bound: BoundedRule) -> datetime:
        return min(self._instant(bound.until), self.horizon) if bound.until else self.horizon

    def _expanded(self, events: list[Event]) -> Iterator[Span]:
        try:
            components = self._expand(events)
        except (ValueError, TypeError, OverflowError):
            # The library stumbles over mixed types that no check foresees: each event still counts once.
            self.notes.add(busy_notes.unreadable_rule)
            for event in events:
                if event.is_busy:
                    yield from self._visible(event.start, event.end, None)
            return
        for component in components:
            if component["TRANSP"] == "OPAQUE":
                yield from self._visible(
                    component["DTSTART"].dt, component["DTEND"].dt, component.get("X-EXACT-SECONDS")
                )

    def _expand(self, events: list[Event]) -> list[Any]:
        # Imported where it is needed: most files are read faster than these imports take.
        import icalendar
        from recurring_ical_events import CalendarQuery

        calendar = icalendar.Calendar()
        for event in events:
            calendar.add_component(self._component(event))
        components: list[Any] = CalendarQuery(calendar).between(
            self.window.starts_at - _MARGIN, self.window.ends_at + _MARGIN
        )
        return components

    def _component(self, event: Event) -> icalendar.Event:
        """Write the event for the library with checked values only."""
        import icalendar

        component = icalendar.Event()
        component["UID"] = "series"
        component["SEQUENCE"] = event.sequence
        component["DTSTART"] = icalendar.vDDDTypes(event.start)
        component["DTEND"] = icalendar.vDDDTypes(event.end)
        component["TRANSP"] = "OPAQUE" if event.is_busy else "TRANSPARENT"
        if event.rules:
            component["RRULE"] = [icalendar.vRecur.from_ical(text) for text in self._rule_texts(event)]
        if event.extra_dates:
            component["RDATE"] = icalendar.vDDDLists(list(event.extra_dates))
        if event.exceptions:
            component["EXDATE"] = icalendar.vDDDLists(list(event.exceptions))
        if event.recurrence_id is not None:
            component["RECURRENCE-ID"] = icalendar.vDDDTypes(event.recurrence_id)
            if event.changes_following:
                component["RECURRENCE-ID"].params["RANGE"] = "THISANDFUTURE"
        if event.exact_seconds is not None and not any(isinstance(date, tuple) for date in event.extra_dates):
            component["X-EXACT-SECONDS"] = event.exact_seconds
        return component

    def _rule_texts(self, event: Event) -> Iterator[str]:
        """Yield the rules, those without COUNT ended at the horizon at the latest.

        UNTIL has the type of DTSTART (RFC 5545, 3.3.10).
        """
        for bound in event.rules:
            last = self._last_instant(bound)
            if bound.until is None and bound.rule.count:
                yield bound.rule.text(None)
            elif isinstance(event.start, datetime):
                yield bound.rule.text(f"{last:%Y%m%dT%H%M%SZ}")
            else:
                yield bound.rule.text(f"{local_day(last, self.zone):%Y%m%d}")

    def _visible(self, start: Moment, end: Moment, exact_seconds: int | None) -> Iterator[Span]:
        """Yield the span where it has a length and touches the window."""
        starts_at = self._instant(start)
        exact = timedelta(seconds=exact_seconds) if exact_seconds is not None else None
        ends_at = self._instant(end) if exact is None else starts_at + exact
        if starts_at < min(ends_at, self.window.ends_at) and ends_at > self.window.starts_at:
            self.budget.spend_instances(1)
            yield Span(starts_at, ends_at)

    def _instant(self, moment: Moment) -> datetime:
        return instant(moment, self.zone)


def _by_uid(events: Iterable[Event]) -> Iterable[list[Event]]:
    series: dict[str, list[Event]] = {}
    for event in events:
        series.setdefault(event.uid, []).append(event)
    return series.values()


def _newest(masters: Iterable[Event]) -> list[Event]:
    """Return the masters of the highest SEQUENCE, one for each start."""
    candidates = list(masters)
    highest = max((event.sequence for event in candidates), default=0)
    return list({event.start: event for event in candidates if event.sequence == highest}.values())


def _check_cuts(overrides: list[Event]) -> None:
    if sum(event.changes_following for event in overrides) > MAX_SERIES_CUTS:
        raise Refusal(
            msg(
                "An event in this calendar changes “this and following” more than %(limit)s times. "
                "Delete it there and try again.",
                limit=MAX_SERIES_CUTS,
            )
        )
