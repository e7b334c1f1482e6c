"""What was told of an urgent case, as lines of its page: what is missing and what is unclear say so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from confsched.domain.kinds import UrgentKind
from confsched.domain.urgent_facts import ImagingStatus, RadiologyFacts, Reading, StrokeFacts
from confsched.errors import Message, msg
from confsched.models.urgent import UrgentConsult
from confsched.web.urgent_request_words import (
    AGES,
    ANTICOAGULANTS,
    IMAGING,
    LEGAL_KINDS,
    MODALITIES,
    ONSET,
    PRESENCE,
    REGIONS,
    SEXES,
)
from confsched.web.urgent_words import URGENCIES

_LABELS: Mapping[str, Message] = {
    "last_known_well": msg("Last seen well"),
    "onset": msg("Onset"),
    "door": msg("Arrival"),
    "nihss": msg("NIHSS"),
    "lvo": msg("Large vessel occluded?"),
    "age_band": msg("Age"),
    "sex": msg("Sex"),
    "anticoagulant": msg("Anticoagulation"),
    "last_intake": msg("Last taken"),
    "physician": msg("Physician on site"),
    "physician_phone": msg("Their phone"),
    "radiographer": msg("Radiographer"),
    "modality": msg("Modality"),
    "regions": msg("Body regions"),
    "urgency": msg("Urgency"),
    "legal_kind": msg("Kind"),
    "contrast": msg("Contrast agent"),
    "protocol": msg("Protocol"),
    "study_uids": msg("Study"),
}
# What a decision needs: it stands on the page also where nobody has told it yet.
_NEEDED = {
    UrgentKind.TELESTROKE: ("last_known_well", "door", "nihss", "lvo", "anticoagulant"),
    UrgentKind.TELERADIOLOGY: ("modality", "regions", "urgency", "physician", "physician_phone"),
}
_VALUES: Mapping[str, Mapping[str, Message]] = {
    "onset": ONSET,
    "lvo": PRESENCE,
    "contrast": PRESENCE,
    "age_band": AGES,
    "sex": SEXES,
    "anticoagulant": ANTICOAGULANTS,
    "modality": MODALITIES,
    "urgency": URGENCIES,
    "legal_kind": LEGAL_KINDS,
}
_STUDIES = (
    ("ct", msg("Plain CT")),
    ("cta", msg("CT angiography")),
    ("perfusion", msg("Perfusion")),
    ("mr", msg("MR")),
)
_LAMPS: Mapping[str, str] = {
    ImagingStatus.NOT_DONE: "unknown",
    ImagingStatus.RUNNING: "part",
    ImagingStatus.SENT: "ok",
    ImagingStatus.READ: "ok",
}


@dataclass(frozen=True)
class FactLine:
    """Hold one field: its words, or the instant it names; `state`: known, unclear or missing."""

    label: Message
    words: tuple[Message, ...] = ()
    at: datetime | None = None
    state: str = "known"


def fact_lines(consult: UrgentConsult) -> list[FactLine]:
    """Return what was told, in the order of the form, and what is needed and was not."""
    facts = _facts(consult)
    return list(_lines(facts, _NEEDED[consult.kind]))


def _facts(consult: UrgentConsult) -> StrokeFacts | RadiologyFacts:
    is_stroke = consult.kind is UrgentKind.TELESTROKE
    return (StrokeFacts if is_stroke else RadiologyFacts).from_kept(consult.facts)


def _lines(facts: StrokeFacts | RadiologyFacts, needed: tuple[str, ...]) -> Iterator[FactLine]:
    for name, label in _LABELS.items():
        reading: Reading | None = getattr(facts, name, None)
        if reading is not None:
            yield _line(name, label, reading)
        elif name in needed and not (name == "last_known_well" and facts.value("onset")):
            yield FactLine(label, state="missing")


def _line(name: str, label: Message, reading: Reading) -> FactLine:
    if reading.value is None:
        return FactLine(label, (_plain(reading.typed),), state="unclear")
    if isinstance(reading.value, datetime):
        return FactLine(label, at=reading.value)
    return FactLine(label, _words(name, reading.value))


def _words(name: str, value: Any) -> tuple[Message, ...]:
    if name == "regions":
        return tuple(REGIONS[one] for one in value)
    if isinstance(value, list):
        return tuple(_plain(str(one)) for one in value)
    return (_VALUES.get(name, {}).get(value) or _plain(str(value)),)


def _plain(text: str) -> Message:
    """Return typed words as they are: no translation, and no sign of theirs is a place to fill."""
    return msg("%(typed)s", typed=text)


@dataclass(frozen=True)
class StudyLine:
    """Hold one study of a stroke: its name, how far it is, and the lamp that says so."""

    label: Message
    words: Message
    lamp: str


def study_lines(consult: UrgentConsult) -> list[StudyLine]:
    """Return the studies that somebody has said something of."""
    facts = _facts(consult)
    if not isinstance(facts, StrokeFacts):
        return []
    told = ((label, facts.value(name)) for name, label in _STUDIES)
    return [StudyLine(label, IMAGING[value], _LAMPS[value]) for label, value in told if value in _LAMPS]
