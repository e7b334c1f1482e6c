"""Who is at a conference: from when until when, on site or remote, and what they stand for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.kinds import AttendanceMode, ConferenceState, Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, msg
from confsched.models.bookings import Participation
from confsched.models.cme import CmeReportEntry
from confsched.models.conferences import Attendance, Conference
from confsched.models.guests import Guest
from confsched.models.people import Membership, Person
from confsched.services import audit, directory

# From when people begin to come until the minutes are released; a correction opens the list again.
OPEN = frozenset(
    {
        *(ConferenceState.REGISTRATION_OPEN, ConferenceState.FROZEN),
        *(ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT),
    }
)


@dataclass(frozen=True)
class Place:
    """Hold somebody who is expected or there; without `attendance` they have not come."""

    person: Person
    serves: str
    institution: str
    partstat: Partstat | None
    attendance: Attendance | None

    @property
    def is_there(self) -> bool:
        return self.attendance is not None and self.attendance.left_at is None


def record(
    session: Session,
    actor: Actor | None,
    conference: Conference,
    person_id: uuid.UUID,
    *,
    mode: AttendanceMode,
    now: datetime,
    came_at: datetime | None = None,
) -> Attendance:
    """Record that somebody is there, from now on unless told otherwise; said twice it stays one row.

    Who had left is back. `actor` is who records it, None where a code or a list did. Raises NotFound for
    somebody whom this house does not know.
    """
    _demand_open(conference)
    row = find(session, conference, person_id)
    if row is not None and (row.mode, row.left_at) == (mode, None):
        return row
    if row is None:
        row = _new(session, conference, person_id, mode, came_at or _usual_start(conference, now), now)
        row.recorded_by_id = actor.person_id if actor else None
    row.mode, row.left_at = mode, None
    session.flush()
    audit.record(session, actor, "attendance.came", row, now=now, detail=mode.value)
    return row


def leave(
    session: Session, actor: Actor | None, conference: Conference, person_id: uuid.UUID, *, now: datetime
) -> None:
    """Record that somebody has left."""
    _demand_open(conference)
    row = find(session, conference, person_id)
    if row is None:
        raise NotFound
    if row.left_at is None:
        row.left_at = max(row.came_at, min(now, conference.ended_at or now))
        audit.record(session, actor, "attendance.left", row, now=now)


def strike(
    session: Session, actor: Actor, conference: Conference, person_id: uuid.UUID, *, now: datetime
) -> None:
    """Take back what was pressed by mistake: somebody was not there."""
    _demand_open(conference)
    row = find(session, conference, person_id)
    if row is not None:
        _demand_unreported(session, row)
        audit.record(session, actor, "attendance.struck", row, now=now)
        session.delete(row)
        session.flush()


def _demand_unreported(session: Session, row: Attendance) -> None:
    """Keep what a chamber was told: its report names this row."""
    reported = select(CmeReportEntry.report_id).where(CmeReportEntry.attendance_id == row.id)
    if session.scalar(reported.limit(1)) is not None:
        raise Conflict(
            msg("This attendance has been reported to the chamber. Empty the EFN and report the deletion.")
        )


def find(session: Session, conference: Conference, person_id: uuid.UUID) -> Attendance | None:
    """Return the row of a person at a conference."""
    query = select(Attendance).where(
        Attendance.conference_id == conference.id, Attendance.person_id == person_id
    )
    return session.scalars(query).one_or_none()


def list_attendance(session: Session, conference: Conference) -> list[Attendance]:
    """Return who was there, in the order in which they came."""
    query = (
        select(Attendance)
        .where(Attendance.conference_id == conference.id)
        .options(joinedload(Attendance.person))
        .order_by(Attendance.came_at, Attendance.id)
    )
    return list(session.scalars(query))


def roll(session: Session, conference: Conference) -> list[Place]:
    """Return who is expected, in the order of the invitation, then who came beside them."""
    there = {row.person_id: row for row in list_attendance(session, conference)}
    expected = [_place(part, there.pop(part.person_id, None)) for part in _expected(session, conference)]
    beside = [Place(row.person, row.serves, row.institution, None, row) for row in there.values()]
    return [*expected, *beside]


def find_people(session: Session, conference: Conference, text: str, *, now: datetime) -> list[Person]:
    """Return whom a late comer may be, by the start of the family name: the network, and own guests."""
    text = text.strip()
    if len(text) < directory.MIN_SEARCH_LETTERS:
        return []
    guests = (
        select(Person)
        .join(Guest, Guest.person_id == Person.id)
        .where(_is_guest_of(conference), Person.family_name.istartswith(text, autoescape=True))
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(directory.SUGGESTIONS)
        .options(selectinload(Person.memberships).selectinload(Membership.site))
    )
    return [*directory.suggest_people(session, text, now=now), *session.scalars(guests)]


def _place(part: Participation, row: Attendance | None) -> Place:
    return Place(part.person, part.serves, row.institution if row else "", part.partstat, row)


def _expected(session: Session, conference: Conference) -> list[Participation]:
    query = (
        select(Participation)
        .where(Participation.booking_id == conference.booking_id, Participation.removed_at.is_(None))
        .options(joinedload(Participation.person))
        .order_by(Participation.position, Participation.id)
    )
    return list(session.scalars(query)) if conference.booking_id else []


def _demand_open(conference: Conference) -> None:
    if conference.state not in OPEN:
        raise Conflict(msg("The attendance of this conference is not open. Look at where it stands now."))


def _usual_start(conference: Conference, now: datetime) -> datetime:
    """Return when somebody came of whom nobody says when: now, or at the start of what is over."""
    if conference.ended_at is not None and now > conference.ended_at:
        return conference.started_at or conference.ended_at
    return now


def _new(
    session: Session,
    conference: Conference,
    person_id: uuid.UUID,
    mode: AttendanceMode,
    came_at: datetime,
    now: datetime,
) -> Attendance:
    person = _get_person(session, conference, person_id, now)
    guests = select(Guest).where(_is_guest_of(conference), Guest.person_id == person.id)
    guest = session.scalars(guests).first()
    part = next((one for one in _expected(session, conference) if one.person_id == person.id), None)
    row = Attendance(
        conference_id=conference.id,
        person_id=person.id,
        institution=_institution(person, guest, part, now),
        serves=part.serves if part else person.discipline or (guest.role if guest else ""),
        mode=mode,
        came_at=came_at,
    )
    row.person = person
    session.add(row)
    return row


def _get_person(session: Session, conference: Conference, person_id: uuid.UUID, now: datetime) -> Person:
    """Return somebody who works in the network, is invited, or is a guest of the house."""
    today = now.date()
    works = Person.memberships.any(
        (Membership.valid_from <= today)
        & or_(Membership.valid_until.is_(None), Membership.valid_until > today)
    )
    invited = select(Participation.person_id).where(Participation.booking_id == conference.booking_id)
    guests = select(Guest.person_id).where(_is_guest_of(conference))
    query = (
        select(Person)
        .where(Person.id == person_id, or_(works, Person.id.in_(invited), Person.id.in_(guests)))
        .options(selectinload(Person.memberships).selectinload(Membership.site))
    )
    person = session.scalars(query).one_or_none()
    if person is None:
        raise NotFound
    return person


def _is_guest_of(conference: Conference) -> ColumnElement[bool]:
    return (Guest.organisation_id == conference.organisation_id) & Guest.removed_at.is_(None)


def _institution(person: Person, guest: Guest | None, part: Participation | None, now: datetime) -> str:
    """Return where somebody comes from: a guest's partner, else a site, of the invited house if any."""
    if guest is not None and guest.partner is not None:
        return guest.partner.name
    today = now.date()
    seats = [one for one in person.memberships if one.valid_until is None or one.valid_until > today]
    seats.sort(key=lambda one: part is None or one.organisation_id != part.organisation_id)
    return seats[0].site.name if seats else ""
