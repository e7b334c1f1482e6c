"""An urgent consult takes the time of who treats it, whatever they had planned; nothing here ever keeps them.

What was free is taken as by any booking. What a meeting holds already stays with it and is overlapped
knowingly: the meeting shows it, and whoever planned it is told (services/urgent_collisions).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span, subtract
from confsched.domain.kinds import SubjectKind
from confsched.models.claims import Claim
from confsched.models.people import Person
from confsched.models.urgent import UrgentConsult
from confsched.services import claims, urgent_collisions

URGENT = "urgent consult"  # the reason that stands at a claim which lies over another
# Time is taken on, for as long again, when so little of it is left.
AHEAD = timedelta(minutes=5)
# A consult that nobody has closed keeps nobody longer than this.
LONGEST = timedelta(hours=4)
MOST_AT_ONCE = 200

_log = structlog.get_logger(__name__)


def take(session: Session, consult: UrgentConsult, person_id: uuid.UUID, *, now: datetime) -> None:
    """Take a person's time from now on for as long as a consult of the service usually lasts.

    Neither refuses nor waits: where somebody else is changing the person's time this instant, it is
    overlapped. A fault leaves the time to the worker (`keep_up`). Twice is as good as once.
    """
    try:
        with session.begin_nested():
            if _taken_until(session, consult, person_id) is None:
                _cover(session, consult, person_id, Span(now, now + _length(consult)), now)
    except Exception as error:  # whoever takes an urgent consult is never kept by their calendar
        _log.error("urgent_claim_crashed", consult=str(consult.id), exc_info=error)


def give_back(
    session: Session, consult: UrgentConsult, *, now: datetime, person_id: uuid.UUID | None = None
) -> None:
    """Give back what is left of the time a consult took, of everybody or of one; the past stays taken."""
    own = [Claim.urgent_consult_id == consult.id]
    if person_id is not None:
        own.append(Claim.subject_id == person_id)
    session.execute(delete(Claim).where(*own, Claim.starts_at >= now))
    session.execute(update(Claim).where(*own, Claim.ends_at > now).values(ends_at=now))


def keep_up(session: Session, *, now: datetime, limit: int = MOST_AT_ONCE) -> int:
    """Let the claims follow the consults: taken on while they are open, given back when they are not.

    Returns how many people's time was changed.
    """
    return _take_on(session, now, limit) + _give_back_ended(session, now, limit)


def _take_on(session: Session, now: datetime, limit: int) -> int:
    running_out = [
        consult
        for consult in session.scalars(_open(now).order_by(UrgentConsult.id).limit(limit))
        if any(_runs_out(session, consult, person_id, now) for person_id in _people(consult))
    ]
    return sum(_take_on_one(session, consult, now) for consult in running_out)


def _take_on_one(session: Session, consult: UrgentConsult, now: datetime) -> int:
    """Take time on for one consult, unless another worker has it in hand."""
    query = _open(now).where(UrgentConsult.id == consult.id)
    mine = query.with_for_update(of=UrgentConsult, skip_locked=True).execution_options(populate_existing=True)
    if session.scalars(mine).one_or_none() is None:
        return 0
    people = [one for one in _people(consult) if _runs_out(session, consult, one, now)]
    for person_id in people:
        until = max(_taken_until(session, consult, person_id) or now, now)
        _cover(session, consult, person_id, Span(until, until + _length(consult)), now)
    return len(people)


def _runs_out(session: Session, consult: UrgentConsult, person_id: uuid.UUID, now: datetime) -> bool:
    until = _taken_until(session, consult, person_id)
    return until is None or until - now <= AHEAD


def _open(now: datetime) -> Select[UrgentConsult]:
    """Return what somebody treats; what was held by telephone is over when it is entered."""
    consult = UrgentConsult
    return select(consult).where(
        consult.consultant_id.is_not(None),
        consult.ended_at.is_(None),
        consult.is_downtime.is_(False),
        consult.acknowledged_at > now - LONGEST,
    )


def _people(consult: UrgentConsult) -> list[uuid.UUID]:
    both = (consult.consultant_id, consult.second_consultant_id)
    return [person_id for person_id in both if person_id is not None]


def _give_back_ended(session: Session, now: datetime, limit: int) -> int:
    """Give back what belongs to consults that are over, or to people who have handed theirs on."""
    others = and_(
        Claim.subject_id != UrgentConsult.consultant_id,
        or_(
            UrgentConsult.second_consultant_id.is_(None),
            Claim.subject_id != UrgentConsult.second_consultant_id,
        ),
    )
    query = (
        select(UrgentConsult, Claim.subject_id)
        .join(Claim, Claim.urgent_consult_id == UrgentConsult.id)
        .where(Claim.ends_at > now, or_(UrgentConsult.ended_at.is_not(None), others))
        .limit(limit)
    )
    found = {(consult, person_id) for consult, person_id in session.execute(query)}
    for consult, person_id in found:
        give_back(session, consult, now=now, person_id=person_id)
    return len(found)


def _length(consult: UrgentConsult) -> timedelta:
    return timedelta(minutes=consult.service.duration_minutes)


def _taken_until(session: Session, consult: UrgentConsult, person_id: uuid.UUID) -> datetime | None:
    own = (Claim.urgent_consult_id == consult.id, Claim.subject_id == person_id)
    return session.scalar(select(func.max(Claim.ends_at)).where(*own))


def _cover(session: Session, consult: UrgentConsult, person_id: uuid.UUID, span: Span, now: datetime) -> None:
    """Take a span as far as it is free, and lie over what is not; who planned that is told."""
    free = [] if _is_busy_changing(session, person_id) else _free_parts(session, person_id, span, now)
    try:
        with session.begin_nested():
            _insert(session, consult, person_id, span, free)
    except (IntegrityError, OperationalError):  # somebody was faster after all: the time is overlapped
        _insert(session, consult, person_id, span, [])
    urgent_collisions.tell(session, consult, person_id, span, now=now)


def _is_busy_changing(session: Session, person_id: uuid.UUID) -> bool:
    """Tell whether another transaction changes the person's time; lines up behind none (claims.line_up)."""
    session.flush()
    query = select(Person.id).where(Person.id == person_id)
    return session.scalar(query.with_for_update(key_share=True, skip_locked=True)) is None


def _free_parts(session: Session, person_id: uuid.UUID, span: Span, now: datetime) -> list[Span]:
    claims.release_expired(session, [person_id], now=now)
    query = select(Claim.starts_at, Claim.ends_at).where(
        Claim.subject_id == person_id,
        Claim.blocking.is_(True),
        Claim.starts_at < span.ends_at,
        Claim.ends_at > span.starts_at,
    )
    return subtract([span], [Span(*row) for row in session.execute(query)])


def _insert(
    session: Session, consult: UrgentConsult, person_id: uuid.UUID, span: Span, free: Sequence[Span]
) -> None:
    over = subtract([span], free)
    rows = [_row(consult, person_id, one, is_free=True) for one in free]
    rows += [_row(consult, person_id, one, is_free=False) for one in over]
    session.execute(insert(Claim), rows)


def _row(consult: UrgentConsult, person_id: uuid.UUID, span: Span, *, is_free: bool) -> dict[str, object]:
    return {
        "id": uuid.uuid4(),
        "subject_id": person_id,
        "subject_kind": SubjectKind.PERSON,
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "state": ClaimState.FIRM,
        "blocking": is_free,
        "urgent_consult_id": consult.id,
        "override_reason": None if is_free else URGENT,
        "override_by_id": None if is_free else person_id,
    }
