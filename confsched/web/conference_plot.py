"""The minutes of a conference as bars: the cases in their order, and when each discipline is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from confsched.domain.intervals import Span, merge
from confsched.errors import Message, msg
from confsched.services.agenda_view import AgendaPresence, AgendaView
from confsched.services.conference_desk import DeskView, ShownCase

LEFT, WIDTH = 96, 600
TOP, STEP = 21, 22
MOST_TICKS = 8
STEPS = (5, 10, 15, 30, 60, 120)
NARROWEST = 14  # a narrower bar has no room for its number
MAX_NAME = 13


@dataclass(frozen=True)
class Bar:
    """Hold one bar, in units of the picture."""

    x: float
    y: int
    width: float
    text: str = ""
    is_missing: bool = False
    is_late: bool = False


@dataclass(frozen=True)
class Row:
    """Hold what stands in one line under the cases."""

    name: str
    y: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Picture:
    """Hold the whole picture, and in words what it shows."""

    height: int
    ticks: tuple[tuple[float, datetime, str], ...]
    cases: tuple[Bar, ...]
    rows: tuple[Row, ...]
    words: tuple[Message, ...]


def draw(view: DeskView) -> Picture | None:
    """Return the picture of an agenda that has times; None as long as there is nothing to show."""
    span = view.span
    placed = view.agenda.rows
    if span is None or not placed:
        return None
    end = max([span.ends_at, *(row.ends_at for row in placed)])
    scale = _Scale(Span(span.starts_at, end))
    cases = [scale.bar(Span(row.starts_at, row.ends_at), TOP, str(row.number)) for row in placed]
    rows = tuple(_rows(view.agenda, scale))
    late = list(_late(view.late, max(row.ends_at for row in placed), scale))
    height = TOP + STEP * (len(rows) + 1) + 7
    return Picture(height, tuple(scale.ticks()), (*cases, *late), rows, tuple(_words(view)))


@dataclass(frozen=True)
class _Scale:
    span: Span

    def x(self, at: datetime) -> float:
        part = (at - self.span.starts_at) / self.span.duration
        return round(LEFT + WIDTH * min(1.0, max(0.0, part)), 1)

    def bar(self, span: Span, y: int, text: str = "", *, missing: bool = False, late: bool = False) -> Bar:
        x = self.x(span.starts_at)
        width = max(2.0, round(self.x(span.ends_at) - x - 1, 1))
        return Bar(x, y, width, text if width >= NARROWEST else "", missing, late)

    def ticks(self) -> Iterator[tuple[float, datetime, str]]:
        minutes = self.span.duration / timedelta(minutes=1)
        step = next((one for one in STEPS if minutes / one <= MOST_TICKS), STEPS[-1])
        for number in range(int(minutes // step) + 1):
            at = self.span.starts_at + timedelta(minutes=number * step)
            anchor = "start" if number == 0 else "end" if at == self.span.ends_at else "middle"
            yield self.x(at), at, anchor


def _rows(agenda: AgendaView, scale: _Scale) -> Iterator[Row]:
    """Return a line for each discipline, in the order in which they are needed first."""
    found: dict[str, list[AgendaPresence]] = {}
    for block in agenda.blocks:
        if block.serves and block.spans:
            found.setdefault(block.serves, []).append(block)
    order = sorted(found, key=lambda name: (min(_starts(found[name])), name))
    for number, name in enumerate(order, start=1):
        y = TOP + 7 + STEP * number
        there = merge(span for one in found[name] if one.person_id for span in one.spans)
        missing = merge(span for one in found[name] if not one.person_id for span in one.spans)
        bars = [scale.bar(span, y) for span in there]
        bars += [scale.bar(span, y, missing=True) for span in missing]
        yield Row(name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}.", y, tuple(bars))


def _starts(blocks: Iterable[AgendaPresence]) -> list[datetime]:
    return [span.starts_at for one in blocks for span in one.spans]


def _late(late: Iterable[ShownCase], at: datetime, scale: _Scale) -> Iterator[Bar]:
    """Return what would come on top, one after the other, as far as there is time."""
    for one in late:
        until = at + timedelta(minutes=one.case.minutes)
        if until > scale.span.ends_at:
            return
        yield scale.bar(Span(at, until), TOP, "?", late=True)
        at = until


def _words(view: DeskView) -> Iterator[Message]:
    yield msg(
        "%(used)s of %(capacity)s minutes planned for %(count)s cases",
        used=view.agenda.minutes_used,
        capacity=view.agenda.capacity,
        count=len(view.agenda.rows),
    )
    needed: dict[str, int] = {}
    for block in view.agenda.blocks:
        if block.serves:
            needed[block.serves] = needed.get(block.serves, 0) + block.minutes
    for name, minutes in needed.items():
        yield msg("%(discipline)s is needed for %(minutes)s minutes", discipline=name, minutes=minutes)
