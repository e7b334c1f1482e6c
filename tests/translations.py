"""Compare the sentences of the code with the German catalogue: `python -m tests.translations [--update]`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import normalize, read_po

ROOT = Path(__file__).parents[1]
GERMAN = ROOT / "confsched" / "translations" / "de.po"
METHODS = {"confsched": [("**.py", "python")], "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")]}
# Our own marks, and what takes a label or a sentence as its first argument in a form.
FIELDS = (
    *("BooleanField", "DateField", "DateTimeLocalField", "DecimalField", "EmailField", "FileField"),
    *("IntegerField", "MultipleFileField", "PasswordField", "RadioField", "SearchField", "SelectField"),
    *("SelectMultipleField", "StringField", "SubmitField", "TelField", "TextAreaField", "TimeField"),
    *("URLField", "SelectChoice"),
)
VALIDATORS = ("DataRequired", "InputRequired", "Optional", "StopValidation", "ValidationError")
KEYWORDS = {**dict.fromkeys(("msg", "_", "lazy", *FIELDS, *VALIDATORS)), "SelectChoice": (2,)}
# Said by WTForms itself, through our catalogue.
OF_WTFORMS = frozenset(
    (
        "This field is required.",
        "Not a valid choice.",
        "Not a valid date value.",
        "Not a valid datetime value.",
        "Not a valid integer value.",
        "Not a valid time value.",
        "Field cannot be longer than %(max)d character.",
        "Field cannot be longer than %(max)d characters.",
    )
)
PLACE = re.compile(r"%\((\w+)\)([a-z])")


def used_sentences() -> set[str]:
    """Return every sentence that the code may say to a person."""
    return {sentence for folder in METHODS for sentence in _said_in(folder)} | OF_WTFORMS


def _said_in(folder: str) -> Iterator[str]:
    # Babel leaves out folders that begin with an underscore unless told otherwise.
    for found in extract_from_dir(
        ROOT / folder, METHODS[folder], keywords=KEYWORDS, directory_filter=lambda _path: True
    ):
        sentence = found[2]
        if isinstance(sentence, str) and sentence.strip():
            yield sentence


def read_german(path: Path = GERMAN) -> Catalog:
    """Return the German catalogue as it stands in the file."""
    with path.open("rb") as file:
        return read_po(file, locale="de")


def translations(catalog: Catalog) -> dict[str, str]:
    """Return sentence -> German, empty where nobody has translated it yet."""
    return {str(entry.id): str(entry.string or "") for entry in catalog if entry.id}


def places(sentence: str) -> list[tuple[str, str]]:
    """Return the %(names)s of a sentence in one order, for comparing two languages."""
    return sorted(set(PLACE.findall(sentence)))


def missing(catalog: Catalog) -> list[str]:
    """Return what is said but not translated."""
    german = translations(catalog)
    return sorted(sentence for sentence in used_sentences() if not german.get(sentence))


def unused(catalog: Catalog) -> list[str]:
    """Return what is translated but never said."""
    return sorted(set(translations(catalog)) - used_sentences())


def misfits(catalog: Catalog) -> list[str]:
    """Return the sentences whose German fills in other values than the English."""
    known = translations(catalog).items()
    return sorted(english for english, german in known if german and places(english) != places(german))


def add_missing(path: Path = GERMAN) -> int:
    """Append an empty entry for each sentence that the file lacks; return how many."""
    known = translations(read_german(path))
    fresh = sorted(used_sentences() - set(known))
    with path.open("a", encoding="utf-8") as file:
        file.writelines(f'\nmsgid {normalize(sentence, width=0)}\nmsgstr ""\n' for sentence in fresh)
    return len(fresh)


def main(arguments: list[str]) -> int:
    """Print what is missing, unused or wrong; the exit code says whether anything is missing or wrong."""
    if "--update" in arguments:
        print(f"{add_missing()} entries added")
    catalog = read_german()
    found = {"missing": missing(catalog), "unused": unused(catalog), "other places": misfits(catalog)}
    for title, sentences in found.items():
        for sentence in sentences:
            print(f"{title}: {sentence!r}")
    return 1 if found["missing"] or found["other places"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
