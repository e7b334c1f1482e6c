"""Triage: what waits for a decision of the house, and one case with its three ways."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, StringField
from wtforms.validators import Length

from confsched.domain.consults import TRIAGE_STATES
from confsched.domain.kinds import ConsultState
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.services import access, triage
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("triage", __name__, url_prefix="/triage")


class RedirectForm(BaseForm):
    service_id = SelectField(msg("Better service"), validate_choice=False)
    reason = StringField(msg("Reason (whoever asked reads it)"), validators=[Length(max=400)])


class DeclineForm(BaseForm):
    """Ids of its own: both forms stand on one page."""

    reason = StringField(msg("Why not"), id="decline_reason", validators=[Length(max=400)])
    alternative = StringField(
        msg("What helps instead"),
        validators=[Length(max=400)],
        description=msg("Another service, a phone number, a later day."),
    )


@blueprint.get("/")
@needs(Permission.TRIAGE_CONSULT)
def index() -> ResponseReturnValue:
    """List what waits for the reader's house, the nearest deadline first."""
    page = max(1, min(10_000, request.args.get("page", 1, type=int)))
    listing = triage.list_waiting(read_session(), current_actor(), page=page)
    return render_template("triage/index.html", listing=listing)


@blueprint.get("/<uuid:triage_id>")
@needs(Permission.TRIAGE_CONSULT)
def show(triage_id: uuid.UUID) -> ResponseReturnValue:
    """Show one request and what can be done with it."""
    return _case_page(triage_id, RedirectForm(formdata=None), DeclineForm(formdata=None), 200)


def _case_page(
    consult_id: uuid.UUID, onward: RedirectForm, refusal: DeclineForm, status: int
) -> ResponseReturnValue:
    session = read_session()
    consult = triage.find_case(session, current_actor(), consult_id)
    if consult is None:
        raise NotFound
    targets = triage.list_targets(session, consult, now=now())
    words = [(str(one.id), f"{one.name}, {one.site.short_name}") for one in targets]
    onward.service_id.choices = [("", "–"), *words] if words else []
    page = render_template(
        "triage/show.html",
        consult=consult,
        waits=consult.state is ConsultState.REQUESTED,
        may_turn_away=consult.state in TRIAGE_STATES,
        onward=onward,
        refusal=refusal,
        form=refusal if refusal.findings else onward,
    )
    return page, status


@blueprint.post("/<uuid:triage_id>/acceptance")
@needs(Permission.TRIAGE_CONSULT)
def accept(triage_id: uuid.UUID) -> ResponseReturnValue:
    """Let whoever asked choose a time."""
    onward = RedirectForm(formdata=None)
    said = msg("Accepted. Whoever asked chooses a time.")
    return _decided(triage_id, triage.accept, onward, DeclineForm(formdata=None), onward, said=said)


@blueprint.post("/<uuid:triage_id>/redirection")
@needs(Permission.TRIAGE_CONSULT)
def send_on(triage_id: uuid.UUID) -> ResponseReturnValue:
    """Send the request on to another service."""
    form = RedirectForm()
    service_id, reason = find_id(form.service_id.data), form.reason.data or ""
    act = partial(triage.redirect, service_id=service_id, reason=reason)
    said = msg("Sent on. Whoever asked reads your reason.")
    return _decided(triage_id, act, form, DeclineForm(formdata=None), form, said=said)


@blueprint.post("/<uuid:triage_id>/refusal")
@needs(Permission.TRIAGE_CONSULT)
def decline(triage_id: uuid.UUID) -> ResponseReturnValue:
    """Turn the request away with a reason and an alternative."""
    form = DeclineForm()
    reason, alternative = form.reason.data or "", form.alternative.data or ""
    act = partial(triage.decline, reason=reason, alternative=alternative)
    said = msg("Declined. Whoever asked reads your reason and what helps instead.")
    return _decided(triage_id, act, RedirectForm(formdata=None), form, form, said=said)


def _decided(
    consult_id: uuid.UUID,
    act: Callable[..., None],
    onward: RedirectForm,
    refusal: DeclineForm,
    form: BaseForm,
    *,
    said: Message,
) -> ResponseReturnValue:
    """Do one of the three, or show the case again with what is wrong."""
    actor = current_actor()
    try:
        with transaction() as session:
            act(session, actor, access.get_consult_to_triage(session, actor, consult_id), now=now())
    except Refusal as problem:
        if problem.status not in (409, 422):
            raise
        form.add_refusal(problem)
        return _case_page(consult_id, onward, refusal, problem.status)
    flash(sentence(said), "ok")
    return redirect(url_for("triage.index"), 303)
