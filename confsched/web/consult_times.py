"""The times of a consult: offered, one of them held with a countdown, booked."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Message, Refusal
from confsched.models.consults import Consult
from confsched.services import access, consult_times
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.instants import parse_instant
from confsched.web.offers import offer_days
from confsched.web.policies import needs

blueprint = Blueprint("consult_times", __name__, url_prefix="/consults")


class StartForm(BaseForm):
    starts_at = HiddenField()


@blueprint.get("/<uuid:consult_id>/times")
@needs(Permission.REQUEST_CONSULT)
def times(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Offer times, best first, with the held one to confirm."""
    return _times_page(consult_id, 200)


def _times_page(consult_id: uuid.UUID, status: int, problem: Message | None = None) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    consult = access.get_consult(session, actor, consult_id)
    if consult.booking_id is not None:
        return redirect(url_for("bookings.show", booking_id=consult.booking_id), 303)
    found = consult_times.offers(session, consult, now=now())
    hold = consult.hold if consult.hold and consult.hold.expires_at > now() else None
    page = render_template(
        "consults/times.html",
        consult=consult,
        hold=hold,
        held_names=_held_names(consult, found) if hold else "",
        days=offer_days(found.offers, found.plan.candidates, actor.zone, hold.starts_at if hold else None),
        found=found,
        problem=problem,
        form=StartForm(formdata=None),
    )
    return page, status


def _held_names(consult: Consult, found: consult_times.Offers) -> str:
    serving = consult.hold.serving if consult.hold else []
    people = [uuid.UUID(one["person_id"]) for one in serving if "person_id" in one]
    return ", ".join(
        found.plan.candidates[person].name
        for person in people
        if person != consult.requester_id and person in found.plan.candidates
    )


@blueprint.post("/<uuid:consult_id>/hold")
@needs(Permission.REQUEST_CONSULT)
def hold(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a time while the requester confirms; where somebody was faster, show the next best ones."""
    try:
        starts_at = parse_instant(StartForm().starts_at.data)
        with transaction() as session:
            consult = access.get_consult(session, current_actor(), consult_id, to="change")
            consult_times.hold(session, current_actor(), consult, starts_at, now=now())
    except Refusal as refusal:
        return _refused(consult_id, refusal)
    return redirect(url_for("consult_times.times", consult_id=consult_id, _anchor="held"), 303)


def _refused(consult_id: uuid.UUID, refusal: Refusal) -> ResponseReturnValue:
    if refusal.status not in (409, 422):
        raise refusal
    return _times_page(consult_id, refusal.status, refusal.message)


@blueprint.post("/<uuid:consult_id>/release")
@needs(Permission.REQUEST_CONSULT)
def release(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Give the held time back."""
    with transaction() as session:
        consult = access.get_consult(session, current_actor(), consult_id, to="change")
        consult_times.release(session, current_actor(), consult, now=now())
    return redirect(url_for("consult_times.times", consult_id=consult_id), 303)


@blueprint.post("/<uuid:consult_id>/booking")
@needs(Permission.REQUEST_CONSULT)
def book(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Book the held time; sent twice, it leads to the same booking."""
    try:
        with transaction() as session:
            consult = access.get_consult(session, current_actor(), consult_id, to="change")
            booking = consult_times.book(session, current_actor(), consult, now=now())
            target = url_for("bookings.show", booking_id=booking.id, booked=1)
    except Conflict as conflict:
        return _refused(consult_id, conflict)
    return redirect(target, 303)
