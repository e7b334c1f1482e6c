"""What is told of an urgent case: each field as typed, and what was read out of it; nothing is ever refused.

A fact is kept as {"typed": ..., "value": ...}; without a value it is unclear, and says so in a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self

from confsched import clock
from confsched.domain.kinds import TeleradiologyKind, Urgency
from confsched.errors import Message, msg

MAX_TYPED = 2000
MAX_NIHSS = 42
MAX_UID = 64
MIN_PHONE_DIGITS = 3
_ONE_DAY = timedelta(days=1)
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # for readers that ask for none
_NO_TIME = msg("This is not a time. Type it like 01:40.")
# ASCII: other scripts have digits of their own, and a time has ours.
_TIME = re.compile(
    r"(?:(?:(?P<word>heute|gestern|today|yesterday)|(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.?)(?:,|,?\s{1,3}))?"
    r"(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d{2})|(?P<joined>\d{2}))?\s?(?P<clock>Uhr|h)?",
    re.IGNORECASE | re.ASCII,
)
_DAYS_AGO = {"heute": 0, "today": 0, "gestern": 1, "yesterday": 1}
_UID = re.compile(r"[0-9.]+")


class Presence(StrEnum):
    """Answer what may be so, not so, or not known yet."""

    YES = "yes"
    NO = "no"
    UNCLEAR = "unclear"


class Onset(StrEnum):
    """Say why there is no time at which the patient was last seen well."""

    WOKE_UP = "woke_up"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    UNDER_18 = "0-17"
    UNDER_50 = "18-49"
    UNDER_60 = "50-59"
    UNDER_70 = "60-69"
    UNDER_80 = "70-79"
    UNDER_90 = "80-89"
    FROM_90 = "90+"


class Sex(StrEnum):
    """Use the words of FHIR AdministrativeGender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Anticoagulant(StrEnum):
    NONE = "none"
    PLATELETS = "platelets"
    VITAMIN_K = "vitamin_k"
    DIRECT = "direct"
    HEPARIN = "heparin"
    UNKNOWN = "unknown"


class ImagingStatus(StrEnum):
    NOT_DONE = "not_done"
    RUNNING = "running"
    SENT = "sent"
    READ = "read"


class Modality(StrEnum):
    """Use the codes of DICOM PS3.3 C.7.3.1.1.1."""

    CT = "CT"
    MR = "MR"
    CR = "CR"
    DX = "DX"
    XA = "XA"


class BodyRegion(StrEnum):
    HEAD = "head"
    NECK = "neck"
    SPINE = "spine"
    CHEST = "chest"
    ABDOMEN = "abdomen"
    PELVIS = "pelvis"
    LIMBS = "limbs"
    WHOLE_BODY = "whole_body"


@dataclass(frozen=True)
class Reading:
    """Hold a field as typed and what it says: text, a number, an instant or a list; None is unclear."""

    typed: str
    value: Any = None
    finding: Message | None = None

    def kept(self) -> dict[str, Any]:
        """Return the reading as it is kept, instants as text."""
        value = self.value.isoformat() if isinstance(self.value, datetime) else self.value
        return {"typed": self.typed, "value": value}


Reader = Callable[[str, datetime, str], Reading]


def read_time(typed: str, now: datetime, zone: str) -> Reading:
    """Read a local time as the last such instant that is not after now; a day may stand before it."""
    match = _TIME.fullmatch(typed)
    at = _clock_time(match) if match else None
    if match is None or at is None:
        return Reading(typed, None, _NO_TIME)
    instants = [instant for day in _days(match, now, zone) for instant in _instants(day, at, zone)]
    past = [instant for instant in instants if instant <= now]
    if not past:
        return Reading(typed, None, msg("This time is still to come. Type when it was."))
    return Reading(typed, max(past))


def _clock_time(match: re.Match[str]) -> time | None:
    minute = match["minute"] or match["joined"]
    if minute is None and not match["clock"]:
        return None  # "11" alone may be anything
    try:
        return time(int(match["hour"]), int(minute or 0))
    except ValueError:
        return None


def _days(match: re.Match[str], now: datetime, zone: str) -> Iterable[date]:
    """Return the days that may be meant: the one that is named, or the last two."""
    today = clock.local_day(now, zone)
    if match["word"]:
        return (today - _DAYS_AGO[match["word"].lower()] * _ONE_DAY,)
    if match["day"]:
        return tuple(_named_days(int(match["day"]), int(match["month"]), today))
    return (today, today - _ONE_DAY)


def _named_days(day: int, month: int, today: date) -> Iterable[date]:
    for year in (today.year, today.year - 1):  # in January, December is last year's
        try:
            yield date(year, month, day)
        except ValueError:
            continue


def _instants(day: date, at: time, zone: str) -> tuple[datetime, datetime]:
    """Return both passes of a local time: in autumn one hour is there twice, and the later may be meant."""
    second = datetime.combine(day, at.replace(fold=1), clock.zone_info(zone)).astimezone(UTC)
    first = clock.to_instant(day, at, zone)
    return first, max(first, second)


def read_text(typed: str, _now: datetime, _zone: str) -> Reading:
    return Reading(typed, typed)


def read_phone(typed: str, _now: datetime, _zone: str) -> Reading:
    """Read a number to call: anything with digits, as extensions and pagers are written in many ways."""
    if sum(sign.isdigit() for sign in typed) < MIN_PHONE_DIGITS:
        return Reading(typed, None, msg("There is no number in it. Type one that can be called."))
    return Reading(typed, typed)


def read_nihss(typed: str, _now: datetime, _zone: str) -> Reading:
    digits = typed.removesuffix("/42").strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= len(str(MAX_NIHSS)) + 1:
        score = int(digits)
        if score <= MAX_NIHSS:
            return Reading(typed, score)
    return Reading(typed, None, msg("The NIHSS is a number from 0 to %(most)s.", most=MAX_NIHSS))


def read_uids(typed: str, _now: datetime, _zone: str) -> Reading:
    """Read StudyInstanceUIDs, one or several (DICOM PS3.5 9.1)."""
    uids = [part for part in re.split(r"[\s,;]+", typed) if part]
    if uids and all(_UID.fullmatch(uid) and len(uid) <= MAX_UID for uid in uids):
        return Reading(typed, uids)
    return Reading(typed, None, msg("A StudyInstanceUID has digits and dots only, at most 64 of them."))


def one_of(words: type[StrEnum]) -> Reader:
    """Return the reader of a choice."""

    def read(typed: str, _now: datetime, _zone: str) -> Reading:
        if typed in set(words):
            return Reading(typed, typed)
        return Reading(typed, None, msg("Choose one of the entries offered."))

    return read


def many_of(words: type[StrEnum]) -> Reader:
    """Return the reader of several choices, typed with commas between them."""

    def read(typed: str, _now: datetime, _zone: str) -> Reading:
        chosen = [part for part in typed.split(",") if part]
        if set(chosen) <= set(words):
            return Reading(typed, chosen)
        return Reading(typed, None, msg("Choose one of the entries offered."))

    return read


@dataclass(frozen=True)
class _Facts:
    """Hold the readings of one kind of consult; a field that was never told is None."""

    @classmethod
    def from_kept(cls, kept: Mapping[str, Any]) -> Self:
        """Return the facts as they are kept; what no field is called is passed over."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: _from_kept(name, entry) for name, entry in kept.items() if name in names})

    def to_kept(self) -> dict[str, Any]:
        """Return all that was told, as it is kept."""
        told = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: reading.kept() for name, reading in told if reading is not None}

    @property
    def findings(self) -> list[tuple[str, Message]]:
        """Return what is unclear, by the name of its field."""
        told = ((field.name, getattr(self, field.name)) for field in fields(self))
        return [(name, reading.finding) for name, reading in told if reading and reading.finding]

    def value(self, name: str) -> Any:
        """Return what a field says, None where it is unclear or was never told."""
        reading = getattr(self, name)
        return reading.value if reading else None


@dataclass(frozen=True)
class StrokeFacts(_Facts):
    """What is told of a suspected stroke (DOMAIN 3.1)."""

    callback_phone: Reading | None = None
    last_known_well: Reading | None = None
    onset: Reading | None = None
    nihss: Reading | None = None
    lvo: Reading | None = None
    door: Reading | None = None
    age_band: Reading | None = None
    sex: Reading | None = None
    anticoagulant: Reading | None = None
    last_intake: Reading | None = None
    ct: Reading | None = None
    cta: Reading | None = None
    perfusion: Reading | None = None
    mr: Reading | None = None
    study_uids: Reading | None = None
    physician: Reading | None = None


@dataclass(frozen=True)
class RadiologyFacts(_Facts):
    """What is told of an examination that is read elsewhere (DOMAIN 3.2)."""

    callback_phone: Reading | None = None
    modality: Reading | None = None
    regions: Reading | None = None
    urgency: Reading | None = None
    legal_kind: Reading | None = None
    physician: Reading | None = None
    physician_phone: Reading | None = None
    radiographer: Reading | None = None
    contrast: Reading | None = None
    protocol: Reading | None = None
    study_uids: Reading | None = None


READERS: Mapping[str, Reader] = {
    "callback_phone": read_phone,
    "physician_phone": read_phone,
    "last_known_well": read_time,
    "door": read_time,
    "last_intake": read_time,
    "nihss": read_nihss,
    "study_uids": read_uids,
    "onset": one_of(Onset),
    "lvo": one_of(Presence),
    "contrast": one_of(Presence),
    "age_band": one_of(AgeBand),
    "sex": one_of(Sex),
    "anticoagulant": one_of(Anticoagulant),
    **dict.fromkeys(("ct", "cta", "perfusion", "mr"), one_of(ImagingStatus)),
    "modality": one_of(Modality),
    "regions": many_of(BodyRegion),
    "urgency": one_of(Urgency),
    "legal_kind": one_of(TeleradiologyKind),
}
_TIMES = frozenset(name for name, reader in READERS.items() if reader is read_time)


def read_fact(name: str, typed: str, now: datetime, zone: str) -> Reading | None:
    """Read one field as typed at a site of this zone; None where nothing was typed."""
    typed = typed.strip()[:MAX_TYPED]
    return READERS.get(name, read_text)(typed, now, zone) if typed else None


def _from_kept(name: str, entry: Mapping[str, Any]) -> Reading:
    typed, value = entry["typed"], entry["value"]
    if value is None:
        # A time that was unclear is not read anew: by now it would be another instant.
        unread = _NO_TIME if name in _TIMES else READERS[name](typed, _ANY_TIME, "UTC").finding
        return Reading(typed, None, unread)
    return Reading(typed, datetime.fromisoformat(value) if name in _TIMES else value)


def changes(shown: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return what was changed on a form by what it had shown; what others changed meanwhile stays."""
    return {name: text for name, text in typed.items() if text.strip() != shown.get(name, "").strip()}
