"""The page behind the link of somebody who is asked for a date: looked at by scanners, answered by people."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from confsched.domain.kinds import PollAnswer
from confsched.domain.signed_links import LinkPurpose
from confsched.errors import Refusal
from confsched.mail.signed_links import find_id
from confsched.models.polls import DatePoll, PollVoter
from confsched.services import polls
from confsched.web.context import now, read_as, read_session, settings, transaction
from confsched.web.guesses import note_guess
from confsched.web.pages import ANSWERABLE
from confsched.web.policies import public
from confsched.web.poll_forms import KINDS, VoteForm
from confsched.web.polls import SIGNS

blueprint = Blueprint("poll_votes", __name__, url_prefix="/polls/vote")

ANSWER = "answer-"


@blueprint.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show the times, and what the reader has said to them."""
    poll, voter = _opened(token)
    form = VoteForm(formdata=None)
    form.note.data = voter.note
    return _page(token, poll, voter, form, {one.time_id: one.answer for one in voter.answers}, 200)


def _opened(token: str) -> tuple[DatePoll, PollVoter]:
    """Return the poll that a link opens, in the words and the zone of whom it was sent to."""
    voter_id = find_id(LinkPurpose.VOTE, token, settings().secret_key)
    if voter_id is None:
        note_guess(now())
    poll, voter = polls.get_voter(read_session(), voter_id, now=now())
    read_as(voter.person.language, voter.person.zone)
    return poll, voter


def _page(
    token: str,
    poll: DatePoll,
    voter: PollVoter,
    form: VoteForm,
    answers: dict[uuid.UUID, PollAnswer],
    status: int,
) -> ResponseReturnValue:
    page = render_template(
        "polls/vote.html",
        token=token,
        poll=poll,
        voter=voter,
        form=form,
        answers=answers,
        signs=SIGNS,
        kinds=KINDS,
    )
    return page, status


@blueprint.post("/<token>")
@public
def answer(token: str) -> ResponseReturnValue:
    """Keep the answers; they may be changed until the poll ends."""
    poll, voter = _opened(token)
    form, given = VoteForm(), _given(poll)
    try:
        with transaction() as session:
            own, me = polls.get_voter(session, voter.id, now=now())
            polls.answer(session, own, me, given, form.note.data or "", now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        poll, voter = _opened(token)
        return _page(token, poll, voter, form, given, refusal.status)
    return redirect(url_for("poll_votes.show", token=token), 303)


def _given(poll: DatePoll) -> dict[uuid.UUID, PollAnswer]:
    """Return what was pressed, leaving out what no page of ours sends."""
    known = {answer.value: answer for answer in PollAnswer}
    said = {one.id: known.get(request.form.get(f"{ANSWER}{one.id}", "")) for one in poll.times}
    return {key: answer for key, answer in said.items() if answer is not None}


@blueprint.record_once
def _need_no_form_token(state: BlueprintSetupState) -> None:
    """Let people answer whose browser keeps no cookies: the signature of the link is the token."""
    state.app.extensions["csrf"].exempt(answer)
