"""Remembered clocks: on which day they lie, and what is wrong with them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.back_entry import CLOCKS, LONGEST, read_clocks
from confsched.domain.kinds import UrgentKind
from confsched.domain.kinds import UrgentState as State

ZONE = "Europe/Berlin"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)  # Monday 08:00 in Berlin
SUNDAY = date(2026, 11, 22)
STROKE, IMAGES = UrgentKind.TELESTROKE, UrgentKind.TELERADIOLOGY


def _times(text: str) -> dict[State, time]:
    """Read "requested 23:50 acknowledged 23:52"."""
    words = text.split()
    return {State(state): time.fromisoformat(at) for state, at in zip(words[::2], words[1::2], strict=True)}


@pytest.mark.parametrize(
    ("kind", "day", "text", "wrong"),
    [
        (STROKE, SUNDAY, "requested 23:50 acknowledged 23:52 connected 00:05 recommended 00:20", {}),
        (STROKE, SUNDAY, "requested 10:00 acknowledged 10:00", {}),
        (STROKE, SUNDAY, "acknowledged 23:52", {"requested": "Say when the call was made."}),
        (STROKE, SUNDAY, "requested 23:50", {"acknowledged": "Say when the call was answered."}),
        (STROKE, date(2026, 11, 23), "requested 07:55 acknowledged 08:01", {"acknowledged": "has not come"}),
        (STROKE, SUNDAY, "requested 10:00 acknowledged 09:59", {"acknowledged": "before the call"}),
        (
            STROKE,
            SUNDAY,
            "requested 10:00 acknowledged 10:09 recommended 10:05",
            {"recommended": "earlier than the step before"},
        ),
        (STROKE, SUNDAY, "requested 10:00 acknowledged 10:02 reported 10:30", {"reported": "missing"}),
        (STROKE, date(2026, 10, 22), "requested 10:00 acknowledged 10:02", {"day": "31 days"}),
        (IMAGES, SUNDAY, "requested 10:00 acknowledged 10:02 images_received 10:20 phoned 10:30", {}),
        (IMAGES, SUNDAY, "requested 10:00 acknowledged 10:02 phoned 10:30", {"phoned": "missing"}),
    ],
)
def test_what_is_wrong_is_said_at_its_clock(
    kind: UrgentKind, day: date, text: str, wrong: dict[str, str]
) -> None:
    _clocks, found = read_clocks(kind, day, _times(text), zone=ZONE, now=NOW)
    assert {name for name, _sentence in found} == set(wrong)
    for name, sentence in found:
        assert wrong[name] in str(sentence)


def test_a_time_earlier_than_the_call_lies_on_the_day_after() -> None:
    times = _times("requested 23:50 acknowledged 00:02")
    clocks, _wrong = read_clocks(STROKE, SUNDAY, times, zone=ZONE, now=NOW)
    assert [one.taken_at for one in clocks] == [
        datetime(2026, 11, 22, 22, 50, tzinfo=UTC),
        datetime(2026, 11, 22, 23, 2, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("evening", "at", "is_refused"),
    [
        (date(2026, 3, 28), "02:30", True),
        (date(2026, 3, 28), "01:59", False),
        (date(2026, 3, 28), "03:00", False),
        (date(2026, 10, 24), "02:30", True),
        (date(2026, 10, 24), "03:00", False),
    ],
)
def test_the_hour_that_a_clock_change_skips_or_doubles_is_refused_at_its_field(
    evening: date, at: str, is_refused: bool
) -> None:
    now = datetime.combine(evening, time(12), UTC) + timedelta(days=1)
    times = _times(f"requested 23:50 acknowledged {at}")
    _clocks, found = read_clocks(STROKE, evening, times, zone=ZONE, now=now)
    assert [name for name, _sentence in found] == (["acknowledged"] if is_refused else [])


@given(
    kind=st.sampled_from(list(UrgentKind)),
    minutes=st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=7),
    day=st.dates(date(2026, 10, 20), date(2026, 11, 22)),
)
def test_what_is_let_through_is_in_order_in_the_past_and_short(
    kind: UrgentKind, minutes: list[int], day: date
) -> None:
    times = {
        state: time(minute // 60, minute % 60) for state, minute in zip(CLOCKS[kind], minutes, strict=False)
    }
    clocks, wrong = read_clocks(kind, day, times, zone=ZONE, now=NOW)
    if not wrong:
        instants = [one.taken_at for one in clocks]
        assert instants == sorted(instants) and instants[-1] <= NOW
        assert instants[-1] - instants[0] <= LONGEST
