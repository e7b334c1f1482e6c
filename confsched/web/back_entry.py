"""Entering what was done by telephone while this could not be reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField

from confsched.domain.back_entry import CLOCKS, REQUIRED
from confsched.domain.kinds import Recommendation, UrgentKind, UrgentState
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.services import back_entry, urgent_requests
from confsched.services.back_entry import BackEntry
from confsched.services.findings import Problem, Unfit, problems_of
from confsched.services.urgent_requests import Offered
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.instants import find_day, find_time
from confsched.web.policies import needs
from confsched.web.urgent_words import RECOMMENDATIONS

blueprint = Blueprint("back_entry", __name__, url_prefix="/urgent/back-entry")

WORDS: Mapping[UrgentState, Message] = {
    UrgentState.REQUESTED: msg("Called"),
    UrgentState.ACKNOWLEDGED: msg("Answered"),
    UrgentState.CONNECTED: msg("Video stands"),
    UrgentState.RECOMMENDED: msg("Recommendation given"),
    UrgentState.INDICATION_GIVEN: msg("Indication given"),
    UrgentState.SCANNING: msg("Examination begun"),
    UrgentState.IMAGES_RECEIVED: msg("Images complete"),
    UrgentState.PHONED: msg("Result phoned"),
    UrgentState.REPORTED: msg("Report written"),
}
_TIME = msg("Choose a time, such as 14:30.")


class BackEntryForm(BaseForm):
    service = HiddenField()
    case_ref = StringField(
        msg("Case reference"), description=msg("Proposed anew, or the one that was noted. No patient data.")
    )
    consultant = StringField(msg("Who answered the call"))
    day = StringField(msg("Day of the call"))
    requested = StringField(WORDS[UrgentState.REQUESTED])
    acknowledged = StringField(WORDS[UrgentState.ACKNOWLEDGED])
    connected = StringField(WORDS[UrgentState.CONNECTED])
    indication_given = StringField(WORDS[UrgentState.INDICATION_GIVEN])
    scanning = StringField(WORDS[UrgentState.SCANNING])
    images_received = StringField(WORDS[UrgentState.IMAGES_RECEIVED])
    recommended = StringField(WORDS[UrgentState.RECOMMENDED])
    recommendation = StringField(msg("Recommendation"))
    phoned = StringField(WORDS[UrgentState.PHONED])
    reported = StringField(WORDS[UrgentState.REPORTED])


@blueprint.get("")
@needs(Permission.REQUEST_URGENT)
def show() -> ResponseReturnValue:
    """Show the form of the service that is chosen, or of the only one."""
    offered = _offered()
    chosen = _chosen(offered, request.args.get("service"))
    form = BackEntryForm(formdata=None)
    if chosen:
        form.case_ref.data = urgent_requests.propose_case_ref(read_session())
    return _page(form, offered, chosen, 200)


@blueprint.post("")
@needs(Permission.REQUEST_URGENT)
def create() -> ResponseReturnValue:
    """Enter the consult; what was typed stays where something is wrong."""
    form, offered = BackEntryForm(), _offered()
    chosen = _chosen(offered, form.service.data)
    if chosen is None:
        form.add_error(None, msg("Choose a service."))
        return _page(form, offered, None, 422)
    try:
        consult_id = _enter(form, chosen)
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(form, offered, chosen, refusal.status)
    return redirect(f"/urgent/{consult_id}", 303)


def _offered() -> list[Offered]:
    return urgent_requests.list_services(read_session(), current_actor(), now())


def _chosen(offered: list[Offered], text: str | None) -> Offered | None:
    """Return the service that was named; where none was, the only one."""
    if not text:
        return offered[0] if len(offered) == 1 else None
    wanted = find_id(text)
    return next((one for one in offered if one.service.id == wanted), None)


def _enter(form: BackEntryForm, chosen: Offered) -> object:
    actor, service_id = current_actor(), chosen.service.id
    entry, unread = _read(form, _kind(chosen))
    with transaction() as session:
        offered = urgent_requests.get_offered(session, actor, service_id, now())
        try:
            consult = back_entry.enter(
                session, actor, offered, entry, key=form.form_key.data or "", now=now()
            )
        except Refusal as refusal:
            known = {problem.field for problem in unread}
            raise Unfit(
                [*unread, *(one for one in problems_of(refusal) if one.field not in known)]
            ) from refusal
        if unread:
            raise Unfit(unread)
        return consult.id


def _read(form: BackEntryForm, kind: UrgentKind) -> tuple[BackEntry, list[Problem]]:
    """Return what could be read, and the times that could not."""
    typed = {state: (form[state.value].data or "").strip() for state in CLOCKS[kind]}
    read = {state: find_time(text) for state, text in typed.items() if text}
    unread = [Problem(state.value, _TIME) for state, found in read.items() if found is None]
    times: dict[UrgentState, time] = {state: found for state, found in read.items() if found is not None}
    code = form.recommendation.data
    entry = BackEntry(
        case_ref=form.case_ref.data or "",
        consultant_id=find_id(form.consultant.data),
        day=find_day(form.day.data or ""),
        times=times,
        recommendation=Recommendation(code) if code in list(Recommendation) else None,
    )
    return entry, unread


def _kind(offered: Offered) -> UrgentKind:
    assert offered.service.urgent_kind is not None, "an urgent service has a kind"
    return offered.service.urgent_kind


def _page(
    form: BackEntryForm, offered: list[Offered], chosen: Offered | None, status: int
) -> ResponseReturnValue:
    session, at = read_session(), now()
    page = render_template(
        "back_entry/show.html",
        form=form,
        offered=offered,
        chosen=chosen,
        clocks=[(form[state.value], state in REQUIRED) for state in CLOCKS[_kind(chosen)]] if chosen else [],
        consultants=back_entry.list_consultants(session, chosen.service, at) if chosen else [],
        recommendations=RECOMMENDATIONS,
    )
    return page, status
