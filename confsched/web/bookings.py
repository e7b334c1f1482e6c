"""Meetings: the list, one of them, another time for it, calling it off."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, StringField, TimeField
from wtforms.validators import Length, Optional
from wtforms.widgets import HiddenInput

from confsched.clock import local_day
from confsched.domain.bookings import BookingState, is_time_to_join, may_cancel, may_move
from confsched.domain.kinds import BookingKind, Partstat
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.services import (
    access,
    booking_lists,
    bookings,
    claims,
    conference_desk,
    consults,
    short_notice,
)
from confsched.services.urgent_collisions import list_collisions
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.instants import find_day, find_time, own_instant, parse_instant
from confsched.web.offers import offer_days
from confsched.web.policies import needs

blueprint = Blueprint("bookings", __name__, url_prefix="/bookings")


class MoveForm(BaseForm):
    """An offered instant, or a day and time of one's own."""

    starts_at = StringField(widget=HiddenInput())
    day = DateField(msg("Day"), validators=[Optional()])
    at = TimeField(msg("Start"), validators=[Optional()])
    override_reason = StringField(msg("Reason for overruling"), validators=[Length(max=200)])
    short_reason = StringField(msg("Reason for the short notice"), validators=[Length(max=200)])


class CancelForm(BaseForm):
    reason = StringField(msg("Reason (all who take part read it here)"), validators=[Length(max=200)])


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """List meetings from a day on, filtered by kind and words; the filter stands in the URL."""
    actor = current_actor()
    kind = request.args.get("kind", "")
    listing = booking_lists.list_bookings(
        read_session(),
        actor,
        since=find_day(request.args.get("since", "")) or local_day(now(), actor.zone),
        kind=BookingKind(kind) if kind in set(BookingKind) else None,
        text=request.args.get("q", "")[:80],
        page=max(1, min(10_000, request.args.get("page", 1, type=int))),
    )
    return render_template("bookings/index.html", listing=listing, kinds=list(BookingKind))


@blueprint.get("/<uuid:booking_id>")
@needs(Permission.SEE_MEETINGS)
def show(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Show one meeting; its question only to those who take part."""
    return _show_page(booking_id, CancelForm(formdata=None), 200)


def _show_page(booking_id: uuid.UUID, form: CancelForm, status: int) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    booking = access.get_booking(session, actor, booking_id)
    reads_content = access.may_read_content(actor, booking)
    short = short_notice.find_short(session, actor, booking, now=now())
    page = render_template(
        "bookings/show.html",
        booking=booking,
        people=bookings.people_of(booking),
        place=bookings.place_of(booking),
        consults=consults.list_of_booking(session, actor, booking) if reads_content else [],
        overlaps=claims.list_overlaps(session, booking.id),
        collisions=list_collisions(session, actor, now=now(), booking=booking),
        may_change=bookings.may_change(session, actor, booking),
        can_move=may_move(booking.state) and booking.starts_at > now(),
        can_cancel=may_cancel(booking.state, booking.starts_at, now()),
        short=short_notice.sentence_of(short) if short else None,
        joins_now=is_time_to_join(booking.starts_at, booking.ends_at, now()),
        is_over=booking.ends_at <= now(),
        conference=conference_desk.find_of_booking(session, actor, booking.id),
        is_new=request.args.get("booked") == "1",
        mine=bookings.own_participation(booking, actor),
        can_reply=booking.state is not BookingState.CANCELLED and booking.ends_at > now(),
        form=form,
    )
    return page, status


@blueprint.get("/<uuid:booking_id>/times")
@needs(Permission.SEE_MEETINGS)
def times(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Offer other times at which the same people can be there; ?day= and ?at= fill in a time of one's own."""
    day, at = find_day(request.args.get("day", "")), find_time(request.args.get("at", ""))
    return _times_page(booking_id, MoveForm(formdata=None, day=day, at=at), 200)


def _times_page(
    booking_id: uuid.UUID, form: MoveForm, status: int, problem: Message | None = None
) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    booking = access.get_booking(session, actor, booking_id)
    if not bookings.may_change(session, actor, booking):
        raise NotFound
    found = bookings.move_offers(session, booking, now=now())
    page = render_template(
        "bookings/times.html",
        booking=booking,
        days=offer_days(found.offers, found.plan, actor.zone),
        found=found,
        may_override=actor.may(Permission.OVERRIDE_CONFLICT),
        problem=problem,
        form=form,
    )
    return page, status


@blueprint.post("/<uuid:booking_id>/move")
@needs(Permission.SEE_MEETINGS)
def move(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Give the meeting another time; everybody is told."""
    form = MoveForm()
    try:
        starts_at = _chosen_start(form)
        with transaction() as session:
            booking = access.get_booking(session, current_actor(), booking_id, to="change")
            bookings.move(
                session,
                current_actor(),
                booking,
                starts_at,
                now=now(),
                override_reason=form.override_reason.data or "",
                reason=form.short_reason.data or "",
            )
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.add_refusal(refusal)
        return _times_page(booking_id, form, refusal.status, refusal.message)
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _chosen_start(form: MoveForm) -> datetime:
    """Return the pressed offer, or the day and time typed, read in the reader's zone."""
    if form.starts_at.data:
        return parse_instant(form.starts_at.data)
    if form.day.data is None or form.at.data is None:
        raise Refusal(msg("Choose a day and a time."), field="day" if form.day.data is None else "at")
    return own_instant(form.day.data, form.at.data)


@blueprint.post("/<uuid:booking_id>/reply")
@needs(Permission.SEE_MEETINGS)
def reply(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Accept or decline for oneself; the answer may be changed."""
    try:
        with transaction() as session:
            booking = access.get_booking(session, current_actor(), booking_id)
            answer, seen = _answer(request.form.get("partstat", "")), request.form.get("sequence", type=int)
            bookings.reply(session, current_actor(), booking, answer, now=now(), seen_sequence=seen)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form = CancelForm(formdata=None)
        form.add_refusal(refusal)
        return _show_page(booking_id, form, refusal.status)
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)


def _answer(text: str) -> Partstat:
    if text not in (Partstat.ACCEPTED, Partstat.DECLINED):
        raise Refusal(msg("Choose whether you come."))
    return Partstat(text)


@blueprint.post("/<uuid:booking_id>/cancellation")
@needs(Permission.SEE_MEETINGS)
def cancel(booking_id: uuid.UUID) -> ResponseReturnValue:
    """Call the meeting off; everybody is told, and everybody's time is free again."""
    form = CancelForm()
    try:
        with transaction() as session:
            booking = access.get_booking(session, current_actor(), booking_id, to="change")
            bookings.cancel(session, current_actor(), booking, now=now(), reason=form.reason.data or "")
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.add_refusal(refusal)
        return _show_page(booking_id, form, refusal.status)
    return redirect(url_for("bookings.show", booking_id=booking_id), 303)
