"""Words, days, months and times as people write them into roster sheets, in German and English."""

from __future__ import annotations

import re
from datetime import date, time

from confsched.domain.roster_names import plain_letters

# Days are counted on from those that a sheet names, which must not leave the calendar of the language.
FIRST_YEAR = 1990
LAST_YEAR = 2200


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NAME_WORDS = _words(
    "name namen nachname familienname mitarbeiter mitarbeiterin mitarbeitende arzt aerztin aerzte person "
    "personen kollege kollegin surname lastname familyname staff employee doctor physician who wer"
)
GIVEN_NAME_WORDS = _words("vorname vornamen rufname givenname firstname forename")
DAY_WORDS = _words("datum tag date day dienstdatum")
CODE_WORDS = _words("kuerzel dienst code schicht dienstart dienstkuerzel duty shift what was eintrag")
LINE_WORDS = _words("linie dienstlinie line dutyline bereich")
START_WORDS = _words("von beginn start anfang dienstbeginn from starts begin startzeit uhrzeitvon")
END_WORDS = _words("bis ende dienstende end to until ends endzeit uhrzeitbis")
# The first word of lines that stand below the names: sums, legends, signatures.
FOOTER_WORDS = _words(
    "summe summen gesamt anzahl total totals sum count besetzung soll ist gez gezeichnet stand erstellt "
    "datum unterschrift hinweis hinweise bemerkung bemerkungen anmerkung feiertage ferien genehmigt version "
    "seite page signed note notes remarks kw kalenderwoche week wochentag wochentage tag tage day"
)
# What heads a column beside the duties of a plan.
FAMILY_WORDS = _words(
    "name namen nachname familienname surname lastname familyname vorname givenname firstname"
)
BESIDE_WORDS = _words(
    "bemerkung bemerkungen hinweis hinweise anmerkung anmerkungen notiz notizen kommentar anlass feiertag "
    "feiertage ferien kw kalenderwoche wochentag wt nr summe anzahl gesamt note notes remark remarks comment "
    "holiday holidays week weekday sum total"
)
NOBODY_WORDS = _words("nn frei offen unbesetzt vakant open vacant nobody niemand tbd tba entfaellt keiner")
# "Oberärzte", "Fachärztinnen": what stands over a group of people.
GROUP_ENDINGS = ("aerzte", "aerztinnen", "aerzteinnen")
# After these nothing but explanations follows.
LAST_WORDS = _words(
    "legende legend key zeichenerklaerung erlaeuterung erlaeuterungen abkuerzungen kuerzelliste"
)

_WEEKDAY_NAMES = (
    "mo mon montag monday",
    "di die dienstag tu tue tuesday",
    "mi mit mittwoch we wed wednesday",
    "do don donnerstag th thu thursday",
    "fr fre freitag fri friday",
    "sa sam sat samstag sonnabend saturday",
    "so son sonntag su sun sunday",
)
_WEEKDAYS = {name: number for number, names in enumerate(_WEEKDAY_NAMES) for name in names.split()}
_MONTHS = (
    ("jan", "januar", "january", "jaenner"),
    ("feb", "februar", "february"),
    ("mar", "mrz", "maerz", "march"),
    ("apr", "april"),
    ("mai", "may"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("okt", "oct", "oktober", "october"),
    ("nov", "november"),
    ("dez", "dec", "dezember", "december"),
)
_MONTH_NUMBERS = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_NAMED_MONTH = re.compile(r"([a-z]{3,9})[\s._/'-]*(\d{4}|\d{2})(?!\d)")
_NUMBERED_MONTH = re.compile(r"(?<![\d.])(0?[1-9]|1[0-2])\s?[/.-]\s?(20\d\d)(?!\d)")
_ISO_MONTH = re.compile(r"(?<!\d)(20\d\d)[-_](0[1-9]|1[0-2])(?![\d-])")
_ISO_DAY = re.compile(r"(20\d\d)-(\d\d)-(\d\d)")
_DAY = re.compile(
    r"(\d{1,2})(?:\s?\.\s?(?:(\d{1,2})(?:\s?\.\s?(\d{4}|\d{2})?)?|([a-z]{3,9})\.?\s*(\d{4})?)?)?"
)
# A holiday's name behind its date; behind a bare number it may be "1. Weihnachtstag".
_DAY_AND_WORDS = re.compile(r"(\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?) [(a-z].*")
_SLASHED_DAY = re.compile(r"(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})")
# "1 Dec", "1st December 2026", "December 1, 2026": without a year "Dez 26" is a month.
_ENGLISH_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\s([a-z]{3,9})\.?(?:\s(\d{4}))?")
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.?\s(\d{1,2})(?:st|nd|rd|th)?\s(\d{4})")
_TIME_BEHIND = re.compile(r"(?<=[\d.])[t ]\s*\d{1,2}:\d\d(?::\d\d)?$")
_FULL_DAY = re.compile(
    r"20\d\d-\d\d-\d\d|\d{1,2}[./]\s?\d{1,2}[./]\s?\d\d|\d(?:st|nd|rd|th|\.)?\s[^\W\d_]{3,9}\.?\s\d{4}"
    r"|[^\W\d_]{3,9}\.?\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4}"
)
_CLOCK = re.compile(r"(\d{1,2})(?:[:.]?([0-5]\d))?(?::[0-5]\d)?\s*(?:uhr|h)?")
_WITH_DAY = re.compile(r"\S*\d\S*[ t]+(\d{1,2}:\d\d(?::\d\d)?)")


def word(text: str) -> str:
    """Return the letters of a heading, without blanks and signs, in one spelling."""
    return re.sub(r"[^a-z]", "", plain_letters(text))


def first_word(text: str) -> str:
    """Return the first word of a line in one spelling."""
    found = re.match(r"[^a-z]*([a-z]+)", plain_letters(text))
    return found[1] if found else ""


def find_weekday(text: str) -> int | None:
    """Return 0 for Monday to 6 for Sunday where the text names a weekday, alone or beside a number."""
    return _WEEKDAYS.get(word(text))


def read_day(text: str, month: date) -> date | None:
    """Read "1", "Mo 1", "01.12.", "1. Dez", "1 Dec", "01.12.2026" or "2026-12-01"; None for anything else.

    A day without a month is one of `month`; one without a year is the nearest to it.
    """
    parts = [
        part for part in re.split(r"[\s,]+", _TIME_BEHIND.sub("", plain_letters(text))) if part.strip(".")
    ]
    plain = " ".join(part for part in parts if part.strip(".") not in _WEEKDAYS)
    if found := _ISO_DAY.fullmatch(plain):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _SLASHED_DAY.fullmatch(plain):
        return _date(_full_year(found[3]), int(found[2]), int(found[1]))
    if found := _DAY.fullmatch(plain):
        return _spoken_day(found, month)
    if found := _ENGLISH_DAY.fullmatch(plain):
        return _named_day(int(found[1]), found[2], found[3], month)
    if found := _MONTH_FIRST.fullmatch(plain):
        return _named_day(int(found[2]), found[1], found[3], month)
    if found := _DAY_AND_WORDS.fullmatch(plain):
        return read_day(found[1], month)
    return None


def _spoken_day(found: re.Match[str], month: date) -> date | None:
    day, number, year, name, named_year = found.groups()
    if number is None and name is None:
        return _date(month.year, month.month, int(day))
    if number is None:
        return _named_day(int(day), name, named_year, month)
    return _nearest_day(int(day), int(number), year, month)


def _named_day(day: int, name: str, year: str | None, month: date) -> date | None:
    return _nearest_day(day, _MONTH_NUMBERS.get(name, 0), year, month)


def _nearest_day(day: int, number: int, year: str | None, month: date) -> date | None:
    if year:
        return _date(_full_year(year), number, day)
    years = (_date(month.year + step, number, day) for step in (-1, 0, 1))
    return min(filter(None, years), key=lambda found_day: abs(found_day - month), default=None)


def is_full_day(text: str) -> bool:
    """Tell whether a readable day names its month and year itself."""
    return bool(_FULL_DAY.search(text))


def read_time(text: str) -> time | None:
    """Read "8", "08:00", "8.00", "0800", "8 Uhr" or the time behind a date; 24:00 is midnight."""
    plain = plain_letters(text).strip()
    behind = _WITH_DAY.fullmatch(plain)
    found = _CLOCK.fullmatch(behind[1] if behind else plain)
    if not found or int(found[1]) > 24 or (found[1] == "24" and int(found[2] or 0)):
        return None
    return time(int(found[1]) % 24, int(found[2] or 0))


def months_in(text: str) -> set[date]:
    """Return the first days of the months that a title or a file name speaks of with their year."""
    plain = plain_letters(text)
    named = ((_MONTH_NUMBERS.get(name), year) for name, year in _NAMED_MONTH.findall(plain))
    found = {_date(_full_year(year), number, 1) for number, year in named if number}
    found |= {_date(int(year), int(number), 1) for number, year in _NUMBERED_MONTH.findall(plain)}
    found |= {_date(int(year), int(number), 1) for year, number in _ISO_MONTH.findall(plain)}
    return {month for month in found if month}


def names_month(text: str) -> bool:
    """Tell whether a heading names a month, with or without its year."""
    return any(part in _MONTH_NUMBERS for part in re.findall("[a-z]+", plain_letters(text)))


def _full_year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _date(year: int, month: int, day: int) -> date | None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
