"""What changed cells of a month do to the lines: what is taken away, and what is recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from confsched import clock
from confsched.domain.duty_codes import Legend, PlannedDuty, join_codes, planned_duties, span_on
from confsched.domain.intervals import Span, intersect, subtract
from confsched.domain.roster_month import ONE_DAY, CellDiff, StandingDuty


@dataclass(frozen=True)
class LineWork:
    """Hold what a publication does to one line: the spans that are taken away, then the duties that come."""

    line_id: UUID
    withdrawn: tuple[tuple[UUID, Span], ...]
    recorded: tuple[tuple[UUID, Span], ...]


def line_work(diffs: Iterable[CellDiff], standing: Iterable[StandingDuty], legend: Legend) -> list[LineWork]:
    """Return what the changed cells do to each line, so that only the difference is applied.

    A removed code takes away what its person still holds of the duty: a part that a colleague has taken over
    stays theirs. An added code fills what nobody else holds after that.
    """
    diffs, standing = list(diffs), list(standing)
    withdrawn: dict[UUID, list[tuple[UUID, Span]]] = defaultdict(list)
    for diff in diffs:
        for line_id, span in _withdrawn_by(diff, standing, legend):
            withdrawn[line_id].append((diff.person_id, span))
    recorded: dict[UUID, list[tuple[UUID, Span]]] = defaultdict(list)
    for duty in _added_by(diffs, legend):
        assert duty.line_id is not None, "only duties of lines are asked for"
        held = _held_by_others(duty, standing, withdrawn[duty.line_id])
        recorded[duty.line_id] += ((duty.person_id, span) for span in subtract([duty.span], held))
    lines = dict.fromkeys([*(line for line in withdrawn if withdrawn[line]), *recorded])
    return [LineWork(line, _sorted(withdrawn[line]), _sorted(recorded[line])) for line in lines]


def _withdrawn_by(
    diff: CellDiff, standing: Iterable[StandingDuty], legend: Legend
) -> Iterator[tuple[UUID, Span]]:
    """Yield the parts of standing duties that go with the removed codes of a cell.

    What a month has written for this day goes as a whole, also when the legend says other hours by now.
    """
    if not diff.removed:
        return
    gone = _spans(diff.removed, diff.day, legend)
    kept = _spans(diff.kept, diff.day, legend)
    codes = (legend.find(text) for text in diff.removed)
    lines = {code.line_id for code in codes if code}
    for duty in standing:
        if duty.person_id != diff.person_id or duty.line_id not in lines:
            continue
        stays = [span for line_id, span in kept if line_id == duty.line_id]
        taken = [duty.span] if _is_written_for(duty, diff.day, stays, legend) else _common(duty, gone)
        yield from ((duty.line_id, span) for span in subtract(taken, stays))


def _is_written_for(duty: StandingDuty, day: date, stays: Iterable[Span], legend: Legend) -> bool:
    if not duty.is_roster or any(duty.span.overlaps(span) for span in stays):
        return False
    return clock.local_day(duty.span.starts_at, legend.zone) == day and not _is_rest_of(
        duty, day - ONE_DAY, legend
    )


def _is_rest_of(duty: StandingDuty, day: date, legend: Legend) -> bool:
    """Tell whether a duty may be what a colleague's part left of one that began on this day."""
    codes = (code for code in legend.codes.values() if code.line_id == duty.line_id)
    return any(span and span.covers(duty.span) for span in (span_on(code, day, legend) for code in codes))


def _spans(codes: Iterable[str], day: date, legend: Legend) -> list[tuple[UUID, Span]]:
    found = []
    for text in codes:
        code = legend.find(text)
        span = span_on(code, day, legend) if code and code.line_id else None
        if code and code.line_id and span:
            found.append((code.line_id, span))
    return found


def _common(duty: StandingDuty, gone: Iterable[tuple[UUID, Span]]) -> list[Span]:
    parts = (intersect(duty.span, span) for line_id, span in gone if line_id == duty.line_id)
    return [part for part in parts if part]


def _added_by(diffs: Iterable[CellDiff], legend: Legend) -> list[PlannedDuty]:
    added = {diff.cell: join_codes(diff.added) for diff in diffs if diff.added}
    return [duty for duty in planned_duties(added, legend) if duty.line_id]


def _held_by_others(
    duty: PlannedDuty, standing: Iterable[StandingDuty], withdrawn: Iterable[tuple[UUID, Span]]
) -> list[Span]:
    held = [
        other.span
        for other in standing
        if other.line_id == duty.line_id
        and other.person_id != duty.person_id
        and other.span.overlaps(duty.span)
    ]
    return subtract(held, [span for _, span in withdrawn]) if held else []


def _sorted(parts: Iterable[tuple[UUID, Span]]) -> tuple[tuple[UUID, Span], ...]:
    return tuple(sorted(set(parts), key=lambda part: (part[1], part[0])))
