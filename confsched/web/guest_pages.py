"""The page behind the link of a guest: one meeting, opened by scanners and answered by people."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from wtforms import StringField

from confsched.domain.kinds import ConferenceKind, Partstat
from confsched.domain.signed_links import LinkPurpose
from confsched.errors import Refusal, msg
from confsched.formats.meetings import kind_words
from confsched.mail.signed_links import find_id
from confsched.services import guest_links
from confsched.services.guest_links import Linked
from confsched.web.context import now, read_as, read_session, reader_language, settings, transaction
from confsched.web.forms import BaseForm
from confsched.web.guesses import note_guess
from confsched.web.pages import ANSWERABLE
from confsched.web.policies import public

blueprint = Blueprint("guest_pages", __name__, url_prefix="/g")


class SubstituteForm(BaseForm):
    """Ask who comes instead."""

    class Meta(BaseForm.Meta):
        csrf = False  # the signature of the link stands in the address; nobody else could have sent this

    name = StringField(msg("Name of the substitute"), description=msg("Such as: Dr. Ada Lund"))
    email = StringField(msg("E-mail address of the substitute"))


@blueprint.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show the meeting; mail scanners open links, so nothing is answered by opening it."""
    return _page(token, _shown(token), SubstituteForm(formdata=None), 200)


def _shown(token: str) -> Linked:
    """Return what the link opens, in the words and the zone of whom it was sent to."""
    participation_id = find_id(LinkPurpose.PARTICIPATION, token, settings().secret_key)
    if participation_id is None:
        note_guess(now())
    linked = guest_links.get_linked(read_session(), participation_id, now=now())
    read_as(linked.person.language, linked.person.zone)
    return linked


def _page(token: str, linked: Linked, form: SubstituteForm, status: int) -> ResponseReturnValue:
    kind = linked.conference.kind if linked.conference else ConferenceKind.CASE_CONFERENCE
    page = render_template(
        "guest_pages/show.html",
        token=token,
        linked=linked,
        kind=kind_words(kind, reader_language()),
        form=form,
    )
    return page, status


@blueprint.post("/<token>/reply")
@public
def reply(token: str) -> ResponseReturnValue:
    """Take the answer that a button sends; it may be changed until the meeting."""
    linked = _shown(token)
    form = SubstituteForm(formdata=None)
    try:
        given, seen = _given(request.form.get("partstat", "")), request.form.get("sequence", type=int)
        with transaction() as session:
            guest_links.reply(session, linked.participation.id, given, now=now(), seen_sequence=seen)
    except Refusal as refusal:
        return _refused(token, form, refusal)
    return redirect(url_for("guest_pages.show", token=token), 303)


def _given(text: str) -> Partstat:
    if text not in guest_links.ANSWERS:
        raise Refusal(msg("Choose one of the answers."))
    return Partstat(text)


@blueprint.post("/<token>/substitute")
@public
def delegate(token: str) -> ResponseReturnValue:
    """Send somebody else instead; they get an invitation of their own."""
    linked, form = _shown(token), SubstituteForm()
    try:
        with transaction() as session:
            name, email = form.name.data or "", form.email.data or ""
            guest_links.delegate(session, linked.participation.id, name, email, now=now())
    except Refusal as refusal:
        return _refused(token, form, refusal)
    return redirect(url_for("guest_pages.show", token=token), 303)


def _refused(token: str, form: SubstituteForm, refusal: Refusal) -> ResponseReturnValue:
    if refusal.status not in ANSWERABLE:
        raise refusal
    form.add_refusal(refusal)
    return _page(token, _shown(token), form, refusal.status)


@blueprint.record_once
def _need_no_form_token(state: BlueprintSetupState) -> None:
    """Let people answer whose mail program keeps no cookies: the signature of the link is the token."""
    for view in (reply, delegate):
        state.app.extensions["csrf"].exempt(view)
