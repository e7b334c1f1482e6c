"""The details of a conference, as its desk changes them."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import Optional

from confsched.domain.kinds import LateRule, StandardCare
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import access, conference_desk, conference_details, directory
from confsched.services.conference_details import NEEDS, Details, Needed
from confsched.services.findings import problems_of
from confsched.web import conference_words as words
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence
from confsched.web.policies import needs

HOUR = 60
SPARE_ROWS = 2  # for disciplines that are added
MAX_ROWS = 30

blueprint = Blueprint("conference_details", __name__, url_prefix="/conferences")


class DetailsForm(BaseForm):
    """Ask what the desk settles; the rows of required disciplines are read beside it."""

    chair_id = SelectField(msg("Chair"), validate_choice=False)
    deputy_id = SelectField(msg("Deputy"), validate_choice=False)
    capacity_minutes = IntegerField(
        msg("Minutes for cases"), [Optional()], description=msg("Empty: all of the conference.")
    )
    cutoff_hours = IntegerField(
        msg("Registration closes, hours before the start"), [Optional()], id="cutoff_minutes"
    )
    late_rule = SelectField(msg("A case that comes later"), validate_choice=False)
    standard_care = SelectField(msg("A case that standard of care decides"), validate_choice=False)
    retime_minutes = IntegerField(
        msg("Tell people a new time when it moves by more than … minutes"), [Optional()]
    )
    resource_id = SelectField(msg("Room"), validate_choice=False)
    join_link = StringField(
        msg("Join link"), description=msg("Address of the video room, starting with https://.")
    )
    seen = HiddenField()
    rows: tuple[Needed, ...] = ()
    row_errors: tuple[tuple[int, Message], ...] = ()


@blueprint.get("/<uuid:conference_id>/details")
@needs(Permission.SEE_MEETINGS)
def edit(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show the details to the desk of a conference; nobody else finds the page."""
    conference = _of_desk(conference_id)
    return _page(conference, _form_of(conference), 200)


def _of_desk(conference_id: uuid.UUID) -> Conference:
    return conference_desk.get_of_desk(read_session(), current_actor(), conference_id)


def _form_of(conference: Conference) -> DetailsForm:
    form = DetailsForm(formdata=None, obj=conference)
    booking = conference.booking
    form.cutoff_hours.data = conference.cutoff_minutes // HOUR
    form.seen.data = str(conference.revision)
    form.join_link.data = booking.join_link if booking else conference.join_link
    for field in (form.chair_id, form.deputy_id):
        field.data = str(field.data or "")
    form.resource_id.data = str((booking.resource_id if booking else conference.resource_id) or "")
    form.rows = tuple(conference_details.list_needs(conference))
    return form


def _page(conference: Conference, form: DetailsForm, status: int) -> ResponseReturnValue:
    session = read_session()
    people = [(str(one.id), one.name) for one in conference_details.list_leaders(conference)]
    form.chair_id.choices = [("", sentence(msg("the organiser"))), *people]
    form.deputy_id.choices = [("", "–"), *people]
    form.late_rule.choices = [(key.value, sentence(text)) for key, text in words.LATE_RULES.items()]
    form.standard_care.choices = [(key.value, sentence(text)) for key, text in words.STANDARD_CARES.items()]
    rooms = {room.id: room.name for room in directory.list_rooms(session, current_actor())}
    if conference.booking and conference.booking.resource:
        rooms[conference.booking.resource.id] = conference.booking.resource.name
    form.resource_id.choices = [
        ("", sentence(msg("no room, video only"))),
        *((str(key), name) for key, name in rooms.items()),
    ]
    page = render_template(
        "conference_desk/edit.html",
        conference=conference,
        form=form,
        rows=(*form.rows, *[Needed("", 1)] * SPARE_ROWS),
        row_errors=dict(form.row_errors),
        disciplines=directory.list_disciplines(session),
    )
    return page, status


@blueprint.post("/<uuid:conference_id>/details")
@needs(Permission.SEE_MEETINGS)
def change(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Save the details."""
    form = DetailsForm()
    form.rows = _typed_rows()
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            details = _details_of(form, conference)
            conference_details.change(session, current_actor(), conference, details, now=now())
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _refused(conference_id, form, refusal)
    flash(sentence(msg("Saved.")))
    return redirect(url_for("conference_desk.show", conference_id=conference_id), 303)


def _refused(conference_id: uuid.UUID, form: DetailsForm, refusal: Refusal) -> ResponseReturnValue:
    conference = _of_desk(conference_id)
    for problem in problems_of(refusal):
        if problem.field.startswith(f"{NEEDS}-"):
            place = int(problem.field.removeprefix(f"{NEEDS}-"))
            form.row_errors = (*form.row_errors, (place, problem.message))
            form.add_error(None, problem.message)
        else:
            form.add_error(
                "cutoff_hours" if problem.field == "cutoff_minutes" else problem.field, problem.message
            )
    if refusal.status == 409:
        form.seen.data = str(conference.revision)  # pressed again, what was typed counts
    return _page(conference, form, refusal.status)


def _typed_rows() -> tuple[Needed, ...]:
    """Return the rows that name a discipline, in their order."""
    rows = (_typed_row(number) for number in range(MAX_ROWS))
    return tuple(row for row in rows if row.discipline)


def _typed_row(number: int) -> Needed:
    typed = request.form
    return Needed(
        discipline=typed.get(f"discipline_{number}", ""),
        count=typed.get(f"count_{number}", 1, type=int),
        specialists_only=f"specialists_{number}" in typed,
        may_double=f"double_{number}" in typed,
        is_optional=f"optional_{number}" in typed,
        id=find_id(typed.get(f"id_{number}")),
    )


def _details_of(form: DetailsForm, conference: Conference) -> Details:
    hours, cutoff = form.cutoff_hours.data, conference.cutoff_minutes
    if hours is None:
        raise Refusal(msg("Give a number of hours, 0 for up to the start."), field="cutoff_hours")
    late, care, seen = form.late_rule.data, form.standard_care.data, form.seen.data or ""
    if late not in set(LateRule) or care not in set(StandardCare):
        raise Refusal(msg("Choose one from the list."), field="late_rule")
    return Details(
        chair_id=find_id(form.chair_id.data),
        deputy_id=find_id(form.deputy_id.data),
        capacity_minutes=form.capacity_minutes.data,
        # A cut-off of a series may lie between two hours; left as shown, it stays.
        cutoff_minutes=cutoff if hours == cutoff // HOUR else hours * HOUR,
        late_rule=LateRule(late),
        standard_care=StandardCare(care),
        retime_minutes=form.retime_minutes.data or 0,
        join_link=form.join_link.data or "",
        resource_id=find_id(form.resource_id.data),
        needs=form.rows,
        seen=int(seen[:9]) if seen.isascii() and seen.isdigit() else 0,
    )
