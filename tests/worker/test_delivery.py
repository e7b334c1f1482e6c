"""Delivery to a real mail server: what is accepted, refused, lost on the line, and sent a second time."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import timedelta

import pytest
import time_machine

from confsched.db import Database
from confsched.domain.invites import NOTICES, Kind
from confsched.mail.envelopes import House
from confsched.models.outbox import OutboxMessage
from confsched.services import outbox
from confsched.worker import delivery
from confsched.worker.delivery import deliver_due
from tests.support.outbox import DUE, add_message, add_messages, all_messages
from tests.support.postbox import Postbox, serving
from tests.world import World, build_world

HOUSE = House("https://confsched.example", "termine@confsched.example")
ONE, TWO = "worker-one", "worker-two"
LATER = DUE + timedelta(hours=1)


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def _deliver(database: Database, url: str | None, after: timedelta = timedelta(0), worker: str = ONE) -> int:
    with time_machine.travel(LATER + after, tick=False):
        return deliver_due(database, HOUSE, url, worker=worker)


def _rows(database: Database) -> list[OutboxMessage]:
    with database.read() as session:
        return all_messages(session)


def _only(database: Database) -> OutboxMessage:
    [row] = _rows(database)
    return row


def test_an_accepted_mail_is_settled_as_sent(database: Database, world: World) -> None:
    postbox = Postbox()
    with database.transaction() as session:
        add_message(session, world)
    with serving(postbox) as url:
        assert _deliver(database, url) == 1
    [mail] = postbox.mails
    row = _only(database)
    assert (mail.recipient, mail.message_id) == (world.neurologist.email, row.message_id)
    assert (row.sent_at, row.sent_by, row.attempts) == (LATER, delivery.SMTP, 1)


def test_without_a_mail_server_a_mail_is_kept_to_be_read_under_deliveries(
    database: Database, world: World
) -> None:
    with database.transaction() as session:
        add_message(session, world)
    assert _deliver(database, None) == 1
    assert (_only(database).sent_at, _only(database).sent_by) == (LATER, delivery.DRAWER)


def test_all_that_is_due_leaves_in_the_order_in_which_it_was_due(database: Database, world: World) -> None:
    postbox = Postbox()
    with database.transaction() as session:
        ids = [message.message_id for message in add_messages(session, world, 12)]
    with serving(postbox) as url:
        assert _deliver(database, url) == 12
    assert [mail.message_id for mail in postbox.mails] == ids


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_mail_that_is_refused_for_now_is_accepted_later(
    database: Database, world: World, step: str
) -> None:
    """Cover line 25: a 4xx answer leaves the mail waiting, and the next try delivers it."""
    postbox = Postbox()
    postbox.at_step = lambda at, _count: "450 4.2.1 try later" if at == step else None
    with database.transaction() as session:
        add_message(session, world)
    with serving(postbox) as url:
        _deliver(database, url)
        row = _only(database)
        assert (row.sent_at, row.failed_at, row.due_at) == (None, None, LATER + outbox.FIRST_RETRY)
        assert row.last_error is not None and row.last_error.startswith("450")
        postbox.at_step = lambda _step, _count: None
        assert _deliver(database, url, outbox.FIRST_RETRY - timedelta(seconds=1)) == 0
        assert _deliver(database, url, outbox.FIRST_RETRY) == 1
    row = _only(database)
    assert (row.sent_at, row.last_error, row.attempts) == (LATER + outbox.FIRST_RETRY, None, 2)
    assert len(postbox.mails) == 1


@pytest.mark.parametrize("step", ["RCPT", "DATA"])
def test_a_mail_that_is_refused_for_good_becomes_visible(database: Database, world: World, step: str) -> None:
    """Cover line 25: a 5xx answer is recorded as a failure with its reason, never as sent."""
    postbox = Postbox()
    postbox.at_step = lambda at, _count: "550 5.1.1 no such mailbox" if at == step else None
    with database.transaction() as session:
        add_message(session, world)
    with serving(postbox) as url:
        _deliver(database, url)
        assert _deliver(database, url, timedelta(days=7)) == 0
    row = _only(database)
    assert (row.sent_at, row.failed_at) == (None, LATER)
    assert row.last_error is not None and "no such mailbox" in row.last_error


def test_a_mail_waits_while_the_server_is_down(database: Database, world: World) -> None:
    """Cover line 25: nothing is lost while nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    with database.transaction() as session:
        add_message(session, world)
    _deliver(database, f"smtp://127.0.0.1:{port}")
    row = _only(database)
    assert (row.sent_at, row.failed_at, row.due_at) == (None, None, LATER + outbox.FIRST_RETRY)
    postbox = Postbox()
    with serving(postbox) as url:
        assert _deliver(database, url, outbox.FIRST_RETRY) == 1
    assert len(postbox.mails) == 1


def test_one_refused_mail_does_not_hold_up_the_others(database: Database, world: World) -> None:
    postbox = Postbox()
    postbox.at_step = lambda step, count: "550 no" if (step, count) == ("RCPT", 1) else None
    with database.transaction() as session:
        add_messages(session, world, 3)
    with serving(postbox) as url:
        _deliver(database, url)
        assert [row.failed_at is not None for row in _rows(database)] == [False, True, True]
    assert len(postbox.mails) == 1


def test_a_mail_that_cannot_be_written_does_not_hold_up_the_others(database: Database, world: World) -> None:
    postbox = Postbox()
    with database.transaction() as session:
        broken, *_ = add_messages(session, world, 3)
        broken.snapshot = {"uid": "without the rest"}
    with serving(postbox) as url:
        assert _deliver(database, url) == 3
    first, *others = _rows(database)
    assert [row.sent_at for row in _rows(database) if row.sent_at] == [LATER, LATER]
    assert len(others) == len(postbox.mails) == 2
    waiting = next(row for row in (first, *others) if row.sent_at is None)
    assert (waiting.last_error, waiting.failed_at) == ("KeyError", None)


def test_an_address_that_hides_a_second_one_is_refused_for_good(database: Database, world: World) -> None:
    postbox = Postbox()
    with database.transaction() as session:
        add_message(session, world, recipient="a@haus.example\r\nRCPT TO:<b@fremd.example>")
    with serving(postbox) as url:
        _deliver(database, url)
    assert postbox.mails == []
    assert _only(database).failed_at == LATER


def test_the_second_delivery_of_a_mail_is_the_same_to_the_byte(database: Database, world: World) -> None:
    """A worker died between the answer and its own note: Message-ID, UID and SEQUENCE are the same."""
    postbox = Postbox()
    with database.transaction() as session:
        add_message(session, world)
    with serving(postbox) as url:
        _deliver(database, url)
        with database.transaction() as session:
            [row] = all_messages(session)
            row.sent_at, row.lease_key, row.lease_until = None, ONE, LATER + outbox.LEASE
        assert _deliver(database, url, worker=TWO) == 0
        assert _deliver(database, url, outbox.LEASE, worker=TWO) == 1
    first, second = postbox.mails
    assert first.content == second.content
    event = first.calendar.events[0]
    assert (event["UID"], event["SEQUENCE"]) == ("meeting-1@confsched", 0)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in NOTICES])
def test_the_method_is_the_same_in_the_calendar_and_around_it(
    database: Database, world: World, kind: Kind
) -> None:
    """Cover line 24: a cancellation says CANCEL in the body and in the MIME header."""
    postbox = Postbox()
    with database.transaction() as session:
        add_message(session, world, kind=kind, method=kind.method)
    with serving(postbox) as url:
        _deliver(database, url)
    [mail] = postbox.mails
    assert mail.calendar["METHOD"] == mail.mime_method == kind.method.value
    # RFC 5546 3.2.5: STATUS cancels the whole meeting, so who is only un-invited must not read it.
    is_off = kind in (
        Kind.CANCELLATION,
        Kind.AGENDA_BLOCK_REMOVAL,
    )  # minutes of one's own are one's own event
    assert (mail.calendar.events[0].get("STATUS") == "CANCELLED") == is_off


def test_a_stopping_worker_ends_after_the_mail_in_hand(database: Database, world: World) -> None:
    with database.transaction() as session:
        add_messages(session, world, 5)
    with time_machine.travel(LATER, tick=False):
        stops = iter((False, False, True))
        assert deliver_due(database, HOUSE, None, worker=ONE, is_stopping=lambda: next(stops)) == 2
    rows = _rows(database)
    assert [row.sent_at is not None for row in rows] == [True, True, False, False, False]
    assert [row.lease_key for row in rows] == [None] * 5


def test_one_call_sends_at_most_one_round(
    database: Database, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ROUND", 3)
    with database.transaction() as session:
        add_messages(session, world, 5)
    assert [_deliver(database, None) for _ in range(3)] == [3, 2, 0]
