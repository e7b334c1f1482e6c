"""Further education at a conference: what the chamber gave it, who is credited, what was reported.

Numbers of people are seen by themselves and by the desk of the conference, by nobody else.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from confsched.domain.cme import (
    Attended,
    Credit,
    Reported,
    credit_of,
    entries,
    known_to_chamber,
    minutes_there,
)
from confsched.domain.efn import read_efn, read_vnr
from confsched.domain.intervals import Span
from confsched.domain.kinds import CmeReportKind
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.cme import CmeEvent, CmeReport, CmeReportEntry
from confsched.models.conferences import Attendance, Conference
from confsched.services import access, attendance, audit
from confsched.services.findings import Findings
from confsched.services.sealed import Purpose, seal, unseal

MAX_CATEGORY, MAX_PASSWORD, MAX_POINTS, MAX_LEAST_MINUTES = 8, 40, 200, 1440
MAX_REPORTS = 100  # of one event
NO_POINTS = 0


@dataclass(frozen=True)
class EventDraft:
    """Hold what the letter of the chamber says, as typed; an empty password keeps the one that is there."""

    vnr: str
    password: str
    category: str
    points: str
    least_minutes: str


@dataclass(frozen=True)
class Learner:
    """Hold somebody who was there: for how long, whether credited, and under which number reported."""

    attendance: Attendance
    minutes: int
    credit: Credit
    known_efn: str | None


@dataclass(frozen=True)
class CmeView:
    """Hold what the page shows: who was there, what the chamber knows, and what each report would hold."""

    event: CmeEvent | None
    learners: tuple[Learner, ...]
    reports: tuple[CmeReport, ...]
    due: dict[CmeReportKind, int]

    @property
    def credited(self) -> int:
        return sum(one.credit is Credit.CREDITED for one in self.learners)


def find_event(session: Session, conference: Conference) -> CmeEvent | None:
    """Return what the chamber gave to a conference, None where nothing has been entered."""
    return session.get(CmeEvent, conference.id)


def set_event(
    session: Session,
    actor: Actor,
    conference: Conference,
    draft: EventDraft,
    *,
    secret_key: str,
    now: datetime,
) -> CmeEvent:
    """Enter what the chamber gave; raises Findings with a sentence at each field that is wrong."""
    found = Findings()
    vnr = found.keep(read_vnr, draft.vnr)
    category = found.keep(_short, draft.category.strip(), "category", MAX_CATEGORY)
    password = found.keep(_short, draft.password.strip(), "password", MAX_PASSWORD)
    points = found.keep(_number, draft.points, "points", MAX_POINTS)
    least = found.keep(_number, draft.least_minutes or "0", "least_minutes", MAX_LEAST_MINUTES)
    found.raise_all()
    event = find_event(session, conference) or CmeEvent(conference_id=conference.id)
    event.vnr, event.category = vnr or "", category or ""
    event.points, event.least_minutes = points or NO_POINTS, least or 0
    if password:
        event.sealed_password = seal(
            password, secret_key=secret_key, row_id=conference.id, purpose=Purpose.CME_PASSWORD
        )
    session.add(event)
    audit.record(session, actor, "cme.event", conference, now=now)
    return event


def _short(text: str, field: str, most: int) -> str:
    if len(text) > most:
        raise Refusal(msg("Please use at most %(count)s characters.", count=most), field=field)
    return text


def _number(text: str, field: str, most: int) -> int:
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or int(digits[:6]) > most:
        raise Refusal(msg("Type a whole number from 0 to %(most)s.", most=most), field=field)
    return int(digits)


def password_of(event: CmeEvent, *, secret_key: str) -> str:
    """Return the password of the event for the reporting form; nothing where none was entered."""
    if not event.sealed_password:
        return ""
    return unseal(
        event.sealed_password,
        secret_key=secret_key,
        row_id=event.conference_id,
        purpose=Purpose.CME_PASSWORD,
    )


def view(session: Session, conference: Conference) -> CmeView:
    """Return everybody who was there with their credit, and what the chamber has been told."""
    event, reports = find_event(session, conference), list_reports(session, conference)
    rows, known = attendance.list_attendance(session, conference), known_to_chamber(map(_reported, reports))
    span, least = _held(conference), event.least_minutes if event else 0
    learners = tuple(_learner(row, span, least, known.get(row.id)) for row in rows)
    people = [_attended(row) for row in rows]
    due = {kind: len(entries(kind, people, span, least, known)) for kind in CmeReportKind}
    return CmeView(event, learners, tuple(reports), due)


def _learner(row: Attendance, span: Span, least: int, known: str | None) -> Learner:
    one = _attended(row)
    return Learner(row, minutes_there(one, span), credit_of(one, span, least), known)


def _attended(row: Attendance) -> Attended:
    return Attended(row.id, row.efn, row.came_at, row.left_at)


def _held(conference: Conference) -> Span:
    """Return when the conference was held, as far as it is known: else when it was planned."""
    booking = conference.booking
    assert booking is not None, "who was there was somewhere at some time"
    starts_at = conference.started_at or booking.starts_at
    ends_at = conference.ended_at or max(booking.ends_at, starts_at)
    return Span(starts_at, ends_at if ends_at > starts_at else booking.ends_at)


def list_reports(session: Session, conference: Conference) -> list[CmeReport]:
    """Return the files that were made for the chamber, the first one first."""
    query = (
        select(CmeReport)
        .where(CmeReport.conference_id == conference.id)
        .options(
            selectinload(CmeReport.entries)
            .joinedload(CmeReportEntry.attendance)
            .joinedload(Attendance.person)
        )
        .order_by(CmeReport.created_at, CmeReport.id)
        .limit(MAX_REPORTS)
    )
    return list(session.scalars(query))


def _reported(report: CmeReport) -> Reported:
    return Reported(report.kind, {entry.attendance_id: entry.efn for entry in report.entries})


def set_efn(
    session: Session,
    actor: Actor | None,
    conference: Conference,
    person_id: uuid.UUID,
    text: str,
    *,
    now: datetime,
) -> Attendance:
    """Enter the number of somebody who was there, typed or scanned; nothing takes it away again.

    Raises Refusal for a wrong number, and for one that stands for somebody else at this conference already.
    """
    row = attendance.find(session, conference, person_id)
    if row is None:
        raise NotFound
    efn = read_efn(text) if text.strip() else ""
    if efn and _holder(session, conference, efn) not in (None, person_id):
        raise Refusal(
            msg("This EFN stands for somebody else at this conference. Check both numbers."), field="efn"
        )
    if row.efn != efn:
        row.efn = efn
        audit.record(session, actor, "cme.efn", row, now=now)
    session.flush()
    return row


def _holder(session: Session, conference: Conference, efn: str) -> uuid.UUID | None:
    query = select(Attendance.person_id).where(
        Attendance.conference_id == conference.id, Attendance.efn == efn
    )
    return session.scalars(query.limit(1)).first()


def report(
    session: Session, actor: Actor, conference: Conference, kind: CmeReportKind, *, now: datetime
) -> CmeReport:
    """Keep what a file for the chamber holds; raises Conflict where nobody is in it or no VNR is known."""
    event = find_event(session, conference)
    if event is None or not event.vnr:
        raise Conflict(msg("Enter the VNR first: the chamber knows an event by it."))
    reports = list_reports(session, conference)
    if len(reports) >= MAX_REPORTS:
        raise Conflict(msg("This event has %(count)s reports already.", count=MAX_REPORTS))
    rows = attendance.list_attendance(session, conference)
    held = entries(
        kind,
        [_attended(row) for row in rows],
        _held(conference),
        event.least_minutes,
        known_to_chamber(map(_reported, reports)),
    )
    if not held:
        raise Conflict(msg("There is nobody to report in this way. The chamber knows all that is true."))
    # The order decides what the chamber knows: of two files of one instant the later one is later.
    made_at = max([now, *(one.created_at + timedelta(microseconds=1) for one in reports)])
    made = CmeReport(conference_id=conference.id, kind=kind, person_id=actor.person_id, created_at=made_at)
    made.entries = [
        CmeReportEntry(attendance_id=key, efn=efn, points=event.points) for key, efn in held.items()
    ]
    session.add(made)
    session.flush()
    audit.record(session, actor, f"cme.report_{kind.value}", made, now=now)
    return made


def get_report(
    session: Session, actor: Actor, report_id: uuid.UUID
) -> tuple[CmeReport, Conference, CmeEvent]:
    """Return a report of a conference whose desk the actor runs; raises NotFound alike for all others."""
    found = session.get(CmeReport, report_id)
    if found is None:
        raise NotFound
    conference = access.get_conference(session, actor, found.conference_id, to="change")
    event = find_event(session, conference)
    assert event is not None, "what was reported had a number"
    return found, conference, event


def get_learner(session: Session, actor: Actor, attendance_id: uuid.UUID) -> tuple[Conference, Learner]:
    """Return who was there for long enough for a certificate, to themselves and to the desk.

    Raises NotFound alike for all others.
    """
    row = session.get(Attendance, attendance_id)
    if row is None:
        raise NotFound
    is_own = row.person_id == actor.person_id
    conference = (
        session.get_one(Conference, row.conference_id)
        if is_own
        else access.get_conference(session, actor, row.conference_id, to="change")
    )
    for learner in view(session, conference).learners:
        if learner.attendance.id == row.id and learner.credit is not Credit.TOO_SHORT:
            return conference, learner
    raise NotFound
