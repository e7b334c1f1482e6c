"""Many spans as plain numbers: what is read by the ten thousands, and looked at one by one only for words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import compress, islice
from math import ceil, floor
from operator import lt
from typing import Any, Protocol, TypeVar

from confsched.domain.intervals import Span


class Ordered(Protocol):
    """What can be sorted: seconds and instants."""

    def __lt__(self, other: Any, /) -> bool: ...


Edge = TypeVar("Edge", bound=Ordered)


@dataclass(frozen=True, slots=True)
class Times:
    """Hold spans by whole seconds since 1970, [starts[n], ends[n]) each; they may overlap, in any order."""

    starts: Sequence[int]
    ends: Sequence[int]

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[Span]:
        for start, end in zip(self.starts, self.ends, strict=True):
            yield Span(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))

    @classmethod
    def around(cls, spans: Spans) -> Times:
        """Return the least whole seconds around each of the spans."""
        if isinstance(spans, Times):
            return spans
        starts = [floor(span.starts_at.timestamp()) for span in spans]
        return cls(starts, [ceil(span.ends_at.timestamp()) for span in spans])

    @classmethod
    def inside(cls, *parts: Spans) -> Times:
        """Return the whole seconds inside the union of all parts, ascending and apart.

        Spans are united before they are rounded: where one ends another may go on.
        """
        spans = [span for part in parts if not isinstance(part, Times) for span in part]
        instants = union([span.starts_at for span in spans], [span.ends_at for span in spans])
        edges = [(ceil(one.timestamp()), floor(two.timestamp())) for one, two in zip(*instants, strict=True)]
        starts = [start for start, end in edges if start < end]
        ends = [end for start, end in edges if start < end]
        for part in parts:
            if isinstance(part, Times):
                starts.extend(part.starts)
                ends.extend(part.ends)
        return cls(*union(starts, ends))


Spans = tuple[Span, ...] | Times


def union(starts: list[Edge], ends: list[Edge]) -> tuple[list[Edge], list[Edge]]:
    """Return the starts and the ends of the union of [start, end) pairs, ascending and apart.

    Sorted apart from each other they still tell: a gap opens where as many have ended as have begun.
    """
    if all(map(lt, ends, islice(starts, 1, None))):
        return starts, ends
    begun, ended = sorted(starts), sorted(ends)
    gaps = list(map(lt, ended, islice(begun, 1, None)))
    return [begun[0], *compress(begun[1:], gaps)], [*compress(ended, gaps), ended[-1]]
