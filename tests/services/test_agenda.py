"""The order of a conference's cases: arranged, moved, pinned, taken back; and who is told their minutes."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import CaseLane, CaseState, ConferenceState, FeedPrivacy, Partstat
from confsched.errors import Conflict, NotFound, Refusal
from confsched.formats.ical import Entry
from confsched.mail.compose import compose
from confsched.mail.envelopes import House, envelope_of
from confsched.models.cases import AgendaBlock
from confsched.models.conferences import Conference
from confsched.models.feeds import Feed
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services import agenda, agenda_blocks, agenda_due, agenda_live, feed_entries, feeds
from confsched.services.feed_entries import feed_parts
from tests.support.agenda import BEST, RADIOLOGY, REFS, Agenda, add_agenda
from tests.support.cases import add_series
from tests.support.conferences import START, answer
from tests.world import NOW, World

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
HOUSE = House("https://planung.example", "planung@haus.example")


@pytest.fixture
def given(session: Session, world: World) -> Agenda:
    return add_agenda(session, world)


def refs(session: Session, conference: Conference) -> list[str]:
    return [row.case.case_ref for row in agenda.plan_view(session, conference).rows]


def minutes_of(session: Session, conference: Conference, person: Person) -> list[tuple[int, int]]:
    presence = agenda.blocks_of(session, conference, person.id)
    assert presence is not None
    return [((one.starts_at - START) // MINUTE, (one.ends_at - START) // MINUTE) for one in presence.spans]


def mails(session: Session, *kinds: Kind) -> list[OutboxMessage]:
    wanted = kinds or (Kind.AGENDA_BLOCK, Kind.AGENDA_BLOCK_REMOVAL)
    query = select(OutboxMessage).where(OutboxMessage.kind.in_(wanted))
    return list(session.scalars(query.order_by(OutboxMessage.created_at, OutboxMessage.recipient)))


def calendar(message: OutboxMessage) -> str:
    envelope = envelope_of(message, HOUSE)
    assert envelope.calendar is not None
    return envelope.calendar.replace("\r\n ", "")


# ---- the order ----


def test_the_best_order_brings_together_who_is_needed_together(
    session: Session, world: World, given: Agenda
) -> None:
    actor = world.actor(world.secretary)
    before = agenda.plan_view(session, given.conference)
    assert [row.case.case_ref for row in before.rows] == list(REFS)
    assert minutes_of(session, given.conference, given.radiologist) == [(0, 30)]
    found = agenda.arrange(session, actor, given.conference, now=NOW)
    after = agenda.plan_view(session, given.conference)
    assert found.is_best
    assert refs(session, given.conference) == list(BEST)
    assert [row.case.position for row in after.rows] == [1, 2, 3, 4]
    assert [row.case.starts_at for row in after.rows] == [START + at * 10 * MINUTE for at in range(4)]
    assert minutes_of(session, given.conference, given.radiologist) == [(0, 20)]
    assert (before.minutes_before, before.minutes_after) == (120, 120)
    assert (after.minutes_before, after.minutes_after) == (120, 80)
    assert (after.minutes_used, after.minutes_free, after.capacity) == (40, 20, 60)


def test_arranged_twice_it_is_arranged_once(session: Session, world: World, given: Agenda) -> None:
    actor = world.actor(world.secretary)
    for _ in range(2):
        agenda.arrange(session, actor, given.conference, now=NOW)
    session.refresh(given.conference)
    assert [step.code for step in given.conference.steps].count(agenda.ORDERED) == 1


def test_the_chair_is_there_all_the_time_and_has_no_minutes_of_their_own(
    session: Session, world: World, given: Agenda
) -> None:
    given.cases[0].presenter = session.get_one(Person, world.neurologist.id)
    session.flush()
    assert agenda.blocks_of(session, given.conference, world.neurologist.id) is None


@pytest.mark.parametrize(
    "values",
    [
        {"lane": CaseLane.LATE},
        {"lane": CaseLane.STANDARD_CARE},
        {"state": CaseState.WITHDRAWN},
        {"state": CaseState.NOTED},
    ],
)
def test_late_and_listed_cases_and_those_that_left_stay_out(
    session: Session, world: World, given: Agenda, values: dict[str, object]
) -> None:
    for name, value in values.items():
        setattr(given.cases[1], name, value)
    session.flush()
    agenda.arrange(session, world.actor(world.secretary), given.conference, now=NOW)
    assert refs(session, given.conference) == ["FK-0001", "FK-0003", "FK-0004"]


def test_a_discipline_for_which_nobody_comes_is_named(session: Session, given: Agenda) -> None:
    answer(given.conference, given.radiologist, Partstat.DECLINED)
    session.flush()
    view = agenda.plan_view(session, given.conference)
    assert [row.missing for row in view.rows] == [(RADIOLOGY,), (), (RADIOLOGY,), ()]
    (gap,) = (one for one in view.blocks if one.person_id is None)
    assert (gap.serves, gap.minutes) == (RADIOLOGY, 20)
    assert [str(one) for one in view.findings] == ["Nobody comes for radiology: FK-0001, FK-0003."]


def test_too_many_minutes_and_a_presenter_who_cannot_come_are_findings(
    session: Session, world: World, given: Agenda
) -> None:
    given.conference.capacity_minutes = 35
    given.cases[3].present_from, given.cases[3].present_until = START - DAY, START - DAY + 10 * MINUTE
    session.flush()
    agenda.arrange(session, world.actor(world.secretary), given.conference, now=NOW)
    view = agenda.plan_view(session, given.conference)
    assert [str(one) for one in view.findings] == [
        "The cases take 5 minutes more than there are.",
        "FK-0004 does not fit into the time of Ole Hansen, who presents it.",
    ]
    assert [row.is_beyond for row in view.rows] == [False, False, False, True]
    assert view.rows[0].case.case_ref == "FK-0004"  # as near to the time as can be


def test_a_window_of_a_presenter_is_kept(session: Session, world: World, given: Agenda) -> None:
    given.cases[0].present_from = START + 29 * MINUTE + timedelta(seconds=1)
    session.flush()
    agenda.arrange(session, world.actor(world.secretary), given.conference, now=NOW)
    assert refs(session, given.conference)[-1] == "FK-0001"


# ---- by hand ----


def test_cases_are_put_in_order_by_hand_and_the_former_order_comes_back(
    session: Session, world: World, given: Agenda
) -> None:
    actor, conference = world.actor(world.secretary), given.conference
    ids = [case.id for case in reversed(given.cases)]
    for _ in range(2):
        agenda.reorder(session, actor, conference, ids, now=NOW)
    assert refs(session, conference) == list(reversed(REFS))
    agenda.undo(session, actor, conference, now=NOW)
    assert refs(session, conference) == list(REFS)
    agenda.undo(session, actor, conference, now=NOW)
    assert refs(session, conference) == list(reversed(REFS))


def test_an_order_of_other_cases_is_refused(session: Session, world: World, given: Agenda) -> None:
    actor = world.actor(world.secretary)
    for ids in ([given.cases[0].id], [*(case.id for case in given.cases), uuid.uuid4()]):
        with pytest.raises(Conflict, match="changed meanwhile"):
            agenda.reorder(session, actor, given.conference, ids, now=NOW)
    with pytest.raises(NotFound):
        agenda.pin(session, actor, given.conference, uuid.uuid4(), is_pinned=True, now=NOW)
    with pytest.raises(Conflict, match="no former order"):
        agenda.undo(session, actor, given.conference, now=NOW)


def test_a_pinned_case_stays_and_others_go_around_it(session: Session, world: World, given: Agenda) -> None:
    actor, conference = world.actor(world.secretary), given.conference
    for _ in range(2):
        agenda.pin(session, actor, conference, given.cases[1].id, is_pinned=True, now=NOW)
    agenda.move(session, actor, conference, given.cases[2].id, by=-1, now=NOW)
    assert refs(session, conference) == ["FK-0003", "FK-0002", "FK-0001", "FK-0004"]
    agenda.move(session, actor, conference, given.cases[2].id, by=-1, now=NOW)  # it is the first already
    agenda.reorder(session, actor, conference, [case.id for case in reversed(given.cases)], now=NOW)
    assert refs(session, conference)[1] == "FK-0002"
    agenda.arrange(session, actor, conference, now=NOW)
    assert refs(session, conference)[1] == "FK-0002"
    with pytest.raises(Refusal, match="pinned"):
        agenda.move(session, actor, conference, given.cases[1].id, by=1, now=NOW)
    agenda.pin(session, actor, conference, given.cases[1].id, is_pinned=False, now=NOW)
    agenda.arrange(session, actor, conference, now=NOW)
    assert minutes_of(session, conference, given.radiologist) in ([(0, 20)], [(20, 40)])


@pytest.mark.parametrize(
    "state", [ConferenceState.FROZEN, ConferenceState.RUNNING, ConferenceState.CANCELLED]
)
def test_an_agenda_that_does_not_wait_any_more_stays_as_it_is(
    session: Session, world: World, given: Agenda, state: ConferenceState
) -> None:
    given.conference.state = state
    with pytest.raises(Conflict):
        agenda.arrange(session, world.actor(world.secretary), given.conference, now=NOW)


def test_a_conference_without_a_time_has_an_empty_agenda(session: Session, given: Agenda) -> None:
    given.conference.booking = None
    assert agenda.plan_view(session, given.conference).rows == ()
    assert agenda_blocks.retell(session, given.conference, now=NOW) == 0


# ---- everybody's own minutes ----


def test_everybody_is_told_their_own_minutes_once(session: Session, world: World, given: Agenda) -> None:
    agenda.arrange(session, world.actor(world.secretary), given.conference, now=NOW)
    assert agenda_blocks.retell(session, given.conference, now=NOW) == 4
    assert agenda_blocks.retell(session, given.conference, now=NOW) == 0
    told = {one.recipient: one for one in mails(session)}
    assert set(told) == {
        *(given.radiologist.email, world.second_neurologist.email),
        *(world.requester.email, world.second_requester.email),
    }
    written = calendar(told[world.requester.email])
    booking = given.conference.booking
    assert booking is not None
    assert f"RELATED-TO:{booking.uid}\r\n" in written
    assert "METHOD:REQUEST\r\n" in written
    assert "SUMMARY:Your part: Thorax board\r\n" in written
    assert "DTSTART;TZID=Europe/Berlin:20261126T150000\r\n" in written
    assert "DTEND;TZID=Europe/Berlin:20261126T152000\r\n" in written
    assert written.count("ATTENDEE") == 1
    assert "RSVP=FALSE" in written
    assert b"Your minutes" in compose(envelope_of(told[world.requester.email], HOUSE))
    assert booking.uid not in {one.uid for one in session.scalars(select(AgendaBlock))}


def test_a_member_of_a_series_is_told_by_the_uid_of_the_series(
    session: Session, world: World, given: Agenda
) -> None:
    series, booking = add_series(session, world), given.conference.booking
    assert booking is not None
    given.conference.series = series
    booking.series_id, booking.recurrence_at = series.id, booking.starts_at
    answer(given.conference, given.radiologist, Partstat.ACCEPTED).is_of_series = True
    agenda_blocks.retell(session, given.conference, now=NOW)
    told = {one.recipient: one.snapshot["related_to"] for one in mails(session)}
    assert told[given.radiologist.email] == series.uid
    assert told[world.second_neurologist.email] == booking.uid


def test_a_block_is_told_again_only_when_it_moves_by_more_than_the_set_minutes(
    session: Session, world: World, given: Agenda
) -> None:
    agenda_blocks.retell(session, given.conference, now=NOW)
    given.cases[0].minutes = 15  # five minutes later for all others: not more than the five that are set
    session.flush()
    assert agenda_blocks.retell(session, given.conference, now=NOW + MINUTE) == 0
    given.cases[0].minutes = 16
    session.flush()
    assert agenda_blocks.retell(session, given.conference, now=NOW + 2 * MINUTE) == 4
    again = [one for one in mails(session) if one.created_at == NOW + 2 * MINUTE]
    assert {one.snapshot["sequence"] for one in again} == {1}
    mine = next(one for one in again if one.recipient == world.second_requester.email)
    assert mine.snapshot["old_starts_at"] == (START + 10 * MINUTE).isoformat()
    assert b"have moved" in compose(envelope_of(mine, HOUSE))


def test_a_break_is_named_in_the_mail(session: Session, world: World, given: Agenda) -> None:
    given.cases[1].minutes = 20
    session.flush()
    agenda_blocks.retell(session, given.conference, now=NOW)
    mine = next(one for one in mails(session) if one.recipient == world.requester.email)
    said = b"In between you are not needed for 20 minutes: Thu 26 Nov 2026, 15:10"
    assert said in compose(envelope_of(mine, HOUSE)).replace(b"=\r\n", b"")


def test_who_is_no_longer_needed_is_told_so_and_told_anew_when_needed_again(
    session: Session, world: World, given: Agenda
) -> None:
    """PEER_FAILURES 24: what is off goes out as CANCEL, in body and header."""
    agenda_blocks.retell(session, given.conference, now=NOW)
    for case in (given.cases[1], given.cases[3]):
        case.state = CaseState.WITHDRAWN
    session.flush()
    agenda_blocks.retell(session, given.conference, now=NOW + MINUTE)
    gone = mails(session, Kind.AGENDA_BLOCK_REMOVAL)
    assert {one.recipient for one in gone} == {world.second_neurologist.email, world.second_requester.email}
    written = calendar(gone[0])
    assert "METHOD:CANCEL\r\n" in written
    assert "STATUS:CANCELLED\r\n" in written
    assert "SEQUENCE:1\r\n" in written
    for case in (given.cases[1], given.cases[3]):
        case.state = CaseState.READY
    session.flush()
    agenda_blocks.retell(session, given.conference, now=NOW + 2 * MINUTE)
    again = [one for one in mails(session, Kind.AGENDA_BLOCK) if one.created_at == NOW + 2 * MINUTE]
    mine = next(one for one in again if one.recipient == world.second_requester.email)
    former = next(one for one in gone if one.recipient == mine.recipient)
    assert (mine.snapshot["sequence"], mine.snapshot["uid"]) == (2, former.snapshot["uid"])
    assert mine.snapshot["old_starts_at"] == ""


def test_blocks_are_told_when_registration_has_closed_and_nobody_moves_cases(
    session: Session, world: World, given: Agenda
) -> None:
    """An order that somebody works on is told once, when it stands."""
    closes_at = START - DAY
    agenda.arrange(session, world.actor(world.secretary), given.conference, now=closes_at - MINUTE)
    assert agenda_due.tell_due(session, now=closes_at - MINUTE) == 0
    assert agenda_due.tell_due(session, now=closes_at) == 0  # a case was moved a minute ago
    assert agenda_due.tell_due(session, now=closes_at + MINUTE) == 1
    assert agenda_due.tell_due(session, now=closes_at + MINUTE) == 0
    given.cases[0].state = CaseState.WITHDRAWN
    session.flush()
    assert agenda_due.tell_due(session, now=closes_at + 5 * MINUTE) == 1


def test_a_frozen_agenda_is_told_at_once_and_a_cancelled_one_taken_back(
    session: Session, given: Agenda
) -> None:
    given.conference.state = ConferenceState.FROZEN
    session.flush()
    assert agenda_due.tell_due(session, now=NOW) == 1
    given.conference.state = ConferenceState.CANCELLED
    booking = given.conference.booking
    assert booking is not None
    booking.state = BookingState.CANCELLED
    session.flush()
    assert agenda_due.tell_due(session, now=NOW) == 1
    assert len(mails(session, Kind.AGENDA_BLOCK_REMOVAL)) == 4
    assert agenda_due.tell_due(session, now=NOW) == 0


NIGHTS = {
    "spring": (
        *(datetime(2026, 3, 29, 0, 40, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20260329T014000"),
        "DTEND;TZID=Europe/Berlin:20260329T031000",
    ),
    "autumn": (
        datetime(2026, 10, 25, 0, 40, tzinfo=UTC),
        "DTSTART:20261025T004000Z",
        "DTEND:20261025T011000Z",
    ),
    "midnight": (
        *(datetime(2026, 11, 26, 22, 40, tzinfo=UTC), "DTSTART;TZID=Europe/Berlin:20261126T234000"),
        "DTEND;TZID=Europe/Berlin:20261127T001000",
    ),
}


@pytest.mark.parametrize(("starts_at", "begin", "end"), NIGHTS.values(), ids=NIGHTS)
def test_minutes_of_ones_own_are_real_minutes_in_every_night(
    session: Session, given: Agenda, starts_at: datetime, begin: str, end: str
) -> None:
    booking = given.conference.booking
    assert booking is not None
    booking.starts_at, booking.ends_at = starts_at, starts_at + 60 * MINUTE
    session.flush()
    agenda_blocks.retell(session, given.conference, now=NOW)
    mine = next(one for one in mails(session) if one.recipient == given.radiologist.email)
    assert begin + "\r\n" in calendar(mine) and end + "\r\n" in calendar(mine)
    assert given.cases[3].starts_at == starts_at + 30 * MINUTE


# ---- feeds ----


def test_a_feed_carries_ones_own_minutes_as_they_were_told(
    session: Session, world: World, given: Agenda
) -> None:
    person = session.get_one(Person, given.radiologist.id)
    actor = world.actor(world.neurologist)
    feed, _ = feeds.create_feed(session, actor, "Outlook", privacy=FeedPrivacy.KIND_AND_PLACE, now=NOW)
    feed.person = person
    session.flush()
    before = feed_parts(session, feed, now=NOW)
    agenda_blocks.retell(session, given.conference, now=NOW)
    entry = _own_entry(session, feed, given)
    assert entry.span == Span(START, START + 30 * MINUTE)
    assert (entry.status, entry.sequence, entry.summary) == ("CONFIRMED", 0, "Your part: Thorax board")
    assert feed_parts(session, feed, now=NOW) != before
    given.conference.state = ConferenceState.CANCELLED
    agenda_blocks.retell(session, given.conference, now=NOW + MINUTE)
    gone = _own_entry(session, feed, given)
    assert (gone.status, gone.sequence, gone.uid) == ("CANCELLED", 1, entry.uid)


def _own_entry(session: Session, feed: Feed, given: Agenda) -> Entry:
    booking = given.conference.booking
    assert booking is not None
    (entry,) = (one for one in feed_entries.feed_entries(session, feed, now=NOW) if one.related_to)
    assert entry.related_to == booking.uid
    return entry


# ---- the live view ----


def test_before_it_begins_the_turn_is_as_planned(session: Session, world: World, given: Agenda) -> None:
    shown = agenda_live.live(
        session, world.actor(world.second_requester), given.conference, now=START - 5 * MINUTE
    )
    assert [(turn.case_ref, turn.minutes_to_go, turn.presents) for turn in shown.turns] == [
        ("FK-0002", 15, True),
        ("FK-0004", 35, True),
    ]
    assert (shown.is_ahead, shown.runs, shown.done, shown.count) == (True, False, 0, 4)


def test_while_it_runs_the_turn_follows_what_is_talked_about(
    session: Session, world: World, given: Agenda
) -> None:
    now = START + 12 * MINUTE
    given.conference.state = ConferenceState.RUNNING
    given.cases[0].state = CaseState.RECOMMENDED
    given.cases[1].state, given.cases[1].discussed_from = CaseState.IN_DISCUSSION, START + 10 * MINUTE
    given.cases[2].discussed_until = START + 9 * MINUTE  # put back: it comes last
    session.flush()
    by_requester = agenda_live.live(session, world.actor(world.requester), given.conference, now=now)
    assert [(turn.case_ref, turn.minutes_to_go) for turn in by_requester.turns] == [("FK-0003", 18)]
    by_other = agenda_live.live(session, world.actor(world.second_requester), given.conference, now=now)
    assert [(turn.is_now, turn.minutes_to_go) for turn in by_other.turns] == [(True, 0), (False, 8)]
    assert (by_other.done, by_other.late_minutes) == (1, 0)
    much_later = agenda_live.live(
        session, world.actor(world.second_requester), given.conference, now=START + 25 * MINUTE
    )
    assert [turn.minutes_to_go for turn in much_later.turns] == [0, 0]
    assert much_later.late_minutes == 5
    given.conference.state = ConferenceState.MINUTES_DRAFT
    over = agenda_live.live(session, world.actor(world.second_requester), given.conference, now=now)
    assert over.turns == ()
