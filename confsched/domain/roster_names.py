"""Who is meant by a name in a roster sheet: certain only where exactly one person fits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from uuid import UUID

MAX_CANDIDATES = 5
MAX_WORDS = 8
# "Rieger" and "Reiger" are 0.83 alike, "Voss" and "Vogt" 0.5.
ALIKE = 0.75

_TITLES = frozenset(
    {
        *(
            "dr",
            "drs",
            "prof",
            "pd",
            "priv",
            "doz",
            "univ",
            "med",
            "dent",
            "rer",
            "nat",
            "habil",
            "hc",
            "mult",
        ),
        *("dipl", "psych", "phd", "md", "msc", "mph", "fr", "frau", "hr", "hrn", "herr", "mr", "mrs", "ms"),
        *("oa", "oae", "aa", "aae", "ca", "cae", "fa", "fae"),
    }
)
_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae", "œ": "oe"})
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class KnownName:
    """Hold how a person of the department is called."""

    person_id: UUID
    title: str
    given_name: str
    family_name: str


@dataclass(frozen=True)
class Match:
    """Hold whom a name means; without certainty the candidates, the likeliest first."""

    person_id: UUID | None
    certain: bool
    candidates: tuple[UUID, ...]


NOBODY = Match(None, False, ())


@lru_cache(maxsize=4096)
def plain_letters(text: str) -> str:
    """Return the text in small letters with ä as ae, ß as ss and no accents."""
    composed = unicodedata.normalize("NFC", text.lower()).translate(_SPELLINGS)
    apart = unicodedata.normalize("NFKD", composed)
    return "".join(char for char in apart if not unicodedata.combining(char))


def match_name(text: str, people: Sequence[KnownName]) -> Match:
    """Return who of the people is called so, whatever the order, title, initial or spelling.

    One person whose family name fits and whose given name does not contradict is certain. Several, a given
    name that contradicts, half a double name or a slip of the pen are candidates that somebody confirms.
    """
    readings = list(_readings(text))
    fitting = _people(person for person in people if any(_fits(reading, person) for reading in readings))
    if len(fitting) == 1:
        return Match(fitting[0], True, tuple(fitting))
    if fitting:
        return Match(None, False, tuple(fitting[:MAX_CANDIDATES]))
    families = {family for family, _ in readings}
    related = _people(person for person in people if families & _family_spellings(person))
    return Match(None, False, tuple(dict.fromkeys([*related, *_alike(families, people)]))[:MAX_CANDIDATES])


def _people(people: Iterator[KnownName]) -> list[UUID]:
    return list(dict.fromkeys(person.person_id for person in people))


def _readings(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each way to read a text as family name and words of the given name."""
    before, comma, after = _IN_BRACKETS.sub(" ", plain_letters(text)).partition(",")
    family, given = _words(before), _words(after)
    if comma and family and given:
        yield "".join(family), given
        return
    words = family or given
    for place in range(len(words)):
        yield "".join(words[place:]), words[:place]
        if place:
            yield "".join(words[:place]), words[place:]


def _words(text: str) -> tuple[str, ...]:
    """Return the words without titles; a name that is nothing but a title is kept."""
    words = tuple(_WORD.findall(text.replace("'", "").replace("’", "")))[:MAX_WORDS]
    return tuple(word for word in words if word not in _TITLES) or words


def _fits(reading: tuple[str, tuple[str, ...]], person: KnownName) -> bool:
    family, given = reading
    return family == _joined(person.family_name) and _is_given_name(given, person.given_name)


@lru_cache(maxsize=4096)
def _joined(name: str) -> str:
    return "".join(_WORD.findall(plain_letters(name).replace("'", "").replace("’", "")))


def _is_given_name(written: tuple[str, ...], given_name: str) -> bool:
    """Tell whether each written word is a given name or the beginning of one, in their order."""
    names = _WORD.findall(plain_letters(given_name))
    if "".join(written) in ("".join(names), "".join(name[0] for name in names)):
        return True
    rest = iter(names)
    return all(any(name.startswith(word) for name in rest) for word in written)


def _family_spellings(person: KnownName) -> set[str]:
    """Return the family name and the parts of a double name, one of which is often left out."""
    parts = _WORD.findall(plain_letters(person.family_name))
    return {_joined(person.family_name), *(part for part in parts if len(part) > 3)}


def _alike(families: set[str], people: Sequence[KnownName]) -> Iterator[UUID]:
    by_family: dict[str, list[UUID]] = {}
    for person in people:
        by_family.setdefault(_joined(person.family_name), []).append(person.person_id)
        # Who drops the dots writes "Solle" for "Sölle".
        dropped = _joined(
            re.sub("[äöü]", lambda found: "aou"["äöü".index(found[0])], person.family_name.lower())
        )
        by_family.setdefault(dropped, []).append(person.person_id)
    for family in sorted(families, key=len):
        for name in get_close_matches(family, by_family, MAX_CANDIDATES, ALIKE):
            yield from by_family[name]


def short_names(people: Sequence[KnownName]) -> dict[UUID, str]:
    """Return names for a narrow column: "Dr. Sölle", with as much of the given name as tells two apart."""
    alike: dict[str, list[KnownName]] = {}
    for one in people:
        alike.setdefault(one.family_name.casefold(), []).append(one)
    return {one.person_id: _short(one, alike[one.family_name.casefold()]) for one in people}


def _short(one: KnownName, alike: Sequence[KnownName]) -> str:
    initials = [other.given_name[:1].casefold() for other in alike]
    given = ""
    if len(alike) > 1:
        given = (
            one.given_name if initials.count(one.given_name[:1].casefold()) > 1 else f"{one.given_name[:1]}."
        )
    return " ".join(part for part in (one.title, given, one.family_name) if part)
