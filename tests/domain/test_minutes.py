"""When minutes are due: after one working day of the host, whatever nights and holidays lie between."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial

import pytest

from confsched.clock import to_local
from confsched.domain.holidays import is_public_holiday
from confsched.domain.minutes import due_at, due_on, remind_at

ZONE = "Europe/Berlin"
LOWER_SAXONY, HESSE, SAXONY_ANHALT = "DE-NI", "DE-HE", "DE-ST"


@pytest.mark.parametrize(
    ("ended_at", "state", "due"),
    [
        pytest.param(datetime(2026, 11, 26, 15, tzinfo=UTC), LOWER_SAXONY, date(2026, 11, 27), id="Thursday"),
        pytest.param(datetime(2026, 11, 27, 15, tzinfo=UTC), LOWER_SAXONY, date(2026, 11, 30), id="Friday"),
        # 00:30 in Berlin is the day after already.
        pytest.param(
            datetime(2026, 11, 26, 23, 30, tzinfo=UTC), LOWER_SAXONY, date(2026, 11, 30), id="night"
        ),
        # 6 January is a holiday in Saxony-Anhalt and a working day in Lower Saxony.
        pytest.param(
            datetime(2026, 1, 5, 15, tzinfo=UTC), LOWER_SAXONY, date(2026, 1, 6), id="worked Epiphany"
        ),
        pytest.param(datetime(2026, 1, 5, 15, tzinfo=UTC), SAXONY_ANHALT, date(2026, 1, 7), id="Epiphany"),
        # 31 October 2025 was a Friday: worked in Hesse, a holiday in Lower Saxony.
        pytest.param(
            datetime(2025, 10, 30, 15, tzinfo=UTC), HESSE, date(2025, 10, 31), id="worked Reformation"
        ),
        pytest.param(
            datetime(2025, 10, 30, 15, tzinfo=UTC), LOWER_SAXONY, date(2025, 11, 3), id="Reformation"
        ),
        pytest.param(
            datetime(2026, 3, 27, 15, tzinfo=UTC), LOWER_SAXONY, date(2026, 3, 30), id="over spring"
        ),
        pytest.param(
            datetime(2026, 10, 23, 15, tzinfo=UTC), LOWER_SAXONY, date(2026, 10, 26), id="over autumn"
        ),
        # Good Friday to Easter Monday.
        pytest.param(datetime(2026, 4, 2, 15, tzinfo=UTC), LOWER_SAXONY, date(2026, 4, 7), id="Easter"),
    ],
)
def test_minutes_are_due_at_the_end_of_the_next_working_day_of_the_host(
    ended_at: datetime, state: str, due: date
) -> None:
    is_holiday = partial(is_public_holiday, state=state)
    assert due_on(ended_at, ZONE, is_holiday) == due
    end = to_local(due_at(ended_at, ZONE, is_holiday), ZONE)
    assert (end.hour, end.minute) == (0, 0) and (end.date() - due).days == 1
    morning = to_local(remind_at(ended_at, ZONE, is_holiday), ZONE)
    assert (morning.date(), morning.hour) == (due, 8)


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]
)
def test_what_ends_in_a_clock_change_night_is_due_on_monday_at_local_midnight(night: datetime) -> None:
    due = due_at(night, ZONE, partial(is_public_holiday, state=LOWER_SAXONY))
    assert to_local(due, ZONE).strftime("%a %H:%M") == "Tue 00:00"
    assert to_local(remind_at(night, ZONE, partial(is_public_holiday, state=LOWER_SAXONY)), ZONE).hour == 8
