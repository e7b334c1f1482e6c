"""The time that an open poll keeps: of the people of the network, where they are free."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import SubjectKind
from confsched.models.claims import Claim
from confsched.models.people import Person
from confsched.models.polls import DatePoll, PollTime
from confsched.services import claims, participants
from confsched.services.claims import Taking

# A poll that nobody decides gives everybody's time back by itself.
KEPT_AFTER_DEADLINE = timedelta(days=2)


def hold(
    session: Session,
    poll: DatePoll,
    people: Iterable[Person],
    *,
    now: datetime,
    without: frozenset[uuid.UUID] = frozenset(),
) -> None:
    """Keep the times of a poll for those of these people who have a calendar and are free then.

    Nothing is taken from anybody: who is taken at one of the times simply is not kept for it. What is held
    already stays, so that holding twice is holding once.
    """
    times = [one for one in poll.times if one.id not in without]
    wanted = [(one, person.id) for person in people if not participants.is_guest(person) for one in times]
    claims.line_up(session, sorted({person_id for _, person_id in wanted}))
    claims.release_expired(session, sorted({person_id for _, person_id in wanted}), now=now)
    for one, person_id in wanted:
        taking = Taking(person_id, SubjectKind.PERSON, Span(one.starts_at, one.ends_at))
        if one.ends_at > now and not claims.is_taken(session, taking):
            session.add(_claim(poll, one, person_id))
            session.flush()


def _claim(poll: DatePoll, one: PollTime, person_id: uuid.UUID) -> Claim:
    return Claim(
        subject_id=person_id,
        subject_kind=SubjectKind.PERSON,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        state=ClaimState.HELD,
        blocking=True,
        expires_at=poll.reply_by_at + KEPT_AFTER_DEADLINE,
        poll_time_id=one.id,
    )


def give_back(session: Session, person_id: uuid.UUID, time_ids: Sequence[uuid.UUID]) -> None:
    """Give back what is kept of one person at some times."""
    session.execute(delete(Claim).where(Claim.subject_id == person_id, Claim.poll_time_id.in_(time_ids)))


def give_all_back(session: Session, poll: DatePoll) -> None:
    """Give back all that a poll keeps."""
    own = Claim.poll_time_id.in_([one.id for one in poll.times])
    claims.line_up(session, sorted(session.scalars(select(Claim.subject_id).where(own))))
    session.execute(delete(Claim).where(own))
