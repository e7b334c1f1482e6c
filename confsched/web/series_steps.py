"""The two steps of making or changing a series: the form, then its dates and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Self

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, StringField
from wtforms.validators import Length
from wtforms.widgets import HiddenInput

from confsched.clock import local_day
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.conferences import Conference
from confsched.models.series import ConferenceSeries
from confsched.services import directory, series_weekdays
from confsched.services.claims import Taken
from confsched.services.findings import problems_of
from confsched.services.series import Decision, NotAllFree
from confsched.services.series_drafts import SeriesDraft
from confsched.services.series_previews import DatePreview, mark_of
from confsched.web.context import current_actor, now, read_session
from confsched.web.forms import BaseForm
from confsched.web.series_choices import WEEKDAY_NAMES, offered_of, said
from confsched.web.series_form import SeriesForm, find_people, offer_choices
from confsched.web.series_typed import field_of, required_rows, take_slot

LEAVE_OUT, OVERRULE = "leave_out", "overrule"
SOLUTIONS = (
    (LEAVE_OUT, msg("invite without them on these dates")),
    (OVERRULE, msg("invite them all the same, with a reason")),
)
SOLUTION_FIELDS = ("solution", "override_reason", "leave_out", "reason")


class DecisionForm(BaseForm):
    """What is done where somebody is taken, and what those who take part are told."""

    solution = RadioField(msg("What is to be done"), choices=partial(said, SOLUTIONS), validate_choice=False)
    override_reason = StringField(msg("Reason for overruling"), validators=[Length(max=200)])
    reason = StringField(msg("Reason (all who take part read it here)"), validators=[Length(max=200)])
    seen = StringField(widget=HiddenInput())

    @property
    def leaves_out(self) -> bool:
        return bool(self.solution.data == LEAVE_OUT)

    @property
    def reason_to_overrule(self) -> str:
        return (self.override_reason.data or "") if self.solution.data == OVERRULE else ""

    def decided(self) -> Decision:
        """Return what was chosen, for the dates as they were looked at."""
        return Decision(self.reason_to_overrule, self.leaves_out, self.seen.data or "")

    def takes(self, refusal: Refusal) -> bool:
        """Put a refusal beside the choice that it is about; tells whether it is about any."""
        if isinstance(refusal, NotAllFree | Taken):
            text = refusal.message
            if isinstance(refusal, Taken):
                text = NotAllFree(is_new=True).message
            elif self.solution.data == OVERRULE and not self.reason_to_overrule.strip():
                self.add_error("override_reason", msg("Give a reason: both sides read it."))
                return True
            self.add_error(None, text)
            return True
        if refusal.field in SOLUTION_FIELDS:
            self.add_error("solution" if refusal.field == "leave_out" else refusal.field, refusal.message)
            return True
        return False


@dataclass(frozen=True)
class Step:
    """Say what the two steps are about: their headings and buttons, and where they are sent."""

    heading: Message
    target: str
    back: str
    save: Message
    busy: Message
    series: ConferenceSeries | None = None
    since: Conference | None = None
    is_change: bool = False
    has_begun: bool = False

    @classmethod
    def new(cls) -> Self:
        return cls(
            heading=msg("New series of conferences"),
            target=url_for("series.create"),
            back=url_for("series.index"),
            save=msg("Book all dates and invite"),
            busy=msg("Booking …"),
        )

    @classmethod
    def change(cls, series: ConferenceSeries, since: Conference | None) -> Self:
        return cls(
            heading=msg("Change this and the following dates") if since else msg("Change all dates to come"),
            target=url_for("series_changes.change", series_id=series.id),
            back=url_for("series.show", series_id=series.id),
            save=msg("Change and tell everybody"),
            busy=msg("Changing …"),
            series=series,
            since=since,
            is_change=True,
            has_begun=since is not None or series.first_on <= local_day(now(), series.zone),
        )


def answer_button(form: SeriesForm, step: Step) -> ResponseReturnValue | None:
    """Answer a button that changes the form alone; None for those that look at the dates or save."""
    if form.action == "search":
        return _searched(form, step)
    if form.action == "weekdays":
        return _proposed(form, step)
    if form.action.startswith("take-"):
        take_slot(form, form.action.removeprefix("take-"))
        return form_page(form, step)
    return form_page(form, step) if form.action == "back" else None


def _searched(form: SeriesForm, step: Step) -> ResponseReturnValue:
    found = directory.suggest_people(read_session(), form.person_text.data or "", now=now())
    find_people(form, [person.id for person in found])
    return form_page(form, step)


def _proposed(form: SeriesForm, step: Step) -> ResponseReturnValue:
    try:
        proposals = series_weekdays.propose(
            read_session(),
            current_actor(),
            people=form.person_uuids,
            required=[one for _, one in required_rows(form)],
            minutes=form.duration_minutes.data or 0,
            now=now(),
        )
    except Refusal as refusal:
        add_refusal(form, refusal)
        return form_page(form, step, refusal.status)
    return form_page(form, step, proposals=proposals)


def add_refusal(form: SeriesForm, refusal: Refusal) -> None:
    """Say each thing that is wrong at its input."""
    for problem in problems_of(refusal):
        form.add_error(field_of(form, problem.field or None), problem.message)


def form_page(
    form: SeriesForm,
    step: Step,
    status: int = 200,
    proposals: Sequence[series_weekdays.Proposal] | None = None,
) -> ResponseReturnValue:
    """Show the first step, with everything that was typed."""
    offer_choices(form, offered_of(read_session(), current_actor(), form.person_uuids, step.series))
    page = render_template(
        "series/form.html", form=form, step=step, proposals=proposals, weekdays=WEEKDAY_NAMES
    )
    return page, status


def preview_page(
    form: SeriesForm,
    decision: DecisionForm,
    step: Step,
    draft: SeriesDraft,
    previews: Sequence[DatePreview],
    status: int,
    *,
    gone: Sequence[Conference] = (),
    is_split: bool = False,
) -> ResponseReturnValue:
    """Show the second step: every date, what stands in its way, and what is to be done about it."""
    page = render_template(
        "series/preview.html",
        step=step,
        draft=draft,
        previews=previews,
        gone=gone,
        is_split=is_split,
        decision=decision,
        mark=mark_of(previews),
        typed=_typed(form),
        held=sum(one.date.span is not None for one in previews),
        taken=sum(bool(one.taken) for one in previews),
        is_real=all(one.date.is_real for one in previews),
        may_override=current_actor().may(Permission.OVERRIDE_CONFLICT),
    )
    return page, status


def _typed(form: SeriesForm) -> list[tuple[str, str]]:
    """Return what was typed in the first step, to be carried through the second."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name in form and name not in ("csrf_token", "person_text")
    ]
