"""The requirements of a conference as rows of a form, with what is wrong with each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wtforms import HiddenField

from confsched.errors import msg
from confsched.models.conferences import Conference
from confsched.services import directory
from confsched.services.findings import Problem
from confsched.services.service_choices import typed_of as typed_of_record
from confsched.web.context import now, read_session
from confsched.web.forms import BaseForm, Finding
from confsched.web.ids import find_id
from confsched.web.need_rows import Action, NeedRow, applied, read_rows, row_findings, row_of, with_problems


class NeedsForm(BaseForm):
    """Hold the rows, the mark of what was on record when they were shown, and the day that is looked at."""

    seen = HiddenField(default="")
    rows: list[NeedRow]
    row_problems: tuple[Problem, ...] = ()
    go_on_at: str | None = None
    is_outdated = False

    def say(self, problems: Iterable[Problem]) -> None:
        """Put each sentence at its row."""
        self.row_problems = tuple(problems)
        self.rows = with_problems(self.rows, self.row_problems)

    def apply(self, action: Action) -> None:
        """Change the rows as a pressed button says."""
        if action.name == "find":
            self.rows[action.row] = _found(self.rows[action.row])
        self.rows, self.go_on_at = applied(self.rows, action)

    @property
    def findings(self) -> list[Finding]:
        return [*super().findings, *row_findings(self.rows, self.row_problems)]


def needs_form_of(conference: Conference) -> NeedsForm:
    """Return the rows on record."""
    form = NeedsForm(formdata=None)
    form.rows = [row_of(typed_of_record(one)) for one in conference.requirements]
    return form


def sent_needs_form() -> NeedsForm:
    """Return the rows that were sent."""
    form = NeedsForm()
    form.rows = read_rows()
    return form


def _found(row: NeedRow) -> NeedRow:
    """Return the row with whoever has the name that was typed, ticked."""
    people = directory.suggest_people(read_session(), row.person_text, now=now())
    if people:
        ids = (*row.person_ids, *(str(person.id) for person in people))
        return replace(row, person_ids=tuple(dict.fromkeys(ids)), person_text="")
    if len(row.person_text) < directory.MIN_SEARCH_LETTERS:
        return replace(row, errors=(msg("Type at least three letters of the family name."),))
    return replace(row, errors=(msg("Nobody in the network has a family name that starts so."),))


def people_in(rows: Iterable[NeedRow]) -> dict[str, str]:
    """Return the names of everybody in the rows by their id."""
    ids = {found for row in rows for text in row.person_ids if (found := find_id(text))}
    people = directory.list_people(read_session(), ids) if ids else ()
    return {str(one.id): ", ".join(filter(None, (one.name, one.discipline))) for one in people}
