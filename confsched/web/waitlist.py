"""The line for freed times: join it, see one's place, take or decline what is offered."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Message, msg
from confsched.services import access, waiting_line, waitlist
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("waitlist", __name__, url_prefix="/consults")


@blueprint.get("/<uuid:consult_id>/waiting")
@needs(Permission.REQUEST_CONSULT)
def show(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Show the place in the line, and a freed time with the minutes left to take it."""
    return _page(consult_id, 200)


def _page(consult_id: uuid.UUID, status: int, problem: Message | None = None) -> ResponseReturnValue:
    session = read_session()
    consult = access.get_consult(session, current_actor(), consult_id)
    place = waitlist.find_place(session, consult)
    offer = waitlist.find_standing(session, consult, place, now())
    is_void = place is not None and place.offer is not None and offer is None
    page = render_template(
        "waitlist/show.html",
        consult=consult,
        place=place,
        offer=offer,
        may_wait=waiting_line.may_wait(consult, now()),
        has_seat=waiting_line.has_seat(consult),
        problem=problem or (waitlist.find_lost(session, consult) if is_void else None),
    )
    return page, status


@blueprint.post("/<uuid:consult_id>/waiting")
@needs(Permission.REQUEST_CONSULT)
def join(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Stand in line for a time, or for an earlier one."""
    try:
        with transaction() as session:
            consult = access.get_consult(session, current_actor(), consult_id, to="change")
            waitlist.join(session, current_actor(), consult, now=now())
    except Conflict as conflict:
        return _page(consult_id, 409, conflict.message)
    return redirect(url_for("waitlist.show", consult_id=consult_id), 303)


@blueprint.post("/<uuid:consult_id>/waiting-end")
@needs(Permission.REQUEST_CONSULT)
def leave(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Leave the line; an offered time goes to the next."""
    with transaction() as session:
        consult = access.get_consult(session, current_actor(), consult_id, to="change")
        waitlist.leave(session, current_actor(), consult, now=now())
    flash(sentence(msg("You no longer wait for a time.")), "ok")
    return redirect(url_for("waitlist.show", consult_id=consult_id), 303)


@blueprint.post("/<uuid:consult_id>/offer-acceptance")
@needs(Permission.REQUEST_CONSULT)
def take(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Take the freed time; sent twice, it leads to the same booking."""
    try:
        with transaction() as session:
            consult = access.get_consult(session, current_actor(), consult_id, to="change")
            booking = waitlist.take(session, current_actor(), consult, now=now())
            target = url_for("bookings.show", booking_id=booking.id, booked=1)
    except Conflict as conflict:
        return _page(consult_id, 409, conflict.message)
    return redirect(target, 303)


@blueprint.post("/<uuid:consult_id>/offer-refusal")
@needs(Permission.REQUEST_CONSULT)
def decline(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Let the freed time go to the next in line and wait on."""
    with transaction() as session:
        consult = access.get_consult(session, current_actor(), consult_id, to="change")
        waitlist.decline(session, current_actor(), consult, now=now())
    flash(sentence(msg("Declined. The time goes to the next in line; you keep your place.")), "ok")
    return redirect(url_for("waitlist.show", consult_id=consult_id), 303)
