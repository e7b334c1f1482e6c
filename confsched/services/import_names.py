"""Who is meant by the names of a sheet: what is certain, what was said once, and what has to be asked."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.roster_import import People, SheetSays
from confsched.domain.roster_month import next_month
from confsched.domain.roster_names import KnownName, match_name
from confsched.models.network import Department
from confsched.models.people import Membership, Person
from confsched.services.access import CLINICIANS
from confsched.services.duty_codes import StaffMember, staff_of
from confsched.services.import_memory import Memory, name_key

MAX_OTHERS = 500


@dataclass(frozen=True)
class Choosable:
    """Hold the people that a name may stand for: those of the department, then the others of the house."""

    staff: Sequence[StaffMember]
    others: Sequence[Person]

    @property
    def names(self) -> dict[uuid.UUID, str]:
        staff = {one.person_id: one.name for one in self.staff}
        return staff | {one.id: one.name for one in self.others}


@dataclass(frozen=True)
class NameQuestion:
    """Hold one name of a sheet: whom it means so far, and who may be meant, the likeliest first."""

    name: str
    entries: int
    person_id: uuid.UUID | None
    candidates: tuple[uuid.UUID, ...]
    is_open: bool
    is_remembered: bool


def load_choosable(session: Session, department: Department, month: date) -> Choosable:
    """Return the clinicians of the house in the month, those of the department first."""
    staff = staff_of(session, department, month)
    here = {one.person_id for one in staff}
    seats = select(Membership.person_id).where(
        Membership.organisation_id == department.site.organisation_id,
        Membership.function.in_(CLINICIANS),
        Membership.valid_from < next_month(month),
        Membership.valid_until.is_(None) | (Membership.valid_until > month),
    )
    query = select(Person).where(Person.id.in_(seats), Person.id.not_in(here))
    others = session.scalars(query.order_by(Person.family_name, Person.given_name).limit(MAX_OTHERS))
    return Choosable(staff, others.all())


def ask_names(sheet: SheetSays, choosable: Choosable, memory: Memory) -> list[NameQuestion]:
    """Return each name of the sheet with whom it means, in the order of the alphabet."""
    counts = Counter(entry.name for entry in sheet.entries)
    known, house = _known_names(choosable.staff), _known_names(choosable.others)
    people = choosable.names
    return [
        _ask(name, counts[name], known, house, people, memory) for name in sorted({*sheet.names, *counts})
    ]


def _known_names(people: Sequence[StaffMember] | Sequence[Person]) -> list[KnownName]:
    return [
        KnownName(
            one.person_id if isinstance(one, StaffMember) else one.id,
            one.title,
            one.given_name,
            one.family_name,
        )
        for one in people
    ]


def _ask(
    name: str,
    entries: int,
    staff: Sequence[KnownName],
    house: Sequence[KnownName],
    people: Mapping[uuid.UUID, str],
    memory: Memory,
) -> NameQuestion:
    """Look into memory first: what somebody said once counts more than a likeness."""
    key = name_key(name)
    if key in memory.names and (memory.names[key] is None or memory.names[key] in people):
        return NameQuestion(name, entries, memory.names[key], (), is_open=False, is_remembered=True)
    match = match_name(name, staff)
    if match.certain:
        return NameQuestion(
            name, entries, match.person_id, match.candidates, is_open=False, is_remembered=False
        )
    # Somebody of another department may help out, but that is confirmed once.
    candidates = dict.fromkeys((*match.candidates, *match_name(name, house).candidates))
    # A heading or a remark has no entries; whether it is a person does not matter then.
    return NameQuestion(name, entries, None, tuple(candidates), is_open=entries > 0, is_remembered=False)


def people_of(questions: Sequence[NameQuestion]) -> People:
    """Return whom the names mean; what is open is not there, who is left out is None."""
    return {one.name: one.person_id for one in questions if not one.is_open}
