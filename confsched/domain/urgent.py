"""The urgent consult: the states of its kinds, which may follow which, and what is to be done next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from confsched.domain.kinds import TeleradiologyKind, UrgentKind
from confsched.domain.kinds import UrgentState as State

# Nobody has said yet that they take it: the ladder runs.
RINGING_STATES = frozenset({State.REQUESTED, State.ALERTED})
ENDED_STATES = frozenset({State.CLOSED, State.CANCELLED})
OPEN_STATES = frozenset(State) - ENDED_STATES
# As a consult may begin; a pre-alert is announced by the ambulance and calls nobody yet.
FIRST_STATES: Mapping[UrgentKind, frozenset[State]] = {
    UrgentKind.TELESTROKE: frozenset({State.PRE_ALERT, State.REQUESTED}),
    UrgentKind.TELERADIOLOGY: frozenset({State.REQUESTED}),
}

_TELESTROKE: Mapping[State, frozenset[State]] = {
    State.PRE_ALERT: frozenset({State.REQUESTED, State.CANCELLED}),
    State.REQUESTED: frozenset({State.ALERTED, State.ACKNOWLEDGED, State.CANCELLED}),
    State.ALERTED: frozenset({State.ACKNOWLEDGED, State.CANCELLED}),
    # A recommendation may be given by telephone, without a picture.
    State.ACKNOWLEDGED: frozenset({State.CONNECTED, State.RECOMMENDED, State.CANCELLED}),
    State.CONNECTED: frozenset({State.RECOMMENDED, State.CANCELLED}),
    # Said again: it was changed, and the one before stays on record.
    State.RECOMMENDED: frozenset({State.RECOMMENDED, State.REPORTED}),
    State.REPORTED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
    State.CANCELLED: frozenset(),
}

_TELERADIOLOGY: Mapping[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.ALERTED, State.ACKNOWLEDGED, State.CANCELLED}),
    State.ALERTED: frozenset({State.ACKNOWLEDGED, State.CANCELLED}),
    # Second opinions and transfers of images need no indication: the images exist.
    State.ACKNOWLEDGED: frozenset(
        {State.INDICATION_GIVEN, State.REFUSED, State.MODALITY_CHANGED, State.IMAGES_RECEIVED}
    )
    | {State.CANCELLED},
    State.INDICATION_GIVEN: frozenset(
        {State.SCANNING, State.IMAGES_RECEIVED, State.REFUSED, State.MODALITY_CHANGED, State.CANCELLED}
    ),
    # What was refused may be asked again with more facts.
    State.REFUSED: frozenset({State.INDICATION_GIVEN, State.MODALITY_CHANGED, State.CLOSED}),
    # An examination that is not read elsewhere, as a sonography, ends it here.
    State.MODALITY_CHANGED: frozenset({State.INDICATION_GIVEN, State.REFUSED, State.SCANNING})
    | {State.IMAGES_RECEIVED, State.CLOSED, State.CANCELLED},
    State.SCANNING: frozenset({State.IMAGES_RECEIVED, State.CANCELLED}),
    # Received again: more images came, and the time to read them counts from there.
    State.IMAGES_RECEIVED: frozenset({State.IMAGES_RECEIVED, State.READING, State.PHONED, State.REPORTED})
    | {State.CLOSED},
    State.READING: frozenset({State.IMAGES_RECEIVED, State.PHONED, State.REPORTED}),
    State.PHONED: frozenset({State.PHONED, State.REPORTED}),
    State.REPORTED: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
    State.CANCELLED: frozenset(),
}

NEXT_STATES: Mapping[UrgentKind, Mapping[State, frozenset[State]]] = {
    UrgentKind.TELESTROKE: _TELESTROKE,
    UrgentKind.TELERADIOLOGY: _TELERADIOLOGY,
}


def may_become(kind: UrgentKind, state: State, wanted: State) -> bool:
    """Tell whether an urgent consult of a kind may move from one state to another."""
    return wanted in NEXT_STATES[kind].get(state, frozenset())


def is_open(state: State) -> bool:
    """Tell whether a consult is neither closed nor cancelled."""
    return state in OPEN_STATES


class UrgentNext(StrEnum):
    """Name what a reader of an urgent consult does next."""

    REQUEST = "request"
    CALL = "call"  # it rings: complete the fields, and telephone when nobody answers
    TAKE = "take"
    WAIT = "wait"
    CONNECT = "connect"
    RECOMMEND = "recommend"
    DECIDE_INDICATION = "decide_indication"
    SCAN = "scan"
    SEND_IMAGES = "send_images"
    READ = "read"
    PHONE = "phone"
    REPORT = "report"
    CLOSE = "close"
    NOTHING = "nothing"


@dataclass(frozen=True)
class UrgentPart:
    """Say in which parts somebody reads an urgent consult: of the site that asks, or of those who answer."""

    asks: bool = False
    answers: bool = False


_TO_DO_ASKING: Mapping[State, UrgentNext] = {
    State.PRE_ALERT: UrgentNext.REQUEST,
    State.REQUESTED: UrgentNext.CALL,
    State.ALERTED: UrgentNext.CALL,
    State.INDICATION_GIVEN: UrgentNext.SCAN,
    State.MODALITY_CHANGED: UrgentNext.SCAN,
    State.SCANNING: UrgentNext.SEND_IMAGES,
    State.REPORTED: UrgentNext.CLOSE,
    State.REFUSED: UrgentNext.CLOSE,
}
_TO_DO_ANSWERING: Mapping[State, UrgentNext] = {
    State.REQUESTED: UrgentNext.TAKE,
    State.ALERTED: UrgentNext.TAKE,
    State.CONNECTED: UrgentNext.RECOMMEND,
    State.RECOMMENDED: UrgentNext.REPORT,
    State.IMAGES_RECEIVED: UrgentNext.READ,
    State.READING: UrgentNext.PHONE,
    State.PHONED: UrgentNext.REPORT,
    State.REPORTED: UrgentNext.CLOSE,
}


def next_urgent_step(
    kind: UrgentKind, state: State, part: UrgentPart, *, legal_kind: TeleradiologyKind | None = None
) -> UrgentNext:
    """Return what comes next for a reader; who both asks and answers is told what the answer needs."""
    if not is_open(state):
        return UrgentNext.NOTHING
    if state is State.ACKNOWLEDGED:
        return _after_taking(kind, part, legal_kind)
    to_do = _TO_DO_ANSWERING.get(state) if part.answers else None
    return to_do or (_TO_DO_ASKING.get(state) if part.asks else None) or UrgentNext.WAIT


def _after_taking(kind: UrgentKind, part: UrgentPart, legal_kind: TeleradiologyKind | None) -> UrgentNext:
    if kind is UrgentKind.TELESTROKE:
        return UrgentNext.CONNECT
    if legal_kind in (TeleradiologyKind.SECOND_OPINION, TeleradiologyKind.IMAGE_TRANSFER):
        return UrgentNext.SEND_IMAGES if part.asks else UrgentNext.WAIT
    return UrgentNext.DECIDE_INDICATION if part.answers else UrgentNext.WAIT
