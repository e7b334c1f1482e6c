"""The rules of the house: what its rosters are checked against, beside what the law says."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.fields import Field

from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.services import duty_rules
from confsched.services.duty_rules import ALLOWED, LAW_LIMITS, Limits
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("duty_rules", __name__, url_prefix="/rosters/rules")

LONGEST_NUMBER = 4
# Names of German law and agreements, the same in every language; the notice is our own.
SOURCES = {
    "rest_hours": "ArbZG § 5 (1)",
    "compensated_rest_hours": "ArbZG § 5 (2)",
    "cap_hours": "TV-Ärzte/VKA § 10 (2)",
    "standby_limit": "TV-Ärzte/VKA § 10 (10)",
    "on_call_limit": "TV-Ärzte/VKA § 10 (8)",
    "free_weekends": "TV-Ärzte/VKA § 10",
}


class RulesForm(BaseForm):
    rest_hours = StringField(msg("Rest between two days at work, in hours"))
    compensated_rest_hours = StringField(
        msg("Shortened rest, in hours"),
        description=msg("Allowed where a longer rest within four weeks makes up for it."),
    )
    cap_hours = StringField(msg("Longest stretch of work, in hours"))
    standby_limit = StringField(msg("Standby duties at the hospital, a month"))
    on_call_limit = StringField(
        msg("On-call duties from home, a month"),
        description=msg("Background duties count. Beside 1, 2, 3, 4 standby duties: 10, 7, 4, none."),
    )
    free_weekends = StringField(
        msg("Free weekends, a month"), description=msg("From Friday 21:00 to Monday 05:00.")
    )
    notice_days = StringField(
        msg("Notice of changes, in days"),
        description=msg("Whoever is hit by a change that comes later than this gets a mail."),
    )

    @property
    def numbers(self) -> list[Field]:
        """Return the fields in the order of the page."""
        return [self[name] for name in ALLOWED]


@blueprint.get("")
@needs(Permission.EDIT_ROSTER)
def show() -> ResponseReturnValue:
    """Show the numbers of the house, each beside that of the law."""
    limits = duty_rules.limits_of(read_session(), duty_rules.house_of(current_actor()))
    return _page(RulesForm(formdata=None, data=asdict(limits)), 200)


@blueprint.post("")
@needs(Permission.EDIT_ROSTER)
def save() -> ResponseReturnValue:
    """Check against these numbers from now on."""
    form = RulesForm()
    limits = _limits(form)
    if limits is None:
        return _page(form, Refusal.status)
    try:
        with transaction() as session:
            duty_rules.save_rules(session, current_actor(), limits, now=now())
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    return _done(msg("Saved. The months show their warnings by these numbers now."))


def _limits(form: RulesForm) -> Limits | None:
    """Return the numbers as typed, or None after naming each field that holds none."""
    numbers = {field.name: _whole_number(field.data) for field in form.numbers}
    for name, number in numbers.items():
        if number is None:
            least, most = ALLOWED[name]
            problem = msg("Enter a whole number from %(least)s to %(most)s.", least=least, most=most)
            form.add_error(name, problem)
    known = {name: number for name, number in numbers.items() if number is not None}
    return Limits(**known) if len(known) == len(numbers) else None


def _whole_number(text: str | None) -> int | None:
    digits = (text or "").strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= LONGEST_NUMBER else None


@blueprint.post("/restoration")
@needs(Permission.EDIT_ROSTER)
def restore() -> ResponseReturnValue:
    """Go back to the numbers of the law."""
    with transaction() as session:
        duty_rules.restore_law(session, current_actor(), now=now())
    return _done(msg("The months are checked against the law again."))


def _done(said: Message) -> ResponseReturnValue:
    flash(sentence(said), "ok")
    return redirect(url_for("duty_rules.show"), 303)


def _page(form: RulesForm, status: int) -> ResponseReturnValue:
    limits = duty_rules.limits_of(read_session(), duty_rules.house_of(current_actor()))
    page = render_template(
        "duty_rules/show.html",
        form=form,
        allowed=ALLOWED,
        law=asdict(LAW_LIMITS),
        sources=SOURCES,
        is_law=limits == LAW_LIMITS,
    )
    return page, status
