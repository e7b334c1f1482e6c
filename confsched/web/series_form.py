"""The form of a series: the rule as choices in words, rows of disciplines, people found by name."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from flask import request
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.fields import Field
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from confsched.clock import local_day
from confsched.domain.kinds import ConferenceKind, HolidayRule, LateRule, StandardCare
from confsched.domain.recurrence import LAST_MONTH_DAY, Shape
from confsched.errors import Message, msg
from confsched.services.directory import MIN_SEARCH_LETTERS
from confsched.web.context import current_actor, now
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.series_choices import (
    HOLIDAY_RULES,
    KINDS,
    LATE_RULES,
    NTHS,
    SHAPES,
    STANDARD_CARE,
    WEEKDAYS,
    Offered,
    said,
)

ROWS = 6
USUAL_MINUTES, USUAL_WEEKS = 60, 26


def _boxes(label: Message, **extra: object) -> SelectMultipleField:
    return SelectMultipleField(
        label,
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        **extra,
    )


class SeriesForm(BaseForm):
    """Ask for a series; the rows of disciplines are added below."""

    title = StringField(
        msg("Title"), description=msg("Everybody sees it in their calendar: no data of patients.")
    )
    kind = SelectField(
        msg("Kind"), choices=partial(said, KINDS), default=ConferenceKind.CASE_CONFERENCE.value
    )
    pattern = RadioField(
        msg("It comes back"), choices=partial(said, SHAPES), default=Shape.WEEKLY.value, validate_choice=False
    )
    weekdays = _boxes(msg("Weekdays"), choices=partial(said, WEEKDAYS))
    interval_weeks = IntegerField(
        msg("Every so many weeks"),
        validators=[Optional()],
        default=1,
        description=msg("1 is every week, 2 every second one."),
    )
    nths = _boxes(msg("Which of the month"), choices=partial(said, NTHS))
    month_day = IntegerField(
        msg("Day of the month"),
        validators=[Optional()],
        description=msg("1 to %(last)s: every month has those.", last=LAST_MONTH_DAY),
    )
    first_on = DateField(
        msg("From"),
        validators=[Optional()],
        default=lambda: local_day(now(), current_actor().zone) + timedelta(days=1),
    )
    until_on = DateField(
        msg("Until"),
        validators=[Optional()],
        default=lambda: local_day(now(), current_actor().zone) + timedelta(weeks=USUAL_WEEKS),
        description=msg("At most two years; a series can be prolonged."),
    )
    starts_at_local = TimeField(msg("Begins at"), validators=[Optional()])
    duration_minutes = IntegerField(msg("Length in minutes"), validators=[Optional()], default=USUAL_MINUTES)
    capacity_minutes = IntegerField(
        msg("Minutes for cases"),
        validators=[Optional()],
        description=msg("Leave it empty when all of the time is for cases."),
    )
    holiday_rule = RadioField(
        msg("On a public holiday of the host"),
        choices=partial(said, HOLIDAY_RULES),
        default=HolidayRule.SKIP.value,
        validate_choice=False,
    )
    resource_id = SelectField(msg("Room"), validate_choice=False)
    join_link = StringField(
        msg("Join link"), description=msg("Address of the video room, starting with https://.")
    )
    chair_id = SelectField(msg("Chair"), validate_choice=False)
    deputy_id = SelectField(msg("Deputy"), validate_choice=False)
    person_text = StringField(
        msg("Family name"), description=msg("At least three letters, then press “Search people”.")
    )
    person_ids = _boxes(msg("Invited to every date"))
    partner_ids = _boxes(msg("Whose clinicians may bring cases"))
    cutoff_hours = IntegerField(
        msg("Registration closes so many hours before"), validators=[Optional()], default=24
    )
    late_rule = RadioField(
        msg("A case that comes later"),
        choices=partial(said, LATE_RULES),
        default=LateRule.CHAIR_APPROVES.value,
        validate_choice=False,
    )
    standard_care = RadioField(
        msg("A case that standard of care decides"),
        choices=partial(said, STANDARD_CARE),
        default=StandardCare.LISTED.value,
        validate_choice=False,
    )
    retime_minutes = IntegerField(
        msg("Tell people of their own block again when it moves by minutes"),
        validators=[Optional()],
        default=5,
    )

    @property
    def action(self) -> str:
        """Return what the pressed button asks for; a name that is typed but not looked up is a search."""
        pressed = request.form.get("action", "")
        return "search" if (self.person_text.data or "").strip() and pressed != "back" else pressed

    @property
    def rows(self) -> list[tuple[Field, Field, Field]]:
        """Return the rows of disciplines: discipline, how many, specialists only."""
        return [
            tuple(self[f"{name}_{row}"] for name in ("discipline", "count", "specialist"))
            for row in range(ROWS)
        ]

    @property
    def person_uuids(self) -> list[uuid.UUID]:
        """Return who is ticked, found, or leads; what is no id is left out."""
        found = [value for value, _label in self.person_ids.choices or ()]
        leads = (self.chair_id.data, self.deputy_id.data)
        texts = dict.fromkeys((*leads, *(self.person_ids.data or ()), *found))
        return [person_id for text in texts if (person_id := find_id(text))]


for _row in range(ROWS):
    setattr(SeriesForm, f"discipline_{_row}", SelectField(msg("Discipline"), validate_choice=False))
    setattr(SeriesForm, f"count_{_row}", IntegerField(msg("How many"), [Optional()], default=1))
    setattr(SeriesForm, f"specialist_{_row}", BooleanField(msg("Specialist")))


def find_people(form: SeriesForm, found: Sequence[uuid.UUID]) -> None:
    """Add who was found to the boxes to tick; the name goes once it has found somebody."""
    if found:
        form.person_ids.choices = [(str(person_id), "") for person_id in found]
        form.person_text.data = ""
    elif len((form.person_text.data or "").strip()) < MIN_SEARCH_LETTERS:
        form.add_error("person_text", msg("Type at least three letters of the family name."))
    else:
        form.add_error("person_text", msg("Nobody in the network has a family name that starts so."))


def offer_choices(form: SeriesForm, offered: Offered) -> None:
    """Fill the lists to choose from."""
    for discipline, _count, _specialist in form.rows:
        discipline.choices = offered.disciplines
    form.resource_id.choices = offered.rooms
    form.partner_ids.choices = offered.sites
    form.person_ids.choices = offered.people
    form.chair_id.choices = form.deputy_id.choices = offered.leads
    form.person_ids.data = list(dict.fromkeys((*(form.person_ids.data or ()), *_leads(form))))


def _leads(form: SeriesForm) -> list[str]:
    return [one for one in (form.chair_id.data, form.deputy_id.data) if one]
