"""Many spans as plain numbers: what is read by the ten thousands, and looked at one by one only for words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import compress, islice
from operator import lt
from typing import Any, Protocol, TypeVar

from confsched.domain.intervals import Span

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Ordered(Protocol):
    """What can be sorted: minutes and instants."""

    def __lt__(self, other: Any, /) -> bool: ...


Edge = TypeVar("Edge", bound=Ordered)


@dataclass(frozen=True, slots=True)
class Times:
    """Hold spans by whole minutes since 1970, [starts[n], ends[n]) each; they may overlap, in any order.

    Cells are whole minutes too: a cell is touched by the minutes around a span where the span touches it.
    """

    starts: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Span]:
        for start, end in zip(self.starts, self.ends, strict=True):
            yield Span(datetime.fromtimestamp(60 * start, UTC), datetime.fromtimestamp(60 * end, UTC))

    @classmethod
    def around(cls, spans: Spans) -> Times:
        """Return the least whole minutes around each of the spans."""
        if isinstance(spans, Times):
            return spans
        return cls(
            [minute_at(span.starts_at) for span in spans], [minute_from(span.ends_at) for span in spans]
        )

    @classmethod
    def inside(cls, *parts: Spans) -> Times:
        """Return the whole minutes inside the union of all parts, ascending and apart.

        Spans are united before they are rounded: where one ends another may go on.
        """
        starts, ends = _whole([span for part in parts if not isinstance(part, Times) for span in part])
        for part in parts:
            if isinstance(part, Times):
                starts += part.starts
                ends += part.ends
        return cls(*union(starts, ends))


Spans = tuple[Span, ...] | Times


def _whole(spans: Sequence[Span]) -> tuple[list[int], list[int]]:
    """Return the starts and the ends of the whole minutes inside the union of the spans."""
    if not spans:
        return [], []
    instants = union([span.starts_at for span in spans], [span.ends_at for span in spans])
    whole = [(minute_from(start), minute_at(end)) for start, end in zip(*instants, strict=True)]
    return [start for start, end in whole if start < end], [end for start, end in whole if start < end]


def minute_at(instant: datetime) -> int:
    """Return the minute since 1970 in which an instant lies."""
    return (instant - EPOCH) // MINUTE


def minute_from(instant: datetime) -> int:
    """Return the first minute since 1970 that does not start before an instant."""
    return -((EPOCH - instant) // MINUTE)


def union(starts: list[Edge], ends: list[Edge]) -> tuple[list[Edge], list[Edge]]:
    """Return the starts and the ends of the union of [start, end) pairs, ascending and apart.

    Sorted apart from each other they still tell: a gap opens where as many have ended as have begun.
    """
    if all(map(lt, ends, islice(starts, 1, None))):
        return starts, ends
    begun, ended = sorted(starts), sorted(ends)
    gaps = list(map(lt, ended, islice(begun, 1, None)))
    return [begun[0], *compress(begun[1:], gaps)], [*compress(ended, gaps), ended[-1]]
