"""A series in feeds: one entry that comes back, as it stands for the feed's owner."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.kinds import FeedPrivacy, Partstat
from confsched.formats.ical import Entry, join_feed, render_event
from confsched.models.feeds import Feed
from confsched.models.people import Person
from confsched.services import bookings, feeds, invitations, series_invitations
from confsched.services.feed_entries import TOMBSTONE, feed_entries, feed_parts
from tests.formats.ical_rules import assert_interop
from tests.support.series_board import HOUR, LATER, RIDS, WEEK, Board, add_board, call_off, leave, move
from tests.world import NOW, World

URL = "https://confsched.example"
LONG_AFTER = LATER + TOMBSTONE + timedelta(days=2)


@pytest.fixture
def board(session: Session, world: World) -> Board:
    made = add_board(session, world)
    made.told(series_invitations.before(session, None), NOW)
    return made


def feed_of(board: Board, person: Person, privacy: FeedPrivacy = FeedPrivacy.KIND_AND_PLACE) -> Feed:
    return feeds.create_feed(board.session, board.world.actor(person), "Outlook", privacy=privacy, now=NOW)[0]


def entries_of(board: Board, feed: Feed, now: datetime = LATER) -> tuple[Entry, ...]:
    entries = feed_entries(board.session, feed, now=now, public_url=URL)
    assert_interop(join_feed("x", {one.zone for one in entries}, map(render_event, entries), 60))
    return entries


def test_a_member_gets_one_entry_and_a_guest_the_date_alone(board: Board) -> None:
    (whole,) = entries_of(board, feed_of(board, board.world.neurologist))
    assert (whole.uid, whole.span.starts_at) == (board.series.uid, RIDS[0])
    assert whole.repeats is not None and whole.repeats.until_at == RIDS[3]
    assert whole.description == f"{URL}/series/{board.series.id}"
    (alone,) = entries_of(board, feed_of(board, board.world.second_requester))
    assert (alone.uid, alone.span.starts_at, alone.repeats) == (board.dates[1].uid, RIDS[1], None)
    (led,) = entries_of(board, feed_of(board, board.world.secretary))
    assert led.uid == board.series.uid


def test_a_date_that_is_moved_or_off_is_an_exception_and_what_is_long_off_is_left_out(board: Board) -> None:
    """PEER_FAILURES 28: a cancelled date stays as STATUS:CANCELLED instead of vanishing."""
    feed = feed_of(board, board.world.neurologist)
    was = board.was()
    move(board, 1, HOUR)
    call_off(board, 2)
    board.told(was)
    whole, moved, off = entries_of(board, feed)
    assert (moved.recurrence_at, moved.span.starts_at) == (RIDS[1], RIDS[1] + HOUR)
    assert (off.recurrence_at, off.status, off.join_link) == (RIDS[2], "CANCELLED", "")
    assert min(moved.sequence, off.sequence) >= whole.sequence
    whole, _moved = entries_of(board, feed, LONG_AFTER)
    assert whole.repeats is not None and whole.repeats.left_out == (RIDS[2],)


def test_a_date_held_without_the_person_is_off_for_them_alone(board: Board) -> None:
    was = board.was()
    leave(board, 1)
    board.told(was)
    _, off = entries_of(board, feed_of(board, board.world.second_neurologist))
    assert (off.recurrence_at, off.status) == (RIDS[1], "CANCELLED")
    (whole,) = entries_of(board, feed_of(board, board.world.neurologist))
    assert whole.repeats is not None and whole.repeats.left_out == ()


def test_a_date_that_has_left_its_series_is_left_out_and_stands_alone(board: Board) -> None:
    feed = feed_of(board, board.world.neurologist)
    before = entries_of(board, feed)[0]
    date, was = board.dates[1], invitations.before(board.dates[1])
    move(board, 1, WEEK + 2 * HOUR)
    invitations.announce(board.session, date, was, now=LATER)
    whole, alone = entries_of(board, feed)
    assert whole.repeats is not None and whole.repeats.left_out == (RIDS[1],)
    assert (whole.sequence > before.sequence, whole.revised_at) == (True, LATER)
    assert (alone.uid, alone.recurrence_at) == (date.uid, None)


def test_a_series_that_is_called_off_stays_as_cancelled_and_then_goes(board: Board) -> None:
    feed = feed_of(board, board.world.neurologist)
    was = board.was()
    call_off(board, 0, 1, 2, 3)
    board.told(was)
    (whole,) = entries_of(board, feed)
    assert (whole.status, whole.description) == ("CANCELLED", "")
    assert entries_of(board, feed, LONG_AFTER) == ()


def test_an_unchanged_series_has_the_same_bytes_and_parts_and_any_change_is_noticed(board: Board) -> None:
    """PEER_FAILURES 27: an unchanged feed is answered by its entity tag."""
    feed = feed_of(board, board.world.neurologist)
    seen = [feed_parts(board.session, feed, now=LATER)]
    first = entries_of(board, feed)
    assert [feed_parts(board.session, feed, now=LATER + HOUR)] == seen
    assert entries_of(board, feed, LATER + HOUR) == first
    was = board.was()
    board.series.title = "Tumour board"
    board.told(was)
    seen.append(feed_parts(board.session, feed, now=LATER))
    was = board.was()
    leave(board, 3)
    board.told(was)
    seen.append(feed_parts(board.session, feed, now=LATER))
    actor = board.world.actor(board.world.neurologist)
    bookings.reply(board.session, actor, board.dates[0], Partstat.DECLINED, now=LATER)
    seen.append(feed_parts(board.session, feed, now=LATER))
    assert all(seen[number] != seen[number + 1] for number in range(len(seen) - 1))


def test_a_feed_that_shows_busy_times_only_names_no_series(board: Board) -> None:
    (whole,) = entries_of(board, feed_of(board, board.world.neurologist, FeedPrivacy.BUSY))
    assert (whole.summary, whole.location, whole.join_link, whole.description) == ("Busy", "", "", "")
