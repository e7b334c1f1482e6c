"""Whatever is done to a department's months and in which order: the lines say what was said last."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.clock import local_day
from confsched.db import Database
from confsched.domain.duty_codes import split_cell
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, DayClass
from confsched.domain.rosters import duty_span
from confsched.errors import Refusal, msg
from confsched.models.duty_rosters import DutyRoster, RosterCell, RosterEdition
from confsched.models.network import Department
from confsched.models.rosters import Absence, Duty
from confsched.services import duty_codes, duty_rosters, rosters, swaps
from confsched.services.duty_codes import NewCode
from confsched.services.roster_cells import find_roster, open_roster
from confsched.services.swaps import Proposal
from confsched.services.who_is_on import who_is_on
from tests.support.rosters import RosterWorld, build_department
from tests.world import ZONE

STEP = timedelta(minutes=30)
NAMES = ("Voss", "Kolb", "Wendt")
ABSENCES = {"U": AbsenceKind.LEAVE, "F": AbsenceKind.TRAINING}
# The clock changes in the second night; the last two days lie in two months.
AUTUMN = (*(date(2026, 10, day) for day in (23, 24, 25, 26, 31)), date(2026, 11, 1))
SPRING = (*(date(2027, 3, day) for day in (26, 27, 28, 29, 31)), date(2027, 4, 1))
HOURS = {"H": (time(8), time(8)), "N": (time(16), time(8))}
OTHER_HOURS = (
    (time(8), time(8)),
    (time(16), time(8)),
    (time(16), time(22)),
    (time(20), time(4)),
    (time(0), time(0)),
)

Slot = tuple[str, datetime]


class _Over(Exception):
    """Leave a transaction without committing it."""


@dataclass(frozen=True)
class Held:
    """Hold who a slot belongs to and for which day, and whether a cell of the month says so."""

    name: str
    day: date
    is_said: bool


@dataclass
class Run:
    """Work on the months, and keep beside them, half hour by half hour, what should come of it."""

    session: Session
    rw: RosterWorld
    days: tuple[date, ...]
    now: datetime
    slots: dict[Slot, Held] = field(default_factory=dict)
    hours: dict[str, tuple[time, time]] = field(default_factory=HOURS.copy)
    history: list[tuple[datetime, dict[Slot, str]]] = field(default_factory=list)

    # ---- what is done ----

    def edit(self, name: str, day: date, text: str) -> None:
        cell = self.rw.people[name].id, day
        row = self.session.scalars(
            select(RosterCell).where(RosterCell.person_id == cell[0], RosterCell.day == day)
        ).one_or_none()
        edit = duty_rosters.CellEdit(*cell, text, row.version if row else 0)
        args = self.session, self.rw.actor, self.rw.department, day.replace(day=1), [edit]
        assert not duty_rosters.edit_cells(*args, now=self.now).conflicts

    def undo(self, day: date) -> None:
        duty_rosters.undo(self.session, self.rw.actor, self._roster(day), now=self.now)

    def publish(self, day: date) -> None:
        roster = self._roster(day)
        before = self._published(roster)
        after = {**before, **self._drafted(roster)}
        args = self.session, self.rw.actor, roster
        done = duty_rosters.publish(*args, seen_edition=roster.edition, now=self.now)
        self._expect(before, after)
        rows = self._count()
        again = duty_rosters.publish(*args, seen_edition=done.edition, now=self.now)
        assert (again.changes, self._count()) == ((), rows)

    def restore(self, day: date, number: int) -> None:
        roster = self._roster(day)
        before = self._published(roster)
        number = min(number, roster.edition)
        after = self._cells(roster, number)
        duty_rosters.restore(
            self.session, self.rw.actor, roster, number, seen_edition=roster.edition, now=self.now
        )
        self._expect(before, {cell: after.get(cell, "") for cell in (*before, *after)})

    def swap(self, code: str, at: datetime, name: str, from_hour: int | None) -> None:
        duty = self.session.scalars(
            select(Duty).where(
                Duty.line_id == self.rw.lines[code].id,
                *(Duty.superseded_at.is_(None), Duty.starts_at <= at, Duty.ends_at > at),
            )
        ).one_or_none()
        if duty is None:
            return
        span = Span(duty.starts_at, duty.ends_at)
        start = span.starts_at + timedelta(hours=from_hour) if from_hour else None
        giver = self.rw.actor_of(duty.person.family_name)
        before = self._all_published()
        asked = Proposal(starts_at=start, to_person_id=self.rw.people[name].id)
        swap = swaps.propose(self.session, giver, duty, asked, now=self.now, key=uuid.uuid4().hex)
        swaps.accept(self.session, self.rw.actor_of(name), swap, now=self.now)
        gone = {cell for cell, text in before.items() if code in split_cell(text)} - {
            cell for cell, text in self._all_published().items() if code in split_cell(text)
        }
        span = Span(start or span.starts_at, span.ends_at)
        self._hold(code, span, Held(name, self._day_of(code, span), is_said=bool(gone)))

    def change_hours(self, code: str, hours: tuple[time, time]) -> None:
        row = next(row for row in duty_codes.list_codes(self.session, self.rw.department) if row.code == code)
        days = dict.fromkeys(DayClass, hours)
        new = NewCode(code, row.name, row.line_id, None, row.duty_type, row.counts_as, days)
        duty_codes.save_code(
            self.session, self.rw.actor, self.rw.department, new, now=self.now, code_id=row.id
        )
        self.hours[code] = hours

    def record(self, code: str, day: date, name: str) -> None:
        span = duty_span(day, time(21), time(1), ZONE)
        args = self.session, None, self.rw.lines[code], [(self.rw.people[name], span)]
        if rosters.record_duties(*args, now=self.now, origin="program"):
            self._hold(code, span, Held(name, self._day_of(code, span), is_said=False))

    # ---- what should come of it ----

    def _expect(self, before: dict[tuple[str, date], str], after: dict[tuple[str, date], str]) -> None:
        """Take away what the codes that went have said of their day, and parts in their hours; then fill."""
        changed = [cell for cell in {**before, **after} if before.get(cell, "") != after.get(cell, "")]
        for name, day in changed:
            old, new = split_cell(before.get((name, day), "")), split_cell(after.get((name, day), ""))
            for code in (set(old) - set(new)) & HOURS.keys():
                gone = self._span(code, day)
                for run in self._runs(code, name, day):
                    if self.slots[run[0]].is_said or any(gone.contains(at) for _, at in run):
                        for slot in run:
                            del self.slots[slot]
        for name, day in sorted(changed, key=lambda cell: cell[1]):
            old, new = split_cell(before.get((name, day), "")), split_cell(after.get((name, day), ""))
            for code in (code for code in new if code not in old and code in HOURS):
                held = Held(name, day, is_said=True)
                for slot in self._slots(code, self._span(code, day)):
                    if slot not in self.slots or self.slots[slot].name == name:
                        self.slots[slot] = held

    def _runs(self, code: str, name: str, day: date) -> list[list[Slot]]:
        """Return what a person holds for a day, in runs of half hours that were written at once."""
        runs: list[list[Slot]] = []
        for slot in sorted(slot for slot in self.slots if slot[0] == code):
            held = self.slots[slot]
            if (held.name, held.day) != (name, day):
                continue
            before = runs[-1][-1] if runs else None
            if before and before[1] + STEP == slot[1] and self.slots[before] is held:
                runs[-1].append(slot)
            else:
                runs.append([slot])
        return runs

    def _day_of(self, code: str, span: Span) -> date:
        """Return the day of the duty that a span is taken from, or else the one on which it starts."""
        slots = self._slots(code, span)
        days = {self.slots[slot].day for slot in slots if slot in self.slots}
        is_part = len(days) == 1 and all(slot in self.slots for slot in slots)
        return days.pop() if is_part else local_day(span.starts_at, ZONE)

    def _hold(self, code: str, span: Span, held: Held) -> None:
        self.slots.update(dict.fromkeys(self._slots(code, span), held))

    def _span(self, code: str, day: date) -> Span:
        return duty_span(day, *self.hours[code], ZONE)

    def _slots(self, code: str, span: Span) -> list[Slot]:
        count = int(span.duration / STEP)
        return [(code, span.starts_at + STEP * number) for number in range(count)]

    # ---- what is there ----

    def _roster(self, day: date) -> DutyRoster:
        roster = find_roster(self.session, self.rw.department, day)
        if roster is None:
            raise Refusal(msg("Nothing there."))
        return roster

    def _all_published(self) -> dict[tuple[str, date], str]:
        found: dict[tuple[str, date], str] = {}
        for roster in self.session.scalars(select(DutyRoster)):
            found |= self._published(roster)
        return found

    def _published(self, roster: DutyRoster) -> dict[tuple[str, date], str]:
        return self._cells(roster, roster.edition)

    def _cells(self, roster: DutyRoster, number: int) -> dict[tuple[str, date], str]:
        query = select(RosterEdition.cells).where(
            RosterEdition.roster_id == roster.id, RosterEdition.number == number
        )
        cells = self.session.scalars(query).one_or_none() or {}
        return {
            (self._name(uuid.UUID(person)), date.fromisoformat(day)): text
            for person, days in cells.items()
            for day, text in days.items()
        }

    def _drafted(self, roster: DutyRoster) -> dict[tuple[str, date], str]:
        rows = self.session.scalars(select(RosterCell).where(RosterCell.roster_id == roster.id))
        return {(self._name(row.person_id), row.day): row.text for row in rows}

    def _name(self, person_id: uuid.UUID) -> str:
        return next(name for name, person in self.rw.people.items() if person.id == person_id)

    def _count(self) -> int:
        return sum(self.session.scalar(select(func.count(model.id))) or 0 for model in (Duty, Absence))

    def held(self, known_at: datetime) -> dict[Slot, str]:
        """Return who holds which half hour as known at an instant; nobody holds one beside another."""
        codes = {line.id: code for code, line in self.rw.lines.items()}
        query = select(Duty).where(
            Duty.recorded_at <= known_at, Duty.superseded_at.is_(None) | (Duty.superseded_at > known_at)
        )
        found: dict[Slot, str] = {}
        for duty in self.session.scalars(query):
            for slot in self._slots(codes[duty.line_id], Span(duty.starts_at, duty.ends_at)):
                assert slot not in found, f"two hold {slot}"
                found[slot] = self._name(duty.person_id)
        return found

    def check(self) -> None:
        self.session.flush()
        held = self.held(self.now)
        assert held == {slot: one.name for slot, one in self.slots.items()}
        for code, at in list(held)[:: max(1, len(held) // 4)]:
            (on,) = who_is_on(self.session, at, line_id=self.rw.lines[code].id, known_at=self.now)
            assert on.name.endswith(held[code, at])
        self._check_absences()
        self.history.append((self.now, held))

    def _check_absences(self) -> None:
        wanted = {}
        for roster in self.session.scalars(select(DutyRoster)):
            for (name, day), text in self._published(roster).items():
                if text in ABSENCES:
                    wanted[name, duty_span(day, time(0), time(0), ZONE)] = ABSENCES[text]
        rows = self.session.scalars(select(Absence).where(Absence.withdrawn_at.is_(None))).all()
        found = {(self._name(row.person_id), Span(row.starts_at, row.ends_at)): row.kind for row in rows}
        assert (found, len(rows)) == (wanted, len(wanted))


_NAME, _DAY, _LINE = st.sampled_from(NAMES), st.integers(0, 5), st.sampled_from("NH")
STEPS = st.one_of(
    st.tuples(st.just("edit"), _NAME, _DAY, st.sampled_from(["", "N", "H", "H/N", "T", "U", "F", "N", "H"])),
    st.tuples(st.just("edit"), _NAME, _DAY, st.sampled_from(["N", "H", "H", "N/H"])),
    st.tuples(st.just("publish"), _DAY),
    st.tuples(st.just("publish"), _DAY),
    st.tuples(st.just("swap"), _LINE, _DAY, _NAME, st.sampled_from([None, None, 3, 7])),
    st.tuples(st.just("record"), _LINE, _DAY, _NAME),
    st.tuples(st.just("restore"), _DAY, st.integers(0, 3)),
    st.tuples(st.just("undo"), _DAY),
    st.tuples(st.just("change_hours"), _LINE, st.sampled_from(OTHER_HOURS)),
)


def _do(run: Run, step: tuple[Any, ...]) -> None:
    what, *args = step
    if what == "swap":
        code, day, name, hour = args
        args = [code, duty_span(run.days[day], time(22), time(23), ZONE).starts_at, name, hour]
    elif what != "change_hours":
        where = {"edit": 1, "record": 1}.get(str(what), 0)
        args[where] = run.days[args[where]]
    getattr(run, str(what))(*args)


def _start(run: Run) -> None:
    """Let one person hold the background for all days and two the nights, all published."""
    for first in (run.days[0].replace(day=1), run.days[-1].replace(day=1)):
        days = [(number, day) for number, day in enumerate(run.days) if day.replace(day=1) == first]
        plan = {("Voss", day): "H" for _, day in days}
        plan |= {(NAMES[1 + number % 2], day): "N" for number, day in days}
        roster = open_roster(run.session, run.rw.department, first, now=run.now)
        cells = {(run.rw.people[name].id, day): text for (name, day), text in plan.items()}
        duty_rosters.fill_cells(run.session, run.rw.actor, roster, cells, now=run.now, only_empty=True)
        run.publish(first)


@pytest.mark.parametrize("days", [AUTUMN, SPRING], ids=["autumn", "spring"])
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(STEPS, min_size=5, max_size=14))
def test_the_lines_say_what_was_said_last_and_the_past_stays(
    sqlite_database: Database, days: tuple[date, ...], steps: list[tuple[Any, ...]]
) -> None:
    with pytest.raises(_Over), sqlite_database.transaction() as session:
        rw = build_department(session)
        session.get_one(Department, rw.department.id).swaps_need_approval = False
        run = Run(session, rw, days, duty_span(days[0], time(6), time(7), ZONE).starts_at)
        _start(run)
        for step in steps:
            run.now += timedelta(minutes=1)
            slots, hours = dict(run.slots), dict(run.hours)
            try:
                with session.begin_nested():
                    _do(run, step)
            except Refusal:
                run.slots, run.hours = slots, hours
            run.check()
        for known_at, held in run.history:
            assert run.held(known_at) == held
        raise _Over
