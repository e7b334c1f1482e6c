"""Turn a change of a booking into the messages it causes, each with the full snapshot decided here."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.invites import Attendee, Invite, Snapshot, decide, next_partstat, next_sequence
from confsched.domain.kinds import BookingKind, ConferenceKind, Partstat
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.services import participants

MESSAGE_DOMAIN = "confsched"


@dataclass(frozen=True)
class Before:
    """Hold how a booking stood before it changed; None for a new one."""

    snapshot: Snapshot | None


def before(booking: Booking | None) -> Before:
    """Remember the booking as it is, to be compared after the change."""
    return Before(_snapshot(booking) if booking is not None else None)


def announce(
    session: Session, booking: Booking, was: Before, *, now: datetime, reason: str = ""
) -> list[OutboxMessage]:
    """Count the revision up, and write one message for everybody who has to know."""
    session.flush()
    participants.load(session, booking)
    after = _snapshot(booking)
    if was.snapshot is not None:
        booking.sequence = next_sequence(was.snapshot, after)
        booking.revision += 1
        booking.revised_at = now
        _reset_replies(booking, was.snapshot, after)
    people = {p.person.email.casefold(): p for p in booking.participations}
    messages = [
        _message(booking, invite, people[invite.recipient.mailbox], was.snapshot, now, reason)
        for invite in decide(was.snapshot, _snapshot(booking))
    ]
    _name_kind(session, booking, messages)
    session.add_all(messages)
    return messages


def _name_kind(session: Session, booking: Booking, messages: list[OutboxMessage]) -> None:
    """Let mails say what a conference is for: not each is about cases."""
    if booking.kind is not BookingKind.CONFERENCE or not messages:
        return
    kind = session.scalar(select(Conference.kind).where(Conference.booking_id == booking.id))
    if kind is None or kind is ConferenceKind.CASE_CONFERENCE:
        return
    for message in messages:
        message.snapshot = {**message.snapshot, "kind": kind.value}


def _reset_replies(booking: Booking, was: Snapshot, after: Snapshot) -> None:
    """Ask everybody anew, but not the organiser, who knows; unless they declined and have to say more."""
    for participation in booking.participations:
        is_organiser = participation.person_id == booking.organiser_id
        if participation.delegated_to_id is not None:
            continue  # whom they send is asked
        if not is_organiser or participation.partstat is Partstat.DECLINED:
            participation.partstat = Partstat(next_partstat(participation.partstat, was, after))


def _snapshot(booking: Booking) -> Snapshot:
    return Snapshot(
        uid=booking.uid,
        sequence=booking.sequence,
        revision=booking.revision,
        span=Span(booking.starts_at, booking.ends_at),
        title=booking.title,
        location=place_of(booking),
        join_link=booking.join_link,
        cancelled=booking.state is BookingState.CANCELLED,
        attendees=tuple(
            Attendee(p.person.email, p.person.name, p.person.language, p.person.zone)
            for p in booking.participations
            if p.removed_at is None
        ),
    )


def place_of(booking: Booking) -> str:
    """Return where the meeting is held, or nothing for video only."""
    return f"{booking.resource.name}, {booking.resource.site.name}" if booking.resource else ""


def _message(
    booking: Booking,
    invite: Invite,
    participation: Participation,
    was: Snapshot | None,
    now: datetime,
    reason: str,
) -> OutboxMessage:
    message_id = uuid.uuid4()
    return OutboxMessage(
        id=message_id,
        kind=invite.kind,
        method=invite.method,
        booking_id=booking.id,
        organisation_id=booking.organisation_id,
        recipient_id=participation.person_id,
        recipient=invite.recipient.email,
        language=invite.recipient.language,
        zone=invite.recipient.zone,
        message_id=f"<{message_id}@{MESSAGE_DOMAIN}>",
        snapshot=_values(booking, invite, participation, was, reason),
        created_at=now,
        due_at=now,
    )


def _values(
    booking: Booking, invite: Invite, reader: Participation, was: Snapshot | None, reason: str
) -> dict[str, Any]:
    has_moved = was is not None and was.span != Span(booking.starts_at, booking.ends_at)
    return {
        "uid": booking.uid,
        "sequence": invite.sequence,
        "kind": booking.kind.value,
        "title": booking.title,
        "case_ref": booking.case_ref or "",
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "old_starts_at": was.span.starts_at.isoformat() if was and has_moved else "",
        "old_ends_at": was.span.ends_at.isoformat() if was and has_moved else "",
        "zone": booking.zone,
        "place": place_of(booking),
        "join_link": booking.join_link,
        **participants.way_of(reader).stored(),
        "reason": reason,
        "recipient_name": invite.recipient.name,
        "organiser": booking.organiser.name,
        "created_at": booking.created_at.isoformat(),
        "revised_at": booking.revised_at.isoformat(),
        "attendees": [
            {
                "name": p.person.name,
                "email": p.person.email,
                "partstat": p.partstat.value,
                "role": "OPT-PARTICIPANT" if p.is_optional else "REQ-PARTICIPANT",
            }
            for p in booking.participations
            if p.removed_at is None or p.person_id == reader.person_id
        ],
    }
