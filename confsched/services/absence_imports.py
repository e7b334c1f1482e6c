"""A list of absences is looked through first, row by row, and then taken over as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind
from confsched.domain.permissions import Actor
from confsched.domain.roster_names import KnownName, match_name
from confsched.errors import Message, Refusal, msg
from confsched.formats.absence_lists import ListedAbsence, When, read_absences
from confsched.models.people import Person
from confsched.services import absences
from confsched.services.absences import NewAbsence, whole_days

NO_CHOICES: Mapping[int, uuid.UUID] = {}


class RowState(StrEnum):
    """Say what becomes of a row."""

    NEW = "new"
    KNOWN = "known"
    UNCLEAR = "unclear"  # several people may be meant, or nobody of the house
    WRONG = "wrong"


@dataclass(frozen=True)
class ImportRow:
    """Hold one row of a list and what taking it over would do."""

    number: int
    name: str
    kind: AbsenceKind
    state: RowState
    span: Span | None = None
    person: Person | None = None
    candidates: tuple[Person, ...] = ()
    problem: Message | None = None


@dataclass(frozen=True)
class AbsenceImport:
    """Hold a list as it was looked through; nothing is changed by that."""

    rows: tuple[ImportRow, ...]

    def count(self, state: str) -> int:
        return sum(row.state == state for row in self.rows)


def look_through(
    session: Session,
    actor: Actor,
    rows: Sequence[Sequence[str]],
    choices: Mapping[int, uuid.UUID] = NO_CHOICES,
    *,
    now: datetime,
) -> AbsenceImport:
    """Return what each row of a list means; `choices` names the person of a row that was unclear."""
    listed = read_absences(rows, clock.local_day(now, actor.zone))
    people = {person.id: person for person in absences.list_cared_for(session, actor)}
    names = [KnownName(one.id, one.title, one.given_name, one.family_name) for one in people.values()]
    return AbsenceImport(
        tuple(_look_at(session, one, people, names, choices.get(one.number), now) for one in listed)
    )


def take_over(
    session: Session,
    actor: Actor,
    rows: Sequence[Sequence[str]],
    choices: Mapping[int, uuid.UUID] = NO_CHOICES,
    *,
    now: datetime,
) -> int:
    """Record what is new and return how many; the same list again records nothing."""
    found = look_through(session, actor, rows, choices, now=now)
    count = 0
    for row in found.rows:
        if row.state is not RowState.NEW or row.person is None or row.span is None:
            continue
        new = NewAbsence(row.person, row.kind, row.span)
        if absences.find_known(session, new) is None:  # the list may say it twice
            absences.record(session, actor, new, now=now)
            count += 1
    return count


def _look_at(
    session: Session,
    listed: ListedAbsence,
    people: Mapping[uuid.UUID, Person],
    names: Sequence[KnownName],
    chosen: uuid.UUID | None,
    now: datetime,
) -> ImportRow:
    wrong = ImportRow(listed.number, listed.name, listed.kind, RowState.WRONG, problem=listed.problem)
    if listed.problem or listed.starts is None or listed.ends is None:
        return wrong
    match = match_name(listed.name, names)
    meant = chosen or match.person_id
    person = people.get(meant) if meant else None
    if person is None:
        candidates = tuple(people[one] for one in match.candidates)
        return ImportRow(listed.number, listed.name, listed.kind, RowState.UNCLEAR, candidates=candidates)
    try:
        span = _span(listed.starts, listed.ends, person.zone)
        new = NewAbsence(person, listed.kind, span)
        absences.check(new, now=now)
    except Refusal as refusal:
        return ImportRow(
            listed.number, listed.name, listed.kind, RowState.WRONG, person=person, problem=refusal.message
        )
    state = RowState.KNOWN if absences.find_known(session, new) else RowState.NEW
    return ImportRow(listed.number, listed.name, listed.kind, state, span, person)


def _span(starts: When, ends: When, zone: str) -> Span:
    """Return the time from a day to a day, both included, or from a time to a time."""
    days = whole_days(starts.day, ends.day, zone)
    starts_at = days.starts_at if starts.at is None else clock.to_instant(starts.day, starts.at, zone)
    ends_at = days.ends_at if ends.at is None else clock.to_instant(ends.day, ends.at, zone)
    if ends_at <= starts_at:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="until_day")
    return Span(starts_at, ends_at)
