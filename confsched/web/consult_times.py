"""The times of a consult: offered, one of them held with a countdown, booked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.claims import Hold
from confsched.models.consults import Consult
from confsched.services import access, asked_times, consult_times, holds, questions, seats
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.instants import parse_instant
from confsched.web.offers import offer_days
from confsched.web.policies import needs

blueprint = Blueprint("consult_times", __name__, url_prefix="/consults")


class StartForm(BaseForm):
    starts_at = HiddenField()


class SeatForm(BaseForm):
    reason = StringField(msg("Reason (whoever answers reads it)"), validators=[Length(max=200)])


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
    if hold and (lost := seats.find_lost(session, hold)):
        hold, problem = None, problem or lost
    page = render_template(
        "consults/times.html",
        consult=consult,
        hold=hold,
        held=_held(consult, hold, found) if hold else None,
        asked=asked_times.list_asked(session, consult) if hold else [],
        proposed=asked_times.list_proposed(session, consult, now=now()),
        standing=seats.list_standing(session, consult, now=now()),
        days=offer_days(
            found.offers,
            found.plan,
            actor.zone,
            hold.starts_at if hold else None,
            found.explanation.blocked,
        ),
        found=found,
        problem=problem,
        form=StartForm(formdata=None),
    )
    return page, status


@dataclass(frozen=True)
class HeldPeople:
    """Hold the names of those who are kept for the requester, and of whom of them nothing is known."""

    names: str
    unknown: str


def _held(consult: Consult, hold: Hold, found: consult_times.Offers) -> HeldPeople:
    people = [person for person in holds.people_in(hold) if person != consult.requester_id]
    return HeldPeople(_names(people, found), _names(holds.unknown_in(hold), found))


def _names(people: Iterable[uuid.UUID], found: consult_times.Offers) -> str:
    candidates = found.plan.candidates
    return ", ".join(candidates[person].name for person in people if person in candidates)


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


@blueprint.post("/<uuid:consult_id>/seat")
@needs(Permission.REQUEST_CONSULT)
def hold_seat(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a seat in a meeting that stands, while the requester confirms."""
    try:
        with transaction() as session:
            consult = access.get_consult(session, current_actor(), consult_id, to="change")
            booking_id = find_id(request.form.get("booking_id"))
            if booking_id is None:
                raise Refusal(msg("Choose one of the meetings."))
            consult_times.hold_seat(session, current_actor(), consult, booking_id, now=now())
    except Refusal as refusal:
        return _refused(consult_id, refusal)
    return redirect(url_for("consult_times.times", consult_id=consult_id, _anchor="held"), 303)


@blueprint.get("/<uuid:consult_id>/seat")
@needs(Permission.REQUEST_CONSULT)
def seat(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Show one's own seat in a shared meeting, and the way out of it."""
    return _seat_page(consult_id, SeatForm(formdata=None), 200)


def _seat_page(consult_id: uuid.UUID, form: SeatForm, status: int) -> ResponseReturnValue:
    consult = access.get_consult(read_session(), current_actor(), consult_id)
    return render_template("consults/seat.html", consult=consult, form=form), status


@blueprint.post("/<uuid:consult_id>/seat-return")
@needs(Permission.REQUEST_CONSULT)
def return_seat(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Give one's own seat back; the others keep their meeting."""
    form = SeatForm()
    try:
        with transaction() as session:
            seats.leave(session, current_actor(), consult_id, now=now(), reason=form.reason.data or "")
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.add_refusal(refusal)
        return _seat_page(consult_id, form, refusal.status)
    return redirect(url_for("consults.show", consult_id=consult_id), 303)


@blueprint.post("/<uuid:consult_id>/booking")
@needs(Permission.REQUEST_CONSULT)
def book(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Book the held time, or ask whose time is unknown first; sent twice, it leads to the same booking."""
    try:
        with transaction() as session:
            consult = access.get_consult(session, current_actor(), consult_id, to="change")
            booking = questions.confirm(session, current_actor(), consult, now=now())
    except Refusal as refusal:
        return _refused(consult_id, refusal)
    if booking is None:
        return redirect(url_for("consult_times.times", consult_id=consult_id, _anchor="held"), 303)
    return redirect(url_for("bookings.show", booking_id=booking.id, booked=1), 303)
