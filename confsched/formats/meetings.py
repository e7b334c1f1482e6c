"""The words that name a meeting outside the application: its kind, its subject, an opaque reference."""

from __future__ import annotations

from confsched.domain.kinds import BookingKind
from confsched.errors import Message, msg
from confsched.i18n import translate

KINDS: dict[BookingKind, Message] = {
    BookingKind.TELECONSULT: msg("Teleconsult"),
    BookingKind.CONFERENCE: msg("Case conference"),
}


def kind_words(kind: BookingKind | str, language: str) -> str:
    """Return what kind of meeting this is, in words."""
    return translate(KINDS[BookingKind(kind)], language)


def summary(kind: BookingKind | str, title: str, case_ref: str | None, language: str) -> str:
    """Return the calendar's headline: kind and title, and the reference that means nothing to a stranger."""
    parts = (f"{kind_words(kind, language)}: {title}", case_ref)
    return " · ".join(part for part in parts if part)
