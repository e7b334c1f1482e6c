"""What the pages of an import take from a request: the file or the paste, and the answers about a sheet."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from datetime import date

from flask import request
from wtforms import FileField, TextAreaField

from confsched.domain.roster_month import month_span
from confsched.errors import Refusal, msg
from confsched.formats.roster_files import RosterFile
from confsched.formats.roster_sheets import LayoutKind
from confsched.formats.roster_tables import read_pasted
from confsched.sandbox import read_roster_safely
from confsched.services.import_sheets import Columns
from confsched.services.roster_imports import Answers
from confsched.web.context import close_read_session
from confsched.web.forms import BaseForm
from confsched.web.roster_months import parse_month

LATER, NOT_HERE = "", "-"
MAX_QUESTIONS = 500
MAX_NUMBER_LETTERS = 4
NAME, CODE = "name", "code"


class ImportForm(BaseForm):
    file = FileField(msg("File"), description=msg("Excel (.xlsx), CSV or calendar (.ics), at most 2 MB."))
    text = TextAreaField(
        msg("or paste the month here"),
        description=msg("Copied out of Excel, with the row of days and the names."),
    )


def read_sent(form: ImportForm, month: date, zone: str) -> tuple[RosterFile, str]:
    """Return what was sent or pasted, and the file's name; no connection is held while a file is read."""
    sent = request.files.get("file")
    data, name = b"", ""
    if sent:
        with sent.stream:
            data, name = sent.read(), sent.filename or ""
    if not data and not name:
        return RosterFile((read_pasted(form.text.data or ""),)), ""
    close_read_session()
    return read_roster_safely(data, name, month_span(month, zone), zone), name


def read_answers(form: Mapping[str, str]) -> Answers:
    """Return what somebody said about a sheet; what is left for later is not in it."""
    return Answers(
        names={text: _person(value) for text, value in _pairs(form, NAME)},
        codes={text: "" if value == NOT_HERE else value for text, value in _pairs(form, CODE)},
        sheet=_number(form, "sheet"),
        month=parse_month(form["month"]) if "month" in form else None,
        columns=_columns(form) if "kind" in form else None,
    )


def _pairs(form: Mapping[str, str], what: str) -> Iterator[tuple[str, str]]:
    for number in range(MAX_QUESTIONS):
        text, value = form.get(f"{what}-{number}-text"), form.get(f"{what}-{number}", LATER)
        if text is None:
            return
        if value != LATER:
            yield text, value


def _person(value: str) -> uuid.UUID | None:
    if value == NOT_HERE:
        return None
    try:
        return uuid.UUID(value)
    except ValueError as error:
        raise Refusal(msg("Choose somebody out of the list."), field="names") from error


def _columns(form: Mapping[str, str]) -> Columns:
    try:
        kind = LayoutKind(form["kind"])
    except ValueError as error:
        raise Refusal(msg("Choose one of the shapes."), field="kind") from error
    day, name, head = (_number(form, field) for field in ("day_column", "name_column", "header_row"))
    if kind is LayoutKind.PLAN:
        return _plan_columns(day, head)
    if name is None:
        raise Refusal(msg("Choose the column in which the names stand."), field="name_column")
    is_list = kind is LayoutKind.LIST
    return Columns(
        kind=kind,
        header_row=-1 if head is None else head - 1,
        name=name,
        given_name=_number(form, "given_column"),
        day=day if is_list else None,
        code=_number(form, "code_column") if is_list else None,
        starts=_number(form, "start_column") if is_list else None,
        ends=_number(form, "end_column") if is_list else None,
    )


def _plan_columns(day: int | None, head: int | None) -> Columns:
    if day is None:
        raise Refusal(msg("Choose the column in which the days stand."), field="day_column")
    return Columns(kind=LayoutKind.PLAN, header_row=0 if not head else head - 1, name=day, day=day)


def _number(form: Mapping[str, str], name: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > MAX_NUMBER_LETTERS:
        raise Refusal(msg("Enter a number."), field=name)
    return int(text)
