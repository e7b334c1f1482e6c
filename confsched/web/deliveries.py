"""Deliveries: every message, whether it left, why not, and what its reader sees."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import NotFound, msg
from confsched.mail.compose import preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.outbox import OutboxMessage
from confsched.services import access, outbox
from confsched.web.context import current_actor, now, read_session, settings, transaction
from confsched.web.policies import needs

blueprint = Blueprint("deliveries", __name__, url_prefix="/deliveries")

STATES = {"waiting": msg("waiting"), "sent": msg("sent"), "failed": msg("refused")}
KINDS = {
    "invitation": msg("Invitation"),
    "update": msg("Change"),
    "cancellation": msg("Cancellation"),
    "removal": msg("Removal"),
    "roster_change": msg("Change of a roster"),
    "swap_proposal": msg("Proposed swap"),
    "swap_result": msg("Outcome of a swap"),
    "cover_request": msg("Cover asked for"),
    "triage_request": msg("Request to decide on"),
    "consult_news": msg("News of a consult"),
    "deadline_reminder": msg("Reminder of a deadline"),
    "meeting_reminder": msg("Reminder of a meeting"),
    "availability_question": msg("Question for a time"),
    "slot_offer": msg("Offer of a freed time"),
    "conference_news": msg("News of a conference"),
    "case_news": msg("News of a case"),
}
MAX_SEARCH = 120
MAX_PAGE = 10_000


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """List messages, newest first; the filter stands in the URL."""
    state = request.args.get("state", "")
    listing = outbox.list_messages(
        read_session(),
        current_actor(),
        state=state if state in STATES else "",
        text=request.args.get("q", "")[:MAX_SEARCH],
        page=max(1, min(MAX_PAGE, request.args.get("page", 1, type=int))),
    )
    return render_template("deliveries/index.html", listing=listing, states=STATES, kinds=KINDS)


@blueprint.get("/<uuid:message_id>")
@needs(Permission.SEE_MEETINGS)
def show(message_id: uuid.UUID) -> ResponseReturnValue:
    """Show one message; what it says only to its reader and to who plans meetings in its house."""
    actor = current_actor()
    message = access.get_row(read_session(), actor, OutboxMessage, message_id)
    house = House(settings().public_url, settings().mail_address)
    may_read = outbox.may_read_content(actor, message)
    return render_template(
        "deliveries/show.html",
        message=message,
        mail=preview(envelope_of(message, house, is_shown=True)) if may_read else None,
        sender=house.mail_address,
        may_retry=outbox.may_retry(actor, message),
        kinds=KINDS,
    )


@blueprint.post("/<uuid:message_id>/retry")
@needs(Permission.SEE_DELIVERIES)
def retry(message_id: uuid.UUID) -> ResponseReturnValue:
    """Send a refused message once more; one that has left stays as it is."""
    actor = current_actor()
    with transaction() as session:
        message = access.get_row(session, actor, OutboxMessage, message_id, to="change")
        if not outbox.may_retry(actor, message) and message.sent_at is None:
            raise NotFound
        outbox.retry(session, actor, message, now=now())
    return redirect(url_for("deliveries.show", message_id=message_id), 303)
