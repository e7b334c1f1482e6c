"""Half-open spans of time and the little algebra on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """Hold [starts_at, ends_at) as aware UTC instants; never empty."""

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        assert self.starts_at < self.ends_at, "a span has a length"

    @property
    def duration(self) -> timedelta:
        return self.ends_at - self.starts_at

    def overlaps(self, other: Span) -> bool:
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at

    def contains(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    def covers(self, other: Span) -> bool:
        return self.starts_at <= other.starts_at and other.ends_at <= self.ends_at

    def widen(self, before: timedelta, after: timedelta) -> Span:
        return Span(self.starts_at - before, self.ends_at + after)


def intersect(one: Span, other: Span) -> Span | None:
    """Return the common part, or None where there is none."""
    starts_at, ends_at = max(one.starts_at, other.starts_at), min(one.ends_at, other.ends_at)
    return Span(starts_at, ends_at) if starts_at < ends_at else None


def merge(spans: Iterable[Span]) -> list[Span]:
    """Return the union as sorted spans that neither overlap nor touch."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.starts_at <= merged[-1].ends_at:
            merged[-1] = Span(merged[-1].starts_at, max(merged[-1].ends_at, span.ends_at))
        else:
            merged.append(span)
    return merged


def subtract(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Return what is left of the union of `spans` outside the union of `holes`."""
    left: list[Span] = []
    cuts = merge(holes)
    for span in merge(spans):
        starts_at = span.starts_at
        for cut in cuts:
            if cut.ends_at <= starts_at or cut.starts_at >= span.ends_at:
                continue
            if cut.starts_at > starts_at:
                left.append(Span(starts_at, cut.starts_at))
            starts_at = max(starts_at, cut.ends_at)
        if starts_at < span.ends_at:
            left.append(Span(starts_at, span.ends_at))
    return left


def clip(spans: Iterable[Span], window: Span) -> list[Span]:
    """Return the parts of `spans` inside `window`, in order."""
    return [part for span in sorted(spans) if (part := intersect(span, window))]
