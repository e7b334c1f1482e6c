"""Guests of a house: people without account whom it invites, and of whom other houses know nothing.

One mailbox is one person, also where two houses invite it: each has its own entry with institution and role,
and neither sees that of the other. The name stays as it was first typed while anybody keeps the guest.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from confsched.domain.guests import MAX_ROLE, NameParts, checked_mailbox, checked_name, checked_words
from confsched.domain.permissions import Actor
from confsched.errors import Refusal, msg
from confsched.models.accounts import Account
from confsched.models.bookings import Booking, Participation
from confsched.models.guests import Guest, Partner
from confsched.models.people import Membership, Person
from confsched.services import access, audit, invitations, partners

PAGE_SIZE = 50
MAX_GUESTS = 2000  # of one house


class OfNetwork(Refusal):
    """Say that somebody with this mailbox works in the network, and so is no guest."""

    def __init__(self, email: str) -> None:
        sentence = msg("%(email)s belongs to somebody of the network. Invite them by name.", email=email)
        super().__init__(sentence, field="email")


class KnownGuest(Refusal):
    """Say that the house keeps this guest already."""

    def __init__(self, email: str) -> None:
        super().__init__(msg("%(email)s is your guest already.", email=email), field="email")


@dataclass(frozen=True)
class Listing:
    """Hold one page of guests, by name, and how many there are."""

    items: list[Guest]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True)
class House:
    """Say for which house a guest is kept, by whom it was entered, and how its people read."""

    organisation_id: uuid.UUID
    added_by_id: uuid.UUID
    language: str
    zone: str


def add(
    session: Session,
    actor: Actor,
    name: NameParts,
    email: str,
    partner_id: uuid.UUID | None,
    role: str,
    *,
    now: datetime,
) -> Guest:
    """Add a guest; the same entry twice is one, and who was removed comes back. Raises OfNetwork, Refusal."""
    house = House(partners.house_of(actor), actor.person_id, actor.language, actor.zone)
    partner = partners.get(session, actor, partner_id) if partner_id else None
    name, email = checked_name(name), checked_mailbox(email)
    role = checked_words(role, MAX_ROLE, field="role")
    person = find_or_add_person(session, house, name, email)
    if not is_free(session, person):
        raise OfNetwork(email)
    guest = find(session, house.organisation_id, person.id)
    wanted = (partner.id if partner else None, role)
    if guest is not None and guest.removed_at is None:
        if (guest.partner_id, guest.role) == wanted:
            return guest
        raise KnownGuest(email)
    guest = keep(session, house, person, partner.id if partner else None, role, now=now)
    audit.record(session, actor, "guest.add", guest, now=now)
    return guest


def find_or_add_person(session: Session, house: House, name: NameParts, email: str) -> Person:
    """Return who has the mailbox; two who enter it at once get one person."""
    person = _find_person(session, email)
    if person is not None:
        if is_free(session, person) and not _is_kept(session, person):
            person.title, person.given_name, person.family_name = (
                name.title,
                name.given_name,
                name.family_name,
            )
        return person
    person = Person(
        title=name.title,
        given_name=name.given_name,
        family_name=name.family_name,
        email=email,
        language=house.language,
        zone=house.zone,
    )
    try:
        with session.begin_nested():
            session.add(person)
    except IntegrityError:
        return session.scalars(select(Person).where(Person.email == email)).one()
    return person


def _find_person(session: Session, email: str) -> Person | None:
    return session.scalars(select(Person).where(func.lower(Person.email) == email)).first()


def is_free(session: Session, person: Person) -> bool:
    """Tell whether a person may be a guest: without account, and working nowhere in the network."""
    works = select(Membership.id).where(Membership.person_id == person.id)
    signs_in = select(Account.id).where(Account.person_id == person.id)
    return not session.scalar(select(or_(works.exists(), signs_in.exists())))


def _is_kept(session: Session, person: Person) -> bool:
    query = select(Guest.id).where(Guest.person_id == person.id, Guest.removed_at.is_(None))
    return session.scalars(query).first() is not None


def find(session: Session, organisation_id: uuid.UUID, person_id: uuid.UUID) -> Guest | None:
    """Return the entry of a house for a person, also one that was removed."""
    query = select(Guest).where(Guest.organisation_id == organisation_id, Guest.person_id == person_id)
    return session.scalars(query).one_or_none()


def keep(
    session: Session, house: House, person: Person, partner_id: uuid.UUID | None, role: str, *, now: datetime
) -> Guest:
    """Write the entry of a house for a person, or bring it back."""
    guest = find(session, house.organisation_id, person.id)
    if guest is None:
        _check_few(session, house.organisation_id)
        guest = Guest(person_id=person.id, organisation_id=house.organisation_id)
        session.add(guest)
    guest.partner_id, guest.role, guest.removed_at = partner_id, role, None
    guest.added_by_id, guest.added_at = house.added_by_id, now
    session.flush()
    session.expire(guest, ["person", "partner"])
    return guest


def _check_few(session: Session, organisation_id: uuid.UUID) -> None:
    query = select(func.count()).where(Guest.organisation_id == organisation_id, Guest.removed_at.is_(None))
    if (session.scalar(query) or 0) >= MAX_GUESTS:
        raise Refusal(msg("At most %(count)s guests. Remove somebody first.", count=MAX_GUESTS))


def change(
    session: Session,
    actor: Actor,
    guest: Guest,
    partner_id: uuid.UUID | None,
    role: str,
    *,
    now: datetime,
) -> None:
    """Give a guest another institution or role."""
    partner = partners.get(session, actor, partner_id) if partner_id else None
    guest.role = checked_words(role, MAX_ROLE, field="role")
    guest.partner_id = partner.id if partner else None
    session.flush()
    session.expire(guest, ["partner"])
    audit.record(session, actor, "guest.change", guest, now=now)


def remove(session: Session, actor: Actor, guest: Guest, *, now: datetime) -> None:
    """Forget a guest: their links end at once, and they leave what is to come of this house."""
    guest.removed_at = now
    for part in _coming(session, guest, now):
        was = invitations.before(part.booking)
        part.removed_at = now
        invitations.announce(session, part.booking, was, now=now)
    audit.record(session, actor, "guest.remove", guest, now=now)


def _coming(session: Session, guest: Guest, now: datetime) -> Sequence[Participation]:
    query = (
        select(Participation)
        .join(Booking)
        .where(
            Participation.person_id == guest.person_id,
            Participation.organisation_id == guest.organisation_id,
            Participation.removed_at.is_(None),
            Booking.ends_at > now,
        )
        .order_by(Booking.starts_at, Booking.id)
    )
    return session.scalars(query).all()


def list_guests(
    session: Session, actor: Actor, *, text: str = "", partner_id: uuid.UUID | None = None, page: int = 1
) -> Listing:
    """Return a page of the house's guests, those whose name, mailbox, role or institution holds the text."""
    query = access.visible(actor, Guest).join(Person, Person.id == Guest.person_id)
    query = query.outerjoin(Partner, Partner.id == Guest.partner_id)
    if partner_id is not None:
        query = query.where(Guest.partner_id == partner_id)
    for word in text.split()[:5]:
        columns = (Person.given_name, Person.family_name, Person.email, Guest.role, Partner.name)
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in columns)))
    total = (
        session.scalar(select(func.count()).select_from(query.with_only_columns(Guest.id).subquery())) or 0
    )
    page = max(1, page)
    rows = (
        query.options(joinedload(Guest.person), joinedload(Guest.partner))
        .order_by(Person.family_name, Person.given_name, Guest.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return Listing(list(session.scalars(rows)), total, page)


def list_all(session: Session, actor: Actor, organisation_id: uuid.UUID) -> list[Guest]:
    """Return every guest of one house, by name."""
    query = (
        access.visible(actor, Guest)
        .join(Person, Person.id == Guest.person_id)
        .where(Guest.organisation_id == organisation_id)
        .options(joinedload(Guest.person), joinedload(Guest.partner))
        .order_by(Person.family_name, Person.given_name, Guest.id)
        .limit(MAX_GUESTS)
    )
    return list(session.scalars(query))


def why_not(session: Session, actor: Actor, email: str) -> Refusal | None:
    """Return why a mailbox is no new guest of the house: of the network, or there already; else None."""
    person = _find_person(session, email)
    if person is None:
        return None
    if not is_free(session, person):
        return OfNetwork(email)
    guest = find(session, partners.house_of(actor), person.id)
    return None if guest is None or guest.removed_at is not None else KnownGuest(email)
