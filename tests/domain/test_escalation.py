"""Ladders: when each call is due, whom of a line it calls, what a skip moves; as tables and as properties."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched import clock
from confsched.domain.escalation import (
    MAX_ROUNDS,
    ROUND_PAUSE,
    Candidate,
    LadderState,
    Rung,
    Step,
    alarms_owner,
    choose,
    ladder_state,
    next_round,
    plan,
    positions_of_round,
    round_of,
    step_of,
    time_saved,
)
from confsched.domain.kinds import EscalationTarget as Target
from confsched.domain.kinds import SkipReason
from confsched.domain.ladders import find_faults, list_warnings

START = datetime(2026, 1, 6, 2, 0, tzinfo=UTC)  # 03:00 in Berlin, a holiday at the hub
LINE, OTHER_LINE = UUID(int=1), UUID(int=2)
CARD = Step(Target.PHONE_CARD, delay_seconds=60)


def line(delay: int = 0, repeats: int = 0, every: int = 60, line_id: UUID = LINE) -> Step:
    return Step(Target.DUTY_LINE, line_id, delay_seconds=delay, repeats=repeats, repeat_seconds=every)


def seconds(rungs: Sequence[Rung], start: datetime = START) -> list[tuple[int, int, int]]:
    return [(one.position, one.repeat, int((one.due_at - start).total_seconds())) for one in rungs]


# ---- when ----

PLANS: dict[str, tuple[list[Step], list[tuple[int, int, int]]]] = {
    "no steps: the number at once": ([], [(1, 0, 0)]),
    "one step": ([line()], [(1, 0, 0)]),
    "delays add up": ([line(), line(180), CARD], [(1, 0, 0), (2, 0, 180), (3, 0, 240)]),
    "the first step may wait": ([line(30), CARD], [(1, 0, 30), (2, 0, 90)]),
    "repeats until the next step": (
        [line(repeats=5), line(180)],
        [(1, 0, 0), (1, 1, 60), (1, 2, 120), (2, 0, 180)],
    ),
    "the last step is repeated to the end": (
        [line(repeats=2, every=15)],
        [(1, 0, 0), (1, 1, 15), (1, 2, 30)],
    ),
    "a number is shown once": ([Step(Target.PHONE_CARD, repeats=3)], [(1, 0, 0)]),
    "two steps at once": ([line(), line(0), CARD], [(1, 0, 0), (2, 0, 0), (3, 0, 60)]),
}


@pytest.mark.parametrize(("steps", "expected"), PLANS.values(), ids=PLANS)
def test_a_plan_says_when_each_call_is_due(steps: list[Step], expected: list[tuple[int, int, int]]) -> None:
    assert seconds(plan(steps, START)) == expected


A_STEP = st.builds(
    Step,
    target=st.sampled_from(Target),
    delay_seconds=st.integers(0, 3600),
    repeats=st.integers(0, 5),
    repeat_seconds=st.integers(15, 600),
)


@given(steps=st.lists(A_STEP, min_size=1, max_size=12), number=st.integers(0, MAX_ROUNDS - 1))
def test_a_plan_is_the_sum_of_its_delays_and_never_goes_back(steps: list[Step], number: int) -> None:
    rungs = plan(steps, START, round_number=number)
    firsts = [rung for rung in rungs if rung.repeat == 0]
    assert [rung.step for rung in firsts] == steps
    assert [rung.due_at for rung in firsts] == [
        START + timedelta(seconds=sum(step.delay_seconds for step in steps[: index + 1]))
        for index in range(len(steps))
    ]
    assert [rung.due_at for rung in rungs] == sorted(rung.due_at for rung in rungs)
    assert len({(rung.position, rung.repeat) for rung in rungs}) == len(rungs)
    assert {round_of(rung.position) for rung in rungs} == {number}
    assert [step_of(rung.position) for rung in firsts] == list(range(1, len(steps) + 1))
    assert all(rung.position in positions_of_round(rungs[0].position) for rung in rungs)


@given(
    steps=st.lists(A_STEP, min_size=1, max_size=12),
    skipped=st.integers(0, 11),
    late=st.integers(-4000, 4000),
)
def test_a_skip_makes_the_next_step_due_and_moves_the_rest_alike(
    steps: list[Step], skipped: int, late: int
) -> None:
    rungs = plan(steps, START)
    rest = [rung.due_at for rung in rungs if step_of(rung.position) > skipped]
    now = START + timedelta(seconds=late)
    moved = [due_at - time_saved(rest, now) for due_at in rest]
    assert all(before >= after for before, after in zip(rest, moved, strict=True))
    gaps, gaps_before = [[b - a for a, b in pairwise(some)] for some in (moved, rest)]
    assert gaps == gaps_before
    assert not moved or moved[0] == min(now, min(rest))


def test_the_clock_change_does_not_stretch_a_ladder() -> None:
    """Seconds are seconds: in both nights the ladder of 02:59 local time goes on through the change."""
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        start = clock.to_instant(day, time(1, 59), "Europe/Berlin")
        assert seconds(plan([line(), line(180), CARD], start), start) == [(1, 0, 0), (2, 0, 180), (3, 0, 240)]


def test_a_ladder_begins_again_twice_and_then_ends() -> None:
    first = next_round(3, START)
    assert first == (1, START + ROUND_PAUSE)
    second = next_round(plan([line()], START, round_number=1)[-1].position, START)
    assert second == (2, START + ROUND_PAUSE)
    assert next_round(plan([line()], START, round_number=2)[-1].position, START) is None


# ---- whom ----

FREE, FREE_TOO = Candidate(UUID(int=11), "Free"), Candidate(UUID(int=12), "Free too")
BUSY = Candidate(UUID(int=13), "Busy", is_busy=True)
AT_WORK = Candidate(UUID(int=14), "At work", is_busy=True, open_consults=1)
FULL = Candidate(UUID(int=15), "Full", is_busy=True, open_consults=2)
SILENT = Candidate(UUID(int=16), "Silent", is_reachable=False)
CALLED = Candidate(UUID(int=17), "Called", was_called=True)
CAP = 2

CHOICES: dict[str, tuple[list[Candidate], bool, list[str], SkipReason | None]] = {
    "the one who is free": ([FREE], False, ["Free"], None),
    "all who are free at once": ([FREE, FREE_TOO], False, ["Free", "Free too"], None),
    "free before busy": ([BUSY, FREE], False, ["Free"], None),
    "busy, since nobody is free": ([BUSY], False, ["Busy"], None),
    "of the busy, who has less first": ([AT_WORK, BUSY], False, ["Busy", "At work"], None),
    "a repeat calls the busy too": ([BUSY, FREE], True, ["Free", "Busy"], None),
    "at the cap: spills to the next": ([FULL, AT_WORK], False, ["At work"], None),
    "at the cap, also in a repeat": ([FULL, FREE], True, ["Free"], None),
    "without a contact point: the next": ([SILENT, BUSY], False, ["Busy"], None),
    "called by another step: the next": ([CALLED, BUSY], False, ["Busy"], None),
    "nobody on duty": ([], False, [], SkipReason.NOBODY_ON_DUTY),
    "nobody reachable": ([SILENT], False, [], SkipReason.NOBODY_REACHABLE),
    "all at their cap": ([FULL], False, [], SkipReason.ALL_AT_CAP),
    "all called before": ([CALLED], False, [], SkipReason.ALREADY_ALERTED),
    "full and silent: full": ([SILENT, FULL], False, [], SkipReason.ALL_AT_CAP),
    "silent and called: silent": ([CALLED, SILENT], False, [], SkipReason.NOBODY_REACHABLE),
}


@pytest.mark.parametrize(("candidates", "is_repeat", "names", "skipped"), CHOICES.values(), ids=CHOICES)
def test_a_line_calls(
    candidates: list[Candidate], is_repeat: bool, names: list[str], skipped: SkipReason | None
) -> None:
    """Cover line 34 where it matters most: who has no proven contact point is passed over, and it is said."""
    choice = choose(candidates, CAP, is_repeat=is_repeat)
    assert [one.name for one in choice.called] == names
    assert choice.skipped is skipped


A_CANDIDATE = st.builds(
    Candidate,
    person_id=st.uuids(),
    is_reachable=st.booleans(),
    is_busy=st.booleans(),
    open_consults=st.integers(0, 3),
    was_called=st.booleans(),
)


@given(candidates=st.lists(A_CANDIDATE, max_size=6), cap=st.integers(1, 3), is_repeat=st.booleans())
def test_everybody_is_called_passed_over_or_kept_for_the_repeat(
    candidates: list[Candidate], cap: int, is_repeat: bool
) -> None:
    choice = choose(candidates, cap, is_repeat=is_repeat)
    told = [*choice.called, *choice.waiting, *(one for one, _ in choice.passed)]
    assert sorted(one.person_id for one in told) == sorted(one.person_id for one in candidates)
    assert (choice.skipped is None) == bool(choice.called)
    assert all(one.is_reachable and one.open_consults < cap for one in choice.called)
    assert not (choice.waiting and is_repeat)


@pytest.mark.parametrize("reason", [*SkipReason, None])
def test_the_owner_hears_of_a_gap_and_not_of_one_person_on_two_lines(reason: SkipReason | None) -> None:
    quiet = (None, SkipReason.ALREADY_ALERTED)
    assert alarms_owner(reason) is (reason not in quiet)


# ---- as the page says it ----

STATES = {
    "calling": (False, True, False, LadderState.CALLING),
    "the number is shown, and it goes on": (False, True, True, LadderState.PHONE),
    "at its end": (False, False, True, LadderState.EXHAUSTED),
    "taken": (True, True, True, LadderState.STOPPED),
}


@pytest.mark.parametrize(("is_over", "is_waiting", "shows", "expected"), STATES.values(), ids=STATES)
def test_a_ladder_is(is_over: bool, is_waiting: bool, shows: bool, expected: LadderState) -> None:
    assert ladder_state(is_over=is_over, is_waiting=is_waiting, shows_number=shows) is expected


# ---- as it is set ----

FAULTS: dict[str, tuple[list[Step], list[tuple[int, str]]]] = {
    "a good one": ([line(repeats=2), line(180, line_id=OTHER_LINE), CARD], []),
    "nothing": ([], [(0, "target")]),
    "too many": ([line(1, line_id=UUID(int=n)) for n in range(13)], [(12, "target")]),
    "a line twice: it is repeated instead": ([line(), line(60), CARD], [(1, "line_id")]),
    "no line": ([Step(Target.FALLBACK_HUB), CARD], [(0, "line_id")]),
    "a rotation needs none": ([Step(Target.HUB_ROTATION), CARD], []),
    "the number in the middle": ([CARD, line()], [(0, "target")]),
    "a delay out of bounds": (
        [line(3601), line(-1, line_id=OTHER_LINE)],
        [(0, "delay_seconds"), (1, "delay_seconds")],
    ),
    "repeats out of bounds": (
        [line(repeats=6), line(repeats=-1, line_id=OTHER_LINE)],
        [(0, "repeats"), (1, "repeats")],
    ),
    "pauses out of bounds": (
        [line(every=14), line(every=601, line_id=OTHER_LINE)],
        [(0, "repeat_seconds"), (1, "repeat_seconds")],
    ),
    "a long number": ([Step(Target.PHONE_CARD, phone="0" * 41)], [(0, "phone")]),
}


@pytest.mark.parametrize(("steps", "expected"), FAULTS.values(), ids=FAULTS)
def test_a_ladder_is_refused_for(steps: list[Step], expected: list[tuple[int, str]]) -> None:
    assert [(fault.index, fault.field) for fault in find_faults(steps)] == expected


WARNINGS: dict[str, tuple[list[Step], list[str]]] = {
    "a good one": ([line(), line(180, line_id=OTHER_LINE), CARD], []),
    "no number at the end": ([line()], ["does not end with a number"]),
    "a first step that waits": ([line(30), CARD], ["waits 30 seconds"]),
    "an end that is late": ([line(), line(601, line_id=OTHER_LINE), CARD], ["after 11 minutes"]),
    "repeats cut off": ([line(repeats=3), line(180, line_id=OTHER_LINE), CARD], ["Step 1: repeats end"]),
}


@pytest.mark.parametrize(("steps", "expected"), WARNINGS.values(), ids=WARNINGS)
def test_a_ladder_is_warned_of(steps: list[Step], expected: list[str]) -> None:
    said = [str(warning) for warning in list_warnings(steps)]
    assert len(said) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, said, strict=True))
