"""Lists of absences in the shapes in which they are kept."""

from __future__ import annotations

from datetime import date, time

import pytest

from confsched.domain.kinds import AbsenceKind
from confsched.errors import Refusal
from confsched.formats.absence_lists import When, as_text, find_kind, read_absences
from confsched.formats.roster_tables import read_pasted, read_tables

TODAY = date(2026, 11, 23)
LEAVE, SICK, TRAINING, OTHER = AbsenceKind.LEAVE, AbsenceKind.SICK, AbsenceKind.TRAINING, AbsenceKind.OTHER


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Urlaub", LEAVE),
        ("URLAUB", LEAVE),
        ("Urlaub 2026", LEAVE),
        ("Elternzeit", LEAVE),
        ("annual leave", LEAVE),
        ("Krank", SICK),
        ("Arbeitsunfähig", SICK),
        ("AU", SICK),
        ("sick", SICK),
        ("Fortbildung", TRAINING),
        ("Kongress Berlin", TRAINING),
        ("course", TRAINING),
        ("FZA", OTHER),
        ("Sonstiges", OTHER),
        ("Mond", None),
        ("Urlaub krank", None),
        ("", None),
    ],
)
def test_kinds_are_known_by_their_words(text: str, kind: AbsenceKind | None) -> None:
    assert find_kind(text) is kind


@pytest.mark.parametrize(
    "text",
    [
        "Name\tArt\tVon\tBis\nDr. Okafor\tUrlaub\t21.12.2026\t03.01.2027",
        "Urlaubsliste\t\t\t\n\t\t\t\nNachname\tGrund\tBeginn\tEnde\nDr. Okafor\tUrlaub\t21.12.\t03.01.",
        "Dr. Okafor\tUrlaub\t21.12.2026\t03.01.2027",
        "Dr. Okafor\t2026-12-21\t2027-01-03\tLeave",
        "Dr. Okafor;Urlaub;21.12.26;03.01.27",
        "from,until,name,type\n2026-12-21,2027-01-03,Dr. Okafor,vacation",
    ],
)
def test_the_same_absence_is_read_from_each_shape(text: str) -> None:
    (one,) = read_absences(read_pasted(text).rows, TODAY)
    assert (one.name, one.kind, one.problem) == ("Dr. Okafor", LEAVE, None)
    assert (one.starts, one.ends) == (When(date(2026, 12, 21)), When(date(2027, 1, 3)))


def test_given_and_family_name_may_stand_apart() -> None:
    (one,) = read_absences(
        read_pasted("Nachname\tVorname\tVon\tBis\nOkafor\tJana\t21.12.2026\t22.12.2026").rows, TODAY
    )
    assert (one.name, one.kind) == ("Jana Okafor", OTHER)


def test_a_time_of_day_is_kept() -> None:
    rows = read_pasted("Name\tArt\tVon\tBis\nOkafor\tkrank\t27.11.2026 18:00\t30.11.2026 08:00").rows
    (one,) = read_absences(rows, TODAY)
    assert (one.starts, one.ends) == (
        When(date(2026, 11, 27), time(18)),
        When(date(2026, 11, 30), time(8)),
    )


def test_one_day_alone_is_that_day() -> None:
    (one,) = read_absences(read_pasted("Okafor\tkrank\t27.11.2026").rows, TODAY)
    assert one.starts == one.ends == When(date(2026, 11, 27))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("\tUrlaub\t21.12.2026\t22.12.2026", "The name is missing."),
        ("Okafor\tMond\t21.12.2026\t22.12.2026", "The kind “Mond” is unknown"),
        ("Okafor\tUrlaub\tbald\t22.12.2026", "“bald” is no day"),
        ("Okafor\tUrlaub\t21.12.2026\t32.12.2026", "“32.12.2026” is no day"),
        ("Okafor\tUrlaub\t21.12.2026 25:00\t22.12.2026", "“21.12.2026 25:00” is no day"),
    ],
)
def test_what_cannot_be_read_is_named(row: str, problem: str) -> None:
    (one,) = read_absences(read_pasted(f"Name\tArt\tVon\tBis\n{row}").rows, TODAY)
    assert str(one.problem).startswith(problem)


@pytest.mark.parametrize("text", ["Hallo Welt", "Name\tArt\tVon\tBis"])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="no absence"):
        read_absences(read_pasted(text).rows, TODAY)


def test_a_list_of_a_thousand_rows_is_refused() -> None:
    with pytest.raises(Refusal, match="at most 500"):
        read_absences([("Okafor", "krank", "27.11.2026")] * 1000, TODAY)


def test_what_was_read_can_be_pasted_again() -> None:
    rows = read_tables(b"Name;Art;Von;Bis\nSander;Urlaub;21.12.2026;22.12.2026\n", "a.csv")[0].rows
    assert read_pasted("\n".join(as_text(rows))).rows == rows
