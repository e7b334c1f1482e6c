"""Polls for a date: drafted, sent, watched, decided by who runs conferences."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms.fields import SelectChoice

from confsched.clock import local_day
from confsched.domain.kinds import PollAnswer, PollState
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Refusal, msg
from confsched.models.guests import Guest
from confsched.models.polls import DatePoll
from confsched.services import access, directory, guests, poll_rounds, polls
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.instants import own_instant, parse_instant
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs
from confsched.web.poll_forms import KINDS, PeopleForm, PollForm, TimeForm, form_of

blueprint = Blueprint("polls", __name__, url_prefix="/polls")

Change = Callable[[Session, Actor, DatePoll], object]
Given = Mapping[type[BaseForm], BaseForm]
SIGNS = {
    PollAnswer.YES: (msg("yes"), "ok"),
    PollAnswer.IF_NEED_BE: (msg("if need be"), "part"),
    PollAnswer.NO: (msg("no"), "no"),
}
STATES = {
    PollState.DRAFT: (msg("draft"), "draft"),
    PollState.OPEN: (msg("open"), "act"),
    PollState.DECIDED: (msg("decided"), "ok"),
    PollState.WITHDRAWN: (msg("withdrawn"), None),
}


@blueprint.get("/")
@needs(Permission.RUN_CONFERENCES)
def index() -> ResponseReturnValue:
    """List the polls of the house, the latest first."""
    found = [polls.count(poll) for poll in polls.list_polls(read_session(), current_actor())]
    return render_template("polls/index.html", counted=found, states=STATES)


@blueprint.get("/new")
@needs(Permission.RUN_CONFERENCES)
def new() -> ResponseReturnValue:
    """Ask what the meeting is."""
    return render_template("polls/new.html", form=PollForm(formdata=None))


@blueprint.post("/")
@needs(Permission.RUN_CONFERENCES)
def create() -> ResponseReturnValue:
    """Keep the draft and go on to times and people; sent twice, it leads to the same one."""
    form = PollForm()
    try:
        with transaction() as session:
            poll = polls.create(session, current_actor(), form.draft(), key=form.form_key.data, now=now())
            target = url_for("polls.show", poll_id=poll.id)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return render_template("polls/new.html", form=form), refusal.status
    return redirect(target, 303)


@blueprint.get("/<uuid:poll_id>")
@needs(Permission.RUN_CONFERENCES)
def show(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Show the draft with its next step, or the answers and the best time."""
    return _page(poll_id, 200)


def _page(poll_id: uuid.UUID, status: int, *forms: BaseForm) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    poll = access.get_poll(session, actor, poll_id, to="change")
    shown = _draft_page if poll.state is PollState.DRAFT else _answers_page
    return shown(session, actor, poll, {type(form): form for form in forms}), status


def _draft_page(session: Session, actor: Actor, poll: DatePoll, given: Given) -> str:
    last_on = local_day(poll.reply_by_at, poll.site.zone)
    people = given.get(PeopleForm) or PeopleForm(request.args)
    assert isinstance(people, PeopleForm)
    asked = {voter.person_id for voter in poll.voters}
    own = [one for one in guests.list_all(session, actor, poll.organisation_id) if one.person_id not in asked]
    people.guests.choices = [SelectChoice(str(one.id), _guest_words(one)) for one in own]
    return render_template(
        "polls/draft.html",
        poll=poll,
        offers=polls.propose(session, poll, now=now()),
        found=directory.suggest_people(session, people.person.data or "", now=now()),
        details=given.get(PollForm) or form_of(poll, last_on),
        time_form=given.get(TimeForm) or TimeForm(formdata=None),
        people=people,
    )


def _guest_words(guest: Guest) -> str:
    parts = (guest.person.name, guest.role, guest.partner.name if guest.partner else "")
    return ", ".join(part for part in parts if part)


def _answers_page(_session: Session, _actor: Actor, poll: DatePoll, given: Given) -> str:
    return render_template(
        "polls/show.html",
        poll=poll,
        counted=polls.count(poll),
        time_form=given.get(TimeForm) or TimeForm(formdata=None),
        answers={voter.id: {one.time_id: one.answer for one in voter.answers} for voter in poll.voters},
        signs=SIGNS,
        states=STATES,
        kinds=KINDS,
    )


def _changed(
    poll_id: uuid.UUID, change: Change, form: BaseForm | None = None, *, anchor: str = ""
) -> ResponseReturnValue:
    """Make a change and show the page again; what cannot be is said at the field it is about."""
    try:
        with transaction() as session:
            change(session, current_actor(), access.get_poll(session, current_actor(), poll_id, to="change"))
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        at = form or TimeForm(formdata=None)
        at.add_refusal(refusal)
        return _page(poll_id, refusal.status, at)
    return redirect(url_for("polls.show", poll_id=poll_id, _anchor=anchor or None), 303)


@blueprint.post("/<uuid:poll_id>/details")
@needs(Permission.RUN_CONFERENCES)
def change_details(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Change what the meeting is, as long as nobody has been asked."""
    form = PollForm()
    return _changed(poll_id, lambda s, a, poll: polls.change(s, a, poll, form.draft(), now=now()), form)


@blueprint.post("/<uuid:poll_id>/times")
@needs(Permission.RUN_CONFERENCES)
def add_time(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Add a proposed time, or the day and time typed, read in the reader's zone."""
    form = TimeForm()

    def add(session: Session, actor: Actor, poll: DatePoll) -> None:
        proposed = request.form.get("starts_at", "")
        if not proposed and (form.day.data is None or form.at.data is None):
            raise Refusal(msg("Choose a day and a time."), field="day" if form.day.data is None else "at")
        starts_at = parse_instant(proposed) if proposed else own_instant(form.day.data, form.at.data)
        polls.add_time(session, actor, poll, starts_at, now=now())

    return _changed(poll_id, add, form, anchor="times")


@blueprint.post("/<uuid:poll_id>/times/removal")
@needs(Permission.RUN_CONFERENCES)
def remove_time(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Take a time out of the draft."""
    time_id = find_id(request.form.get("time_id")) or poll_id
    return _changed(poll_id, lambda s, a, p: polls.remove_time(s, a, p, time_id, now=now()), anchor="times")


@blueprint.post("/<uuid:poll_id>/people")
@needs(Permission.RUN_CONFERENCES)
def add_people(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Add a clinician that was found, or the guests that are ticked."""
    form = PeopleForm()
    person_ids = [one for text in request.form.getlist("person_id") if (one := find_id(text))]
    guest_ids = [one for text in form.guests.data or () if (one := find_id(text))]

    def add(session: Session, actor: Actor, poll: DatePoll) -> None:
        polls.add_people(session, actor, poll, person_ids, guest_ids, now=now())

    return _changed(poll_id, add, form, anchor="people")


@blueprint.post("/<uuid:poll_id>/people/removal")
@needs(Permission.RUN_CONFERENCES)
def remove_voter(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Ask somebody no more."""
    voter_id = find_id(request.form.get("voter_id")) or poll_id
    return _changed(
        poll_id, lambda s, a, p: polls.remove_voter(s, a, p, voter_id, now=now()), anchor="people"
    )


@blueprint.post("/<uuid:poll_id>/sending")
@needs(Permission.RUN_CONFERENCES)
def send(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Ask everybody."""
    return _changed(poll_id, lambda s, a, poll: poll_rounds.ask_all(s, a, poll, now=now()))


@blueprint.post("/<uuid:poll_id>/reminder")
@needs(Permission.RUN_CONFERENCES)
def remind(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Ask those who have not answered once more."""

    def press(session: Session, actor: Actor, poll: DatePoll) -> None:
        asked = poll_rounds.remind(session, actor, poll, now=now())
        flash(sentence(msg("%(count)s people were reminded.", count=asked)))

    return _changed(poll_id, press)


@blueprint.post("/<uuid:poll_id>/withdrawal")
@needs(Permission.RUN_CONFERENCES)
def withdraw(poll_id: uuid.UUID) -> ResponseReturnValue:
    """End the poll without a date."""
    return _changed(poll_id, lambda s, a, poll: poll_rounds.withdraw(s, a, poll, now=now()))


@blueprint.post("/<uuid:poll_id>/decision")
@needs(Permission.RUN_CONFERENCES)
def decide(poll_id: uuid.UUID) -> ResponseReturnValue:
    """Book a time, invite everybody, and go to the conference."""
    time_id = find_id(request.form.get("time_id")) or poll_id
    form = TimeForm(formdata=None)
    try:
        with transaction() as session:
            poll = access.get_poll(session, current_actor(), poll_id, to="change")
            reason = request.form.get("override_reason", "")
            made = poll_rounds.decide(
                session, current_actor(), poll, time_id, now=now(), override_reason=reason
            )
            target = url_for("conference_desk.show", conference_id=made.id)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(poll_id, refusal.status, form)
    return redirect(target, 303)
