"""The words that name a meeting outside the application: its kind, its subject, an opaque reference."""

from __future__ import annotations

from confsched.domain.kinds import BookingKind, ConferenceKind
from confsched.errors import Message, msg
from confsched.i18n import translate

KINDS: dict[BookingKind, Message] = {
    BookingKind.TELECONSULT: msg("Teleconsult"),
    BookingKind.CONFERENCE: msg("Case conference"),
}
# What a conference is for says more than that it is one.
CONFERENCE_KINDS: dict[ConferenceKind, Message] = {
    ConferenceKind.CASE_CONFERENCE: msg("Case conference"),
    ConferenceKind.CME_EVENT: msg("Further education"),
    ConferenceKind.REGIONAL_CONFERENCE: msg("Regional conference"),
}
_WORDS = {kind.value: words for kind, words in (*KINDS.items(), *CONFERENCE_KINDS.items())}
PART_WORD = msg("Your part")


def kind_words(kind: BookingKind | ConferenceKind | str, language: str) -> str:
    """Return what kind of meeting this is, in words."""
    return translate(_WORDS[str(kind)], language)


def summary(kind: BookingKind | ConferenceKind | str, title: str, case_ref: str | None, language: str) -> str:
    """Return the calendar's headline: kind and title, and the reference that means nothing to a stranger."""
    parts = (f"{kind_words(kind, language)}: {title}", case_ref)
    return " · ".join(part for part in parts if part)


def part_summary(title: str, language: str) -> str:
    """Return the headline of the minutes for which one person is needed in a meeting."""
    return f"{translate(PART_WORD, language)}: {title}"
