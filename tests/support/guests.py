"""Guests of the hub and a regional conference of its coordinator, as services make them."""

from __future__ import annotations

from datetime import date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.guests import split_name
from confsched.domain.invites import Kind
from confsched.domain.kinds import PartnerKind
from confsched.domain.permissions import Actor
from confsched.domain.signed_links import LinkPurpose
from confsched.mail.signed_links import signed
from confsched.models.bookings import Participation
from confsched.models.conferences import Conference
from confsched.models.guests import Guest
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services import guest_invitations, guests, partners, regional
from tests.support.web import SECRET_KEY
from tests.world import NOW, World, local

DAY = date(2026, 12, 9)
TEN = local(DAY, time(10))


def add_guest(
    session: Session,
    actor: Actor,
    name: str = "Dr. Anna Berg",
    email: str = "anna.berg@kasse-nord.example",
    institution: str = "Kasse Nord",
    kind: PartnerKind = PartnerKind.INSURER,
) -> Guest:
    """Add a guest from an institution."""
    partner = partners.add(session, actor, institution, kind, now=NOW)
    return guests.add(session, actor, split_name(name), email, partner.id, "Referent", now=NOW)


def hold(session: Session, world: World, starts_at: datetime = TEN, key: str = "regional-1") -> Conference:
    """Fix a regional conference of the coordinator to a time."""
    draft = regional.Draft("Health conference Moorkreis", starts_at, 90, "https://video.example/room")
    return regional.create(session, world.actor(world.coordinator), draft, now=NOW, key=key)


def invite(session: Session, world: World, conference: Conference, *guests: Guest) -> list[Participation]:
    """Invite guests as the coordinator."""
    ids = [guest.id for guest in guests]
    actor = world.actor(world.coordinator)
    return guest_invitations.invite(session, actor, conference, ids, now=NOW)


def part_of(conference: Conference, person: Person) -> Participation:
    """Return how somebody takes part."""
    assert conference.booking is not None
    return next(p for p in conference.booking.participations if p.person_id == person.id)


def link_of(part: Participation) -> str:
    """Return the path of the link that a guest gets by mail."""
    return "/g/" + signed(LinkPurpose.PARTICIPATION, part.id, SECRET_KEY)


def mails_to(session: Session, person: Person, *kinds: Kind) -> list[OutboxMessage]:
    """Return the mails to somebody, in the order in which they were written."""
    query = select(OutboxMessage).where(OutboxMessage.recipient_id == person.id)
    messages = session.scalars(query.order_by(OutboxMessage.created_at, OutboxMessage.id))
    return [message for message in messages if not kinds or message.kind in kinds]
