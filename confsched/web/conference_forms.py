"""The form of a conference: rows of disciplines, people found by name, nothing typed is ever lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta

from flask import request
from wtforms import BooleanField, DateField, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields import Field
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from confsched.clock import local_day
from confsched.errors import Refusal, msg
from confsched.models.conferences import Conference
from confsched.models.network import Resource, Site
from confsched.models.people import Person
from confsched.services.conferences import WANTED, Draft, Wanted, wanted_field
from confsched.services.directory import MIN_SEARCH_LETTERS
from confsched.web.context import current_actor, now
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence

ROWS = 6
USUAL_MINUTES = 45
SEARCH_DAYS = 13
SEARCH = "search"


class ConferenceForm(BaseForm):
    """Ask for title, length, days, place, and who has to be there; the rows are added below."""

    title = StringField(
        msg("Title"), description=msg("Everybody sees it in their calendar: no data of patients.")
    )
    duration_minutes = IntegerField(msg("Length in minutes"), validators=[Optional()], default=USUAL_MINUTES)
    search_from_on = DateField(
        msg("Search from"),
        validators=[Optional()],
        default=lambda: local_day(now(), current_actor().zone),
    )
    search_until_on = DateField(
        msg("Search until"),
        validators=[Optional()],
        default=lambda: local_day(now(), current_actor().zone) + timedelta(days=SEARCH_DAYS),
    )
    resource_id = SelectField(msg("Room"), validate_choice=False)
    join_link = StringField(
        msg("Join link"), description=msg("Address of the video room, starting with https://.")
    )
    person_text = StringField(
        msg("Family name"), description=msg("At least three letters, then press “Search people”.")
    )
    person_ids = SelectMultipleField(
        msg("Named people"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    person_count = IntegerField(
        msg("How many of them"),
        validators=[Optional()],
        description=msg("Leave it empty when all of them have to be there."),
    )
    person_is_optional = BooleanField(msg("The named people come if possible"))

    @property
    def is_search(self) -> bool:
        """Tell whether people are looked for: by the button, or by a name that is typed but not looked up."""
        return request.form.get("action") == SEARCH or bool((self.person_text.data or "").strip())

    @property
    def rows(self) -> list[tuple[Field, Field, Field, Field]]:
        """Return the rows of disciplines: discipline, site, how many, if possible."""
        names = ("discipline", "site", "count", "optional")
        return [tuple(self[f"{name}_{row}"] for name in names) for row in range(ROWS)]

    @property
    def person_uuids(self) -> list[uuid.UUID]:
        """Return who is ticked or was found; what is no id is left out."""
        return [found for text in self._person_texts() if (found := find_id(text))]

    def _person_texts(self) -> list[str]:
        found = [value for value, _label in self.person_ids.choices or ()]
        return list(dict.fromkeys((*(self.person_ids.data or ()), *found)))


for _row in range(ROWS):
    setattr(ConferenceForm, f"discipline_{_row}", SelectField(msg("Discipline"), validate_choice=False))
    setattr(ConferenceForm, f"site_{_row}", SelectField(msg("Site"), validate_choice=False))
    setattr(ConferenceForm, f"count_{_row}", IntegerField(msg("How many"), [Optional()], default=1))
    setattr(ConferenceForm, f"optional_{_row}", BooleanField(msg("If possible")))


def find_people(form: ConferenceForm, found: Sequence[Person]) -> None:
    """Add who was found to the boxes to tick; the name goes once it has found somebody."""
    if found:
        form.person_ids.choices = [(str(person.id), "") for person in found]
        form.person_text.data = ""
    elif len((form.person_text.data or "").strip()) < MIN_SEARCH_LETTERS:
        form.add_error("person_text", msg("Type at least three letters of the family name."))
    else:
        form.add_error("person_text", msg("Nobody in the network has a family name that starts so."))


def offer_choices(
    form: ConferenceForm,
    *,
    disciplines: Sequence[str],
    sites: Sequence[Site],
    rooms: Sequence[Resource],
    people: Sequence[Person],
) -> None:
    """Fill the lists to choose from."""
    for discipline, site, _count, _optional in form.rows:
        discipline.choices = [("", sentence(msg("none"))), *((name, name) for name in disciplines)]
        site.choices = [("", sentence(msg("any site"))), *((str(one.id), one.short_name) for one in sites)]
    form.resource_id.choices = [
        ("", sentence(msg("no room, video only"))),
        *((str(room.id), room.name) for room in rooms),
    ]
    form.person_ids.choices = [(str(person.id), _person_words(person)) for person in people]


def _person_words(person: Person) -> str:
    sites = dict.fromkeys(membership.site.short_name for membership in person.memberships)
    return ", ".join(part for part in (person.name, person.discipline, *sites) if part)


def draft_of(form: ConferenceForm) -> Draft:
    """Return what was typed, rows without a discipline left out; raises Refusal at the row at fault."""
    return Draft(
        title=form.title.data or "",
        duration_minutes=form.duration_minutes.data or 0,
        search_from_on=form.search_from_on.data,
        search_until_on=form.search_until_on.data,
        wanted=tuple(wanted for _field, wanted in _wanted(form)),
        resource_id=_chosen(form.resource_id),
        join_link=form.join_link.data or "",
    )


def field_of(form: ConferenceForm, refused: str | None) -> str | None:
    """Return the input at which a refusal of the draft is shown."""
    if refused is None or not refused.startswith(WANTED):
        return refused
    places = {wanted_field(place): name for place, (name, _one) in enumerate(_wanted(form))}
    return places.get(refused, "discipline_0")


def _wanted(form: ConferenceForm) -> Iterator[tuple[str, Wanted]]:
    """Give each requirement with the input that it comes from."""
    for discipline, site, count, optional in form.rows:
        if discipline.data:
            wanted = Wanted(discipline.data, _chosen(site), (), count.data or 0, bool(optional.data))
            yield count.name, wanted
    yield from (("person_ids", wanted) for wanted in _wanted_people(form))


def _wanted_people(form: ConferenceForm) -> Iterator[Wanted]:
    """Give one requirement for so many out of the named, or one each when all have to be there."""
    people = tuple(found for text in form.person_ids.data or () if (found := find_id(text)))
    is_optional = bool(form.person_is_optional.data)
    if people and form.person_count.data is not None:
        yield Wanted(person_ids=people, count=form.person_count.data, is_optional=is_optional)
        return
    yield from (Wanted(person_ids=(person,), is_optional=is_optional) for person in people)


def _chosen(field: Field) -> uuid.UUID | None:
    """Return the chosen row, None for no choice; raises Refusal for what the list does not hold."""
    if not field.data:
        return None
    found = find_id(field.data)
    if found is None:
        raise Refusal(msg("Choose one from the list."), field=field.name)
    return found


def form_of(conference: Conference) -> ConferenceForm:
    """Return the form as it stands on record; the requirements stand beside the times."""
    form = ConferenceForm(formdata=None, obj=conference)
    form.resource_id.data = str(conference.resource_id or "")
    return form
