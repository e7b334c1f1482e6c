"""Plan a joint case conference: who has to be there, the times at which they can, the invitation."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Permission
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import access, conference_lists, conferences, directory
from confsched.services.claims import Taken
from confsched.services.conference_lists import Show
from confsched.services.findings import problems_of
from confsched.web import conference_words
from confsched.web.conference_forms import (
    ConferenceForm,
    draft_of,
    field_of,
    find_people,
    form_of,
    offer_choices,
)
from confsched.web.conference_times import InviteForm, is_over, no_longer_planned, times_page
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.instants import own_instant, parse_instant
from confsched.web.policies import needs, policy_of

FILTERS = (
    (Show.COMING, msg("Coming")),
    (Show.TO_FINISH, msg("To finish")),
    (Show.PAST, msg("Released")),
    (Show.OFF, msg("Called off")),
)
# Pages beside the list, for those who may open them; what is not there is not linked.
WAYS = (
    ("cases.index", msg("Cases")),
    ("series.index", msg("Series")),
    ("polls.index", msg("Date polls")),
    ("follow_ups.index", msg("Follow-ups")),
    ("regional.index", msg("Regional conferences")),
    ("guests.index", msg("Guests")),
    ("proof.show", msg("Proof")),
)
TYPED = ("day", "at", "override_reason")

blueprint = Blueprint("conferences", __name__, url_prefix="/conferences")


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """Show what waits for a time, and the conferences with state, quorum and cases; filters in the URL."""
    session, actor = read_session(), current_actor()
    wanted, text = request.args.get("show", ""), request.args.get("q", "")[: conference_lists.MAX_TEXT]
    show = Show(wanted) if wanted in set(Show) else Show.COMING
    page = max(1, min(10_000, request.args.get("page", 1, type=int)))
    return render_template(
        "conferences/index.html",
        plans=conferences.list_plans(session, actor) if show is Show.COMING and not text else [],
        listing=conference_lists.list_conferences(session, actor, show=show, text=text, page=page, now=now()),
        filters=FILTERS,
        shown=show,
        text=text,
        words=conference_words,
        ways=_ways(),
    )


def _ways() -> list[tuple[str, Message]]:
    policies = ((endpoint, label, policy_of(current_app, endpoint)) for endpoint, label in WAYS)
    may = current_actor().may
    return [
        (url_for(endpoint), label)
        for endpoint, label, policy in policies
        if policy in set(Permission) and may(Permission(policy))
    ]


@blueprint.get("/new")
@needs(Permission.PLAN_CONFERENCE)
def new() -> ResponseReturnValue:
    """Ask what the conference is and who has to be there."""
    return _form_page(ConferenceForm(formdata=None), 200)


@blueprint.post("/")
@needs(Permission.PLAN_CONFERENCE)
def create() -> ResponseReturnValue:
    """Record the plan and go on to the times; a search for people comes back to the same form."""
    form = ConferenceForm()
    if form.is_search:
        return _form_page(form, 200)
    try:
        draft = draft_of(form)
        with transaction() as session:
            conference = conferences.plan(session, current_actor(), draft, now=now(), key=form.form_key.data)
            target = url_for("conferences.times", conference_id=conference.id)
    except Refusal as refusal:
        return _refused_form(form, refusal)
    return redirect(target, 303)


@blueprint.get("/<uuid:conference_id>/edit")
@needs(Permission.PLAN_CONFERENCE)
def edit(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show what is looked for, to be changed."""
    conference = access.get_conference(read_session(), current_actor(), conference_id)
    if conference.state is not ConferenceState.PLANNED:
        return no_longer_planned(conference)
    form = form_of(conference)
    if is_over(conference):
        form.add_error("search_until_on", msg("This day is over. Please choose a later one."))
    return _form_page(form, 200, conference)


@blueprint.post("/<uuid:conference_id>/change")
@needs(Permission.PLAN_CONFERENCE)
def change(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Change what is looked for and go on to the times."""
    form = ConferenceForm()
    try:
        draft = draft_of(form)
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            conferences.change(session, current_actor(), conference, replace(draft, wanted=None), now=now())
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        conference = access.get_conference(read_session(), current_actor(), conference_id)
        return _refused_form(form, refusal, conference)
    return redirect(url_for("conferences.times", conference_id=conference_id), 303)


def _refused_form(
    form: ConferenceForm, refusal: Refusal, conference: Conference | None = None
) -> ResponseReturnValue:
    for problem in problems_of(refusal):
        form.add_error(field_of(form, problem.field or None), problem.message)
    return _form_page(form, refusal.status, conference)


def _form_page(
    form: ConferenceForm, status: int, conference: Conference | None = None
) -> ResponseReturnValue:
    session = read_session()
    if form.is_search:
        find_people(form, directory.suggest_people(session, form.person_text.data or "", now=now()))
    offer_choices(
        form,
        disciplines=directory.list_disciplines(session),
        sites=directory.list_sites(session),
        rooms=directory.list_rooms(session, current_actor()),
        people=directory.list_people(session, form.person_uuids),
    )
    return render_template("conferences/form.html", form=form, conference=conference), status


@blueprint.get("/<uuid:conference_id>/times")
@needs(Permission.PLAN_CONFERENCE)
def times(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show people by time and the best times; ?day= turns the page, ?at= chooses a time."""
    return times_page(conference_id, InviteForm(formdata=None), 200)


@blueprint.post("/<uuid:conference_id>/invitation")
@needs(Permission.PLAN_CONFERENCE)
def invite(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Invite everybody to a time; sent twice, it leads to the same booking."""
    form = InviteForm()
    try:
        starts_at = _chosen_start(form)
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            booking = conferences.invite(
                session,
                current_actor(),
                conference,
                starts_at,
                now=now(),
                override_reason=form.override_reason.data or "",
            )
            target = url_for("bookings.show", booking_id=booking.id, booked=1)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _refused_time(conference_id, form, refusal)
    return redirect(target, 303)


def _chosen_start(form: InviteForm) -> datetime:
    """Return the pressed time, or the day and time typed, read in the reader's zone."""
    if form.starts_at.data:
        return parse_instant(form.starts_at.data)
    if form.day.data is None or form.at.data is None:
        raise Refusal(msg("Choose a day and a time."), field="day" if form.day.data is None else "at")
    return own_instant(form.day.data, form.at.data)


def _refused_time(conference_id: uuid.UUID, form: InviteForm, refusal: Refusal) -> ResponseReturnValue:
    conference = access.get_conference(read_session(), current_actor(), conference_id)
    if conference.state is not ConferenceState.PLANNED:
        raise refusal
    if form.starts_at.data:
        return times_page(conference_id, form, refusal.status, refusal.message)
    if isinstance(refusal, Taken):
        refusal = Conflict(
            msg("Not everybody is free then. Choose one of the best times, or give a reason to overrule it.")
        )
    form.add_error(refusal.field if refusal.field in TYPED else "at", refusal.message)
    return times_page(conference_id, form, refusal.status)


@blueprint.post("/<uuid:conference_id>/withdrawal")
@needs(Permission.PLAN_CONFERENCE)
def withdraw(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Drop the plan; nobody was invited yet."""
    with transaction() as session:
        conference = access.get_conference(session, current_actor(), conference_id, to="change")
        conferences.withdraw(session, current_actor(), conference, now=now())
    return redirect(url_for("conferences.index"), 303)
