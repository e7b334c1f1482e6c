"""The German catalogue says everything that the code says, with the same values filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import translations

HEADER = 'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'


@pytest.fixture
def small_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a catalogue of three entries for a program that says three sentences."""
    said = {"Until %(time)s", 'Say "no" or %(name)s', "Sign out"}
    monkeypatch.setattr(translations, "used_sentences", lambda: said)
    path = tmp_path / "de.po"
    path.write_text(
        HEADER
        + '\nmsgid "Until %(time)s"\nmsgstr "Bis %(zeit)s"\n'
        + '\nmsgid "Sign out"\nmsgstr ""\n'
        + '\nmsgid "Gone"\nmsgstr "Fort"\n'
    )
    return path


def test_every_sentence_of_the_code_is_translated() -> None:
    assert translations.missing(translations.read_german()) == []


def test_every_translation_fills_in_the_same_values() -> None:
    assert translations.misfits(translations.read_german()) == []


def test_every_translation_is_said_somewhere() -> None:
    assert translations.unused(translations.read_german()) == []


def test_sentences_of_code_templates_and_forms_are_found() -> None:
    said = translations.used_sentences()
    assert {"To the content", "Type your password.", "Mail address", "This field is required."} <= said


def test_what_is_empty_absent_unused_or_filled_differently_is_named(small_file: Path) -> None:
    catalog = translations.read_german(small_file)
    assert translations.missing(catalog) == ['Say "no" or %(name)s', "Sign out"]
    assert translations.unused(catalog) == ["Gone"]
    assert translations.misfits(catalog) == ["Until %(time)s"]


def test_an_update_adds_what_is_absent_once_and_touches_nothing_else(small_file: Path) -> None:
    before = small_file.read_text()
    assert translations.add_missing(small_file) == 1
    assert translations.add_missing(small_file) == 0
    assert small_file.read_text().startswith(before)
    assert 'Say "no" or %(name)s' in translations.translations(translations.read_german(small_file))
