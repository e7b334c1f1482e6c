"""One date of a series: moved or called off, while the others stay."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, StringField, TimeField
from wtforms.validators import Length, Optional

from confsched.domain.permissions import Permission
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import access, series_lists, series_one_date
from confsched.services.claims import Taken
from confsched.services.series_layouts import is_ahead
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.instants import own_instant
from confsched.web.policies import needs
from confsched.web.series_words import STATES

blueprint = Blueprint("series_dates", __name__, url_prefix="/series/dates")


class MoveDateForm(BaseForm):
    day = DateField(msg("Day"), validators=[Optional()])
    at = TimeField(msg("Start"), validators=[Optional()])
    override_reason = StringField(msg("Reason for overruling"), validators=[Length(max=200)])
    move_reason = StringField(msg("Reason (all who take part read it here)"), validators=[Length(max=200)])


class CancelDateForm(BaseForm):
    reason = StringField(msg("Reason (all who take part read it here)"), validators=[Length(max=200)])


@blueprint.get("/<uuid:date_id>")
@needs(Permission.SEE_MEETINGS)
def show(date_id: uuid.UUID) -> ResponseReturnValue:
    """Offer what can be done with this date alone."""
    return _page(date_id, MoveDateForm(formdata=None), CancelDateForm(formdata=None), 200)


@blueprint.post("/<uuid:date_id>/move")
@needs(Permission.SEE_MEETINGS)
def move(date_id: uuid.UUID) -> ResponseReturnValue:
    """Give this date another time; the others stay."""
    form = MoveDateForm()
    try:
        starts_at = _chosen_start(form)
        with transaction() as session:
            date = access.get_conference(session, current_actor(), date_id, to="change")
            series_one_date.move_date(
                session,
                current_actor(),
                date,
                starts_at,
                now=now(),
                override_reason=form.override_reason.data or "",
                reason=form.move_reason.data or "",
            )
            target = url_for("series.show", series_id=date.series_id)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        _say(form, refusal)
        return _page(date_id, form, CancelDateForm(formdata=None), refusal.status)
    return redirect(target, 303)


def _chosen_start(form: MoveDateForm) -> datetime:
    if form.day.data is None or form.at.data is None:
        raise Refusal(msg("Choose a day and a time."), field="day" if form.day.data is None else "at")
    return own_instant(form.day.data, form.at.data)


def _say(form: MoveDateForm, refusal: Refusal) -> None:
    if isinstance(refusal, Taken):
        text = msg("Not everybody is free then. Choose another time, or give a reason to overrule it.")
        refusal = Conflict(text, field="at")
    places = {"starts_at": "day", "reason": "move_reason"}
    form.add_error(places.get(refusal.field or "", refusal.field), refusal.message)


@blueprint.post("/<uuid:date_id>/cancellation")
@needs(Permission.SEE_MEETINGS)
def cancel(date_id: uuid.UUID) -> ResponseReturnValue:
    """Call this date off; the others stay."""
    form = CancelDateForm()
    try:
        with transaction() as session:
            date = access.get_conference(session, current_actor(), date_id, to="change")
            series_one_date.cancel_date(
                session, current_actor(), date, now=now(), reason=form.reason.data or ""
            )
            target = url_for("series.show", series_id=date.series_id)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.add_refusal(refusal)
        return _page(date_id, MoveDateForm(formdata=None), form, refusal.status)
    return redirect(target, 303)


def _page(
    date_id: uuid.UUID, move_form: MoveDateForm, cancel_form: CancelDateForm, status: int
) -> ResponseReturnValue:
    date = _changeable(date_id)
    page = render_template(
        "series/date.html",
        date=date,
        series=date.series,
        is_ahead=is_ahead(date, now()),
        state=STATES[date.state],
        may_override=current_actor().may(Permission.OVERRIDE_CONFLICT),
        move_form=move_form,
        cancel_form=cancel_form,
    )
    return page, status


def _changeable(date_id: uuid.UUID) -> Conference:
    """Return a date that the reader may change; to others it is not found."""
    session, actor = read_session(), current_actor()
    date = access.get_conference(session, actor, date_id)
    if date.series is None or not series_lists.may_change_date(session, actor, date):
        raise NotFound
    return date
