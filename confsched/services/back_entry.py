"""Consults held by telephone while this was down: entered afterwards, and marked as reconstructed for good.

Nobody is alerted, and no ladder is written. Figures count them apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched.domain.back_entry import OLDEST, Remembered, read_clocks
from confsched.domain.bookings import normalise_case_ref
from confsched.domain.intervals import Span
from confsched.domain.kinds import Recommendation, UrgentKind, UrgentState
from confsched.domain.permissions import Actor, Function
from confsched.errors import Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.people import Membership, Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import UrgentConsult
from confsched.services import access, idempotency, urgent_steps
from confsched.services.findings import Findings, Problem
from confsched.services.standing import standing
from confsched.services.urgent_requests import Offered

MAX_CONSULTANTS = 500
_PURPOSE = "urgent_consult"


@dataclass(frozen=True)
class BackEntry:
    """Hold what was typed, as far as it could be read."""

    case_ref: str
    consultant_id: uuid.UUID | None
    day: date | None
    times: Mapping[UrgentState, time] = field(default_factory=dict)
    recommendation: Recommendation | None = None


@dataclass(frozen=True)
class Consultant:
    """Hold somebody who may have answered; `was_on` puts those first who held a line of the service."""

    person_id: uuid.UUID
    name: str
    was_on: bool


def list_consultants(session: Session, service: Service, now: datetime) -> list[Consultant]:
    """Return who may have answered: holders of the service's lines lately, and consultants of its house."""
    window = Span(now - OLDEST, now)
    called = select(EscalationStep.line_id).where(EscalationStep.service_id == service.id)
    lines = select(DutyLine.id).where(or_(DutyLine.service_id == service.id, DutyLine.id.in_(called)))
    held = select(Duty.person_id).where(Duty.line_id.in_(lines), *standing(window, now))
    of_house = select(Membership.person_id).where(
        Membership.organisation_id == service.site.organisation_id,
        Membership.function == Function.CONSULTANT,
        or_(Membership.valid_until.is_(None), Membership.valid_until > now.date()),
    )
    was_on = set(session.scalars(held))
    people = session.scalars(
        select(Person)
        .where(Person.id.in_(held) | Person.id.in_(of_house))
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(MAX_CONSULTANTS)
    )
    found = [Consultant(one.id, one.name, one.id in was_on) for one in people]
    return sorted(found, key=lambda one: not one.was_on)


def enter(
    session: Session, actor: Actor, offered: Offered, entry: BackEntry, *, key: str, now: datetime
) -> UrgentConsult:
    """Enter a consult with all its clocks; the same key enters once. Raises Unfit with all that is wrong."""
    known = idempotency.find_result(session, actor, _PURPOSE, key)
    if known is not None:
        return access.get_urgent(session, actor, known)
    kind = offered.service.urgent_kind
    assert kind is not None, "an urgent service has a kind"
    case_ref, clocks = _checked(session, offered, kind, entry, now)
    consult = UrgentConsult(
        service=offered.service,
        site=offered.site,
        requester_id=actor.person_id,
        consultant_id=entry.consultant_id,
        kind=kind,
        state=UrgentState.REQUESTED,
        case_ref=case_ref,
        is_downtime=True,
        requested_at=clocks[0].taken_at,
        recorded_at=now,
    )
    urgent_steps.begin(session, actor, consult, now=now, taken_at=clocks[0].taken_at)
    for one in clocks[1:]:
        code = entry.recommendation.value if _recommends(one) and entry.recommendation else ""
        urgent_steps.enter(session, actor, consult, one.state, now=now, taken_at=one.taken_at, code=code)
    idempotency.remember(session, actor, _PURPOSE, key, consult.id, now=now)
    return consult


def _recommends(one: Remembered) -> bool:
    return one.state is UrgentState.RECOMMENDED


def _checked(
    session: Session, offered: Offered, kind: UrgentKind, entry: BackEntry, now: datetime
) -> tuple[str, list[Remembered]]:
    found = Findings()
    case_ref = found.keep(normalise_case_ref, entry.case_ref)
    found.keep(_check_consultant, session, offered.service, entry.consultant_id, now)
    if UrgentState.RECOMMENDED in entry.times and entry.recommendation is None:
        found.problems.append(Problem("recommendation", msg("Choose what was recommended.")))
    if entry.recommendation is not None and UrgentState.RECOMMENDED not in entry.times:
        found.problems.append(Problem("recommended", msg("Say when it was recommended.")))
    clocks: list[Remembered] = []
    if entry.day is None:
        found.problems.append(Problem("day", msg("Choose a day, such as 2026-11-25.")))
    else:
        clocks, wrong = read_clocks(kind, entry.day, entry.times, zone=offered.site.zone, now=now)
        found.problems += [Problem(name, sentence) for name, sentence in wrong]
    found.raise_all()
    assert case_ref and clocks, "what is missing was refused"
    return case_ref, clocks


def _check_consultant(session: Session, service: Service, person_id: uuid.UUID | None, now: datetime) -> None:
    if person_id not in {one.person_id for one in list_consultants(session, service, now)}:
        raise Refusal(msg("Choose who answered the call."), field="consultant")
