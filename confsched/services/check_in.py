"""Check-in by a personal code: whoever types it is there, from now on."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.bookings import BookingState
from confsched.domain.kinds import AttendanceMode
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.cme import CheckInCode
from confsched.models.conferences import Attendance, Conference
from confsched.models.people import Person
from confsched.services import attendance, audit, cme

# Without the letters and digits that are read for each other.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LETTERS = 8
OPENS_BEFORE = timedelta(minutes=60)
CLOSES_AFTER = timedelta(minutes=30)  # after the planned end: who comes later signs the list


@dataclass(frozen=True)
class CheckIn:
    """Hold what a code opens: one person at one conference."""

    conference: Conference
    booking: Booking
    person: Person
    attendance: Attendance | None
    is_open: bool


def make_codes(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> list[CheckInCode]:
    """Give a code to everybody who takes part and has none, and return all of them; twice is once."""
    known = {row.person_id: row for row in _codes(session, conference)}
    expected = select(Participation.person_id).where(
        Participation.booking_id == conference.booking_id, Participation.removed_at.is_(None)
    )
    for person_id in [one for one in session.scalars(expected) if one not in known]:
        row = CheckInCode(conference_id=conference.id, person_id=person_id, code=_new_code(), created_at=now)
        session.add(row)
        known[person_id] = row
    audit.record(session, actor, "check_in.codes", conference, now=now)
    session.flush()
    return list(known.values())


def _new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS))


def _codes(session: Session, conference: Conference) -> Iterable[CheckInCode]:
    return session.scalars(select(CheckInCode).where(CheckInCode.conference_id == conference.id))


def codes_of(session: Session, conference: Conference) -> dict[uuid.UUID, str]:
    """Return the codes that were given, by person."""
    return {row.person_id: row.code for row in _codes(session, conference)}


def shown(code: str) -> str:
    """Return a code as it is printed: in two groups."""
    return f"{code[:4]}-{code[4:]}"


def read_code(text: str) -> str:
    """Return what was typed as a code has it."""
    return "".join(letter for letter in text.upper() if letter in ALPHABET)


def find(session: Session, text: str, *, now: datetime) -> CheckIn | None:
    """Return what a code opens, None where it was never given or its meeting is off or long over."""
    code = read_code(text)
    if len(code) != CODE_LETTERS:
        return None
    row = session.scalars(select(CheckInCode).where(CheckInCode.code == code)).one_or_none()
    if row is None:
        return None
    conference = session.get_one(Conference, row.conference_id)
    booking = conference.booking
    if (
        booking is None
        or booking.state is BookingState.CANCELLED
        or now >= booking.ends_at + timedelta(days=1)
    ):
        return None
    is_open = booking.starts_at - OPENS_BEFORE <= now < booking.ends_at + CLOSES_AFTER
    person = session.get_one(Person, row.person_id)
    return CheckIn(conference, booking, person, attendance.find(session, conference, person.id), is_open)


def check_in(session: Session, text: str, *, efn: str, mode: AttendanceMode, now: datetime) -> Attendance:
    """Record that the person of a code is there; with a number they are credited. Said twice it is once.

    A wrong number refuses all of it, so that nobody leaves in the belief of being credited.
    """
    found = find(session, text, now=now)
    if found is None:
        raise NotFound
    if not found.is_open:
        raise Conflict(msg("Check-in opens one hour before the meeting and closes half an hour after it."))
    row = found.attendance or attendance.record(
        session, None, found.conference, found.person.id, mode=mode, now=now
    )
    if efn.strip():
        cme.set_efn(session, None, found.conference, found.person.id, efn, now=now)
    return row


def demand_code(found: CheckIn | None) -> CheckIn:
    """Return what a code opens, or say at its field that there is no such code."""
    if found is None:
        raise Refusal(
            msg("There is no such code. It has eight letters and digits, without I, O, 0 and 1."),
            field="code",
        )
    return found
