"""Group consults: several requesters share a meeting, each with a seat, a case and a question."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, exists, or_, select, true
from sqlalchemy.orm import Session, selectinload

from confsched.domain.bookings import BookingState
from confsched.domain.consults import ASKING, deadline
from confsched.domain.intervals import Span
from confsched.domain.kinds import ConsultState, Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Message, NotFound, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.catalogue import Service
from confsched.models.claims import Claim, Hold
from confsched.models.consults import Consult
from confsched.services import (
    access,
    audit,
    bookings,
    claims,
    consult_steps,
    holds,
    invitations,
    short_notice,
)
from confsched.services.bookings import Attendance

MEETINGS_SHOWN = 20
# A seat is taken by who is booked, and stays so when the meeting is over.
SEATED = frozenset(
    {
        *(ConsultState.BOOKED, ConsultState.TOOK_PLACE, ConsultState.REPORTED, ConsultState.CLOSED),
        ConsultState.NO_SHOW,
    }
)


LOST = msg("This meeting has been moved or called off meanwhile. Choose another time below.")


class Full(Conflict):
    """Say that the last seat has gone."""

    def __init__(self) -> None:
        super().__init__(
            msg("Somebody was faster: the last seat has just been taken. Choose another meeting below.")
        )


@dataclass(frozen=True)
class Standing:
    """Hold a meeting with free seats, and who answers there."""

    booking_id: uuid.UUID
    span: Span
    free: int
    seats: int
    names: tuple[str, ...]


def list_standing(session: Session, consult: Consult, *, now: datetime) -> tuple[Standing, ...]:
    """Return the meetings of a shared service with a free seat at a time when the requester is free."""
    if consult.service.seats == 1:
        return ()
    return _with_free_seats(session, _meetings(consult, now), consult.service, consult.id, now)


def list_open(session: Session, service: Service, *, now: datetime) -> tuple[Standing, ...]:
    """Return the meetings of a shared service with a free seat, whoever asks for it."""
    if service.seats == 1:
        return ()
    until = now + timedelta(days=service.horizon_days)
    return _with_free_seats(session, _meetings_of(service, until, now), service, None, now)


def _with_free_seats(
    session: Session, query: Select[Booking], service: Service, own: uuid.UUID | None, now: datetime
) -> tuple[Standing, ...]:
    people = selectinload(Booking.participations).joinedload(Participation.person)
    shown = query.options(people).order_by(Booking.starts_at, Booking.id).limit(MEETINGS_SHOWN)
    found = list(session.scalars(shown))
    taken = _count_taken(session, [booking.id for booking in found], own, now)
    named = [_standing(booking, service, taken.get(booking.id, 0)) for booking in found]
    return tuple(standing for standing in named if standing.free > 0)


def _meetings(consult: Consult, now: datetime) -> Select[Booking]:
    service = consult.service
    until = min(deadline(consult.reply_by_on, service.site.zone), now + timedelta(days=service.horizon_days))
    own_hold = consult.hold.id if consult.hold else None
    is_busy = exists().where(
        Claim.subject_id == consult.requester_id,
        Claim.blocking.is_(True),
        Claim.starts_at < Booking.ends_at,
        Claim.ends_at > Booking.starts_at,
        or_(Claim.expires_at.is_(None), Claim.expires_at > now),
        or_(Claim.hold_id.is_(None), Claim.hold_id != own_hold) if own_hold else true(),
    )
    return _meetings_of(service, until, now).where(~is_busy)


def _meetings_of(service: Service, until: datetime, now: datetime) -> Select[Booking]:
    return select(Booking).where(
        Booking.state == BookingState.BOOKED,
        # What was booked for one case, before the service was shared, stays with who asked.
        Booking.case_ref.is_(None),
        Booking.starts_at >= now + timedelta(minutes=service.notice_minutes),
        Booking.ends_at <= until,
        exists().where(Consult.booking_id == Booking.id, Consult.service_id == service.id),
    )


def _count_taken(
    session: Session, booking_ids: Sequence[uuid.UUID], own: uuid.UUID | None, now: datetime
) -> Counter[uuid.UUID]:
    """Count the seats of each meeting that are booked, or held, by others than the consult `own`."""
    booked = _booked(booking_ids, own)
    held = select(Hold.booking_id).where(
        Hold.booking_id.in_(booking_ids), Hold.expires_at > now, Hold.consult_id != own
    )
    return Counter(
        booking_id for query in (booked, held) for booking_id in session.scalars(query) if booking_id
    )


def _booked(booking_ids: Sequence[uuid.UUID], own: uuid.UUID | None) -> Select[uuid.UUID | None]:
    """Return the query for the meeting of each booked seat that is not the consult's own."""
    return select(Consult.booking_id).where(
        Consult.booking_id.in_(booking_ids), Consult.state.in_(SEATED), Consult.id != own
    )


def _standing(booking: Booking, service: Service, taken: int) -> Standing:
    answering = tuple(p.person.name for p in bookings.people_of(booking) if p.serves != ASKING)
    span, free = Span(booking.starts_at, booking.ends_at), max(0, service.seats - taken)
    return Standing(booking.id, span, free, service.seats, answering)


def hold(
    session: Session,
    person_id: uuid.UUID,
    consult: Consult,
    booking_id: uuid.UUID,
    *,
    now: datetime,
    until: datetime,
) -> Hold:
    """Keep a seat until an instant; raises Full where others have them all, NotFound for no such meeting."""
    locked = _locked(session, _meetings(consult, now), booking_id)
    if locked is None:
        raise NotFound
    _check_free(session, locked, consult, now)
    return holds.keep_seat(session, person_id, consult, locked, now=now, until=until)


def _locked(session: Session, query: Select[Booking], booking_id: uuid.UUID) -> Booking | None:
    """Return a meeting that nobody else gets a seat in, moves or calls off before this transaction ends."""
    session.flush()
    one = query.where(Booking.id == booking_id).with_for_update(of=Booking)
    return session.scalars(one.execution_options(populate_existing=True)).one_or_none()


def _check_free(session: Session, booking: Booking, consult: Consult, now: datetime) -> None:
    if _count_taken(session, [booking.id], consult.id, now)[booking.id] >= consult.service.seats:
        raise Full


def book(session: Session, actor: Actor, consult: Consult, held: Hold, *, now: datetime) -> Booking:
    """Let the requester join the meeting in which a seat is held; only they are invited."""
    assert held.booking_id is not None, "a seat is a seat in a meeting"
    booking = _locked(session, select(Booking), held.booking_id)
    if booking is None or not _still_stands(booking, held) or booking.starts_at <= now:
        raise Conflict(LOST)
    _check_free(session, booking, consult, now)
    was = invitations.before(booking)
    _join(session, actor, booking, consult, now)
    if claims.confirm(session, held, booking.id) != 1:
        raise Full  # by a clock a little ahead of ours the hold had run out
    consult.booking = booking
    session.delete(held)
    session.flush()
    session.expire(consult, ["hold"])
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "booking.join", booking, now=now)
    return booking


def find_lost(session: Session, held: Hold) -> Message | None:
    """Say that the meeting of a held seat is off or has moved; None for a seat that is to be had."""
    booking = session.get(Booking, held.booking_id) if held.booking_id else None
    return LOST if booking is not None and not _still_stands(booking, held) else None


def _still_stands(booking: Booking, held: Hold) -> bool:
    return booking.state is BookingState.BOOKED and booking.starts_at == held.starts_at


def _join(session: Session, actor: Actor, booking: Booking, consult: Consult, now: datetime) -> None:
    """Put the requester among those who take part; who had left before gets their old row back."""
    own = next((p for p in booking.participations if p.person_id == consult.requester_id), None)
    if own is None:
        wanted = Attendance(consult.requester_id, ASKING, True, consult.site.organisation_id)
        own = bookings.participations_of(session, actor, [wanted], now)[0]
        own.position = 1 + max(p.position for p in booking.participations)
        booking.participations.append(own)
    own.invited_at, own.removed_at = now, None
    own.partstat = Partstat.ACCEPTED if actor.person_id == consult.requester_id else Partstat.NEEDS_ACTION


def is_shared(booking: Booking) -> bool:
    """Tell whether a consult's meeting was booked to be shared, whatever its service says now."""
    return booking.case_ref is None


def share(booking: Booking, consult: Consult) -> None:
    """Make a meeting one that others may join: it belongs to those who answer, whoever asked first."""
    answering = next((p for p in booking.participations if p.serves != ASKING), None)
    booking.organisation_id = consult.service.site.organisation_id
    if answering is not None:
        booking.organiser_id = answering.person.id
    for participation in booking.participations:
        # Who shares a meeting neither moves it nor calls it off for the others.
        participation.is_optional = participation.is_optional or participation.serves == ASKING


def leave(
    session: Session, actor: Actor, consult_id: uuid.UUID, *, now: datetime, reason: str = ""
) -> Consult:
    """Give one seat back and leave the others; the last one out calls the meeting off. Twice is once.

    Who only holds a seat then finds the time free: else a hold that runs out would leave a meeting of nobody.
    At short notice those who answer are owed a reason.
    """
    query = access.visible(actor, Consult, to="change").where(Consult.id == consult_id)
    seat = session.scalars(query).one_or_none()
    if seat is None:
        raise NotFound
    # The meeting is locked before the consult, as in calling it off.
    booking = _locked(session, select(Booking), seat.booking_id) if seat.booking_id else None
    consult = access.get_consult(session, actor, consult_id, to="change")
    if consult.state is ConsultState.CANCELLED:
        return consult
    _check_leave(consult, booking, now)
    assert booking is not None, "a seat is a seat in a meeting"
    others = _booked([booking.id], consult.id)
    if not session.scalar(select(others.exists())):
        bookings.cancel(session, actor, booking, now=now, reason=reason)
        return consult
    _leave(session, actor, booking, consult, bookings.checked_reason(reason, field="reason"), now)
    return consult


def _check_leave(consult: Consult, booking: Booking | None, now: datetime) -> None:
    if booking is None or consult.state is not ConsultState.BOOKED or not is_shared(booking):
        raise Conflict(msg("There is no seat to give back. Look at where this consult stands now."))
    if booking.starts_at <= now:
        raise Conflict(msg("This meeting has begun or is over. It can no longer be called off."))


def _leave(
    session: Session, actor: Actor, booking: Booking, consult: Consult, reason: str, now: datetime
) -> None:
    short = short_notice.find_short(session, actor, booking, now=now)
    short_notice.check(short, reason, field="reason")
    was = invitations.before(booking)
    mine = next(p for p in booking.participations if p.person_id == consult.requester_id)
    mine.removed_at = now
    claims.release_booking(session, booking.id, subject_id=consult.requester_id)
    consult_steps.enter(session, actor, consult, ConsultState.CANCELLED, now=now, reason=reason)
    short_notice.tell(session, short, reason, msg("A seat was given back at short notice"), now=now)
    consult.booking = None
    invitations.announce(session, booking, was, now=now)
    audit.record(session, actor, "booking.leave", booking, now=now)
