"""Regional conferences, run by one person on one page: time, guests, replies, reminders, attendance."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import DateField, IntegerField, SelectField, StringField, TimeField
from wtforms.validators import Optional

from confsched.clock import to_local
from confsched.domain.kinds import AttendanceMode
from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Refusal, msg
from confsched.formats.tables import harmless, write_table
from confsched.models.conferences import Conference
from confsched.services import attendance, directory, guest_invitations
from confsched.services import regional as service
from confsched.web.context import current_actor, now, read_session, reader_language, transaction
from confsched.web.fairness import DELIMITERS
from confsched.web.forms import BaseForm
from confsched.web.guest_words import MODE_WORDS
from confsched.web.ids import find_id
from confsched.web.instants import own_instant
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.regional_page import Forms, InviteForm, back, named, refused
from confsched.web.regional_page import show as show_page

blueprint = Blueprint("regional", __name__, url_prefix="/regional")

MAX_PAGE = 10_000
FILE_NAME = "attendance.csv"


class NewForm(BaseForm):
    title = StringField(msg("Title"), description=msg("Stands in calendars. No data of patients."))
    day = DateField(msg("Day"), validators=[Optional()])
    at = TimeField(msg("Start"), validators=[Optional()])
    duration_minutes = IntegerField(msg("Minutes"), default=120, validators=[Optional()])
    resource_id = SelectField(msg("Room"), validate_choice=False)
    join_link = StringField(msg("Join link"), description=msg("Begins with https://; may stay empty."))


@blueprint.get("/")
@needs(Permission.RUN_CONFERENCES)
def index() -> ResponseReturnValue:
    """List the regional conferences of the house, the latest first."""
    page = max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))
    listing = service.list_conferences(read_session(), current_actor(), page=page)
    unanswered = {row.id: len(service.list_unanswered(row)) for row in listing.items}
    return render_template("regional/index.html", listing=listing, unanswered=unanswered)


@blueprint.get("/new")
@needs(Permission.RUN_CONFERENCES)
def new() -> ResponseReturnValue:
    """Ask what the conference is and when."""
    return _new_page(NewForm(formdata=None), 200)


def _new_page(form: NewForm, status: int) -> ResponseReturnValue:
    rooms = directory.list_rooms(read_session(), current_actor())
    form.resource_id.choices = [("", sentence(msg("none"))), *((str(room.id), room.name) for room in rooms)]
    return render_template("regional/new.html", form=form), status


@blueprint.post("/")
@needs(Permission.RUN_CONFERENCES)
def create() -> ResponseReturnValue:
    """Fix the conference to a time; sent twice, it leads to the same one."""
    form = NewForm()
    try:
        draft = service.Draft(
            title=form.title.data or "",
            starts_at=_start(form),
            duration_minutes=form.duration_minutes.data or 0,
            join_link=form.join_link.data or "",
            resource_id=find_id(form.resource_id.data),
        )
        with transaction() as session:
            made = service.create(session, current_actor(), draft, now=now(), key=form.form_key.data)
            target = url_for("regional.show", regional_id=made.id)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _new_page(form, refusal.status)
    return redirect(target, 303)


def _start(form: NewForm) -> datetime | None:
    if form.day.data is None or form.at.data is None:
        return None
    return own_instant(form.day.data, form.at.data)


@blueprint.get("/<uuid:regional_id>")
@needs(Permission.RUN_CONFERENCES)
def show(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Show everything about one regional conference."""
    return show_page(regional_id, Forms())


@blueprint.post("/<uuid:regional_id>/invitations")
@needs(Permission.RUN_CONFERENCES)
def invite(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Invite the guests that are ticked; who is invited already gets nothing more."""
    form = InviteForm()
    ids = [find_id(text) for text in form.guest_ids.data or []]
    try:
        with transaction() as session:
            conference = service.get_for_change(session, current_actor(), regional_id)
            wanted = [guest_id for guest_id in ids if guest_id is not None]
            if not wanted:
                raise Refusal(msg("Tick somebody to invite."), field="guest_ids")
            joined = guest_invitations.invite(session, current_actor(), conference, wanted, now=now())
            count = len(joined)
    except Refusal as refusal:
        return refused(regional_id, Forms(invite=form), form, refusal)
    flash(sentence(msg("%(count)s guests invited by mail.", count=count)), "ok")
    return back(regional_id, "people")


@blueprint.post("/<uuid:regional_id>/removals")
@needs(Permission.RUN_CONFERENCES)
def take_out(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Take somebody out of the conference and tell them."""
    form = InviteForm(formdata=None)
    try:
        with transaction() as session:
            conference = service.get_for_change(session, current_actor(), regional_id)
            part_id = named("participation_id")
            guest_invitations.take_out(session, current_actor(), conference, part_id, now=now())
    except Refusal as refusal:
        return refused(regional_id, Forms(invite=form), form, refusal)
    flash(sentence(msg("Taken out, and told by mail.")), "ok")
    return back(regional_id, "people")


@blueprint.post("/<uuid:regional_id>/reminders")
@needs(Permission.RUN_CONFERENCES)
def remind(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Ask everybody once more who has not answered, each at most once a day."""
    try:
        with transaction() as session:
            conference = service.get_for_change(session, current_actor(), regional_id)
            count = len(service.remind(session, current_actor(), conference, now=now()))
    except Conflict as conflict:
        flash(sentence(conflict.message), "warn")
        return back(regional_id, "people")
    flash(sentence(msg("%(count)s people asked once more by mail.", count=count)), "ok")
    return back(regional_id, "people")


@blueprint.post("/<uuid:regional_id>/attendance")
@needs(Permission.RUN_CONFERENCES)
def attend(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Say that somebody is there, on site or remote, that they have left, or that they never came."""
    form, action = InviteForm(formdata=None), request.form.get("action", "")
    try:
        with transaction() as session:
            conference = service.get_for_change(session, current_actor(), regional_id)
            _attend(session, conference, named("person_id"), action)
    except Refusal as refusal:
        return refused(regional_id, Forms(invite=form), form, refusal)
    return back(regional_id, "attendance")


def _attend(session: Session, conference: Conference, person_id: uuid.UUID, action: str) -> None:
    actor, at = current_actor(), now()
    if action in set(AttendanceMode):
        mode = AttendanceMode(action)
        attendance.record(session, actor, conference, person_id, mode=mode, now=at)
        return
    if action == "left":
        attendance.leave(session, actor, conference, person_id, now=at)
        return
    if action != "struck":
        raise Refusal(msg("Press one of the buttons of this page."))
    attendance.strike(session, actor, conference, person_id, now=at)


@blueprint.get("/<uuid:regional_id>/attendance.csv")
@needs(Permission.RUN_CONFERENCES)
def download(regional_id: uuid.UUID) -> ResponseReturnValue:
    """Give the attendance as a table for a spreadsheet."""
    session = read_session()
    conference = service.get(session, current_actor(), regional_id)
    table = write_table(_rows(session, conference), DELIMITERS[reader_language()])
    headers = {"Content-Disposition": f'attachment; filename="{FILE_NAME}"'}
    return Response(table, headers=headers, content_type="text/csv; charset=utf-8")


def _rows(session: Session, conference: Conference) -> Iterator[list[str]]:
    columns = (msg("Name"), msg("Institution"), msg("Role"), msg("Came"), msg("Left"), msg("How"))
    yield [sentence(column) for column in columns]
    for row in attendance.list_attendance(session, conference):
        left = _written(row.left_at, conference) if row.left_at else ""
        words = (row.person.name, row.institution, row.serves)
        mode = sentence(MODE_WORDS[row.mode])
        yield [*(harmless(one) for one in words), _written(row.came_at, conference), left, mode]


def _written(instant: datetime, conference: Conference) -> str:
    """Write an instant where the conference is at home, as spreadsheets of every language read it."""
    return f"{to_local(instant, conference.site.zone):%Y-%m-%d %H:%M}"
