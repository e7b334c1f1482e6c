"""Many spans as minutes: what is rounded outward and inward, and that nothing between is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from confsched.domain.intervals import Span, merge
from confsched.domain.times import EPOCH, MINUTE, Spans, Times, union

SECOND = timedelta(seconds=1)
HALF_PAST = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


def span(first: int, last: int) -> Span:
    """Return a span in seconds since 1970."""
    return Span(EPOCH + first * SECOND, EPOCH + last * SECOND)


def test_times_are_read_as_spans() -> None:
    minute = (HALF_PAST - EPOCH) // MINUTE
    times = Times([minute, minute - 10], [minute + 15, minute])
    assert list(times) == [
        Span(HALF_PAST, HALF_PAST + 15 * MINUTE),
        Span(HALF_PAST - 10 * MINUTE, HALF_PAST),
    ]
    assert (len(times), bool(times), bool(Times([], []))) == (2, True, False)


def test_where_one_span_ends_within_a_minute_another_may_go_on() -> None:
    assert Times.inside((span(0, 90),), (span(90, 180),)) == Times([0], [3])
    assert Times.inside((span(0, 90),), (span(91, 180),)) == Times([0, 2], [1, 3])
    assert Times.inside((span(10, 50),), Times([0], [2])) == Times([0], [2])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 200)), max_size=5), st.integers(0, 5))
def test_minutes_are_rounded_outward_and_inward(pairs: list[tuple[int, int]], cut: int) -> None:
    spans = tuple(span(first, first + length) for first, length in pairs)
    parts: tuple[Spans, ...] = (spans[:cut], spans[cut:])
    around, inside = _minutes(Times.around(spans)), _minutes(Times.inside(*parts))
    for minute in range(20):
        box = span(60 * minute, 60 * minute + 60)
        assert (minute in around) == any(one.overlaps(box) for one in spans)
        assert (minute in inside) == any(one.covers(box) for one in merge(spans))


def _minutes(times: Times) -> set[int]:
    return {minute for one in zip(times.starts, times.ends, strict=True) for minute in range(*one)}


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=8))
def test_a_union_is_sorted_and_apart(pairs: list[tuple[int, int]]) -> None:
    spans = [span(first, first + length) for first, length in pairs]
    starts, ends = union([one.starts_at for one in spans], [one.ends_at for one in spans])
    assert [Span(*one) for one in zip(starts, ends, strict=True)] == merge(spans)
