"""Whether a meeting leaves the days of those who take part in one piece, or cuts their free time in two.

A rest that is shorter than a step of the search is no use to anybody and counts as none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from confsched.domain import bitgrid
from confsched.domain.bitgrid import Grid
from confsched.domain.intervals import Span, intersect
from confsched.domain.starts import Board, Plan
from confsched.errors import Message, msg


def near(plan: Plan, span: Span, people: Iterable[UUID]) -> Plan:
    """Return the plan with these people's time just around one span, which need not lie on the grid."""
    before, after = plan.search.buffer_before, plan.search.buffer_after
    around = span.widen(before + plan.search.step, after + plan.search.step)
    grid = Grid.over(intersect(plan.search.window.widen(before, after), around) or span)
    rows = {person: plan.candidates[person].availability.row(grid) for person in people}
    board = Board(grid, rows, 0, plan.search.zone, plan.search.preferred_hours)
    return Plan(plan.needs, plan.candidates, plan.search, board)


def is_whole(plan: Plan, person: UUID, span: Span) -> bool:
    """Tell whether time that the person cannot give, or that is over, lies right before or after the span."""
    low, high = _edges(plan.board.grid, span)
    if low - plan.board.grid.count(plan.search.step) < plan.first_cell:
        return True
    return bool(plan.shut(plan.board.rows[person]) & (_before(plan, low) | _after(plan, high)))


def _before(plan: Plan, low: int) -> int:
    return bitgrid.between(low - plan.board.grid.count(plan.search.step), low)


def _after(plan: Plan, high: int) -> int:
    return bitgrid.between(high, high + plan.board.grid.count(plan.search.step))


def spared(plan: Plan, span: Span, whole: Sequence[UUID]) -> Message:
    """Say of one whose day stays whole why: beside another meeting, where the reader may know of it."""
    beside = (_beside_meeting(plan, person, span) for person in whole)
    apart = msg("Does not split the day of %(name)s.", name=plan.candidates[whole[0]].name)
    return next((message for message in beside if message), apart)


def _beside_meeting(plan: Plan, person: UUID, span: Span) -> Message | None:
    candidate, taken, grid = plan.candidates[person], plan.board.rows[person].taken, plan.board.grid
    if candidate.is_foreign:
        return None
    low, high = _edges(grid, span)
    if taken & _before(plan, low - grid.count(plan.search.buffer_before)):
        return msg("Directly after another meeting of %(name)s.", name=candidate.name)
    if taken & _after(plan, high + grid.count(plan.search.buffer_after)):
        return msg("Directly before another meeting of %(name)s.", name=candidate.name)
    return None


def _edges(grid: Grid, span: Span) -> tuple[int, int]:
    """Return the first cell of the span and the one after its last."""
    return grid.cell_at(span.starts_at), grid.cell_from(span.ends_at)
