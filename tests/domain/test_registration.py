"""Cases on their way onto a list: decision tables of lanes, of dates that suit, of order and of change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, Lamp, LateRule, StandardCare
from confsched.domain.registration import (
    MAX_CASES,
    Date,
    Needs,
    find_earliest,
    free_minutes,
    judge,
    lane_of,
    may_change,
    question_lamp,
    ready_state,
    seniority,
)

STARTS = datetime(2026, 11, 26, 14, tzinfo=UTC)
DAY_BEFORE = STARTS - timedelta(days=1)
MOMENT = timedelta(seconds=1)
RADIOLOGY, PATHOLOGY, ONCOLOGY = "Radiologie", "Pathologie", "Onkologie"
OPEN, FROZEN = ConferenceState.REGISTRATION_OPEN, ConferenceState.FROZEN
CHAIR, NEXT = LateRule.CHAIR_APPROVES, LateRule.NEXT_DATE
DISCUSSION, LATE, STANDARD = CaseLane.DISCUSSION, CaseLane.LATE, CaseLane.STANDARD_CARE
DATE = Date(
    span=Span(STARTS, STARTS + timedelta(hours=1)),
    state=OPEN,
    cutoff_minutes=1440,
    late_rule=CHAIR,
    standard_care=StandardCare.LISTED,
    free_minutes=13,
    cases=7,
    present=frozenset({RADIOLOGY, PATHOLOGY}),
    declined=frozenset({ONCOLOGY}),
)
NEEDS = Needs(frozenset({RADIOLOGY}), 7)
IN_TIME = DAY_BEFORE - MOMENT


@pytest.mark.parametrize(
    ("state", "rule", "is_standard", "policy", "now", "lane"),
    [
        pytest.param(OPEN, CHAIR, False, "listed", IN_TIME, DISCUSSION, id="a second before the cut-off"),
        pytest.param(OPEN, CHAIR, False, "listed", DAY_BEFORE, LATE, id="at the cut-off the chair approves"),
        pytest.param(OPEN, NEXT, False, "listed", DAY_BEFORE, None, id="at the cut-off the next date"),
        pytest.param(FROZEN, CHAIR, False, "listed", IN_TIME, LATE, id="frozen before the cut-off"),
        pytest.param(FROZEN, NEXT, False, "listed", IN_TIME, None, id="frozen, and late ones go on"),
        pytest.param(OPEN, CHAIR, True, "listed", IN_TIME, STANDARD, id="standard of care is listed"),
        pytest.param(OPEN, NEXT, True, "listed", STARTS - MOMENT, STANDARD, id="listed until it begins"),
        pytest.param(OPEN, CHAIR, True, "discussed", IN_TIME, DISCUSSION, id="here it is discussed"),
        pytest.param(OPEN, CHAIR, True, "discussed", DAY_BEFORE, LATE, id="discussed, and too late"),
        pytest.param(OPEN, CHAIR, False, "listed", STARTS, None, id="it has begun"),
        pytest.param(OPEN, CHAIR, True, "listed", STARTS, None, id="it has begun for the list as well"),
        *(
            pytest.param(state, CHAIR, True, "listed", IN_TIME, None, id=f"{state} takes none")
            for state in sorted(set(ConferenceState) - {OPEN, FROZEN})
        ),
    ],
)
def test_the_lane_follows_cutoff_late_rule_and_standard_of_care(
    state: ConferenceState, rule: LateRule, is_standard: bool, policy: str, now: datetime, lane: CaseLane
) -> None:
    date = replace(DATE, state=state, late_rule=rule, standard_care=StandardCare(policy))
    assert lane_of(date, is_standard_care=is_standard, now=now) is lane


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_cutoff_is_so_many_hours_as_they_pass_also_over_a_clock_change(day: datetime) -> None:
    """Cover line 12: 24 hours before Sunday noon are 11:00 or 13:00 of Saturday by the clock on the wall."""
    starts_at = day + timedelta(hours=10)
    date = replace(DATE, span=Span(starts_at, starts_at + timedelta(hours=1)))
    closes_at = starts_at - timedelta(hours=24)
    assert lane_of(date, is_standard_care=False, now=closes_at - MOMENT) is DISCUSSION
    assert lane_of(date, is_standard_care=False, now=closes_at) is LATE


def _window(start: int, end: int) -> Span:
    return Span(STARTS + timedelta(minutes=start), STARTS + timedelta(minutes=end))


@pytest.mark.parametrize(
    ("date", "needs", "now", "said", "may_register"),
    [
        pytest.param({}, {}, IN_TIME, [], True, id="it suits"),
        pytest.param({"free_minutes": 7}, {}, IN_TIME, [], True, id="exactly its minutes are free"),
        pytest.param(
            {"free_minutes": 6}, {}, IN_TIME, ["Only 6 minutes are free."], False, id="no free minutes"
        ),
        pytest.param(
            {"free_minutes": -4}, {}, IN_TIME, ["Only 0 minutes are free."], False, id="given away twice"
        ),
        pytest.param(
            {"present": frozenset({RADIOLOGY})},
            {"disciplines": frozenset({RADIOLOGY, PATHOLOGY})},
            IN_TIME,
            ["Pathologie is not present."],
            True,
            id="pathology is not present",
        ),
        pytest.param(
            {},
            {"disciplines": frozenset({ONCOLOGY})},
            IN_TIME,
            ["Onkologie has declined."],
            True,
            id="a needed discipline has declined",
        ),
        pytest.param(
            {},
            {"disciplines": frozenset({"Dermatologie"})},
            IN_TIME,
            ["Dermatologie is not asked to come."],
            True,
            id="a needed discipline is not asked",
        ),
        pytest.param(
            {},
            {},
            DAY_BEFORE,
            ["Registration has closed; the chair would have to approve."],
            True,
            id="after the cut-off",
        ),
        pytest.param(
            {"late_rule": NEXT},
            {},
            DAY_BEFORE,
            ["Registration has closed; what comes later goes to the next date."],
            False,
            id="after the cut-off without a late lane",
        ),
        pytest.param(
            {"cases": MAX_CASES},
            {},
            IN_TIME,
            ["As many cases are listed as one date takes."],
            False,
            id="the list is full",
        ),
        pytest.param({}, {"window": _window(50, 57)}, IN_TIME, [], True, id="the presenter's seven minutes"),
        pytest.param(
            {},
            {"window": _window(54, 90)},
            IN_TIME,
            ["The presenter is not to be had long enough."],
            False,
            id="the presenter comes too late",
        ),
        pytest.param(
            {},
            {},
            STARTS,
            ["It has begun, or it is over or called off."],
            False,
            id="it has begun",
        ),
        pytest.param(
            {"free_minutes": 0},
            {"is_standard_care": True, "disciplines": frozenset({ONCOLOGY})},
            DAY_BEFORE,
            [],
            True,
            id="standard of care needs nobody and no minutes",
        ),
    ],
)
def test_each_reason_why_a_date_does_not_suit_is_said(
    date: dict[str, object], needs: dict[str, object], now: datetime, said: list[str], may_register: bool
) -> None:
    verdict = judge(replace(DATE, **date), replace(NEEDS, **needs), now=now)  # type: ignore[arg-type]
    assert [str(one.words) for one in verdict.hindrances] == said
    assert (verdict.suits, verdict.may_register) == (not said, may_register)


def test_the_earliest_date_that_suits_is_the_first_without_a_reason_against_it() -> None:
    full, late = replace(DATE, free_minutes=0), replace(DATE, state=FROZEN)
    verdicts = [judge(date, NEEDS, now=IN_TIME) for date in (full, late, DATE, DATE)]
    assert find_earliest(verdicts) == 2
    assert find_earliest(verdicts[:2]) is None


def test_a_mark_changes_with_what_a_page_has_said() -> None:
    dates = (DATE, replace(DATE, state=FROZEN), replace(DATE, free_minutes=0), replace(DATE, cases=MAX_CASES))
    assert len({judge(date, NEEDS, now=IN_TIME).mark for date in dates}) == len(dates)
    assert judge(replace(DATE, free_minutes=12), NEEDS, now=IN_TIME) == judge(DATE, NEEDS, now=IN_TIME)


def test_only_what_is_discussed_takes_minutes() -> None:
    listed = [
        (DISCUSSION, CaseState.SUBMITTED, 7),
        (DISCUSSION, CaseState.RECOMMENDED, 5),
        (DISCUSSION, CaseState.WITHDRAWN, 9),
        (DISCUSSION, CaseState.DEFERRED, 9),
        (LATE, CaseState.SUBMITTED, 4),
        (STANDARD, CaseState.NOTED, 3),
    ]
    assert free_minutes(60, listed) == 48
    assert free_minutes(10, listed) == -2


def test_a_case_deferred_twice_goes_before_one_deferred_once_and_both_before_new_ones() -> None:
    """Case deferred twice: it keeps its seniority, whenever it was registered first."""
    cases = {
        "new, waits longest": seniority(is_urgent=False, deferrals=0, first_registered_at=STARTS),
        "new": seniority(is_urgent=False, deferrals=0, first_registered_at=STARTS + MOMENT),
        "once": seniority(is_urgent=False, deferrals=1, first_registered_at=STARTS + 3 * MOMENT),
        "twice": seniority(is_urgent=False, deferrals=2, first_registered_at=STARTS + 4 * MOMENT),
        "urgent": seniority(is_urgent=True, deferrals=0, first_registered_at=STARTS + 5 * MOMENT),
    }
    assert sorted(cases, key=lambda name: cases[name]) == [
        *("urgent", "twice", "once"),
        *("new, waits longest", "new"),
    ]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 100)), max_size=12))
def test_seniority_never_puts_a_new_case_before_one_that_was_put_off(
    drawn: list[tuple[bool, int, int]],
) -> None:
    keys = sorted(
        seniority(is_urgent=urgent, deferrals=times, first_registered_at=STARTS + minute * MOMENT)
        for urgent, times, minute in drawn
    )
    for one, other in pairwise(keys):
        assert one[0] < other[0] or one[1] <= other[1]


@pytest.mark.parametrize(
    ("text", "lamp"),
    [("  ", Lamp.MISSING), ("Zweitlinie", Lamp.PARTLY), ("Erhaltung oder Pause?", Lamp.THERE)],
)
def test_a_question_of_one_word_is_there_in_part(text: str, lamp: Lamp) -> None:
    assert question_lamp(text) is lamp


@pytest.mark.parametrize(
    ("imaging", "pathology", "state"),
    [
        (Lamp.THERE, Lamp.THERE, CaseState.READY),
        (Lamp.THERE, Lamp.NOT_NEEDED, CaseState.READY),
        (Lamp.PARTLY, Lamp.THERE, CaseState.INCOMPLETE),
        (Lamp.THERE, Lamp.MISSING, CaseState.INCOMPLETE),
        (Lamp.UNKNOWN, Lamp.NOT_NEEDED, CaseState.INCOMPLETE),
    ],
)
def test_a_case_is_ready_when_nothing_is_missing(imaging: Lamp, pathology: Lamp, state: CaseState) -> None:
    assert ready_state(imaging, pathology) is state


@pytest.mark.parametrize(
    ("state", "lane", "conference", "is_late", "is_desk", "may"),
    [
        pytest.param(CaseState.SUBMITTED, DISCUSSION, OPEN, False, False, True, id="before the cut-off"),
        pytest.param(CaseState.READY, DISCUSSION, OPEN, True, False, False, id="after the cut-off"),
        pytest.param(CaseState.READY, DISCUSSION, OPEN, True, True, True, id="the desk after the cut-off"),
        pytest.param(CaseState.SUBMITTED, LATE, FROZEN, True, False, True, id="while it waits as late"),
        pytest.param(
            CaseState.READY, DISCUSSION, ConferenceState.RUNNING, True, True, False, id="it runs already"
        ),
        pytest.param(CaseState.WITHDRAWN, DISCUSSION, OPEN, False, True, False, id="it was withdrawn"),
        pytest.param(CaseState.REJECTED, DISCUSSION, OPEN, False, True, False, id="it was rejected"),
    ],
)
def test_a_case_may_be_changed_by_whom_and_until_when(
    state: CaseState,
    lane: CaseLane,
    conference: ConferenceState,
    is_late: bool,
    is_desk: bool,
    may: bool,
) -> None:
    assert may_change(state, lane, conference, is_late=is_late, is_desk=is_desk) is may
