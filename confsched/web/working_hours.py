"""Working hours: one's own, and those of the house for a secretary, with the weeks that follow from them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, HiddenField, SelectField, SelectMultipleField, TimeField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from confsched.clock import local_day
from confsched.domain.permissions import Permission
from confsched.domain.working_hours import LAST
from confsched.errors import Message, NotFound, Refusal, msg
from confsched.models.people import Person
from confsched.models.rosters import WorkingHoursRow
from confsched.services import absences, access, working_patterns, working_weeks
from confsched.services.findings import Findings
from confsched.services.working_patterns import MAX_WEEKS, NewPattern
from confsched.web.context import current_actor, now, read_session, reader_zone, transaction
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.instants import find_day
from confsched.web.pages import sentence
from confsched.web.people_forms import day_of
from confsched.web.policies import needs

blueprint = Blueprint("working_hours", __name__, url_prefix="/working-hours")

WEEKDAYS: tuple[Message, ...] = (
    *(msg("Monday"), msg("Tuesday"), msg("Wednesday"), msg("Thursday")),
    *(msg("Friday"), msg("Saturday"), msg("Sunday")),
)
ORDINAL_WORDS: dict[int, tuple[Message, Message]] = {
    1: (msg("first such day of the month"), msg("first %(weekday)s of the month")),
    2: (msg("second such day of the month"), msg("second %(weekday)s of the month")),
    3: (msg("third such day of the month"), msg("third %(weekday)s of the month")),
    4: (msg("fourth such day of the month"), msg("fourth %(weekday)s of the month")),
    5: (msg("fifth such day of the month"), msg("fifth %(weekday)s of the month")),
    LAST: (msg("last such day of the month"), msg("last %(weekday)s of the month")),
}
BAD_INPUT = (409, 422)


class HoursForm(BaseForm):
    """Ask for hours of some weekdays, how often they come and from when."""

    person_id = HiddenField()
    changes_id = HiddenField()
    site_id = SelectField(msg("Site"), validate_choice=False)
    weekdays = SelectMultipleField(
        msg("Weekdays"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    starts = TimeField(msg("From"), validators=[Optional()], default=time(8))
    ends = TimeField(
        msg("Until"),
        validators=[Optional()],
        default=time(16),
        description=msg("Local time; an end up to the start means the next day."),
    )
    rhythm = SelectField(msg("How often"), validate_choice=False, default="w1")
    valid_from = DateField(
        msg("First day"),
        validators=[Optional()],
        description=msg("Every second week is counted from the week of this day."),
    )
    valid_until = DateField(
        msg("Last day"), validators=[Optional()], description=msg("Left empty, they go on.")
    )


@dataclass(frozen=True)
class Ending:
    """Hold the row whose last day was refused, what was typed and why."""

    hours_id: uuid.UUID
    typed: str
    problem: Message


@blueprint.get("/")
@needs(Permission.HOLD_DUTIES)
def index() -> ResponseReturnValue:
    """Show the week of a person, the weeks to come and the form; ?person= is whose, ?change= fills it in."""
    person = _person(request.args.get("person"))
    form = HoursForm(formdata=None)
    form.valid_from.data = local_day(now(), reader_zone())
    changed = find_id(request.args.get("change"))
    if changed is not None:
        _fill(form, access.get_row(read_session(), current_actor(), WorkingHoursRow, changed))
    return _page(person, form, 200)


def _fill(form: HoursForm, row: WorkingHoursRow) -> None:
    """Show hours on record in the form, to be changed from today on, or from their first day on."""
    form.changes_id.data = str(row.id)
    form.site_id.data = str(row.site_id)
    form.weekdays.data = [str(row.weekday)]
    form.starts.data, form.ends.data = row.starts, row.ends
    form.rhythm.data = f"o{row.ordinal}" if row.ordinal is not None else f"w{row.every_weeks}"
    form.valid_from.data = max(row.valid_from, form.valid_from.data)
    form.valid_until.data = row.valid_until


def _person(text: str | None) -> Person:
    """Return whose page it is: oneself, or somebody for whom the reader enters hours."""
    wanted = find_id(text) if text else current_actor().person_id
    for person in absences.list_cared_for(read_session(), current_actor()):
        if person.id == wanted:
            return person
    raise NotFound


@blueprint.post("/")
@needs(Permission.HOLD_DUTIES)
def add() -> ResponseReturnValue:
    """Enter hours, or let others take the place of some; what was typed stays where it is refused."""
    form, actor = HoursForm(), current_actor()
    person_id = _sent_id(form.person_id.data) or actor.person_id
    changed = _sent_id(form.changes_id.data)
    try:
        new, key = _read(form), form.form_key.data or ""
        with transaction() as session:
            person = access.get_person(session, actor, person_id, to="change")
            if changed is None:
                working_patterns.add_pattern(session, actor, person, new, now=now(), key=key)
            else:
                row = _row_of(person, access.get_row(session, actor, WorkingHoursRow, changed, to="change"))
                working_patterns.change_pattern(session, actor, person, row, new, now=now(), key=key)
    except Refusal as refusal:
        if refusal.status not in BAD_INPUT:
            raise
        form.add_refusal(refusal)
        return _page(_person(str(person_id)), form, refusal.status)
    return _back(person_id, msg("Saved. Times are searched by these hours at once."))


def _sent_id(text: str | None) -> uuid.UUID | None:
    """Return the id in a hidden field, None where it is empty; what is no id is no row of anybody."""
    if not text:
        return None
    found = find_id(text)
    if found is None:
        raise NotFound
    return found


def _row_of(person: Person, row: WorkingHoursRow) -> WorkingHoursRow:
    if row.person_id != person.id:
        raise NotFound
    return row


def _back(person_id: uuid.UUID, message: Message) -> ResponseReturnValue:
    flash(sentence(message), "ok")
    is_own = person_id == current_actor().person_id
    return redirect(url_for("working_hours.index", person=None if is_own else person_id), 303)


def _read(form: HoursForm) -> NewPattern:
    """Return what was typed; raises Unfit with all that cannot be read."""
    found = Findings()
    site_id = found.keep(_site, form)
    starts, ends = found.keep(_time, form, "starts"), found.keep(_time, form, "ends")
    rhythm = found.keep(_rhythm, form)
    valid_from = found.keep(day_of, form, "valid_from")
    valid_until = found.keep(day_of, form, "valid_until") if _is_filled(form) else None
    found.raise_all()
    assert site_id and starts is not None and ends is not None, "what cannot be read was refused"
    assert rhythm and valid_from, "what cannot be read was refused"
    weekdays = tuple(int(text) for text in form.weekdays.data or () if text in _WEEKDAY_TEXTS)
    return NewPattern(site_id, weekdays, starts, ends, valid_from, valid_until, *rhythm)


def _site(form: HoursForm) -> uuid.UUID:
    site_id = find_id(form.site_id.data)
    if site_id is None:
        raise Refusal(msg("Choose one from the list."), field="site_id")
    return site_id


_WEEKDAY_TEXTS = frozenset(str(number) for number in range(len(WEEKDAYS)))


def _is_filled(form: HoursForm) -> bool:
    return any(text.strip() for text in form.valid_until.raw_data or ())


def _time(form: HoursForm, name: str) -> time:
    typed: time | None = form[name].data
    if typed is None:
        raise Refusal(msg("Write a time such as 08:00."), field=name)
    return typed.replace(second=0, microsecond=0)


def _rhythm(form: HoursForm) -> tuple[int, int | None]:
    """Return every how many weeks, or which such day of the month."""
    chosen = form.rhythm.data or ""
    known = dict(_rhythm_choices())
    if chosen not in known:
        raise Refusal(msg("Choose one from the list."), field="rhythm")
    number = int(chosen[1:])
    return (number, None) if chosen[0] == "w" else (1, number)


def _rhythm_choices() -> list[tuple[str, Message]]:
    weeks = [(f"w{count}", _weeks(count)) for count in range(1, MAX_WEEKS + 1)]
    return [*weeks, *((f"o{ordinal}", words[0]) for ordinal, words in ORDINAL_WORDS.items())]


def _weeks(count: int) -> Message:
    if count == 1:
        return msg("every week")
    if count == 2:
        return msg("every second week")
    return msg("every %(count)s weeks", count=count)


def rhythm_words(row: WorkingHoursRow) -> Message:
    """Return how often hours come back: "every second week", "first Thursday of the month"."""
    if row.ordinal is not None:
        return msg(ORDINAL_WORDS[row.ordinal][1].text, weekday=WEEKDAYS[row.weekday])
    return _weeks(row.every_weeks)


@blueprint.post("/<uuid:hours_id>/end")
@needs(Permission.HOLD_DUTIES)
def end(hours_id: uuid.UUID) -> ResponseReturnValue:
    """Let hours hold for the last time on a day."""
    actor, typed = current_actor(), request.form.get("last_on", "")[:20]
    try:
        with transaction() as session:
            row = access.get_row(session, actor, WorkingHoursRow, hours_id, to="change")
            working_patterns.end_pattern(session, actor, row, _last_day(typed), now=now())
            person_id = row.person_id
    except Refusal as refusal:
        if refusal.status not in BAD_INPUT:
            raise
        row = access.get_row(read_session(), actor, WorkingHoursRow, hours_id)
        ending = Ending(hours_id, typed, refusal.message)
        return _page(_person(str(row.person_id)), _empty(), refusal.status, ending)
    return _back(person_id, msg("These hours end then."))


def _last_day(typed: str) -> date:
    day = find_day(typed)
    if day is None:
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field="last_on")
    return day


def _empty() -> HoursForm:
    form = HoursForm(formdata=None)
    form.valid_from.data = local_day(now(), reader_zone())
    return form


@blueprint.post("/<uuid:hours_id>/removal")
@needs(Permission.HOLD_DUTIES)
def remove(hours_id: uuid.UUID) -> ResponseReturnValue:
    """Forget hours that have not begun."""
    actor = current_actor()
    with transaction() as session:
        row = access.get_row(session, actor, WorkingHoursRow, hours_id, to="change")
        person_id = row.person_id
        working_patterns.remove_pattern(session, actor, row, now=now())
    return _back(person_id, msg("Removed."))


def _page(person: Person, form: HoursForm, status: int, ending: Ending | None = None) -> ResponseReturnValue:
    session, actor = read_session(), current_actor()
    patterns = working_patterns.list_patterns(session, actor, person, now=now())
    sites = working_patterns.list_sites(session, actor, person)
    form.person_id.data = str(person.id)
    if form.site_id.data is None and patterns:
        form.site_id.data = str(patterns[0].site.id)
    form.site_id.choices = [(str(site.id), site.short_name) for site in sites]
    form.weekdays.choices = [(str(number), sentence(name)) for number, name in enumerate(WEEKDAYS)]
    form.rhythm.choices = [(value, sentence(words)) for value, words in _rhythm_choices()]
    page = render_template(
        "working_hours/index.html",
        person=person,
        people=absences.list_cared_for(session, actor),
        patterns=patterns,
        weekdays=WEEKDAYS,
        rhythm=rhythm_words,
        weeks=working_weeks.list_weeks(patterns, reader_zone(), now=now()),
        today=local_day(now(), reader_zone()),
        form=form,
        ending=ending,
    )
    return page, status
