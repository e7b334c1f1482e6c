"""Change a series: all dates to come, or one and those after it; call it off on a page that names it."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import Length

from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries
from confsched.services import access, series, series_changes, series_lists
from confsched.services.access import To
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.policies import needs
from confsched.web.series_form import SeriesForm
from confsched.web.series_steps import (
    DecisionForm,
    Step,
    add_refusal,
    answer_button,
    form_page,
    preview_page,
)
from confsched.web.series_typed import draft_of, form_of

blueprint = Blueprint("series_changes", __name__, url_prefix="/series")


class EndForm(BaseForm):
    reason = StringField(msg("Reason (all who take part read it here)"), validators=[Length(max=200)])


@blueprint.get("/<uuid:series_id>/edit")
@needs(Permission.SEE_MEETINGS)
def edit(series_id: uuid.UUID) -> ResponseReturnValue:
    """Show the series to be changed; ?since= names the date from which on."""
    session = read_session()
    row = _changeable(session, series_id)
    since = _since(session, row, request.args.get("since"))
    return form_page(form_of(series.draft_of(row)), Step.change(row, since))


@blueprint.post("/<uuid:series_id>/changes")
@needs(Permission.SEE_MEETINGS)
def change(series_id: uuid.UUID) -> ResponseReturnValue:
    """Show every date as it would be first; the second time, change them and tell everybody."""
    session = read_session()
    row = _changeable(session, series_id)
    form, step = SeriesForm(), Step.change(row, _since(session, row, request.form.get("since")))
    answer = answer_button(form, step)
    if answer is not None:
        return answer
    decision = DecisionForm()
    if form.action != "save":
        return _looked_at(form, decision, step)
    try:
        target = _saved(series_id, form, decision)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        return _looked_at(form, decision, step, refusal)
    return redirect(target, 303)


def _saved(series_id: uuid.UUID, form: SeriesForm, decision: DecisionForm) -> str:
    draft, reason = draft_of(form), decision.reason.data or ""
    with transaction() as session:
        actor = current_actor()
        row = access.get_series(session, actor, series_id, to="change")
        since = _since(session, row, request.form.get("since"), to="change")
        if since is None:
            changed = series_changes.change_all(
                session, actor, row, draft, now=now(), decision=decision.decided(), reason=reason
            )
        else:
            changed = series_changes.change_following(
                session, actor, since, draft, now=now(), decision=decision.decided(), reason=reason
            )
        return url_for("series.show", series_id=changed.id)


def _changeable(session: Session, series_id: uuid.UUID) -> ConferenceSeries:
    """Return a series that the reader may change; to others it is not found, as a change of theirs is."""
    row = access.get_series(session, current_actor(), series_id)
    if not series_lists.may_change(session, current_actor(), row):
        raise NotFound
    return row


def _since(session: Session, row: ConferenceSeries, text: str | None, *, to: To = "see") -> Conference | None:
    """Return the date of this series from which on it is to change; None for all dates to come."""
    since_id = find_id(text)
    if since_id is None:
        return None
    since = access.get_conference(session, current_actor(), since_id, to=to)
    if since.series_id != row.id:
        raise NotFound
    return since


def _looked_at(
    form: SeriesForm, decision: DecisionForm, step: Step, refusal: Refusal | None = None
) -> ResponseReturnValue:
    """Show the dates as they would be; what is wrong with the draft leads back to its form."""
    session = read_session()
    assert step.series is not None, "a change is a change of a series"
    row = _changeable(session, step.series.id)
    try:
        draft = draft_of(form)
        since = _since(session, row, request.form.get("since"))
        layout = series_changes.preview_change(session, current_actor(), row, draft, now=now(), since=since)
    except Refusal as unfit:
        add_refusal(form, unfit)
        return form_page(form, step, unfit.status)
    if refusal is not None and not decision.takes(refusal):
        add_refusal(form, refusal)
        return form_page(form, step, refusal.status)
    status = refusal.status if refusal else 200
    return preview_page(
        form,
        decision,
        step,
        layout.plan.draft,
        layout.previews,
        status,
        gone=layout.gone,
        is_split=layout.cut_on is not None,
    )


@blueprint.get("/<uuid:series_id>/end")
@needs(Permission.SEE_MEETINGS)
def ending(series_id: uuid.UUID) -> ResponseReturnValue:
    """Name what is called off, and ask once: it cannot be undone."""
    return _end_page(series_id, EndForm(formdata=None), 200)


@blueprint.post("/<uuid:series_id>/cancellation")
@needs(Permission.SEE_MEETINGS)
def cancel(series_id: uuid.UUID) -> ResponseReturnValue:
    """Call off every date to come and tell everybody; twice is once."""
    form = EndForm()
    try:
        with transaction() as session:
            row = access.get_series(session, current_actor(), series_id, to="change")
            series_changes.cancel_series(
                session, current_actor(), row, now=now(), reason=form.reason.data or ""
            )
    except Refusal as refusal:
        if refusal.status != Refusal.status:
            raise
        form.add_refusal(refusal)
        return _end_page(series_id, form, refusal.status)
    return redirect(url_for("series.show", series_id=series_id), 303)


def _end_page(series_id: uuid.UUID, form: EndForm, status: int) -> ResponseReturnValue:
    session = read_session()
    row = _changeable(session, series_id)
    dates = series_lists.list_dates(session, row, now=now())
    return render_template("series/end.html", series=row, dates=dates, form=form), status
