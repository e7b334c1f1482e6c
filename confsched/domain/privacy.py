"""Patient data in free text: find it, and refuse it with a way out.

Mail subjects, invitations and feeds leave the house, and under professional secrecy (StGB par. 203) even the
fact of a treatment is secret. The rules prefer a missed rarity to a false alarm: people learn to get around a
filter that cries wolf.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

from confsched.domain.privacy_names import find_patient_names
from confsched.domain.privacy_words import UPPER
from confsched.errors import Refusal, msg


class FindingKind(StrEnum):
    """Name what a stretch of text gives away."""

    BIRTH_DATE = "birth_date"
    INSURANCE_NUMBER = "insurance_number"
    HOSPITAL_NUMBER = "hospital_number"
    PATIENT_NAME = "patient_name"
    INITIALS_WITH_DATE = "initials_with_date"


@dataclass(frozen=True)
class Finding:
    """Point at text[start:end]; never holds the text itself, so that it may be logged."""

    kind: FindingKind
    start: int
    end: int


def find_patient_data(text: str) -> tuple[Finding, ...]:
    """Return what looks like patient data, in the order of the text."""
    names = (Finding(FindingKind.PATIENT_NAME, *place) for place in find_patient_names(text))
    found = (*names, *_birth_dates(text), *_insurance_numbers(text), *_shapes(text))
    return tuple(sorted(_joined(found), key=lambda finding: (finding.start, finding.end)))


def check_text(text: str, field: str) -> None:
    """Refuse patient data in `text`, naming the kinds found but not the words, as logs may keep a refusal."""
    kinds = list(dict.fromkeys(finding.kind for finding in find_patient_data(text)))
    if not kinds:
        return
    what = _WORDS[kinds[0]]
    for kind in kinds[1:]:
        what = msg("%(one)s and %(other)s", one=what, other=_WORDS[kind])
    sentence = _NAME_SENTENCE if FindingKind.PATIENT_NAME in kinds else _SENTENCE
    raise Refusal(msg(sentence.text, what=what), field=field)


def check_link(link: str, field: str) -> None:
    """Refuse a name or a date of birth in the words of an address; its numbers are those of video rooms."""
    words = _BETWEEN_WORDS.sub(" ", unquote(link))
    kinds = {finding.kind for finding in find_patient_data(words)}
    for kind in (FindingKind.PATIENT_NAME, FindingKind.BIRTH_DATE):
        if kind in kinds:
            raise Refusal(msg(_SENTENCE.text, what=_WORDS[kind]), field=field)


_BETWEEN_WORDS = re.compile(r"[\s/_+&?=#~:]+|(?<!\d)-|-(?!\d)")
_WORDS = {
    FindingKind.BIRTH_DATE: msg("a date of birth"),
    FindingKind.INSURANCE_NUMBER: msg("an insurance number"),
    FindingKind.HOSPITAL_NUMBER: msg("a hospital's patient number"),
    FindingKind.PATIENT_NAME: msg("a patient's name"),
    FindingKind.INITIALS_WITH_DATE: msg("initials with a date"),
}
_SENTENCE = msg(
    "This looks like %(what)s, which mail and calendars would carry out of the house. "
    "Write the case reference and the age in years instead."
)
_NAME_SENTENCE = msg(
    "This looks like %(what)s, which mail and calendars would carry out of the house. "
    "Write the case reference and the age in years instead; "
    "put the title, such as Dr., before a clinician's name."
)

# Every repetition below has a bound, so that no text keeps the search busy.
_MONTH = (
    r"(?:Jan(?:uar|uary)?|Feb(?:ruar|ruary)?|M(?:ä|ae)rz|Mar(?:ch)?|Apr(?:il)?|Ma[iy]|Jun[ei]?|Jul[iy]?"
    r"|Aug(?:ust)?|Sept?(?:ember)?|O[kc]t(?:ober)?|Nov(?:ember)?|De[zc](?:ember)?)\.?"
)
_YEAR = r"(?:19|20)\d\d"
_DAY, _MONTH_NUMBER = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])"
_DATE = (
    rf"(?<!\w)(?<!\d[.,/-])(?:(?:{_DAY}(?P<sep>[./-])\s?{_MONTH_NUMBER}|{_MONTH_NUMBER}/{_DAY})"
    rf"(?(sep)(?P=sep)|/)\s?(?P<year>{_YEAR}|\d\d)"
    rf"|(?P<iso>{_YEAR})-\d\d-\d\d|{_DAY}\.?\s{{1,9}}{_MONTH}\s{{1,9}}(?P<long>{_YEAR}|\d\d)"
    rf"|{_MONTH}\s{{1,9}}{_DAY},?\s{{1,9}}(?P<us>{_YEAR}))(?![\w-]|[./]\d)"
)
_BARE_DATE = re.compile(_DATE)
_BORN = re.compile(
    r"(?:(?<!\d)(?<!\d\s)(?<!\*)\*|\bgeb(?:oren)?\b\.?(?:\s{1,9}a[mn]\b)?|\bgeb\.?-?\s?dat(?:um)?\b\.?"
    r"|\bgeburts(?:datum|tag|jahr)\b|\bborn\b(?:\s{1,9}(?:on|in))?|\bd\.?o\.?b\b\.?"
    r"|\b(?:date|year) of birth\b|\bbirth\s?(?:date|day)\b|\bJg\b\.?|\bJahrgang\b)\s{0,9}[:=]?\s{0,9}"
    rf"(?:{_DATE}|(?:\d{{1,2}}[./])?{_YEAR}(?!\d)|'?\d\d(?![\d.+/:%-]|\s?[a-zA-Z]))",
    re.IGNORECASE,
)
# A day of treatment that lies far back is led in by what happened on it.
_TREATED = re.compile(
    r"\b(?:seit|vom|am|bis|ab|von|und|OP|CT|MRT?|PET|TEP|Stent|Unfall|H?TX|Z\. ?n\.|ED"
    r"|since|on|from|until|to|in)\s{0,9}:?\s{0,9}$",
    re.IGNORECASE,
)
# A bare date up to here is taken for a birth; later ones are mostly days of treatment.
_LAST_BARE_BIRTH_YEAR = 1999
_FIRST_YEAR_OF_TWO_DIGITS = 31

# Health insurance number (SGB V par. 290) and pension insurance number (SGB VI par. 147).
_KVNR = re.compile(r"(?<![\w-])[A-Za-z]\s?\d{3}\s?\d{3}\s?\d{3}(?![\w-])")
_PENSION_NUMBER = re.compile(r"\b\d{2}\s?[0-3]\d[01]\d\d{2}\s?[A-Z]\s?\d{3}\b")
_LABELLED_INSURANCE = re.compile(
    r"\b(?:KV-?(?:Nr|Nummer)|KVNR|Vers(?:icher(?:ten|ungs))?\.?-?\s?(?:Nr|Nummer|ID)"
    r"|(?:insurance|NHS)\s(?:no|number|ID))\b\.?\s{0,9}:?\s{0,9}[A-Z]?\d[\d ]{4,}",
    re.IGNORECASE,
)
_TEN_DIGITS = re.compile(r"(?<![\w./+:-])[1-9]\d{9}(?![\w/-]|[.:]\d)")
_PHONE = re.compile(
    r"\b(?:Tel|Telefon|Handy|Mobil|Fax|DECT|Rückruf|phone|call|back|mobile)\b\W{0,3}$", re.IGNORECASE
)
_LABELLED_HOSPITAL = re.compile(
    r"\b(?:Pat(?:ient(?:en)?)?\.?-?\s?(?:Nr|ID|Nummer)|PID|MRN|Fall-?\s?(?:Nr|Nummer|ID)|Aufnahme-?(?:nr|nummer)"
    r"|hospital (?:no|number)|patient (?:ID|no|number))\b\.?\s{0,9}:?\s{0,9}\d[\d ]{3,}",
    re.IGNORECASE,
)
_INITIALS = re.compile(
    rf"(?<![\w.])(?!(?:U\.\s?S|N\.\s?N|V\.\s?A|Z\.\s?N|I\.\s?V|P\.\s?O)\.)[{UPPER}]\.\s?-?[{UPPER}]\.,?\s{{0,9}}"
    rf"(?:\*|geb\.|Jg\.?)?\s{{0,9}}\(?(?:{_DATE}|{_YEAR}(?!\d)|(?:'|\*)\d\d\b)"
)


def _birth_dates(text: str) -> Iterator[Finding]:
    for match in _BARE_DATE.finditer(text):
        if _is_long_ago(match) and not _TREATED.search(text[max(0, match.start() - 12) : match.start()]):
            yield Finding(FindingKind.BIRTH_DATE, *match.span())


def _is_long_ago(match: re.Match[str]) -> bool:
    year = int(match["year"] or match["iso"] or match["long"] or match["us"])
    return _FIRST_YEAR_OF_TWO_DIGITS <= year < 100 or 1900 <= year <= _LAST_BARE_BIRTH_YEAR


def _insurance_numbers(text: str) -> Iterator[Finding]:
    for match in _KVNR.finditer(text):
        # Written as on the card it counts even with a slip of the pen, in any other way only when it adds up.
        if re.fullmatch(r"[A-Z]\d{9}", match[0]) or _is_kvnr(match[0]):
            yield Finding(FindingKind.INSURANCE_NUMBER, *match.span())
    for match in _TEN_DIGITS.finditer(text):
        if not _PHONE.search(text[max(0, match.start() - 16) : match.start()]):
            yield Finding(FindingKind.INSURANCE_NUMBER, *match.span())


def _is_kvnr(text: str) -> bool:
    """Check the last digit: the letter is two digits, each second one counts twice, cross sums modulo 10."""
    letter, *digits = (sign for sign in text.upper() if not sign.isspace())
    values = [int(digit) for digit in f"{ord(letter) - 64:02d}" + "".join(digits)]
    weighted = (value * (1 + place % 2) for place, value in enumerate(values[:-1]))
    return sum(value // 10 + value % 10 for value in weighted) % 10 == values[-1]


def _shapes(text: str) -> Iterator[Finding]:
    shapes = (
        (FindingKind.INSURANCE_NUMBER, _LABELLED_INSURANCE),
        (FindingKind.INSURANCE_NUMBER, _PENSION_NUMBER),
        (FindingKind.HOSPITAL_NUMBER, _LABELLED_HOSPITAL),
        (FindingKind.INITIALS_WITH_DATE, _INITIALS),
        (FindingKind.BIRTH_DATE, _BORN),
    )
    for kind, shape in shapes:
        for match in shape.finditer(text):
            yield Finding(kind, *match.span())


def _joined(found: Iterable[Finding]) -> list[Finding]:
    """Join findings of one kind that overlap, as rules often meet at one place."""
    joined: list[Finding] = []
    for finding in sorted(found, key=lambda finding: (finding.kind, finding.start)):
        last = joined[-1] if joined else None
        if last and last.kind is finding.kind and finding.start < last.end:
            joined[-1] = Finding(last.kind, last.start, max(last.end, finding.end))
        else:
            joined.append(finding)
    return joined
