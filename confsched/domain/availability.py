"""When a person is free, busy or unknown, which rule says so, and how old that knowledge is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from confsched.domain.intervals import Span, merge, subtract

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


class Source(StrEnum):
    """Name the record that a stretch was read from."""

    CLAIMS = "claims"
    ABSENCES = "absences"
    DUTIES = "duties"
    REST = "rest"
    CALENDAR = "calendar"
    HOURS = "hours"


@dataclass(frozen=True)
class ImportedCalendar:
    """Hold the last good reading of a foreign calendar; it speaks of `known` only, of nothing for None."""

    busy: tuple[Span, ...] = ()
    read_at: datetime | None = None
    known: Span | None = None
    stale_after: timedelta = STALE_AFTER


@dataclass(frozen=True)
class Facts:
    """Hold what is on record about one person; `working` None means that no hours are on record.

    Claims come with their buffers. The spans of a field may overlap and come in any order.
    """

    working: tuple[Span, ...] | None = None
    available_duties: tuple[Span, ...] = ()
    blocking_duties: tuple[Span, ...] = ()
    absences: tuple[Span, ...] = ()
    claims: tuple[Span, ...] = ()
    rest: tuple[Span, ...] = ()
    calendars: tuple[ImportedCalendar, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Hold a time of one state with the rule that decided; `known_at` is the age of a calendar's word."""

    span: Span
    state: State
    why: Why | None
    source: Source
    known_at: datetime | None = None


@dataclass(frozen=True)
class Availability:
    """Hold free and unknown time in a window, claims wherever they lie, and stretches that tile the window.

    The spans of each field are sorted and merged.
    """

    free: tuple[Span, ...]
    unknown: tuple[Span, ...] = ()
    taken: tuple[Span, ...] = ()
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class _Layer:
    """Hold the spans about which one rule says one thing."""

    spans: Iterable[Span]
    state: State
    why: Why | None
    source: Source
    known_at: datetime | None = None


def availability(facts: Facts, window: Span, now: datetime) -> Availability:
    """Decide every instant of `window` by the first rule that speaks of it; unknown is never free.

    Order: claim, absence, blocking duty, rest, imported busy time, not working, unknown, free.
    """
    stretches = tuple(_tile(list(_layers(facts, window, now)), window))
    return Availability(
        free=_spans_in(State.FREE, stretches),
        unknown=_spans_in(State.UNKNOWN, stretches),
        taken=tuple(merge(facts.claims)),
        stretches=stretches,
    )


def is_silent(calendar: ImportedCalendar, now: datetime) -> bool:
    """Tell whether the calendar was never read, or last so long ago that its gaps prove nothing."""
    return calendar.read_at is None or now - calendar.read_at > calendar.stale_after


def _layers(facts: Facts, window: Span, now: datetime) -> Iterator[_Layer]:
    yield _Layer(facts.claims, State.BUSY, Why.CLAIM, Source.CLAIMS)
    yield _Layer(facts.absences, State.BUSY, Why.ABSENCE, Source.ABSENCES)
    yield _Layer(facts.blocking_duties, State.BUSY, Why.DUTY, Source.DUTIES)
    yield _Layer(facts.rest, State.BUSY, Why.REST, Source.REST)
    for calendar in facts.calendars:
        yield _Layer(calendar.busy, State.BUSY, Why.CALENDAR, Source.CALENDAR, calendar.read_at)
    yield _hours(facts, window)
    for calendar in facts.calendars:
        gaps = _unspoken(calendar, window, now)
        yield _Layer(gaps, State.UNKNOWN, None, Source.CALENDAR, calendar.read_at)
    yield from _free(facts, window)


def _hours(facts: Facts, window: Span) -> _Layer:
    """Return the time outside working hours and duties: unknown without hours on record, busy otherwise."""
    outside = subtract([window], (*(facts.working or ()), *facts.available_duties))
    if facts.working is None:
        return _Layer(outside, State.UNKNOWN, None, Source.HOURS)
    return _Layer(outside, State.BUSY, Why.NOT_WORKING, Source.HOURS)


def _unspoken(calendar: ImportedCalendar, window: Span, now: datetime) -> list[Span]:
    if calendar.known is None or is_silent(calendar, now):
        return [window]
    return subtract([window], [calendar.known])


def _free(facts: Facts, window: Span) -> Iterator[_Layer]:
    """Name the calendars as the source where there are any: they are what may grow old."""
    ages = [calendar.read_at for calendar in facts.calendars if calendar.read_at]
    if ages:
        yield _Layer([window], State.FREE, None, Source.CALENDAR, min(ages))
    yield _Layer(facts.available_duties, State.FREE, None, Source.DUTIES)
    yield _Layer([window], State.FREE, None, Source.HOURS)


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
