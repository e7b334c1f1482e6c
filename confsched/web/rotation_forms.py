"""The form of a rotation: how long a turn is, when it changes hands, and who takes turns in which order."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, time

from flask import request
from wtforms import DateField, Field, HiddenField, IntegerField, SelectField, StringField, TimeField
from wtforms.validators import Optional

from confsched.domain.duty_codes import Legend
from confsched.errors import Refusal, msg
from confsched.models.rotations import DutyRotation
from confsched.services.rotation_choices import Choice
from confsched.services.rotations import MAX_MEMBERS, NewRotation
from confsched.web.forms import BaseForm
from confsched.web.instants import is_near
from confsched.web.pages import sentence

PLACES, MORE_PLACES = 6, 6


class RotationForm(BaseForm):
    """Ask for a rotation; the places of its members stand beside it, in order."""

    name = StringField(msg("Name"), description=msg("Such as “Week of the background”."))
    code = SelectField(
        msg("Duty"), validate_choice=False, description=msg("The code that stands on each day of a turn.")
    )
    service_id = HiddenField()
    starts_on = DateField(msg("First day"), validators=[Optional()])
    every_days = IntegerField(msg("Days of a turn"), default=7, validators=[Optional()])
    at = TimeField(
        msg("Hand-over"),
        default=time(8),
        validators=[Optional()],
        description=msg("Local time, the same in summer and in winter."),
    )
    last_on = DateField(
        msg("Last day"), validators=[Optional()], description=msg("Left empty, the turns go on.")
    )
    members = Field(msg("Who takes turns"))

    @property
    def places(self) -> list[str]:
        """Return who stands on which place, with some empty places behind."""
        chosen = list(self.members.data or [])
        extra = MORE_PLACES if "more" in request.form else 2
        count = min(MAX_MEMBERS, max(PLACES, len(chosen) + extra))
        return chosen + [""] * (count - len(chosen))


def sent_form(codes: Sequence[tuple[str, str]] = ()) -> RotationForm:
    """Return the form as it was sent."""
    form = RotationForm()
    form.code.choices = list(codes)
    form.members.data = [text for text in request.form.getlist("member_id") if text][:MAX_MEMBERS]
    return form


def empty_form(today: date, codes: Sequence[tuple[str, str]] = ()) -> RotationForm:
    """Return the form of a new rotation, from the next Monday on."""
    form = RotationForm(formdata=None)
    form.code.choices = list(codes)
    form.starts_on.data = date.fromordinal(today.toordinal() + (7 - today.weekday()))
    return form


def form_of(
    row: DutyRotation, order: tuple[date, Iterable[uuid.UUID]], codes: Sequence[tuple[str, str]]
) -> RotationForm:
    """Return the form that changes a rotation from its next hand-over on, the turns as they would go on."""
    form = RotationForm(formdata=None)
    form.code.choices = list(codes)
    form.name.data, form.code.data, form.every_days.data, form.at.data = (
        row.name,
        row.code,
        row.every_days,
        row.at,
    )
    form.starts_on.data, members = order
    form.members.data = [str(member) for member in members]
    form.last_on.data = date.fromordinal(row.ends_on.toordinal() - 1) if row.ends_on else None
    return form


def code_choices(legend: Legend, lines: dict[uuid.UUID, str]) -> list[tuple[str, str]]:
    """Return the codes that stand for duties, with their lines."""
    words = "%(code)s: %(name)s, %(line)s"
    return [
        (code.code, sentence(msg(words, code=code.code, name=code.name, line=lines[code.line_id])))
        for code in legend.codes.values()
        if code.line_id in lines
    ]


def member_choices(choices: Iterable[Choice], known: Iterable[Choice] = ()) -> list[Choice]:
    """Return who can be chosen, and who is chosen already."""
    return list({one.id: one for one in (*choices, *known)}.values())


def new_rotation_of(form: RotationForm) -> NewRotation:
    """Return what was typed; raises Refusal with the field at fault."""
    for name in ("every_days", "at"):
        if form[name].process_errors or form[name].data is None:
            raise Refusal(msg("Write this in figures, such as 7, or 08:00 for a time."), field=name)
    is_ending = any(text.strip() for text in form.last_on.raw_data or [])
    last_on = _near_day(form.last_on.data, "last_on") if is_ending else None
    return NewRotation(
        name=form.name.data or "",
        starts_on=_near_day(form.starts_on.data, "starts_on"),
        members=tuple(_member(text) for text in form.members.data),
        code=(form.code.data or "")[:MAX_MEMBERS],
        every_days=form.every_days.data,
        at=form.at.data.replace(second=0, microsecond=0),
        last_on=last_on,
    )


def _near_day(day: date | None, field: str) -> date:
    if day is None or not is_near(day):
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field=field)
    return day


def _member(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Refusal(msg("Choose one from the list."), field="members") from error
