"""Decide who gets which calendar message when a booking is made, changed or given up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from confsched.domain.intervals import Span

NEEDS_ACTION = "NEEDS-ACTION"


class Method(StrEnum):
    """Name the iTIP methods this house sends (RFC 5546 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


class Kind(StrEnum):
    """Name what a mail is to its reader; each kind has a folder of mail templates."""

    INVITATION = "invitation"
    UPDATE = "update"
    CANCELLATION = "cancellation"
    REMOVAL = "removal"
    ROSTER_CHANGE = "roster_change"
    SWAP_PROPOSAL = "swap_proposal"
    SWAP_RESULT = "swap_result"
    COVER_REQUEST = "cover_request"
    TRIAGE_REQUEST = "triage_request"
    CONSULT_NEWS = "consult_news"
    DEADLINE_REMINDER = "deadline_reminder"
    MEETING_REMINDER = "meeting_reminder"
    AVAILABILITY_QUESTION = "availability_question"
    SLOT_OFFER = "slot_offer"
    ROSTER_ALARM = "roster_alarm"
    AGENDA_BLOCK = "agenda_block"
    AGENDA_BLOCK_REMOVAL = "agenda_block_removal"
    CONFERENCE_NEWS = "conference_news"
    CASE_NEWS = "case_news"
    DATE_POLL = "date_poll"

    @property
    def method(self) -> Method | None:
        """Return the iTIP method of the mail; a notice carries no calendar object."""
        if self in NOTICES:
            return None
        return Method.CANCEL if self in _TAKES_AWAY else Method.REQUEST


_TAKES_AWAY = frozenset({Kind.CANCELLATION, Kind.REMOVAL, Kind.AGENDA_BLOCK_REMOVAL})
NOTICES = frozenset(Kind) - _TAKES_AWAY - {Kind.INVITATION, Kind.UPDATE, Kind.AGENDA_BLOCK}


@dataclass(frozen=True)
class Attendee:
    """Say where and how one person reads."""

    email: str
    name: str
    language: str
    zone: str

    @property
    def mailbox(self) -> str:
        """Return what makes two attendees one recipient."""
        return self.email.strip().casefold()


@dataclass(frozen=True)
class Snapshot:
    """Hold a booking as the calendars of others know it at one revision."""

    uid: str
    sequence: int
    revision: int
    span: Span
    title: str
    location: str
    join_link: str
    cancelled: bool
    attendees: tuple[Attendee, ...]


@dataclass(frozen=True)
class Invite:
    """Tell one recipient one thing."""

    recipient: Attendee
    method: Method
    sequence: int
    kind: Kind


def uid_for(booking_id: UUID, host: str) -> str:
    """Return the UID of a booking, made of its id alone, so that it outlives every move (RFC 7986 5.3)."""
    return f"{booking_id}@{host}"


def next_sequence(before: Snapshot | None, after: Snapshot) -> int:
    """Return the SEQUENCE of `after`: one more when time, status, place or link changed (RFC 5546 2.1.4)."""
    if before is None:
        return after.sequence
    return before.sequence + int(_is_significant(before, after))


def next_partstat(partstat: str, before: Snapshot, after: Snapshot) -> str:
    """Return the reply that still holds: a yes to the old time is no yes to the new one."""
    return NEEDS_ACTION if before.span != after.span else partstat


def decide(before: Snapshot | None, after: Snapshot) -> tuple[Invite, ...]:
    """Return the messages that lead from what was sent to what holds now; each mailbox gets at most one."""
    assert before is None or before.uid == after.uid, "a booking keeps its UID"
    sequence = next_sequence(before, after)
    is_standing = before is not None and not before.cancelled
    held = _by_mailbox(before.attendees if before is not None and is_standing else ())
    if after.cancelled:
        return _to(held.values(), Kind.CANCELLATION, sequence)
    wanted = _by_mailbox(after.attendees)
    stay, join, leave = _parted(held, wanted)
    is_update = before is not None and _is_significant(before, after)
    return (
        *_to(stay if is_update else (), Kind.UPDATE, sequence),
        *_to(join, Kind.INVITATION, sequence),
        *_to(leave, Kind.REMOVAL, sequence),
    )


def _is_significant(before: Snapshot, after: Snapshot) -> bool:
    return _significant(before) != _significant(after)


def _significant(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.span, snapshot.cancelled, snapshot.location, snapshot.join_link


def _by_mailbox(attendees: Iterable[Attendee]) -> dict[str, Attendee]:
    found: dict[str, Attendee] = {}
    for attendee in attendees:
        found.setdefault(attendee.mailbox, attendee)
    return found


def _parted(
    held: dict[str, Attendee], wanted: dict[str, Attendee]
) -> tuple[list[Attendee], list[Attendee], list[Attendee]]:
    """Return who stays, who joins and who leaves."""
    stay = [attendee for mailbox, attendee in wanted.items() if mailbox in held]
    join = [attendee for mailbox, attendee in wanted.items() if mailbox not in held]
    leave = [attendee for mailbox, attendee in held.items() if mailbox not in wanted]
    return stay, join, leave


def _to(attendees: Iterable[Attendee], kind: Kind, sequence: int) -> tuple[Invite, ...]:
    method = kind.method
    assert method is not None, "a meeting is announced by a calendar object"
    return tuple(Invite(attendee, method, sequence, kind) for attendee in attendees)
