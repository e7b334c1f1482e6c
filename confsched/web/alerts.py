"""The page behind the link of an alert: opening it changes nothing, its one button decides."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Protocol

from flask import Blueprint, redirect, render_template, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from confsched.channels.links import find_alert_id
from confsched.errors import Conflict, Message
from confsched.services import alert_links, engine_time
from confsched.services.alert_links import Linked
from confsched.web.context import read_as, read_session, settings, transaction
from confsched.web.policies import public

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")


class Answer(Protocol):
    """What the button of a link does."""

    def __call__(self, session: Session, alert_id: uuid.UUID | None, *, now: datetime) -> None: ...


@blueprint.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show who asks for what since when; mail scanners open links, so nothing is changed by opening it."""
    return _page(token, _shown(token), None)


def _shown(token: str) -> Linked:
    """Return what the link is about, in the words and the zone of whom it was sent to."""
    alert_id = find_alert_id(token, settings().secret_key)
    session = read_session()
    linked = alert_links.get_linked(session, alert_id, now=engine_time.now(session))
    read_as(linked.person.language, linked.person.zone)
    return linked


@blueprint.post("/<token>/acknowledgement")
@public
def acknowledge(token: str) -> ResponseReturnValue:
    """Take the consult as the person who was alerted; who comes second reads who was faster."""
    return _answered(token, alert_links.acknowledge)


@blueprint.post("/<token>/passing-on")
@public
def pass_on(token: str) -> ResponseReturnValue:
    """Let the next step of the ladder begin at once."""
    return _answered(token, alert_links.pass_on)


@blueprint.post("/<token>/readiness")
@public
def answer_ready(token: str) -> ResponseReturnValue:
    """Say "ready" as the person who was asked."""
    return _answered(token, alert_links.answer_ready)


def _answered(token: str, answer: Answer) -> ResponseReturnValue:
    _shown(token)
    alert_id = find_alert_id(token, settings().secret_key)
    try:
        with transaction() as session:
            answer(session, alert_id, now=engine_time.now(session))
    except Conflict as conflict:
        return _page(token, _shown(token), conflict.message)
    return redirect(url_for("alerts.show", token=token), 303)


def _page(token: str, linked: Linked, refusal: Message | None) -> ResponseReturnValue:
    page = render_template("alerts/show.html", token=token, linked=linked, refusal=refusal)
    return page, 409 if refusal else 200


@blueprint.record_once
def _need_no_form_token(state: BlueprintSetupState) -> None:
    """Let people answer whose browser keeps no cookies: the signature of the link is the token."""
    for view in (acknowledge, pass_on, answer_ready):
        state.app.extensions["csrf"].exempt(view)
