"""Word a mail in its reader's language and zone, from templates/emails/<kind>/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.errors import Message
from confsched.formats.dates import format_span
from confsched.formats.plain_text import many_lines, one_line, web_link
from confsched.i18n import DEFAULT_LANGUAGE, LANGUAGES, translate

TEMPLATES = Path(__file__).parents[2] / "templates" / "emails"
# Professional secrecy: what is not named here never reaches a template, whatever the row holds.
TEXTS = (
    *("kind_of_meeting", "service", "people", "place", "case_ref", "heading", "is_guest"),
    *("every", "rhythm", "note"),
)
TIMES = ("starts_at", "ends_at", "old_starts_at", "old_ends_at")
LINKS = ("join_link", "url")
LINES = "lines"


@dataclass(frozen=True)
class Reader:
    """Say for whom a mail is worded."""

    name: str
    language: str
    zone: str


@dataclass(frozen=True)
class Wording:
    """Hold the words of one mail."""

    subject: str
    text: str
    html: str


def word(kind: Kind, reader: Reader, values: Mapping[str, str]) -> Wording:
    """Return the words of this kind of mail; times are ISO 8601 with an offset, links http or https."""
    language = reader.language if reader.language in LANGUAGES else DEFAULT_LANGUAGE
    context = {"name": reader.name, "language": language, "zone": reader.zone, **_known(values)}
    subject, text, html = (
        _environment().get_template(f"{kind.value}/{file}").render(context)
        for file in ("subject.txt", "body.txt", "body.html")
    )
    return Wording(one_line(subject), text.strip() + "\n", html)


def _known(values: Mapping[str, str]) -> dict[str, object]:
    """Return the values a mail may show, cleaned; a missing one is empty."""
    cleaned: dict[str, object] = {name: one_line(values.get(name, "")) for name in (*TEXTS, *TIMES)}
    cleaned[LINES] = many_lines(values.get(LINES, "")).splitlines()
    return cleaned | {name: web_link(values.get(name, "")) for name in LINKS}


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = _when
    environment.globals["_"] = _translated
    return environment


@pass_context
def _translated(context: Context, text: str, **values: object) -> str:
    return translate(Message(text, values), context["language"])


@pass_context
def _when(context: Context, starts_at: str, ends_at: str, with_zone: bool = False) -> str:
    """Write "Mi 25.11.2026, 15:00–15:45" for the reader."""
    span = Span(datetime.fromisoformat(starts_at), datetime.fromisoformat(ends_at))
    return format_span(span, context["zone"], context["language"], with_zone=with_zone)
