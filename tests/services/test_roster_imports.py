"""A sheet on its way into a draft: what it would change, what has to be explained, taking it over once."""

from __future__ import annotations

import time as stopwatch
import uuid
from collections.abc import Callable, Mapping
from datetime import time, timedelta
from itertools import product

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
from confsched.models.network import Site
from confsched.services import duty_rosters, roster_imports
from confsched.services.import_sheets import Columns
from confsched.services.roster_cells import find_roster, load_state
from confsched.services.roster_imports import Answers, DryRun
from confsched.worker.housekeeping import tidy_up
from tests.formats.roster_books import workbook
from tests.support.rosters import DECEMBER, RosterWorld, build_department, publish_cells, type_cells
from tests.world import NEUROLOGY, NOW, ZONE, World, add_person, book, local

WINDOW = month_span(DECEMBER, ZONE)
LATER = NOW + timedelta(hours=1)
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
    lines = [f"{day:02}.12.2026;{text};{name}" for name, days in plan.items() for day, text in days.items()]
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


def test_names_and_codes_that_are_unclear_are_asked_and_stay_out_until_they_are_answered(
    session: Session, rw: RosterWorld
) -> None:
    """Line 15 of the failures of others: a name that fits nobody is never guessed."""
    type_cells(session, rw, {("Kolb", 1): "H", ("Kolb", 2): "N"})
    row = _start(session, rw, _tsv({"Soelle-Berg": {1: "N"}, "Kolb": {1: "Hg", 3: "R"}, "Stationsarzt": {}}))
    view = roster_imports.look(session, row, now=NOW)

    assert [(one.name, one.candidates) for one in view.open_names] == [
        ("Soelle-Berg", (rw.person("Sölle").id,))
    ]
    assert [(one.text, one.day.day, one.near) for one in view.open_codes] == [("Hg", 1, ("H",))]
    run = _try(session, rw, row)
    assert _shown(run) == [
        (1, "Nacht", "", "Soelle-Berg", "unclear"),
        (1, "", "Dr. Kim Kolb H", "Hg", "unclear"),
        (2, "Nacht", "Dr. Kim Kolb", "", "removed"),
        (3, "Rufbereitschaft", "", "Dr. Kim Kolb", "new"),
    ]
    _take(session, rw, row)
    assert _draft(session, rw) == {("Kolb", 1): "H", ("Kolb", 3): "R"}


def test_what_was_explained_once_is_known_from_then_on(session: Session, rw: RosterWorld) -> None:
    plan: Plan = {"Soelle-Berg": {1: "N"}, "Stationsarzt": {1: "R"}, "Kolb": {1: "Hg", 2: "XX"}}
    row = _start(session, rw, _tsv(plan))
    answers = Answers(
        names={"Soelle-Berg": rw.person("Sölle").id, "Stationsarzt": None}, codes={"Hg": "H", "XX": ""}
    )
    roster_imports.answer(session, rw.actor, row, answers, now=NOW)

    run = _try(session, rw, row)
    assert run.view.is_clear and run.comparison.left_out == 2
    _take(session, rw, row)
    assert _draft(session, rw) == {("Sölle", 1): "N", ("Kolb", 1): "H"}
    second = _start(session, rw, _tsv({"SÖLLE-BERG": {2: "hg"}}))
    assert roster_imports.look(session, second, now=NOW).is_clear
    assert session.scalar(select(func.count()).select_from(ImportMemory)) == 4
    corrected = Answers(names={"Soelle-Berg": rw.person("Voss").id})
    roster_imports.answer(session, rw.actor, second, corrected, now=NOW)
    assert [row.after for row in _try(session, rw, second).rows] == ["Dr. Kim Voss"]


def test_who_is_not_in_the_sheet_is_left_alone_and_who_is_gets_their_empty_days(
    session: Session, rw: RosterWorld
) -> None:
    type_cells(session, rw, {("Sölle", 1): "R", ("Ahrend", 1): "N", ("Voss", 4): "T", ("Kolb", 5): "N"})
    run = _try(session, rw, _start(session, rw, _tsv({"Sölle": {1: "N/R"}, "Ahrend": {}, "Voss": {4: "T"}})))

    assert _counts(run) == (2, 0, 1, 0, 0)
    assert _shown(run) == [(1, "Nacht", "Dr. Kim Ahrend", "Dr. Kim Sölle", "changed")]


def test_a_list_speaks_for_its_lines_and_days_only(session: Session, rw: RosterWorld) -> None:
    type_cells(
        session,
        rw,
        {("Ahrend", 2): "N/T", ("Ahrend", 3): "R", ("Kolb", 9): "N", ("Voss", 4): "N", ("Sölle", 2): "U"},
    )
    listed = "Datum\tDienst\tName\tvon\tbis\n01.12.2026\tNacht\tSölle\t20:00\t08:00\n05.12.2026\tN\tNiemand\n"
    row = _start(session, rw, listed + "04.12.2026\tN\tUnbekannt\n")
    run = _try(session, rw, row)

    assert _shown(run) == [
        (1, "Nacht", "", "Dr. Kim Sölle", "new"),
        (2, "Nacht", "Dr. Kim Ahrend", "", "removed"),
        (4, "Nacht", "", "Unbekannt", "unclear"),
        (5, "Nacht", "", "Niemand", "unclear"),
    ]
    assert [str(note) for note in run.view.notes] == [
        "The sheet says 20:00–08:00 for N, the legend 16:00–08:00. The legend counts."
    ]
    _take(session, rw, row)
    kept = {("Ahrend", 2): "T", ("Ahrend", 3): "R", ("Kolb", 9): "N", ("Voss", 4): "N", ("Sölle", 2): "U"}
    assert _draft(session, rw) == {**kept, ("Sölle", 1): "N"}


def test_a_plan_of_days_by_duties_asks_for_its_headings_once_and_speaks_for_its_columns(
    session: Session, rw: RosterWorld
) -> None:
    type_cells(session, rw, {("Kolb", 1): "N", ("Kolb", 2): "T", ("Kolb", 9): "N", ("Ahrend", 2): "R"})

    def sheet(first: int) -> str:
        rows = [[f"{first}.12.", "Sölle", "Voss"], [f"{first + 1}.12.", "", "Sölle/Ahrend"]]
        return "\n".join("\t".join(row) for row in [["Datum", "Nacht", "OA 1"], *rows])

    row = _start(session, rw, sheet(1))
    view = roster_imports.look(session, row, now=NOW)
    assert [(one.text, one.day.day) for one in view.open_codes] == [("OA 1", 1)]
    roster_imports.answer(session, rw.actor, row, Answers(codes={"OA 1": "R"}), now=NOW)
    _take(session, rw, row)
    taken = {("Sölle", 1): "N", ("Voss", 1): "R", ("Sölle", 2): "R", ("Ahrend", 2): "R"}
    assert _draft(session, rw) == {**taken, ("Kolb", 2): "T", ("Kolb", 9): "N"}
    assert _counts(_try(session, rw, _start(session, rw, sheet(1)))) == (4, 0, 0, 0, 0)
    assert roster_imports.look(session, _start(session, rw, sheet(5)), now=NOW).is_clear


def test_each_change_says_what_follows(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Kolb", 1): "N", ("Voss", 3): "N"})
    plan: Plan = {
        "Kolb": {},
        "Voss": {2: "T", 3: "N", 24: "N"},
        "Sölle": {5: "N", 6: "N", 7: "T"},
        "Rieger": {5: "N"},
    }
    said = {
        (row.day.day, row.line, row.after): [str(one) for one in row.effects]
        for row in _try(session, rw, _start(session, rw, _tsv(plan))).rows
    }

    assert said[1, "Nacht", ""] == ["opens a gap"]
    assert said[24, "Nacht", "Dr. Kim Voss"] == ["closes a gap", "eve of a public holiday"]
    assert any("holds the line then as well" in one for one in said[5, "Nacht", "Dr. Kim Rieger"])
    assert any("Rest" in one for one in said[7, "Tag", "Dr. Kim Sölle"])


def test_taking_over_is_one_step_that_can_be_undone(session: Session, rw: RosterWorld) -> None:
    """Line 14 of the failures of others: an import is taken back as a whole."""
    type_cells(session, rw, {("Ahrend", 3): "R"})
    row = _start(session, rw, _tsv({"Sölle": {1: "N", 2: "N"}, "Ahrend": {4: "N"}}))
    _take(session, rw, row)
    assert len(_draft(session, rw)) == 3
    roster = find_roster(session, rw.department, DECEMBER)
    assert roster is not None
    duty_rosters.undo(session, rw.actor, roster, now=LATER)

    assert _draft(session, rw) == {("Ahrend", 3): "R"}


def test_what_was_shown_is_what_is_taken_over(session: Session, rw: RosterWorld) -> None:
    row = _start(session, rw, _tsv({"Sölle": {1: "N", 2: "N"}}))
    seen = _try(session, rw, row).comparison.fingerprint
    type_cells(session, rw, {("Sölle", 1): "R"}, by=rw.second_actor)

    stale = roster_imports.take_over(session, rw.actor, row, seen=seen, now=NOW)
    assert (stale.is_stale, _draft(session, rw)) == (True, {("Sölle", 1): "R"})
    assert _take(session, rw, row) == 2


def test_an_import_is_taken_over_or_dropped_once(session: Session, rw: RosterWorld) -> None:
    first, second = (_start(session, rw, _tsv({"Sölle": {1: "N"}})) for _ in range(2))
    assert first.dropped_at is not None, "the newer sheet of the same secretary counts"
    with pytest.raises(Conflict, match="discarded"):
        roster_imports.look(session, first, now=NOW)
    _take(session, rw, second)
    with pytest.raises(Conflict, match="taken over already"):
        _take(session, rw, second)
    roster_imports.discard(session, rw.actor, second, now=NOW)
    assert (second.dropped_at, second.tables) == (None, [])


def test_a_sheet_that_nobody_finishes_is_emptied_after_14_days(session: Session, rw: RosterWorld) -> None:
    taken = _start(session, rw, _tsv({"Sölle": {1: "N"}}))
    _take(session, rw, taken)
    left = _start(session, rw, _tsv({"Sölle": {2: "N"}}))
    assert (taken.tables, taken.dropped_at) == ([], None)

    tidy_up(session, now=NOW + roster_imports.KEPT - timedelta(seconds=1))
    assert left.dropped_at is None and left.tables
    late = NOW + roster_imports.KEPT
    tidy_up(session, now=late)
    assert (left.tables, left.dropped_at, taken.dropped_at) == ([], late, None)
    with pytest.raises(Conflict, match="discarded"):
        roster_imports.look(session, left, now=late)


def test_columns_said_once_are_used_for_the_next_month_with_these_headings(
    session: Session, rw: RosterWorld
) -> None:
    def sheet(day: int) -> str:
        return f"Wann\tWieso\tWobei\n{day}.12.\tKolb\tN\n{day + 1}.12.\tVoss\tN\n"

    row = _start(session, rw, sheet(1))
    assert not roster_imports.look(session, row, now=NOW).opened.is_readable
    with pytest.raises(Refusal, match="first which sheet"):
        _try(session, rw, row)
    columns = Columns(LayoutKind.LIST, 0, name=1, day=0, code=2)
    roster_imports.answer(session, rw.actor, row, Answers(columns=columns), now=NOW)

    assert _counts(_try(session, rw, row)) == (0, 2, 0, 0, 0)
    assert _counts(_try(session, rw, _start(session, rw, sheet(3)))) == (0, 2, 0, 0, 0)


def test_meetings_that_lose_their_consultant_are_named_with_a_way_out(
    session: Session, rw: RosterWorld
) -> None:
    """A booking through the line follows who will hold it; one that an absence breaks has to be moved."""
    rw.lines["H"].makes_available, rw.lines["H"].service_id = True, rw.world.service.id
    publish_cells(session, rw, {("Voss", 12): "H"})
    saturday = local(DECEMBER.replace(day=12), time(10))  # nobody else works on a Saturday
    booking = book(session, rw.world, saturday, reply_by_on=DECEMBER.replace(day=14))
    handed = _try(session, rw, _start(session, rw, _tsv({"Voss": {}, "Kolb": {12: "H"}})))
    away = _try(session, rw, _start(session, rw, _tsv({"Voss": {12: "U"}})))

    assert [str(one.proposal) for one in handed.effects.meetings] == [
        "Dr. Kim Kolb will hold the line: invitations follow on publication."
    ]
    assert [str(one) for row in handed.rows for one in row.effects] == ["1 meeting affected"]
    assert [one.meeting.booking_id for one in away.effects.meetings] == [booking.id]
    assert {row.line: [str(one) for one in row.effects] for row in away.rows} == {
        "Hintergrund": ["1 meeting affected", "opens a gap"],
        "Urlaub": ["1 meeting affected"],
    }


def test_a_month_of_54_people_is_read_compared_and_taken_over_within_two_seconds(
    session: Session, rw: RosterWorld, record_property: Callable[[str, object], None]
) -> None:
    names = ["".join(letters) for letters in product("BDFG", "aeiou", ("ck", "nd", "rt"))][:54]
    hub = session.get_one(Site, rw.world.hub.id)
    for name in names:
        add_person(
            *(session, hub, "Dr.", "Kim", name, Function.CONSULTANT),
            discipline=NEUROLOGY,
            department=rw.department,
        )
    codes = ("T", "T", "", "U", "T", "N/R", "")
    plan = {
        f"Dr. {name}": {day: codes[(number + day) % len(codes)] for day in range(1, 32)}
        for number, name in enumerate(names)
    }
    data = workbook(_rows(plan))
    began = stopwatch.perf_counter()
    row = _start(session, rw, read_roster_file(data, "plan.xlsx", WINDOW, ZONE))
    run = _try(session, rw, row)
    shown = stopwatch.perf_counter() - began
    cells = roster_imports.take_over(session, rw.actor, row, seen=run.comparison.fingerprint, now=NOW).cells
    taken = stopwatch.perf_counter() - began

    figure = f"54 x 31 from the file to the diff in {shown:.2f} s, into the draft in {taken:.2f} s"
    record_property("figure", f"{figure} ({cells} cells)")
    assert cells > 1000
    assert taken < 2
