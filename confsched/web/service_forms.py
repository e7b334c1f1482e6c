"""The form of a service: what it is, how it is asked for, and the rows of what it needs."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import Optional

from confsched.domain.kinds import RequirementKind
from confsched.errors import msg
from confsched.formats.plain_text import one_line
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.services.catalogue import NewService
from confsched.services.findings import Problem
from confsched.services.service_changes import COLUMNS, LABELS
from confsched.services.service_choices import Choices
from confsched.services.service_choices import typed_of as typed_of_record
from confsched.web.forms import BaseForm, Finding
from confsched.web.need_rows import NeedRow, row_findings, row_of
from confsched.web.pages import sentence

MAX_NUMBER = 1_000_000
NUMBERS = (
    *("duration_minutes", "buffer_before_minutes", "buffer_after_minutes", "notice_minutes"),
    *("horizon_days", "seats", "cap_per_day", "cancel_notice_minutes", "reminder_minutes"),
)
TEXTS = ("name", "discipline", "preferred_hours", "join_base")
FLAGS = ("needs_triage", "is_open")
MAX_TEXT = 250
FIGURES = msg("Write this in figures, such as 30.")


class ServiceForm(BaseForm):
    """Ask for a service; the rows of its requirements stand beside it in `rows`."""

    site_id = SelectField(msg("Site"), validate_choice=False)
    seen_revision = HiddenField(default="0")
    name = StringField(description=msg("As it is called where it is asked for."))
    discipline = SelectField(validate_choice=False)
    duration_minutes = IntegerField(validators=[Optional()], default=30)
    buffer_before_minutes = IntegerField(validators=[Optional()], default=0)
    buffer_after_minutes = IntegerField(validators=[Optional()], default=5)
    preferred_hours = StringField(
        description=msg("Such as 08:00-12:00, 13:00-17:00; named first. Left empty: the usual hours."),
    )
    notice_minutes = IntegerField(
        validators=[Optional()], default=60, description=msg("1440 minutes are a day.")
    )
    horizon_days = IntegerField(
        validators=[Optional()], default=42, description=msg("So far ahead times are offered.")
    )
    seats = IntegerField(
        validators=[Optional()],
        default=1,
        description=msg("With more than one, several hospitals share a meeting, each with its question."),
    )
    cap_per_day = IntegerField(validators=[Optional()], description=msg("Left empty, there is no limit."))
    cancel_notice_minutes = IntegerField(
        validators=[Optional()], default=0, description=msg("0: until it begins.")
    )
    reminder_minutes = IntegerField(validators=[Optional()], default=1440, description=msg("0: no reminder."))
    join_base = StringField(description=msg("Starts with https://; each meeting gets a room of its own."))
    needs_triage = BooleanField()
    is_open = BooleanField(
        default=True,
        description=msg("Unticked, nobody asks any more; what is booked stays."),
    )

    rows: list[NeedRow]
    row_problems: tuple[Problem, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in LABELS.items():
            self[name].label.text = words

    @property
    def findings(self) -> list[Finding]:
        return [*super().findings, *row_findings(self.rows, self.row_problems)]


def empty_form(site: Site) -> ServiceForm:
    """Return the form of a new service with one row for a discipline."""
    form = ServiceForm(formdata=None)
    form.site_id.data = str(site.id)
    form.rows = [NeedRow(RequirementKind.DISCIPLINE, count="1", site_ids=(str(site.id),))]
    return form


def form_of(service: Service) -> ServiceForm:
    """Return the form of a service as it is saved."""
    form = ServiceForm(formdata=None)
    for name in COLUMNS:
        form[name].data = getattr(service, name)
    form.seen_revision.data = str(service.revision)
    form.rows = [row_of(typed_of_record(requirement)) for requirement in service.requirements]
    return form


def fill_choices(form: ServiceForm, choices: Choices, sites: Iterable[Site]) -> None:
    """Fill the lists to choose from; what is saved can stay, whatever departments there are."""
    names = dict.fromkeys((*choices.disciplines, *filter(None, [form.discipline.data])))
    form.discipline.choices = [("", sentence(msg("please choose"))), *((name, name) for name in names)]
    form.site_id.choices = [(str(site.id), site.name) for site in sites]


def new_service_of(form: ServiceForm) -> tuple[NewService, list[Problem]]:
    """Return what was typed, and which fields hold no number; those are taken as they usually are."""
    values: dict[str, object] = {name: one_line(form[name].data or "")[:MAX_TEXT] for name in TEXTS}
    values |= {name: bool(form[name].data) for name in FLAGS}
    problems = []
    usual = NewService("", "", duration_minutes=30)
    for name in NUMBERS:
        number = form[name].data
        if name == "cap_per_day" and not any(text.strip() for text in form[name].raw_data or ()):
            number = form[name].data  # none: without a limit
        elif number is None or abs(number) > MAX_NUMBER:
            problems.append(Problem(name, FIGURES))
            number = getattr(usual, name)
        values[name] = number
    return replace(usual, **values), problems  # type: ignore[arg-type]


def seen_revision_of(form: ServiceForm) -> int:
    """Return the revision that was on the page; what is none is older than all."""
    text = form.seen_revision.data or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def chosen_site(form: ServiceForm, sites: Iterable[Site]) -> Site | None:
    """Return the chosen site, None for what the list does not hold."""
    chosen: uuid.UUID | str | None = form.site_id.data
    return next((site for site in sites if str(site.id) == str(chosen)), None)
