"""After the meeting of a consult: how it was, the report, and its end."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.kinds import ConsultState, NoShowSide
from confsched.domain.permissions import Permission
from confsched.errors import Refusal, msg
from confsched.services import access, consult_reports, consults
from confsched.web.consults import ReportForm, show_page
from confsched.web.context import current_actor, now, transaction
from confsched.web.policies import needs

blueprint = Blueprint("consult_reports", __name__, url_prefix="/consults")
HELD = "took_place"


@blueprint.post("/<uuid:consult_id>/outcome")
@needs(Permission.SEE_MEETINGS)
def say_outcome(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Record that the meeting took place, or which side did not come."""
    try:
        with transaction() as session:
            consult = access.get_consult_met(session, current_actor(), consult_id)
            no_show = _no_show(request.form.get("outcome", ""))
            consult_reports.say_outcome(session, current_actor(), consult, no_show, now=now())
    except Refusal as refusal:
        return _refused(consult_id, ReportForm(formdata=None), refusal)
    return _to_consult(consult_id)


def _no_show(text: str) -> NoShowSide | None:
    if text == HELD:
        return None
    if text not in set(NoShowSide):
        raise Refusal(msg("Choose whether it took place."))
    return NoShowSide(text)


@blueprint.post("/<uuid:consult_id>/report")
@needs(Permission.SEE_MEETINGS)
def write(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Hand the report over; who asked gets a mail that it is there."""
    form = ReportForm()
    try:
        with transaction() as session:
            consult = access.get_consult_met(session, current_actor(), consult_id)
            text = form.report.data or ""
            consult_reports.write_report(session, current_actor(), consult, text, now=now())
    except Refusal as refusal:
        return _refused(consult_id, form, refusal)
    return _to_consult(consult_id)


@blueprint.post("/<uuid:consult_id>/reading")
@needs(Permission.SEE_MEETINGS)
def read(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Show the report and keep on record who read it; a page that only shows would keep nothing."""
    with transaction() as session:
        consult = access.get_consult_met(session, current_actor(), consult_id)
        text = consult_reports.read_report(session, current_actor(), consult, now=now())
        closes = consult.state is ConsultState.REPORTED and consults.asks(current_actor(), consult)
        return render_template("consults/report.html", consult=consult, report=text, closes=closes)


@blueprint.post("/<uuid:consult_id>/closure")
@needs(Permission.SEE_MEETINGS)
def close(consult_id: uuid.UUID) -> ResponseReturnValue:
    """End the consult."""
    with transaction() as session:
        consult = access.get_consult_met(session, current_actor(), consult_id)
        consult_reports.close(session, current_actor(), consult, now=now())
    return _to_consult(consult_id)


def _to_consult(consult_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("consults.show", consult_id=consult_id), 303)


def _refused(consult_id: uuid.UUID, form: ReportForm, refusal: Refusal) -> ResponseReturnValue:
    if refusal.status not in (409, 422):
        raise refusal
    form.add_refusal(refusal)
    return show_page(consult_id, form, refusal.status)
