"""Mails about duties: words only, without a calendar object, each in its reader's language."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.invites import NOTICES, Kind
from confsched.errors import Message, msg
from confsched.formats.stored_messages import store_message
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services.participants import Way

MESSAGE_DOMAIN = "confsched"
MAX_LINES = 60  # more is read on the page, not in a mail


def notify(
    session: Session,
    kind: Kind,
    recipient: Person,
    *,
    organisation_id: uuid.UUID,
    heading: Message,
    lines: Sequence[Message],
    path: str | Way,
    now: datetime,
) -> OutboxMessage:
    """Write one mail that says the lines and points to a page of ours, a guest's by a signed link.

    Sentences are stored with their values and put into words when mailed: a Span, datetime or date among the
    values is written in the reader's language and zone. The Message-ID comes from the row.
    """
    assert kind in NOTICES, "what is about a meeting goes out by invitations.announce"
    message_id = uuid.uuid4()
    message = OutboxMessage(
        id=message_id,
        kind=kind,
        method=None,
        booking_id=None,
        organisation_id=organisation_id,
        recipient_id=recipient.id,
        recipient=recipient.email,
        language=recipient.language,
        zone=recipient.zone,
        message_id=f"<{message_id}@{MESSAGE_DOMAIN}>",
        snapshot={
            "recipient_name": recipient.name,
            "heading": store_message(heading),
            "lines": [store_message(line) for line in _shortened(lines)],
            **(Way(path) if isinstance(path, str) else path).stored(),
        },
        created_at=now,
        due_at=now,
    )
    session.add(message)
    return message


def _shortened(lines: Sequence[Message]) -> list[Message]:
    if len(lines) <= MAX_LINES:
        return list(lines)
    shown = lines[: MAX_LINES - 1]
    return [*shown, msg("%(count)s more on the page.", count=len(lines) - len(shown))]
