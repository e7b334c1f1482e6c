"""The small forms of the page of an urgent consult; all stand on one page, so no two share a field name."""

from __future__ import annotations

from dataclasses import dataclass, field

from wtforms import BooleanField, RadioField, SelectField, StringField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from confsched.domain.kinds import Recommendation
from confsched.errors import Message, msg
from confsched.services.urgent_live import MAX_NAME, MAX_REASON
from confsched.web.forms import BaseForm
from confsched.web.urgent_words import RECOMMENDATIONS

_LONG, _SHORT = [Length(max=MAX_REASON)], [Length(max=MAX_NAME)]
_NO_NAME = msg("No name, no date of birth.")
ENDS: tuple[tuple[str, Message], ...] = (
    ("false_alarm", msg("False alarm")),
    ("duplicate", msg("Duplicate")),
)
ANSWERS: tuple[tuple[str, Message], ...] = (
    ("given", msg("Indication given")),
    ("modality", msg("Another examination")),
    ("refused", msg("Refuse the examination")),
)


class RecommendationForm(BaseForm):
    recommendation = RadioField(
        msg("What do you recommend?"),
        choices=[SelectChoice(one.value, RECOMMENDATIONS[one]) for one in Recommendation],
        validate_choice=False,
    )
    note = StringField(msg("Remark"), _LONG, description=_NO_NAME)


class PhonedForm(BaseForm):
    to = StringField(msg("Told to"), _SHORT)
    at = TimeField(msg("At"), [Optional()], description=msg("Empty: just now."))
    read_back = BooleanField(msg("The result was read back"))
    phone_note = StringField(msg("What was told"), _LONG, description=_NO_NAME)


class IndicationForm(BaseForm):
    answer = RadioField(
        msg("Decision"), choices=[SelectChoice(*one) for one in ANSWERS], validate_choice=False
    )
    reason = StringField(
        msg("Protocol, other examination, or reason"), _LONG, description=msg("No name, no date of birth.")
    )


class EndForm(BaseForm):
    code = RadioField(
        msg("What was it?"), choices=[SelectChoice(*one) for one in ENDS], validate_choice=False
    )
    end_reason = StringField(msg("Reason, or the other consult"), _LONG, description=_NO_NAME)


class HandOverForm(BaseForm):
    person_id = SelectField(msg("Hand over to"), choices=[], validate_choice=False)


@dataclass(frozen=True)
class Forms:
    """Hold all forms of the page: empty ones, and the one that was refused."""

    recommendation: RecommendationForm = field(default_factory=lambda: RecommendationForm(formdata=None))
    phoned: PhonedForm = field(default_factory=lambda: PhonedForm(formdata=None))
    indication: IndicationForm = field(default_factory=lambda: IndicationForm(formdata=None))
    end: EndForm = field(default_factory=lambda: EndForm(formdata=None))
    hand_over: HandOverForm = field(default_factory=lambda: HandOverForm(formdata=None))

    @property
    def each(self) -> tuple[BaseForm, ...]:
        """Return the forms in the order in which they stand on the page."""
        return (self.recommendation, self.indication, self.phoned, self.hand_over, self.end)
