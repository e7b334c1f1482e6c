"""Check-in on a phone: a code, maybe a number of the chamber, one press. Nobody has to sign in for it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.fields import SelectChoice

from confsched.domain.kinds import AttendanceMode
from confsched.errors import Refusal, msg
from confsched.services import check_in
from confsched.services.check_in import CheckIn
from confsched.web.context import now, read_as, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.guesses import note_guess
from confsched.web.pages import ANSWERABLE
from confsched.web.policies import public

blueprint = Blueprint("check_in", __name__, url_prefix="/check-in")

MODES = {
    AttendanceMode.ON_SITE: msg("I am in the room"),
    AttendanceMode.REMOTE: msg("I have joined by video"),
}


class CodeForm(BaseForm):
    """Ask for the code alone."""

    class Meta(BaseForm.Meta):
        csrf = False  # it only opens a page

    code = StringField(msg("Your code"), description=msg("It stands on the list at the door"))


class CheckInForm(BaseForm):
    class Meta(BaseForm.Meta):
        csrf = False  # the code stands in the address; nobody else could have sent this

    mode = RadioField(
        msg("Where are you?"),
        choices=[SelectChoice(mode.value, words.text) for mode, words in MODES.items()],
        validate_choice=False,
    )
    efn = StringField(msg("EFN"), description=msg("15 digits, for the points. It can be added later."))


@blueprint.get("/")
@public
def ask() -> ResponseReturnValue:
    """Ask for a code, or go on with the one that was typed."""
    typed = request.args.get("code", "")
    form = CodeForm(formdata=None)
    if not typed:
        return render_template("check_in/ask.html", form=form)
    try:
        _opened(typed)
    except Refusal as refusal:
        form.code.data = typed[:40]
        form.add_refusal(refusal)
        return render_template("check_in/ask.html", form=form), refusal.status
    return redirect(url_for("check_in.show", code=check_in.read_code(typed)), 303)


def _opened(code: str) -> CheckIn:
    """Return what a code opens, in the words of whom it belongs to; who guesses is slowed down."""
    found = check_in.find(read_session(), code, now=now())
    if found is None:
        note_guess(now())
    opened = check_in.demand_code(found)
    read_as(opened.person.language, opened.person.zone)
    return opened


@blueprint.get("/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """Show whose code it is and for which meeting; looking at it checks nobody in."""
    try:
        opened = _opened(code)
    except Refusal as refusal:
        return _unknown(code, refusal)
    form = CheckInForm(formdata=None)
    there = opened.attendance
    form.mode.data = (there.mode if there else AttendanceMode.ON_SITE).value
    form.efn.data = there.efn if there else ""
    return render_template("check_in/show.html", opened=opened, form=form, code=code)


def _unknown(code: str, refusal: Refusal) -> ResponseReturnValue:
    form = CodeForm(formdata=None)
    form.code.data = code[:40]
    form.add_refusal(refusal)
    return render_template("check_in/ask.html", form=form), refusal.status


@blueprint.post("/<code>")
@public
def check(code: str) -> ResponseReturnValue:
    """Check in; sent twice it is once."""
    form = CheckInForm()
    try:
        opened = _opened(code)
    except Refusal as refusal:
        return _unknown(code, refusal)
    try:
        mode = (
            AttendanceMode(form.mode.data)
            if form.mode.data in set(AttendanceMode)
            else AttendanceMode.ON_SITE
        )
        with transaction() as session:
            check_in.check_in(session, code, efn=form.efn.data or "", mode=mode, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        form.add_refusal(refusal)
        return render_template("check_in/show.html", opened=opened, form=form, code=code), refusal.status
    return redirect(url_for("check_in.show", code=code), 303)


@blueprint.record_once
def _need_no_form_token(state: BlueprintSetupState) -> None:
    """Let people answer whose browser keeps no cookies: the code is the token."""
    state.app.extensions["csrf"].exempt(check)
