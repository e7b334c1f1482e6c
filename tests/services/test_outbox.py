"""The outbox keeps every message until it has left, and gives it to one worker at a time."""

from __future__ import annotations

import threading
import uuid
from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.errors import Conflict
from confsched.models.bookings import Booking
from confsched.models.outbox import OutboxMessage
from confsched.services import audit, bookings, outbox
from tests.support.outbox import DUE, add_message, add_messages, all_messages
from tests.world import NOW, World, book, build_world, local

ONE, TWO = "worker-one", "worker-two"
LATER = DUE + timedelta(hours=1)


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def _claim(database: Database, worker: str, **values: object) -> list[uuid.UUID]:
    with database.transaction() as session:
        claimed = outbox.claim_due(session, **{"now": LATER, "lease_key": worker, **values})  # type: ignore[arg-type]
        return [message.id for message in claimed]


def _only(database: Database) -> OutboxMessage:
    with database.read() as session:
        [message] = all_messages(session)
        return message


def _fail(database: Database, worker: str, *, is_permanent: bool) -> None:
    with database.transaction() as session:
        [message] = all_messages(session)
        outbox.settle_failed(
            session, message.id, worker, now=LATER, reason="450 later", is_permanent=is_permanent
        )


def _sent(database: Database, message_id: uuid.UUID, worker: str) -> None:
    with database.transaction() as session:
        outbox.settle_sent(session, message_id, worker, now=LATER, by="smtp")


def test_the_oldest_due_messages_are_claimed_first(database: Database, world: World) -> None:
    with database.transaction() as session:
        ids = [message.id for message in add_messages(session, world, 5)]
    assert _claim(database, ONE, limit=3) == ids[:3]
    assert _claim(database, ONE, limit=3) == ids[3:]


def test_a_message_is_not_claimed_before_it_is_due(database: Database, world: World) -> None:
    with database.transaction() as session:
        add_message(session, world)
    assert _claim(database, ONE, now=DUE - timedelta(microseconds=1)) == []
    assert len(_claim(database, ONE, now=DUE)) == 1


def test_two_workers_never_hold_the_same_message(database: Database, world: World) -> None:
    with database.transaction() as session:
        add_messages(session, world, 60)
    claimed: dict[str, list[uuid.UUID]] = {name: [] for name in (ONE, TWO)}
    together = threading.Barrier(len(claimed))

    def work(worker: str) -> None:
        together.wait()
        while ids := _claim(database, worker, limit=3):
            claimed[worker] += ids

    threads = [threading.Thread(target=work, args=(worker,)) for worker in claimed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    both = claimed[ONE] + claimed[TWO]
    with database.read() as session:
        assert all(message.attempts == 1 for message in all_messages(session))
    # Under SKIP LOCKED a claim may come back short, and its worker asks again; nothing is claimed twice.
    assert len(set(both)) == len(both)
    assert len(both) + len(_claim(database, ONE, limit=60)) == 60


def test_on_postgresql_a_claim_passes_over_what_another_one_is_claiming(postgres_database: Database) -> None:
    with postgres_database.transaction() as session:
        ids = [message.id for message in add_messages(session, build_world(session), 2)]
    with postgres_database.transaction() as first:
        held = outbox.claim_due(first, now=LATER, lease_key=ONE, limit=1)
        assert [message.id for message in held] == ids[:1]
        assert _claim(postgres_database, TWO) == ids[1:]


def test_a_lease_that_ran_out_is_taken_by_another_worker(database: Database, world: World) -> None:
    with database.transaction() as session:
        add_message(session, world)
    _claim(database, ONE)
    assert _claim(database, TWO, now=LATER + outbox.LEASE - timedelta(microseconds=1)) == []
    assert len(_claim(database, TWO, now=LATER + outbox.LEASE)) == 1
    message = _only(database)
    assert (message.lease_key, message.attempts) == (TWO, 2)


def test_the_length_of_a_lease_can_be_chosen(database: Database, world: World) -> None:
    with database.transaction() as session:
        add_message(session, world)
    _claim(database, ONE, lease=timedelta(seconds=1))
    assert len(_claim(database, TWO, now=LATER + timedelta(seconds=1))) == 1


def test_a_former_holder_settles_nothing(database: Database, world: World) -> None:
    """Cover line 25: what another worker is about to send is not recorded as sent, nor as refused."""
    with database.transaction() as session:
        message_id = add_message(session, world).id
    _claim(database, ONE)
    _claim(database, TWO, now=LATER + outbox.LEASE)
    _sent(database, message_id, ONE)
    _fail(database, ONE, is_permanent=True)
    message = _only(database)
    assert (message.sent_at, message.failed_at, message.last_error) == (None, None, None)
    assert message.lease_key == TWO
    _sent(database, message_id, TWO)
    assert _only(database).sent_at == LATER


def test_a_sent_message_is_never_claimed_again(database: Database, world: World) -> None:
    with database.transaction() as session:
        message_id = add_message(session, world).id
    _claim(database, ONE)
    _sent(database, message_id, ONE)
    assert _claim(database, ONE, now=LATER + timedelta(days=365)) == []
    message = _only(database)
    assert (message.sent_by, message.lease_key, message.lease_until) == ("smtp", None, None)


def test_a_temporary_refusal_is_tried_again_later_and_later(database: Database, world: World) -> None:
    """Cover line 25: a mail that could not be delivered is neither sent nor given up."""
    with database.transaction() as session:
        add_message(session, world)
    now = LATER
    waits = []
    for _ in range(10):
        assert len(_claim(database, ONE, now=now)) == 1
        with database.transaction() as session:
            [message] = all_messages(session)
            outbox.settle_failed(session, message.id, ONE, now=now, reason="450 later", is_permanent=False)
        message = _only(database)
        assert (message.sent_at, message.failed_at) == (None, None)
        assert _claim(database, ONE, now=message.due_at - timedelta(microseconds=1)) == []
        waits.append((message.due_at - now).total_seconds())
        now = message.due_at
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


@given(st.integers(1, 1_000_000))
def test_every_wait_is_at_least_half_a_minute_and_at_most_an_hour(attempts: int) -> None:
    wait = outbox.retry_after(attempts)
    assert timedelta(seconds=30) <= wait <= timedelta(hours=1)
    assert wait <= outbox.retry_after(attempts + 1)


def test_a_permanent_refusal_becomes_visible_and_stops(database: Database, world: World) -> None:
    """Cover line 25: the refusal is shown with its reason."""
    with database.transaction() as session:
        add_message(session, world)
    _claim(database, ONE)
    _fail(database, ONE, is_permanent=True)
    assert _claim(database, ONE, now=LATER + timedelta(days=7)) == []
    with database.read() as session:
        listing = outbox.list_messages(session, world.actor(world.secretary), state="failed")
    [message] = listing.messages
    assert (message.failed_at, message.sent_at, message.last_error) == (LATER, None, "450 later")


def test_a_refused_message_is_sent_once_more_when_somebody_asks_for_it(
    database: Database, world: World
) -> None:
    """Cover line 25: a retry is possible, and on record."""
    with database.transaction() as session:
        message_id = add_message(session, world).id
    _claim(database, ONE)
    _fail(database, ONE, is_permanent=True)
    again = LATER + timedelta(days=1)
    with database.transaction() as session:
        [message] = all_messages(session)
        outbox.retry(session, world.actor(world.secretary), message, now=again)
    assert _claim(database, TWO, now=again) == [message_id]
    with database.read() as session:
        assert audit.count_events(session, "message.retry", message_id) == 1


def test_a_message_that_has_left_is_not_sent_again_by_a_retry(database: Database, world: World) -> None:
    with database.transaction() as session:
        message_id = add_message(session, world).id
    _claim(database, ONE)
    _sent(database, message_id, ONE)
    with database.transaction() as session:
        [message] = all_messages(session)
        outbox.retry(session, world.actor(world.secretary), message, now=LATER)
    assert _claim(database, ONE, now=LATER + timedelta(days=1)) == []


def test_a_refused_message_is_not_sent_after_a_later_one_about_the_same_meeting(
    database: Database, world: World
) -> None:
    """An invitation after its cancellation would bring the dead meeting back."""
    with database.transaction() as session:
        booking = book(session, world, local(date(2026, 11, 24), time(10)))
        bookings.cancel(session, world.actor(world.requester), booking, now=NOW + timedelta(minutes=1))
        for message in all_messages(session):
            is_invitation = message.kind is Kind.INVITATION
            message.failed_at, message.sent_at = (NOW, None) if is_invitation else (None, NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        first = all_messages(session)[0]
        assert first.kind is Kind.INVITATION
        outbox.retry(session, world.actor(world.secretary), first, now=NOW + timedelta(days=1))


def test_a_long_reason_is_cut_to_its_column(database: Database, world: World) -> None:
    with database.transaction() as session:
        message_id = add_message(session, world).id
    _claim(database, ONE)
    with database.transaction() as session:
        outbox.settle_failed(session, message_id, ONE, now=LATER, reason="x" * 5000, is_permanent=False)
    assert _only(database).last_error == "x" * outbox.MAX_ERROR


def test_a_claim_that_does_not_commit_holds_nothing(database: Database, world: World) -> None:
    with database.transaction() as session:
        add_message(session, world)
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        outbox.claim_due(session, now=LATER, lease_key=ONE)
        raise ZeroDivisionError
    assert len(_claim(database, TWO)) == 1


def test_messages_about_one_meeting_reach_a_reader_in_their_order(database: Database, world: World) -> None:
    """A cancellation that overtakes its invitation leaves a dead meeting in the reader's calendar."""
    with database.transaction() as session:
        booking_id = book(session, world, local(date(2026, 11, 24), time(10))).id
        row = session.get_one(Booking, booking_id)
        bookings.cancel(session, world.actor(world.requester), row, now=NOW + timedelta(minutes=1))
    at = NOW + timedelta(minutes=2)
    invitations = _claim(database, ONE, now=at)
    assert _kinds(database, invitations) == [Kind.INVITATION] * 2
    assert _claim(database, TWO, now=at) == []
    with database.transaction() as session:
        sent, refused = invitations
        outbox.settle_sent(session, sent, ONE, now=at, by="smtp")
        outbox.settle_failed(session, refused, ONE, now=at, reason="450 later", is_permanent=False)
    [first] = _claim(database, TWO, now=at)
    assert _kinds(database, [first]) == [Kind.CANCELLATION]
    _sent(database, first, TWO)
    assert _claim(database, TWO, now=at + timedelta(hours=1)) == [refused]
    _sent(database, refused, TWO)
    assert _kinds(database, _claim(database, TWO, now=at)) == [Kind.CANCELLATION]


def _kinds(database: Database, ids: list[uuid.UUID]) -> list[Kind]:
    with database.read() as session:
        return [session.get_one(OutboxMessage, one).kind for one in ids]
