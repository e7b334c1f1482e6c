"""Mails about duties: written once, in the reader's language, and waiting for no other mail."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.errors import Message, msg
from confsched.mail.compose import compose, preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.outbox import OutboxMessage
from confsched.services import notices, outbox
from tests.support.outbox import all_messages
from tests.world import NOW, World, local

HOUSE = House("https://planung.example", "planung@haus.example")
NIGHT = Span(local(date(2026, 12, 5), time(22)), local(date(2026, 12, 6), time(6)))
LINE = msg("%(line)s, %(span)s", line="Neurologie", span=NIGHT)


def tell(session: Session, world: World, *lines: Message, kind: Kind = Kind.ROSTER_CHANGE) -> OutboxMessage:
    message = notices.notify(
        session,
        kind,
        world.neurologist,
        organisation_id=world.hub.organisation_id,
        heading=msg("Busy"),
        lines=lines or [LINE],
        path="/rosters/1",
        now=NOW,
    )
    session.flush()
    return message


def test_a_notice_is_a_row_without_a_meeting_that_says_everything(session: Session, world: World) -> None:
    message = tell(session, world)
    assert all_messages(session) == [message]
    assert (message.method, message.booking_id, message.due_at) == (None, None, NOW)
    assert message.message_id == f"<{message.id}@confsched>"
    shown = preview(envelope_of(message, HOUSE))
    assert "- Neurologie, Sat 5 Dec 2026, 22:00 – Sun 6 Dec 2026, 06:00 CET" in shown.text
    assert compose(envelope_of(message, HOUSE)) == compose(envelope_of(message, HOUSE))


def test_two_notices_have_two_message_ids(session: Session, world: World) -> None:
    assert tell(session, world).message_id != tell(session, world).message_id


def test_notices_wait_for_no_other_mail_to_the_same_reader(session: Session, world: World) -> None:
    first, second = tell(session, world), tell(session, world)
    second.created_at += timedelta(minutes=1)
    session.flush()
    claimed = outbox.claim_due(session, now=NOW, lease_key="worker")
    assert {one.id for one in claimed} == {first.id, second.id}


def test_a_refused_notice_goes_out_again_although_a_later_one_has_left(
    session: Session, world: World
) -> None:
    refused, later = tell(session, world), tell(session, world)
    refused.failed_at = NOW
    later.created_at, later.sent_at = NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)
    session.flush()
    outbox.retry(session, world.actor(world.secretary), refused, now=NOW + timedelta(minutes=3))
    assert refused.failed_at is None


def test_a_long_notice_leaves_the_rest_to_the_page(session: Session, world: World) -> None:
    message = tell(session, world, *[LINE] * (notices.MAX_LINES + 5))
    lines = [line for line in preview(envelope_of(message, HOUSE)).text.splitlines() if line[:2] == "- "]
    assert len(lines) == notices.MAX_LINES
    assert lines[-1] == "- 6 more on the page."


@pytest.mark.parametrize("kind", [Kind.INVITATION, Kind.REMOVAL])
def test_what_is_about_a_meeting_is_no_notice(session: Session, world: World, kind: Kind) -> None:
    with pytest.raises(AssertionError, match="announce"):
        tell(session, world, kind=kind)
