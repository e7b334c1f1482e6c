"""What all forms share: a key against double sending, errors in the reader's language."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import Length

from confsched.errors import Message, Refusal
from confsched.i18n import translate
from confsched.services.findings import problems_of
from confsched.web.context import reader_language


@dataclass(frozen=True)
class Finding:
    """Hold one thing that is wrong: the input's id and label, empty for the whole form, and the sentence."""

    field_id: str
    label: str | Message
    text: str


class _ReaderTranslations:
    """Let WTForms speak through our catalogue."""

    def gettext(self, text: str) -> str:
        return translate(text, reader_language())

    def ngettext(self, one: str, many: str, count: int) -> str:
        return translate(one if count == 1 else many, reader_language())


def new_form_key() -> str:
    return secrets.token_urlsafe(16)


class BaseForm(FlaskForm):  # type: ignore[misc]  # (flask_wtf carries no types)
    """Carry `form_key`, which makes a second sending of the same form answer like the first."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        def get_translations(self, _form: object) -> _ReaderTranslations:
            return _ReaderTranslations()

        def wrap_formdata(self, form: BaseForm, formdata: Any) -> Any:
            """Read forms only: Flask-WTF would take JSON too, which can hold signs that no table can."""
            return None if request.is_json else super().wrap_formdata(form, formdata)

    form_errors: Sequence[str]
    form_key = HiddenField(default=new_form_key, validators=[Length(max=64)])

    def add_refusal(self, refusal: Refusal) -> None:
        """Put each sentence of a refusal at the field it names, else on top of the form."""
        for problem in problems_of(refusal):
            self.add_error(problem.field or None, problem.message)

    def add_error(self, field: str | None, message: Message) -> None:
        text = translate(message, reader_language())
        if field is None or field not in self:
            self.form_errors = [*self.form_errors, text]
            return
        self[field].errors = [*self[field].errors, text]

    @property
    def findings(self) -> list[Finding]:
        """Return everything that is wrong, for the summary on top of the page."""
        return [Finding("", "", str(text)) for text in self.form_errors] + list(self._field_findings())

    def _field_findings(self) -> Iterator[Finding]:
        for field in self:
            for text in field.errors:
                yield Finding(field.id, field.label.text, str(text))
