"""Who takes part: people of the network, who have calendars, and guests, who have a signed link instead."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session, selectinload

from confsched.domain.signed_links import LinkPurpose, ToSign
from confsched.models.bookings import Booking, Participation
from confsched.models.people import Person

GUEST_PATH = "/g/"


@dataclass(frozen=True)
class Way:
    """Hold the page that a mail leads its reader to; what `to_sign` names, the sender signs and appends."""

    path: str
    to_sign: ToSign | None = None

    def stored(self) -> dict[str, object]:
        """Return it as part of the snapshot of a mail."""
        if self.to_sign is None:
            return {"path": self.path}
        return {"path": self.path, "signs": self.to_sign.stored()}


def is_guest(person: Person) -> bool:
    """Tell whether somebody works nowhere in the network: no calendar, no claims, no signing in."""
    return not person.memberships


def load(session: Session, booking: Booking) -> None:
    """Load where those who take part work, by one query however many they are."""
    ids = [participation.person_id for participation in booking.participations]
    query = select(Person).where(Person.id.in_(ids)).options(selectinload(Person.memberships))
    session.scalars(query).all()


def with_calendars(booking: Booking) -> list[Participation]:
    """Return who takes part now and has time that can be taken: everybody but guests."""
    session = object_session(booking)
    if session is not None:
        load(session, booking)
    return [p for p in booking.participations if p.removed_at is None and not is_guest(p.person)]


def way_of(participation: Participation) -> Way:
    """Return the page of the meeting for one reader: guests get a link of their own, which opens it alone."""
    if is_guest(participation.person):
        return Way(GUEST_PATH, ToSign(LinkPurpose.PARTICIPATION, participation.id))
    return Way(f"/bookings/{participation.booking_id}")
