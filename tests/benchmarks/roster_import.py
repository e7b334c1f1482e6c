"""A month of 54 people from an Excel file to the diff, beside openpyxl reading the same file alone.

Run `python -m tests.benchmarks.roster_import`; the database lies in a temporary folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from io import BytesIO
from itertools import product
from pathlib import Path
from statistics import median
from time import perf_counter

from openpyxl import load_workbook
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.permissions import Function
from confsched.domain.roster_month import month_span
from confsched.models.network import Site
from confsched.sandbox import read_roster_safely
from confsched.services import roster_imports
from tests.formats.roster_books import workbook
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.world import NEUROLOGY, NOW, ZONE, add_person

PEOPLE, DAYS, ROUNDS = 54, 31, 5
CODES = ("T", "T", "", "U", "T", "N/R", "")


def names() -> list[str]:
    """Return so many family names that no two are alike."""
    return ["".join(letters) for letters in product("BDFG", "aeiou", ("ck", "nd", "rt"))][:PEOPLE]


def sheet() -> bytes:
    """Return the month as a workbook."""
    rows = [
        [f"Dr. {name}", *(CODES[(number + day) % len(CODES)] for day in range(DAYS))]
        for number, name in enumerate(names())
    ]
    return workbook([["Dienstplan Dezember 2026"], ["Name", *range(1, DAYS + 1)], *rows])


def build(session: Session) -> RosterWorld:
    """Write a department with these people."""
    rw = build_department(session)
    hub = session.get_one(Site, rw.world.hub.id)
    for name in names():
        add_person(
            *(session, hub, "Dr.", "Kim", name, Function.CONSULTANT),
            discipline=NEUROLOGY,
            department=rw.department,
        )
    return rw


def seconds(work: Callable[[], object]) -> float:
    """Return the median time of a few rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return median(taken)


def main() -> None:
    """Print the times and their ratio."""
    data = sheet()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'import.sqlite'}")
        database.migrate()
        with database.transaction() as session:
            rw = build(session)
        bare = seconds(lambda: [list(one.values) for one in load_workbook(BytesIO(data)).worksheets])
        whole = seconds(lambda: _dry_run(database, rw, data, f"{perf_counter()}"))
        database.dispose()
    print(f"bare openpyxl {bare:.2f} s, file to diff {whole:.2f} s in a child process, {whole / bare:.0f} x")


def _dry_run(database: Database, rw: RosterWorld, data: bytes, key: str) -> None:
    file = read_roster_safely(data, "plan.xlsx", month_span(DECEMBER, ZONE), ZONE)
    with database.transaction() as session:
        department = session.merge(rw.department)
        row = roster_imports.start(
            session, rw.actor, department, DECEMBER, file, "plan.xlsx", key=key, now=NOW
        )
        assert roster_imports.try_out(session, rw.actor, row, now=NOW).rows


if __name__ == "__main__":
    main()
