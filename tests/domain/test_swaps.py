"""What becomes of a proposal to swap: every state, every move, every part."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.kinds import SwapState
from confsched.domain.rosters import duty_span
from confsched.domain.swaps import (
    Move,
    Part,
    SwapFacts,
    is_open,
    is_repeat,
    moves_of,
    next_state,
    part_to_give,
    remaining,
)
from confsched.errors import Conflict, Refusal

ZONE = "Europe/Berlin"
GIVER, TAKER, THIRD = (uuid.UUID(int=number) for number in range(1, 4))
NIGHT = duty_span(date(2026, 11, 23), time(22), time(6), ZONE)
BEFORE = NIGHT.starts_at - timedelta(minutes=1)
PROPOSED, ACCEPTED, EFFECTIVE = SwapState.PROPOSED, SwapState.ACCEPTED, SwapState.EFFECTIVE
DECLINED, WITHDRAWN = SwapState.DECLINED, SwapState.WITHDRAWN
EVERY_PART = frozenset(Part)


def _facts(state: SwapState = PROPOSED, **other: object) -> SwapFacts:
    return replace(SwapFacts(state, NIGHT, GIVER, GIVER), **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "move", "part", "after"),
    [
        (PROPOSED, Move.ACCEPT, Part.ASKED, ACCEPTED),
        (PROPOSED, Move.DECLINE, Part.NAMED, DECLINED),
        (PROPOSED, Move.WITHDRAW, Part.GIVER, WITHDRAWN),
        (PROPOSED, Move.WITHDRAW, Part.PROPOSER, WITHDRAWN),
        (PROPOSED, Move.WITHDRAW, Part.SECRETARY, WITHDRAWN),
        (ACCEPTED, Move.DECLINE, Part.TAKER, PROPOSED),
        (ACCEPTED, Move.WITHDRAW, Part.GIVER, WITHDRAWN),
        (ACCEPTED, Move.WITHDRAW, Part.PROPOSER, WITHDRAWN),
        (ACCEPTED, Move.WITHDRAW, Part.SECRETARY, WITHDRAWN),
        (ACCEPTED, Move.APPROVE, Part.SECRETARY, EFFECTIVE),
        (ACCEPTED, Move.REJECT, Part.SECRETARY, DECLINED),
    ],
)
def test_each_part_may_make_its_move_and_no_other_part_may(
    state: SwapState, move: Move, part: Part, after: SwapState
) -> None:
    facts = _facts(state)
    assert next_state(facts, move, frozenset({part}), BEFORE) is after
    assert move in moves_of(facts, frozenset({part}), BEFORE)
    strangers = [other for other in Part if move not in moves_of(facts, frozenset({other}), BEFORE)]
    assert part not in strangers
    for stranger in strangers:
        with pytest.raises(Refusal, match="Only"):
            next_state(facts, move, frozenset({stranger}), BEFORE)


@pytest.mark.parametrize(("state", "move"), list(product([EFFECTIVE, DECLINED, WITHDRAWN], Move)))
def test_what_has_ended_stays_ended_whoever_asks(state: SwapState, move: Move) -> None:
    with pytest.raises(Conflict):
        next_state(_facts(state), move, EVERY_PART, BEFORE)
    assert moves_of(_facts(state), EVERY_PART, BEFORE) == frozenset()
    assert not is_open(state)


def test_without_approval_a_yes_takes_effect_at_once() -> None:
    facts = _facts(needs_approval=False)
    assert next_state(facts, Move.ACCEPT, frozenset({Part.ASKED}), BEFORE) is EFFECTIVE


def test_who_was_asked_by_name_and_steps_back_ends_the_proposal() -> None:
    facts = _facts(ACCEPTED, asked_id=TAKER, taker_id=TAKER)
    assert next_state(facts, Move.DECLINE, frozenset({Part.TAKER}), BEFORE) is DECLINED


def test_the_second_taker_hears_that_a_colleague_was_faster() -> None:
    for state in (ACCEPTED, EFFECTIVE):
        with pytest.raises(Conflict, match="faster"):
            next_state(_facts(state, taker_id=TAKER), Move.ACCEPT, frozenset({Part.ASKED}), BEFORE)


@pytest.mark.parametrize(
    ("state", "move", "person_id", "expected"),
    [
        (ACCEPTED, Move.ACCEPT, TAKER, True),
        (EFFECTIVE, Move.ACCEPT, TAKER, True),
        (ACCEPTED, Move.ACCEPT, THIRD, False),
        (PROPOSED, Move.ACCEPT, TAKER, False),
        (WITHDRAWN, Move.WITHDRAW, GIVER, True),
        (DECLINED, Move.DECLINE, TAKER, True),
        (DECLINED, Move.REJECT, THIRD, True),
        (EFFECTIVE, Move.APPROVE, THIRD, True),
        (ACCEPTED, Move.APPROVE, THIRD, False),
    ],
)
def test_a_move_sent_twice_is_known(
    state: SwapState, move: Move, person_id: uuid.UUID, expected: bool
) -> None:
    facts = _facts(state, taker_id=None if state is PROPOSED else TAKER)
    assert is_repeat(facts, move, person_id) is expected


def test_a_yes_a_minute_before_the_duty_gives_the_whole_duty() -> None:
    assert remaining(NIGHT, BEFORE) == NIGHT


def test_of_a_running_duty_only_what_is_left_changes_hands() -> None:
    just_begun = NIGHT.starts_at + timedelta(minutes=1, seconds=20)
    assert remaining(NIGHT, just_begun) == Span(NIGHT.starts_at + timedelta(minutes=2), NIGHT.ends_at)


def test_what_is_over_cannot_be_taken_or_approved_but_tidied_away() -> None:
    facts = _facts(ACCEPTED, taker_id=TAKER)
    for move in (Move.APPROVE,):
        with pytest.raises(Conflict, match="over"):
            next_state(facts, move, EVERY_PART, NIGHT.ends_at)
    assert moves_of(facts, EVERY_PART, NIGHT.ends_at) == {Move.DECLINE, Move.WITHDRAW, Move.REJECT}
    with pytest.raises(Conflict, match="over"):
        next_state(_facts(), Move.ACCEPT, EVERY_PART, NIGHT.ends_at - timedelta(seconds=1))


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_a_part_of_a_night_with_a_clock_change_is_its_elapsed_time(day: date) -> None:
    """Line 13: 22:00 to 06:00 lasts 7 h in March and 9 h in October; from 04:00 on it is 2 h in both."""
    night = duty_span(day, time(22), time(6), ZONE)
    four = clock.to_instant(day + timedelta(days=1), time(4), ZONE)
    assert part_to_give(night, four, None, night.starts_at).duration == timedelta(hours=2)
    assert part_to_give(night, None, None, night.starts_at) == night


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [(-60, None, "starts_at"), (None, 60 * 9, "ends_at"), (120, 60, "ends_at"), (60, 60, "ends_at")],
)
def test_a_part_lies_inside_the_duty(starts: int | None, ends: int | None, field: str) -> None:
    def at(minutes: int | None) -> datetime | None:
        return None if minutes is None else NIGHT.starts_at + timedelta(minutes=minutes)

    with pytest.raises(Refusal) as caught:
        part_to_give(NIGHT, at(starts), at(ends), BEFORE)
    assert caught.value.field == field


def test_a_part_that_has_passed_is_cut_off() -> None:
    now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert part_to_give(NIGHT, None, None, now).starts_at == now
