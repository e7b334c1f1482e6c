"""What the link of a guest opens, until when, and what a reply and a substitute do."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.kinds import Partstat
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.bookings import Participation
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.guests import Guest
from confsched.services import audit, bookings, guest_links, guests, regional
from confsched.services.accounts import create_account
from confsched.services.guest_links import MAX_REPLIES, VALID_AFTER_END
from confsched.services.passwords import TRIFLING_COST
from tests.support.guests import TEN, add_guest, hold, invite, mails_to, part_of
from tests.world import NOW, World

END = TEN + timedelta(minutes=90)
YES, NO = Partstat.ACCEPTED, Partstat.DECLINED


@pytest.fixture
def conference(session: Session, world: World) -> Conference:
    return hold(session, world)


@pytest.fixture
def part(session: Session, world: World, conference: Conference) -> Participation:
    guest = add_guest(session, world.actor(world.coordinator))
    return invite(session, world, conference, guest)[0]


def send(session: Session, part: Participation, name: str, email: str, now: datetime = NOW) -> None:
    guest_links.delegate(session, part.id, name, email, now=now)


def test_a_link_shows_its_meeting_until_30_days_after_its_end(session: Session, part: Participation) -> None:
    last = END + VALID_AFTER_END
    linked = guest_links.get_linked(session, part.id, now=last - timedelta(seconds=1))
    assert (linked.booking.title, linked.house, linked.may_reply) == (
        *("Health conference Moorkreis", "Uniklinik Wendstadt"),
        False,
    )
    with pytest.raises(NotFound):
        guest_links.get_linked(session, part.id, now=last)


def test_no_link_opens_what_is_not_there_or_belongs_to_somebody_with_a_login(
    session: Session, world: World, conference: Conference
) -> None:
    own = part_of(conference, world.coordinator)
    for participation_id in (None, uuid.uuid4(), own.id):
        with pytest.raises(NotFound):
            guest_links.get_linked(session, participation_id, now=NOW)


def test_a_link_is_dead_once_the_house_removes_the_guest_or_they_get_an_account(
    session: Session, world: World, part: Participation
) -> None:
    guest = session.scalars(select(Guest)).one()
    guests.remove(session, world.actor(world.coordinator), guest, now=END)  # the meeting itself is over
    assert part.removed_at is None
    with pytest.raises(NotFound):
        guest_links.get_linked(session, part.id, now=END)
    guest.removed_at = None
    assert guest_links.get_linked(session, part.id, now=END)
    create_account(session, part.person, "ein langer Satz im Nebel", now=NOW, cost=TRIFLING_COST)
    session.flush()
    with pytest.raises(NotFound):
        guest_links.get_linked(session, part.id, now=END)


def test_a_reply_counts_may_be_changed_and_said_twice_changes_nothing(
    session: Session, part: Participation
) -> None:
    booking = part.booking
    for partstat, revisions in ((YES, 1), (YES, 1), (Partstat.TENTATIVE, 2), (NO, 3), (YES, 4)):
        guest_links.reply(session, part.id, partstat, now=NOW, seen_sequence=booking.sequence)
        assert (part.partstat, booking.revision) == (partstat, 2 + revisions)


def test_a_yes_to_the_old_time_a_late_one_and_the_twentieth_change_are_refused(
    session: Session, world: World, part: Participation
) -> None:
    with pytest.raises(Conflict, match="has changed meanwhile"):
        guest_links.reply(session, part.id, YES, now=NOW, seen_sequence=7)
    with pytest.raises(Conflict, match="is over"):
        guest_links.reply(session, part.id, YES, now=END)
    bookings.cancel(session, world.actor(world.coordinator), part.booking, now=NOW)
    assert guest_links.get_linked(session, part.id, now=NOW).is_off
    with pytest.raises(Conflict, match="called off"):
        guest_links.reply(session, part.id, YES, now=NOW)


def test_somebody_sends_a_substitute_once_with_an_invitation_of_their_own(
    session: Session, world: World, conference: Conference, part: Participation
) -> None:
    send(session, part, "Bo Tal", "Bo.Tal@kasse-nord.example")
    send(session, part, "Bo Tal", "bo.tal@kasse-nord.example")  # pressed twice
    assert part.partstat is Partstat.DELEGATED
    (sent,) = [p for p in part.booking.participations if p.person_id == part.delegated_to_id]
    entry = session.scalars(select(Guest).where(Guest.person_id == sent.person_id)).one()
    own = session.scalars(select(Guest).where(Guest.person_id == part.person_id)).one()
    assert (entry.partner_id, entry.role, entry.added_by_id) == (own.partner_id, own.role, part.person_id)
    (mail,) = mails_to(session, sent.person)
    assert (mail.kind, mail.snapshot["signs"]) == (Kind.INVITATION, ["a participation", str(sent.id)])
    (news,) = mails_to(session, session.merge(world.coordinator), Kind.CONFERENCE_NEWS)
    assert news.snapshot["lines"][0]["values"]["name"] == "Bo Tal"
    with pytest.raises(Conflict, match="You are sending Bo Tal"):
        send(session, part, "Cem Ufer", "cem@kasse-nord.example")
    with pytest.raises(Conflict, match="You are sending Bo Tal"):
        guest_links.reply(session, part.id, YES, now=NOW)
    assert len(mails_to(session, part.person)) == 1
    assert regional.list_unanswered(conference) == [sent]


def test_a_seat_is_passed_on_twice_and_never_back(session: Session, part: Participation) -> None:
    send(session, part, "Bo Tal", "bo@kasse.example")
    second = next(p for p in part.booking.participations if p.person_id == part.delegated_to_id)
    with pytest.raises(Refusal, match="invited already"):
        send(session, second, "Anna Berg", part.person.email)
    send(session, second, "Cem Ufer", "cem@kasse.example")
    third = next(p for p in part.booking.participations if p.person_id == second.delegated_to_id)
    assert not guest_links.get_linked(session, third.id, now=NOW).may_delegate
    with pytest.raises(Conflict, match="passed on twice"):
        send(session, third, "Dora Feld", "dora@kasse.example")


@pytest.mark.parametrize(("name", "email"), [("", "bo@kasse.example"), ("Bo Tal", "bo"), ("Bo Tal", "")])
def test_a_substitute_has_a_name_and_a_mailbox(
    session: Session, part: Participation, name: str, email: str
) -> None:
    with pytest.raises(Refusal):
        send(session, part, name, email)
    assert part.delegated_to_id is None


def test_who_is_sent_and_works_in_the_network_signs_in_and_whom_the_house_removed_is_not_sent(
    session: Session, world: World, part: Participation
) -> None:
    actor = world.actor(world.coordinator)
    gone = add_guest(session, actor, name="Cem Ufer", email="cem@kasse.example")
    guests.remove(session, actor, gone, now=NOW)
    with pytest.raises(Refusal, match="cannot be sent from here"):
        send(session, part, "Cem Ufer", "cem@kasse.example")
    send(session, part, "Somebody", world.stranger.email)
    mail = mails_to(session, session.merge(world.stranger))[-1]
    assert mail.snapshot["path"] == f"/bookings/{part.booking_id}" and "signs" not in mail.snapshot
    assert session.merge(world.stranger).family_name == "Roth"
    assert session.scalar(select(func.count()).select_from(Claim)) == 1  # nobody takes their time by a link


def test_a_move_asks_the_substitute_and_not_who_sent_them(
    session: Session, world: World, part: Participation
) -> None:
    send(session, part, "Bo Tal", "bo@kasse.example")
    sent = next(p for p in part.booking.participations if p.person_id == part.delegated_to_id)
    guest_links.reply(session, sent.id, YES, now=NOW)
    reason = "Town hall closed"
    later = TEN + timedelta(hours=2)
    secretary = world.actor(world.secretary)
    bookings.move(session, secretary, part.booking, later, now=NOW, override_reason=reason)
    assert (part.partstat, sent.partstat) == (Partstat.DELEGATED, Partstat.NEEDS_ACTION)


def test_a_link_answers_twenty_times_and_then_asks_to_call(session: Session, part: Participation) -> None:
    for number in range(MAX_REPLIES):
        guest_links.reply(session, part.id, (YES, NO)[number % 2], now=NOW)
        audit.write_pending(session)
    with pytest.raises(Conflict, match="call whoever asks"):
        guest_links.reply(session, part.id, YES, now=NOW)
