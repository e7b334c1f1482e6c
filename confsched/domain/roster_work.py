"""What changed cells of a month do to the lines: what is taken away, and what is recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from confsched.domain.duty_codes import Legend, PlannedDuty, join_codes, planned_duties, span_on
from confsched.domain.intervals import Span, subtract
from confsched.domain.roster_month import CellDiff, StandingDuty


@dataclass(frozen=True)
class LineWork:
    """Hold what a publication does to one line: the spans that are taken away, then the duties that come."""

    line_id: UUID
    withdrawn: tuple[tuple[UUID, Span], ...]
    recorded: tuple[StandingDuty, ...]


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
    recorded: dict[UUID, list[StandingDuty]] = defaultdict(list)
    for duty in _added_by(diffs, legend):
        assert duty.line_id is not None, "only duties of lines are asked for"
        held = _held_by_others(duty, standing, withdrawn[duty.line_id])
        for span in subtract([duty.span], held):
            recorded[duty.line_id].append(
                StandingDuty(duty.line_id, duty.person_id, span, duty.day, is_roster=True)
            )
    lines = dict.fromkeys([*(line for line in withdrawn if withdrawn[line]), *recorded])
    return [
        LineWork(line, tuple(sorted(set(withdrawn[line]), key=_by_span)), tuple(recorded[line]))
        for line in lines
    ]


def _by_span(part: tuple[UUID, Span]) -> tuple[Span, UUID]:
    return part[1], part[0]


def _withdrawn_by(
    diff: CellDiff, standing: Iterable[StandingDuty], legend: Legend
) -> Iterator[tuple[UUID, Span]]:
    """Yield what goes with the removed codes of a cell: whatever it has said of their lines for its day.

    That goes as a whole, also where the legend says other hours by now. What the person holds besides, a
    part of a colleague's duty of that day, goes only with a code that has such hours.
    """
    gone, kept = _spans(diff.removed, diff.day, legend), _spans(diff.kept, diff.day, legend)
    for duty in standing:
        is_of_cell = (duty.person_id, duty.day) == diff.cell and duty.line_id in gone
        if is_of_cell and (duty.is_roster or any(duty.span.overlaps(span) for span in gone[duty.line_id])):
            stays = kept.get(duty.line_id, [])
            yield from ((duty.line_id, span) for span in subtract([duty.span], stays))


def _spans(codes: Iterable[str], day: date, legend: Legend) -> dict[UUID, list[Span]]:
    """Return by line when these codes hold it; a code without hours on such a day still names its line."""
    found: dict[UUID, list[Span]] = defaultdict(list)
    for text in codes:
        code = legend.find(text)
        if code and code.line_id:
            span = span_on(code, day, legend)
            found[code.line_id] += [span] if span else []
    return found


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
