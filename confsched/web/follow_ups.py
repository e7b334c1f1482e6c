"""What became of recommendations: a list of what is due, and one page to say it on."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import Optional

from confsched.domain.kinds import FollowUpState, NotDoneReason
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.models.cases import CaseItem
from confsched.services import access, follow_ups
from confsched.services.follow_ups import Which
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("follow_ups", __name__, url_prefix="/follow-ups")

MOST_PAGES = 10_000
TABS: Mapping[Which, Message] = {
    Which.DUE: msg("Due"),
    Which.OPEN: msg("Open"),
    Which.SETTLED: msg("Settled"),
}
STATES: Mapping[FollowUpState, Message] = {
    FollowUpState.ONGOING: msg("still going on"),
    FollowUpState.COMPLETED: msg("carried out"),
    FollowUpState.NOT_DONE: msg("not carried out"),
    FollowUpState.LOST: msg("lost to follow-up"),
}
REASONS: Mapping[NotDoneReason, Message] = {
    NotDoneReason.PAYMENT_REFUSED: msg("payment refused"),
    NotDoneReason.PATIENTS_WISH: msg("the patient's wish"),
    NotDoneReason.DEATH: msg("death"),
    NotDoneReason.MEDICAL_REASON: msg("medical reason"),
    NotDoneReason.OTHER: msg("other reason"),
}


class FollowUpForm(BaseForm):
    state = RadioField(msg("What became of it"), validate_choice=False)
    reason = SelectField(msg("Why it was not carried out"), [Optional()], validate_choice=False)
    follow_up_on = DateField(msg("If it goes on: ask again on"), [Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = [(state.value, sentence(words)) for state, words in STATES.items()]
        reasons = [(reason.value, sentence(words)) for reason, words in REASONS.items()]
        self.reason.choices = [("", "–"), *reasons]


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """Show the recommendations that the reader follows up: ?show= due, open or settled."""
    asked = request.args.get("show", "")
    which = Which(asked) if asked in set(Which) else Which.DUE
    page = max(1, min(MOST_PAGES, request.args.get("page", 1, type=int)))
    listing = follow_ups.list_follow_ups(read_session(), current_actor(), which, now=now(), page=page)
    return render_template(
        "follow_ups/index.html", listing=listing, which=which, tabs=TABS, states=STATES, reasons=REASONS
    )


@blueprint.get("/<uuid:follow_up_id>")
@needs(Permission.SEE_MEETINGS)
def show(follow_up_id: uuid.UUID) -> ResponseReturnValue:
    """Show a recommendation with what is said of it."""
    case = _get_case(follow_up_id)
    return _page(case, _form_of(case), 200)


@blueprint.post("/<uuid:follow_up_id>/outcome")
@needs(Permission.SEE_MEETINGS)
def say(follow_up_id: uuid.UUID) -> ResponseReturnValue:
    """Record what became of it."""
    form = FollowUpForm()
    try:
        with transaction() as session:
            case = access.get_case(session, current_actor(), follow_up_id, to="change")
            _demand_recommended(case)
            follow_ups.say(session, current_actor(), case, now=now(), **_said(form))
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return _page(_get_case(follow_up_id), form, refusal.status)
    flash(sentence(msg("Kept.")), "ok")
    return redirect(url_for("follow_ups.index"), 303)


def _said(form: FollowUpForm) -> dict[str, Any]:
    if form.state.data not in set(FollowUpState):
        raise Refusal(msg("Choose what became of it."), field="state")
    if not form.validate():
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field="follow_up_on")
    reason = form.reason.data
    return {
        "said": FollowUpState(form.state.data),
        "reason": NotDoneReason(reason) if reason in set(NotDoneReason) else None,
        "follow_up_on": form.follow_up_on.data,
    }


def _get_case(case_id: uuid.UUID) -> CaseItem:
    case = follow_ups.get_case(read_session(), current_actor(), case_id)
    _demand_recommended(case)
    return case


def _demand_recommended(case: CaseItem) -> None:
    if case.follow_up_state is None:
        raise NotFound


def _form_of(case: CaseItem) -> FollowUpForm:
    form = FollowUpForm(formdata=None)
    form.state.data = case.follow_up_state.value if case.follow_up_state else None
    form.reason.data = case.not_done_reason.value if case.not_done_reason else ""
    return form


def _page(case: CaseItem, form: FollowUpForm, status: int) -> ResponseReturnValue:
    page = render_template("follow_ups/show.html", case=case, form=form, states=STATES, reasons=REASONS)
    return page, status
