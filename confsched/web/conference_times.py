"""The page on which a time is found: requirements, people by time, the best times, the choice."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, StringField, TimeField
from wtforms.validators import Length, Optional
from wtforms.widgets import HiddenInput

from confsched.clock import local_day
from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import access, conference_needs, conferences, directory
from confsched.services.matching import Plan
from confsched.services.service_checks import MAX_REQUIREMENTS
from confsched.services.service_choices import list_choices
from confsched.web.bands import Reader, day_board
from confsched.web.conference_needs_form import NeedsForm, needs_form_of, people_in
from confsched.web.context import current_actor, now, read_session
from confsched.web.find_time import times_view
from confsched.web.forms import BaseForm
from confsched.web.instants import parse_instant
from confsched.web.need_rows import KIND_WORDS, offered_of
from confsched.web.pages import sentence


class InviteForm(BaseForm):
    """A pressed time, or a day and time of one's own."""

    starts_at = StringField(widget=HiddenInput())
    day = DateField(msg("Day"), validators=[Optional()])
    at = TimeField(msg("Begins at"), validators=[Optional()])
    override_reason = StringField(msg("Reason for overruling"), validators=[Length(max=200)])


def no_longer_planned(conference: Conference) -> ResponseReturnValue:
    """Lead to the meeting that the plan became, or back to the list where it was dropped."""
    if conference.booking_id is None:
        return redirect(url_for("conferences.index"), 303)
    return redirect(url_for("bookings.show", booking_id=conference.booking_id), 303)


def is_over(conference: Conference) -> bool:
    return conference.search_until_on < local_day(now(), conference.site.zone)


def times_page(
    conference_id: uuid.UUID,
    form: InviteForm,
    status: int,
    problem: Message | None = None,
    typed: NeedsForm | None = None,
) -> ResponseReturnValue:
    """Return the page; `typed` are requirements that are not on record, or not yet."""
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    if conference.state is not ConferenceState.PLANNED:
        return no_longer_planned(conference)
    if is_over(conference):
        return redirect(url_for("conferences.edit", conference_id=conference.id), 303)
    found = conferences.offers(session, conference, now=now())
    own = directory.list_own(session, actor, found.plan.candidates)
    reader = Reader(sentence, now(), own, sees_all=request.args.get("people") == "all")
    view = times_view(found, at=_asked_instant(), day=_asked_day(form, found.plan.search.zone))
    panel = typed or _needs_on_record(conference, found.plan)
    choices = list_choices(session, conference.site)
    page = render_template(
        "conferences/times.html",
        form=panel,
        shows_all=reader.sees_all,
        is_open=typed is not None or bool(panel.row_problems) or request.args.get("wanted") == "open",
        choices=choices,
        offered=offered_of(choices, panel.rows),
        people=people_in(panel.rows),
        kinds=KIND_WORDS,
        has_room=len(panel.rows) < MAX_REQUIREMENTS,
        go_on_at=panel.go_on_at,
        seen=conference_needs.seen_of(conference),
        on_record=conference_needs.list_words(session, conference),
        questions=conferences.list_questions(session, conference),
        conference=conference,
        found=found,
        view=view,
        board=day_board(
            found.plan, view.day, view.todays, view.chosen, reader, conference_needs.list_extras(conference)
        ),
        may_override=actor.may(Permission.OVERRIDE_CONFLICT),
        problem=problem,
        invite_form=form,
    )
    return page, status


def _needs_on_record(conference: Conference, plan: Plan) -> NeedsForm:
    """Return the form of the requirements on record, with what is wrong with them at its row."""
    form = needs_form_of(conference)
    if plan.findings():
        form.say(conference_needs.find_problems(read_session(), conference, now=now()))
    return form


def _asked_instant() -> datetime | None:
    try:
        return parse_instant(request.values.get("at"))
    except Refusal:
        return None


def _asked_day(form: InviteForm, zone: str) -> date | None:
    """Return the day of the refused time, or the one in the address."""
    try:
        if form.starts_at.data:
            return local_day(parse_instant(form.starts_at.data), zone)
        return form.day.data or date.fromisoformat(request.values.get("day", ""))
    except (Refusal, ValueError):
        return None
