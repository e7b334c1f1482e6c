"""Names of patients in free text, told from those of clinicians, institutions and diseases."""

from __future__ import annotations

import re
from collections.abc import Iterator

from confsched.domain.privacy_words import (
    DEGREE,
    FIRST_NAMES,
    INSTITUTION_AFTER,
    INSTITUTION_BEFORE,
    LOWER,
    NOT_ADDRESSED,
    NOUN,
    ROLE,
    SURNAMES,
    UPPER,
)

_MASK = "\x00"
_LONGEST_ABBREVIATION = 5
# Every repetition below has a bound, so that no text keeps the search busy.
_NAME_PART = rf"(?:[OD]['’])?[{UPPER}][{UPPER}{LOWER}]+"
_NAME = rf"\b{_NAME_PART}(?:-{_NAME_PART}){{0,3}}(?![\w-])"
_PARTICLES = (
    r"(?:(?:von|van|de|der|den|dem|vom|zu|zum|zur|dos|da|di|al|el|ten|le|la|v\.|v\.\s?d\.)\s{1,9}){0,3}"
)
_HONORIFIC = r"\b(?:[Hh]errn?|HERRN?|[Ff]rau|FRAU|Hrn?\.?|Fr\.|Mr\.?|Mrs\.?|Ms\.|Miss)"
_PATIENT = r"\b(?:[Pp]at(?:ient(?:in)?)?\b\.?|Pt\.|[Nn]ame(?=:))\s{0,9}:?"
# A role may be followed by "Herr" or "Frau", a degree not: in "Mamma-CA Frau Schulz" it is no degree.
_DEGREES = rf"(?:(?<!\w){DEGREE}\b[.:]?,?\s{{0,9}})"
_CLINICIAN = re.compile(
    rf"(?:(?<!\w){ROLE}\b[.:]?\s{{0,9}}(?:{_HONORIFIC}\s{{1,9}})?{_DEGREES}{{0,8}}"
    rf"|(?:{_HONORIFIC}\s{{1,9}})?{_DEGREES}{{1,8}}(?!{_HONORIFIC}\s))"
    rf"(?:[{UPPER}]\.\s{{0,9}}){{0,2}}(?:{_NAME}\s{{1,9}}(?={_PARTICLES}{_NAME}))?{_PARTICLES}{_NAME}"
)
_ROLE_AFTER = re.compile(rf"\s{{0,9}}[,(]\s{{0,9}}(?:{DEGREE}|{ROLE})\b")
_ADDRESSED = re.compile(rf"{_HONORIFIC}\s{{1,9}}{_PARTICLES}(?P<name>{_NAME})")
_ADDRESSED_SMALL = re.compile(r"\b(?:herrn?|frau|hr\.|fr\.)\s{1,9}(?P<name>[a-zäöüß]+)\b")
# In "Pat. Dialyse Mo/Mi/Fr" the sentence goes on; after a name it stops or gets a verb.
_LABELLED_NAME = re.compile(
    rf"{_PATIENT}\s{{1,9}}(?P<name>{_NAME})"
    r"(?=(?P<stop>\s{0,9}(?:[^\w\s]|$)|[^\S\n]{0,9}\n"
    r"|\s{1,9}(?:hat|ist|wird|war|kommt|klagt|soll|mit|geb|has|is|was|with)\b)?)"
)
_MAIDEN_NAME = re.compile(rf"\bgeb\.\s{{1,9}}(?P<name>{_NAME})")
# Overlapping on purpose: in "Notfall Hans Muster" the pair that counts is the second.
_PAIR = re.compile(
    rf"(?P<one>{_NAME})(?P<between>,?\s{{1,9}})(?=(?P<two>{_NAME}|[{UPPER}]\.(?!\s?[{UPPER}a-z]\.)))"
)
_SURNAME_WITH_AGE = re.compile(
    rf"(?:[{UPPER}]\.\s?)?(?P<name>{_NAME}),?\s{{1,9}}\(?\d{{1,3}}\s?(?:J\b|Jahre|jähr|y\b|yo\b|years|[mwf]\b)"
)
_INITIAL_AND_SURNAME = re.compile(rf"(?<![\w.])[{UPPER}]\.\s?(?P<name>{_NAME})")


def find_patient_names(text: str) -> Iterator[tuple[int, int]]:
    """Yield where patients seem to be named, as start and end; clinicians may be named."""
    # Names of clinicians are blanked out at the same length, so that places stay what they are.
    text = _CLINICIAN.sub(lambda match: _MASK * len(match[0]), text)
    matches = (
        *(match for match in _ADDRESSED.finditer(text) if match["name"].casefold() not in NOT_ADDRESSED),
        *(match for match in _ADDRESSED_SMALL.finditer(text) if _is_surname(match["name"])),
        *(match for match in _LABELLED_NAME.finditer(text) if _is_patient_name(match)),
        *_MAIDEN_NAME.finditer(text),
        *(match for match in _SURNAME_WITH_AGE.finditer(text) if _is_surname(match["name"])),
        *(match for match in _INITIAL_AND_SURNAME.finditer(text) if _is_surname(match["name"])),
    )
    for match in matches:
        yield match.span()
    for match in _PAIR.finditer(text):
        if _is_full_name(match) and not _is_named_otherwise(text, match):
            yield match.start(), match.end("two")


def _is_full_name(pair: re.Match[str]) -> bool:
    """Tell whether a first name stands before a surname or an initial, or after a surname."""
    if "," in pair["between"]:
        return _is_first_name(pair["two"])
    if _is_first_name(pair["one"]):
        return pair["two"].endswith(".") or not NOUN.fullmatch(pair["two"])
    return _is_first_name(pair["two"]) and _is_surname(pair["one"])


def _is_named_otherwise(text: str, pair: re.Match[str]) -> bool:
    """Tell whether the name belongs to an institution, a disease or somebody whose role follows."""
    before = text[max(0, pair.start() - 20) : pair.start()]
    after = text[pair.end("one") : pair.end("two") + 40]
    return bool(
        INSTITUTION_BEFORE.search(before)
        or INSTITUTION_AFTER.match(after)
        or _ROLE_AFTER.match(text, pair.end("two"))
    )


def _is_patient_name(match: re.Match[str]) -> bool:
    """Tell whether the word after "Pat." is a name rather than a noun or an abbreviation."""
    word = match["name"]
    if _is_first_name(word) or _is_surname(word):
        return True
    is_abbreviation = word.isupper() and len(word) <= _LONGEST_ABBREVIATION
    return match["stop"] is not None and not is_abbreviation and not NOUN.fullmatch(word)


def _is_first_name(word: str) -> bool:
    return all(part in FIRST_NAMES for part in word.casefold().split("-"))


def _is_surname(word: str) -> bool:
    return any(part in SURNAMES for part in word.casefold().split("-"))
