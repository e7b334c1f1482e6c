"""Series of conferences: the list, a new one in two steps, and one of them with its dates."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from confsched.domain.permissions import Permission
from confsched.errors import Refusal
from confsched.services import access, series, series_lists
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.policies import needs
from confsched.web.series_choices import KIND_WORDS
from confsched.web.series_form import SeriesForm
from confsched.web.series_steps import (
    DecisionForm,
    Step,
    add_refusal,
    answer_button,
    form_page,
    preview_page,
)
from confsched.web.series_typed import draft_of
from confsched.web.series_words import SKIPPED, STATES, rule_words

MAX_PAGE = 10_000

blueprint = Blueprint("series", __name__, url_prefix="/series")


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"rule_words": rule_words}


@blueprint.get("/")
@needs(Permission.SEE_MEETINGS)
def index() -> ResponseReturnValue:
    """List the series that the reader belongs to, may bring cases to, or runs."""
    page = max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))
    listing = series_lists.list_series(read_session(), current_actor(), now=now(), page=page)
    return render_template("series/index.html", listing=listing, kind_words=KIND_WORDS)


@blueprint.get("/new")
@needs(Permission.RUN_CONFERENCES)
def new() -> ResponseReturnValue:
    """Ask what the conference is, how it comes back, and who belongs to it."""
    return form_page(SeriesForm(formdata=None), Step.new())


@blueprint.post("/")
@needs(Permission.RUN_CONFERENCES)
def create() -> ResponseReturnValue:
    """Show every date first; the second time, book them and invite everybody, once for one form."""
    form, step = SeriesForm(), Step.new()
    answer = answer_button(form, step)
    if answer is not None:
        return answer
    decision = DecisionForm()
    if form.action != "save":
        return _looked_at(form, decision, step)
    try:
        with transaction() as session:
            made = series.create(
                session,
                current_actor(),
                draft_of(form),
                now=now(),
                key=form.form_key.data or "",
                override_reason=decision.reason_to_overrule,
                leave_out=decision.leaves_out,
                seen=decision.seen.data or "",
            )
            target = url_for("series.show", series_id=made.id, made=1)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _looked_at(form, decision, step, refusal)
    return redirect(target, 303)


def _looked_at(
    form: SeriesForm, decision: DecisionForm, step: Step, refusal: Refusal | None = None
) -> ResponseReturnValue:
    """Show the dates; what is wrong with the draft itself leads back to its form."""
    try:
        draft = draft_of(form)
        previews = series.preview(read_session(), current_actor(), draft, now=now())
    except Refusal as unfit:
        add_refusal(form, unfit)
        return form_page(form, step, unfit.status)
    if refusal is not None and not decision.takes(refusal):
        add_refusal(form, refusal)
        return form_page(form, step, refusal.status)
    return preview_page(form, decision, step, draft, previews, refusal.status if refusal else 200)


@blueprint.get("/<uuid:series_id>")
@needs(Permission.SEE_MEETINGS)
def show(series_id: uuid.UUID) -> ResponseReturnValue:
    """Show a series with its dates, the next one first."""
    session, actor = read_session(), current_actor()
    row = access.get_series(session, actor, series_id)
    return render_template(
        "series/show.html",
        series=row,
        dates=series_lists.list_dates(session, row, now=now()),
        may_change=series_lists.may_change(session, actor, row),
        kind_words=KIND_WORDS,
        states=STATES,
        skipped=SKIPPED,
        is_new=request.args.get("made") == "1",
    )
