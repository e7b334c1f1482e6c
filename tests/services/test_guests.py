"""Guests and partners of a house: kept for it alone, one mailbox one person, gone when they are removed."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.guests import split_name
from confsched.domain.invites import Kind
from confsched.domain.kinds import PartnerKind, Partstat
from confsched.domain.permissions import Function
from confsched.errors import Forbidden, NotFound, Refusal
from confsched.formats.guest_lists import read_guests
from confsched.models.claims import Claim
from confsched.models.guests import Guest
from confsched.models.people import Person
from confsched.services import (
    access,
    bookings,
    directory,
    guest_imports,
    guest_invitations,
    guests,
    partners,
    people,
)
from confsched.services.guest_imports import Fate
from confsched.services.guests import OfNetwork
from tests.support.guests import TEN, add_guest, hold, invite, link_of, mails_to, part_of
from tests.support.matrix import Cast
from tests.world import NOW, World, add_working_hours

MAIL = "anna.berg@kasse-nord.example"


@pytest.fixture
def other_house(session: Session, world: World) -> Cast:
    return Cast(session, session.merge(world.spoke), "Spoke")


def test_an_entry_twice_is_one_guest_and_a_different_one_is_refused(session: Session, world: World) -> None:
    actor = world.actor(world.coordinator)
    first = add_guest(session, actor)
    assert add_guest(session, actor) is first
    with pytest.raises(Refusal, match="your guest already"):
        guests.add(session, actor, split_name("Anna Berg"), MAIL, None, "Head", now=NOW)
    assert (first.person.name, first.person.memberships) == ("Dr. Anna Berg", [])
    assert first.partner is not None and first.partner.kind is PartnerKind.INSURER


def test_two_houses_share_a_person_and_know_nothing_of_each_other(
    session: Session, world: World, other_house: Cast
) -> None:
    ours = add_guest(session, world.actor(world.coordinator))
    theirs_actor = next(a for a in other_house.actors.values() if "coordinator" in a.functions)
    theirs = add_guest(session, theirs_actor, name="A. Berger", institution="Kasse Nordland")
    assert theirs.person_id == ours.person_id and theirs.id != ours.id
    assert ours.person.name == "Dr. Anna Berg"  # as first typed, while anybody keeps the guest
    for actor, own, foreign in (
        (world.actor(world.coordinator), ours, theirs),
        (theirs_actor, theirs, ours),
    ):
        assert [row.id for row in guests.list_guests(session, actor).items] == [own.id]
        assert guests.list_guests(session, actor, text="Nordland").total == int(own is theirs)
        with pytest.raises(NotFound):
            access.get_row(session, actor, Guest, foreign.id)
        assert len(partners.list_all(session, actor)) == 1


def test_who_works_in_the_network_is_no_guest(session: Session, world: World) -> None:
    with pytest.raises(OfNetwork):
        add_guest(session, world.actor(world.coordinator), email=world.requester.email.upper())


def test_only_who_runs_conferences_keeps_guests(session: Session, world: World) -> None:
    with pytest.raises(Forbidden):
        add_guest(session, world.actor(world.requester))
    assert guests.list_guests(session, world.actor(world.neurologist)).total == 0


def test_no_directory_shows_a_guest(session: Session, world: World) -> None:
    guest = add_guest(session, world.actor(world.coordinator), name="Dr. Anna Okafora")
    assert [p.id for p in directory.suggest_people(session, "Okaf", now=NOW)] == [world.neurologist.id]
    assert directory.list_people(session, [guest.person_id, world.neurologist.id]) == [
        session.merge(world.neurologist)
    ]
    assert directory.list_own(session, world.actor(world.coordinator), [guest.person_id]) == frozenset()


def test_a_guest_takes_part_without_claims_and_gets_a_link_to_sign(session: Session, world: World) -> None:
    conference = hold(session, world)
    guest = add_guest(session, world.actor(world.coordinator))
    invite(session, world, conference, guest)
    invite(session, world, conference, guest)  # twice is the same as once
    part = part_of(conference, guest.person)
    assert (part.organisation_id, part.partstat, part.serves) == (
        *(world.hub.organisation_id, Partstat.NEEDS_ACTION),
        "Referent, Kasse Nord",
    )
    assert session.scalars(select(Claim.subject_id)).all() == [world.coordinator.id]
    (mail,) = mails_to(session, guest.person)
    assert (mail.kind, mail.snapshot["kind"]) == (Kind.INVITATION, "regional_conference")
    assert (mail.snapshot["path"], mail.snapshot["signs"]) == ("/g/", ["a participation", str(part.id)])


def test_a_move_tells_guests_whose_calendars_nobody_knows(session: Session, world: World) -> None:
    conference = hold(session, world)
    guest = add_guest(session, world.actor(world.coordinator))
    (part,) = invite(session, world, conference, guest)
    part.partstat, booking = Partstat.ACCEPTED, conference.booking
    assert booking is not None
    add_working_hours(session, session.merge(world.coordinator), session.merge(world.hub))
    bookings.move(session, world.actor(world.coordinator), booking, TEN + timedelta(hours=1), now=NOW)
    assert part.partstat is Partstat.NEEDS_ACTION
    assert mails_to(session, guest.person, Kind.UPDATE)
    assert session.scalar(select(func.count()).select_from(Claim)) == 1


def test_a_foreign_guest_cannot_be_invited(session: Session, world: World, other_house: Cast) -> None:
    theirs_actor = next(a for a in other_house.actors.values() if "coordinator" in a.functions)
    theirs = add_guest(session, theirs_actor)
    conference = hold(session, world)
    for guest_id in (theirs.id, uuid.uuid4()):
        with pytest.raises(NotFound):
            guest_invitations.invite(session, world.actor(world.coordinator), conference, [guest_id], now=NOW)
    assert len(guest_invitations.list_seats(conference)) == 1


def test_who_is_removed_leaves_what_is_to_come_and_comes_back_with_a_new_entry(
    session: Session, world: World
) -> None:
    actor, conference = world.actor(world.coordinator), hold(session, world)
    guest = add_guest(session, actor)
    (part,) = invite(session, world, conference, guest)
    link = link_of(part)
    guests.remove(session, actor, guest, now=NOW)
    assert part.removed_at == NOW
    assert mails_to(session, guest.person, Kind.REMOVAL)
    assert guests.list_guests(session, actor).total == 0
    again = add_guest(session, actor, name="Dr. Anna Bergmann")
    assert (again.id, again.person.family_name) == (guest.id, "Bergmann")
    invite(session, world, conference, again)
    assert link_of(part_of(conference, again.person)) == link


def test_a_guest_who_comes_to_work_in_the_network_is_the_same_person_and_no_guest_any_more(
    session: Session, world: World
) -> None:
    actor = world.actor(world.coordinator)
    guest = add_guest(session, actor)
    new = people.NewPerson(given_name="Anna", family_name="Berg", email=MAIL.upper(), discipline="neurology")
    person = people.add_person(session, None, new, now=NOW)
    assert (person.id, person.discipline, person.title) == (guest.person_id, "neurology", "")
    people.add_membership(
        *(session, None, person, Function.REQUESTER),
        site=session.merge(world.spoke),
        valid_from=NOW.date(),
        now=NOW,
    )
    session.flush()
    assert not guests.is_free(session, person)
    with pytest.raises(Refusal, match="belongs to somebody else"):
        people.add_person(session, None, new, now=NOW)


def test_a_list_is_looked_through_first_and_taken_over_once(session: Session, world: World) -> None:
    actor = world.actor(world.coordinator)
    add_guest(session, actor)
    rows = read_guests(
        f"Anna Berg; {MAIL}\nBo Tal; bo@amt.example; Gesundheitsamt Moorkreis; Leitung\n"
        f"Cem Ufer; cem@amt.example; Gesundheitsamt Moorkreis\nX; {world.requester.email}\nY; nothing"
    )
    before = session.scalar(select(func.count()).select_from(Person))
    checked = guest_imports.check(session, actor, rows)
    assert [one.fate for one in checked] == [Fate.KNOWN, Fate.NEW, Fate.NEW, Fate.WRONG, Fate.WRONG]
    assert [one.is_new_partner for one in checked] == [False, True, False, False, False]
    assert session.scalar(select(func.count()).select_from(Person)) == before
    assert [guest.person.name for guest in guest_imports.take(session, actor, rows, now=NOW)] == [
        *("Bo Tal", "Cem Ufer")
    ]
    assert guest_imports.take(session, actor, rows, now=NOW) == []
    offices = [p for p in partners.list_all(session, actor) if p.kind is PartnerKind.HEALTH_OFFICE]
    assert [partner.name for partner in offices] == ["Gesundheitsamt Moorkreis"]


def test_a_partner_stays_while_guests_come_from_it(session: Session, world: World) -> None:
    actor = world.actor(world.coordinator)
    guest = add_guest(session, actor)
    assert guest.partner is not None
    with pytest.raises(Refusal, match="1 guests come from here"):
        partners.remove(session, actor, guest.partner, now=NOW)
    other = partners.add(session, actor, "kasse süd", PartnerKind.INSURER, now=NOW)
    with pytest.raises(Refusal, match="there already"):
        partners.change(session, actor, other, "Kasse Nord", PartnerKind.OTHER, now=NOW)
    guests.change(session, actor, guest, other.id, "Head", now=NOW)
    partners.remove(session, actor, partners.list_all(session, actor)[0], now=NOW)
    assert [row.partner.name for row in partners.list_partners(session, actor, text="KASSE").items] == [
        "kasse süd"
    ]
