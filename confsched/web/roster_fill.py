"""The automatic filling of a draft: asked for, watched, stopped with the best so far, taken over."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.models.duty_rosters import DutyRoster, FillRun
from confsched.models.network import Department
from confsched.services import access, fill_views, roster_fill
from confsched.services.duty_rosters import EditResult
from confsched.services.fill_views import FillView
from confsched.services.roster_cells import find_roster, open_roster
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import new_form_key
from confsched.web.pages import sentence
from confsched.web.policies import needs
from confsched.web.roster_months import month_name, parse_month

blueprint = Blueprint("roster_fill", __name__)

REFRESH_SECONDS = 3


@blueprint.get("/rosters/<uuid:department_id>/<month>/fill")
@needs(Permission.EDIT_ROSTER)
def show(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Show what is open in the draft and the last filling; while one runs the page loads itself again."""
    return _page(department_id, parse_month(month))


def _page(department_id: uuid.UUID, month: date, refusal: Refusal | None = None) -> ResponseReturnValue:
    session = read_session()
    department = _seen_department(department_id)
    filling = _find_filling(department, month)
    is_active = filling is not None and filling.is_active
    page = render_template(
        "roster_fill/show.html",
        department=department,
        month=f"{month:%Y-%m}",
        month_name=month_name(month),
        filling=filling,
        open_lines=[] if is_active else fill_views.list_open(session, department, month, now=now()),
        refusal=refusal,
        form_key=new_form_key(),
        stands_still="still" in request.args,
    )
    answer = make_response(page, refusal.status if refusal else 200)
    if is_active and "still" not in request.args:
        answer.headers["Refresh"] = str(REFRESH_SECONDS)
    return answer


def _seen_department(department_id: uuid.UUID) -> Department:
    """Return the department of whoever may work on its months; for others it is not there."""
    department = access.get_department(read_session(), current_actor(), department_id)
    houses = current_actor().organisations_with(Permission.EDIT_ROSTER)
    if department.site.organisation_id not in houses:
        raise NotFound
    return department


def _find_filling(department: Department, month: date) -> FillView | None:
    roster = find_roster(read_session(), department, month)
    run = fill_views.find_last(read_session(), roster) if roster else None
    return fill_views.show(read_session(), run) if run else None


@blueprint.post("/rosters/fillings")
@needs(Permission.EDIT_ROSTER)
def ask() -> ResponseReturnValue:
    """Ask for a filling of the month that the form names."""
    department_id, month = _department_id(), parse_month(request.form.get("month", ""))
    keep_limits, key = request.form.get("keep_limits") == "yes", request.form.get("form_key", "")
    try:
        with transaction() as session:
            department = access.get_department(session, current_actor(), department_id, to="change")
            roster = open_roster(session, department, month, now=now())
            roster_fill.ask(session, current_actor(), roster, keep_limits=keep_limits, now=now(), key=key)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        return _page(department_id, month, refusal)
    return _back(department_id, month)


def _department_id() -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get("department_id", ""))
    except ValueError as error:
        raise Refusal(msg("Choose one from the page.")) from error


def _back(department_id: uuid.UUID, month: date) -> ResponseReturnValue:
    return redirect(url_for("roster_fill.show", department_id=department_id, month=f"{month:%Y-%m}"), 303)


@blueprint.post("/fillings/<uuid:run_id>/stop")
@needs(Permission.EDIT_ROSTER)
def stop(run_id: uuid.UUID) -> ResponseReturnValue:
    """Let a filling end with the best so far."""
    with transaction() as session:
        run = access.get_row(session, current_actor(), FillRun, run_id, to="change")
        roster_fill.stop(session, current_actor(), run, now=now())
        roster = run.roster
    return _back(roster.department_id, roster.month)


@blueprint.post("/fillings/<uuid:run_id>/takeover")
@needs(Permission.EDIT_ROSTER)
def take_over(run_id: uuid.UUID) -> ResponseReturnValue:
    """Write the proposals into the draft; a second press finds them there."""
    try:
        with transaction() as session:
            run = access.get_row(session, current_actor(), FillRun, run_id, to="change")
            roster = run.roster
            result = roster_fill.take_over(session, current_actor(), run, now=now())
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        return _page(roster.department_id, roster.month, refusal)
    _say(result)
    return _to_month(roster)


def _say(result: EditResult) -> None:
    done = msg("Cells of the draft taken over: %(count)s. “Undo” takes them out.", count=len(result.saved))
    nothing = msg("Nothing was left to take over.")
    flash(sentence(done if result.saved else nothing), "ok")


def _to_month(roster: DutyRoster) -> ResponseReturnValue:
    month = f"{roster.month:%Y-%m}"
    return redirect(url_for("duty_rosters.show", department_id=roster.department_id, month=month), 303)
