"""The rules of the elective teleconsult: which state may follow which, deadlines, reminders, short notice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.consults import (
    ENDED_STATES,
    NEXT_STATES,
    OPEN_STATES,
    NextStep,
    Part,
    deadline,
    is_short_notice,
    last_reminded_day,
    may_say_outcome,
    next_step,
    remind_at,
)
from confsched.domain.kinds import ConsultState as State

ZONE, STATE = "Europe/Berlin", "DE-NI"


def test_every_open_state_can_run_out_and_every_state_can_be_reached() -> None:
    assert {state for state in State if State.EXPIRED in NEXT_STATES[state]} == OPEN_STATES
    assert set(State) == {state for after in NEXT_STATES.values() for state in after}
    assert {state for state in State if not NEXT_STATES[state]} == ENDED_STATES - {State.NO_SHOW}


@pytest.mark.parametrize(
    ("reply_by_on", "ends_at"),
    [
        (date(2026, 3, 28), datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC)),  # a day of 23 hours
        (date(2026, 10, 24), datetime(2026, 10, 24, 22, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC)),  # a day of 25 hours
        (date(2026, 12, 31), datetime(2026, 12, 31, 23, tzinfo=UTC)),
    ],
)
def test_a_request_runs_out_at_the_end_of_the_local_day(reply_by_on: date, ends_at: datetime) -> None:
    assert deadline(reply_by_on, ZONE) == ends_at


@pytest.mark.parametrize(
    ("reply_by_on", "state", "at"),
    [
        (date(2026, 11, 26), STATE, datetime(2026, 11, 25, 7, tzinfo=UTC)),  # Thursday: on Wednesday
        (date(2026, 11, 23), STATE, datetime(2026, 11, 20, 7, tzinfo=UTC)),  # Monday: on Friday
        (date(2026, 3, 30), STATE, datetime(2026, 3, 27, 7, tzinfo=UTC)),  # over the night to summer time
        (date(2026, 3, 31), STATE, datetime(2026, 3, 30, 6, tzinfo=UTC)),
        (date(2026, 10, 26), STATE, datetime(2026, 10, 23, 6, tzinfo=UTC)),  # over the night to winter time
        (date(2026, 10, 27), STATE, datetime(2026, 10, 26, 7, tzinfo=UTC)),
        (date(2026, 12, 28), STATE, datetime(2026, 12, 24, 7, tzinfo=UTC)),  # Christmas and a weekend between
        (date(2027, 1, 7), "DE-BY", datetime(2027, 1, 5, 7, tzinfo=UTC)),  # Epiphany in Bavaria only
        (date(2027, 1, 7), STATE, datetime(2027, 1, 6, 7, tzinfo=UTC)),
    ],
)
def test_the_reminder_comes_in_the_morning_of_the_working_day_before(
    reply_by_on: date, state: str, at: datetime
) -> None:
    assert remind_at(reply_by_on, ZONE, state) == at


@given(
    minutes=st.integers(0, 3 * 365 * 24 * 60),
    days=st.integers(-20, 20),
    state=st.sampled_from(["DE-NI", "DE-BY", "DE-SN"]),
)
def test_the_last_day_to_remind_of_is_the_last_whose_reminder_is_due(
    minutes: int, days: int, state: str
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    day = now.date() + timedelta(days=days)
    assert (remind_at(day, ZONE, state) <= now) == (day <= last_reminded_day(now, ZONE, state))


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([State.OFFERED, State.BOOKED], True),
        ([State.BOOKED, State.TOOK_PLACE], True),
        ([State.BOOKED, State.NO_SHOW], True),
        ([State.BOOKED, State.TOOK_PLACE, State.NO_SHOW], False),
    ],
)
def test_an_outcome_is_said_and_corrected_once(states: list[State], expected: bool) -> None:
    assert may_say_outcome(states) is expected


@pytest.mark.parametrize(
    ("starts_at", "notice", "expected"),
    [
        (datetime(2026, 11, 24, 8, tzinfo=UTC), 1440, False),
        (datetime(2026, 11, 24, 7, 59, tzinfo=UTC), 1440, True),
        (datetime(2026, 11, 23, 8, 1, tzinfo=UTC), 0, False),
        (datetime(2026, 11, 23, 8, 0, tzinfo=UTC), 1, True),
    ],
)
def test_the_notice_is_counted_in_minutes_to_the_start(
    starts_at: datetime, notice: int, expected: bool
) -> None:
    assert is_short_notice(starts_at, notice, datetime(2026, 11, 23, 8, tzinfo=UTC)) is expected


ASKS = Part(asks=True, chooses=True, reads_report=True)
ANSWERS, TRIAGES = Part(answers=True), Part(triages=True)


@pytest.mark.parametrize(
    ("state", "asks", "answers", "triages"),
    [
        (State.REQUESTED, NextStep.WAIT, NextStep.WAIT, NextStep.DECIDE),
        (State.TRIAGED, NextStep.CHOOSE_TIME, NextStep.WAIT, NextStep.WAIT),
        (State.OFFERED, NextStep.CHOOSE_TIME, NextStep.WAIT, NextStep.WAIT),
        (State.BOOKED, NextStep.MEET, NextStep.MEET, NextStep.MEET),
        (State.TOOK_PLACE, NextStep.WAIT, NextStep.WRITE_REPORT, NextStep.WAIT),
        (State.REPORTED, NextStep.READ_REPORT, NextStep.NOTHING, NextStep.NOTHING),
        (State.CLOSED, NextStep.NOTHING, NextStep.NOTHING, NextStep.NOTHING),
        *(
            (state, NextStep.ASK_AGAIN, NextStep.NOTHING, NextStep.NOTHING)
            for state in (State.DECLINED, State.EXPIRED, State.NO_SHOW, State.CANCELLED)
        ),
    ],
)
def test_each_part_has_its_own_next_step(
    state: State, asks: NextStep, answers: NextStep, triages: NextStep
) -> None:
    assert [next_step(state, part) for part in (ASKS, ANSWERS, TRIAGES)] == [asks, answers, triages]


def test_a_held_time_is_confirmed_and_a_meeting_that_is_over_is_spoken_of() -> None:
    assert next_step(State.HELD, ASKS, is_held=True) is NextStep.CONFIRM
    assert next_step(State.HELD, ASKS) is NextStep.CHOOSE_TIME
    steps = [next_step(State.BOOKED, part, is_met=True) for part in (ASKS, ANSWERS, TRIAGES)]
    assert steps == [NextStep.SAY_OUTCOME, NextStep.SAY_OUTCOME, NextStep.MEET]
