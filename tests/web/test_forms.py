"""What all forms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from wtforms import StringField
from wtforms.validators import InputRequired

from confsched.errors import Refusal, msg
from confsched.web.forms import BaseForm, Finding


class NoteForm(BaseForm):
    title = StringField(msg("Title"), [InputRequired()])


@pytest.fixture(autouse=True)
def in_a_request(app: Flask) -> Iterator[None]:
    with app.test_request_context(method="POST", data={"title": "typed", "form_key": "k1"}):
        yield


def test_a_refusal_stands_at_the_field_it_names() -> None:
    form = NoteForm()
    form.add_refusal(Refusal(msg("No %(what)s, please.", what="names"), field="title"))
    assert form.title.errors == ["No names, please."]
    assert form.findings == [Finding("title", msg("Title"), "No names, please.")]
    assert form.title.data == "typed"


@pytest.mark.parametrize("field", [None, "unknown"])
def test_a_refusal_of_the_whole_stands_on_top(field: str | None) -> None:
    form = NoteForm()
    form.add_refusal(Refusal(msg("Too late."), field=field))
    assert form.findings == [Finding("", "", "Too late.")]


def test_the_key_stays_while_the_form_is_corrected() -> None:
    assert NoteForm().form_key.data == "k1"


def test_every_form_that_is_opened_has_its_own_key() -> None:
    first, second = NoteForm(formdata=None), NoteForm(formdata=None)
    assert first.form_key.data != second.form_key.data
    assert len(first.form_key.data) >= 20


def test_a_key_that_is_too_long_is_refused(app: Flask) -> None:
    with app.test_request_context(method="POST", data={"title": "x", "form_key": "k" * 65}):
        assert not NoteForm(meta={"csrf": False}).validate()


def test_the_library_speaks_through_our_catalogue(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("confsched.web.forms.translate", lambda text, language: f"{language}: {text}")
    with app.test_request_context(
        method="POST", data={"title": ""}, headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
    ):
        form = NoteForm(meta={"csrf": False})
        assert not form.validate()
        assert list(form.title.errors) == ["de: This field is required."]
