"""The people of a department's month."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from confsched.domain.roster_month import month_of, next_month
from confsched.models.duty_rosters import DutyRoster, RosterCell
from confsched.models.network import Department
from confsched.models.people import Membership, Person
from confsched.services.access import CLINICIANS

FULL_TIME_PERCENT = 100
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class StaffMember:
    """Hold a person of a month; `share` is in percent of full time, `note` says what is not usual."""

    person_id: uuid.UUID
    title: str
    given_name: str
    family_name: str
    name: str
    share: int
    note: str
    has_contact: bool = True


def staff_of(
    session: Session, department: Department, month: date, *, also: Collection[uuid.UUID] = ()
) -> list[StaffMember]:
    """Return the clinicians of a department in a month, and whoever else stands in it, by family name.

    `also` names people that the caller has found in cells or duties; without it the draft is asked.
    """
    first, after = month_of(month), next_month(month)
    members = (
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(is_clinician_of(department.id), *valid_in(first, after))
        .order_by(Membership.valid_from)
    )
    found: dict[uuid.UUID, tuple[Person, list[Membership]]] = {}
    for person, membership in session.execute(members):
        found.setdefault(person.id, (person, []))[1].append(membership)
    others = set(also) or _drafted_people(session, department, first)
    for person in session.scalars(select(Person).where(Person.id.in_(others - found.keys()))):
        found[person.id] = (person, [])
    staff = [_staff_member(person, seats, first, after) for person, seats in found.values()]
    return sorted(staff, key=lambda one: (one.family_name.casefold(), one.given_name.casefold(), one.name))


def is_clinician_of(department_id: uuid.UUID) -> ColumnElement[bool]:
    """Return the condition of a membership that puts its person into a department's months."""
    return (Membership.department_id == department_id) & Membership.function.in_(CLINICIANS)


def valid_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a membership that holds on a day."""
    return valid_in(day, day + ONE_DAY)


def valid_in(first: date, after: date) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of a membership that holds on some day from the first to before `after`."""
    is_open = Membership.valid_until.is_(None)
    return Membership.valid_from < after, or_(is_open, Membership.valid_until > first)


def _drafted_people(session: Session, department: Department, month: date) -> set[uuid.UUID]:
    query = (
        select(RosterCell.person_id)
        .join(DutyRoster)
        .where(DutyRoster.department_id == department.id, DutyRoster.month == month, RosterCell.text != "")
    )
    return set(session.scalars(query))


def _staff_member(person: Person, seats: list[Membership], first: date, after: date) -> StaffMember:
    share = max((seat.employment_percent for seat in seats), default=FULL_TIME_PERCENT)
    return StaffMember(
        person_id=person.id,
        title=person.title,
        given_name=person.given_name,
        family_name=person.family_name,
        name=person.name,
        share=share,
        note=_note(share, seats, first, after),
        has_contact=bool(person.phone.strip() or person.email.strip()),
    )


def _note(share: int, seats: list[Membership], first: date, after: date) -> str:
    """Return what is not usual in figures that need no language: "50 %", "12.12. –", "– 14.12."."""
    parts = [f"{share} %"] if share != FULL_TIME_PERCENT else []
    starts_on = min((seat.valid_from for seat in seats), default=first)
    if starts_on > first:
        parts.append(f"{starts_on:%d.%m.} –")
    ends = [seat.valid_until for seat in seats]
    last_ends = [end for end in ends if end is not None]
    if last_ends and len(last_ends) == len(ends) and max(last_ends) < after:
        parts.append(f"– {max(last_ends) - ONE_DAY:%d.%m.}")
    return " · ".join(parts)
