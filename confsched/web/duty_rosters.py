"""The months of the departments: tables of names by days, to be typed into, published and looked back at."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from functools import partial

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from confsched.domain.permissions import Permission
from confsched.domain.roster_rules import Rule
from confsched.errors import Message, Refusal, msg
from confsched.models.duty_rosters import DutyRoster
from confsched.models.network import Department
from confsched.services import access, duty_rosters, roster_overview
from confsched.services.duty_rosters import (
    CellEdit,
    EditResult,
    Publication,
)
from confsched.services.roster_cells import find_roster, open_roster
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.roster_cells import (
    answer_of,
    conflict_words,
    edits_of_form,
    edits_of_script,
    parse_day,
    read_json,
    refused,
    seen_by_script,
)
from confsched.web.roster_months import (
    month_name,
    parse_month,
)
from confsched.web.roster_pages import day_page, load, month_page, tools
from confsched.web.roster_pictures import picture_of
from confsched.web.roster_publishing import PublishForm, ask_page, must_ask

NAMED_MEETINGS = 5  # the way to each stands in the cookie of the next page, which has its limit

blueprint = Blueprint("duty_rosters", __name__, url_prefix="/rosters")


@blueprint.get("/")
@needs(Permission.SEE_ROSTERS)
def index() -> ResponseReturnValue:
    """Show the departments of the house with this month and the next."""
    departments = roster_overview.list_departments(read_session(), current_actor(), now=now())
    return render_template("duty_rosters/index.html", departments=departments, month_name=month_name)


@blueprint.get("/<uuid:department_id>/<month>")
@needs(Permission.SEE_ROSTERS)
def show(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Show a month: the table, with ?day= the form of one day, with ?known= what was published then."""
    first = parse_month(month)
    if "day" in request.args:
        return day_page(department_id, first, parse_day(request.args["day"], first))
    return month_page(department_id, first)


@blueprint.post("/<uuid:department_id>/<month>/cells")
@needs(Permission.EDIT_ROSTER)
def edit(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Take cells: of a script as JSON, answered by what is new to it; of a form, answered by the month."""
    first = parse_month(month)
    access.get_department(read_session(), current_actor(), department_id)
    if not request.is_json:
        return _edit_day(department_id, first)
    sent = read_json()
    try:
        result = _save(department_id, first, edits_of_script(sent))
    except Refusal as refusal:
        return _refusal_answer(refusal)
    return _fresh_answer(department_id, first, result, sent)


def _save(department_id: uuid.UUID, month: date, edits: list[CellEdit]) -> EditResult:
    with transaction() as session:
        department = access.get_department(session, current_actor(), department_id, to="change")
        return duty_rosters.edit_cells(session, current_actor(), department, month, edits, now=now())


def _edit_day(department_id: uuid.UUID, month: date) -> ResponseReturnValue:
    day = parse_day(request.form.get("day"), month)
    result = _save(department_id, month, edits_of_form(request.form, month))
    if result.conflicts or refused(result):
        return day_page(department_id, month, day, result, 409 if result.conflicts else 422)
    flash(sentence(msg("Saved in the draft: %(count)s.", count=len(result.saved))), "ok")
    return _to_month(department_id, month)


def _refusal_answer(refusal: Refusal) -> ResponseReturnValue:
    return jsonify(sentence=sentence(refusal.message)), refusal.status


def _fresh_answer(
    department_id: uuid.UUID, month: date, result: EditResult, sent: object, done: Message | None = None
) -> ResponseReturnValue:
    view = load(department_id, month)
    news = picture_of(view, tools(view)).news_for(seen_by_script(sent))
    return jsonify(**news, **answer_of(result, view.zone, done))


def _to_month(department_id: uuid.UUID, month: date, anchor: str | None = None) -> ResponseReturnValue:
    return redirect(
        url_for("duty_rosters.show", department_id=department_id, month=f"{month:%Y-%m}", _anchor=anchor),
        303,
    )


@blueprint.post("/<uuid:department_id>/<month>/undo")
@needs(Permission.EDIT_ROSTER)
def undo(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Take back one's own last step."""
    return _step(department_id, parse_month(month), is_undo=True)


@blueprint.post("/<uuid:department_id>/<month>/redo")
@needs(Permission.EDIT_ROSTER)
def redo(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Do again what was undone last."""
    return _step(department_id, parse_month(month), is_undo=False)


def _step(department_id: uuid.UUID, month: date, *, is_undo: bool) -> ResponseReturnValue:
    try:
        with transaction() as session:
            roster = _roster(session, department_id, month)
            replay = duty_rosters.undo if is_undo else duty_rosters.redo
            result = replay(session, current_actor(), roster, now=now())
    except Refusal as refusal:
        return _refused(department_id, month, refusal)
    done = msg("Undone.") if is_undo else msg("Done again.")
    if request.is_json:
        return _fresh_answer(department_id, month, result, read_json(), done)
    zone = load(department_id, month).zone
    flash(" ".join([sentence(done), *(conflict_words(one, zone) for one in result.conflicts)]), "ok")
    return _to_month(department_id, month)


def _refused(department_id: uuid.UUID, month: date, refusal: Refusal) -> ResponseReturnValue:
    """Answer in the month itself what can be said there; foreign months stay not found."""
    if request.is_json:
        return _refusal_answer(refusal)
    if refusal.status not in ANSWERABLE:
        raise refusal
    return month_page(department_id, month, refusal.message, refusal.status)


def _roster(session: Session, department_id: uuid.UUID, month: date) -> DutyRoster:
    """Return the month to be changed; refuses one that nobody has worked on."""
    department: Department = access.get_department(session, current_actor(), department_id, to="change")
    roster = find_roster(session, department, month)
    if roster is None:
        raise Refusal(msg("Nothing has been entered in this month yet."))
    return access.get_roster(session, current_actor(), roster.id, to="change")


@blueprint.post("/<uuid:department_id>/<month>/publication")
@needs(Permission.EDIT_ROSTER)
def publish(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Publish the draft, after one question where it has gaps or unanswered warnings.

    A second press finds nothing left to publish.
    """
    first, form = parse_month(month), PublishForm()
    view = load(department_id, first)
    if must_ask(view, form):
        return ask_page(view, form)
    left, reason = view.unanswered, form.reason.data or ""
    try:
        step = partial(duty_rosters.publish, unanswered=left, reason=reason)
        return _published(department_id, first, step)
    except Refusal as refusal:
        if refusal.field == "reason":
            form.add_refusal(refusal)
            return ask_page(view, form, refusal.status)
        return _refused(department_id, first, refusal)


def _published(
    department_id: uuid.UUID, month: date, step: Callable[..., Publication]
) -> ResponseReturnValue:
    """Do what makes an edition, and say in the month what came of it."""
    with transaction() as session:
        roster = _roster(session, department_id, month)
        done = step(session, current_actor(), roster, seen_edition=_number("seen_edition"), now=now())
    _say_published(done)
    return _to_month(department_id, month)


@blueprint.post("/<uuid:department_id>/<month>/restoration")
@needs(Permission.EDIT_ROSTER)
def restore(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Bring a former edition back, as a new one."""
    first = parse_month(month)
    try:
        return _published(department_id, first, partial(duty_rosters.restore, number=_number("number")))
    except Refusal as refusal:
        return _refused(department_id, first, refusal)


def _number(name: str) -> int:
    text = request.form.get(name, "")
    if not (text.isascii() and text.isdecimal()) or len(text) > 6:
        raise Refusal(msg("Open the month again: this page is from before the last publication."))
    return int(text)


def _say_published(done: Publication) -> None:
    if not done.changes:
        flash(sentence(msg("Nothing differs from what is published.")), "ok")
        return
    values = {"number": done.edition, "count": len(done.changes)}
    flash(sentence(msg("Edition %(number)s is published. Changes: %(count)s.", **values)), "ok")
    broken = [meeting for meeting in done.meetings if not meeting.is_bound]
    if broken:
        said = render_template("duty_rosters/_broken.html", meetings=broken, most=NAMED_MEETINGS)
        flash(Markup(said.strip()), "warn")


@blueprint.post("/<uuid:department_id>/<month>/reasons")
@needs(Permission.EDIT_ROSTER)
def give_reason(department_id: uuid.UUID, month: str) -> ResponseReturnValue:
    """Note why a warning is accepted."""
    first = parse_month(month)
    try:
        with transaction() as session:
            department = access.get_department(session, current_actor(), department_id, to="change")
            roster = open_roster(session, department, first, now=now())
            cell = _uuid_of("person_id"), parse_day(request.form.get("day"), first)
            reason = request.form.get("reason", "")
            duty_rosters.give_reason(session, current_actor(), roster, *cell, _rule(), reason, now=now())
    except Refusal as refusal:
        return _refused(department_id, first, refusal)
    return _to_month(department_id, first, "warnings")


def _rule() -> Rule:
    try:
        return Rule(request.form.get("rule", ""))
    except ValueError as error:
        raise Refusal(msg("This warning does not exist any more.")) from error


def _uuid_of(name: str) -> uuid.UUID:
    try:
        return uuid.UUID(request.form.get(name, ""))
    except ValueError as error:
        raise Refusal(msg("This warning does not exist any more.")) from error
