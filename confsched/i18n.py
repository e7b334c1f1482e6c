"""Sentences in the reader's language: English in the code, German in a catalogue, read once per process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

from confsched.errors import Message

LANGUAGES = ("de", "en")
DEFAULT_LANGUAGE = "de"
TRANSLATIONS = Path(__file__).parent / "translations"


@cache
def catalogue(language: str) -> dict[str, str]:
    """Return source sentence -> translation; English is its own catalogue and empty."""
    path = TRANSLATIONS / f"{language}.po"
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {
            str(entry.id): str(entry.string)
            for entry in read_po(file, locale=language)
            if entry.id and isinstance(entry.id, str) and entry.string
        }


def translate(message: Message | str, language: str) -> str:
    """Return the sentence in `language`, its values filled in; nested messages are translated as well."""
    if isinstance(message, str):
        return catalogue(language).get(message, message)
    text = catalogue(language).get(message.text, message.text)
    if not message.values:
        return text
    return text % {
        name: translate(value, language) if isinstance(value, Message) else value
        for name, value in message.values.items()
    }
