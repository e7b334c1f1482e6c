"""Which cells of a month a rotation of people fills: each duty for whoever's turn it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from confsched import clock
from confsched.domain.duty_codes import DutyCode, Legend, span_on
from confsched.domain.intervals import Span
from confsched.domain.roster_month import Cell
from confsched.domain.rosters import ONE_DAY, Rotation, Turn, find_turn, list_turns


def rotation_cells(
    rotation: Rotation, ends_on: date | None, code: DutyCode, days: Iterable[date], legend: Legend
) -> dict[Cell, str]:
    """Return the cells of the days on which the code exists.

    A duty goes to whoever's turn holds its middle, so that one from 07:30 is with the turn that begins at
    08:00 of its day, and the night before it with the turn that ends there. `ends_on` is the first day
    without a turn. The hand-over is at the local hour in summer and in winter.
    """
    cells: dict[Cell, str] = {}
    for day in days:
        span = span_on(code, day, legend)
        turn = find_running(rotation, ends_on, _middle(span)) if span else None
        if turn:
            cells[turn.member_id, day] = code.code
    return cells


def _middle(span: Span) -> datetime:
    return span.starts_at + span.duration / 2


def find_running(rotation: Rotation, ends_on: date | None, at: datetime) -> Turn | None:
    """Return whose turn it is, or None before the rotation begins and after it has ended."""
    is_over = ends_on is not None and at >= clock.to_instant(ends_on, rotation.at, rotation.zone)
    return None if is_over else find_turn(rotation, at)


def next_turns(rotation: Rotation, ends_on: date | None, at: datetime, count: int) -> list[Turn]:
    """Return the turn that runs at an instant, or the first, and those that follow it; none when it is over.

    The last one ends where the rotation does.
    """
    first = clock.to_instant(rotation.starts_on, rotation.at, rotation.zone)
    begin, length = max(at, first), ONE_DAY * rotation.every_days
    window = Span(begin, begin + length * count)
    if ends_on is not None:
        over_at = clock.to_instant(ends_on, rotation.at, rotation.zone)
        if over_at <= begin:
            return []
        window = Span(begin, min(window.ends_at, over_at))
    turns = list_turns(rotation, window)[:count]
    return [Turn(turn.member_id, _until(turn.span, rotation, ends_on)) for turn in turns]


def _until(span: Span, rotation: Rotation, ends_on: date | None) -> Span:
    if ends_on is None:
        return span
    return Span(span.starts_at, min(span.ends_at, clock.to_instant(ends_on, rotation.at, rotation.zone)))


def order_from(rotation: Rotation, at: datetime) -> tuple[date, list[int]]:
    """Return the day of the next hand-over, and the places of the members in the order that begins there."""
    places = range(len(rotation.members))
    if at < clock.to_instant(rotation.starts_on, rotation.at, rotation.zone):
        return rotation.starts_on, list(places)
    turn = find_turn(rotation, at)
    assert turn is not None, "the rotation has begun"
    day = clock.local_day(turn.span.ends_at, rotation.zone)
    number = (day - rotation.starts_on).days // rotation.every_days
    return day, [(number + place) % len(rotation.members) for place in places]
