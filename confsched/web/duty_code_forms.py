"""The form of one code of a legend: what it stands for, and its hours by class of day."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import time

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields import Field
from wtforms.widgets import TimeInput

from confsched.domain.kinds import AbsenceKind, CountsAs, DayClass, DutyType
from confsched.errors import Message, Refusal, msg
from confsched.models.duty_codes import DutyCodeRow
from confsched.models.rosters import DutyLine
from confsched.services.duty_codes import NewCode
from confsched.web.forms import BaseForm
from confsched.web.pages import sentence

ALL = "all"
WORK = "work"
LINE, ABSENCE = "line:", "absence:"
DAY_CLASSES = (
    (DayClass.WORKDAY, msg("Monday to Thursday")),
    (DayClass.FRIDAY, msg("Friday")),
    (DayClass.SATURDAY, msg("Saturday")),
    (DayClass.SUNDAY, msg("Sunday")),
    (DayClass.HOLIDAY, msg("Public holiday")),
    (DayClass.HOLIDAY_EVE, msg("Eve of a public holiday")),
)
DUTY_TYPES = (
    (DutyType.REGULAR, msg("regular duty")),
    (DutyType.ON_SITE_STANDBY, msg("on-site standby")),
    (DutyType.ON_CALL_HOME, msg("on call from home")),
    (DutyType.BACKGROUND, msg("background duty")),
)
COUNTS = (
    (CountsAs.NOTHING, msg("nothing")),
    (CountsAs.DAY, msg("day duty")),
    (CountsAs.NIGHT, msg("night duty")),
    (CountsAs.ON_CALL, msg("on call")),
    (CountsAs.BACKGROUND, msg("background")),
)
ABSENCES = (
    (AbsenceKind.LEAVE, msg("Leave")),
    (AbsenceKind.TRAINING, msg("Training")),
    (AbsenceKind.SICK, msg("Illness")),
    (AbsenceKind.OTHER, msg("Other absence")),
)
# The service speaks of its own arguments; the page asks for both meanings in one field.
REFUSED_FIELDS = {"line_id": "stands_for", "absence": "stands_for", "hours": f"{ALL}_from"}


class CodeForm(BaseForm):
    """Ask for one code; the rows of hours are added below."""

    code_id = HiddenField()
    code = StringField(msg("Code"), description=msg("One to three letters, as in your sheets."))
    name = StringField(msg("Name"))
    stands_for = SelectField(msg("Stands for"), validate_choice=False)
    duty_type = SelectField(msg("Kind of duty"), validate_choice=False)
    counts_as = SelectField(msg("Counts as"), validate_choice=False)

    @property
    def rows(self) -> list[tuple[str, Message, Field, Field]]:
        """Return the rows of hours: the one that helps first."""
        rows = [(ALL, msg("On all days left empty below")), *DAY_CLASSES]
        return [(str(key), label, self[f"{key}_from"], self[f"{key}_until"]) for key, label in rows]


for _key in (ALL, *DayClass):
    setattr(CodeForm, f"{_key}_from", StringField(msg("From"), widget=TimeInput()))
    setattr(CodeForm, f"{_key}_until", StringField(msg("Until"), widget=TimeInput()))


def code_form(lines: Iterable[DutyLine], row: DutyCodeRow | None = None, *, sent: bool = False) -> CodeForm:
    """Return the form with its choices: as sent, or filled with a code, or empty."""
    form = CodeForm() if sent else CodeForm(formdata=None, data=_values_of(row) if row else None)
    form.stands_for.choices = [
        *((f"{LINE}{line.id}", sentence(msg("Duty: %(line)s", line=line.name))) for line in lines),
        (WORK, sentence(msg("Day at work, or day off without hours"))),
        *((f"{ABSENCE}{kind}", sentence(name)) for kind, name in ABSENCES),
    ]
    form.duty_type.choices = [(kind.value, sentence(name)) for kind, name in DUTY_TYPES]
    form.counts_as.choices = [(kind.value, sentence(name)) for kind, name in COUNTS]
    return form


def _values_of(row: DutyCodeRow) -> dict[str, str]:
    meaning = f"{LINE}{row.line_id}" if row.line_id else f"{ABSENCE}{row.absence}" if row.absence else WORK
    values = {
        "code_id": str(row.id),
        "code": row.code,
        "name": row.name,
        "stands_for": meaning,
        "duty_type": row.duty_type.value,
        "counts_as": row.counts_as.value,
    }
    for hours in row.hours:
        values[f"{hours.day_class}_from"] = f"{hours.starts:%H:%M}"
        values[f"{hours.day_class}_until"] = f"{hours.ends:%H:%M}"
    return values


def new_code_of(form: CodeForm) -> NewCode:
    """Return what was typed; raises Refusal with the field at fault."""
    meaning = form.stands_for.data or ""
    return NewCode(
        code=form.code.data or "",
        name=form.name.data or "",
        line_id=_uuid(meaning.removeprefix(LINE), "stands_for") if meaning.startswith(LINE) else None,
        absence=_absence(meaning) if meaning.startswith(ABSENCE) else None,
        duty_type=_duty_type(form.duty_type.data),
        counts_as=_counts_as(form.counts_as.data),
        hours=_hours(form),
    )


def code_id_of(form: CodeForm) -> uuid.UUID | None:
    return _uuid(form.code_id.data, "code") if form.code_id.data else None


def _uuid(text: str, field: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise _not_listed(field) from error


def _not_listed(field: str) -> Refusal:
    return Refusal(msg("Choose one from the list."), field=field)


def _absence(meaning: str) -> AbsenceKind:
    try:
        return AbsenceKind(meaning.removeprefix(ABSENCE))
    except ValueError as error:
        raise _not_listed("stands_for") from error


def _duty_type(text: str | None) -> DutyType:
    try:
        return DutyType(text or DutyType.REGULAR)
    except ValueError as error:
        raise _not_listed("duty_type") from error


def _counts_as(text: str | None) -> CountsAs:
    try:
        return CountsAs(text or CountsAs.NOTHING)
    except ValueError as error:
        raise _not_listed("counts_as") from error


def _hours(form: CodeForm) -> dict[DayClass, tuple[time, time]]:
    """Return the hours by class of day; the helping row stands for every class that is left empty."""
    usual = _row(form, ALL)
    found = {day_class: _row(form, day_class) or usual for day_class in DayClass}
    return {day_class: hours for day_class, hours in found.items() if hours}


def _row(form: CodeForm, key: str) -> tuple[time, time] | None:
    names: Sequence[str] = (f"{key}_from", f"{key}_until")
    typed = [(form[name].data or "").strip() for name in names]
    if not any(typed):
        return None
    starts, ends = (_time(text, name) for text, name in zip(typed, names, strict=True))
    return starts, ends


def _time(text: str, field: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise Refusal(msg("Type a time such as 20:00, and both of them."), field=field) from error
