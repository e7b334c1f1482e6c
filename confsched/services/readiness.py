""" "Ready?" before each duty that answers urgent requests: asked once, answered by one tap.

Without an answer the step behind is called at once together with this one, and who keeps the roster hears
of it. Only who holds the duty now is asked: one that was swapped or superseded asks and arms nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, joinedload

from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import AlertPurpose
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Message, NotFound, msg
from confsched.models.contacts import ReadinessCheck
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import alerts
from confsched.services.notices import notify
from confsched.services.swap_notices import secretaries_of
from confsched.services.urgent_lines import is_held, is_urgent_line

ASKED_BEFORE = timedelta(minutes=30)
ANSWERED_BEFORE = timedelta(minutes=10)
# Who gets a duty at the last moment has this long to answer.
LEAST_TIME = timedelta(minutes=5)
BATCH = 50
MAX_SHOWN = 10
PATH = "/contact-points/"


@dataclass(frozen=True)
class Unasked:
    """Name a duty that begins soon and whose holder has not been asked."""

    duty_id: uuid.UUID


def list_unasked(session: Session, *, now: datetime) -> list[Unasked]:
    """Return the duties that begin within half an hour; who holds the line already goes on without a word."""
    earlier = aliased(Duty)
    goes_on = select(earlier.id).where(
        earlier.line_id == Duty.line_id,
        earlier.person_id == Duty.person_id,
        earlier.superseded_at.is_(None),
        earlier.starts_at < Duty.starts_at,
        earlier.ends_at >= Duty.starts_at,
    )
    asked = select(ReadinessCheck.id).where(
        ReadinessCheck.line_id == Duty.line_id,
        ReadinessCheck.person_id == Duty.person_id,
        ReadinessCheck.duty_starts_at == Duty.starts_at,
    )
    query = (
        select(Duty.id)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .where(
            Duty.superseded_at.is_(None),
            Duty.starts_at > now,
            Duty.starts_at <= now + ASKED_BEFORE,
            is_urgent_line(),
            ~asked.exists(),
            ~goes_on.exists(),
        )
        .order_by(Duty.starts_at, Duty.id)
        .limit(BATCH)
    )
    return [Unasked(duty_id) for duty_id in session.scalars(query)]


def ask(session: Session, one: Unasked, *, now: datetime) -> ReadinessCheck | None:
    """Ask who holds the duty, unless another worker just has; who cannot be reached has not answered."""
    duty = session.get_one(Duty, one.duty_id)
    if duty.superseded_at is not None:
        return None
    check = ReadinessCheck(
        line_id=duty.line_id,
        person_id=duty.person_id,
        duty_starts_at=duty.starts_at,
        duty_ends_at=duty.ends_at,
        asked_at=now,
        answer_by=max(duty.starts_at - ANSWERED_BEFORE, now + LEAST_TIME),
    )
    try:
        with session.begin_nested():
            session.add(check)
            session.flush()
    except IntegrityError:  # the pair of line, person and start is unique: somebody was faster
        return None
    sent = alerts.alert(
        session,
        session.get_one(Person, duty.person_id),
        purpose=AlertPurpose.READINESS,
        readiness=check,
        heading=msg("Ready for your duty? %(line)s", line=duty.line.name),
        lines=[msg("Duty: %(span)s", span=Span(duty.starts_at, duty.ends_at))],
        path=PATH,
        now=now,
    )
    if not sent:
        _arm(session, check, now)
    return check


def holds(session: Session, check: ReadinessCheck) -> bool:
    """Tell whether the duty is still the person's."""
    return (
        session.scalar(select(ReadinessCheck.id).where(ReadinessCheck.id == check.id, is_held())) is not None
    )


def answer(check: ReadinessCheck, *, now: datetime) -> None:
    """Say "ready", as often as one likes; after the end of the duty it is too late."""
    if check.duty_ends_at <= now:
        raise Conflict(msg("This duty is over."))
    check.answered_at = check.answered_at or now


def answer_as(session: Session, actor: Actor, check_id: uuid.UUID, *, now: datetime) -> None:
    """Say "ready" for a duty of one's own; raises NotFound alike for those of others."""
    check = session.get(ReadinessCheck, check_id)
    if check is None or check.person_id != actor.person_id:
        raise NotFound
    answer(check, now=now)


def list_open(session: Session, actor: Actor, *, now: datetime) -> Sequence[ReadinessCheck]:
    """Return what the actor has yet to answer, the next duty first."""
    query = (
        select(ReadinessCheck)
        .where(
            ReadinessCheck.person_id == actor.person_id,
            ReadinessCheck.answered_at.is_(None),
            ReadinessCheck.duty_ends_at > now,
            is_held(),
        )
        .options(joinedload(ReadinessCheck.line))
        .order_by(ReadinessCheck.duty_starts_at)
        .limit(MAX_SHOWN)
    )
    return session.scalars(query).all()


def list_unanswered(session: Session, *, now: datetime) -> list[uuid.UUID]:
    """Return the checks whose time to answer has run out."""
    query = select(ReadinessCheck.id).where(*_ran_out(now)).order_by(ReadinessCheck.answer_by).limit(BATCH)
    return list(session.scalars(query))


def _ran_out(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        ReadinessCheck.answered_at.is_(None),
        ReadinessCheck.armed_at.is_(None),
        ReadinessCheck.answer_by <= now,
        ReadinessCheck.duty_ends_at > now,
        is_held(),
    )


def arm(session: Session, check_id: uuid.UUID, *, now: datetime) -> bool:
    """Arm the step behind, unless it was answered in this very moment or another worker was faster."""
    query = (
        select(ReadinessCheck)
        .where(ReadinessCheck.id == check_id, *_ran_out(now))
        .with_for_update(of=ReadinessCheck, skip_locked=True)
    )
    check = session.scalars(query).one_or_none()
    if check is not None:
        _arm(session, check, now)
    return check is not None


def _arm(session: Session, check: ReadinessCheck, now: datetime) -> None:
    check.armed_at = now
    line, person = check.line, check.person
    for owner in secretaries_of(session, line, now):
        notify(
            session,
            Kind.ROSTER_ALARM,
            owner,
            organisation_id=line.department.site.organisation_id,
            heading=msg("No “ready” before a duty: %(line)s", line=line.name),
            lines=_alarm_lines(check, person),
            path="/duty-board/",
            now=now,
        )


def _alarm_lines(check: ReadinessCheck, person: Person) -> list[Message]:
    return [
        msg("%(name)s has not answered.", name=person.name),
        msg("Duty: %(span)s", span=Span(check.duty_starts_at, check.duty_ends_at)),
        msg("Until there is an answer, the next step of the ladder is called at the same time."),
    ]
