"""Everybody's own time on an agenda, in their calendar: told once it is settled, anew when it moves.

One entry for each person, from their first case to the end of their last one, with a UID of its own; a break
of 15 minutes or more is named in the mail. It is told again only when it begins or ends by more minutes
earlier or later than the conference sets (`retime_minutes`). Feeds show what was told: both say the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.agenda import lay_out
from confsched.domain.bookings import BookingState
from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.invites import Attendee, Invite, Kind, uid_for
from confsched.domain.kinds import Partstat
from confsched.errors import msg
from confsched.formats.stored_messages import store_message
from confsched.models.bookings import Booking, Participation
from confsched.models.cases import AgendaBlock
from confsched.models.conferences import Conference
from confsched.models.people import Person
from confsched.services import agenda_facts, participants
from confsched.services import invitation_rows as rows
from confsched.services.invitation_rows import Subject

UID_DOMAIN = "confsched"


@dataclass(frozen=True)
class _Stay:
    """Hold from when until when somebody is needed, and the breaks in which they are not."""

    span: Span
    breaks: tuple[Span, ...]


def retell(session: Session, conference: Conference, *, now: datetime) -> int:
    """Bring everybody's own entry to what the agenda says, by mail where it matters; returns how many mails.

    The cases get the places and times that are told. Twice tells once. Where the conference is off, all
    entries are taken back.
    """
    session.flush()
    booking = conference.booking
    if booking is None:
        return 0
    wanted, known = _wanted(session, conference, booking), list_standing(session, conference)
    readers = _load_readers(session, {*wanted, *known})
    told = _Told(session, conference, booking, now)
    count = 0
    for person_id, stay in wanted.items():
        count += told.bring(readers[person_id], known.get(person_id), stay)
    for person_id in known.keys() - wanted.keys():
        count += told.take_back(readers[person_id], known[person_id])
    session.flush()
    return count


def _wanted(session: Session, conference: Conference, booking: Booking) -> dict[uuid.UUID, _Stay]:
    facts = agenda_facts.load(session, conference)
    if facts is None or conference.state not in AHEAD or booking.state is BookingState.CANCELLED:
        return {}
    agenda_facts.number(facts, facts.order)
    spans: dict[uuid.UUID, list[Span]] = {}
    for block in lay_out(facts.docket, facts.order).blocks:
        spans.setdefault(block.person, []).append(Span(facts.at(block.starts), facts.at(block.ends)))
    return {
        person: _Stay(
            Span(stays[0].starts_at, stays[-1].ends_at),
            tuple(Span(one.ends_at, other.starts_at) for one, other in pairwise(stays)),
        )
        for person, stays in sorted(spans.items())
    }


def list_standing(session: Session, conference: Conference) -> dict[uuid.UUID, AgendaBlock]:
    """Return the entries that stand, by person."""
    query = select(AgendaBlock).where(
        AgendaBlock.conference_id == conference.id, AgendaBlock.removed_at.is_(None)
    )
    return {block.person_id: block for block in session.scalars(query.order_by(AgendaBlock.person_id))}


def _load_readers(session: Session, ids: set[uuid.UUID]) -> dict[uuid.UUID, Person]:
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}


@dataclass(frozen=True)
class _Told:
    """Write the entries of one conference and the mails about them."""

    session: Session
    conference: Conference
    booking: Booking
    now: datetime

    def bring(self, reader: Person, block: AgendaBlock | None, stay: _Stay) -> bool:
        block = block or self._find_removed(reader) or self._new(reader, stay.span)
        if (block.starts_at, block.ends_at) != (stay.span.starts_at, stay.span.ends_at):
            block.starts_at, block.ends_at, block.revised_at = (
                stay.span.starts_at,
                stay.span.ends_at,
                self.now,
            )
        if not self._is_news(block):
            return False
        former = None if block.removed_at else _told_span(block)
        if block.sent_from is not None or block.removed_at is not None:
            block.sequence += 1
        block.sent_from, block.sent_until = block.starts_at, block.ends_at
        block.removed_at, block.revised_at = None, self.now
        self._send(reader, block, Kind.AGENDA_BLOCK, _old(former) | _note(stay))
        return True

    def take_back(self, reader: Person, block: AgendaBlock) -> bool:
        block.removed_at = block.revised_at = self.now
        span = _told_span(block)
        if span is None:
            return False
        block.sequence += 1
        self._send(reader, block, Kind.AGENDA_BLOCK_REMOVAL, _old(None))
        return True

    def _is_news(self, block: AgendaBlock) -> bool:
        if block.sent_from is None or block.sent_until is None or block.removed_at is not None:
            return True
        moved = max(abs(block.starts_at - block.sent_from), abs(block.ends_at - block.sent_until))
        return moved > timedelta(minutes=self.conference.retime_minutes)

    def _find_removed(self, reader: Person) -> AgendaBlock | None:
        query = select(AgendaBlock).where(
            AgendaBlock.conference_id == self.conference.id, AgendaBlock.person_id == reader.id
        )
        return self.session.scalars(query).one_or_none()

    def _new(self, reader: Person, span: Span) -> AgendaBlock:
        block_id = uuid.uuid4()
        block = AgendaBlock(
            id=block_id,
            conference_id=self.conference.id,
            person_id=reader.id,
            starts_at=span.starts_at,
            ends_at=span.ends_at,
            uid=uid_for(block_id, UID_DOMAIN),
            sequence=0,
            revised_at=self.now,
        )
        self.session.add(block)
        return block

    def _send(self, reader: Person, block: AgendaBlock, kind: Kind, more: Mapping[str, Any]) -> None:
        method = kind.method
        assert method is not None, "an entry of a calendar is told by a calendar object"
        recipient = Attendee(reader.email, reader.name, reader.language, reader.zone)
        invite = Invite(recipient, method, block.sequence, kind)
        subject = Subject(self.booking.organisation_id, self.booking.id)
        values = self._values(reader, block) | dict(more)
        self.session.add(rows.new_message(subject, invite, reader.id, values, self.now))

    def _values(self, reader: Person, block: AgendaBlock) -> dict[str, Any]:
        booking, part = self.booking, self._find_part(reader)
        span = _told_span(block)
        assert span is not None, "what is sent has been written down before"
        me = {"name": reader.name, "email": reader.email, "partstat": Partstat.ACCEPTED.value}
        return {
            **rows.name_kind(self.session, booking),
            "uid": block.uid,
            "related_to": related_to(self.conference, booking, part),
            "title": booking.title,
            "case_ref": "",
            "starts_at": span.starts_at.isoformat(),
            "ends_at": span.ends_at.isoformat(),
            "zone": booking.zone,
            "place": rows.place_of(booking.resource),
            "join_link": booking.join_link,
            "organiser": booking.organiser.name,
            "created_at": booking.created_at.isoformat(),
            "revised_at": block.revised_at.isoformat(),
            "attendees": [me | {"role": "REQ-PARTICIPANT", "rsvp": False}],
            **self._way(reader, part),
        }

    def _way(self, reader: Person, part: Participation | None) -> dict[str, Any]:
        if part is not None and participants.is_guest(reader):
            return participants.way_of(part).stored()
        return {"path": f"/conferences/{self.conference.id}/live"}

    def _find_part(self, reader: Person) -> Participation | None:
        parts = self.booking.participations
        return next((one for one in parts if one.person_id == reader.id and one.removed_at is None), None)


def related_to(conference: Conference, booking: Booking, part: Participation | None) -> str:
    """Return the UID by which the reader's calendar knows the meeting: of the series for its members."""
    is_member = part is not None and part.is_of_series and booking.series_id is not None
    series = conference.series
    return series.uid if is_member and series is not None else booking.uid


def _told_span(block: AgendaBlock) -> Span | None:
    if block.sent_from is None or block.sent_until is None:
        return None
    return Span(block.sent_from, block.sent_until)


def _old(former: Span | None) -> dict[str, str]:
    return {
        "old_starts_at": former.starts_at.isoformat() if former else "",
        "old_ends_at": former.ends_at.isoformat() if former else "",
    }


def _note(stay: _Stay) -> dict[str, Any]:
    """Name the longest break, in which one need not stay."""
    if not stay.breaks:
        return {}
    longest = max(stay.breaks, key=lambda one: one.duration)
    minutes = int(longest.duration.total_seconds()) // 60
    said = msg(
        "In between you are not needed for %(minutes)s minutes: %(span)s.", minutes=minutes, span=longest
    )
    return {"note": store_message(said)}
