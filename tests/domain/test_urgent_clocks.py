"""The clocks of urgent consults: from what to what each runs, by which goal, and when it stops to apply."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import Recommendation, TeleradiologyKind, Urgency, UrgentKind
from confsched.domain.kinds import UrgentState as State
from confsched.domain.urgent_clocks import (
    Clock,
    ClockName,
    ClockState,
    Moments,
    clocks,
    default_targets,
    end_of_next_working_day,
    last_time_at,
    next_change,
    target_keys,
)

ZONE = "Europe/Berlin"
ASKED = datetime(2026, 11, 29, 2, 12, 8, tzinfo=UTC)  # a Sunday, 03:12 in Berlin
DOOR = ASKED - timedelta(minutes=14)


def at(seconds: float) -> datetime:
    return ASKED + timedelta(seconds=seconds)


def _working_day_end(instant: datetime) -> datetime:
    return end_of_next_working_day(instant, ZONE, lambda day: is_public_holiday(day, "DE-NI"))


def _clocks(
    moments: Moments, kind: UrgentKind = UrgentKind.TELESTROKE, targets: dict[str, int] | None = None
) -> dict[str, Clock]:
    found = clocks(kind, moments, targets or {}, working_day_end=_working_day_end)
    return {one.name.value: one for one in found}


STROKE = Moments(
    requested_at=ASKED,
    first={
        State.ACKNOWLEDGED: at(226),
        State.CONNECTED: at(280),
        State.RECOMMENDED: at(700),
        State.REPORTED: at(4000),
    },
    last={State.RECOMMENDED: at(900)},
    alert_left_at=at(3),
    door_at=DOOR,
    ct_at=DOOR + timedelta(minutes=11),
    needle_at=DOOR + timedelta(minutes=31),
    departed_at=DOOR + timedelta(minutes=92),
    recommendation=Recommendation.THROMBOLYSIS_AND_TRANSFER,
)


@pytest.mark.parametrize(
    ("name", "starts", "minutes", "elapsed", "state"),
    [
        ("alert", ASKED, 1 / 6, 3, ClockState.MET),
        ("acknowledge", ASKED, 2, 226, ClockState.MISSED),
        ("video", ASKED, 5, 280, ClockState.MET),
        ("expertise", DOOR, 15, 700 + 14 * 60, ClockState.MISSED),
        ("ct", DOOR, 30, 11 * 60, ClockState.MET),
        ("needle", DOOR, 30, 31 * 60, ClockState.MISSED),
        ("door_out", DOOR, 90, 92 * 60, ClockState.MISSED),
        ("report", at(900), 30, 3100, ClockState.MISSED),  # of the last recommendation
    ],
)
def test_each_clock_of_a_stroke_runs_from_its_start_to_its_end(
    name: str, starts: datetime, minutes: float, elapsed: int, state: ClockState
) -> None:
    clock = _clocks(STROKE)[name]
    now = at(90_000)
    assert clock.started_at == starts
    assert clock.goal == timedelta(minutes=minutes)
    assert (clock.elapsed(now), clock.state(now)) == (timedelta(seconds=elapsed), state)


@pytest.mark.parametrize(
    ("urgency", "indication", "turnaround"),
    [
        (Urgency.STROKE, 5, 15),
        (Urgency.POLYTRAUMA, 5, 30),
        (Urgency.EMERGENCY, 15, 60),
        (Urgency.URGENT, 15, 240),
        (None, 15, 60),  # nobody has said it: as an emergency
    ],
)
def test_images_are_read_as_soon_as_their_urgency_says(
    urgency: Urgency | None, indication: int, turnaround: int
) -> None:
    complete = at(3000)
    moments = Moments(
        ASKED,
        last={State.IMAGES_RECEIVED: complete},
        first={State.REFUSED: at(600), State.INDICATION_GIVEN: at(700), State.PHONED: at(4000)},
        urgency=urgency,
    )
    found = _clocks(moments, UrgentKind.TELERADIOLOGY)
    assert found["indication"].goal == timedelta(minutes=indication)
    assert found["indication"].stopped_at == at(600)
    assert found["turnaround"].goal == timedelta(minutes=turnaround)
    assert (found["turnaround"].started_at, found["turnaround"].stopped_at) == (complete, at(4000))


@pytest.mark.parametrize(
    ("complete", "until"),
    [
        # Friday evening until the end of Monday; before a holiday until the day after it.
        (datetime(2026, 11, 27, 20, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC)),
        (datetime(2026, 12, 24, 11, tzinfo=UTC), datetime(2026, 12, 28, 23, tzinfo=UTC)),
        # Over both clock changes: the day ends at its own midnight.
        (datetime(2026, 3, 27, 10, tzinfo=UTC), datetime(2026, 3, 30, 22, tzinfo=UTC)),
        (datetime(2026, 10, 23, 10, tzinfo=UTC), datetime(2026, 10, 26, 23, tzinfo=UTC)),
    ],
)
def test_routine_is_read_by_the_end_of_the_hubs_next_working_day(complete: datetime, until: datetime) -> None:
    moments = Moments(ASKED, last={State.IMAGES_RECEIVED: complete}, urgency=Urgency.ROUTINE)
    assert _clocks(moments, UrgentKind.TELERADIOLOGY)["turnaround"].goal_at == until
    own = _clocks(moments, UrgentKind.TELERADIOLOGY, {"turnaround_routine": 3600})
    assert own["turnaround"].goal == timedelta(hours=1)


@pytest.mark.parametrize("kind", list(UrgentKind))
def test_a_service_sets_its_own_seconds_and_what_is_no_length_is_passed_over(kind: UrgentKind) -> None:
    assert set(default_targets(kind)) <= set(target_keys(kind))
    own = _clocks(Moments(ASKED), kind, {"acknowledge": 180, "alert": 0, "nonsense": 5})
    assert own["acknowledge"].goal == timedelta(seconds=180)
    assert own["alert"].goal == timedelta(seconds=10)


@pytest.mark.parametrize(
    ("recommendation", "off"),
    [
        (None, set()),
        (Recommendation.STAY, {"needle", "door_out"}),
        (Recommendation.MIMIC, {"needle", "door_out"}),
        (Recommendation.TEAM_DISPATCHED, {"needle", "door_out"}),
        (Recommendation.THROMBOLYSIS, {"door_out"}),
        (Recommendation.TRANSFER, {"needle"}),
        (Recommendation.THROMBOLYSIS_AND_TRANSFER, set()),
    ],
)
def test_what_is_not_recommended_is_not_timed(recommendation: Recommendation | None, off: set[str]) -> None:
    found = _clocks(Moments(ASKED, door_at=DOOR, recommendation=recommendation))
    assert {name for name, one in found.items() if one.state(ASKED) is ClockState.OFF} == off


def test_a_recommendation_by_telephone_needs_no_video_and_a_second_opinion_no_indication() -> None:
    said = Moments(ASKED, first={State.ACKNOWLEDGED: at(60), State.RECOMMENDED: at(200)})
    assert _clocks(said)["video"].state(at(900)) is ClockState.OFF
    for kind in (TeleradiologyKind.SECOND_OPINION, TeleradiologyKind.IMAGE_TRANSFER):
        found = _clocks(Moments(ASKED, legal_kind=kind), UrgentKind.TELERADIOLOGY)
        assert found["indication"].state(ASKED) is ClockState.OFF


def test_what_has_not_stopped_when_the_consult_ends_never_will() -> None:
    moments = Moments(ASKED, first={State.ACKNOWLEDGED: at(60)}, ended_at=at(90))
    found = _clocks(moments)
    assert found["acknowledge"].state(at(9000)) is ClockState.MET
    assert found["video"].state(at(9000)) is ClockState.OFF
    assert next_change(tuple(found.values()), at(9000)) is None


def test_a_clock_changes_by_time_alone_at_its_start_and_at_its_goal() -> None:
    expected = Clock(ClockName.CT, at(60), at(120))  # the ambulance comes in a minute
    assert [expected.state(at(second)) for second in (0, 60, 120, 121)] == [
        *(ClockState.WAITING, ClockState.RUNNING, ClockState.RUNNING, ClockState.LATE)
    ]
    assert [expected.next_change(at(second)) for second in (0, 61, 121)] == [at(60), at(120), None]
    assert expected.elapsed(at(0)) == timedelta()
    assert expected.over(at(150)) == timedelta(seconds=30)
    assert Clock(ClockName.CT, None).state(at(0)) is ClockState.WAITING


@pytest.mark.parametrize("night", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_clock_counts_real_time_on_the_nights_of_a_clock_change(night: datetime) -> None:
    asked = night + timedelta(minutes=50)
    found = _clocks(Moments(asked, door_at=asked))["door_out"]
    assert found.goal_at == asked + timedelta(minutes=90)
    assert found.elapsed(asked + timedelta(hours=1)) == timedelta(hours=1)


@pytest.mark.parametrize(
    ("typed", "now", "meant"),
    [
        (time(7, 58), datetime(2026, 11, 23, 7, 0, tzinfo=UTC), datetime(2026, 11, 23, 6, 58, tzinfo=UTC)),
        # The clock on the wall is a little ahead; and over midnight yesterday is meant, or today already.
        (time(8, 4), datetime(2026, 11, 23, 7, 0, tzinfo=UTC), datetime(2026, 11, 23, 7, 4, tzinfo=UTC)),
        (time(23, 58), datetime(2026, 11, 22, 23, 2, tzinfo=UTC), datetime(2026, 11, 22, 22, 58, tzinfo=UTC)),
        (time(0, 1), datetime(2026, 11, 22, 22, 58, tzinfo=UTC), datetime(2026, 11, 22, 23, 1, tzinfo=UTC)),
        # Autumn: 02:30 is there twice, and the later pass only once it has come.
        (time(2, 30), datetime(2026, 10, 25, 0, 40, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (time(2, 30), datetime(2026, 10, 25, 1, 40, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        # Spring: 02:30 is not there; it moves forward, not into yesterday.
        (time(2, 30), datetime(2026, 3, 29, 1, 40, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_time_on_the_wall_is_the_last_one_that_was(typed: time, now: datetime, meant: datetime) -> None:
    assert last_time_at(typed, now, ZONE) == meant


@given(st.integers(0, 366 * 24 * 60), st.integers(0, 24 * 60 - 1))
def test_a_time_on_the_wall_lies_within_the_last_day(minutes: int, typed: int) -> None:
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = last_time_at(time(typed // 60, typed % 60), instant, ZONE)
    assert instant - timedelta(hours=25) <= found <= instant + timedelta(minutes=5)


def test_christmas_eve_is_worked_and_new_year_is_not() -> None:
    day = datetime(2026, 12, 23, 12, tzinfo=UTC)
    assert _working_day_end(day) == datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert is_public_holiday(date(2027, 1, 1), "DE-NI")
    assert _working_day_end(datetime(2026, 12, 31, 12, tzinfo=UTC)) == datetime(2027, 1, 4, 23, tzinfo=UTC)
