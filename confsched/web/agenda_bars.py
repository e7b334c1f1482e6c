"""Everybody's own minutes as bars under the cases, one line for each person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from confsched.domain.intervals import Span
from confsched.services.agenda_view import AgendaPresence, AgendaView

LEFT, RIGHT = 150, 712
TOP, STEP, FOOT = 21, 22, 8
TICKS = (5, 10, 15, 20, 30, 60)
MOST_TICKS = 8
NARROWEST = 14  # a narrower bar has no room for its number
MAX_NAME = 22


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    text: str = ""


@dataclass(frozen=True)
class Line:
    """Hold the stays of one person, or when nobody comes for a discipline."""

    name: str
    y: int
    bars: tuple[Bar, ...]
    is_missing: bool


@dataclass(frozen=True)
class Picture:
    height: int
    ticks: tuple[tuple[float, datetime], ...]
    cases: tuple[Bar, ...]
    lines: tuple[Line, ...]


def draw(view: AgendaView) -> Picture | None:
    """Return the picture of an agenda; None where no case has a time."""
    if view.starts_at is None or view.ends_at is None or not view.rows:
        return None
    scale = _Scale(Span(view.starts_at, max(view.ends_at, view.rows[-1].ends_at)))
    lines = tuple(_line(one, TOP + 7 + STEP * at, scale) for at, one in enumerate(view.blocks, start=1))
    cases = tuple(scale.bar(Span(row.starts_at, row.ends_at), str(row.number)) for row in view.rows)
    return Picture(TOP + STEP * (len(lines) + 1) + FOOT, tuple(scale.ticks()), cases, lines)


def _line(one: AgendaPresence, y: int, scale: _Scale) -> Line:
    name = one.name or one.serves
    shown = name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1]}…"
    return Line(shown, y, tuple(scale.bar(span) for span in one.spans), one.person_id is None)


@dataclass(frozen=True)
class _Scale:
    span: Span

    def x(self, at: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * ((at - self.span.starts_at) / self.span.duration), 1)

    def bar(self, span: Span, text: str = "") -> Bar:
        width = max(2.0, round(self.x(span.ends_at) - self.x(span.starts_at) - 1, 1))
        return Bar(self.x(span.starts_at), width, text if width >= NARROWEST else "")

    def ticks(self) -> Iterator[tuple[float, datetime]]:
        minutes = self.span.duration / timedelta(minutes=1)
        step = next((one for one in TICKS if minutes / one <= MOST_TICKS), TICKS[-1])
        for number in range(int(minutes // step) + 1):
            at = self.span.starts_at + timedelta(minutes=number * step)
            yield self.x(at), at
