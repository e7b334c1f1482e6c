"""Rotations: people who take turns on a line, lines of several hubs that take turns on a service."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.clock import local_day
from confsched.domain.permissions import Permission
from confsched.domain.roster_month import month_of, next_month
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.network import Department
from confsched.models.rotations import DutyRotation
from confsched.services import access, rotation_choices, rotation_drafts, rotation_views, rotations
from confsched.services.duty_codes import legend_of
from confsched.services.roster_cells import list_lines
from confsched.services.rotation_drafts import DraftFilling
from confsched.services.rotations import department_of
from confsched.web.context import current_actor, now, read_session, reader_zone, transaction
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.reach_form import read_reach
from confsched.web.roster_months import month_name, parse_month
from confsched.web.rotation_forms import (
    RotationForm,
    code_choices,
    empty_form,
    form_of,
    member_choices,
    new_rotation_of,
    sent_form,
)

blueprint = Blueprint("rotations", __name__)

MONTHS = 13


@blueprint.get("/rosters/<uuid:department_id>/rotations")
@needs(Permission.SEE_ROSTERS)
def index(department_id: uuid.UUID) -> ResponseReturnValue:
    """Show who takes turns in a department, and the form for a new rotation."""
    return _index_page(department_id, None)


def _index_page(
    department_id: uuid.UUID, sent: RotationForm | None, status: int = 200
) -> ResponseReturnValue:
    session = read_session()
    department = access.get_department(session, current_actor(), department_id)
    page = render_template(
        "rotations/index.html",
        department=department,
        rotations=rotation_views.list_for_department(session, department, now=now()),
        form=sent or empty_form(local_day(now(), department.site.zone), _codes(department)),
        choices=rotation_choices.list_people(session, department, now=now()),
        may_edit=_may_edit(department.site.organisation_id),
        month=f"{month_of(local_day(now(), department.site.zone)):%Y-%m}",
    )
    return page, status


def _codes(department: Department) -> list[tuple[str, str]]:
    lines = {line.id: line.name for line in list_lines(read_session(), department)}
    return code_choices(legend_of(read_session(), department), lines)


def _may_edit(organisation_id: uuid.UUID) -> bool:
    return organisation_id in current_actor().organisations_with(Permission.EDIT_ROSTER)


@blueprint.post("/rosters/<uuid:department_id>/rotations")
@needs(Permission.EDIT_ROSTER)
def add(department_id: uuid.UUID) -> ResponseReturnValue:
    """Let people take turns; what was typed stays where it is refused."""
    actor, form = current_actor(), sent_form(_codes(_department(department_id)))
    if "more" in request.form:
        return _index_page(department_id, form)
    try:
        new, key = new_rotation_of(form), form.form_key.data
        with transaction() as session:
            department = access.get_department(session, actor, department_id, to="change")
            row = rotations.add_for_people(session, actor, department, new, now=now(), key=key)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _index_page(department_id, form, refusal.status)
    return _to(row.id, msg("Saved."))


def _department(department_id: uuid.UUID) -> Department:
    return access.get_department(read_session(), current_actor(), department_id)


@blueprint.get("/rosters/rotations")
@needs(Permission.SEE_ROSTERS)
def between_hubs() -> ResponseReturnValue:
    """Show which hub has which service when; ?service= asks for a new rotation, ?reach= for a person."""
    return _hubs_page(find_id(request.args.get("service", "")), None)


def _hubs_page(
    service_id: uuid.UUID | None, sent: RotationForm | None, status: int = 200
) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    services = rotation_choices.list_services(session, actor)
    service = next((one for one in services if one.id == service_id), None)
    form = sent or empty_form(local_day(now(), reader_zone()))
    form.service_id.data = str(service.id) if service else ""
    reach = read_reach(session, rotation_choices.list_reachable(session, actor), now())
    page = render_template(
        "rotations/hubs.html",
        rotations=rotation_views.list_between_hubs(session, actor, now=now()),
        services=services,
        service=service,
        form=form,
        choices=rotation_choices.list_hub_lines(session, service) if service else [],
        reach=reach,
    )
    return page, 422 if reach.problems else status


@blueprint.post("/rosters/rotations")
@needs(Permission.EDIT_ROSTER)
def add_between_hubs() -> ResponseReturnValue:
    """Let hubs take turns on a service of the own house."""
    actor, form = current_actor(), sent_form()
    service_id = find_id(form.service_id.data or "")
    if "more" in request.form:
        return _hubs_page(service_id, form)
    try:
        if service_id is None:
            raise Refusal(msg("Choose a service from the list."))
        new, key = new_rotation_of(form), form.form_key.data
        with transaction() as session:
            service = access.get_row(session, actor, Service, service_id, to="change")
            row = rotations.add_between_hubs(session, actor, service, new, now=now(), key=key)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _hubs_page(service_id, form, refusal.status)
    return _to(row.id, msg("Saved."))


def _to(rotation_id: uuid.UUID, said: Message) -> ResponseReturnValue:
    flash(sentence(said), "ok")
    return redirect(url_for("rotations.show", rotation_id=rotation_id), 303)


@blueprint.get("/rotations/<uuid:rotation_id>")
@needs(Permission.SEE_ROSTERS)
def show(rotation_id: uuid.UUID) -> ResponseReturnValue:
    """Show a rotation: whose turn it is, who follows, and for who may the ways to change it."""
    return _page(rotation_id, None)


def _page(
    rotation_id: uuid.UUID,
    sent: RotationForm | None,
    status: int = 200,
    filling: DraftFilling | None = None,
    problem: Refusal | None = None,
) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    row = access.get_row(session, actor, DutyRotation, rotation_id)
    view = rotation_views.show(session, row, now=now())
    department = department_of(session, row) if row.line_id else None
    service = session.get_one(Service, row.service_id) if row.service_id else None
    site = department.site if department else service.site if service else None
    assert site, "a rotation is of a line or of a service"
    order = rotation_views.order_for_change(view, now=now())
    if department:
        choices = rotation_choices.list_people(session, department, now=now())
    else:
        choices = rotation_choices.list_hub_lines(session, service) if service else []
    page = render_template(
        "rotations/show.html",
        view=view,
        department=department,
        form=sent or form_of(row, order, _codes(department) if department else []),
        choices=member_choices(choices, view.members),
        may_edit=_may_edit(site.organisation_id),
        months=_months(local_day(now(), row.zone)),
        month_name=month_name,
        filling=filling,
        filled_month=request.form.get("month", ""),
        problem=problem,
        next_handover=order[0],
    )
    return page, status


def _months(today: date) -> list[date]:
    months = [month_of(today)]
    while len(months) < MONTHS:
        months.append(next_month(months[-1]))
    return months


@blueprint.post("/rotations/<uuid:rotation_id>/changes")
@needs(Permission.EDIT_ROSTER)
def change(rotation_id: uuid.UUID) -> ResponseReturnValue:
    """Let new turns follow from a day on."""
    row = access.get_row(read_session(), current_actor(), DutyRotation, rotation_id)
    form = sent_form(_codes(department_of(read_session(), row)) if row.line_id else [])
    if "more" in request.form:
        return _page(rotation_id, form)
    try:
        new, key = new_rotation_of(form), form.form_key.data
        with transaction() as session:
            row = access.get_row(session, current_actor(), DutyRotation, rotation_id, to="change")
            changed = rotations.change(session, current_actor(), row, new, now=now(), key=key)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(rotation_id, form, refusal.status)
    return _to(changed.id, msg("Saved."))


@blueprint.post("/rotations/<uuid:rotation_id>/end")
@needs(Permission.EDIT_ROSTER)
def end(rotation_id: uuid.UUID) -> ResponseReturnValue:
    """Let the turns end after a day."""
    try:
        with transaction() as session:
            row = access.get_row(session, current_actor(), DutyRotation, rotation_id, to="change")
            rotations.end(session, current_actor(), row, _day(request.form.get("on", "")), now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return _page(rotation_id, None, refusal.status, problem=refusal)
    return _to(rotation_id, msg("It ends then."))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field="on") from error


@blueprint.post("/rotations/<uuid:rotation_id>/fillings")
@needs(Permission.EDIT_ROSTER)
def fill(rotation_id: uuid.UUID) -> ResponseReturnValue:
    """Fill the draft of a month with the turns, and say what was left as it stood; twice fills once."""
    actor = current_actor()
    try:
        with transaction() as session:
            row = access.get_row(session, actor, DutyRotation, rotation_id, to="change")
            filling = rotation_drafts.fill_draft(session, actor, row, _month(), now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return _page(rotation_id, None, refusal.status, problem=refusal)
    return _page(rotation_id, None, filling=filling)


def _month() -> date:
    try:
        return parse_month(request.form.get("month", ""))
    except Refusal as refusal:
        raise Refusal(msg("Choose a month from the list.")) from refusal
