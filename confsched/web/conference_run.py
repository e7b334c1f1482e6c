"""The screen of the chair's assistant while a conference runs: one case, one text, one press a move."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import DateField, HiddenField, StringField, TextAreaField
from wtforms.validators import Optional

from confsched.domain.kinds import AttendanceMode
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import access, attendance, boards, conference_run, quorum
from confsched.services.conference_run import RunView
from confsched.services.shared_texts import TextChanged, text_mark
from confsched.web import conference_words as words
from confsched.web import kept_texts
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.kept_texts import KeptText
from confsched.web.pages import ANSWERABLE
from confsched.web.policies import needs, public

blueprint = Blueprint("conference_run", __name__, url_prefix="/conferences")

LEFT, NOT_THERE = "left", "not_there"
FINISH, NEXT = "finish", "next"


class StartForm(BaseForm):
    below_quorum_reason = StringField(msg("Reason to begin below quorum"))


class RecommendationForm(BaseForm):
    case_id = HiddenField()
    mark = HiddenField()
    recommendation = TextAreaField(msg("Recommendation"))
    follow_up_on = DateField(msg("Ask what became of it on"), [Optional()])


Change = Callable[[Session, Actor, Conference], object]


class CaseAct(Protocol):
    """Stand for a change of a case."""

    def __call__(self, session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> object: ...


@blueprint.get("/<uuid:conference_id>/run")
@needs(Permission.SEE_MEETINGS)
def show(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Show the present case; ?case= writes on another one, ?person= looks for a late comer."""
    return _page(conference_id, 200)


def _page(
    conference_id: uuid.UUID,
    status: int,
    *,
    form: RecommendationForm | None = None,
    start_form: StartForm | None = None,
    sentence: Message | None = None,
    theirs: str | None = None,
) -> ResponseReturnValue:
    session, at = read_session(), now()
    conference = conference_run.get_for_desk(session, current_actor(), conference_id)
    view = conference_run.view(session, conference, now=at)
    case = _written_on(view, form)
    page = render_template(
        "conference_run/show.html",
        conference=conference,
        view=view,
        case=case,
        form=form or _form_of(case, conference, at),
        start_form=start_form or StartForm(formdata=None),
        sentence=sentence,
        theirs=theirs,
        later=boards.list_next(session, conference, now=at) if case else [],
        places=attendance.roll(session, conference),
        found=attendance.find_people(session, conference, request.args.get("person", ""), now=at),
        asked=request.args.get("person", ""),
        lacking=quorum.forecast(session, conference, now=at).lacking if view.is_ahead else (),
        words=words,
    )
    return page, status


def _written_on(view: RunView, form: RecommendationForm | None) -> CaseItem | None:
    """Return the case whose text is shown: that of the form, the one asked for, else the present one."""
    wanted = find_id(form.case_id.data if form else request.args.get("case"))
    return next((case for case in view.cases if case.id == wanted), view.present)


def _form_of(case: CaseItem | None, conference: Conference, at: datetime) -> RecommendationForm:
    form = RecommendationForm(formdata=None)
    if case is not None:
        form.case_id.data, form.recommendation.data = str(case.id), case.recommendation
        form.mark.data = text_mark(case.recommendation)
        form.follow_up_on.data = case.follow_up_on or conference_run.usual_follow_up_on(conference, at)
    return form


@blueprint.post("/<uuid:conference_id>/run/start")
@needs(Permission.SEE_MEETINGS)
def start(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Begin the conference; below quorum with a reason."""
    form = StartForm()
    reason = form.below_quorum_reason.data or ""

    def begin(session: Session, actor: Actor, conference: Conference) -> None:
        conference_run.start(session, actor, conference, now=now(), below_quorum_reason=reason)

    return _changed(conference_id, begin, form)


@blueprint.post("/<uuid:conference_id>/run/false-start")
@needs(Permission.SEE_MEETINGS)
def take_back_start(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Undo a beginning by mistake."""
    return _changed(conference_id, lambda *who: conference_run.take_back_start(*who, now=now()))


@blueprint.post("/<uuid:conference_id>/run/end")
@needs(Permission.SEE_MEETINGS)
def end(conference_id: uuid.UUID) -> ResponseReturnValue:
    """End the conference and go on to its minutes."""
    target = url_for("minutes.show", conference_id=conference_id)
    return _changed(conference_id, lambda *who: conference_run.end(*who, now=now()), target=target)


@blueprint.post("/<uuid:conference_id>/run/resumption")
@needs(Permission.SEE_MEETINGS)
def resume(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Go on with a conference that was ended too soon."""
    return _changed(conference_id, lambda *who: conference_run.resume(*who, now=now()))


@blueprint.post("/<uuid:conference_id>/run/call")
@needs(Permission.SEE_MEETINGS)
def call(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Take a case up."""
    return _case_changed(conference_id, conference_run.call_case)


@blueprint.post("/<uuid:conference_id>/run/pause")
@needs(Permission.SEE_MEETINGS)
def put_back(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Let the present case wait again; it comes last."""
    return _case_changed(conference_id, conference_run.put_back)


@blueprint.post("/<uuid:conference_id>/run/note")
@needs(Permission.SEE_MEETINGS)
def note(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Record a case without a discussion of its own."""
    return _case_changed(conference_id, conference_run.note)


@blueprint.post("/<uuid:conference_id>/run/deferral")
@needs(Permission.SEE_MEETINGS)
def defer(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Put a case off to a later date."""

    def put_off(session: Session, actor: Actor, case: CaseItem, *, now: datetime) -> None:
        later = boards.find_later_date(session, case.conference, find_id(request.form.get("to")), now=now)
        reason = request.form.get("reason", "")
        conference_run.defer(session, actor, case, later, now=now, reason=reason)

    return _case_changed(conference_id, put_off)


@blueprint.post("/<uuid:conference_id>/run/attendance")
@needs(Permission.SEE_MEETINGS)
def attend(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Record by one press that somebody came, on site or remote, has left, or was not there."""
    mark, person_id = request.form.get("mark", ""), find_id(request.form.get("person_id"))

    def press(session: Session, actor: Actor, conference: Conference) -> None:
        _press(session, actor, conference, person_id, mark)

    return _changed(conference_id, press, target=f"{_run_url(conference_id)}#attendance")


def _press(
    session: Session, actor: Actor, conference: Conference, person_id: uuid.UUID | None, mark: str
) -> None:
    if person_id is None or mark not in {LEFT, NOT_THERE, *AttendanceMode}:
        raise Refusal(msg("Choose a person and what is said of them."))
    if mark == LEFT:
        attendance.leave(session, actor, conference, person_id, now=now())
        return
    if mark == NOT_THERE:
        attendance.strike(session, actor, conference, person_id, now=now())
        return
    mode = AttendanceMode(mark)
    attendance.record(session, actor, conference, person_id, mode=mode, now=now())


@blueprint.post("/<uuid:conference_id>/run/recommendation")
@public
def recommend(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what is written, end the discussion, or go on to the next case, as was pressed.

    Open to all only to keep the text of who was signed out meanwhile.
    """
    return kept_texts.save(_kept(conference_id), lambda: _write(conference_id))


@blueprint.post("/<uuid:conference_id>/run/sign-in")
@public
def sign_in(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Sign in and save what the page has kept, in one go."""
    return kept_texts.sign_in_and_save(_kept(conference_id), lambda: _write(conference_id))


def _kept(conference_id: uuid.UUID) -> KeptText:
    target = url_for("conference_run.recommend", conference_id=conference_id)
    return KeptText(
        "recommendation",
        msg("Recommendation"),
        target,
        url_for("conference_run.sign_in", conference_id=conference_id),
    )


def _write(conference_id: uuid.UUID) -> ResponseReturnValue:
    form = RecommendationForm(meta={"csrf": False})
    if not form.validate():
        return _page(conference_id, 422, form=form)
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            _keep(session, conference, form, request.form.get("step", ""))
    except TextChanged as changed:
        form.mark.data = text_mark(changed.theirs)
        form.add_refusal(changed)
        return _page(conference_id, 409, form=form, theirs=changed.theirs)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(conference_id, refusal.status, form=form)
    return redirect(_run_url(conference_id), 303)


def _keep(session: Session, conference: Conference, form: RecommendationForm, step: str) -> None:
    actor, at = current_actor(), now()
    case = _case_of(session, conference, form.case_id.data)
    text, mark = form.recommendation.data or "", form.mark.data or ""
    if step not in (FINISH, NEXT):
        conference_run.write(session, actor, case, text, mark=mark, now=at)
        return
    day = form.follow_up_on.data
    conference_run.recommend(session, actor, case, text, mark=mark, now=at, follow_up_on=day)
    to_come = conference_run.view(session, conference, now=at).next
    if step == NEXT and to_come is not None:
        conference_run.call_case(session, actor, to_come, now=at)


def _case_of(session: Session, conference: Conference, text: str | None) -> CaseItem:
    case_id = find_id(text)
    if case_id is None:
        raise Refusal(msg("Choose a case from the list."))
    return conference_run.get_case(session, conference, case_id)


def _case_changed(conference_id: uuid.UUID, act: CaseAct) -> ResponseReturnValue:
    def change(session: Session, actor: Actor, conference: Conference) -> None:
        case = _case_of(session, conference, request.form.get("case_id"))
        act(session, actor, case, now=now())

    return _changed(conference_id, change)


def _changed(
    conference_id: uuid.UUID, change: Change, start_form: StartForm | None = None, *, target: str = ""
) -> ResponseReturnValue:
    """Do a change of the conference; what was refused is said on the page."""
    try:
        with transaction() as session:
            actor = current_actor()
            conference = access.get_conference(session, actor, conference_id, to="change")
            change(session, actor, conference)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        if start_form is not None and refusal.field:
            start_form.add_refusal(refusal)
            return _page(conference_id, refusal.status, start_form=start_form)
        return _page(conference_id, refusal.status, sentence=refusal.message)
    return redirect(target or _run_url(conference_id), 303)


def _run_url(conference_id: uuid.UUID) -> str:
    return url_for("conference_run.show", conference_id=conference_id)


@blueprint.record_once
def _check_token_itself(state: BlueprintSetupState) -> None:
    """Let the view look at the form token: a page that is refused for it would lose what was typed."""
    state.app.extensions["csrf"].exempt(recommend)
