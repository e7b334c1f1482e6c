"""What the forms about people's days share: whose they are, and the days themselves."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from confsched.errors import Refusal, msg
from confsched.models.people import Person
from confsched.web.context import current_actor
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.instants import is_near
from confsched.web.pages import sentence


def person_choices(people: Sequence[Person]) -> list[tuple[str, str]]:
    """Return whom to choose from; nobody is chosen until somebody does."""
    return [("", sentence(msg("please choose"))), *((str(person.id), person.name) for person in people)]


def person_of(form: BaseForm) -> uuid.UUID:
    """Return whose days the form is about: one's own where there is nobody to choose from."""
    typed: str | None = form["person_id"].data
    if typed is None:
        return current_actor().person_id
    found = find_id(typed)
    if found is None:
        raise Refusal(msg("Choose one from the list."), field="person_id")
    return found


def day_of(form: BaseForm, name: str) -> date:
    """Return the day of a field; raises Refusal where none was chosen, or one far from our time."""
    day: date | None = form[name].data
    if day is None or not is_near(day):
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field=name)
    return day
