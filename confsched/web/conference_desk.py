"""The page of a conference: agenda, quorum, late cases; what its desk does there, each a POST of its own."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Protocol

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import SelectField

from confsched.domain.kinds import ConferenceState
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.conferences import Conference
from confsched.services import access, carry_over, conference_desk, conference_merge, quorum_substitutes
from confsched.services.conference_desk import DeskView
from confsched.web import conference_words as words
from confsched.web.conference_plot import draw
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("conference_desk", __name__, url_prefix="/conferences")


class Act(Protocol):
    """Stand for a change of a conference that its desk makes."""

    def __call__(
        self, session: Session, actor: Actor, conference: Conference, *, now: datetime
    ) -> object: ...


class MergeForm(BaseForm):
    into = SelectField(msg("Date that takes over the cases"), validate_choice=False)


@blueprint.get("/<uuid:conference_id>")
@needs(Permission.SEE_MEETINGS)
def show(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show a conference to its desk, to who takes part, and to who brings a case."""
    return _page(conference_id, MergeForm(formdata=None), 200)


def _page(conference_id: uuid.UUID, form: MergeForm, status: int) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    conference = access.get_conference(session, actor, conference_id)
    view = conference_desk.view(session, actor, conference, now=now())
    form.into.choices = [("", "–"), *((str(one.id), _date_words(one)) for one in view.others)]
    page = render_template(
        "conference_desk/show.html",
        view=view,
        conference=conference,
        words=words,
        picture=draw(view),
        links=_links(view),
        form=form,
    )
    return page, status


def _date_words(conference: Conference) -> str:
    assert conference.booking is not None, "only what has a time can take over cases"
    stamp = current_app.jinja_env.globals["stamp"](conference.booking.starts_at)  # type: ignore[operator]
    return f"{stamp} {conference.title}"


def _links(view: DeskView) -> dict[str, str | None]:
    """Return where the page goes on, as far as the reader may go there."""
    conference_id, series_id = view.conference.id, view.conference.series_id
    may_register, is_desk = _may_register(view), view.is_desk
    return {
        "minutes": url_for("minutes.show", conference_id=conference_id),
        "agenda": url_for("agenda.show", conference_id=conference_id) if is_desk else None,
        "run": url_for("conference_run.show", conference_id=conference_id) if is_desk else None,
        "series": url_for("series.show", series_id=series_id) if is_desk and series_id else None,
        "new_case": url_for("cases.new", conference_id=conference_id) if may_register else None,
    }


def _may_register(view: DeskView) -> bool:
    is_open = view.conference.state in (ConferenceState.REGISTRATION_OPEN, ConferenceState.FROZEN)
    return is_open and current_actor().may(Permission.REGISTER_CASE)


@blueprint.post("/<uuid:conference_id>/freezing")
@needs(Permission.SEE_MEETINGS)
def freeze(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Freeze the agenda."""
    said = msg("The agenda is frozen. What comes now needs the approval of the chair.")
    return _changed(conference_id, conference_desk.freeze, said)


@blueprint.post("/<uuid:conference_id>/thawing")
@needs(Permission.SEE_MEETINGS)
def thaw(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Open the agenda again."""
    return _changed(conference_id, conference_desk.thaw, msg("The agenda is open again."))


@blueprint.post("/<uuid:conference_id>/carry-over")
@needs(Permission.SEE_MEETINGS)
def carry_on(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Put what was not discussed on the next date."""
    said = msg("What was not discussed goes on to the next date.")
    return _changed(conference_id, carry_over.carry_over, said)


def _changed(conference_id: uuid.UUID, act: Act, said: Message) -> ResponseReturnValue:
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            act(session, current_actor(), conference, now=now())
    except Refusal as refusal:
        return _refused(conference_id, refusal)
    flash(sentence(said))
    return redirect(url_for("conference_desk.show", conference_id=conference_id), 303)


def _refused(conference_id: uuid.UUID, refusal: Refusal) -> ResponseReturnValue:
    if refusal.status not in (409, 422):
        raise refusal
    form = MergeForm()
    form.add_refusal(refusal)
    return _page(conference_id, form, refusal.status)


@blueprint.post("/<uuid:conference_id>/merger")
@needs(Permission.SEE_MEETINGS)
def merge(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Move the cases to another date and call this one off."""
    into_id = find_id(MergeForm().into.data)
    try:
        with transaction() as session:
            if into_id is not None and into_id < conference_id:
                # Two dates merged into each other at once are locked in one order, and nobody waits for ever.
                access.get_conference(session, current_actor(), into_id, to="change")
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            if into_id is None:
                raise Refusal(msg("Choose the date that takes over the cases."), field=conference_merge.INTO)
            conference_merge.merge(session, current_actor(), conference, into_id, now=now())
    except Refusal as refusal:
        return _refused(conference_id, refusal)
    flash(sentence(msg("Merged. The cases stand here now, and everybody of the other date is told.")))
    return redirect(url_for("conference_desk.show", conference_id=into_id), 303)


@blueprint.post("/<uuid:conference_id>/substitutes")
@needs(Permission.SEE_MEETINGS)
def invite_substitute(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Invite somebody who was proposed: their time is taken, their calendar told."""
    person_id = find_id(request.form.get("person_id"))
    requirement_id = find_id(request.form.get("requirement_id"))
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            if person_id is None or requirement_id is None:
                raise Refusal(msg("Choose one of those proposed."))
            part = quorum_substitutes.invite(
                session, current_actor(), conference, requirement_id, person_id, now=now()
            )
            said = msg(
                "Invited: %(name)s. As long as there is no reply, nothing is sure.", name=part.person.name
            )
    except Refusal as refusal:
        return _refused(conference_id, refusal)
    flash(sentence(said))
    return redirect(url_for("conference_desk.show", conference_id=conference_id), 303)
