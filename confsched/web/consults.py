"""Book a consult: the question, and what was asked."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from confsched.clock import local_day
from confsched.domain.kinds import BookingKind
from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.models.catalogue import Service
from confsched.services import access, bookings, consults
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.policies import needs

blueprint = Blueprint("consults", __name__, url_prefix="/consults")


class QuestionForm(BaseForm):
    service_id = SelectField(msg("Service"), validate_choice=False)
    case_ref = StringField(
        msg("Case reference"),
        description=msg("Your own code for the case, such as FK-7Q2M. No name, no date of birth."),
    )
    question = TextAreaField(
        msg("Your question"), description=msg("Stays in confsched; no mail and no calendar shows it.")
    )
    reply_by_on = DateField(msg("Reply needed by"), validators=[Optional()])


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """Show what is asked and not yet booked, and the consults to come."""
    session, actor = read_session(), current_actor()
    listing = bookings.list_bookings(
        session, actor, since=local_day(now(), actor.zone), kind=BookingKind.TELECONSULT, page=_page()
    )
    return render_template(
        "consults/index.html", requests=consults.list_open(session, actor), listing=listing
    )


def _page() -> int:
    return max(1, min(10_000, request.args.get("page", 1, type=int)))


@blueprint.get("/new")
@needs(Permission.REQUEST_CONSULT)
def new() -> ResponseReturnValue:
    """Ask for the question: service, opaque reference, question, deadline."""
    return _question_page(QuestionForm(formdata=None), 200)


@blueprint.post("/")
@needs(Permission.REQUEST_CONSULT)
def create() -> ResponseReturnValue:
    """Record the question and go on to the times."""
    form = QuestionForm()
    actor = current_actor()
    try:
        with transaction() as session:
            consult = consults.request(session, actor, _question(form), now=now(), key=form.form_key.data)
            target = url_for("consult_times.times", consult_id=consult.id)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _question_page(form, refusal.status)
    return redirect(target, 303)


def _question(form: QuestionForm) -> consults.Question:
    try:
        service_id = uuid.UUID(form.service_id.data or "")
    except ValueError as error:
        raise Refusal(msg("Choose a service."), field="service_id") from error
    return consults.Question(
        service_id, form.case_ref.data or "", form.question.data or "", form.reply_by_on.data
    )


def _question_page(form: QuestionForm, status: int) -> ResponseReturnValue:
    services = consults.list_services(read_session(), current_actor(), now=now())
    form.service_id.choices = [(str(service.id), _service_words(service)) for service in services]
    return render_template("consults/new.html", form=form, services=services), status


def _service_words(service: Service) -> str:
    return f"{service.name}, {service.site.short_name} ({service.duration_minutes} min)"


@blueprint.post("/<uuid:consult_id>/withdrawal")
@needs(Permission.REQUEST_CONSULT)
def withdraw(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Take the question back."""
    with transaction() as session:
        consult = access.get_consult(session, current_actor(), consult_id, to="change")
        consults.withdraw(session, current_actor(), consult, now=now())
    return redirect(url_for("consults.index"), 303)
