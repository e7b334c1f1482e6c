"""The fairness ledger: who held how many nights, weekends and hours in a year, and what their part was."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from babel.dates import format_skeleton
from babel.numbers import format_decimal
from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from confsched import clock
from confsched.domain.permissions import Permission
from confsched.domain.roster_month import ONE_DAY, month_of
from confsched.errors import Message, msg
from confsched.formats.tables import harmless, write_table
from confsched.models.network import Department
from confsched.services import fairness
from confsched.services.fairness import Column, Fairness, Figure, Row
from confsched.web.context import current_actor, now, read_session, reader_language
from confsched.web.ids import find_id
from confsched.web.instants import find_day
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("fairness", __name__, url_prefix="/fairness")

COLUMN_WORDS = {
    Column.NIGHTS: msg("Nights"),
    Column.WEEKENDS: msg("Weekends"),
    Column.HOLIDAYS: msg("Public holidays"),
    Column.ON_CALL: msg("On call"),
    Column.HOURS: msg("Hours"),
}
PERSON_WORDS = (msg("Person"), msg("Percent of full time"), msg("Line"))
HALF = Fraction(1, 2)
DELIMITERS = {"de": ";", "en": ","}  # as Excel expects it beside a decimal comma, and a decimal point
FILE_NAME = "fairness.csv"


@dataclass(frozen=True)
class Asked:
    """Hold the filter: what was typed, what it means, and what is wrong with it by field."""

    department: Department | None
    until: date
    line_id: uuid.UUID | None
    known_at: datetime
    typed: dict[str, str]
    problems: dict[str, Message] = field(default_factory=dict)


@blueprint.get("/")
@needs(Permission.SEE_ROSTERS)
def show() -> ResponseReturnValue:
    """Show the ledger of a department, one row a person."""
    departments = fairness.list_departments(read_session(), current_actor())
    asked = _asked(departments)
    found = _ledger(asked)
    page = render_template(
        "fairness/show.html",
        asked=asked,
        departments=departments,
        ledger=found,
        columns=COLUMN_WORDS,
        difference=difference,
        number=_number,
        month_name=_month_name,
    )
    return page, 422 if asked.problems else 200


@blueprint.get("/table")
@needs(Permission.SEE_ROSTERS)
def download() -> ResponseReturnValue:
    """Give the ledger as a table for a spreadsheet, one row for each person and line."""
    asked = _asked(fairness.list_departments(read_session(), current_actor()))
    found = _ledger(asked)
    table = write_table(_table(found), DELIMITERS[reader_language()])
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(table, headers=headers, content_type="text/csv; charset=utf-8")


def _ledger(asked: Asked) -> Fairness | None:
    if asked.department is None:
        return None
    return fairness.show(
        read_session(),
        current_actor(),
        asked.department,
        asked.until,
        known_at=asked.known_at,
        line_id=asked.line_id,
    )


def _asked(departments: list[Department]) -> Asked:
    """Read the filter; what is wrong with it is named, and the usual value stands in for it."""
    zone = departments[0].site.zone if departments else current_actor().zone
    today = clock.local_day(now(), zone)
    usual = {"department": "", "until": f"{today:%Y-%m}", "line": "", "known": ""}
    typed = {name: request.args.get(name, value) for name, value in usual.items()}
    department = _chosen(departments, typed["department"])
    until, known_on, line_id = _month(typed["until"]), find_day(typed["known"]), find_id(typed["line"])
    problems = {
        "department": typed["department"] and not department and msg("Choose a department from the list."),
        "until": until is None and msg("Choose a month, such as 2026-11."),
        "line": typed["line"] and line_id is None and msg("Choose a line from the list."),
        "known": typed["known"] and known_on is None and msg("Choose a day, such as 2026-11-25."),
    }
    return Asked(
        department=department or next(iter(departments), None),
        until=until or month_of(today),
        line_id=line_id,
        known_at=min(now(), clock.start_of_day(known_on + ONE_DAY, zone)) if known_on else now(),
        typed=typed,
        problems={name: problem for name, problem in problems.items() if isinstance(problem, Message)},
    )


def _chosen(departments: list[Department], text: str) -> Department | None:
    return next((department for department in departments if str(department.id) == text), None)


def _month(text: str) -> date | None:
    return find_day(f"{text}-01")


def difference(figure: Figure, column: Column) -> Message:
    """Return in words how far somebody is from their part, to the whole duty or hour."""
    count = int(abs(figure.difference) + HALF)
    if count == 0:
        return msg("as expected")
    if column is Column.HOURS:
        return _more_or_fewer(
            figure, msg("%(count)s h more", count=count), msg("%(count)s h less", count=count)
        )
    return _more_or_fewer(figure, msg("%(count)s more", count=count), msg("%(count)s fewer", count=count))


def _more_or_fewer(figure: Figure, more: Message, fewer: Message) -> Message:
    return more if figure.difference > 0 else fewer


def _number(value: Fraction) -> str:
    """Write a figure with at most one digit after the comma."""
    return format_decimal(round(float(value), 1), format="#,##0.#", locale=reader_language())


def _month_name(month: date) -> str:
    return str(format_skeleton("yMMMM", month, locale=reader_language()))


def _table(found: Fairness | None) -> Iterator[list[str]]:
    yield [*map(sentence, PERSON_WORDS), *_heads()]
    for row in found.line_rows if found else ():
        yield [harmless(row.holder.name), str(row.holder.percent), harmless(row.line_name), *_numbers(row)]


def _heads() -> Iterator[str]:
    for word in COLUMN_WORDS.values():
        yield sentence(word)
        yield sentence(msg("%(column)s, expected", column=word))
        yield sentence(msg("%(column)s, difference", column=word))


def _numbers(row: Row) -> Iterator[str]:
    """Yield figures that a spreadsheet reads as numbers: no separator of thousands, the reader's comma."""
    for figure in row.figures.values():
        for value in (figure.held, figure.expected, figure.difference):
            yield format_decimal(round(float(value), 2), format="0.##", locale=reader_language())
