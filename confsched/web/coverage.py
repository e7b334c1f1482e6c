"""Coverage: every line for 90 days as a heat map and a list, intended gaps, and the way to ask for cover."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField

from confsched.domain.coverage import runs
from confsched.domain.intervals import Span
from confsched.domain.permissions import Permission
from confsched.errors import NotFound, Refusal, msg
from confsched.models.rosters import DeclaredGap
from confsched.models.swaps import DutySwap
from confsched.services import access, coverage, declared_gaps
from confsched.services.coverage import Opening, Overview
from confsched.services.lists import page_of
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.coverage_filter import (
    FILTERS,
    NARROWING,
    PERIOD,
    Asked,
    kept,
    read_filter,
)
from confsched.web.forms import BaseForm, new_form_key
from confsched.web.ids import find_id
from confsched.web.instants import parse_instant
from confsched.web.line_choices import unknown_choices
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")

LINES_A_PAGE = 50
NEXT_GAPS = 10
GAPS_A_PAGE = 20
MAX_DECLARED = 50
MONDAY = 0


class DeclareForm(BaseForm):
    """Take one gap of the list as intended."""

    line_id = HiddenField()
    starts_at = HiddenField()
    ends_at = HiddenField()
    reason = StringField(msg("Reason"))

    def is_about(self, opening: Opening) -> bool:
        """Tell whether this form was sent for the gap, so that what was typed stands where it was typed."""
        wanted = (str(opening.line.line_id), opening.span.starts_at.isoformat())
        return (self.line_id.data, self.starts_at.data) == wanted


@blueprint.get("")
@needs(Permission.SEE_COVERAGE)
def show() -> ResponseReturnValue:
    """Show the heat map of lines by days, and the next gaps."""
    present = now()
    asked = read_filter(present)
    found = _find(asked, present)
    page = render_template(
        "coverage/show.html",
        listing=page_of(found.lines, asked.page, LINES_A_PAGE),
        weeks=_weeks(found.days),
        runs=runs,
        openings=found.openings[:NEXT_GAPS],
        **_for_page(asked, found, present),
        **_for_rows(None, found, present),
    )
    return page, 422 if asked.problems else 200


@blueprint.get("/gaps")
@needs(Permission.SEE_COVERAGE)
def list_gaps() -> ResponseReturnValue:
    """List every gap of the coming days, the next one first, and the intended ones."""
    return _list_page(None, 200)


def _list_page(failed: DeclareForm | None, status: int) -> ResponseReturnValue:
    present = now()
    asked = read_filter(present)
    found = _find(asked, present)
    shown = {one.line.line_id for one in found.lines}
    declared = [gap for gap in _list_declared(found) if gap.line_id in shown]
    page = render_template(
        "coverage/gaps.html",
        listing=page_of(found.openings, asked.page, GAPS_A_PAGE),
        declared=declared[:MAX_DECLARED],
        declared_total=len(declared),
        **_for_page(asked, found, present),
        **_for_rows(failed, found, present),
    )
    return page, 422 if asked.problems else status


def _list_declared(found: Overview) -> list[DeclaredGap]:
    return declared_gaps.list_declared(
        read_session(), current_actor(), now=found.known_at, since=found.starts_at
    )


@blueprint.post("/gaps")
@needs(Permission.EDIT_ROSTER)
def declare() -> ResponseReturnValue:
    """Take a gap as intended, with a reason."""
    form = DeclareForm()
    actor = current_actor()
    try:
        span = _span(form)
        with transaction() as session:
            line = access.get_line(session, actor, _line_id(form), to="change")
            reason, key = form.reason.data or "", form.form_key.data
            declared_gaps.declare_gap(session, actor, line, span, reason, now=now(), key=key)
    except NotFound:
        raise
    except Refusal as refusal:
        form.add_refusal(refusal)
        return _list_page(form, refusal.status)
    flash(sentence(msg("Declared: this gap alarms nobody any more.")), "ok")
    return redirect(url_for("coverage.list_gaps", **kept(*FILTERS)), 303)


def _span(form: DeclareForm) -> Span:
    starts_at, ends_at = parse_instant(form.starts_at.data), parse_instant(form.ends_at.data, "ends_at")
    if starts_at >= ends_at:
        raise Refusal(msg("This is not a time. Choose one from the page."), field="ends_at")
    return Span(starts_at, ends_at)


def _line_id(form: DeclareForm) -> uuid.UUID:
    line_id = find_id(form.line_id.data or "")
    if line_id is None:
        raise NotFound
    return line_id


@blueprint.post("/gaps/<uuid:gap_id>/withdrawal")
@needs(Permission.EDIT_ROSTER)
def withdraw(gap_id: uuid.UUID) -> ResponseReturnValue:
    """Let an intended gap alarm again."""
    actor = current_actor()
    with transaction() as session:
        gap = access.get_row(session, actor, DeclaredGap, gap_id, to="change")
        declared_gaps.withdraw_gap(session, actor, gap, now=now())
    flash(sentence(msg("Withdrawn: whoever watches the coverage sees this gap again.")), "ok")
    return redirect(url_for("coverage.list_gaps", **kept(*FILTERS)), 303)


def _for_page(asked: Asked, found: Overview, present: datetime) -> dict[str, object]:
    """Return what both pages say about the period and whose knowledge they show."""
    return {
        "asked": asked,
        "overview": found,
        "is_from_now": found.starts_at == present,
        "is_past_knowledge": found.known_at < present,
        "narrowed": kept(*NARROWING),
        "in_the_present": kept(*(name for name in FILTERS if name not in (*PERIOD, "page"))),
    }


def _for_rows(failed: DeclareForm | None, found: Overview, present: datetime) -> dict[str, object]:
    """Return what the rows of gaps need beside the gaps: who may change, and what is asked for already.

    What was known in the past can be looked at only, and so can what is over.
    """
    actor = current_actor()
    new_key: Callable[[], str] = new_form_key
    is_past = found.known_at < present
    this_minute = present.replace(second=0, microsecond=0)
    asked = [] if is_past else coverage.list_asked(read_session(), actor, now=present)
    return {
        "failed": failed,
        "new_key": new_key,
        "kept": kept(*FILTERS),
        "may_change": lambda opening: (
            not is_past and opening.span.starts_at >= this_minute and opening.line.belongs_to(actor)
        ),
        "houses": frozenset() if is_past else actor.organisations_with(Permission.EDIT_ROSTER),
        "asked_for": partial(_find_asked, asked),
    }


def _find_asked(asked: Sequence[DutySwap], opening: Opening) -> DutySwap | None:
    """Return the request for cover that is under way for a gap, or for a part of it."""
    for swap in asked:
        is_near = swap.starts_at < opening.span.ends_at and swap.ends_at > opening.span.starts_at
        if swap.line_id == opening.line.line_id and is_near:
            return swap
    return None


def _find(asked: Asked, present: datetime) -> Overview:
    """Return what was asked for; a site or a service that nothing has joins what is wrong."""
    found = coverage.overview(
        read_session(),
        current_actor(),
        now=present,
        first_day=asked.first_day,
        known_at=asked.known_at,
        site_id=asked.site_id,
        service_group=asked.group,
        only_gaps=asked.only_gaps,
    )
    asked.problems.update(unknown_choices(asked.site_id, asked.group, found))
    return found


def _weeks(days: tuple[date, ...]) -> list[tuple[date, int]]:
    """Return the first day of each week and how many of the days it has; the first and last are cut."""
    starts = [number for number, day in enumerate(days) if number == 0 or day.weekday() == MONDAY]
    ends = [*starts[1:], len(days)]
    return [(days[start], end - start) for start, end in zip(starts, ends, strict=True)]
