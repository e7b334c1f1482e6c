"""What one member of a series is told, as a table: their dates before, their dates after, the news."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.invites import Kind
from confsched.domain.series_invites import SeriesNews, decide_series

FIRST = datetime(2026, 11, 26, 14, tzinfo=UTC)
A, B, C = (FIRST + timedelta(weeks=number) for number in range(3))

# Dates before and after, with what matters of each, and which dates nobody holds any more.
TABLE = {
    "invited to a new series": ({}, {A: "15:00", B: "15:00"}, [], SeriesNews(Kind.INVITATION)),
    "no member before or after": ({}, {}, [A], None),
    "nothing has changed": ({A: "15:00", B: "15:00"}, {A: "15:00", B: "15:00"}, [], None),
    "the series is called off": ({A: "15:00", B: "15:00"}, {}, [A, B], SeriesNews(Kind.CANCELLATION)),
    "the series goes on without them": ({A: "15:00", B: "15:00"}, {}, [], SeriesNews(Kind.REMOVAL)),
    "one date is held without them, all others are off": (
        *({A: "15:00", B: "15:00"}, {}, [A]),
        SeriesNews(Kind.REMOVAL),
    ),
    "one date is moved": (
        *({A: "15:00", B: "15:00"}, {A: "15:00", B: "16:00"}, []),
        SeriesNews(Kind.UPDATE, B),
    ),
    "one date is called off": (
        *({A: "15:00", B: "15:00"}, {A: "15:00"}, [B]),
        SeriesNews(Kind.CANCELLATION, B),
    ),
    "one date is held without them": (
        *({A: "15:00", B: "15:00"}, {A: "15:00"}, []),
        SeriesNews(Kind.REMOVAL, B),
    ),
    "a date comes back": (
        *({A: "15:00"}, {A: "15:00", B: "15:00"}, []),
        SeriesNews(Kind.UPDATE),
    ),
    "two dates are moved": (
        *({A: "15:00", B: "15:00", C: "15:00"}, {A: "15:00", B: "16:00", C: "16:00"}, []),
        SeriesNews(Kind.UPDATE),
    ),
    "the later dates end": (
        *({A: "15:00", B: "15:00", C: "15:00"}, {A: "15:00"}, [B, C]),
        SeriesNews(Kind.UPDATE),
    ),
    "the rule gives another time": (
        *({A: "15:00"}, {A + timedelta(hours=1): "16:00"}, [A]),
        SeriesNews(Kind.UPDATE),
    ),
}
views = st.dictionaries(st.sampled_from([A, B, C]), st.sampled_from(["15:00", "16:00"]))


@pytest.mark.parametrize("name", TABLE)
def test_a_member_is_told_when(name: str) -> None:
    before, after, off, news = TABLE[name]
    assert decide_series(before, after, off) == news


@given(views, views, st.sets(st.sampled_from([A, B, C])))
def test_a_member_is_told_exactly_when_their_dates_change(
    before: dict[datetime, str], after: dict[datetime, str], off: set[datetime]
) -> None:
    news = decide_series(before, after, off)
    assert (news is None) is (before == after)
    if news is not None and news.recurrence_at is not None:
        others = {at: shown for at, shown in before.items() if at != news.recurrence_at}
        assert others == {at: shown for at, shown in after.items() if at != news.recurrence_at}
