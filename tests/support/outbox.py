"""Rows of the outbox as a booking writes them, without the booking."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind, Method
from confsched.models.outbox import OutboxMessage
from tests.world import World

DUE = datetime(2026, 1, 5, 7, 0, tzinfo=UTC)  # long ago, also for a process with the machine's clock


def add_message(session: Session, world: World, **values: object) -> OutboxMessage:
    """Add an invitation to the neurologist, due since DUE."""
    return add_messages(session, world, 1, **values)[0]


def add_messages(session: Session, world: World, count: int, **values: object) -> list[OutboxMessage]:
    """Add invitations, each due a second after the other."""
    messages = [_message(world, number, values) for number in range(count)]
    session.add_all(messages)
    session.flush()
    return messages


def _message(world: World, number: int, values: dict[str, object]) -> OutboxMessage:
    row: dict[str, object] = {
        "id": uuid.UUID(int=number + 1),
        "kind": Kind.INVITATION,
        "method": Method.REQUEST,
        "organisation_id": world.hub.organisation_id,
        "recipient_id": world.neurologist.id,
        "recipient": world.neurologist.email,
        "language": "de",
        "zone": "Europe/Berlin",
        "message_id": f"<{number + 1}@confsched>",
        "snapshot": _snapshot(world, number),
        "created_at": DUE,
        "due_at": DUE + timedelta(seconds=number),
    }
    return OutboxMessage(**{**row, **values})


def _snapshot(world: World, number: int) -> dict[str, object]:
    return {
        "uid": f"meeting-{number + 1}@confsched",
        "sequence": number % 3,
        "kind": "teleconsult",
        "title": "Neurologie-Konsil",
        "case_ref": "FK-7Q2M",
        "starts_at": "2026-11-25T14:00:00+00:00",
        "ends_at": "2026-11-25T14:30:00+00:00",
        "old_starts_at": "",
        "old_ends_at": "",
        "zone": "Europe/Berlin",
        "place": "",
        "join_link": "https://meet.example/raum",
        "path": f"/bookings/{uuid.UUID(int=number + 1)}",
        "reason": "",
        "recipient_name": world.neurologist.name,
        "organiser": world.requester.name,
        "created_at": "2026-11-20T07:00:00+00:00",
        "revised_at": "2026-11-20T07:00:00+00:00",
        "attendees": [
            {
                "name": person.name,
                "email": person.email,
                "partstat": "NEEDS-ACTION",
                "role": "REQ-PARTICIPANT",
            }
            for person in (world.neurologist, world.requester)
        ],
    }


def all_messages(session: Session) -> list[OutboxMessage]:
    """Return all rows, the first due first."""
    return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.due_at, OutboxMessage.id)))
