"""The forms of polls for a date."""

from __future__ import annotations

from wtforms import (
    DateField,
    IntegerField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from confsched.domain.kinds import ConferenceKind
from confsched.errors import msg
from confsched.models.polls import DatePoll
from confsched.services.polls import PollDraft
from confsched.web.forms import BaseForm

KINDS = {
    ConferenceKind.REGIONAL_CONFERENCE: msg("Regional conference"),
    ConferenceKind.CASE_CONFERENCE: msg("Case conference"),
    ConferenceKind.CME_EVENT: msg("Further education"),
}


class PollForm(BaseForm):
    """Ask what the meeting is; times and people follow on the next page."""

    title = StringField(msg("Title"), description=msg("Stands in calendars. No data of patients."))
    kind = RadioField(
        msg("Kind"),
        choices=[SelectChoice(kind.value, words.text) for kind, words in KINDS.items()],
        default=ConferenceKind.REGIONAL_CONFERENCE.value,
        validate_choice=False,
    )
    duration_minutes = IntegerField(msg("Minutes"), default=90, validators=[Optional()])
    join_link = StringField(msg("Join link"), description=msg("Begins with https://; may stay empty."))
    reply_by_on = DateField(msg("Answers until"), validators=[Optional()])
    text = TextAreaField(msg("What it is about"), description=msg("Shown to all who are asked."))

    def draft(self) -> PollDraft:
        """Return what was typed."""
        known = {kind.value: kind for kind in ConferenceKind}
        return PollDraft(
            title=self.title.data or "",
            kind=known.get(self.kind.data or "", ConferenceKind.REGIONAL_CONFERENCE),
            duration_minutes=self.duration_minutes.data or 0,
            join_link=self.join_link.data or "",
            text=self.text.data or "",
            reply_by_on=self.reply_by_on.data,
        )


class TimeForm(BaseForm):
    day = DateField(msg("Day"), validators=[Optional()])
    at = TimeField(msg("Begins at"), validators=[Optional()])


class _Ticks(SelectMultipleField):  # type: ignore[misc]  # (wtforms carries no types)
    """Offer several as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PeopleForm(BaseForm):
    person = StringField(msg("Clinician of the network"), description=msg("First letters of the family name"))
    guests = _Ticks(msg("Guests of the house"), validate_choice=False)


class VoteForm(BaseForm):
    """Carry the note beside the answers, which have names of their own."""

    class Meta(BaseForm.Meta):
        csrf = False  # the signature of the link stands in the address; nobody else could have sent this

    note = StringField(msg("Note to the organiser"), description=msg("May stay empty. No data of patients."))


def form_of(poll: DatePoll, reply_by_on: object) -> PollForm:
    """Return the form with what stands on record."""
    form = PollForm(formdata=None)
    form.title.data, form.kind.data = poll.title, poll.kind.value
    form.duration_minutes.data, form.join_link.data = poll.duration_minutes, poll.join_link
    form.reply_by_on.data, form.text.data = reply_by_on, poll.text
    return form
