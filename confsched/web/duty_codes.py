"""The legend of a department: codes with their hours, who may hold a line, how swaps are settled."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from confsched.clock import local_day
from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.models.duty_codes import DutyCodeRow
from confsched.models.network import Department
from confsched.services import access, department_settings, duty_codes
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.duty_code_forms import REFUSED_FIELDS, CodeForm, code_form, code_id_of, new_code_of
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.roster_months import code_words, style_of

blueprint = Blueprint("duty_codes", __name__, url_prefix="/rosters/<uuid:department_id>/codes")


@blueprint.get("")
@needs(Permission.SEE_ROSTERS)
def index(department_id: uuid.UUID) -> ResponseReturnValue:
    """Show the legend; ?edit= opens one code in the form."""
    return _page(department_id, None)


def _page(department_id: uuid.UUID, sent: CodeForm | None, status: int = 200) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    department = access.get_department(session, actor, department_id)
    codes = duty_codes.list_codes(session, department)
    month = local_day(now(), department.site.zone).replace(day=1)
    lines, staff = department_settings.list_line_people(session, department, month)
    names = {one.line.id: one.line.name for one in lines}
    edited = next((code for code in codes if str(code.id) == request.args.get("edit")), None)
    page = render_template(
        "duty_codes/index.html",
        department=department,
        may_edit=department.site.organisation_id in actor.organisations_with(Permission.EDIT_ROSTER),
        codes=[(code, names[code.line_id] if code.line_id else "") for code in codes],
        lines=lines,
        staff=staff,
        form=sent or code_form([one.line for one in lines], edited),
        meanings={legend.code: legend for legend in duty_codes.legend_of(session, department).codes.values()},
        month=month,
        code_words=code_words,
        style_of=style_of,
    )
    return page, status


def _department(session: Session, department_id: uuid.UUID) -> Department:
    return access.get_department(session, current_actor(), department_id, to="change")


def _back(department_id: uuid.UUID, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("duty_codes.index", department_id=department_id, _anchor=anchor), 303)


@blueprint.post("")
@needs(Permission.EDIT_ROSTER)
def save(department_id: uuid.UUID) -> ResponseReturnValue:
    """Add a code, or change the one that the form names."""
    department = access.get_department(read_session(), current_actor(), department_id)
    lines, _staff = department_settings.list_line_people(
        read_session(), department, local_day(now(), department.site.zone)
    )
    form = code_form([one.line for one in lines], sent=True)
    try:
        new, code_id = new_code_of(form), code_id_of(form)
        with transaction() as session:
            department = _department(session, department_id)
            duty_codes.save_code(session, current_actor(), department, new, now=now(), code_id=code_id)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_error(REFUSED_FIELDS.get(refusal.field or "", refusal.field), refusal.message)
        return _page(department_id, form, refusal.status)
    flash(sentence(msg("%(code)s is in the legend.", code=new.code.upper())), "ok")
    return _back(department_id)


@blueprint.post("/removal")
@needs(Permission.EDIT_ROSTER)
def remove(department_id: uuid.UUID) -> ResponseReturnValue:
    """Take a code out of the legend."""
    try:
        with transaction() as session:
            _department(session, department_id)
            row = access.get_row(session, current_actor(), DutyCodeRow, _uuid("code_id"), to="change")
            duty_codes.remove_code(session, current_actor(), row, now=now())
    except Refusal as refusal:
        return _refused(department_id, refusal)
    return _back(department_id)


@blueprint.post("/people")
@needs(Permission.EDIT_ROSTER)
def set_people(department_id: uuid.UUID) -> ResponseReturnValue:
    """Name who may hold a line; nobody named means everybody of the department."""
    try:
        with transaction() as session:
            _department(session, department_id)
            people = [_as_uuid(text) for text in request.form.getlist("person_id")]
            line = access.get_line(session, current_actor(), _uuid("line_id"), to="change")
            duty_codes.set_qualified(session, current_actor(), line, people, now=now())
    except Refusal as refusal:
        return _refused(department_id, refusal)
    flash(sentence(msg("Saved.")), "ok")
    return _back(department_id, "people")


@blueprint.post("/settings")
@needs(Permission.EDIT_ROSTER)
def change_settings(department_id: uuid.UUID) -> ResponseReturnValue:
    """Say whether swaps wait for the secretary."""
    needed = request.form.get("swaps_need_approval") == "yes"
    with transaction() as session:
        department = _department(session, department_id)
        department_settings.set_approval(session, current_actor(), department, needed, now=now())
    flash(sentence(msg("Saved.")), "ok")
    return _back(department_id, "settings")


def _refused(department_id: uuid.UUID, refusal: Refusal) -> ResponseReturnValue:
    if refusal.status not in ANSWERABLE:
        raise refusal
    flash(sentence(refusal.message), "now")
    return _page(department_id, None, refusal.status)


def _uuid(name: str) -> uuid.UUID:
    return _as_uuid(request.form.get(name, ""))


def _as_uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Refusal(msg("Choose one from the page.")) from error
