"""Change who has to be there on the page that shows the times, and stay where one was."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import Refusal
from confsched.services import access, conference_needs
from confsched.services.conference_needs import Outdated
from confsched.services.findings import Unfit
from confsched.services.service_choices import find_needs, list_choices
from confsched.web.conference_needs_form import NeedsForm, sent_needs_form
from confsched.web.conference_times import InviteForm, times_page
from confsched.web.context import current_actor, now, transaction
from confsched.web.need_rows import find_action, typed_of
from confsched.web.policies import needs

KEPT = ("day", "people", "wanted")

blueprint = Blueprint("conference_needs", __name__, url_prefix="/conferences")


@blueprint.post("/<uuid:conference_id>/requirements")
@needs(Permission.PLAN_CONFERENCE)
def change(conference_id: uuid.UUID) -> ResponseReturnValue:
    """Save the requirements and show the times of the same day, or answer a button of a row."""
    form = sent_needs_form()
    action = find_action(form.rows)
    if action is not None:
        form.apply(action)
        return times_page(conference_id, InviteForm(formdata=None), 200, typed=form)
    try:
        with transaction() as session:
            conference = access.get_conference(session, current_actor(), conference_id, to="change")
            choices = list_choices(session, conference.site)
            wanted = find_needs(session, choices, map(typed_of, form.rows))
            seen = form.seen.data or ""
            conference_needs.change(session, current_actor(), conference, wanted, seen=seen, now=now())
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _refused(conference_id, form, refusal)
    kept: dict[str, Any] = {
        name: request.form[name] for name in ("day", "people", "wanted") if request.form.get(name)
    }
    return redirect(url_for("conferences.times", conference_id=conference_id, _anchor="board", **kept), 303)


def _refused(conference_id: uuid.UUID, form: NeedsForm, refusal: Refusal) -> ResponseReturnValue:
    if isinstance(refusal, Unfit):
        form.say(refusal.problems)
    else:
        form.add_refusal(refusal)
    form.is_outdated = isinstance(refusal, Outdated)
    return times_page(conference_id, InviteForm(formdata=None), refusal.status, typed=form)
