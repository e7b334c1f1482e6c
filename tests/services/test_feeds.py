"""Feeds: secrets kept as hashes only, and entries that stay as long as somebody may still show them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.clock import to_instant
from confsched.db import Database
from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, BookingKind, FeedPrivacy, FeedScope, Partstat
from confsched.domain.permissions import Function
from confsched.errors import Conflict, NotFound, Refusal
from confsched.formats.ical import Entry
from confsched.models.accounts import Account
from confsched.models.bookings import Booking
from confsched.models.feeds import Feed
from confsched.models.people import Person
from confsched.models.rosters import Absence, Duty, DutyLine
from confsched.services import access, accounts, audit, bookings, feeds, rosters
from confsched.services.bookings import Attendance, Meeting
from confsched.services.feed_entries import DAYS_AHEAD, DAYS_BACK, TOMBSTONE, feed_entries
from confsched.services.feed_scopes import Contents
from tests.world import NOW, ZONE, World, build_world

SUMMER, WINTER = date(2026, 3, 29), date(2026, 10, 25)
numbers = count()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def world(session: Session) -> World:
    return build_world(session)


def make_feed(
    session: Session, world: World, privacy: FeedPrivacy = FeedPrivacy.KIND_AND_PLACE
) -> tuple[Feed, str]:
    """Make an address for the neurologist."""
    name = f"Outlook {next(numbers)}"
    return feeds.create_feed(session, world.actor(world.neurologist), name, privacy=privacy, now=NOW)


def add_booking(
    session: Session, world: World, day: date, at: time = time(10), *people: Person, **values: object
) -> Booking:
    """Book half an hour for the neurologist, asked by the requester."""
    starts_at = to_instant(day, at, ZONE)
    meeting = Meeting(
        kind=BookingKind.TELECONSULT,
        title="Neurologie-Konsil",
        span=Span(starts_at, starts_at + timedelta(minutes=30)),
        zone=ZONE,
        organisation_id=world.hub.organisation_id,
        case_ref="FK-7Q2M",
        join_link="https://video.example/room",
        resource_id=world.room.id,
    )
    people = people or (world.neurologist, world.requester)
    attendances = [Attendance(person.id, "neurology") for person in people]
    booking = bookings.create(session, world.actor(world.requester), meeting, attendances, now=NOW)
    for name, value in values.items():
        setattr(booking, name, value)
    session.flush()
    return booking


def add_duty(session: Session, world: World, span: Span, **values: object) -> Duty:
    duty = Duty(
        line_id=world.line.id,
        person_id=world.neurologist.id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        day=span.starts_at.date(),
        origin="test",
        recorded_at=NOW,
        **values,
    )
    session.add(duty)
    session.flush()
    return duty


def night(day: date) -> Span:
    """Return the duty from 22:00 to 06:00 of the next day."""
    return Span(to_instant(day, time(22), ZONE), to_instant(day + timedelta(days=1), time(6), ZONE))


def entries_of(session: Session, feed: Feed, now: datetime = NOW) -> tuple[Entry, ...]:
    return feed_entries(session, feed, now=now, public_url="https://confsched.example")


def test_a_token_holds_256_bits_and_only_its_hash_is_kept(session: Session, world: World) -> None:
    feed, token = make_feed(session, world)
    assert len(token) == 43
    assert feed.token_hash == feeds.hash_token(token)
    assert token not in str(vars(feed))
    assert make_feed(session, world)[1] != token


def test_a_feed_is_found_by_its_token_only(session: Session, world: World) -> None:
    feed, token = make_feed(session, world)
    assert feeds.find_feed(session, token, now=NOW) is feed
    assert feeds.find_feed(session, feed.token_hash, now=NOW) is None
    assert feeds.find_feed(session, token[:-1], now=NOW) is None


def test_a_revoked_address_is_found_no_more(session: Session, world: World) -> None:
    feed, token = make_feed(session, world)
    actor = world.actor(world.neurologist)
    feeds.revoke(session, actor, feed, now=NOW)
    assert feeds.find_feed(session, token, now=NOW) is None
    with pytest.raises(NotFound):
        access.get_row(session, actor, Feed, feed.id)


def test_revoking_twice_is_the_same_as_once(session: Session, world: World) -> None:
    feed, _ = make_feed(session, world)
    actor = world.actor(world.neurologist)
    feeds.revoke(session, actor, feed, now=NOW)
    feeds.revoke(session, actor, feed, now=NOW + timedelta(hours=1))
    audit.write_pending(session)
    assert feed.revoked_at == NOW
    assert audit.count_events(session, "feed.revoke", feed.id) == 1


def test_a_disabled_account_closes_its_feeds(session: Session, world: World) -> None:
    _, token = make_feed(session, world)
    account = session.scalars(select(Account).where(Account.person_id == world.neurologist.id)).one()
    accounts.disable_account(session, None, account, now=NOW)
    session.flush()
    assert feeds.find_feed(session, token, now=NOW) is None


def test_who_has_left_the_hospital_has_no_feed(session: Session, world: World) -> None:
    _, token = make_feed(session, world)
    world.neurologist.memberships[0].valid_until = NOW.date()
    session.flush()
    assert feeds.find_feed(session, token, now=NOW) is None


def test_renewing_closes_the_old_address_and_keeps_name_and_privacy(session: Session, world: World) -> None:
    feed, token = make_feed(session, world, FeedPrivacy.BUSY)
    renewed, other = feeds.renew(session, world.actor(world.neurologist), feed, now=NOW)
    assert (renewed.name, renewed.privacy) == (feed.name, FeedPrivacy.BUSY)
    assert feeds.find_feed(session, token, now=NOW) is None
    assert feeds.find_feed(session, other, now=NOW) is renewed


def test_the_same_form_sent_twice_makes_one_address_and_says_why(session: Session, world: World) -> None:
    """Peer failure 11."""
    actor = world.actor(world.neurologist)
    values = {"privacy": FeedPrivacy.KIND, "now": NOW, "key": "form-1"}
    feeds.create_feed(session, actor, "Outlook", **values)
    with pytest.raises(Conflict, match="shown only once"):
        feeds.create_feed(session, actor, "Outlook", **values)
    assert len(feeds.list_feeds(session, actor)) == 1


@pytest.mark.parametrize("name", ["", "  ", "\u202e", "x" * 81])
def test_a_feed_needs_a_name_of_moderate_length(session: Session, world: World, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        feeds.create_feed(session, world.actor(world.stranger), name, privacy=FeedPrivacy.KIND, now=NOW)
    assert refused.value.field == "name"


def test_nobody_keeps_more_than_twenty_addresses(session: Session, world: World) -> None:
    for _ in range(feeds.MAX_FEEDS):
        make_feed(session, world)
    with pytest.raises(Refusal, match="Revoke one"):
        make_feed(session, world)


def test_an_address_is_listed_for_its_owner_only(session: Session, world: World) -> None:
    feed, _ = make_feed(session, world)
    assert feeds.list_feeds(session, world.actor(world.neurologist)) == [feed]
    assert feeds.list_feeds(session, world.actor(world.second_neurologist)) == []


def test_a_fetch_is_noted_once_a_minute(session: Session, world: World) -> None:
    feed, _ = make_feed(session, world)
    assert feeds.is_fetch_due(feed, NOW)
    feeds.record_fetch(session, feed, "Outlook", now=NOW)
    session.refresh(feed)
    later = NOW + timedelta(seconds=59)
    assert not feeds.is_fetch_due(feed, later)
    feeds.record_fetch(session, feed, "Google", now=later)
    session.refresh(feed)
    assert (feed.fetched_at, feed.fetched_by) == (NOW, "Outlook")


def test_changing_the_privacy_is_on_record(session: Session, world: World) -> None:
    feed, _ = make_feed(session, world)
    feeds.set_privacy(session, world.actor(world.neurologist), feed, FeedPrivacy.BUSY, now=NOW)
    audit.write_pending(session)
    assert audit.count_events(session, "feed.set_privacy", feed.id) == 1


def test_meetings_that_a_person_joins_or_organises_are_entries(session: Session, world: World) -> None:
    joined = add_booking(session, world, date(2026, 11, 25))
    organised = add_booking(session, world, date(2026, 11, 26), time(9), world.second_neurologist)
    add_booking(session, world, date(2026, 11, 27), time(9), world.second_neurologist)
    organised.organiser_id = world.neurologist.id
    feed, _ = make_feed(session, world)
    assert [entry.uid for entry in entries_of(session, feed)] == [joined.uid, organised.uid]


def test_an_entry_carries_what_its_privacy_allows(session: Session, world: World) -> None:
    booking = add_booking(session, world, date(2026, 11, 25))
    shown = {
        privacy: entries_of(session, make_feed(session, world, privacy)[0])[0] for privacy in FeedPrivacy
    }
    full = shown[FeedPrivacy.KIND_AND_PLACE]
    assert full.summary == "Teleconsult: Neurologie-Konsil · FK-7Q2M"
    assert full.location == "Demoraum 2, Uniklinik Wendstadt"
    assert full.join_link == "https://video.example/room"
    assert full.description == f"https://confsched.example/bookings/{booking.id}"
    for privacy, word in ((FeedPrivacy.KIND, "Teleconsult"), (FeedPrivacy.BUSY, "Busy")):
        entry = shown[privacy]
        assert entry.summary == word
        assert (entry.location, entry.join_link, entry.description) == ("", "", "")


def test_the_words_are_those_of_the_reader(session: Session, world: World) -> None:
    add_booking(session, world, date(2026, 11, 25))
    feed, _ = make_feed(session, world, FeedPrivacy.KIND)
    english = entries_of(session, feed)[0].summary
    world.neurologist.language = "de"
    session.flush()
    assert english == "Teleconsult"
    assert entries_of(session, feed)[0].summary == "Telekonsil"


def test_past_meetings_stay_for_a_year(session: Session, world: World) -> None:
    """Peer failure 30."""
    today = NOW.date()
    add_booking(session, world, today - timedelta(days=DAYS_BACK + 1))
    kept = add_booking(session, world, today - timedelta(days=DAYS_BACK - 1))
    last = add_booking(session, world, today + timedelta(days=DAYS_AHEAD - 1))
    add_booking(session, world, today + timedelta(days=DAYS_AHEAD + 1))
    feed, _ = make_feed(session, world)
    assert [entry.uid for entry in entries_of(session, feed)] == [kept.uid, last.uid]


def test_a_meeting_that_was_called_off_stays_as_cancelled_for_ninety_days(
    session: Session, world: World
) -> None:
    """Peer failure 28."""
    booking = add_booking(session, world, date(2027, 6, 1))
    bookings.cancel(session, world.actor(world.requester), booking, now=NOW)
    session.flush()
    feed, _ = make_feed(session, world)
    (entry,) = entries_of(session, feed, NOW + TOMBSTONE - timedelta(days=1))
    assert (entry.status, entry.sequence) == ("CANCELLED", 1)
    assert (entry.join_link, entry.location) == ("", "")
    assert entries_of(session, feed, NOW + TOMBSTONE + timedelta(days=1)) == ()


def test_who_was_removed_keeps_a_cancelled_entry_for_ninety_days(session: Session, world: World) -> None:
    """Peer failure 28."""
    booking = add_booking(session, world, date(2027, 6, 1))
    booking.participations[0].removed_at = NOW + timedelta(hours=1)
    session.flush()
    feed, _ = make_feed(session, world)
    (entry,) = entries_of(session, feed, NOW + timedelta(days=1))
    assert entry.status == "CANCELLED"
    assert entry.revised_at == NOW + timedelta(hours=1)
    assert entries_of(session, feed, NOW + TOMBSTONE + timedelta(days=2)) == ()


def test_an_organiser_who_no_longer_takes_part_keeps_the_meeting(session: Session, world: World) -> None:
    booking = add_booking(session, world, date(2026, 11, 25))
    booking.organiser_id = world.neurologist.id
    booking.participations[0].removed_at = NOW
    session.flush()
    feed, _ = make_feed(session, world)
    assert [entry.status for entry in entries_of(session, feed)] == ["CONFIRMED"]


@pytest.mark.parametrize(
    ("partstat", "busy"),
    [
        (Partstat.ACCEPTED, "BUSY"),
        (Partstat.NEEDS_ACTION, "BUSY"),
        (Partstat.TENTATIVE, "TENTATIVE"),
        (Partstat.DECLINED, "FREE"),
    ],
)
def test_who_has_declined_is_not_busy(session: Session, world: World, partstat: Partstat, busy: str) -> None:
    """Peer failure 9."""
    booking = add_booking(session, world, date(2026, 11, 25))
    booking.participations[0].partstat = partstat
    session.flush()
    feed, _ = make_feed(session, world)
    assert entries_of(session, feed)[0].busy == busy


@pytest.mark.parametrize("state", [BookingState.PROPOSED, BookingState.PENDING])
def test_a_time_that_is_not_confirmed_is_tentative(
    session: Session, world: World, state: BookingState
) -> None:
    add_booking(session, world, date(2026, 11, 25), state=state)
    feed, _ = make_feed(session, world)
    assert entries_of(session, feed)[0].status == "TENTATIVE"


@pytest.mark.parametrize(("day", "hours"), [(SUMMER, 7), (WINTER, 9), (date(2026, 6, 1), 8)])
def test_a_night_duty_keeps_its_length_and_takes_no_time(
    session: Session, world: World, day: date, hours: int
) -> None:
    """Peer failures 13, 17 and 29: a night over a clock change is an hour off in length, and none is busy."""
    duty = add_duty(session, world, night(day - timedelta(days=1)))
    feed, _ = make_feed(session, world)
    (entry,) = entries_of(session, feed)
    assert entry.span.duration == timedelta(hours=hours)
    assert (entry.busy, entry.zone) == ("FREE", ZONE)
    assert entry.uid == f"duty-{duty.id}@confsched"
    assert entry.summary == "Duty: Neurologie Dienst"


def test_a_replaced_duty_stays_as_cancelled_for_ninety_days(session: Session, world: World) -> None:
    """Peer failure 28."""
    add_duty(session, world, night(date(2027, 6, 1)), superseded_at=NOW + timedelta(hours=2))
    feed, _ = make_feed(session, world)
    (entry,) = entries_of(session, feed, NOW + timedelta(days=1))
    assert (entry.status, entry.sequence, entry.busy) == ("CANCELLED", 1, "FREE")
    assert entry.revised_at == NOW + timedelta(hours=2)
    assert entries_of(session, feed, NOW + TOMBSTONE + timedelta(days=2)) == ()


def test_a_shared_busy_calendar_has_no_word_for_duties(session: Session, world: World) -> None:
    """Peer failure 29."""
    add_duty(session, world, night(date(2026, 11, 25)))
    feed, _ = make_feed(session, world, FeedPrivacy.BUSY)
    assert entries_of(session, feed) == ()


def test_absences_are_nobodys_business(session: Session, world: World) -> None:
    span = night(date(2026, 11, 25))
    session.add(
        Absence(
            person_id=world.neurologist.id,
            kind=AbsenceKind.SICK,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            recorded_at=NOW,
        )
    )
    feed, _ = make_feed(session, world)
    assert entries_of(session, feed) == ()


def test_entries_stand_in_the_order_of_time(session: Session, world: World) -> None:
    days = [date(2026, 12, day) for day in (3, 1, 2)]
    for day in days:
        add_booking(session, world, day)
        add_duty(session, world, night(day))
    feed, _ = make_feed(session, world)
    starts = [entry.span.starts_at for entry in entries_of(session, feed)]
    assert starts == sorted(starts)
    assert len(starts) == 6


def test_the_entries_are_the_same_all_day(session: Session, world: World) -> None:
    """Peer failure 27."""
    add_booking(session, world, NOW.date() - timedelta(days=DAYS_BACK))
    feed, _ = make_feed(session, world)
    first = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
    assert entries_of(session, feed, first) == entries_of(session, feed, first + timedelta(hours=23))


def test_the_demo_may_name_its_token(session: Session, world: World) -> None:
    token = uuid.UUID(int=7).hex * 2
    feed, given = feeds.create_feed(
        session,
        world.actor(world.neurologist),
        "Demo",
        privacy=FeedPrivacy.KIND,
        now=NOW,
        token=token,
    )
    assert given == token
    assert feeds.find_feed(session, token, now=NOW) is feed


def make_shared(
    session: Session,
    world: World,
    contents: Contents | None = None,
    privacy: FeedPrivacy = FeedPrivacy.KIND_AND_PLACE,
    *,
    owner: Person | None = None,
) -> tuple[Feed, str]:
    """Make an address of the line, or of other contents, for the neurologist or another owner."""
    return feeds.create_feed(
        session,
        world.actor(owner or world.neurologist),
        f"Wall {next(numbers)}",
        privacy=privacy,
        now=NOW,
        contents=contents or Contents(FeedScope.LINE, world.line.id),
    )


def both(world: World) -> tuple[Contents, Contents]:
    """Return the line and the department."""
    return Contents(FeedScope.LINE, world.line.id), Contents(FeedScope.DEPARTMENT, world.neurology.id)


def test_a_line_and_a_department_hold_everybodys_duties_by_name_and_no_meetings(
    session: Session, world: World
) -> None:
    """Peer failure 29: names stand in the headline, nobody is an attendee, and no duty is busy."""
    add_booking(session, world, date(2026, 11, 25))
    first = add_duty(session, world, night(date(2026, 11, 25)))
    second = add_duty(session, world, night(date(2026, 11, 26)))
    second.person_id = world.second_neurologist.id
    elsewhere = DutyLine(
        **{name: getattr(world.line, name) for name in ("group_name", "kind", "duty_type", "phone")},
        name="Stroke",
        covered_from=time(0),
        covered_until=time(0),
        department_id=world.neurology.id,
    )
    session.add(elsewhere)
    session.flush()
    other = add_duty(session, world, night(date(2026, 11, 27)))
    other.line_id = elsewhere.id
    session.flush()
    named = [
        (first.id, "Neurologie Dienst: Dr. Jana Okafor"),
        (second.id, "Neurologie Dienst: Dr. Tom Brandt"),
        (other.id, "Stroke: Dr. Jana Okafor"),
    ]
    for contents, shown in zip(both(world), (2, 3), strict=True):
        entries = entries_of(session, make_shared(session, world, contents)[0])
        assert [(entry.uid, entry.summary) for entry in entries] == [
            (f"duty-{duty_id}@confsched", summary) for duty_id, summary in named[:shown]
        ]
        assert {(entry.busy, entry.attendees, entry.organizer) for entry in entries} == {("FREE", (), None)}
        assert {entry.location for entry in entries} == {"Uniklinik Wendstadt"}


def test_a_shared_feed_of_kinds_names_nobody(session: Session, world: World) -> None:
    add_duty(session, world, night(date(2026, 11, 25)))
    (entry,) = entries_of(session, make_shared(session, world, privacy=FeedPrivacy.KIND)[0])
    assert (entry.summary, entry.location) == ("Duty", "")


def test_a_duty_that_changed_hands_is_cancelled_for_one_and_new_for_the_other(
    session: Session, world: World
) -> None:
    """Peer failures 28 and 30: what was taken back stays as CANCELLED, and the past stays."""
    line = session.get_one(DutyLine, world.line.id)
    past = add_duty(session, world, night(NOW.date() - timedelta(days=DAYS_BACK - 2)))
    later = NOW + timedelta(hours=1)
    former = add_duty(session, world, night(date(2026, 12, 24)))
    rosters.record_duties(
        session, None, line, [(world.second_neurologist, night(date(2026, 12, 24)))], now=later, origin="swap"
    )
    feed, _ = make_shared(session, world)
    entries = entries_of(session, feed, later)
    assert len({entry.uid for entry in entries}) == 3
    assert {(entry.summary.rpartition(" ")[2], entry.status) for entry in entries} == {
        ("Okafor", "CONFIRMED"), ("Okafor", "CANCELLED"), ("Brandt", "CONFIRMED"),
    }  # fmt: skip
    assert entries[0].uid == f"duty-{past.id}@confsched"
    gone = next(entry for entry in entries if entry.status == "CANCELLED")
    assert (gone.uid, gone.sequence, gone.revised_at) == (f"duty-{former.id}@confsched", 1, later)
    after = entries_of(session, feed, later + TOMBSTONE + timedelta(days=1))
    assert {entry.status for entry in after} == {"CONFIRMED"}


def test_a_feed_of_duties_that_would_show_none_is_refused(session: Session, world: World) -> None:
    for contents in both(world):
        with pytest.raises(Refusal, match="never shown as busy") as refused:
            make_shared(session, world, contents, FeedPrivacy.BUSY)
        assert refused.value.field == "privacy"
    feed, _ = make_shared(session, world)
    with pytest.raises(Refusal, match="never shown as busy"):
        feeds.set_privacy(session, world.actor(world.neurologist), feed, FeedPrivacy.BUSY, now=NOW)
    assert feed.privacy is FeedPrivacy.KIND_AND_PLACE


def test_only_what_one_may_see_becomes_a_feed(session: Session, world: World) -> None:
    line, department = both(world)
    refused = [
        (world.stranger, department),
        (world.auditor, line),
        (world.auditor, department),
        (world.neurologist, Contents(FeedScope.LINE, uuid.uuid4())),
        (world.neurologist, Contents(FeedScope.DEPARTMENT, world.line.id)),
        (world.neurologist, Contents(FeedScope.LINE)),
    ]
    for owner, contents in refused:
        with pytest.raises(Refusal, match="from the list") as refusal:
            make_shared(session, world, contents, owner=owner)
        assert refusal.value.field == "holds"
    for owner, contents in ((world.stranger, line), (world.secretary, department), (world.admin, line)):
        assert make_shared(session, world, contents, owner=owner)[0].scope is contents.scope


def test_a_shared_feed_ends_with_the_right_and_ones_own_stays(session: Session, world: World) -> None:
    own = make_feed(session, world)[1]
    line, department = (make_shared(session, world, contents)[1] for contents in both(world))
    (seat,) = world.neurologist.memberships
    seat = session.merge(seat)

    def found() -> list[bool]:
        session.flush()
        return [feeds.find_feed(session, token, now=NOW) is not None for token in (own, line, department)]

    assert found() == [True, True, True]
    seat.function = Function.AUDITOR
    assert found() == [True, False, False]
    seat.function, seat.organisation_id = Function.CONSULTANT, world.spoke.organisation_id
    assert found() == [True, True, False]
    seat.valid_until = NOW.date()
    assert found() == [False, False, False]


def test_renewing_keeps_what_an_address_holds(session: Session, world: World) -> None:
    for contents in both(world):
        feed, _ = make_shared(session, world, contents)
        renewed, _ = feeds.renew(session, world.actor(world.neurologist), feed, now=NOW)
        assert (renewed.scope, renewed.line_id, renewed.department_id) == (
            contents.scope, contents.line_id, contents.department_id,
        )  # fmt: skip
