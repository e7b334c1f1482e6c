"""Taking people and rooms: the database decides, and an overlap is impossible there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from sqlalchemy import and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import SubjectKind
from confsched.errors import Conflict, msg
from confsched.models.claims import Claim, Hold
from confsched.models.network import Resource
from confsched.models.people import Person

OVERLAP = "ex_claim_no_overlap"
DEADLOCK = "40P01"  # PostgreSQL: each of two transactions waits for the other, and this one was ended


@dataclass(frozen=True, order=True)
class Taking:
    """Name a subject and the span it is wanted for, buffers included, and where in person, if anywhere."""

    subject_id: uuid.UUID
    subject_kind: SubjectKind
    span: Span
    site_id: uuid.UUID | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Override:
    """Let claims overlap knowingly; both sides see who did it and why."""

    person_id: uuid.UUID
    reason: str


class Taken(Conflict):
    """Say that somebody else holds the time."""

    def __init__(self) -> None:
        super().__init__(
            msg("Somebody was faster: this time has just been taken. The next best times stand below.")
        )


def take(
    session: Session,
    takings: Iterable[Taking],
    *,
    now: datetime,
    state: ClaimState,
    booking_id: uuid.UUID | None = None,
    hold: Hold | None = None,
    override: Override | None = None,
) -> None:
    """Claim every subject for its span, all or none; raises Taken when one of them is not to be had.

    The check is the constraint itself.
    """
    wanted = [(booking_id, taking) for taking in sorted(takings)]
    _take(session, wanted, now=now, state=state, hold=hold, override=override)


def take_all(
    session: Session,
    takings: Mapping[uuid.UUID, Iterable[Taking]],
    *,
    now: datetime,
    override: Override | None = None,
) -> None:
    """Claim firmly what each of many bookings takes, for all of them or for none, as take() does for one."""
    wanted = [(booking_id, taking) for booking_id, own in takings.items() for taking in sorted(own)]
    _take(session, wanted, now=now, state=ClaimState.FIRM, hold=None, override=override)


def _take(
    session: Session,
    wanted: Sequence[tuple[uuid.UUID | None, Taking]],
    *,
    now: datetime,
    state: ClaimState,
    hold: Hold | None,
    override: Override | None,
) -> None:
    if not wanted:
        return
    subject_ids = sorted({taking.subject_id for _, taking in wanted})
    line_up(session, subject_ids)
    release_expired(session, subject_ids, now=now)
    free = {taking for _, taking in wanted if override is None or not is_taken(session, taking)}
    rows: list[dict[str, object]] = [
        {
            "id": uuid.uuid4(),
            "subject_id": taking.subject_id,
            "subject_kind": taking.subject_kind,
            "starts_at": taking.span.starts_at,
            "ends_at": taking.span.ends_at,
            "state": state,
            "blocking": taking in free,
            "booking_id": booking_id,
            "hold_id": hold.id if hold else None,
            "expires_at": hold.expires_at if hold else None,
            "override_reason": override.reason if override and taking not in free else None,
            "override_by_id": override.person_id if override and taking not in free else None,
            "site_id": taking.site_id,
        }
        for booking_id, taking in wanted
    ]
    _insert(session, rows)


def line_up(session: Session, subject_ids: Iterable[uuid.UUID]) -> None:
    """Wait until no other transaction changes what these subjects are taken for.

    PostgreSQL lets two inserts that exclude each other wait for each other, and ends one after a second of
    dead-lock. So who takes or gives back time first locks the subjects themselves, always in one order.
    SQLite has one writer and needs no line.
    """
    wanted = list(subject_ids)
    try:
        with session.begin_nested():
            for model in (Person, Resource):
                query = select(model.id).where(model.id.in_(wanted)).order_by(model.id)
                session.execute(query.with_for_update(key_share=True))
    except OperationalError as error:
        _raise_taken(error)


def _insert(session: Session, rows: Sequence[dict[str, object]]) -> None:
    session.flush()
    try:
        with session.begin_nested():
            session.execute(insert(Claim), rows)
    except (IntegrityError, OperationalError) as error:
        _raise_taken(error)


def _raise_taken(error: IntegrityError | OperationalError) -> NoReturn:
    """Say that somebody was faster, be it by an overlap or by a dead-lock that they won."""
    if OVERLAP in str(error.orig) or getattr(error.orig, "sqlstate", None) == DEADLOCK:
        raise Taken from error
    raise error


def is_taken(session: Session, taking: Taking) -> bool:
    """Tell whether something blocks the subject in any part of the span."""
    overlap = and_(
        Claim.subject_id == taking.subject_id,
        Claim.blocking.is_(True),
        Claim.starts_at < taking.span.ends_at,
        Claim.ends_at > taking.span.starts_at,
    )
    return bool(session.scalar(select(exists().where(overlap))))


def confirm(session: Session, hold: Hold, booking_id: uuid.UUID) -> int:
    """Turn the claims of a hold into firm claims of a booking; returns how many there were."""
    result = session.execute(
        update(Claim)
        .where(Claim.hold_id == hold.id)
        .values(state=ClaimState.FIRM, expires_at=None, hold_id=None, booking_id=booking_id)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def places_in(session: Session, booking_id: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """Return where each person of a booking has to be in person, for those who have to."""
    query = select(Claim.subject_id, Claim.site_id).where(Claim.booking_id == booking_id)
    return {subject_id: site_id for subject_id, site_id in session.execute(query) if site_id is not None}


def release_booking(session: Session, booking_id: uuid.UUID, *, subject_id: uuid.UUID | None = None) -> None:
    """Give back the time that a booking took, of everybody or of one; at once bookable again."""
    query = delete(Claim).where(Claim.booking_id == booking_id)
    session.execute(query if subject_id is None else query.where(Claim.subject_id == subject_id))


def release_hold(session: Session, hold: Hold) -> None:
    """Give back the time of a hold and forget the hold."""
    line_up(session, session.scalars(select(Claim.subject_id).where(Claim.hold_id == hold.id)))
    session.execute(delete(Claim).where(Claim.hold_id == hold.id))
    session.delete(hold)
    session.flush()


def release_expired(session: Session, subject_ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """Delete the run-out claims of these subjects; the hold stays to tell its requester what happened."""
    session.execute(
        delete(Claim).where(
            Claim.subject_id.in_(list(subject_ids)),
            Claim.state == ClaimState.HELD,
            Claim.expires_at <= now,
        )
    )


def list_overlaps(session: Session, booking_id: uuid.UUID) -> list[Claim]:
    """Return the knowing overlaps that touch a booking, on either side."""
    mine = select(Claim.subject_id, Claim.starts_at, Claim.ends_at).where(Claim.booking_id == booking_id)
    own = mine.subquery()
    query = (
        select(Claim)
        .join(own, own.c.subject_id == Claim.subject_id)
        .where(
            Claim.blocking.is_(False),
            or_(
                Claim.booking_id == booking_id,
                and_(Claim.starts_at < own.c.ends_at, Claim.ends_at > own.c.starts_at),
            ),
        )
        .distinct()
    )
    return list(session.scalars(query))


def release_all_expired(session: Session, *, now: datetime) -> None:
    """Delete every run-out claim, so that pages show the time as free before anybody asks for it.

    What another transaction is busy with is left to it: tidying never waits, so it is no part of a dead-lock.
    """
    ran_out = select(Claim.id).where(Claim.state == ClaimState.HELD, Claim.expires_at <= now)
    session.execute(delete(Claim).where(Claim.id.in_(ran_out.with_for_update(skip_locked=True))))
