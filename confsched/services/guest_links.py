"""What the signed link of a guest shows, without signing in, and what it lets them do.

A link is one person at one meeting. It is dead as soon as the house removes the guest or takes them out of
the meeting, and a day after the meeting in any case: until then documents are looked up. Replies and
substitutes end with the meeting itself.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.domain.bookings import BookingState
from confsched.domain.guests import MAX_HANDOVERS, checked_mailbox, checked_name, split_name
from confsched.domain.invites import Kind
from confsched.domain.kinds import Partstat
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.guests import ConferenceLink, ConferenceText, Guest
from confsched.models.network import Organisation
from confsched.models.people import Person
from confsched.services import (
    audit,
    conference_texts,
    documents,
    guest_invitations,
    guests,
    invitations,
    participants,
)
from confsched.services.guests import House
from confsched.services.notices import notify

VALID_AFTER_END = timedelta(hours=24)
MAX_REPLIES = 20  # of one link: more is no change of mind
ANSWERS = frozenset({Partstat.ACCEPTED, Partstat.TENTATIVE, Partstat.DECLINED})


@dataclass(frozen=True)
class Linked:
    """Hold what the page of a guest shows: this meeting and nothing else."""

    participation: Participation
    booking: Booking
    house: str
    place: str
    conference: Conference | None
    text: ConferenceText | None
    documents: tuple[ConferenceLink, ...]
    sent: Person | None
    is_over: bool
    may_delegate: bool

    @property
    def person(self) -> Person:
        return self.participation.person

    @property
    def is_off(self) -> bool:
        return self.booking.state is BookingState.CANCELLED

    @property
    def may_reply(self) -> bool:
        return not self.is_off and not self.is_over and self.sent is None


def get_linked(session: Session, participation_id: uuid.UUID | None, *, now: datetime) -> Linked:
    """Return what a link is about; raises NotFound alike for none, one that has ended, one taken back."""
    part = _find(session, participation_id)
    if part is None or now >= part.booking.ends_at + VALID_AFTER_END or not _is_kept(session, part):
        raise NotFound
    booking = part.booking
    conference = session.scalars(select(Conference).where(Conference.booking_id == booking.id)).one_or_none()
    return Linked(
        participation=part,
        booking=booking,
        house=session.get_one(Organisation, booking.organisation_id).name,
        place=invitations.place_of(booking),
        conference=conference,
        text=conference_texts.find_last(session, conference) if conference else None,
        documents=tuple(documents.list_links(session, conference)) if conference else (),
        sent=session.get(Person, part.delegated_to_id) if part.delegated_to_id else None,
        is_over=booking.ends_at <= now,
        may_delegate=_handovers(booking, part) < MAX_HANDOVERS,
    )


def _find(session: Session, participation_id: uuid.UUID | None) -> Participation | None:
    query = (
        select(Participation)
        .where(Participation.id == participation_id, Participation.removed_at.is_(None))
        .options(joinedload(Participation.person), joinedload(Participation.booking))
    )
    return session.scalars(query).one_or_none()


def _is_kept(session: Session, part: Participation) -> bool:
    """Tell whether the house keeps the guest still; who got an account signs in instead."""
    query = select(Guest.id).where(
        Guest.person_id == part.person_id,
        Guest.organisation_id == part.organisation_id,
        Guest.removed_at.is_(None),
    )
    return session.scalars(query).first() is not None and guests.is_free(session, part.person)


def _handovers(booking: Booking, part: Participation) -> int:
    """Return how often the seat was passed on before it came to somebody."""
    senders = {p.delegated_to_id: p.person_id for p in booking.participations if p.delegated_to_id}
    count, person_id = 0, part.person_id
    while person_id in senders and count < MAX_HANDOVERS:
        person_id, count = senders[person_id], count + 1
    return count


def reply(
    session: Session,
    participation_id: uuid.UUID | None,
    partstat: Partstat,
    *,
    now: datetime,
    seen_sequence: int | None = None,
) -> Participation:
    """Record what a guest says; the same once more changes nothing, and it may be changed until the meeting.

    `seen_sequence` is the SEQUENCE that the guest answers to: a yes to the old time is no yes to the new one.
    """
    assert partstat in ANSWERS, "the page offers these"
    linked = _locked(session, participation_id, now)
    part, booking = linked.participation, linked.booking
    _check_open(linked)
    if seen_sequence not in (None, booking.sequence):
        raise Conflict(msg("This meeting has changed meanwhile. Look at its time and reply once more."))
    if part.partstat is partstat:
        return part
    if audit.count_events(session, "guest.reply", part.id) >= MAX_REPLIES:
        raise Conflict(msg("This answer was changed many times. Please call whoever asks."))
    part.partstat = partstat
    booking.revision, booking.revised_at = booking.revision + 1, now
    audit.record(session, None, "guest.reply", part, now=now, detail=partstat.value)
    return part


def _locked(session: Session, participation_id: uuid.UUID | None, now: datetime) -> Linked:
    """Return what a link is about, its meeting locked: a move comes wholly before or wholly after."""
    linked = get_linked(session, participation_id, now=now)
    session.refresh(linked.booking, with_for_update=True)
    session.refresh(linked.participation)
    return get_linked(session, participation_id, now=now)


def _check_open(linked: Linked) -> None:
    if linked.is_off or linked.is_over:
        raise Conflict(msg("This meeting has been called off or is over. Nothing more is asked of you."))
    if linked.sent is not None:
        raise Conflict(msg("You are sending %(name)s, who answers now.", name=linked.sent.name))


def delegate(
    session: Session, participation_id: uuid.UUID | None, name: str, email: str, *, now: datetime
) -> Participation:
    """Send somebody else instead, once: they get an invitation of their own, and who invites is told.

    Whoever was sent may send one more, and then it ends. Raises Refusal for a mailbox invited already.
    """
    linked = _locked(session, participation_id, now)
    parts, email = checked_name(split_name(name)), checked_mailbox(email)
    if linked.sent is not None and linked.sent.email == email:
        return linked.participation
    _check_open(linked)
    if not linked.may_delegate:
        raise Conflict(msg("This seat was passed on twice already. Please call whoever asks."))
    if any(p.removed_at is None and p.person.email == email for p in linked.booking.participations):
        raise Refusal(msg("%(email)s is invited already.", email=email), field="email")
    own = linked.person
    house = House(linked.participation.organisation_id, own.id, own.language, own.zone)
    person = guests.find_or_add_person(session, house, parts, email)
    _keep(session, linked, house, person, now)
    _hand_over(session, linked, person, now)
    audit.record(session, None, "guest.delegate", linked.participation, now=now)
    return linked.participation


def _keep(session: Session, linked: Linked, house: House, person: Person, now: datetime) -> None:
    """Make the substitute a guest of the house, for the same institution, unless they work in the network."""
    if not guests.is_free(session, person):
        return
    known = guests.find(session, house.organisation_id, person.id)
    if known is not None and known.removed_at is not None:
        raise Refusal(msg("This person cannot be sent from here. Please call whoever asks."), field="email")
    if known is None:
        mine = guests.find(session, house.organisation_id, linked.person.id)
        assert mine is not None, "a link of nobody's guest opens nothing"
        guests.keep(session, house, person, mine.partner_id, mine.role, now=now)


def _hand_over(session: Session, linked: Linked, person: Person, now: datetime) -> None:
    part, booking = linked.participation, linked.booking
    was = invitations.before(booking)
    part.partstat, part.delegated_to_id = Partstat.DELEGATED, person.id
    _seat(booking, part, person, now)
    guest_invitations.announce(session, booking, was, linked.text, now=now)
    lines = [
        msg("%(name)s comes instead (%(email)s).", name=person.name, email=person.email),
        msg("An invitation is on its way to them."),
    ]
    notify(
        session,
        Kind.CONFERENCE_NEWS,
        booking.organiser,
        organisation_id=booking.organisation_id,
        heading=msg("%(title)s: %(name)s sends a substitute", title=booking.title, name=linked.person.name),
        lines=lines,
        path=participants.Way(f"/bookings/{booking.id}"),
        now=now,
    )


def _seat(booking: Booking, part: Participation, person: Person, now: datetime) -> None:
    known = next((p for p in booking.participations if p.person_id == person.id), None)
    if known is not None:
        guest_invitations.let_return(known, part.serves, now)
        return
    works_at = [membership.organisation_id for membership in person.memberships]
    booking.participations.append(
        Participation(
            person=person,
            organisation_id=works_at[-1] if works_at else part.organisation_id,
            position=1 + max(p.position for p in booking.participations),
            serves=part.serves,
            is_optional=part.is_optional,
            partstat=Partstat.NEEDS_ACTION,
            invited_at=now,
            removed_at=None,
        )
    )
