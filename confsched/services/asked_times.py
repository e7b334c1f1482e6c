"""The held times about which people of unknown time are being asked."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.intervals import Span
from confsched.domain.kinds import QuestionAnswer
from confsched.errors import Message, msg
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.models.questions import AvailabilityQuestion
from confsched.services import consult_notices, holds

EXPIRED_AT_ONCE = 50


def list_asked(session: Session, consult: Consult) -> list[AvailabilityQuestion]:
    """Return what is being asked about the held time of a consult, in the order of the names.

    Who was asked for the same time before and could not come is not kept in this hold, and counts no more.
    """
    if consult.hold is None or consult.hold.confirmed_at is None:
        return []
    query = (
        select(AvailabilityQuestion)
        .join(AvailabilityQuestion.person)
        .where(
            AvailabilityQuestion.consult_id == consult.id,
            AvailabilityQuestion.person_id.in_(holds.people_in(consult.hold)),
            AvailabilityQuestion.starts_at == consult.hold.starts_at,
            AvailabilityQuestion.withdrawn_at.is_(None),
        )
        .options(joinedload(AvailabilityQuestion.person))
        .order_by(Person.family_name, AvailabilityQuestion.id)
    )
    return list(session.scalars(query))


def list_proposed(session: Session, consult: Consult, *, now: datetime) -> list[AvailabilityQuestion]:
    """Return the times that people named who were asked for another one, soonest first."""
    query = (
        select(AvailabilityQuestion)
        .where(
            AvailabilityQuestion.consult_id == consult.id,
            AvailabilityQuestion.answer == QuestionAnswer.OTHER,
            AvailabilityQuestion.other_starts_at > now,
            AvailabilityQuestion.withdrawn_at.is_(None),
        )
        .options(joinedload(AvailabilityQuestion.person))
        .order_by(AvailabilityQuestion.other_starts_at, AvailabilityQuestion.id)
    )
    return list(session.scalars(query))


def expire(session: Session, *, now: datetime) -> int:
    """Give back the times for which the answers did not come, and tell who asks; returns how many."""
    query = (
        select(Consult)
        .join(Hold, Hold.consult_id == Consult.id)
        .where(Hold.confirmed_at.is_not(None), Hold.expires_at <= now)
        .order_by(Hold.expires_at)
        .limit(EXPIRED_AT_ONCE)
        .with_for_update(of=Consult, skip_locked=True)
    )
    consults = list(session.scalars(query))
    for consult in consults:
        _expire(session, consult, now)
    return len(consults)


def _expire(session: Session, consult: Consult, now: datetime) -> None:
    silent = [one for one in list_asked(session, consult) if one.answer is None]
    names = ", ".join(one.person.name for one in silent)
    heading = msg("No answer from %(names)s", names=names) if names else msg("No answer in time")
    give_back(session, consult, heading, now=now)


def give_back(session: Session, consult: Consult, heading: Message, *, now: datetime) -> None:
    """Free the time that was asked about and tell who asks where the next times stand."""
    assert consult.hold is not None, "what is asked about is held"
    span = Span(consult.hold.starts_at, consult.hold.ends_at)
    holds.give_back(session, None, consult, now=now)
    lines = [
        msg("No longer held: %(when)s", when=span),
        msg("The page shows the next times at which it works."),
    ]
    consult_notices.tell_asking(session, consult, heading, lines, page="/times", now=now)


def who_named(session: Session, consult: Consult, starts_at: datetime) -> set[uuid.UUID]:
    """Return who proposed this very time when asked for another one: they need not be asked again."""
    query = select(AvailabilityQuestion.person_id).where(
        AvailabilityQuestion.consult_id == consult.id,
        AvailabilityQuestion.answer == QuestionAnswer.OTHER,
        AvailabilityQuestion.other_starts_at == starts_at,
        AvailabilityQuestion.withdrawn_at.is_(None),
    )
    return set(session.scalars(query))
