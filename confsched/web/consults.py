"""Consults: the question, the list of what was asked, and one consult from request to report."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional

from confsched.domain.consults import OPEN_STATES, Part, may_say_outcome, next_step
from confsched.domain.kinds import ConsultState
from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.services import access, consult_reports, consults, triage, waiting_line, waitlist
from confsched.services.consults import Show
from confsched.web.consult_words import told
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("consults", __name__, url_prefix="/consults")

FILTERS = (
    (Show.CURRENT, msg("All current")),
    (Show.TRIAGE, msg("Waiting for triage")),
    (Show.OPEN, msg("Open")),
    (Show.BOOKED, msg("Booked")),
    (Show.ENDED, msg("Ended")),
)


class QuestionForm(BaseForm):
    requester_id = SelectField(
        msg("For whom"),
        validate_choice=False,
        description=msg("They get the invitation; you both get the news."),
    )
    service_id = SelectField(
        msg("Service"),
        validate_choice=False,
        description=msg("Where requests are triaged first, you choose a time once yours is accepted."),
    )
    case_ref = StringField(
        msg("Case reference"),
        description=msg("Your own code for the case, such as FK-7Q2M. No name, no date of birth."),
    )
    question = TextAreaField(
        msg("Your question"), description=msg("Stays in confsched; no mail and no calendar shows it.")
    )
    reply_by_on = DateField(msg("Reply needed by"), validators=[Optional()])


class ReportForm(BaseForm):
    report = TextAreaField(
        msg("Report"),
        description=msg(
            "Stays in confsched: the mail says only that it is there. No name, no date of birth."
        ),
    )


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """List what the reader asks, answers or triages, by how far it has come."""
    wanted = request.args.get("show", "")
    show = Show(wanted) if wanted in set(Show) else Show.CURRENT
    listing = consults.list_consults(read_session(), current_actor(), show, page=_page())
    return render_template("consults/index.html", listing=listing, filters=FILTERS, shown=show)


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
    """Record the question; go on to the times, or to the page that says who decides first."""
    form = QuestionForm()
    actor = current_actor()
    try:
        with transaction() as session:
            consult = consults.request(session, actor, _question(form), now=now(), key=form.form_key.data)
            waits = consult.state is ConsultState.REQUESTED
            target = url_for("consults.show" if waits else "consult_times.times", consult_id=consult.id)
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _question_page(form, refusal.status)
    return redirect(target, 303)


def _question(form: QuestionForm) -> consults.Question:
    return consults.Question(
        find_id(form.service_id.data),
        form.case_ref.data or "",
        form.question.data or "",
        form.reply_by_on.data,
        find_id(form.requester_id.data),
    )


def _question_page(form: QuestionForm, status: int) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    services = consults.list_services(session, actor, now=now())
    form.service_id.choices = [(str(service.id), _service_words(service)) for service in services]
    if actor.may(Permission.BOOK_FOR_OTHERS):
        clinicians = consults.list_clinicians(session, actor, now=now())
        form.requester_id.choices = [("", "–"), *((str(one.id), one.name) for one in clinicians)]
    else:
        del form.requester_id
    return render_template("consults/new.html", form=form, services=services), status


def _service_words(service: Service) -> str:
    words = f"{service.name}, {service.site.short_name} ({service.duration_minutes} min)"
    return sentence(msg("%(service)s – is triaged first", service=words)) if service.needs_triage else words


@blueprint.get("/<uuid:consult_id>")
@needs(Permission.SEE_MEETINGS)
def show(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Show one consult: what comes next, the question, and each step so far."""
    return show_page(consult_id, ReportForm(formdata=None), 200)


def show_page(consult_id: uuid.UUID, form: ReportForm, status: int) -> ResponseReturnValue:
    """Return the page of a consult with the form for its report."""
    session, actor, moment = read_session(), current_actor(), now()
    consult = access.get_consult(session, actor, consult_id)
    part = Part(
        asks=(asks := consults.asks(actor, consult)),
        chooses=asks and actor.may(Permission.REQUEST_CONSULT),
        answers=consults.answers(actor, consult),
        triages=triage.find_case(session, actor, consult.id) is not None,
        reads_report=consult_reports.may_read_report(actor, consult),
    )
    is_held = consult.hold is not None and consult.hold.expires_at > moment
    is_met = consult.booking is not None and consult.booking.ends_at <= moment
    place = waitlist.find_place(session, consult) if part.chooses else None
    page = render_template(
        "consults/show.html",
        consult=consult,
        part=part,
        place=place,
        offer=waitlist.find_standing(session, consult, place, moment),
        may_wait=part.chooses and waiting_line.may_wait(consult, moment),
        has_seat=part.asks and waiting_line.has_seat(consult),
        step=next_step(consult.state, part, is_held=is_held, is_met=is_met),
        may_withdraw=part.asks and consult.state in OPEN_STATES,
        told=told(consult.steps),
        may_correct=is_met and (part.asks or part.answers) and _may_correct(consult),
        form=form,
    )
    return page, status


def _may_correct(consult: Consult) -> bool:
    is_said = consult.state in (ConsultState.TOOK_PLACE, ConsultState.NO_SHOW)
    return is_said and may_say_outcome(step.state for step in consult.steps)


@blueprint.post("/<uuid:consult_id>/withdrawal")
@needs(Permission.REQUEST_CONSULT)
def withdraw(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Take the question back."""
    with transaction() as session:
        consult = access.get_consult(session, current_actor(), consult_id, to="change")
        consults.withdraw(session, current_actor(), consult, now=now())
    return redirect(url_for("consults.index"), 303)
