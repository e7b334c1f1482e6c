"""Bring a month out of a file: send or paste it, explain what is unclear, try it out, take it over."""

from __future__ import annotations

import uuid
from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.domain.roster_import import ImportKind
from confsched.errors import Message, Refusal, msg
from confsched.models.duty_rosters import RosterImport
from confsched.services import access, roster_imports
from confsched.services.import_questions import ImportView, check_open, is_over
from confsched.services.lists import page_of
from confsched.services.roster_imports import DryRun
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import Finding
from confsched.web.import_forms import LATER, NOT_HERE, ImportForm, read_answers, read_sent
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.roster_months import code_words, month_name, parse_month

blueprint = Blueprint("roster_imports", __name__, url_prefix="/rosters")

PAGE_SIZE = 25
PREVIEW_ROWS, PREVIEW_COLUMNS = 8, 12
LETTERS = 26
KINDS = (
    (ImportKind.NEW, msg("New")),
    (ImportKind.CHANGED, msg("Changed")),
    (ImportKind.REMOVED, msg("Removed")),
    (ImportKind.UNCLEAR, msg("Unclear")),
)


@blueprint.get("/<uuid:department_id>/<month>/import")
@needs(Permission.EDIT_ROSTER)
def start(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Ask for the file or the paste."""
    return _start_page(department_id, parse_month(month), ImportForm(formdata=None), 200)


@blueprint.post("/<uuid:department_id>/<month>/import")
@needs(Permission.EDIT_ROSTER)
def send(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Read the sheet and go where the next question is; nothing is changed in the month."""
    first, form, actor = parse_month(month), ImportForm(), current_actor()
    zone = roster_imports.find_department(read_session(), actor, department_id).site.zone
    try:
        file, filename = read_sent(form, first, zone)
        with transaction() as session:
            department = access.get_department(session, actor, department_id, to="change")
            row = roster_imports.start(
                session, actor, department, first, file, filename, key=form.form_key.data or "", now=now()
            )
            import_id = row.id
            is_clear = not is_over(row) and roster_imports.look(session, row, now=now()).is_clear
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _start_page(department_id, first, form, refusal.status)
    return _to(import_id, "show" if is_clear else "columns")


def _start_page(department_id: uuid.UUID, month: date, form: ImportForm, status: int) -> ResponseReturnValue:
    department = roster_imports.find_department(read_session(), current_actor(), department_id)
    page = render_template(
        "roster_imports/start.html",
        form=form,
        department=department,
        month=month,
        month_name=month_name(month),
    )
    return page, status


def _to(import_id: uuid.UUID, page: str) -> ResponseReturnValue:
    return redirect(url_for(f"roster_imports.{page}", import_id=import_id), 303)


def _to_month(row: RosterImport) -> ResponseReturnValue:
    month = f"{row.roster.month:%Y-%m}"
    return redirect(url_for("duty_rosters.show", department_id=row.roster.department_id, month=month), 303)


def _get(import_id: uuid.UUID) -> RosterImport:
    return access.get_row(read_session(), current_actor(), RosterImport, import_id)


# ---- columns, names and codes ----


@blueprint.get("/imports/<uuid:import_id>/columns")
@needs(Permission.EDIT_ROSTER)
def columns(import_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for what the sheet leaves open: month, sheet, columns, names and codes."""
    row = _get(import_id)
    return _is_over(row) if is_over(row) else _columns_page(row, 200)


@blueprint.post("/imports/<uuid:import_id>/columns")
@needs(Permission.EDIT_ROSTER)
def explain(import_id: uuid.UUID) -> ResponseReturnValue:
    """Keep the answers, for this sheet and those to come, and go on."""
    _get(import_id)
    try:
        answers = read_answers(request.form)
        with transaction() as session:
            row = access.get_row(session, current_actor(), RosterImport, import_id, to="change")
            roster_imports.answer(session, current_actor(), row, answers, now=now())
            view = roster_imports.look(session, row, now=now())
            # Names and codes may wait until after the dry run; without a readable sheet there is none.
            goes_on = view.is_clear or (view.opened.is_readable and "names_seen" in request.form)
    except Refusal as refusal:
        row = _get(import_id)
        if refusal.status not in ANSWERABLE or is_over(row):
            return _is_over(row) if is_over(row) else _raise(refusal)
        return _columns_page(row, refusal.status, refusal)
    return _to(import_id, "show" if goes_on else "columns")


def _raise(refusal: Refusal) -> ResponseReturnValue:
    raise refusal


def _columns_page(row: RosterImport, status: int, refusal: Refusal | None = None) -> ResponseReturnValue:
    view = roster_imports.look(read_session(), row, now=now())
    findings = [_finding(refusal)] if refusal else []
    page = render_template(
        "roster_imports/columns.html",
        **_shared(row, view),
        findings=findings,
        wrong=refusal,
        preview=[list(line[:PREVIEW_COLUMNS]) for line in view.opened.table.rows[:PREVIEW_ROWS]],
        letters=[_letter(number) for number in range(len(view.opened.table.rows[0]))],
    )
    return page, status


def _finding(refusal: Refusal) -> Finding:
    return Finding(refusal.field or "", "", sentence(refusal.message))


def _letter(column: int) -> str:
    """Return what Excel calls the column that counts from 0."""
    return _letter(column // LETTERS - 1) + chr(ord("A") + column % LETTERS) if column >= 0 else ""


def _shared(row: RosterImport, view: ImportView) -> dict[str, object]:
    """Return what both pages about a sheet show."""
    other = view.opened.other_month
    return {
        "row": row,
        "view": view,
        "typed": request.form,
        "names": view.choosable.names,
        "month": row.roster.month,
        "month_name": month_name(row.roster.month),
        "other_month": other,
        "other_name": month_name(other) if other else "",
        "code_words": code_words,
        "LATER": LATER,
        "NOT_HERE": NOT_HERE,
    }


def _is_over(row: RosterImport) -> ResponseReturnValue:
    """Lead back to the month with the reason why there is nothing to look at any more."""
    try:
        check_open(row)
    except Refusal as refusal:
        flash(sentence(refusal.message), "warn")
    return _to_month(row)


# ---- dry run ----


@blueprint.get("/imports/<uuid:import_id>")
@needs(Permission.EDIT_ROSTER)
def show(import_id: uuid.UUID) -> ResponseReturnValue:
    """Show what taking the sheet over would change and bring about."""
    row = _get(import_id)
    if is_over(row):
        return _is_over(row)
    if not roster_imports.look(read_session(), row, now=now()).opened.is_readable:
        return _to(import_id, "columns")
    return _dry_run_page(row, 200)


def _dry_run_page(row: RosterImport, status: int, problem: Message | None = None) -> ResponseReturnValue:
    run = roster_imports.try_out(read_session(), current_actor(), row, now=now())
    kind = request.args.get("kind", "")
    rows = [one for one in run.rows if kind in ("", one.kind)]
    page = render_template(
        "roster_imports/show.html",
        **_shared(row, run.view),
        run=run,
        problem=problem,
        kind=kind,
        filters=_filters(run, kind),
        listing=page_of(rows, request.args.get("page", 1, type=int), PAGE_SIZE),
    )
    return page, status


def _filters(run: DryRun, kind: str) -> list[tuple[str, str, bool]]:
    """Return label, address and whether it is the present one, for each filter that holds anything."""
    total = len(run.rows)
    shown = [("", sentence(msg("All %(count)s", count=total)))]
    shown += [(one.value, sentence(label)) for one, label in KINDS if run.count(one) or one == kind]
    return [
        (label, f"{request.path}?{urlencode({'kind': one})}" if one else request.path, one == kind)
        for one, label in shown
    ]


@blueprint.post("/imports/<uuid:import_id>/takeover")
@needs(Permission.EDIT_ROSTER)
def take_over(import_id: uuid.UUID) -> ResponseReturnValue:
    """Write the changes into the draft, if they are those that were shown."""
    row = _get(import_id)
    if is_over(row):
        return _is_over(row)
    seen = request.form.get("seen", "")
    try:
        with transaction() as session:
            locked = access.get_row(session, current_actor(), RosterImport, import_id, to="change")
            done = roster_imports.take_over(session, current_actor(), locked, seen=seen, now=now())
    except Refusal as refusal:
        row = _get(import_id)
        if is_over(row):
            return _is_over(row)
        if refusal.status not in ANSWERABLE or not _is_readable(row):
            return _to(import_id, "columns") if refusal.status in ANSWERABLE else _raise(refusal)
        return _dry_run_page(row, refusal.status, refusal.message)
    if done.is_stale:
        stale = msg(
            "The draft or the legend has changed meanwhile. These are the changes now: look once more."
        )
        return _dry_run_page(_get(import_id), 409, stale)
    _say_done(done.cells, [problem.message for problem in done.problems])
    return _to_month(_get(import_id))


def _is_readable(row: RosterImport) -> bool:
    return roster_imports.look(read_session(), row, now=now()).opened.is_readable


def _say_done(cells: int, problems: list[Message]) -> None:
    if not cells:
        flash(sentence(msg("The sheet says what the draft says: nothing was changed.")), "ok")
        return
    flash(sentence(_taken_over(cells)), "ok")
    if problems:
        flash(sentence(_unsettled(problems)), "warn")


def _taken_over(cells: int) -> Message:
    if cells == 1:
        return msg("Taken over into the draft: 1 cell. Look at it and publish.")
    return msg("Taken over into the draft: %(count)s cells. Look at them and publish.", count=cells)


def _unsettled(problems: list[Message]) -> Message:
    count, first = len(problems), problems[0]
    if count == 1:
        return msg("Still to be settled: 1 cell. %(first)s", first=first)
    return msg("Still to be settled: %(count)s cells. %(first)s", count=count, first=first)


@blueprint.post("/imports/<uuid:import_id>/discard")
@needs(Permission.EDIT_ROSTER)
def discard(import_id: uuid.UUID) -> ResponseReturnValue:
    """Drop the import; the month stays as it is."""
    with transaction() as session:
        row = access.get_row(session, current_actor(), RosterImport, import_id, to="change")
        was_over = is_over(row)
        roster_imports.discard(session, current_actor(), row, now=now())
    row = _get(import_id)
    if was_over:
        return _is_over(row)
    flash(sentence(msg("Import discarded. The month is as it was.")), "ok")
    return _to_month(row)
