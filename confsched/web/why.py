"""Why a time does not work, what would help, and which weekday suits a series."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, HiddenField, TimeField

from confsched.domain.changes import parse
from confsched.domain.kinds import ConferenceState, ConsultState
from confsched.domain.permissions import Permission
from confsched.domain.weekly import choice_of
from confsched.errors import Refusal, msg
from confsched.formats.dates import format_day
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.services import accepted_changes, access, consult_times, explanations
from confsched.services.accepted_changes import OutOfDate
from confsched.web.context import current_actor, now, read_session, reader_language, transaction
from confsched.web.forms import BaseForm
from confsched.web.instants import own_instant, parse_instant
from confsched.web.offers import conference_way, consult_way, move_way, offer_days, why_first
from confsched.web.pages import sentence
from confsched.web.policies import needs
from confsched.web.weekday_table import WEEKDAYS, weekday_table

BEST_WEEKDAYS = 5

blueprint = Blueprint("why", __name__)
blueprint.add_app_template_global(consult_way)
blueprint.add_app_template_global(conference_way)
blueprint.add_app_template_global(move_way)
blueprint.add_app_template_global(why_first)


class TimeForm(BaseForm):
    """A day and a time that somebody asks about; it changes nothing, so it stands in the address."""

    class Meta(BaseForm.Meta):
        csrf = False

    day = DateField(msg("Day"))
    at = TimeField(msg("Begins at"))


class ChangeForm(BaseForm):
    change = HiddenField()
    starts_at = HiddenField()


@blueprint.get("/consults/<uuid:consult_id>/why")
@needs(Permission.REQUEST_CONSULT)
def consult(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Say for one time who of a consult is free, busy or unknown, and why."""
    row = access.get_consult(read_session(), current_actor(), consult_id)
    if row.booking_id is not None:
        return redirect(url_for("bookings.show", booking_id=row.booking_id), 303)
    consult_times.check_open(row)
    return _answer_page(row, url_for("consult_times.times", consult_id=row.id))


@blueprint.get("/conferences/<uuid:conference_id>/why")
@needs(Permission.PLAN_CONFERENCE)
def conference(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Say for one time who of a conference is free, busy or unknown, and why."""
    row = access.get_conference(read_session(), current_actor(), conference_id)
    if row.state is not ConferenceState.PLANNED:
        return redirect(url_for("conferences.times", conference_id=row.id), 303)
    return _answer_page(row, url_for("conferences.times", conference_id=row.id))


def _answer_page(row: Consult | Conference, back: str) -> ResponseReturnValue:
    form = TimeForm(formdata=request.args)
    answer, status = None, 200
    try:
        starts_at = _asked_time(form)
        answer = _answer(row, starts_at) if starts_at else None
    except Refusal as refusal:
        form.add_error(refusal.field if refusal.field in ("day", "at") else None, refusal.message)
        status = refusal.status
    page = render_template(
        "why/show.html",
        row=row,
        is_consult=isinstance(row, Consult),
        form=form,
        answer=answer,
        back=back,
    )
    return page, status


def _asked_time(form: TimeForm) -> datetime | None:
    """Return the time asked about, in the reader's zone; None on the empty form."""
    if not any(request.args.get(name) for name in ("day", "at")):
        return None
    if form.day.data is None or form.at.data is None:
        raise Refusal(msg("Choose a day and a time."), field="day" if form.day.data is None else "at")
    return own_instant(form.day.data, form.at.data)


def _answer(row: Consult | Conference, starts_at: datetime) -> explanations.Answer:
    if isinstance(row, Consult):
        return explanations.answer_consult(read_session(), row, starts_at, now=now())
    return explanations.answer_conference(read_session(), row, starts_at, now=now())


@blueprint.get("/consults/<uuid:consult_id>/wished")
@needs(Permission.REQUEST_CONSULT)
def wished(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Show the times that a smaller wish gives; ?change= names it."""
    session, actor = read_session(), current_actor()
    row = access.get_consult(session, actor, consult_id)
    if row.booking_id is not None:
        return redirect(url_for("bookings.show", booking_id=row.booking_id), 303)
    consult_times.check_open(row)
    change = parse(request.args.get("change", ""))
    try:
        minutes = accepted_changes.wished_minutes(row, change)
        plan = explanations.wished_plan(session, row, change, now=now())
    except OutOfDate:
        return redirect(url_for("consult_times.times", consult_id=row.id), 303)
    offers = explanations.shown_offers(plan, explanations.find_first(plan))
    days = offer_days(offers, plan, actor.zone)
    return render_template(
        "why/wished.html",
        consult=row,
        days=days,
        minutes=minutes or row.service.duration_minutes,
        code=request.args.get("change", ""),
        step=plan.search.step,
    )


@blueprint.post("/consults/<uuid:consult_id>/wished-hold")
@needs(Permission.REQUEST_CONSULT)
def hold(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Keep a time of the length that was wished for; where somebody was faster, say so."""
    form = ChangeForm()
    with transaction() as session:
        row = access.get_consult(session, current_actor(), consult_id, to="change")
        starts_at = parse_instant(form.starts_at.data)
        minutes = accepted_changes.wished_minutes(row, parse(form.change.data or ""))
        consult_times.hold(session, current_actor(), row, starts_at, now=now(), minutes=minutes)
    return redirect(url_for("consult_times.times", consult_id=consult_id, _anchor="held"), 303)


@blueprint.post("/consults/<uuid:consult_id>/changes")
@needs(Permission.REQUEST_CONSULT)
def change_consult(consult_id: uuid.UUID) -> ResponseReturnValue:
    """Wait longer for the reply, or ask another service, and go on to its times."""
    change = parse(ChangeForm().change.data or "")
    with transaction() as session:
        row = access.get_consult(session, current_actor(), consult_id, to="change")
        former = row.reply_by_on
        accepted_changes.change_consult(session, current_actor(), row, change, now=now())
        waits, due = row.state is ConsultState.REQUESTED, row.reply_by_on
    _say_moved(former, due)
    target = "consults.show" if waits else "consult_times.times"
    return redirect(url_for(target, consult_id=consult_id), 303)


def _say_moved(former: date, due: date) -> None:
    if due != former:
        days = {"day": format_day(due, reader_language()), "before": format_day(former, reader_language())}
        flash(sentence(msg("The last day is now %(day)s, no longer %(before)s.", **days)), "ok")


@blueprint.post("/conferences/<uuid:conference_id>/changes")
@needs(Permission.PLAN_CONFERENCE)
def change_conference(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Make the plan what was proposed and go on to the time that it gives."""
    form = ChangeForm()
    with transaction() as session:
        row = access.get_conference(session, current_actor(), conference_id, to="change")
        starts_at = parse_instant(form.starts_at.data)
        change, former = parse(form.change.data or ""), row.search_until_on
        accepted_changes.change_conference(session, current_actor(), row, change, now=now())
        due = row.search_until_on
    _say_moved(former, due)
    return redirect(url_for("conferences.times", conference_id=conference_id, at=starts_at.isoformat()), 303)


@blueprint.get("/conferences/<uuid:conference_id>/weekdays")
@needs(Permission.PLAN_CONFERENCE)
def weekdays(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show at which weekday and hour a series of this conference would meet everybody most often."""
    session, actor = read_session(), current_actor()
    row = access.get_conference(session, actor, conference_id)
    found = explanations.list_weekdays(session, row, now=now())
    return render_template(
        "why/weekdays.html",
        conference=row,
        found=found,
        best=choice_of(found.slots, BEST_WEEKDAYS),
        table_rows=weekday_table(found.slots),
        weekdays=WEEKDAYS,
    )
