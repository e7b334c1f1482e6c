"""The page of deliveries: what became of each mail, and its content for who may read it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.invites import Kind
from confsched.errors import msg
from confsched.models.bookings import Booking
from confsched.models.outbox import OutboxMessage
from confsched.services import invitations, notices, outbox
from tests.services.test_feeds import add_booking
from tests.support.web import SignIn
from tests.world import NOW, World


@pytest.fixture
def message(world: World, sqlite_database: Database) -> OutboxMessage:
    """Give the invitation of the neurologist."""
    with sqlite_database.transaction() as session:
        booking = add_booking(session, world, date(2026, 11, 25))
        messages = invitations.announce(session, booking, invitations.before(None), now=NOW)
    return next(one for one in messages if one.recipient_id == world.neurologist.id)


def refuse(database: Database, *, is_permanent: bool, reason: str = "550 no such user") -> None:
    with database.transaction() as session:
        for one in outbox.claim_due(session, now=NOW, lease_key="w"):
            outbox.settle_failed(session, one.id, "w", now=NOW, reason=reason, is_permanent=is_permanent)


def kept(database: Database, message: OutboxMessage) -> OutboxMessage:
    with database.read() as session:
        return session.get_one(OutboxMessage, message.id)


def test_an_empty_page_says_what_will_stand_here(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.secretary)
    page = client.get("/deliveries/")
    assert page.status_code == 200
    assert "No message yet" in page.text


def test_a_planner_sees_every_message_of_the_house_and_others_their_own(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage
) -> None:
    for person, count in (
        (world.secretary, 2), (world.coordinator, 2), (world.admin, 2), (world.neurologist, 1),
        (world.requester, 1), (world.second_neurologist, 0), (world.stranger, 0),
    ):  # fmt: skip
        sign_in(client, person)
        page = client.get("/deliveries/").text
        assert f"{count} messages" in page
        assert (message.recipient in page) is (count == 2 or person is world.neurologist)


def test_the_navigation_leads_here(client: FlaskClient, world: World, sign_in: SignIn) -> None:
    sign_in(client, world.secretary)
    assert '<a href="/deliveries/" aria-current="page">' in client.get("/deliveries/").text


def test_the_list_is_filtered_by_state_and_address(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage, sqlite_database: Database
) -> None:
    sign_in(client, world.secretary)

    def found(query: str) -> int:
        text = client.get(f"/deliveries/?{query}").text
        return text.count("<li><span>")

    assert [found(f"state={state}") for state in ("waiting", "sent", "failed", "other")] == [2, 0, 0, 2]
    assert [found(f"q={text}") for text in ("okafor", "OKAFOR", "nobody", "%25")] == [1, 1, 0, 0]
    refuse(sqlite_database, is_permanent=True)
    assert [found(f"state={state}") for state in ("waiting", "failed")] == [0, 2]
    assert "No message fits" in client.get("/deliveries/?state=waiting").text
    assert message.kind.value == "invitation"


def test_long_lists_have_pages_that_keep_the_filter(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        booking = session.get_one(Booking, message.booking_id)
        for _ in range(25):
            invitations.announce(session, booking, invitations.before(None), now=NOW)
    sign_in(client, world.secretary)
    first = client.get("/deliveries/?q=example&_external=1&endpoint=x").text
    assert "Page 1 of 2, 52 entries" in first
    assert "/deliveries/?q=example&amp;_external=1&amp;endpoint=x&amp;page=2" in first
    assert "Page 2 of 2" in client.get("/deliveries/?q=example&page=2").text
    for page in ("0", "-1", "x", "99999999999999999999"):
        assert client.get(f"/deliveries/?page={page}").status_code == 200


def test_a_message_is_shown_as_its_reader_sees_it(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage
) -> None:
    for person in (world.neurologist, world.secretary):
        sign_in(client, person)
        page = client.get(f"/deliveries/{message.id}").text
        assert "Neurologie-Konsil" in page
        assert "BEGIN:VCALENDAR" in page
        assert "METHOD:REQUEST" in page
        assert message.message_id.strip("<>") in page
        assert "waiting" in page


def test_who_only_runs_the_mail_server_sees_the_envelope(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage
) -> None:
    sign_in(client, world.admin)
    page = client.get(f"/deliveries/{message.id}").text
    assert message.recipient in page
    assert "The content is for the reader" in page
    for secret in ("FK-7Q2M", "Neurologie-Konsil", "BEGIN:VCALENDAR"):
        assert secret not in page


def test_foreign_and_missing_messages_read_alike(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage
) -> None:
    sign_in(client, world.stranger)
    headers = {"X-Request-ID": "the-same-for-both"}
    pages = []
    for message_id in (message.id, uuid.UUID(int=7)):
        answer = client.get(f"/deliveries/{message_id}", headers=headers)
        assert answer.status_code == 404
        pages.append(answer.text.replace(str(message_id), ""))
    assert pages[0] == pages[1]


def test_a_refused_message_is_a_visible_task_and_goes_out_again_on_a_button(
    client: FlaskClient,
    world: World,
    sign_in: SignIn,
    message: OutboxMessage,
    sqlite_database: Database,
    moment: time_machine.Traveller,
) -> None:
    """Peer failure 25."""
    refuse(sqlite_database, is_permanent=True)
    sign_in(client, world.secretary)
    assert "550 no such user" in client.get("/deliveries/").text
    assert "refuses this message for good" in client.get(f"/deliveries/{message.id}").text
    moment.shift(60)
    for _ in range(2):
        answer = client.post(f"/deliveries/{message.id}/retry")
        assert (answer.status_code, answer.location) == (303, f"/deliveries/{message.id}")
    row = kept(sqlite_database, message)
    assert (row.failed_at, row.due_at) == (None, NOW + timedelta(seconds=60))


def test_a_message_that_left_does_not_leave_again(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        for one in outbox.claim_due(session, now=NOW, lease_key="w"):
            outbox.settle_sent(session, one.id, "w", now=NOW, by="drawer")
    sign_in(client, world.secretary)
    page = client.get(f"/deliveries/{message.id}").text
    assert "Send again" not in page
    assert "No mail server is set up" in page
    assert client.post(f"/deliveries/{message.id}/retry").status_code == 303
    assert kept(sqlite_database, message).sent_at == NOW


def test_the_reader_of_a_mail_does_not_send_it_again(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage, sqlite_database: Database
) -> None:
    refuse(sqlite_database, is_permanent=True)
    sign_in(client, world.neurologist)
    assert "Send again" not in client.get(f"/deliveries/{message.id}").text
    assert client.post(f"/deliveries/{message.id}/retry").status_code == 403
    sign_in(client, world.stranger)
    assert client.post(f"/deliveries/{message.id}/retry").status_code == 403


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, message: OutboxMessage) -> None:
    assert client.get("/deliveries/").status_code == 302
    assert client.post(f"/deliveries/{message.id}/retry").status_code == 401


def test_an_auditor_does_not_read_mails(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage
) -> None:
    sign_in(client, world.auditor)
    assert client.get("/deliveries/").status_code == 403
    assert client.get(f"/deliveries/{message.id}").status_code == 403


def test_the_list_costs_the_same_queries_for_one_and_for_many(
    client: FlaskClient, world: World, sign_in: SignIn, message: OutboxMessage, sqlite_database: Database
) -> None:
    from tests.api.test_feeds import counted

    sign_in(client, world.secretary)
    with counted(sqlite_database) as few:
        client.get("/deliveries/")
    with sqlite_database.transaction() as session:
        booking = session.scalars(select(Booking).where(Booking.id == message.booking_id)).one()
        for _ in range(10):
            invitations.announce(session, booking, invitations.before(None), now=NOW)
    with counted(sqlite_database) as many:
        client.get("/deliveries/")
    assert len(many) == len(few)


def test_a_mail_about_duties_is_shown_without_a_calendar(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        row = notices.notify(
            session,
            Kind.SWAP_PROPOSAL,
            world.neurologist,
            organisation_id=world.hub.organisation_id,
            heading=msg("Dr. Brandt offers you a duty"),
            lines=[msg("Day: %(day)s", day=date(2026, 12, 5))],
            path="/swaps/1",
            now=NOW,
        )
    for person in (world.neurologist, world.secretary):
        sign_in(client, person)
        assert "Proposed swap, Dr. Jana Okafor" in client.get("/deliveries/").text
        page = client.get(f"/deliveries/{row.id}").text
        assert "Dr. Brandt offers you a duty" in page
        assert "Sat 5 Dec 2026" in page
        assert "What the calendar gets" not in page
        assert "To the meeting" not in page
    sign_in(client, world.admin)
    assert "Dr. Brandt offers" not in client.get(f"/deliveries/{row.id}").text
