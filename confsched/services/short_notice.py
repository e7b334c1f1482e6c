"""Changes at short notice: who asked for a consult owes the others a reason when it begins soon."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from confsched.domain.consults import is_short_notice
from confsched.domain.permissions import Actor
from confsched.errors import Message, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.consults import Consult
from confsched.services import consult_notices

MINUTES_A_DAY, MINUTES_AN_HOUR = 1440, 60


def find_short(session: Session, actor: Actor, booking: Booking, *, now: datetime) -> Consult | None:
    """Return the actor's own consult of a meeting that begins within the notice of its service."""
    asked = or_(Consult.requester_id == actor.person_id, Consult.requested_by_id == actor.person_id)
    query = select(Consult).where(Consult.booking_id == booking.id, asked).order_by(Consult.id).limit(1)
    consult = session.scalars(query).one_or_none()
    if consult is None or not is_short_notice(booking.starts_at, consult.service.cancel_notice_minutes, now):
        return None
    return consult


def check(consult: Consult | None, reason: str, *, field: str) -> None:
    """Refuse a change at short notice without a reason, and say whom to phone."""
    if consult is not None and not reason:
        raise Refusal(sentence_of(consult), field=field)


def sentence_of(consult: Consult) -> Message:
    """Return what a change at short notice takes: a call, or a reason."""
    service = consult.service
    return msg(
        "Less than %(notice)s before the start: phone %(phone)s (%(site)s), "
        "or give a reason for the short notice.",
        notice=words_of(service.cancel_notice_minutes),
        phone=service.site.phone,
        site=service.site.short_name,
    )


def words_of(minutes: int) -> Message:
    """Return a notice in the largest unit that says it exactly."""
    if minutes % MINUTES_A_DAY == 0:
        return msg("%(days)s days", days=minutes // MINUTES_A_DAY) if minutes > MINUTES_A_DAY else msg("24 h")
    if minutes % MINUTES_AN_HOUR == 0:
        return msg("%(hours)s h", hours=minutes // MINUTES_AN_HOUR)
    return msg("%(minutes)s min", minutes=minutes)


def tell(session: Session, consult: Consult | None, reason: str, heading: Message, *, now: datetime) -> None:
    """Mail the reason to those who were to answer; what keeps the notice needs no second mail."""
    if consult is None:
        return
    line = msg("At short notice: %(reason)s", reason=reason)
    consult_notices.tell_answering(session, consult, heading, [line], now=now)
