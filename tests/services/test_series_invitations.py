"""Who is told what of a series: members by one event that comes back, everybody else date by date."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from confsched.clock import local_day
from confsched.domain.bookings import BookingState
from confsched.domain.invites import Kind
from confsched.domain.kinds import FeedPrivacy, Partstat
from confsched.errors import Refusal
from confsched.services import bookings, feeds, invitations, outbox, rebinding, series_invitations
from confsched.services.feed_entries import feed_entries, feed_parts
from tests.support.series_board import (
    HOUR,
    LATER,
    RIDS,
    WEEK,
    Board,
    add_board,
    add_series,
    calendar_of,
    call_off,
    change_time,
    end,
    latest,
    leave,
    move,
)
from tests.world import NOW, ZONE, World

CANCELLATION, INVITATION, REMOVAL, UPDATE = Kind.CANCELLATION, Kind.INVITATION, Kind.REMOVAL, Kind.UPDATE


@pytest.fixture
def board(session: Session, world: World) -> Board:
    """Give the series as everybody has been told of it."""
    made = add_board(session, world)
    assert made.told(series_invitations.before(session, None), NOW) == {
        ("jana", Kind.INVITATION, "all"),
        ("tom", Kind.INVITATION, "all"),
        ("mia", Kind.INVITATION, "all"),
        ("ole", Kind.INVITATION, "own"),
    }
    return made


CHANGES: dict[str, tuple[Callable[[Board], None], set[tuple[str, Kind, str]]]] = {
    "nothing": (lambda _board: None, set()),
    "one date is moved": (
        lambda board: move(board, 2, HOUR),
        {("jana", UPDATE, "2"), ("tom", UPDATE, "2"), ("mia", UPDATE, "2")},
    ),
    "a date with a guest is moved": (
        lambda board: move(board, 1, HOUR),
        {("jana", UPDATE, "1"), ("tom", UPDATE, "1"), ("mia", UPDATE, "1"), ("ole", UPDATE, "own")},
    ),
    "a date is moved over its neighbour": (
        lambda board: move(board, 1, WEEK + HOUR),
        {
            *((name, CANCELLATION, "1") for name in ("jana", "tom", "mia")),
            *((name, INVITATION, "own") for name in ("jana", "tom", "mia")),
            ("ole", UPDATE, "own"),
        },
    ),
    "one date is called off": (
        lambda board: call_off(board, 2),
        {("jana", CANCELLATION, "2"), ("tom", CANCELLATION, "2"), ("mia", CANCELLATION, "2")},
    ),
    "all dates are called off": (
        lambda board: call_off(board, 0, 1, 2, 3),
        {
            *(("jana", CANCELLATION, "all"), ("tom", CANCELLATION, "all"), ("mia", CANCELLATION, "all")),
            ("ole", CANCELLATION, "own"),
        },
    ),
    "the series ends before its time": (
        end,
        {("jana", UPDATE, "all"), ("tom", UPDATE, "all"), ("mia", UPDATE, "all")},
    ),
    "somebody leaves one date": (lambda board: leave(board, 3), {("tom", REMOVAL, "3")}),
    "somebody leaves the series": (lambda board: leave(board, 0, 1, 2, 3), {("tom", REMOVAL, "all")}),
    "somebody leaves what is to come": (lambda board: leave(board, 2, 3), {("tom", UPDATE, "all")}),
}


class _Over(Exception):
    """Take back what a row of the table has changed."""


def test_each_is_told_once_and_only_what_has_changed_for_them(board: Board) -> None:
    """PEER_FAILURES 22: a cancellation names its one date, so that the others stay."""
    for name, (change, told) in CHANGES.items():
        with pytest.raises(_Over), board.session.begin_nested():
            was = board.was()
            change(board)
            assert board.told(was) == told, name
            assert board.told(board.was()) == set(), name
            raise _Over


def test_the_time_of_all_dates_changes_in_one_message_above_whatever_was_sent(board: Board) -> None:
    """PEER_FAILURES 23: the series counts on from its highest exception, and no exception stays below it."""
    was = board.was()
    move(board, 2, HOUR)
    board.told(was)
    move_back = board.was()
    move(board, 2, -HOUR)
    board.told(move_back)
    assert (board.series.sequence, board.dates[2].sequence) == (0, 2)
    was = board.was()
    change_time(board)
    messages = series_invitations.announce(board.session, board.series, was, now=LATER)
    whole = next(m for m in messages if m.recipient.startswith("jana"))
    event, *exceptions = calendar_of(whole).walk("VEVENT")
    assert (whole.kind, event["SEQUENCE"], exceptions) == (Kind.UPDATE, 4, [])
    assert event["DTSTART"].dt.hour == 16
    was = board.was()
    move(board, 0, HOUR)
    date = series_invitations.announce(board.session, board.series, was, now=LATER)[0]
    assert calendar_of(date).walk("VEVENT")[0]["SEQUENCE"] == 5 > board.series.sequence


def test_moving_one_date_by_its_own_page_tells_members_by_the_series_and_guests_by_the_date(
    board: Board,
) -> None:
    actor = board.world.actor(board.world.secretary)
    date = board.dates[1]
    bookings.move(
        *(board.session, actor, date, date.starts_at + HOUR), now=LATER, override_reason="The room is taken"
    )
    messages = latest(board.session)
    assert board.named(messages) == {
        *(("jana", UPDATE, "1"), ("tom", UPDATE, "1"), ("mia", UPDATE, "1")),
        ("ole", UPDATE, "own"),
    }
    assert {m.booking_id for m in messages} == {date.id}
    assert {m.series_id for m in messages} == {board.series.id, None}


def test_calling_one_date_off_by_its_own_page_leaves_the_others(board: Board) -> None:
    """PEER_FAILURES 22: a CANCEL for one occurrence hits that one alone."""
    actor = board.world.actor(board.world.secretary)
    bookings.cancel(board.session, actor, board.dates[2], now=LATER)
    assert board.named(latest(board.session)) == {
        *(("jana", CANCELLATION, "2"), ("tom", CANCELLATION, "2"), ("mia", CANCELLATION, "2")),
    }
    assert [one.state for one in board.dates].count(BookingState.BOOKED) == 3


def test_a_reply_to_one_date_leaves_the_answers_to_the_others(board: Board) -> None:
    """PEER_FAILURES 22: a REPLY for one occurrence hits that one alone."""
    world = board.world
    actor = world.actor(world.neurologist)
    feed, _ = feeds.create_feed(board.session, actor, "Outlook", privacy=FeedPrivacy.KIND_AND_PLACE, now=NOW)
    known = feed_parts(board.session, feed, now=LATER)
    bookings.reply(board.session, actor, board.dates[2], Partstat.DECLINED, now=LATER)
    answers = [one.participations[0].partstat for one in board.dates]
    assert answers == [Partstat.NEEDS_ACTION] * 2 + [Partstat.DECLINED, Partstat.NEEDS_ACTION]
    master, *exceptions = feed_entries(board.session, feed, now=LATER)
    assert master.busy == "BUSY" and master.repeats is not None
    assert [(one.recurrence_at, one.busy) for one in exceptions] == [(RIDS[2], "FREE")]
    assert feed_parts(board.session, feed, now=LATER) != known


def test_a_date_moved_over_its_neighbour_by_its_own_page_becomes_an_event_of_its_own(board: Board) -> None:
    """Bad input: a moved instance over its neighbour; the series counts up, as it leaves a date out."""
    actor = board.world.actor(board.world.secretary)
    date = board.dates[1]
    bookings.move(
        *(board.session, actor, date, date.starts_at + WEEK + 2 * HOUR),
        now=LATER,
        override_reason="The room is taken",
    )
    assert (date.series_id, date.recurrence_at) == (None, None)
    told = board.named(latest(board.session))
    assert {("jana", CANCELLATION, "1"), ("jana", INVITATION, "own"), ("ole", UPDATE, "own")} <= told
    assert board.series.sequence == 2
    notes = {m.kind: m.snapshot.get("note") for m in latest(board.session)}
    assert notes[CANCELLATION] and not notes[INVITATION]


def test_a_date_that_comes_back_into_its_series_leaves_the_entry_of_its_own(board: Board) -> None:
    date, was = board.dates[1], board.was()
    move(board, 1, WEEK + HOUR)
    board.told(was)
    was = board.was()
    move(board, 1, -WEEK - HOUR)
    date.series_id, date.recurrence_at = board.series.id, RIDS[1]
    messages = series_invitations.announce(board.session, board.series, was, now=LATER)
    assert board.named(messages) == {
        *((name, REMOVAL, "own") for name in ("jana", "tom", "mia")),
        *((name, UPDATE, "all") for name in ("jana", "tom", "mia")),
        ("ole", UPDATE, "own"),
    }
    assert all((m.snapshot.get("note") is not None) is (m.kind is REMOVAL) for m in messages)


def test_who_comes_back_to_a_date_gets_the_series_as_it_stands_for_them(board: Board) -> None:
    was = board.was()
    leave(board, 0, 3)
    board.told(was)
    date = board.dates[3]
    gone = invitations.before(date)
    date.participations[1].removed_at = None
    messages = invitations.announce(board.session, date, gone, now=LATER)
    assert board.named(messages) == {("tom", INVITATION, "all")}
    event = calendar_of(messages[0]).walk("VEVENT")[0]
    assert event["DTSTART"].dt == RIDS[1]
    assert event["RRULE"]["UNTIL"] == [RIDS[3]]
    assert "EXDATE" not in event


def test_a_substitute_gets_the_date_alone_and_who_is_replaced_loses_that_one(board: Board) -> None:
    world, date = board.world, board.dates[2]
    tom, ole = world.second_neurologist.id, world.second_requester.id
    rebinding.hand_over(board.session, None, date, tom, ole, now=LATER)
    assert board.named(latest(board.session)) == {("tom", REMOVAL, "2"), ("ole", INVITATION, "own")}
    removal = next(m for m in latest(board.session) if m.kind is REMOVAL)
    event = calendar_of(removal).walk("VEVENT")[0]
    assert "STATUS" not in event and str(event["ATTENDEE"]) == f"mailto:{removal.recipient}"


def test_this_and_following_shortens_the_old_series_and_invites_to_the_new_one(board: Board) -> None:
    was = board.was()
    new = add_series(board.session, board.world, RIDS[2:], title="Neuro board", former_id=board.series.id)
    board.series.until_on = local_day(RIDS[1], ZONE)
    for booking in board.dates[2:]:
        booking.series_id = new.id
    board.session.flush()
    assert board.told(was) == {("jana", UPDATE, "all"), ("tom", UPDATE, "all"), ("mia", UPDATE, "all")}
    messages = series_invitations.announce(board.session, new, was, now=LATER)
    assert {(m.kind, m.series_id) for m in messages} == {(INVITATION, new.id)}
    assert len(messages) == 3
    assert calendar_of(messages[0]).walk("VEVENT")[0]["RRULE"]["UNTIL"] == [RIDS[3]]


def test_a_zone_that_no_calendar_can_repeat_is_refused(board: Board) -> None:
    was = board.was()
    change_time(board)
    # Morocco is an hour ahead of UTC in November, and goes by the moon.
    board.series.zone = "Africa/Casablanca"
    with pytest.raises(Refusal, match="cannot repeat"):
        board.told(was)


def test_a_message_of_one_date_waits_for_that_of_its_series(board: Board) -> None:
    was = board.was()
    move(board, 2, HOUR)
    board.told(was)
    board.session.flush()
    claimed = outbox.claim_due(board.session, now=LATER, lease_key="one")
    assert {m.kind for m in claimed} == {INVITATION}
