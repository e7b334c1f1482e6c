"""Take absences over from a list: send or paste it, see what each row means, take over what is new."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import FileField, TextAreaField

from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.formats.absence_lists import as_text
from confsched.formats.roster_tables import read_pasted, read_tables
from confsched.services import absence_imports, absences
from confsched.services.absence_imports import AbsenceImport
from confsched.web.absences import KIND_WORDS, days_of
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("absence_imports", __name__, url_prefix="/absences/import")

TAKE = "take"
PERSON = "person-"


class ImportForm(BaseForm):
    file = FileField(msg("File"), description=msg("Excel (.xlsx) or CSV, with name, kind, from and until."))
    text = TextAreaField(
        msg("or paste it here"), description=msg("Copied out of Excel, with or without headings.")
    )


@blueprint.get("/")
@needs(Permission.EDIT_ROSTER)
def start() -> ResponseReturnValue:
    """Ask for the list."""
    return _page(ImportForm(formdata=None), 200)


@blueprint.post("/")
@needs(Permission.EDIT_ROSTER)
def send() -> ResponseReturnValue:
    """Show what each row means; nothing is changed until it is taken over."""
    form, actor = ImportForm(), current_actor()
    try:
        rows = _rows(form)
        choices = _choices()
        if request.form.get("action") == TAKE:
            with transaction() as session:
                count = absence_imports.take_over(session, actor, rows, choices, now=now())
            flash(sentence(msg("Absences taken over: %(count)s.", count=count)), "ok")
            return redirect(url_for("absences.index"), 303)
        found = absence_imports.look_through(read_session(), actor, rows, choices, now=now())
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    return _page(form, 200, found=found, rows=rows)


def _rows(form: ImportForm) -> Sequence[Sequence[str]]:
    """Return the cells of the file that was sent, else of what was pasted."""
    sent = request.files.get("file")
    data = sent.read() if sent else b""
    if data:
        return read_tables(data, sent.filename or "" if sent else "")[0].rows
    return read_pasted(form.text.data or "").rows


def _choices() -> dict[int, uuid.UUID]:
    """Return whom the reader has chosen for the rows whose name was unclear."""
    found = {}
    for name, value in request.form.items():
        number = name.removeprefix(PERSON)
        if name.startswith(PERSON) and number.isdecimal() and len(number) < 6:
            try:
                found[int(number)] = uuid.UUID(value)
            except ValueError:
                continue  # "leave this row out"
    return found


def _page(
    form: ImportForm,
    status: int,
    *,
    found: AbsenceImport | None = None,
    rows: Sequence[Sequence[str]] = (),
) -> ResponseReturnValue:
    people = absences.list_cared_for(read_session(), current_actor()) if found else []
    page = render_template(
        "absences/import.html",
        form=form,
        found=found,
        text="\n".join(as_text(rows)),
        people=people,
        chosen=_choices(),
        kind_words=KIND_WORDS,
        days_of=days_of,
    )
    return page, status
