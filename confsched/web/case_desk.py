"""What the desk of a conference decides about a case: triage, a late case, another date."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.services import boards, case_lists, cases
from confsched.web.case_forms import DeferForm, TriageForm
from confsched.web.case_pages import case_page
from confsched.web.case_words import DECISIONS
from confsched.web.context import current_actor, now, transaction
from confsched.web.ids import find_id
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("case_desk", __name__, url_prefix="/cases")


@blueprint.post("/<uuid:desk_case_id>/triage")
@needs(Permission.SEE_MEETINGS)
def triage(desk_case_id: uuid.UUID) -> ResponseReturnValue:
    """Decide whether a case is discussed, only listed, or rejected."""
    form, actor = TriageForm(), current_actor()
    try:
        with transaction() as session:
            case = case_lists.get_for_desk(session, actor, desk_case_id)
            decision, reason = form.decision, form.reason.data or ""
            cases.triage(session, actor, case, decision, now=now(), reason=reason)
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return case_page(desk_case_id, triage=form, status=refusal.status)
    return _back(desk_case_id, DECISIONS[decision])


@blueprint.post("/<uuid:desk_case_id>/approval")
@needs(Permission.SEE_MEETINGS)
def approve(desk_case_id: uuid.UUID) -> ResponseReturnValue:
    """Let in a case that came after the cut-off, as the chair."""
    form, actor = TriageForm(formdata=None), current_actor()
    try:
        with transaction() as session:
            case = case_lists.get_for_desk(session, actor, desk_case_id)
            cases.approve_late(session, actor, case, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return case_page(desk_case_id, triage=form, status=refusal.status)
    return _back(desk_case_id, msg("The late case is let in."))


@blueprint.post("/<uuid:desk_case_id>/deferral")
@needs(Permission.SEE_MEETINGS)
def defer(desk_case_id: uuid.UUID) -> ResponseReturnValue:
    """Put a case off to a later date; without one that is the next date of the series."""
    form, actor = DeferForm(), current_actor()
    try:
        with transaction() as session:
            case = case_lists.get_for_desk(session, actor, desk_case_id)
            to = boards.find_later_date(session, case.conference, find_id(form.to.data), now=now())
            later = cases.defer(session, actor, case, to, now=now(), reason=form.reason.data or "")
            target = later.id if later else desk_case_id
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return case_page(desk_case_id, deferral=form, status=refusal.status)
    return _back(
        target, msg("The case stands on the later date.") if later else msg("The case waits for a date.")
    )


def _back(case_id: uuid.UUID, said: Message) -> ResponseReturnValue:
    flash(sentence(said), "ok")
    return redirect(url_for("cases.show", case_id=case_id), 303)
