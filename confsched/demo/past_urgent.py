"""Urgent consults of the past weeks, so that figures and history have something to show: written in bulk.

Nothing is sent of them, and no audit is kept: they are told as if long over. The same every time.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from confsched.demo.meetings import JULIA, THEA
from confsched.demo.network import Network
from confsched.domain.bookings import new_case_ref
from confsched.domain.kinds import Recommendation, TransferItem, Urgency, UrgentKind, UrgentStepKind
from confsched.domain.kinds import UrgentState as S
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import UrgentConsult, UrgentStep

COUNT = 54
DAYS = 26  # for which the demo's rosters reach back
HOURS = (2, 3, 5, 8, 9, 11, 13, 14, 16, 19, 20, 22, 23)  # most of them out of hours
TRANSFERS = (Recommendation.TRANSFER, Recommendation.THROMBOLYSIS_AND_TRANSFER)
ADVICE = (*TRANSFERS, Recommendation.STAY, Recommendation.THROMBOLYSIS, Recommendation.MIMIC)
URGENCIES = (Urgency.STROKE, Urgency.EMERGENCY, Urgency.POLYTRAUMA, Urgency.URGENT)
_NAMESPACE = uuid.UUID("7a1c2f04-3d55-4d6e-9a2b-5f0d8c6e1b90")


@dataclass(frozen=True)
class Past:
    """Hold one consult that is over: its number decides everything that differs."""

    number: int
    kind: UrgentKind
    requested_at: datetime

    @property
    def id(self) -> uuid.UUID:
        return uuid.uuid5(_NAMESPACE, f"{self.number} {self.requested_at.isoformat()}")

    def spread(self, least: int, most: int, salt: int) -> int:
        """Return a number between two, the same for the same consult; most lie in the lower half."""
        share = ((self.number * 37 + salt * 61) % 101) / 100
        return least + int((most - least) * share * share)


def add_past(session: Session, network: Network, now: datetime) -> None:
    """Write the consults and their steps with two statements."""
    holders = _Holders(session, network, now)
    consults: list[dict[str, Any]] = []
    steps: list[dict[str, Any]] = []
    for past in _plan(now):
        who = holders.find(past)
        steps += _steps(past, who)
        consults.append(_consult(network, past, who, ended_at=steps[-1]["taken_at"]))
    session.execute(insert(UrgentConsult), consults)
    session.execute(insert(UrgentStep), steps)


def _plan(now: datetime) -> Iterator[Past]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for number in range(COUNT):
        day = midnight - timedelta(days=1 + number * DAYS // COUNT)
        at = day + timedelta(
            hours=HOURS[number % len(HOURS)], minutes=number * 17 % 60, seconds=number * 23 % 60
        )
        kind = UrgentKind.TELERADIOLOGY if number % 5 in (1, 3) else UrgentKind.TELESTROKE
        yield Past(number, kind, at)


class _Holders:
    """Tell who held the first line of a service at an instant, from one look at the duties."""

    def __init__(self, session: Session, network: Network, now: datetime) -> None:
        self._lines: Mapping[UrgentKind, DutyLine] = {
            UrgentKind.TELESTROKE: network.lines[0],
            UrgentKind.TELERADIOLOGY: network.lines[4],
        }
        query = select(Duty.line_id, Duty.person_id, Duty.starts_at, Duty.ends_at).where(
            Duty.line_id.in_([line.id for line in self._lines.values()]),
            *(Duty.superseded_at.is_(None), Duty.starts_at < now),
        )
        self._duties = session.execute(query).all()

    def find(self, past: Past) -> uuid.UUID:
        """Return who held it; without anybody, as in a gap of the demo, somebody who holds it at times."""
        theirs = [duty for duty in self._duties if duty.line_id == self._lines[past.kind].id]
        at = past.requested_at
        held = [duty for duty in theirs if duty.starts_at <= at < duty.ends_at]
        found: uuid.UUID = (held or theirs)[0].person_id
        return found


def _consult(network: Network, past: Past, who: uuid.UUID, *, ended_at: datetime) -> dict[str, Any]:
    email = THEA if past.number % 3 else JULIA
    is_stroke = past.kind is UrgentKind.TELESTROKE
    at, seat = past.requested_at, network.seats[email][0]
    return {
        "id": past.id,
        "service_id": network.services["stroke" if is_stroke else "radiology"].id,
        "site_id": seat.site_id,
        "requester_id": network.people[email].id,
        "kind": past.kind,
        "state": S.CLOSED,
        "case_ref": new_case_ref(past.id.bytes),
        "facts": _facts(past),
        "urgency": None if is_stroke else URGENCIES[past.number % len(URGENCIES)],
        "recommendation": _advice(past) if is_stroke else None,
        "requested_at": at,
        "recorded_at": at,
        "acknowledged_at": at + timedelta(seconds=_acknowledged_after(past)),
        "ended_at": ended_at,
        "consultant_id": who,
    }


def _facts(past: Past) -> dict[str, Any]:
    if past.kind is UrgentKind.TELERADIOLOGY:
        return {"modality": {"typed": "CT", "value": "CT"}}
    door = past.requested_at - timedelta(minutes=past.spread(4, 20, 1))
    return {"door": {"typed": f"{door:%H:%M}", "value": door.isoformat()}}


def _advice(past: Past) -> Recommendation:
    return ADVICE[past.number % len(ADVICE)]


def _acknowledged_after(past: Past) -> int:
    return past.spread(35, 200, 2)


def _steps(past: Past, who: uuid.UUID) -> list[dict[str, Any]]:
    taken = _acknowledged_after(past)
    course = _stroke(past, taken) if past.kind is UrgentKind.TELESTROKE else _reading(past, taken)
    told = [(0, S.REQUESTED.value, {}), (1, S.ALERTED.value, {}), (taken, S.ACKNOWLEDGED.value, {}), *course]
    ordered = sorted(told, key=lambda step: step[0])
    return [
        _step(past, number, seconds, code, details, who)
        for number, (seconds, code, details) in enumerate(ordered, start=1)
    ]


Told = tuple[int, str, dict[str, Any]]


def _stroke(past: Past, taken: int) -> list[Told]:
    connected = taken + past.spread(60, 330, 3)
    advised = connected + past.spread(200, 900, 4)
    reported = advised + past.spread(600, 2600, 5)
    departed = past.spread(55 * 60, 130 * 60, 6)
    advice = _advice(past)
    steps: list[Told] = [
        (connected, S.CONNECTED.value, {}),
        (advised, S.RECOMMENDED.value, {"code": advice.value}),
        (reported, S.REPORTED.value, {}),
        (max(reported, departed) + 300, S.CLOSED.value, {}),
    ]
    if advice in TRANSFERS:
        steps.append((departed, TransferItem.DEPARTED.value, {"done": True}))
    return steps


def _reading(past: Past, taken: int) -> list[Told]:
    given = taken + past.spread(60, 500, 3)
    complete = given + past.spread(600, 1500, 4)
    phoned = complete + past.spread(400, 4200, 5)
    return [
        (given, S.INDICATION_GIVEN.value, {}),
        (given + 120, S.SCANNING.value, {}),
        (complete, S.IMAGES_RECEIVED.value, {}),
        (complete + 60, S.READING.value, {}),
        (phoned, S.PHONED.value, {"to": "Dr. Lohmann", "read_back": True}),
        (phoned + 900, S.REPORTED.value, {}),
        (phoned + 1200, S.CLOSED.value, {}),
    ]


_BY_ITSELF = (S.REQUESTED.value, S.ALERTED.value)


def _step(
    past: Past, number: int, seconds: int, code: str, details: dict[str, Any], who: uuid.UUID
) -> dict[str, Any]:
    at = past.requested_at + timedelta(seconds=seconds)
    is_transfer = code == TransferItem.DEPARTED.value
    return {
        "id": uuid.uuid5(past.id, str(number)),
        "consult_id": past.id,
        "number": number,
        "kind": UrgentStepKind.TRANSFER if is_transfer else UrgentStepKind.STATE,
        "code": code,
        "taken_at": at,
        "recorded_at": at,
        "person_id": None if code in _BY_ITSELF else who,
        "details": details,
    }
