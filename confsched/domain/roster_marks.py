"""Marks of a month: where the duties that stand differ from the codes, and where a line is open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from confsched import clock
from confsched.domain.coverage import Cover, find_holes
from confsched.domain.duty_codes import IsHoliday, PlannedDuty
from confsched.domain.intervals import Span, intersect, subtract
from confsched.domain.roster_month import Cell, StandingDuty
from confsched.domain.rosters import duty_span
from confsched.errors import Message, Refusal, msg

SATURDAY = 5
MINUTE = timedelta(minutes=1)


class LineState(StrEnum):
    """Say how a line stands in the time it requires from a day on."""

    HELD = "held"
    GAP = "gap"
    DECLARED = "declared"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True)
class OpenTime:
    """Hold the required time of a line that begins on a day, and what of it is open."""

    day: date
    state: LineState
    gaps: tuple[Span, ...] = ()

    @property
    def gap_minutes(self) -> int:
        return sum(gap.duration // MINUTE for gap in self.gaps)


def outside_codes(planned: Iterable[PlannedDuty], standing: Iterable[StandingDuty]) -> list[StandingDuty]:
    """Return the standing duties of which no code of their person says anything: parts, programs' duties."""
    by_holder: dict[tuple[UUID | None, UUID], list[Span]] = defaultdict(list)
    for duty in planned:
        by_holder[duty.line_id, duty.person_id].append(duty.span)
    return [
        duty
        for duty in standing
        if not any(span.overlaps(duty.span) for span in by_holder[duty.line_id, duty.person_id])
    ]


def part_marks(
    planned: Sequence[PlannedDuty], standing: Sequence[StandingDuty], zone: str, names: Mapping[UUID, str]
) -> dict[Cell, Message]:
    """Return what is to be said of published cells whose duties stand otherwise than their codes say."""
    marks: dict[Cell, Message] = {}
    by_line: dict[UUID, list[StandingDuty]] = defaultdict(list)
    for duty in standing:
        by_line[duty.line_id].append(duty)
    for plan in planned:
        if plan.line_id and (message := _missing(plan, by_line[plan.line_id], zone, names)):
            marks.setdefault((plan.person_id, plan.day), message)
    for odd in outside_codes(planned, standing):
        day = clock.local_day(odd.span.starts_at, zone)
        marks.setdefault((odd.person_id, day), _odd_message(odd, zone))
    return marks


def _missing(
    plan: PlannedDuty, standing: Iterable[StandingDuty], zone: str, names: Mapping[UUID, str]
) -> Message | None:
    near = [duty for duty in standing if duty.span.overlaps(plan.span)]
    left = subtract([plan.span], [duty.span for duty in near if duty.person_id == plan.person_id])
    if not left:
        return None
    taken = ((duty, part) for duty in near if (part := intersect(duty.span, left[0])))
    holder, span = next(((names.get(duty.person_id, "?"), part) for duty, part in taken), (None, left[0]))
    times = {"starts": _time(span.starts_at, zone), "ends": _time(span.ends_at, zone)}
    if holder is None:
        return msg("Nobody holds this duty from %(starts)s to %(ends)s.", **times)
    return msg("%(name)s holds this duty from %(starts)s to %(ends)s.", name=holder, **times)


def _odd_message(duty: StandingDuty, zone: str) -> Message:
    return msg(
        "On duty from %(starts)s to %(ends)s, which no code says.",
        starts=_time(duty.span.starts_at, zone),
        ends=_time(duty.span.ends_at, zone),
    )


def _time(instant: datetime, zone: str) -> str:
    return f"{clock.to_local(instant, zone):%H:%M}"


def open_times(
    days: Iterable[date], cover: Cover, held: Iterable[Span], declared: Iterable[Span], is_holiday: IsHoliday
) -> list[OpenTime]:
    """Return what is open of a line, day by day; a night belongs to the day on which it begins."""
    held, declared = sorted(held), sorted(declared)
    return [_open_time(day, cover, held, declared, is_holiday) for day in days]


def _open_time(
    day: date, cover: Cover, held: Sequence[Span], declared: Sequence[Span], is_holiday: IsHoliday
) -> OpenTime:
    if cover.workdays_only and (day.weekday() >= SATURDAY or is_holiday(day)):
        return OpenTime(day, LineState.NOT_NEEDED)
    try:
        needed = duty_span(day, cover.starts, cover.ends, cover.zone)
    except Refusal:  # the clock skips these times
        return OpenTime(day, LineState.NOT_NEEDED)
    near = [(span.starts_at, span.ends_at) for span in held if span.overlaps(needed)]
    holes = find_holes(near, [needed], needed, declared=[span for span in declared if span.overlaps(needed)])
    if holes.gaps:
        return OpenTime(day, LineState.GAP, holes.gaps)
    return OpenTime(day, LineState.DECLARED if holes.intended else LineState.HELD)


def spans_by_line(planned: Iterable[PlannedDuty], standing: Iterable[StandingDuty]) -> dict[UUID, list[Span]]:
    """Return by line when somebody holds it, by draft or by standing duty."""
    spans: dict[UUID, list[Span]] = defaultdict(list)
    for line_id, span in _held(planned, standing):
        spans[line_id].append(span)
    return spans


def _held(planned: Iterable[PlannedDuty], standing: Iterable[StandingDuty]) -> Iterator[tuple[UUID, Span]]:
    yield from ((duty.line_id, duty.span) for duty in planned if duty.line_id)
    yield from ((duty.line_id, duty.span) for duty in standing)
