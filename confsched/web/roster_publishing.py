"""One question before a month with gaps or unanswered warnings is published."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField

from confsched.errors import msg
from confsched.services.duty_rosters import MonthView, Unanswered
from confsched.web.forms import BaseForm
from confsched.web.roster_months import month_name


class PublishForm(BaseForm):
    """Publish what was seen: the last edition, and the numbers that were confirmed."""

    seen_edition = HiddenField()
    confirmed = HiddenField()
    reason = StringField(
        msg("Reason"), description=msg("May stay empty. The audit trail keeps it: no data of patients.")
    )


def must_ask(view: MonthView, form: PublishForm) -> bool:
    """Tell whether these numbers have to be confirmed; what would be refused is not asked for first."""
    is_current = form.seen_edition.data == str(view.edition)
    is_confirmed = form.confirmed.data == _in_form(view.unanswered)
    return is_current and view.is_publishable and bool(view.unanswered) and not is_confirmed


def _in_form(unanswered: Unanswered) -> str:
    """Write the numbers as a form holds them, so that a new gap is asked for anew."""
    return f"{unanswered.gaps}-{unanswered.warnings}"


def ask_page(view: MonthView, form: PublishForm, status: int = 200) -> ResponseReturnValue:
    """Show what is open, with the ways to it, and the button that publishes all the same."""
    page = render_template(
        "duty_rosters/publish.html",
        view=view,
        form=form,
        confirmed=_in_form(view.unanswered),
        month_name=month_name(view.month),
        here={"department_id": view.department_id, "month": f"{view.month:%Y-%m}"},
    )
    return page, status
