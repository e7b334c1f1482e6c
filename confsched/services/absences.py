"""Absences: who is away from when until when, what that breaks, and who could stand in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.intervals import Span, intersect
from confsched.domain.kinds import AbsenceKind, SwapState
from confsched.domain.permissions import Actor, Permission
from confsched.domain.swaps import remaining
from confsched.errors import Refusal, msg
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import Absence, Duty, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import access, idempotency, rosters, swaps
from confsched.services.affected import AffectedMeeting, Loss, affected_meetings
from confsched.services.standing import standing
from confsched.services.substitutes import Substitute, substitutes
from confsched.services.swaps import Proposal

PURPOSE = "absence"
MAX_DAYS = 400  # a parental leave; longer is a membership that ends
DAYS_BACK = 400
DAYS_AHEAD = 800
PAGE_SIZE = 50
SUBSTITUTES_SHOWN = 3
MAX_BROKEN = 40  # duties looked at in one preview
ONE_DAY = timedelta(days=1)
YEARS = range(2000, 2200)  # at the ends of the calendar, arithmetic fails


@dataclass(frozen=True)
class NewAbsence:
    """Hold who is away, from when until when, and why."""

    person: Person
    kind: AbsenceKind
    span: Span


@dataclass(frozen=True)
class BrokenDuty:
    """Hold the part of a duty that falls into an absence, who could take it, and whether they are asked."""

    duty: Duty
    part: Span
    substitutes: tuple[Substitute, ...]
    swap_id: uuid.UUID | None


@dataclass(frozen=True)
class Breaks:
    """Hold what an absence breaks."""

    duties: tuple[BrokenDuty, ...] = ()
    meetings: tuple[AffectedMeeting, ...] = ()

    @property
    def is_nothing(self) -> bool:
        return not (self.duties or self.meetings)


@dataclass(frozen=True)
class AbsenceFilter:
    """Hold how a list of absences is narrowed; days are local, both included."""

    person_id: uuid.UUID | None = None
    kind: AbsenceKind | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class AbsenceRow:
    absence: Absence
    person: Person


@dataclass(frozen=True)
class AbsencePage:
    """Hold one page of a list; pages count from 1."""

    rows: tuple[AbsenceRow, ...]
    page: int
    pages: int
    total: int


def whole_days(first: date, last: date, zone: str) -> Span:
    """Return the time from the first to the last local day, both included."""
    if last < first:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="until_day")
    if first.year not in YEARS or last.year not in YEARS:
        raise Refusal(msg("This is too far from today. Check the year."), field="from_day")
    return Span(clock.start_of_day(first, zone), clock.start_of_day(last + ONE_DAY, zone))


def enter(
    session: Session,
    actor: Actor,
    new: NewAbsence,
    *,
    ask_for: Iterable[uuid.UUID] = (),
    now: datetime,
    key: str,
) -> Absence:
    """Record an absence and ask colleagues for the duties named; the same key, or the same absence, once."""
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_absence(session, actor, known)
    absence = record(session, actor, new, now=now)
    idempotency.remember(session, actor, PURPOSE, key, absence.id, now=now)
    for broken in _wanted(session, new, set(ask_for), now):
        _ask_colleagues(session, actor, broken, now=now, key=f"{absence.id.hex[:16]}-{broken.duty.id.hex}")
    return absence


def record(session: Session, actor: Actor, new: NewAbsence, *, now: datetime) -> Absence:
    """Record an absence; one that stands already is returned as it is."""
    check(new, now=now)
    known = find_known(session, new)
    if known is not None:
        return known
    return rosters.record_absence(session, actor, new.person, new.span, kind=new.kind, now=now)


def check(new: NewAbsence, *, now: datetime) -> None:
    """Refuse an absence that is too long or too far from today."""
    if new.span.duration > timedelta(days=MAX_DAYS + 1):
        raise Refusal(msg("An absence lasts at most %(count)s days.", count=MAX_DAYS), field="until_day")
    is_far = new.span.ends_at < now - DAYS_BACK * ONE_DAY or new.span.starts_at > now + DAYS_AHEAD * ONE_DAY
    if is_far:
        raise Refusal(msg("This is too far from today. Check the year."), field="from_day")


def find_known(session: Session, new: NewAbsence) -> Absence | None:
    """Return the absence of this person, kind and time that stands already."""
    query = select(Absence).where(
        Absence.person_id == new.person.id,
        Absence.kind == new.kind,
        Absence.starts_at == new.span.starts_at,
        Absence.ends_at == new.span.ends_at,
        Absence.withdrawn_at.is_(None),
    )
    return session.scalars(query.limit(1)).first()


def withdraw(session: Session, actor: Actor, absence: Absence, *, now: datetime) -> None:
    """End an absence; sent twice it is the same as once."""
    if absence.withdrawn_at is None:
        rosters.withdraw_absence(session, actor, absence, now=now)


def _wanted(session: Session, new: NewAbsence, ids: set[uuid.UUID], now: datetime) -> list[BrokenDuty]:
    return [
        BrokenDuty(duty, part, (), None)
        for duty, part in _broken_parts(session, new.person.id, new.span, now)
        if duty.id in ids
    ]


def _ask_colleagues(session: Session, actor: Actor, broken: BrokenDuty, *, now: datetime, key: str) -> None:
    if _find_swap(session, broken.duty, broken.part) is not None:
        return
    proposal = Proposal(starts_at=broken.part.starts_at, ends_at=broken.part.ends_at)
    swaps.propose(session, actor, broken.duty, proposal, now=now, key=key)


# ---- what it breaks ----


def breaks(session: Session, actor: Actor, person_id: uuid.UUID, span: Span, *, now: datetime) -> Breaks:
    """Return the duties, conferences and bookings to come that an absence breaks; nothing is changed."""
    parts = _broken_parts(session, person_id, span, now)
    losses = [Loss(person_id, span, None, msg("Absent then."))]
    losses += [Loss(person_id, part, duty.line_id, msg("Absent then.")) for duty, part in parts]
    return Breaks(
        duties=tuple(_broken(session, duty, part, now) for duty, part in parts),
        meetings=tuple(affected_meetings(session, losses, now=now, actor=actor)),
    )


def _broken_parts(
    session: Session, person_id: uuid.UUID, span: Span, now: datetime
) -> list[tuple[Duty, Span]]:
    """Return the duties that an absence touches, each with the part that is still to come."""
    query = (
        select(Duty)
        .where(Duty.person_id == person_id, Duty.ends_at > now, *standing(span, now))
        .options(joinedload(Duty.line).joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(Duty.starts_at, Duty.id)
        .limit(MAX_BROKEN)
    )
    found = ((duty, _part(duty, span, now)) for duty in session.scalars(query))
    return [(duty, part) for duty, part in found if part]


def _part(duty: Duty, span: Span, now: datetime) -> Span | None:
    part = intersect(Span(duty.starts_at, duty.ends_at), span)
    if part is None or part.ends_at <= clock.whole_minute(now):
        return None
    return remaining(part, now)


def _broken(session: Session, duty: Duty, part: Span, now: datetime) -> BrokenDuty:
    found = substitutes(session, duty.line_id, duty.person_id, part, now=now)
    return BrokenDuty(duty, part, tuple(found[:SUBSTITUTES_SHOWN]), _find_swap(session, duty, part))


def _find_swap(session: Session, duty: Duty, part: Span) -> uuid.UUID | None:
    """Return the open proposal that asks for some of these minutes."""
    query = select(DutySwap.id).where(
        DutySwap.line_id == duty.line_id,
        DutySwap.from_person_id == duty.person_id,
        DutySwap.state.in_([SwapState.PROPOSED, SwapState.ACCEPTED]),
        DutySwap.starts_at < part.ends_at,
        DutySwap.ends_at > part.starts_at,
    )
    return session.scalars(query.limit(1)).first()


# ---- lists ----


def list_absences(
    session: Session, actor: Actor, wanted: AbsenceFilter, *, page: int = 1, size: int = PAGE_SIZE
) -> AbsencePage:
    """Return one page of the absences that the actor enters or has, newest first; withdrawn ones left out."""
    query = access.visible(actor, Absence).where(Absence.withdrawn_at.is_(None), *_narrow(wanted, actor.zone))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // size))
    page = min(max(1, page), pages)
    shown = query.order_by(Absence.starts_at.desc(), Absence.id).limit(size).offset((page - 1) * size)
    rows = list(session.scalars(shown))
    names = _people_by_id(session, [row.person_id for row in rows])
    return AbsencePage(tuple(AbsenceRow(row, names[row.person_id]) for row in rows), page, pages, total)


def _narrow(wanted: AbsenceFilter, zone: str) -> list[ColumnElement[bool]]:
    found = []
    if wanted.person_id:
        found.append(Absence.person_id == wanted.person_id)
    if wanted.kind:
        found.append(Absence.kind == wanted.kind)
    if wanted.since:
        found.append(Absence.ends_at > clock.start_of_day(wanted.since, zone))
    if wanted.until:
        found.append(Absence.starts_at < clock.start_of_day(wanted.until + ONE_DAY, zone))
    return found


def _people_by_id(session: Session, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Person]:
    return {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}


def list_cared_for(session: Session, actor: Actor) -> list[Person]:
    """Return for whom the actor enters absences and wishes: oneself first, then the people of the house."""
    people = list(session.scalars(access.visible(actor, Person, to="change")))
    return sorted(
        people, key=lambda one: (one.id != actor.person_id, one.family_name.casefold(), one.name, one.id)
    )


def cares_for_others(actor: Actor) -> bool:
    """Tell whether the actor enters absences and wishes of a whole house."""
    return actor.may(Permission.EDIT_ROSTER)
