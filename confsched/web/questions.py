"""Questions for a time: the page behind the link of a mail, without signing in, and the button that asks."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from wtforms import DateField, StringField, TimeField
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from confsched.domain.intervals import Span
from confsched.domain.kinds import QuestionAnswer
from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.i18n import LANGUAGES
from confsched.services import access, questions
from confsched.services.questions import NoQuestion, Shown
from confsched.web.context import (
    current_actor,
    now,
    read_as,
    read_session,
    reader_zone,
    transaction,
)
from confsched.web.forms import BaseForm
from confsched.web.guesses import note_guess
from confsched.web.ids import find_id
from confsched.web.instants import own_instant, parse_instant
from confsched.web.pages import sentence
from confsched.web.policies import needs, public

blueprint = Blueprint("questions", __name__)


class AnswerForm(BaseForm):
    """What the button says, and for another time its day and hour in the reader's zone."""

    class Meta(BaseForm.Meta):
        csrf = False  # the secret of the link stands in the address; nobody else could have sent this

    answer = StringField(widget=HiddenInput())
    day = DateField(msg("Day"), validators=[Optional()])
    at = TimeField(msg("Time"), validators=[Optional()])


@blueprint.get("/questions/thanks")
@public
def thanks() -> ResponseReturnValue:
    """Say that the answer is there; knows nothing of the question."""
    language = request.args.get("language", "")
    if language in LANGUAGES:
        read_as(language, reader_zone())
    return render_template("questions/thanks.html", answer=_asked_answer())


@blueprint.get("/questions/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show the question; mail scanners open links, so nothing is answered by opening it."""
    return _page(token, _shown(token), AnswerForm(formdata=None), 200)


def _shown(token: str) -> Shown:
    """Return the question of a link; who brings many that never were waits longer and longer."""
    try:
        return questions.get_open(read_session(), token, now=now())
    except NoQuestion:
        if not questions.is_known(read_session(), token):
            note_guess(now())
        raise


def _page(token: str, shown: Shown, form: AnswerForm, status: int) -> ResponseReturnValue:
    person = shown.question.person
    read_as(person.language, person.zone)
    page = render_template("questions/show.html", token=token, shown=shown, form=form, wanted=_asked_answer())
    return page, status


def _asked_answer() -> str:
    wanted = request.args.get("answer", "")
    return wanted if wanted in set(QuestionAnswer) else ""


@blueprint.post("/questions/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Take the answer that a button sends; it may be changed until the question is settled."""
    shown = _shown(token)
    person, form = shown.question.person, AnswerForm()
    read_as(person.language, person.zone)
    try:
        given = _given(form)
        other_at = _other_start(form) if given is QuestionAnswer.OTHER else None
        with transaction() as session:
            questions.answer(session, token, given, now=now(), other_starts_at=other_at)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.add_refusal(refusal)
        return _page(token, shown, form, refusal.status)
    return redirect(url_for("questions.thanks", answer=given.value, language=person.language), 303)


def _given(form: AnswerForm) -> QuestionAnswer:
    if form.answer.data not in set(QuestionAnswer):
        raise Refusal(msg("Choose one of the answers."))
    return QuestionAnswer(form.answer.data)


def _other_start(form: AnswerForm) -> datetime:
    if form.day.data is None or form.at.data is None:
        raise Refusal(msg("Choose a day and a time."), field="day" if form.day.data is None else "at")
    return own_instant(form.day.data, form.at.data)


@blueprint.post("/conferences/<uuid:conference_id>/questions")
@needs(Permission.PLAN_CONFERENCE)
def ask_for_conference(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Ask one person of unknown time whether they can come to a conference then."""
    with transaction() as session:
        conference = access.get_conference(session, current_actor(), conference_id, to="change")
        starts_at = parse_instant(request.form.get("starts_at"))
        ends_at = parse_instant(request.form.get("ends_at"), "ends_at")
        person_id = find_id(request.form.get("person_id"))
        if person_id is None or ends_at <= starts_at:
            raise NotFound
        span = Span(starts_at, ends_at)
        questions.ask_for_conference(session, current_actor(), conference, person_id, span, now=now())
    flash(sentence(msg("Asked by mail. The answer stands here as soon as it is given.")), "ok")
    target = url_for("conferences.times", conference_id=conference_id, at=starts_at.isoformat())
    return redirect(target, 303)


@blueprint.record_once
def _need_no_form_token(state: BlueprintSetupState) -> None:
    """Let people answer whose mail program keeps no cookies: the secret of the link is the token."""
    state.app.extensions["csrf"].exempt(answer)
