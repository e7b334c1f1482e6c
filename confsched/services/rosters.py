"""Duty lines, the duties on them and absences; what was known when never changes.

A line itself keeps no history: when it is needed, and its number, are those of today, also for the past.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from types import MappingProxyType

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.coverage import LONGEST_DUTY
from confsched.domain.intervals import Span, clip, merge, subtract
from confsched.domain.kinds import AbsenceKind, DutyType, LineKind, SubjectKind
from confsched.domain.permissions import Actor
from confsched.domain.rosters import belongs_to_day
from confsched.errors import Conflict, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.claims import Claim
from confsched.models.network import Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Absence, Duty, DutyLine
from confsched.services import audit, claims

ABSENCE = "absence"  # the reason that stands at a claim which an absence had to leave to a booking
CLAIM_ATTEMPTS = 3
NO_DAYS: Mapping[Span, date] = MappingProxyType({})

Assignment = tuple[Person, Span]


@dataclass(frozen=True)
class _NewDuty:
    """Hold what a row will say; `day` is the cell of the month to which it belongs."""

    person_id: uuid.UUID
    span: Span
    day: date
    origin: str


@dataclass(frozen=True)
class NewLine:
    """Hold a position that must be held; equal cover times mean the whole day."""

    group_name: str
    name: str
    phone: str
    kind: LineKind = LineKind.PRIMARY
    duty_type: DutyType = DutyType.REGULAR
    covered_from: time = time(0)
    covered_until: time = time(0)
    covered_workdays_only: bool = False
    makes_available: bool = False
    blocks: bool = True
    position: int = 0


def add_line(
    session: Session,
    actor: Actor | None,
    department: Department,
    new: NewLine,
    *,
    service: Service | None = None,
    now: datetime,
) -> DutyLine:
    """Add a duty line to a department, for a service or on its own; refuses one that cannot be called."""
    if not new.phone.strip():
        raise Refusal(
            msg("Enter the number of the line: it must be reachable whoever holds it."), field="phone"
        )
    line = DutyLine(
        department_id=department.id,
        department=department,
        service_id=service.id if service else None,
        group_name=new.group_name,
        name=new.name,
        kind=new.kind,
        duty_type=new.duty_type,
        phone=new.phone,
        covered_from=new.covered_from,
        covered_until=new.covered_until,
        covered_workdays_only=new.covered_workdays_only,
        makes_available=new.makes_available,
        blocks=new.blocks,
        position=new.position,
    )
    session.add(line)
    audit.record(session, actor, "create", line, now=now)
    return line


def record_duties(
    session: Session,
    actor: Actor | None,
    line: DutyLine,
    duties: Iterable[Assignment],
    *,
    now: datetime,
    origin: str,
    days: Mapping[Span, date] = NO_DAYS,
) -> list[Duty]:
    """Publish duties of one line and return the new rows; what they replace is superseded, not edited.

    A former duty that is replaced in part keeps its other part. The same duty again changes nothing. `days`
    says for which day each is written; without it, that is the day of the duty of which it is a part, or
    else the one on which it starts. The caller gives `now` from services/roster_locks.lock_history(), which
    orders it after what was recorded before; a program that calls this without it stands outside that order.
    """
    wanted = sorted(duties, key=lambda duty: duty[1])
    _check_apart(wanted)
    former = _lock_former(session, line, [span for _, span in wanted])
    known = {_NewDuty(duty.person_id, _span(duty), duty.day, duty.origin) for duty in former}
    zone = _zone_of(session, line)
    new = [
        _NewDuty(person.id, span, days.get(span) or _day_of(span, former, zone), origin)
        for person, span in wanted
    ]
    new = [one for one in new if one not in known]
    rows = _replace(session, line, former, new, now=now)
    if rows:
        audit.record(session, actor, "publish_duties", line, now=now, detail=f"{len(rows)} duties")
    return rows


def withdraw_duties(
    session: Session, actor: Actor | None, line: DutyLine, span: Span, *, now: datetime
) -> None:
    """Leave a span of a line to nobody; what reaches beyond the span stays."""
    former = _lock_former(session, line, [span])
    left = _left_of(former, [span])
    _supersede(former, now)
    _add(session, line, left, now)
    audit.record(session, actor, "withdraw_duties", line, now=now, detail=f"{len(former)} duties")


def _check_apart(duties: Sequence[Assignment]) -> None:
    if any(span.duration > LONGEST_DUTY for _, span in duties):
        raise Refusal(msg("A duty lasts 32 days at most. Enter a longer one month by month."), field="duties")
    for (_, one), (_, other) in pairwise(duties):
        if one.overlaps(other):
            raise Refusal(
                msg("Two duties of one line overlap. Let the second begin when the first ends."),
                field="duties",
            )


def _lock_former(session: Session, line: DutyLine, spans: Sequence[Span]) -> list[Duty]:
    """Return the standing duties of the line that touch the spans, and keep others from changing the line."""
    session.flush()
    if not spans:
        return []
    session.execute(select(DutyLine.id).where(DutyLine.id == line.id).with_for_update(key_share=True))
    query = select(Duty).where(
        Duty.line_id == line.id,
        Duty.superseded_at.is_(None),
        Duty.starts_at < max(span.ends_at for span in spans),
        Duty.ends_at > min(span.starts_at for span in spans),
    )
    return [duty for duty in session.scalars(query) if clip(spans, _span(duty))]


def _zone_of(session: Session, line: DutyLine) -> str:
    query = select(Site.zone).join(Department, Department.site_id == Site.id)
    return session.scalars(query.where(Department.id == line.department_id)).one()


def _day_of(span: Span, former: Iterable[Duty], zone: str) -> date:
    """Return the day of the duty that a span is taken from; any other belongs to the day it starts on."""
    taken = [duty for duty in former if _span(duty).overlaps(span)]
    days = {duty.day for duty in taken}
    if len(days) == 1 and not subtract([span], [_span(duty) for duty in taken]):
        return days.pop()
    return belongs_to_day(span, zone)


def _replace(
    session: Session, line: DutyLine, former: Sequence[Duty], new: Sequence[_NewDuty], *, now: datetime
) -> list[Duty]:
    taken = [one.span for one in new]
    replaced = [duty for duty in former if clip(taken, _span(duty))]
    left = _left_of(replaced, taken)
    _supersede(replaced, now)
    return _add(session, line, [*new, *left], now)[: len(new)]


def _left_of(duties: Iterable[Duty], taken: Sequence[Span]) -> list[_NewDuty]:
    return [
        _NewDuty(duty.person_id, part, duty.day, duty.origin)
        for duty in duties
        for part in subtract([_span(duty)], taken)
    ]


def _supersede(duties: Iterable[Duty], now: datetime) -> None:
    for duty in duties:
        duty.superseded_at = now


def _add(session: Session, line: DutyLine, new: Iterable[_NewDuty], now: datetime) -> list[Duty]:
    rows = [
        Duty(
            line_id=line.id,
            person_id=one.person_id,
            starts_at=one.span.starts_at,
            ends_at=one.span.ends_at,
            day=one.day,
            origin=one.origin,
            recorded_at=now,
        )
        for one in new
    ]
    session.add_all(rows)
    session.flush()
    return rows


def _span(row: Duty | Absence | Claim) -> Span:
    return Span(row.starts_at, row.ends_at)


def record_absence(
    session: Session, actor: Actor | None, person: Person, span: Span, *, kind: AbsenceKind, now: datetime
) -> Absence:
    """Note that a person is away and take their time; a booking in the way stays, and both sides show it."""
    absence = Absence(
        person_id=person.id, kind=kind, starts_at=span.starts_at, ends_at=span.ends_at, recorded_at=now
    )
    session.add(absence)
    session.flush()
    _claim(session, actor, absence, now)
    audit.record(session, actor, "create", absence, now=now)
    return absence


def _claim(session: Session, actor: Actor | None, absence: Absence, now: datetime) -> None:
    claims.release_expired(session, [absence.person_id], now=now)
    for _ in range(CLAIM_ATTEMPTS):
        try:
            with session.begin_nested():
                session.add_all(_absence_claims(session, actor, absence))
            return
        except IntegrityError as error:
            # Somebody booked the person a moment ago: their booking is visible now, so look again.
            if claims.OVERLAP not in str(error.orig):
                raise
    raise Conflict(msg("Somebody is booking this person right now. Send the form once more."))


def _absence_claims(session: Session, actor: Actor | None, absence: Absence) -> list[Claim]:
    """Block what is free; overlap the rest knowingly, so that the organiser of a booking there sees it."""
    taken = _taken_spans(session, absence)
    free = subtract([_span(absence)], taken)
    by_id = actor.person_id if actor else None
    return [_absence_claim(absence, span) for span in free] + [
        _absence_claim(absence, span, blocking=False, override_reason=ABSENCE, override_by_id=by_id)
        for span in clip(merge(taken), _span(absence))
    ]


def _taken_spans(session: Session, absence: Absence) -> list[Span]:
    query = select(Claim).where(
        Claim.subject_id == absence.person_id,
        Claim.blocking.is_(True),
        Claim.starts_at < absence.ends_at,
        Claim.ends_at > absence.starts_at,
    )
    return [_span(claim) for claim in session.scalars(query)]


def _absence_claim(absence: Absence, span: Span, **override: object) -> Claim:
    return Claim(
        subject_id=absence.person_id,
        subject_kind=SubjectKind.PERSON,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        state=ClaimState.FIRM,
        absence_id=absence.id,
        **override,
    )


def withdraw_absence(session: Session, actor: Actor | None, absence: Absence, *, now: datetime) -> None:
    """End the effect of an absence and give the time back; the row stays."""
    if absence.withdrawn_at is not None:
        raise Conflict(msg("This absence has already been withdrawn."))
    absence.withdrawn_at = now
    session.execute(delete(Claim).where(Claim.absence_id == absence.id))
    audit.record(session, actor, "withdraw", absence, now=now)
