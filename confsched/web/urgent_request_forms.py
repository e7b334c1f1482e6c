"""The forms of urgent requests: everything may stay empty, and anything may be typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from flask import request
from wtforms import HiddenField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput

from confsched.domain.kinds import UrgentKind
from confsched.errors import Message, msg
from confsched.services.idempotency import KEY_LENGTH
from confsched.services.urgent_requests import NewRequest
from confsched.web import urgent_request_words as words
from confsched.web.forms import BaseForm, new_form_key
from confsched.web.pages import sentence
from confsched.web.urgent_words import URGENCIES

SHOWN = "shown-"  # what the form had shown: other people may have changed the field meanwhile
REASON = "reason-"
NOT_TOLD = msg("not stated")


def _choices(offered: Mapping[str, Message]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in offered.items()]


def _pick(label: Message, offered: Mapping[str, Message]) -> RadioField:
    return RadioField(label, choices=_choices(offered), validate_choice=False)


class _Ticks(SelectMultipleField):  # type: ignore[misc]  # (wtforms carries no types)
    """Let several be chosen, each with a box of its own."""

    option_widget = CheckboxInput()


class UrgentForm(BaseForm):
    """Hold what both kinds ask for: `first` to send, `more` behind a fold."""

    first: tuple[str, ...]
    more: tuple[str, ...]
    lists: ClassVar[Mapping[str, Mapping[str, Message]]] = {}

    case_ref = HiddenField()
    question = TextAreaField(
        msg("Question"), description=msg("Stays in confsched. No name, no date of birth.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, offered in self.lists.items():  # in the reader's language, which is known only now
            labels = [(value, sentence(label)) for value, label in offered.items()]
            self[name].choices = [("", sentence(NOT_TOLD)), *labels]

    @property
    def told(self) -> tuple[str, ...]:
        return (*self.first, *self.more)

    def typed(self, name: str) -> str:
        """Return what stands in a field as one text."""
        data: Any = self[name].data
        return ",".join(data) if isinstance(data, list) else data or ""


class StrokeForm(UrgentForm):
    first = ("callback_phone", "last_known_well", "onset", "nihss", "lvo")
    more = (
        *("door", "age_band", "sex", "anticoagulant", "last_intake", "ct", "cta", "perfusion", "mr"),
        *("study_uids", "physician", "question"),
    )
    lists: ClassVar[Mapping[str, Mapping[str, Message]]] = {
        "age_band": words.AGES,
        "sex": words.SEXES,
        "anticoagulant": words.ANTICOAGULANTS,
        "ct": words.IMAGING,
        "cta": words.IMAGING,
        "perfusion": words.IMAGING,
        "mr": words.IMAGING,
    }

    callback_phone = StringField(msg("Call back at"), description=msg("The phone where you work now."))
    last_known_well = StringField(
        msg("Last known well"),
        description=msg("Such as 01:40. A time later than now is yesterday's."),
    )
    onset = _pick(msg("When the time is missing"), words.ONSET)
    nihss = StringField(msg("NIHSS total"), description=msg("0 to 42"))
    lvo = _pick(msg("Large vessel occlusion suspected"), words.PRESENCE)
    door = StringField(msg("Arrival"))
    age_band = SelectField(msg("Age"), validate_choice=False)
    sex = SelectField(msg("Sex"), validate_choice=False)
    anticoagulant = SelectField(msg("Anticoagulant"), validate_choice=False)
    last_intake = StringField(msg("Last intake"))
    ct = SelectField(msg("CT"), validate_choice=False)
    cta = SelectField(msg("CT angiography"), validate_choice=False)
    perfusion = SelectField(msg("CT perfusion"), validate_choice=False)
    mr = SelectField(msg("MR"), validate_choice=False)
    study_uids = StringField(msg("StudyInstanceUID"))
    physician = StringField(msg("Physician on site"))


class RadiologyForm(UrgentForm):
    first = ("callback_phone", "modality", "regions", "urgency")
    more = (
        *("legal_kind", "physician", "physician_phone", "radiographer", "contrast", "protocol"),
        *("study_uids", "question"),
    )
    lists: ClassVar[Mapping[str, Mapping[str, Message]]] = {
        "legal_kind": words.LEGAL_KINDS,
        "contrast": words.PRESENCE,
    }

    callback_phone = StringField(
        msg("Phone of radiographer or physician"), description=msg("The phone where you work now.")
    )
    modality = _pick(msg("Modality"), words.MODALITIES)
    regions = _Ticks(
        msg("Body regions"),
        choices=_choices(words.REGIONS),
        validate_choice=False,
    )
    urgency = _pick(msg("Urgency"), URGENCIES)
    legal_kind = SelectField(msg("Legal ground"), validate_choice=False)
    physician = StringField(
        msg("Physician on site"), description=msg("Qualified in radiation protection, with the patient.")
    )
    physician_phone = StringField(msg("Phone of the physician"))
    radiographer = StringField(msg("Radiographer"))
    contrast = SelectField(msg("Contrast medium planned"), validate_choice=False)
    protocol = StringField(msg("Protocol asked for"))
    study_uids = StringField(msg("StudyInstanceUID"))


FORMS: Mapping[UrgentKind, type[UrgentForm]] = {
    UrgentKind.TELESTROKE: StrokeForm,
    UrgentKind.TELERADIOLOGY: RadiologyForm,
}


def filled(kind: UrgentKind, typed: Mapping[str, str], findings: Iterable[tuple[str, Message]]) -> UrgentForm:
    """Return the form with what is told already; what is unclear says so at its field."""
    data: dict[str, str | list[str]] = dict(typed)
    if "regions" in typed:
        data["regions"] = typed["regions"].split(",")
    form = FORMS[kind](formdata=None, data=data)
    for name, finding in findings:
        form.add_error(name, msg("Unclear, kept as typed. %(why)s", why=finding))
    return form


def posted(form: UrgentForm) -> NewRequest:
    """Return what was typed; a field that was not sent is not told."""
    typed = {name: form.typed(name) for name in form.told if _was_sent(name)}
    return NewRequest(typed, form.case_ref.data or "", _prefixed(REASON))


def _was_sent(name: str) -> bool:
    """Tell whether the page had the field: of choices, browsers send only those that are made."""
    return name in request.form or SHOWN + name in request.form


def shown() -> dict[str, str]:
    """Return what the fields had shown when the page was opened."""
    return _prefixed(SHOWN)


def _prefixed(prefix: str) -> dict[str, str]:
    found = ((name, value) for name, value in request.form.items() if name.startswith(prefix))
    return {name.removeprefix(prefix): value for name, value in found}


def key_of(form: UrgentForm) -> str:
    """Return the key against double sending; a damaged one is no reason to turn an emergency away."""
    key = form.form_key.data or ""
    return key if 0 < len(key) <= KEY_LENGTH else new_form_key()


def typed_pairs(left_out: Sequence[str]) -> list[tuple[str, str]]:
    """Return everything that was sent, for a page that sends it again."""
    return [(name, value) for name, value in request.form.items(multi=True) if name not in left_out]
