"""A sheet on its way into a draft: what it would change, what has to be explained, and taking it over once."""

from __future__ import annotations

import time as stopwatch
import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Function
from confsched.domain.roster_import import ImportKind
from confsched.domain.roster_month import month_span
from confsched.errors import Conflict, Refusal
from confsched.formats.roster_files import RosterFile, read_roster_file
from confsched.formats.roster_sheets import LayoutKind
from confsched.formats.roster_tables import read_pasted
from confsched.models.duty_rosters import ImportMemory, RosterEdit, RosterImport
from confsched.services import duty_rosters, roster_imports, rosters
from confsched.services.import_sheets import Columns
from confsched.services.roster_cells import find_roster, load_state
from confsched.services.roster_imports import Answers, DryRun
from tests.formats.roster_books import workbook
from tests.support.rosters import DECEMBER, RosterWorld, build_department, publish_cells, type_cells
from tests.world import NEUROLOGY, NOW, ZONE, World, add_person

WINDOW = month_span(DECEMBER, ZONE)
LATER = NOW + timedelta(hours=1)
Record = object
DAYS = "\t".join(map(str, range(1, 32)))
Plan = Mapping[str, Mapping[int, str]]


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def _rows(plan: Plan, title: str = "Dienstplan Dezember 2026") -> list[list[str]]:
    """Return a month matrix as secretaries keep it: a title, the days, weekdays, people, a footer."""
    people = [[name, *(days.get(day, "") for day in range(1, 32))] for name, days in plan.items()]
    return [[title], ["Name", *map(str, range(1, 32))], *people, ["Summe"], ["gez. Brandis"]]


def _tsv(plan: Plan, title: str = "Dienstplan Dezember 2026") -> str:
    return "\n".join("\t".join(row) for row in _rows(plan, title))


def _pasted(text: str) -> RosterFile:
    return RosterFile((read_pasted(text),))


def _start(session: Session, rw: RosterWorld, file: RosterFile | str, key: str = "k") -> RosterImport:
    file = _pasted(file) if isinstance(file, str) else file
    return roster_imports.start(
        session, rw.actor, rw.department, DECEMBER, file, "plan.xlsx", key=f"{key}{uuid.uuid4()}", now=NOW
    )


def _try(session: Session, rw: RosterWorld, row: RosterImport) -> DryRun:
    return roster_imports.try_out(session, rw.actor, row, now=NOW)


def _take(session: Session, rw: RosterWorld, row: RosterImport) -> int:
    seen = _try(session, rw, row).comparison.fingerprint
    return roster_imports.take_over(session, rw.actor, row, seen=seen, now=NOW).cells


def _draft(session: Session, rw: RosterWorld) -> dict[tuple[str, int], str]:
    names = {person.id: name for name, person in rw.people.items()}
    state = load_state(session, rw.department, DECEMBER, now=LATER)
    return {(names[person_id], day.day): text for (person_id, day), text in state.draft.items()}


def _counts(run: DryRun) -> tuple[int, ...]:
    return (run.comparison.unchanged, *(run.count(kind) for kind in ImportKind))


def _shown(run: DryRun) -> list[tuple[int, str, str, str, str]]:
    return [(row.day.day, row.line, row.before, row.after, row.kind.value) for row in run.rows]


PLAN: Plan = {
    "Dr. Sölle, Kim": {1: "N", 2: "N/R", 10: "u"},
    "AHREND": {3: "n", 4: "T"},
    "Voß": {},
}


def _forms() -> dict[str, RosterFile]:
    plan = {"Dr. Sölle, Kim": PLAN["Dr. Sölle, Kim"], "AHREND": PLAN["AHREND"], "Voss": {}}
    lines = [
        f"{day:02}.12.2026;{text};{name}" for name, days in plan.items() for day, text in days.items()
    ]
    listed = "\n".join(["Datum;Dienst;Name", *sorted(lines)])
    events = "\n".join(
        f"BEGIN:VEVENT\nUID:{day}{text}@x.example\nDTSTAMP:20261101T000000Z\nDTSTART;VALUE=DATE:202612{day:02}\n"
        f"SUMMARY:{text}: {name.replace(',', chr(92) + ',')}\nEND:VEVENT"
        for name, days in plan.items()
        for day, text in days.items()
    )
    calendar = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//x//DE\n{events}\nEND:VCALENDAR\n".replace(
        "\n", "\r\n"
    )
    csv = "\n".join(";".join(row) for row in _rows(plan)).encode("cp1252")
    return {
        "pasted": _pasted(_tsv(plan)),
        "CSV of a German Excel": read_roster_file(csv, "plan.csv", WINDOW, ZONE),
        "workbook": read_roster_file(workbook(_rows(plan)), "plan.xlsx", WINDOW, ZONE),
        "list": read_roster_file(listed.encode(), "liste.csv", WINDOW, ZONE),
        "calendar": read_roster_file(calendar.encode(), "plan.ics", WINDOW, ZONE),
    }


@pytest.mark.parametrize("shape", list(_forms()))
def test_every_shape_of_a_sheet_brings_the_same_month_and_once_more_changes_nothing(
    session: Session, rw: RosterWorld, shape: str
) -> None:
    """Line 13 of the failures of others: a second import of the same file writes nothing."""
    file = _forms()[shape]
    first = _start(session, rw, file)
    run = _try(session, rw, first)

    assert _counts(run) == (0, 6, 0, 0, 0)
    assert _draft(session, rw) == {}, "looking changes nothing"
    assert _take(session, rw, first) == 5
    taken = {("Sölle", 1): "N", ("Sölle", 2): "N/R", ("Sölle", 10): "U", ("Ahrend", 3): "N"}
    assert _draft(session, rw) == {**taken, ("Ahrend", 4): "T"}

    again = _start(session, rw, file)
    assert _counts(_try(session, rw, again)) == (6, 0, 0, 0, 0)
    assert _take(session, rw, again) == 0
    assert session.scalar(select(func.count()).select_from(RosterEdit)) == 1, "no step without a change"
