"""The forms of a case: five fields to register it, what is folded behind them, decisions of the desk."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, time

from flask import request
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput

from confsched.clock import to_local
from confsched.domain.kinds import CaseTriage, Lamp
from confsched.errors import Refusal, msg
from confsched.models.cases import CaseItem
from confsched.services.boards import Board, Window
from confsched.services.case_checks import MAX_REASON, CaseDraft
from confsched.web.case_words import LAMPS
from confsched.web.context import reader_zone
from confsched.web.forms import BaseForm
from confsched.web.ids import find_id
from confsched.web.pages import sentence

USUAL_MINUTES = 5
MORE = ("imaging", "pathology", "is_urgent", "is_standard_care", "present_from", "present_until")


class _Ticks(SelectMultipleField):  # type: ignore[misc]  # (wtforms carries no types)
    """Let several be chosen, each with a box of its own."""

    option_widget = CheckboxInput()


class CaseForm(BaseForm):
    """Hold what is said of a case; `board` is the date whose button was pressed, with the mark it showed."""

    board = HiddenField()
    wanted = HiddenField()
    revision = HiddenField()
    presenter_id = SelectField(
        msg("Who presents"), validate_choice=False, description=msg("They get the news of the case.")
    )
    case_ref = StringField(
        msg("Case reference"),
        description=msg("Proposed; your own code does as well. No name, no date of birth."),
    )
    question = TextAreaField(
        msg("Question to the conference"),
        description=msg("Stays in confsched; no mail and no calendar shows it."),
    )
    disciplines = _Ticks(msg("Who is needed"), validate_choice=False)
    minutes = IntegerField(
        msg("Minutes"), default=USUAL_MINUTES, description=msg("Presentation and discussion.")
    )
    imaging = SelectField(msg("Imaging"), validate_choice=False)
    pathology = SelectField(msg("Pathology"), validate_choice=False)
    is_urgent = BooleanField(msg("Urgent"), description=msg("Goes to the front of the agenda."))
    is_standard_care = BooleanField(
        msg("Standard of care decides"),
        description=msg("Listed and recorded without discussion, where the conference does so."),
    )
    present_from = TimeField(msg("Presenter free from"), validators=[Optional()])
    present_until = TimeField(msg("Presenter free until"), validators=[Optional()])

    @property
    def has_more(self) -> bool:
        """Tell whether anything behind the fold was said, or is wrong."""
        said = {self.imaging.data, self.pathology.data} - {None, "", Lamp.UNKNOWN, Lamp.NOT_NEEDED}
        fields = [self[name] for name in MORE]
        return bool(said) or any(field.errors or field.data is True for field in fields) or self._has_times

    @property
    def _has_times(self) -> bool:
        return self.present_from.data is not None or self.present_until.data is not None

    def offer(self, disciplines: Iterable[str], presenters: Iterable[tuple[str, str]]) -> None:
        """Fill the lists; without anybody else to present, whoever registers does."""
        self.disciplines.choices = [(one, one) for one in disciplines]
        lamps = [(lamp.value, sentence(words)) for lamp, (words, _) in LAMPS.items()]
        self.imaging.choices = self.pathology.choices = lamps
        named = list(presenters)
        if named:
            self.presenter_id.choices = [("", "–"), *named]
        elif "presenter_id" in self:
            del self.presenter_id

    @property
    def pressed(self) -> tuple[uuid.UUID | None, str]:
        """Return the date whose button was pressed, and the mark of what the page had shown of it."""
        conference_id, _, mark = (self.board.data or "").partition("/")
        return find_id(conference_id), mark

    def draft(self) -> CaseDraft:
        """Return what was typed; raises Refusal for a time that is none."""
        presenter = self.presenter_id.data if "presenter_id" in self else ""
        starts, ends = self._time("present_from"), self._time("present_until")
        return CaseDraft(
            case_ref=self.case_ref.data or "",
            question=self.question.data or "",
            disciplines=tuple(self.disciplines.data or ()),
            minutes=self.minutes.data,
            presenter_id=find_id(presenter),
            imaging=lamp_of(self.imaging.data),
            pathology=lamp_of(self.pathology.data),
            is_urgent=bool(self.is_urgent.data),
            is_standard_care=bool(self.is_standard_care.data),
            window=Window(starts, ends) if starts or ends else None,
        )

    def _time(self, name: str) -> time | None:
        field = self[name]
        if field.data is None and any(field.raw_data or ()):
            raise Refusal(msg("Choose a time, such as 14:30."), field=name)
        typed: time | None = field.data
        return typed


def pressed_value(board: Board) -> str:
    """Return what the button of a date sends."""
    return f"{board.conference.id}/{board.verdict.mark}"


def form_of(case: CaseItem) -> CaseForm:
    """Return the form with what a case says."""
    return CaseForm(
        formdata=None,
        data={
            "revision": case.revision,
            "case_ref": case.case_ref,
            "question": case.question,
            "disciplines": [need.discipline for need in case.needs],
            "minutes": case.minutes,
            "imaging": case.imaging.value,
            "pathology": case.pathology.value,
            "is_urgent": case.is_urgent,
            "present_from": _local_time(case.present_from),
            "present_until": _local_time(case.present_until),
        },
    )


def _local_time(at: datetime | None) -> time | None:
    return to_local(at, reader_zone()).time() if at else None


def lamp_of(text: str | None) -> Lamp:
    """Return the lamp that was chosen; what is none says nothing."""
    return Lamp(text) if text in set(Lamp) else Lamp.UNKNOWN


class TriageForm(BaseForm):
    """Hold the reason of a decision; the button says which."""

    reason = StringField(
        msg("Reason"),
        id="triage_reason",
        validators=[Length(max=MAX_REASON)],
        description=msg("Needed to reject. The mail to the presenter carries it."),
    )

    @property
    def decision(self) -> CaseTriage:
        """Return the decision whose button was pressed."""
        pressed = request.form.get("decision", "")
        if pressed not in set(CaseTriage):
            raise Refusal(msg("Press one of the three buttons."))
        return CaseTriage(pressed)


class DeferForm(BaseForm):
    """Hold where a case goes to and why."""

    to = SelectField(msg("Date"), validate_choice=False)
    reason = StringField(msg("Reason"), id="defer_reason", validators=[Length(max=MAX_REASON)])
