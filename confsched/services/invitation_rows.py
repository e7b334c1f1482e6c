"""Messages about a booking: what is remembered before a change, and the row with all of it after."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.invites import Attendee, Invite, Snapshot, next_partstat, next_sequence
from confsched.domain.kinds import BookingKind, ConferenceKind, Partstat
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.network import Resource
from confsched.models.outbox import OutboxMessage
from confsched.services import participants

MESSAGE_DOMAIN = "confsched"


@dataclass(frozen=True)
class Before:
    """Hold how a booking stood before it changed; None for a new one.

    `of_series` are the mailboxes of those who were told of it as the date `recurrence_at` of a series.
    """

    snapshot: Snapshot | None
    series_id: uuid.UUID | None = None
    recurrence_at: datetime | None = None
    of_series: frozenset[str] = field(default=frozenset())


def remember(booking: Booking | None) -> Before:
    """Return the booking as it is, to be compared after the change."""
    if booking is None:
        return Before(None)
    of_series = (mailbox(p) for p in booking.participations if booking.series_id and p.is_of_series)
    return Before(snapshot_of(booking), booking.series_id, booking.recurrence_at, frozenset(of_series))


def mailbox(participation: Participation) -> str:
    """Return what makes two attendees one recipient."""
    return attendee(participation).mailbox


def attendee(participation: Participation) -> Attendee:
    """Return where and how somebody who takes part reads."""
    person = participation.person
    return Attendee(person.email, person.name, person.language, person.zone)


def snapshot_of(booking: Booking) -> Snapshot:
    """Return the booking as the calendars of others know it."""
    return Snapshot(
        uid=booking.uid,
        sequence=booking.sequence,
        revision=booking.revision,
        span=Span(booking.starts_at, booking.ends_at),
        title=booking.title,
        location=place_of(booking.resource),
        join_link=booking.join_link,
        cancelled=booking.state is BookingState.CANCELLED,
        attendees=tuple(attendee(p) for p in booking.participations if p.removed_at is None),
    )


def place_of(resource: Resource | None) -> str:
    """Return where a meeting is held, or nothing for video only."""
    return f"{resource.name}, {resource.site.name}" if resource else ""


def count_up(booking: Booking, told: Snapshot, now: datetime) -> None:
    """Give the booking the revision after what was told, and ask anew whoever answered to another time."""
    after = snapshot_of(booking)
    booking.sequence = next_sequence(told, after)
    booking.revision += 1
    booking.revised_at = now
    _reset_replies(booking, told, after)


def _reset_replies(booking: Booking, was: Snapshot, after: Snapshot) -> None:
    """Ask everybody anew, but not the organiser, who knows; unless they declined and have to say more."""
    for participation in booking.participations:
        is_organiser = participation.person_id == booking.organiser_id
        if participation.delegated_to_id is not None:
            continue  # whom they send is asked
        if not is_organiser or participation.partstat is Partstat.DECLINED:
            participation.partstat = Partstat(next_partstat(participation.partstat, was, after))


@dataclass(frozen=True)
class Subject:
    """Name the row that a message is about: a booking, a date of a series (both), or a series."""

    organisation_id: uuid.UUID
    booking_id: uuid.UUID | None = None
    series_id: uuid.UUID | None = None


def write(
    session: Session,
    booking: Booking,
    invites: Iterable[Invite],
    was: Snapshot | None,
    *,
    now: datetime,
    series_id: uuid.UUID | None = None,
    **other_values: object,
) -> list[OutboxMessage]:
    """Write one row for each invite about a booking; other values say what it is as the date of a series."""
    invites = list(invites)
    if not invites:
        return []
    people = {mailbox(p): p for p in booking.participations}
    subject = Subject(booking.organisation_id, booking.id, series_id)
    common = {**values_of(booking, was), **name_kind(session, booking), **other_values}
    messages = []
    for invite in invites:
        reader = people[invite.recipient.mailbox]
        own = participants.way_of(reader).stored() | {"attendees": attendees_of(booking, reader)}
        messages.append(new_message(subject, invite, reader.person_id, common | own, now))
    session.add_all(messages)
    return messages


def new_message(
    subject: Subject, invite: Invite, person_id: uuid.UUID, values: Mapping[str, Any], now: datetime
) -> OutboxMessage:
    """Return the row of one mail, due now."""
    message_id = uuid.uuid4()
    recipient = invite.recipient
    return OutboxMessage(
        id=message_id,
        kind=invite.kind,
        method=invite.method,
        booking_id=subject.booking_id,
        series_id=subject.series_id,
        organisation_id=subject.organisation_id,
        recipient_id=person_id,
        recipient=recipient.email,
        language=recipient.language,
        zone=recipient.zone,
        message_id=f"<{message_id}@{MESSAGE_DOMAIN}>",
        snapshot={**values, "sequence": invite.sequence, "recipient_name": recipient.name},
        created_at=now,
        due_at=now,
    )


def name_kind(session: Session, booking: Booking) -> dict[str, str]:
    """Return what a mail says that a meeting is for: not each conference is about cases."""
    if booking.kind is not BookingKind.CONFERENCE:
        return {"kind": booking.kind.value}
    kind = session.scalar(select(Conference.kind).where(Conference.booking_id == booking.id))
    is_special = kind is not None and kind is not ConferenceKind.CASE_CONFERENCE
    return {"kind": kind.value if kind and is_special else booking.kind.value}


def values_of(booking: Booking, was: Snapshot | None) -> dict[str, Any]:
    """Return what a mail says of a booking, and of its time before where it has moved."""
    has_moved = was is not None and was.span != Span(booking.starts_at, booking.ends_at)
    return {
        "uid": booking.uid,
        "title": booking.title,
        "case_ref": booking.case_ref or "",
        "starts_at": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "old_starts_at": was.span.starts_at.isoformat() if was and has_moved else "",
        "old_ends_at": was.span.ends_at.isoformat() if was and has_moved else "",
        "zone": booking.zone,
        "place": place_of(booking.resource),
        "join_link": booking.join_link,
        "organiser": booking.organiser.name,
        "created_at": booking.created_at.isoformat(),
        "revised_at": booking.revised_at.isoformat(),
    }


def attendees_of(booking: Booking, reader: Participation | None = None) -> list[dict[str, str]]:
    """Return who takes part, and the reader even where they no longer do."""
    return [
        listed(p)
        for p in booking.participations
        if p.removed_at is None or (reader is not None and p.person_id == reader.person_id)
    ]


def listed(participation: Participation) -> dict[str, str]:
    """Return how a calendar lists somebody who takes part."""
    return {
        "name": participation.person.name,
        "email": participation.person.email,
        "partstat": participation.partstat.value,
        "role": "OPT-PARTICIPANT" if participation.is_optional else "REQ-PARTICIPANT",
    }
