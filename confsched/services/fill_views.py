"""A filling as its page shows it: how far it has come, who is proposed, what stays open and why."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.errors import Message, msg
from confsched.models.duty_rosters import DutyRoster, FillRun
from confsched.models.network import Department
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services.fill_problems import load_problem
from confsched.services.roster_cells import find_roster
from confsched.services.roster_fill import ACTIVE


@dataclass(frozen=True)
class Proposal:
    """Hold one duty that the filling gives to somebody."""

    person_id: uuid.UUID
    name: str
    line_name: str
    day: date
    code: str


@dataclass(frozen=True)
class LeftOpen:
    """Hold one duty that could not be given to anybody, and why."""

    line_name: str
    day: date
    code: str
    reasons: tuple[Message, ...]


@dataclass(frozen=True)
class FillView:
    """Hold a filling as its page shows it."""

    run: FillRun
    proposals: tuple[Proposal, ...]
    left_open: tuple[LeftOpen, ...]
    score: Mapping[str, Any]

    @property
    def is_active(self) -> bool:
        return self.run.state in ACTIVE

    @property
    def may_be_taken_over(self) -> bool:
        return not self.is_active and bool(self.proposals) and self.run.applied_at is None


@dataclass(frozen=True)
class OpenLine:
    """Hold a line and how many of its duties nobody holds in the draft."""

    name: str
    count: int


def list_open(session: Session, department: Department, month: date, *, now: datetime) -> list[OpenLine]:
    """Return how many duties of each line a filling of the draft would be about, most first."""
    roster = find_roster(session, department, month) or DutyRoster(department=department, month=month)
    problem = load_problem(session, roster, keep_limits=False, now=now)
    counts = Counter(str(duty.line_id) for duty in problem.open_duties)
    names = {str(one.id): one.name for one in _load(session, DutyLine, counts)}
    return [OpenLine(names[line_id], count) for line_id, count in counts.most_common()]


def find_last(session: Session, roster: DutyRoster) -> FillRun | None:
    """Return the latest filling of a month."""
    query = select(FillRun).where(FillRun.roster_id == roster.id).order_by(FillRun.requested_at.desc())
    return session.scalars(query.limit(1)).one_or_none()


def show(session: Session, run: FillRun) -> FillView:
    """Return a filling with the names it speaks of."""
    assigned, unfilled = run.result.get("assigned", []), run.result.get("unfilled", [])
    line_ids, person_ids = {row[0] for row in (*assigned, *unfilled)}, {row[3] for row in assigned}
    lines = {str(one.id): one.name for one in _load(session, DutyLine, line_ids)}
    people = {str(one.id): one.name for one in _load(session, Person, person_ids)}
    return FillView(
        run=run,
        proposals=tuple(
            Proposal(
                uuid.UUID(person_id),
                people.get(person_id, ""),
                lines.get(line_id, ""),
                date.fromisoformat(day),
                code,
            )
            for line_id, day, code, person_id in assigned
        ),
        left_open=tuple(
            LeftOpen(
                lines.get(line_id, ""),
                date.fromisoformat(day),
                code,
                tuple(msg(text, **values) for text, values in reasons),
            )
            for line_id, day, code, reasons in unfilled
        ),
        score=run.result.get("score", {}),
    )


Named = TypeVar("Named", DutyLine, Person)


def _load(session: Session, model: type[Named], ids: Iterable[str]) -> Iterable[Named]:
    return session.scalars(select(model).where(model.id.in_([uuid.UUID(text) for text in ids])))
