"""When a person is free, busy or unknown, which rule says so, and how old that knowledge is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from confsched.domain.bitgrid import Grid
from confsched.domain.intervals import Span, merge, subtract
from confsched.domain.times import Spans

STALE_AFTER = timedelta(hours=24)
FILE_STALE_AFTER = timedelta(days=7)  # nobody exports a file every day


class State(StrEnum):
    FREE = "free"
    BUSY = "busy"
    UNKNOWN = "unknown"


class Why(StrEnum):
    """Say by code why somebody is busy; what the time is spent on is nobody's business here."""

    NOT_WORKING = "not_working"
    ABSENCE = "absence"
    DUTY = "duty"
    CLAIM = "claim"
    CALENDAR = "calendar"
    REST = "rest"
    ANSWER = "answer"
    CAP = "cap"
    ELSEWHERE = "elsewhere"


class Source(StrEnum):
    """Name the record that a stretch was read from."""

    CLAIMS = "claims"
    ABSENCES = "absences"
    DUTIES = "duties"
    REST = "rest"
    CALENDAR = "calendar"
    HOURS = "hours"
    ANSWER = "answer"


@dataclass(frozen=True)
class ImportedCalendar:
    """Hold the last good reading of a foreign calendar; it speaks of `known` only, of nothing for None."""

    busy: Spans = ()
    read_at: datetime | None = None
    known: Span | None = None
    stale_after: timedelta = STALE_AFTER


@dataclass(frozen=True)
class Facts:
    """Hold what is on record about one person; `working` None means that no hours are on record.

    Claims come with their buffers. The spans of a field may overlap and come in any order.

    confirmed: asked for this time, the person said yes; refused: no, or another time.
    capped: days on which they serve as often as one may a day.
    elsewhere: they are, or are on their way, where they have to be for something else.
    """

    working: Spans | None = None
    available_duties: Spans = ()
    blocking_duties: Spans = ()
    absences: Spans = ()
    claims: Spans = ()
    rest: Spans = ()
    calendars: tuple[ImportedCalendar, ...] = ()
    confirmed: Spans = ()
    refused: Spans = ()
    capped: Spans = ()
    elsewhere: Spans = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold a time of one state with the rule that decided; `known_at` is the age of a calendar's word."""

    span: Span
    state: State
    why: Why | None
    source: Source
    known_at: datetime | None = None


@dataclass(frozen=True)
class Row:
    """Hold one candidate's cells on a grid: known free, free or unknown, and claimed by these claims."""

    grid: Grid
    free: int
    possible: int
    claims: Spans

    @cached_property
    def taken(self) -> int:
        return self.grid.outward(self.claims)

    def cut(self, grid: Grid) -> Row:
        """Return the row on a part of its grid."""
        low, full = self.grid.cell_at(grid.starts_at), grid.full
        return Row(grid, self.free >> low & full, self.possible >> low & full, self.claims)


@dataclass(frozen=True)
class Availability:
    """Answer what the facts say about a window: as stretches for people, as cells for a search.

    Each answer is worked out when it is first asked for.
    """

    facts: Facts
    window: Span
    now: datetime

    @cached_property
    def stretches(self) -> tuple[Stretch, ...]:
        """Return stretches of one state and reason each, which tile the window."""
        return tuple(_tile(list(_layers(self.facts, self.window, self.now)), self.window))

    @cached_property
    def free(self) -> tuple[Span, ...]:
        """Return the free time in the window, sorted and merged."""
        return _spans_in(State.FREE, self.stretches)

    @cached_property
    def unknown(self) -> tuple[Span, ...]:
        """Return the unknown time in the window, sorted and merged."""
        return _spans_in(State.UNKNOWN, self.stretches)

    @cached_property
    def taken(self) -> tuple[Span, ...]:
        """Return the claims wherever they lie, sorted and merged."""
        return tuple(merge(self.facts.claims))

    def row(self, grid: Grid) -> Row:
        """Return the cells straight from the facts, by the rules and the order of the stretches.

        A cell counts as free only when all of it is, so what frees is united before it is rounded inward.
        """
        facts = self.facts
        there = None if facts.working is None else _there(facts)
        free = possible = grid.within(self.window) & grid.left(there, _against(facts))
        if facts.working is None:
            free &= grid.inward(*_there(facts))
        for calendar in facts.calendars:
            free &= self._spoken_of(calendar, grid)
        return Row(grid, free, possible, facts.claims)

    def _spoken_of(self, calendar: ImportedCalendar, grid: Grid) -> int:
        """Return the cells about which the calendar or the person's own word says something."""
        spoken = _spoken(calendar, self.now)
        if self.facts.confirmed:
            return grid.inward(spoken, self.facts.confirmed)
        return grid.within(spoken[0]) if spoken else 0


class _Layer(NamedTuple):
    """Hold the spans about which one rule says one thing."""

    spans: Spans
    state: State
    why: Why | None
    source: Source
    known_at: datetime | None = None


def availability(facts: Facts, window: Span, now: datetime) -> Availability:
    """Decide every instant of `window` by the first rule that speaks of it; unknown is never free.

    Order: claim, absence, blocking duty, elsewhere, rest, refused, imported busy time, cap, confirmed,
    not working, unknown, free. So a yes counts whatever a calendar does not say and outside working hours,
    never over what is on record against it.
    """
    return Availability(facts, window, now)


def is_silent(calendar: ImportedCalendar, now: datetime) -> bool:
    """Tell whether the calendar was never read, or last so long ago that its gaps prove nothing."""
    return calendar.read_at is None or now - calendar.read_at > calendar.stale_after


def _layers(facts: Facts, window: Span, now: datetime) -> Iterator[_Layer]:
    yield from _busy(facts)
    yield _Layer(facts.confirmed, State.FREE, None, Source.ANSWER)
    yield _hours(facts, window)
    for calendar in facts.calendars:
        gaps = tuple(subtract([window], _spoken(calendar, now)))
        yield _Layer(gaps, State.UNKNOWN, None, Source.CALENDAR, calendar.read_at)
    yield from _free(facts, window)


def _busy(facts: Facts) -> Iterator[_Layer]:
    """Return what speaks against a time whatever else is known, the strongest first."""
    yield _Layer(facts.claims, State.BUSY, Why.CLAIM, Source.CLAIMS)
    yield _Layer(facts.absences, State.BUSY, Why.ABSENCE, Source.ABSENCES)
    yield _Layer(facts.blocking_duties, State.BUSY, Why.DUTY, Source.DUTIES)
    yield _Layer(facts.elsewhere, State.BUSY, Why.ELSEWHERE, Source.CLAIMS)
    yield _Layer(facts.rest, State.BUSY, Why.REST, Source.REST)
    yield _Layer(facts.refused, State.BUSY, Why.ANSWER, Source.ANSWER)
    for calendar in facts.calendars:
        yield _Layer(calendar.busy, State.BUSY, Why.CALENDAR, Source.CALENDAR, calendar.read_at)
    yield _Layer(facts.capped, State.BUSY, Why.CAP, Source.CLAIMS)


def _against(facts: Facts) -> tuple[Spans, ...]:
    """Return the spans of all these layers, in no order and without their names."""
    return (
        *(facts.claims, facts.absences, facts.blocking_duties, facts.elsewhere),
        *(facts.rest, facts.refused, facts.capped),
        *(calendar.busy for calendar in facts.calendars),
    )


def _there(facts: Facts) -> tuple[Spans, ...]:
    """Return when the person is to be had as far as hours, duties and their own word go."""
    return facts.working or (), facts.available_duties, facts.confirmed


def _hours(facts: Facts, window: Span) -> _Layer:
    """Return the time outside working hours and duties: unknown without hours on record, busy otherwise."""
    outside = tuple(subtract([window], chain(*_there(facts))))
    if facts.working is None:
        return _Layer(outside, State.UNKNOWN, None, Source.HOURS)
    return _Layer(outside, State.BUSY, Why.NOT_WORKING, Source.HOURS)


def _spoken(calendar: ImportedCalendar, now: datetime) -> tuple[Span, ...]:
    """Return the time in which the gaps of the calendar mean free."""
    if calendar.known is None or is_silent(calendar, now):
        return ()
    return (calendar.known,)


def _free(facts: Facts, window: Span) -> Iterator[_Layer]:
    """Name the calendars as the source where there are any: they are what may grow old."""
    ages = [calendar.read_at for calendar in facts.calendars if calendar.read_at]
    if ages:
        yield _Layer((window,), State.FREE, None, Source.CALENDAR, min(ages))
    yield _Layer(facts.available_duties, State.FREE, None, Source.DUTIES)
    yield _Layer((window,), State.FREE, None, Source.HOURS)


def _tile(layers: list[_Layer], window: Span) -> Iterator[Stretch]:
    """Sweep once over all edges and cut the window where the top layer changes.

    The last layer covers the window, so some layer is always on and no hole can stay.
    """
    depth, on, top = [0] * len(layers), 0, 0
    starts_at = reached = window.starts_at
    for at, rank, change in sorted(_edges(layers, window)):
        if at > reached:
            if on & -on != top:
                if top:
                    yield _stretch(layers[top.bit_length() - 1], starts_at, reached)
                top, starts_at = on & -on, reached
            reached = at
        depth[rank] += change
        on = on | 1 << rank if depth[rank] else on & ~(1 << rank)
    yield _stretch(layers[top.bit_length() - 1], starts_at, window.ends_at)


def _stretch(layer: _Layer, starts_at: datetime, ends_at: datetime) -> Stretch:
    return Stretch(Span(starts_at, ends_at), layer.state, layer.why, layer.source, layer.known_at)


def _edges(layers: list[_Layer], window: Span) -> Iterator[tuple[datetime, int, int]]:
    for rank, layer in enumerate(layers):
        for span in layer.spans:
            starts_at, ends_at = max(span.starts_at, window.starts_at), min(span.ends_at, window.ends_at)
            if starts_at < ends_at:
                yield starts_at, rank, 1
                yield ends_at, rank, -1


def _spans_in(state: State, stretches: Iterable[Stretch]) -> tuple[Span, ...]:
    """Return the spans of one state; stretches that touch but differ in source become one."""
    return tuple(merge(stretch.span for stretch in stretches if stretch.state is state))
