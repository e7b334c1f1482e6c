"""From an outbox row to the envelope that leaves: the row decides everything, the house adds its address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from confsched.domain.invites import Kind, Method
from confsched.domain.signed_links import ToSign
from confsched.formats.ical import Entry, Party, write_invite
from confsched.formats.meetings import kind_words, part_summary, summary
from confsched.formats.plain_text import one_line
from confsched.formats.stored_messages import word_stored
from confsched.mail.compose import Envelope
from confsched.mail.series_envelopes import every_words, instant, repeats_of, rhythm_words, span_of
from confsched.mail.signed_links import signed
from confsched.models.outbox import OutboxMessage


@dataclass(frozen=True)
class House:
    """Name the installation: where its pages are, the mailbox that it reads, and what signs its links."""

    public_url: str
    mail_address: str
    mail_name: str = "confsched"
    secret_key: str = field(default="", repr=False)


HIDDEN = "hidden"  # stands for the secret of a link wherever a mail is shown to anybody but its reader


def envelope_of(message: OutboxMessage, house: House, *, is_shown: bool = False) -> Envelope:
    """Return the envelope of a row; the same row and house give the same mail to the byte.

    `is_shown` hides what would let whoever looks at a mail answer for its reader.
    """
    snapshot, method = message.snapshot, message.method
    return Envelope(
        kind=message.kind.value,
        recipient=message.recipient,
        recipient_name=snapshot["recipient_name"],
        language=message.language,
        zone=message.zone,
        sender=house.mail_address,
        sender_name=house.mail_name,
        message_id=message.message_id,
        values=_values(message, house, is_shown) if method else _notice(message, house, is_shown),
        calendar=_calendar(message, house, method, is_shown) if method else None,
        method=method.value if method else None,
        created_at=message.created_at,
    )


def _url(snapshot: Mapping[str, Any], house: House, is_shown: bool) -> str:
    """Return the page that the mail leads to, with the secret that only its reader may have."""
    secret, to_sign = snapshot.get("secret", ""), snapshot.get("signs")
    if is_shown and (secret or to_sign):
        return f"{house.public_url}{snapshot['path']}{HIDDEN}"
    if to_sign:
        named = ToSign.read(to_sign)
        secret = signed(named.purpose, named.row_id, house.secret_key)
    return str(house.public_url + snapshot["path"] + secret)


def _values(message: OutboxMessage, house: House, is_shown: bool) -> dict[str, str]:
    snapshot = message.snapshot
    return {
        "kind_of_meeting": kind_words(snapshot["kind"], message.language),
        "service": snapshot["title"],
        "people": ", ".join(person["name"] for person in snapshot["attendees"]),
        "place": snapshot["place"],
        "case_ref": snapshot["case_ref"],
        "starts_at": snapshot["starts_at"],
        "ends_at": snapshot["ends_at"],
        "old_starts_at": snapshot["old_starts_at"],
        "old_ends_at": snapshot["old_ends_at"],
        "join_link": snapshot["join_link"],
        "lines": snapshot.get("text", ""),
        "is_guest": "yes" if snapshot.get("signs") else "",
        **_series_values(message),
        "url": _url(snapshot, house, is_shown),
    }


def _series_values(message: OutboxMessage) -> dict[str, str]:
    """Return how a series comes back, in words, and what is to be known of one of its dates."""
    note, language = message.snapshot.get("note"), message.language
    is_series = "repeats" in message.snapshot
    return {
        "every": every_words(message) if is_series else "",
        "rhythm": rhythm_words(message) if is_series else "",
        "note": word_stored(note, language, message.zone) if note else "",
    }


def _notice(message: OutboxMessage, house: House, is_shown: bool) -> dict[str, str]:
    """Return the words of a mail about duties, a line of text for each of its lines."""
    heading, lines = (
        [one_line(word_stored(one, message.language, message.zone)) for one in stored]
        for stored in ([message.snapshot["heading"]], message.snapshot["lines"])
    )
    return {
        "heading": heading[0],
        "lines": "\n".join(lines),
        "is_guest": "yes" if message.snapshot.get("signs") else "",
        "url": _url(message.snapshot, house, is_shown),
    }


def _calendar(message: OutboxMessage, house: House, method: Method, is_shown: bool) -> str:
    """Return the calendar object of a meeting, of a whole series, or of one date of a series."""
    entry = _entry(message, house, is_shown)
    if "repeats" in message.snapshot:
        entry = replace(entry, repeats=repeats_of(message))
    exceptions = [_exception(entry, one, message) for one in message.snapshot.get("exceptions", ())]
    return write_invite(entry, method, exceptions).decode()


def _entry(message: OutboxMessage, house: House, is_shown: bool) -> Entry:
    snapshot = message.snapshot
    is_off = message.kind in (Kind.CANCELLATION, Kind.AGENDA_BLOCK_REMOVAL)
    recurrence_at = snapshot.get("recurrence_at")
    return Entry(
        uid=snapshot["uid"],
        sequence=snapshot["sequence"],
        span=span_of(snapshot),
        zone=snapshot["zone"],
        summary=_headline(message),
        description=_url(snapshot, house, is_shown),
        location=snapshot["place"],
        join_link=snapshot["join_link"],
        status="CANCELLED" if is_off else "CONFIRMED",
        busy="FREE" if is_off else "BUSY",
        created_at=instant(snapshot["created_at"]),
        revised_at=instant(snapshot["revised_at"]),
        organizer=Party(name=snapshot["organiser"], email=house.mail_address),
        attendees=_parties(message, snapshot["attendees"]),
        recurrence_at=instant(recurrence_at) if recurrence_at else None,
        related_to=snapshot.get("related_to", ""),
    )


def _headline(message: OutboxMessage) -> str:
    snapshot, language = message.snapshot, message.language
    if message.kind in (Kind.AGENDA_BLOCK, Kind.AGENDA_BLOCK_REMOVAL):
        return part_summary(snapshot["title"], language)
    return summary(snapshot["kind"], snapshot["title"], snapshot["case_ref"], language)


def _exception(master: Entry, stored: Mapping[str, Any], message: OutboxMessage) -> Entry:
    """Return a date of a series that is not as its rule gives it."""
    kind = message.snapshot["kind"]
    return replace(
        master,
        sequence=stored["sequence"],
        span=span_of(stored),
        summary=summary(kind, stored["title"], "", message.language),
        location=stored["place"],
        join_link=stored["join_link"],
        created_at=instant(stored["created_at"]),
        revised_at=instant(stored["revised_at"]),
        attendees=_parties(message, stored["attendees"]),
        repeats=None,
        recurrence_at=instant(stored["recurrence_at"]),
    )


def _parties(message: OutboxMessage, people: Sequence[Mapping[str, Any]]) -> tuple[Party, ...]:
    """Return who is listed: everybody, or only the reader where the mail un-invites them."""
    if message.kind is Kind.REMOVAL:
        people = [one for one in people if one["email"].casefold() == message.recipient.casefold()]
    return tuple(
        Party(one["name"], one["email"], one["partstat"], one["role"], rsvp=bool(one.get("rsvp", True)))
        for one in people
    )
