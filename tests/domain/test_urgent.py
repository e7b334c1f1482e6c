"""The states of urgent consults: for each kind one table of what may follow what, and what is next."""

from __future__ import annotations

from itertools import product

import pytest

from confsched.domain.kinds import TeleradiologyKind, UrgentKind
from confsched.domain.kinds import UrgentState as State
from confsched.domain.urgent import (
    ENDED_STATES,
    FIRST_STATES,
    NEXT_STATES,
    OPEN_STATES,
    RINGING_STATES,
    UrgentNext,
    UrgentPart,
    may_become,
    next_urgent_step,
)

STROKE, RADIOLOGY = UrgentKind.TELESTROKE, UrgentKind.TELERADIOLOGY
# One row for each state, one letter for each state after it; every pair that is not here is refused.
LETTERS = {
    "p": State.PRE_ALERT,
    "r": State.REQUESTED,
    "a": State.ALERTED,
    "k": State.ACKNOWLEDGED,
    "v": State.CONNECTED,
    "e": State.RECOMMENDED,
    "i": State.INDICATION_GIVEN,
    "n": State.REFUSED,
    "m": State.MODALITY_CHANGED,
    "s": State.SCANNING,
    "b": State.IMAGES_RECEIVED,
    "l": State.READING,
    "t": State.PHONED,
    "w": State.REPORTED,
    "z": State.CLOSED,
    "x": State.CANCELLED,
}
TABLES = {
    STROKE: "p:rx r:akx a:kx k:vex v:ex e:ew w:z z: x:",
    RADIOLOGY: "r:akx a:kx k:inmbx i:sbnmx n:imz m:insbzx s:bx b:bltwz l:btw t:tw w:z z: x:",
}


@pytest.mark.parametrize("kind", UrgentKind)
def test_each_state_may_become_what_its_row_of_the_table_says_and_nothing_else(kind: UrgentKind) -> None:
    rows = dict(row.split(":") for row in TABLES[kind].split())
    allowed = {(LETTERS[state], LETTERS[wanted]) for state, after in rows.items() for wanted in after}
    assert {pair for pair in product(State, State) if may_become(kind, *pair)} == allowed


@pytest.mark.parametrize("kind", UrgentKind)
def test_every_consult_can_come_to_an_end_and_nobody_waits_where_nothing_follows(kind: UrgentKind) -> None:
    table = NEXT_STATES[kind]
    assert {state for state in table if not table[state]} == ENDED_STATES
    reached, new = set(FIRST_STATES[kind]), set(FIRST_STATES[kind])
    while new:
        new = set().union(*(table[state] for state in new)) - reached
        reached |= new
    assert reached == set(table)
    ending = set(ENDED_STATES)
    for _ in table:
        ending |= {state for state in table if table[state] & ending}
    assert ending == set(table)


def test_what_rings_can_be_taken_and_what_is_open_has_not_ended() -> None:
    assert set(State) == OPEN_STATES | ENDED_STATES
    for kind, state in product(UrgentKind, RINGING_STATES):
        assert may_become(kind, state, State.ACKNOWLEDGED) and may_become(kind, state, State.CANCELLED)


ASKS, ANSWERS, BOTH = UrgentPart(asks=True), UrgentPart(answers=True), UrgentPart(asks=True, answers=True)


@pytest.mark.parametrize(
    ("kind", "state", "part", "then"),
    [
        (STROKE, State.PRE_ALERT, ASKS, UrgentNext.REQUEST),
        (STROKE, State.ALERTED, ASKS, UrgentNext.CALL),
        (STROKE, State.ALERTED, ANSWERS, UrgentNext.TAKE),
        (STROKE, State.ALERTED, BOTH, UrgentNext.TAKE),
        (STROKE, State.ALERTED, UrgentPart(), UrgentNext.WAIT),
        (STROKE, State.ACKNOWLEDGED, ASKS, UrgentNext.CONNECT),
        (STROKE, State.CONNECTED, ASKS, UrgentNext.WAIT),
        (STROKE, State.CONNECTED, ANSWERS, UrgentNext.RECOMMEND),
        (STROKE, State.RECOMMENDED, ANSWERS, UrgentNext.REPORT),
        (STROKE, State.CLOSED, BOTH, UrgentNext.NOTHING),
        (STROKE, State.CANCELLED, ANSWERS, UrgentNext.NOTHING),
        (RADIOLOGY, State.ACKNOWLEDGED, ANSWERS, UrgentNext.DECIDE_INDICATION),
        (RADIOLOGY, State.ACKNOWLEDGED, ASKS, UrgentNext.WAIT),
        (RADIOLOGY, State.INDICATION_GIVEN, ASKS, UrgentNext.SCAN),
        (RADIOLOGY, State.INDICATION_GIVEN, ANSWERS, UrgentNext.WAIT),
        (RADIOLOGY, State.SCANNING, ASKS, UrgentNext.SEND_IMAGES),
        (RADIOLOGY, State.IMAGES_RECEIVED, ANSWERS, UrgentNext.READ),
        (RADIOLOGY, State.PHONED, ANSWERS, UrgentNext.REPORT),
        (RADIOLOGY, State.REFUSED, ASKS, UrgentNext.CLOSE),
    ],
)
def test_each_reader_is_told_what_comes_next(
    kind: UrgentKind, state: State, part: UrgentPart, then: UrgentNext
) -> None:
    assert next_urgent_step(kind, state, part) is then


@pytest.mark.parametrize("legal", [TeleradiologyKind.SECOND_OPINION, TeleradiologyKind.IMAGE_TRANSFER])
def test_images_that_exist_are_sent_without_an_indication(legal: TeleradiologyKind) -> None:
    next_asked = next_urgent_step(RADIOLOGY, State.ACKNOWLEDGED, ASKS, legal_kind=legal)
    assert next_asked is UrgentNext.SEND_IMAGES
    assert next_urgent_step(RADIOLOGY, State.ACKNOWLEDGED, ANSWERS, legal_kind=legal) is UrgentNext.WAIT
