"""The ledger in the browser: words beside numbers, a filter, a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import date, time, timedelta
from fractions import Fraction

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.errors import Message, msg
from confsched.formats.tables import BYTE_ORDER_MARK
from confsched.models.people import Person
from confsched.services import rosters
from confsched.services.fairness import Column, Figure
from confsched.web.fairness import difference
from tests.support.rosters import RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import NOW, World, local

PATH = "/fairness/"
LINE = "Neurologie, Neurologie Dienst"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def roster(sqlite_database: Database, world: World) -> RosterWorld:
    """Give the department with three nights of November, two of them Voss's."""
    with sqlite_database.transaction() as session:
        built = build_department(session, world)
        nights = [(built.person(name), _night(day)) for name, day in (("Voss", 3), ("Voss", 7), ("Kolb", 5))]
        rosters.record_duties(session, None, built.lines["N"], nights, now=NOW, origin="plan")
    return built


def _night(day: int) -> Span:
    first = date(2026, 11, day)
    return Span(local(first, time(16)), local(first + timedelta(days=1), time(8)))


@pytest.fixture
def reader(client: FlaskClient, roster: RosterWorld, sign_in: SignIn) -> FlaskClient:
    """Give the client with somebody of the department signed in."""
    sign_in(client, roster.person("Voss"))
    return client


def test_the_page_says_in_words_who_holds_more_and_marks_one_s_own_row(reader: FlaskClient) -> None:
    page = reader.get(PATH).text

    assert "Dr. Kim Voss" in page
    assert "2 more" in page
    assert page.count('class="is-own"') == 1
    assert "December 2025 to November 2026" in page


@pytest.mark.parametrize(
    ("held", "expected", "column", "words"),
    [
        (2, Fraction(1, 4), Column.NIGHTS, msg("%(count)s more", count=2)),
        (0, Fraction(3, 4), Column.NIGHTS, msg("%(count)s fewer", count=1)),
        (1, Fraction(5, 4), Column.NIGHTS, msg("as expected")),
        (16, Fraction(8), Column.HOURS, msg("%(count)s h more", count=8)),
        (0, Fraction(8), Column.HOURS, msg("%(count)s h less", count=8)),
    ],
)
def test_a_difference_is_a_number_and_a_word(
    held: int, expected: Fraction, column: Column, words: Message
) -> None:
    assert difference(Figure(Fraction(held), expected), column) == words


def test_the_filter_narrows_to_a_line_and_to_a_year(reader: FlaskClient, roster: RosterWorld) -> None:
    line = roster.lines["R"].id

    page = reader.get(f"{PATH}?line={line}&until=2026-12&department={roster.department.id}").text

    assert f'value="{line}" selected' in page
    assert "January 2026 to December 2026" in page
    assert "2 more" not in page


def test_a_day_shows_what_was_known_at_its_end(reader: FlaskClient) -> None:
    assert "2 more" not in reader.get(f"{PATH}?known=2026-11-20").text
    assert "2 more" in reader.get(f"{PATH}?known=2026-11-23").text


@pytest.mark.parametrize(
    "query",
    [
        *("until=soon", "until=", "until=0001-01", "until=9999-12", "known=yesterday", "known=0001-01-01"),
        *("line=x", "department=x", f"department={uuid.UUID(int=7)}"),
    ],
)
def test_what_the_filter_cannot_mean_is_named_and_the_usual_choice_shown(
    reader: FlaskClient, query: str
) -> None:
    answer = reader.get(f"{PATH}?{query}")

    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert "Dr. Kim Voss" in answer.text


def test_the_table_has_a_row_for_each_person_and_line_and_nothing_a_spreadsheet_runs(
    reader: FlaskClient, roster: RosterWorld, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Person, roster.person("Kolb").id).given_name = FORMULA
        session.get_one(Person, roster.person("Kolb").id).title = ""

    answer = reader.get(f"{PATH}table")

    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix(BYTE_ORDER_MARK), newline=""))
    assert head[:6] == [
        *("Person", "Percent of full time", "Line", "Nights", "Nights, expected", "Nights, difference"),
    ]
    assert len(rows) == 8 * 3
    [kolb] = [row for row in rows if row[0] == f"'{FORMULA} Kolb" and row[2] == LINE]
    assert kolb[1:6] == ["92", LINE, "1", "0.38", "0.62"]


def test_a_stranger_sees_nothing_of_the_house(
    client: FlaskClient, roster: RosterWorld, sign_in: SignIn
) -> None:
    sign_in(client, roster.world.stranger)

    answer = client.get(f"{PATH}?department={roster.department.id}")

    assert answer.status_code == 422
    assert "Voss" not in answer.text
    assert "Voss" not in client.get(f"{PATH}table?department={roster.department.id}").text


def test_an_auditor_and_a_visitor_do_not_get_here(
    client: FlaskClient, roster: RosterWorld, sign_in: SignIn
) -> None:
    assert client.get(PATH).status_code == 302
    sign_in(client, roster.world.auditor)

    assert client.get(PATH).status_code == 403
    assert client.get(f"{PATH}table").status_code == 403
