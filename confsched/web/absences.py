"""Absences: entered with what they break before the click, listed, withdrawn."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import Optional

from confsched.clock import local_day, to_local
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind
from confsched.domain.permissions import Permission
from confsched.errors import Message, Refusal, msg
from confsched.models.people import Person
from confsched.services import absences as service
from confsched.services import access
from confsched.services.absences import ONE_DAY, AbsenceFilter, NewAbsence
from confsched.web.context import current_actor, now, read_session, reader_zone, transaction
from confsched.web.forms import BaseForm, new_form_key
from confsched.web.ids import find_id
from confsched.web.instants import find_day, own_instant
from confsched.web.pages import sentence
from confsched.web.people_forms import day_of, person_choices, person_of
from confsched.web.policies import needs

blueprint = Blueprint("absences", __name__, url_prefix="/absences")

CHECK = "check"
MAX_PAGE = 10_000
KIND_WORDS: dict[AbsenceKind, Message] = {
    AbsenceKind.LEAVE: msg("Leave"),
    AbsenceKind.SICK: msg("Sick"),
    AbsenceKind.TRAINING: msg("Training"),
    AbsenceKind.OTHER: msg("Other"),
}


class AbsenceForm(BaseForm):
    """Ask who is away, from when until when; without times whole days."""

    person_id = SelectField(msg("Who"), validate_choice=False)
    kind = SelectField(
        msg("Kind"),
        validate_choice=False,
        default=AbsenceKind.LEAVE.value,
        description=msg("Only the person and the secretary see the kind. Everybody else sees “absent”."),
    )
    from_day = DateField(msg("First day"), validators=[Optional()])
    from_time = TimeField(msg("from (time)"), validators=[Optional()])
    until_day = DateField(msg("Last day"), validators=[Optional()])
    until_time = TimeField(msg("until (time)"), validators=[Optional()])
    ask = SelectMultipleField(msg("Ask colleagues"), validate_choice=False)


@blueprint.get("/")
@needs(Permission.HOLD_DUTIES)
def index() -> ResponseReturnValue:
    """Show who is away, narrowed by the address, and the form for a new absence."""
    form = AbsenceForm(formdata=None)
    form.from_day.data = form.until_day.data = local_day(now(), reader_zone())
    form.person_id.data = request.args.get("person", "")
    return _page(form, 200)


@blueprint.post("/")
@needs(Permission.HOLD_DUTIES)
def enter() -> ResponseReturnValue:
    """Show what an absence would break, or record it and ask colleagues for the duties that were ticked."""
    form, actor = AbsenceForm(), current_actor()
    try:
        if request.form.get("action") == CHECK:
            return _checked_page(form)
        with transaction() as session:
            person = access.get_person(session, actor, person_of(form), to="change")
            absence = service.enter(
                session,
                actor,
                _read(form, person),
                ask_for=[found for text in form.ask.data or () if (found := find_id(text))],
                now=now(),
                key=form.form_key.data,
            )
            target = url_for("absences.show", absence_id=absence.id)
    except Refusal as refusal:
        if refusal.status not in (409, 422):
            raise
        form.add_refusal(refusal)
        return _page(form, refusal.status)
    flash(sentence(msg("Entered. The time is taken, and nobody is offered it.")), "ok")
    return redirect(target, 303)


def _checked_page(form: AbsenceForm) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    person = access.get_person(session, actor, person_of(form), to="change")
    new = _read(form, person)
    service.check(new, now=now())
    found = service.breaks(session, actor, person.id, new.span, now=now())
    return _page(form, 200, checked=new, breaks=found)


def _read(form: AbsenceForm, person: Person) -> NewAbsence:
    kind = next((kind for kind in AbsenceKind if kind == form.kind.data), None)
    if kind is None:
        raise Refusal(msg("Choose one from the list."), field="kind")
    first, last = day_of(form, "from_day"), day_of(form, "until_day")
    days = service.whole_days(first, last, reader_zone())
    starts_at = _at(first, form.from_time.data, "from_time") if form.from_time.data else days.starts_at
    ends_at = _at(last, form.until_time.data, "until_time") if form.until_time.data else days.ends_at
    if ends_at <= starts_at:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="until_time")
    return NewAbsence(person, kind, Span(starts_at, ends_at))


def _at(day: date, at: time, field: str) -> datetime:
    try:
        return own_instant(day, at)
    except Refusal as refusal:
        raise Refusal(refusal.message, field=field) from refusal


def _page(
    form: AbsenceForm,
    status: int,
    *,
    checked: NewAbsence | None = None,
    breaks: service.Breaks | None = None,
) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    people = service.list_cared_for(session, actor)
    form.person_id.choices = person_choices(people)
    form.kind.choices = [(kind.value, sentence(words)) for kind, words in KIND_WORDS.items()]
    page = render_template(
        "absences/index.html",
        form=form,
        checked=checked,
        breaks=breaks,
        people=people,
        kind_words=KIND_WORDS,
        days_of=days_of,
        listing=service.list_absences(session, actor, _filter(), page=_asked_page()),
        may_import=actor.may(Permission.EDIT_ROSTER),
    )
    return page, status


def days_of(span: Span) -> tuple[date, date] | None:
    """Return the first and the last day of a span of whole days in the reader's zone, None of any other."""
    starts, ends = (to_local(at, reader_zone()) for at in (span.starts_at, span.ends_at))
    if (starts.time(), ends.time()) != (time.min, time.min):
        return None
    return starts.date(), ends.date() - ONE_DAY


def _filter() -> AbsenceFilter:
    """Return the filter of the address; what is no day, kind or person does not narrow."""
    today = local_day(now(), reader_zone())
    since = request.args.get("since")
    return AbsenceFilter(
        person_id=find_id(request.args.get("who")),
        kind=next((kind for kind in AbsenceKind if kind == request.args.get("kind")), None),
        since=today if since is None else find_day(since),
        until=find_day(request.args.get("until", "")),
    )


def _asked_page() -> int:
    return max(1, min(MAX_PAGE, request.args.get("page", 1, type=int)))


@blueprint.get("/<uuid:absence_id>")
@needs(Permission.HOLD_DUTIES)
def show(absence_id: uuid.UUID) -> ResponseReturnValue:
    """Show an absence, what it breaks now, and the way out of each."""
    session, actor = read_session(), current_actor()
    absence = access.get_absence(session, actor, absence_id)
    span = Span(absence.starts_at, absence.ends_at)
    found = service.Breaks()
    if absence.withdrawn_at is None:
        found = service.breaks(session, actor, absence.person_id, span, now=now())
    return render_template(
        "absences/show.html",
        absence=absence,
        person=access.get_person(session, actor, absence.person_id, to="change"),
        kind_words=KIND_WORDS,
        days_of=days_of,
        breaks=found,
        new_key=new_form_key,
    )


@blueprint.post("/<uuid:absence_id>/withdrawal")
@needs(Permission.HOLD_DUTIES)
def withdraw(absence_id: uuid.UUID) -> ResponseReturnValue:
    """End an absence and give the time back."""
    actor = current_actor()
    with transaction() as session:
        absence = access.get_absence(session, actor, absence_id, to="change")
        service.withdraw(session, actor, absence, now=now())
    flash(sentence(msg("Withdrawn. The time is free again.")), "ok")
    return redirect(url_for("absences.index"), 303)
