"""Coverage: every line for 90 days as a heat map and a list, intended gaps, and the way to ask for cover."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, StringField

from confsched.domain.coverage import runs
from confsched.domain.intervals import Span
from confsched.domain.permissions import Permission
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.models.rosters import DeclaredGap
from confsched.models.swaps import DutySwap
from confsched.services import access, coverage, declared_gaps
from confsched.services.coverage import Opening, Overview
from confsched.services.lists import page_of
from confsched.web.context import current_actor, now, read_session, transaction
from confsched.web.forms import BaseForm, new_form_key
from confsched.web.ids import find_id
from confsched.web.instants import parse_instant
from confsched.web.pages import sentence
from confsched.web.policies import needs

blueprint = Blueprint("coverage", __name__, url_prefix="/coverage")

LINES_A_PAGE = 50
NEXT_GAPS = 10
GAPS_A_PAGE = 20
MAX_DECLARED = 50
MONDAY = 0
FILTERS = ("site", "group", "gaps", "page")


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


@dataclass(frozen=True)
class Asked:
    """Hold the filter as typed, what it means, and what is wrong with it by field."""

    site_id: uuid.UUID | None
    group: str | None
    only_gaps: bool
    page: int
    problems: dict[str, Message] = field(default_factory=dict)


@blueprint.get("")
@needs(Permission.SEE_COVERAGE)
def show() -> ResponseReturnValue:
    """Show the heat map of lines by days, and the next gaps."""
    asked, found = _asked_and_found()
    page = render_template(
        "coverage/show.html",
        asked=asked,
        overview=found,
        listing=page_of(found.lines, asked.page, LINES_A_PAGE),
        weeks=_weeks(found.days),
        runs=runs,
        openings=found.openings[:NEXT_GAPS],
        **_for_rows(None),
    )
    return page, 422 if asked.problems else 200


@blueprint.get("/gaps")
@needs(Permission.SEE_COVERAGE)
def list_gaps() -> ResponseReturnValue:
    """List every gap of the coming days, the next one first, and the intended ones."""
    return _list_page(None, 200)


def _list_page(failed: DeclareForm | None, status: int) -> ResponseReturnValue:
    asked, found = _asked_and_found()
    shown = {one.line.line_id for one in found.lines}
    everywhere = declared_gaps.list_declared(read_session(), current_actor(), now=now())
    declared = [gap for gap in everywhere if gap.line_id in shown]
    page = render_template(
        "coverage/gaps.html",
        asked=asked,
        overview=found,
        listing=page_of(found.openings, asked.page, GAPS_A_PAGE),
        declared=declared[:MAX_DECLARED],
        declared_total=len(declared),
        **_for_rows(failed),
    )
    return page, 422 if asked.problems else status


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
    return redirect(url_for("coverage.list_gaps", **_kept_filter()), 303)


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
    return redirect(url_for("coverage.list_gaps", **_kept_filter()), 303)


def _kept_filter() -> dict[str, Any]:
    return {name: value for name in FILTERS if (value := request.args.get(name))}


def _for_rows(failed: DeclareForm | None) -> dict[str, object]:
    """Return what the rows of gaps need beside the gaps: who may change, and what is asked for already."""
    actor = current_actor()
    new_key: Callable[[], str] = new_form_key
    return {
        "failed": failed,
        "new_key": new_key,
        "kept": _kept_filter(),
        "may_change": lambda line: line.belongs_to(actor),
        "houses": actor.organisations_with(Permission.EDIT_ROSTER),
        "asked_for": partial(_find_asked, coverage.list_asked(read_session(), actor, now=now())),
    }


def _find_asked(asked: Sequence[DutySwap], opening: Opening) -> DutySwap | None:
    """Return the request for cover that is under way for a gap, or for a part of it."""
    for swap in asked:
        is_near = swap.starts_at < opening.span.ends_at and swap.ends_at > opening.span.starts_at
        if swap.line_id == opening.line.line_id and is_near:
            return swap
    return None


def _asked_and_found() -> tuple[Asked, Overview]:
    asked = _asked()
    found = coverage.overview(
        read_session(),
        current_actor(),
        now=now(),
        site_id=asked.site_id,
        service_group=asked.group,
        only_gaps=asked.only_gaps,
    )
    asked.problems.update(_unknown_choices(asked, found))
    return asked, found


def _asked() -> Asked:
    site = request.args.get("site", "")
    site_id = find_id(site)
    problems = {"site": msg("Choose a site from the list.")} if site and site_id is None else {}
    return Asked(
        site_id=site_id,
        group=request.args.get("group") or None,
        only_gaps=request.args.get("gaps") == "only",
        page=max(1, request.args.get("page", 1, type=int)),
        problems=problems,
    )


def _unknown_choices(asked: Asked, found: Overview) -> dict[str, Message]:
    """Name a site or a group that no line has, so that an empty page is never a mistake."""
    problems = {}
    if asked.site_id and str(asked.site_id) not in {site.value for site in found.sites}:
        problems["site"] = msg("Choose a site from the list.")
    if asked.group and asked.group not in found.group_names:
        problems["group"] = msg("Choose a service from the list.")
    return problems


def _weeks(days: tuple[date, ...]) -> list[tuple[date, int]]:
    """Return the first day of each week and how many of the days it has; the first and last are cut."""
    starts = [number for number, day in enumerate(days) if number == 0 or day.weekday() == MONDAY]
    ends = [*starts[1:], len(days)]
    return [(days[start], end - start) for start, end in zip(starts, ends, strict=True)]
