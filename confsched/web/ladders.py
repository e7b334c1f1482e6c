"""The ladder of an urgent service: its steps and clocks, and a dry run for any instant."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from wtforms import HiddenField, SelectField, StringField

from confsched.clock import to_local
from confsched.domain.escalation import MAX_STEPS
from confsched.domain.kinds import UrgentKind
from confsched.domain.permissions import Permission
from confsched.domain.urgent_clocks import default_targets, target_keys
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.rosters import DutyLine
from confsched.services import catalogue, ladders
from confsched.services.catalogue import Stale
from confsched.services.feed_scopes import line_words
from confsched.services.findings import problems_of
from confsched.services.ladder_dry_run import DryRun, try_ladder
from confsched.services.ladders import NewLadder, step_field, target_field
from confsched.web.context import current_actor, now, read_session, reader_zone, transaction
from confsched.web.forms import BaseForm, Finding
from confsched.web.ids import find_id
from confsched.web.instants import find_day, find_time, own_instant
from confsched.web.ladder_rows import (
    TARGET_WORDS,
    StepRow,
    applied,
    number_of,
    read_rows,
    row_findings,
    row_of,
    step_of,
    with_problems,
)
from confsched.web.pages import ANSWERABLE, sentence
from confsched.web.policies import needs

blueprint = Blueprint("ladders", __name__)

TRY = "try"
DAY, TIME = "try_day", "try_time"
MAX_TEXT = 60
KIND_WORDS = {
    UrgentKind.TELESTROKE: msg("Telestroke"),
    UrgentKind.TELERADIOLOGY: msg("Teleradiology"),
}
CLOCK_WORDS = {
    "alert": msg("Alert has left"),
    "acknowledge": msg("Acknowledged"),
    "video": msg("Video connected"),
    "expertise": msg("Expertise after door"),
    "ct": msg("CT after door"),
    "needle": msg("Needle after door"),
    "door_out": msg("Door to door out"),
    "report": msg("Report after recommendation"),
    "indication_stroke": msg("Indication, stroke"),
    "indication_polytrauma": msg("Indication, polytrauma"),
    "indication_emergency": msg("Indication, emergency"),
    "indication_urgent": msg("Indication, urgent"),
    "indication_routine": msg("Indication, routine"),
    "turnaround_stroke": msg("Result, stroke"),
    "turnaround_polytrauma": msg("Result, polytrauma"),
    "turnaround_emergency": msg("Result, emergency"),
    "turnaround_urgent": msg("Result, urgent"),
    "turnaround_routine": msg("Result, routine"),
}


class LadderForm(BaseForm):
    """Ask for what goes with a ladder; its steps and its clocks stand beside it."""

    seen_revision = HiddenField(default="0")
    kind = SelectField(msg("What it is asked for"), validate_choice=False)
    consults_at_once = StringField(
        msg("Urgent consults of one consultant at once"),
        description=msg("Who has as many open is not called: the next one is."),
    )
    hotline = StringField(
        msg("Number of the service"), description=msg("Shown to who asks when nobody has taken it.")
    )

    rows: Sequence[StepRow] = ()
    targets: dict[str, str]
    target_errors: dict[str, list[Message]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(kind.value, sentence(label)) for kind, label in KIND_WORDS.items()]
        self.kind.choices = [("", sentence(msg("please choose"))), *words]
        self.targets, self.target_errors = {}, {}

    @property
    def findings(self) -> list[Finding]:
        clocks = [
            Finding(target_field(key), CLOCK_WORDS[key], sentence(problem))
            for key, problems in self.target_errors.items()
            for problem in problems
        ]
        return [*super().findings, *row_findings(self.rows), *clocks]


@dataclass(frozen=True)
class Trial:
    """Hold for which instant a dry run was asked as typed, what is wrong with it, and the answer."""

    typed: dict[str, str]
    problems: dict[str, Message] = field(default_factory=dict)
    found: DryRun | None = None


@blueprint.get("/services/<uuid:service_id>/ladder")
@needs(Permission.EDIT_SERVICES)
def show(service_id: uuid.UUID) -> ResponseReturnValue:
    """Show the ladder as it is saved; ?try_day= and ?try_time= add whom a request then would reach."""
    session = read_session()
    service = catalogue.get_service(session, current_actor(), service_id)
    form = _form_of(service, ladders.ladder_of(session, service))
    return _page(form, service, 200, typed=request.args)


@blueprint.post("/services/<uuid:service_id>/ladder")
@needs(Permission.EDIT_SERVICES)
def change(service_id: uuid.UUID) -> ResponseReturnValue:
    """Save a ladder as it is typed, or answer a button of a step or of the dry run; only saving writes."""
    form, action = _sent_form(), request.form.get("action", "")
    moved = applied(form.rows, action)
    if moved is not None or action == TRY:
        form.rows, go_on_at = moved or (form.rows, TRY)
        typed = request.form if action == TRY else {}
        return _page(form, _saved(service_id), 200, go_on_at=go_on_at, typed=typed)
    try:
        with transaction() as session:
            actor = current_actor()
            service = catalogue.get_service(session, actor, service_id, to="change")
            seen = number_of(form.seen_revision.data or "")
            ladders.save_ladder(session, actor, service, _new_of(form), seen_revision=seen, now=now())
    except Refusal as refusal:
        if refusal.status not in ANSWERABLE:
            raise
        return _refused(form, _saved(service_id), refusal)
    flash(sentence(msg("The ladder is saved. The next request follows it.")), "ok")
    return redirect(url_for("ladders.show", service_id=service_id), 303)


def _saved(service_id: uuid.UUID) -> Service:
    return catalogue.get_service(read_session(), current_actor(), service_id)


def _form_of(service: Service, saved: NewLadder) -> LadderForm:
    form = LadderForm(formdata=None)
    form.seen_revision.data = str(service.revision)
    form.kind.data = saved.kind.value if saved.kind else ""
    form.consults_at_once.data, form.hotline.data = str(saved.consults_at_once), saved.hotline
    form.rows = [row_of(step) for step in saved.steps]
    form.targets = {key: str(seconds) for key, seconds in saved.targets.items()}
    return form


def _sent_form() -> LadderForm:
    form = LadderForm()
    form.rows = read_rows()
    typed = {key: request.form.get(target_field(key), "").strip()[:MAX_TEXT] for key in CLOCK_WORDS}
    form.targets = {key: text for key, text in typed.items() if text}
    return form


def _kind(form: LadderForm) -> UrgentKind | None:
    return next((kind for kind in UrgentKind if kind == form.kind.data), None)


def _new_of(form: LadderForm) -> NewLadder:
    """Return what was typed; clocks of another kind are left out."""
    kind = _kind(form)
    keys = target_keys(kind) if kind else ()
    return NewLadder(
        kind,
        tuple(step_of(row) for row in form.rows),
        number_of((form.consults_at_once.data or "").strip()),
        (form.hotline.data or "").strip(),
        {key: number_of(text) for key, text in form.targets.items() if key in keys},
    )


def _refused(form: LadderForm, service: Service, refusal: Refusal) -> ResponseReturnValue:
    if isinstance(refusal, Stale):
        form.seen_revision.data = str(service.revision)
    problems = problems_of(refusal)
    form.rows = with_problems(form.rows, problems)
    steps = {step_field(place, "") for place in range(len(form.rows))}
    for problem in problems:
        if problem.field.startswith("target-"):
            form.target_errors.setdefault(problem.field.removeprefix("target-"), []).append(problem.message)
        elif not problem.field.startswith(tuple(steps)):
            form.add_error(problem.field or None, problem.message)
    return _page(form, service, refusal.status, is_stale=isinstance(refusal, Stale))


def _page(
    form: LadderForm,
    service: Service,
    status: int,
    *,
    go_on_at: str = "",
    typed: Any = None,
    is_stale: bool = False,
) -> ResponseReturnValue:
    session = read_session()
    new, kind = _new_of(form), _kind(form)
    lines = ladders.list_lines(session, service, now=now())
    trial = _trial(session, service, new, typed or {})
    called = {found for row in form.rows if row.has_line and (found := find_id(row.line_id))}
    unheld = ladders.list_unheld(session, called, now=now())
    page = render_template(
        "ladders/show.html",
        form=form,
        service=service,
        targets=TARGET_WORDS,
        lines=[(str(line.id), _words(line, service)) for line in lines],
        unheld={str(line_id) for line_id in unheld},
        clocks=[(key, CLOCK_WORDS[key], default_targets(kind).get(key)) for key in target_keys(kind)]
        if kind
        else [],
        warnings=ladders.warn(session, service, new),
        saved=ladders.ladder_of(session, service) if is_stale else None,
        names={str(line.id): _words(line, service) for line in lines},
        has_room=len(form.rows) < MAX_STEPS,
        trial=trial,
        zone=reader_zone(),
        go_on_at=go_on_at,
    )
    return page, 422 if trial.problems else status


def _words(line: DutyLine, service: Service) -> str:
    site = line.department.site
    is_own = site.organisation_id == service.site.organisation_id
    return f"{line_words(line)}, {site.short_name if is_own else site.name}"


def _trial(session: Session, service: Service, new: NewLadder, sent: Any) -> Trial:
    """Answer the dry run: of the steps as they stand in the form, saved or not."""
    local = to_local(now(), reader_zone())
    shown = {DAY: local.date().isoformat(), TIME: f"{local:%H:%M}"}
    typed = {name: str(sent.get(name, text))[:MAX_TEXT] for name, text in shown.items()}
    if DAY not in sent:
        return Trial(typed)
    try:
        at = _instant(typed)
    except Refusal as refusal:
        return Trial(typed, {refusal.field or DAY: refusal.message})
    return Trial(typed, found=try_ladder(session, service, ladders.draft_steps(service, new.steps), at))


def _instant(typed: dict[str, str]) -> datetime:
    day, at = find_day(typed[DAY]), find_time(typed[TIME])
    if day is None:
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field=DAY)
    if at is None:
        raise Refusal(msg("Choose a time, such as 14:30."), field=TIME)
    return own_instant(day, at, field=TIME)
