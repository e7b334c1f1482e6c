"""Write the messages of a series: of all of it, of one date for members, of one date for everybody else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.invites import Invite, Kind, Snapshot, decide
from confsched.errors import Message, msg
from confsched.formats.stored_messages import store_message
from confsched.models.bookings import Booking, Participation
from confsched.models.outbox import OutboxMessage
from confsched.models.series import ConferenceSeries
from confsched.services import invitation_rows as rows
from confsched.services import series_rows
from confsched.services.invitation_rows import Before, Subject
from confsched.services.series_rows import Laid

BACK_IN_SERIES = msg("This date belongs to its series again; your calendar has it there.")


@dataclass(frozen=True)
class Telling:
    """Hold what all messages of one change have in common."""

    session: Session
    series: ConferenceSeries
    now: datetime
    reason: str

    def for_others(self, booking: Booking, was: Before, told: Snapshot | None) -> list[OutboxMessage]:
        """Tell of one date, by its own UID, those who take part in it without belonging to the series."""
        members = rows.remember(booking).of_series
        before = _without(told, was.of_series) if told else None
        invites = decide(before, _without(rows.snapshot_of(booking), members))
        back = [one for one in invites if one.kind is Kind.REMOVAL and one.recipient.mailbox in members]
        others = [one for one in invites if one not in back]
        note = store_message(BACK_IN_SERIES)
        now, reason = self.now, self.reason
        return [
            *rows.write(self.session, booking, others, told, now=now, reason=reason),
            *rows.write(self.session, booking, back, told, now=now, reason=reason, note=note),
        ]

    def of_date(
        self,
        booking: Booking,
        at: datetime,
        invites: Iterable[Invite],
        told: Snapshot | None,
        note: Message | None,
    ) -> list[OutboxMessage]:
        """Tell members of one date, by the UID of the series and the start that its rule gives."""
        return rows.write(
            self.session,
            booking,
            invites,
            told,
            now=self.now,
            series_id=self.series.id,
            reason=self.reason,
            uid=self.series.uid,
            zone=self.series.zone,
            recurrence_at=at.isoformat(),
            note=store_message(note) if note else None,
        )

    def of_all(
        self, mine: Sequence[Booking], key: str, kind: Kind, note: Message | None = None
    ) -> OutboxMessage:
        """Tell one member, named by their mailbox, of the whole series: the dates that stand for them."""
        reader = own_part(mine, key)
        values = series_rows.values_of(self.series, Laid.of(self.series), mine, reader)
        return self._of_series(reader, kind, values | {"note": store_message(note) if note else None})

    def of_none(
        self, told: Collection[datetime], laid: Laid, reader: Participation, kind: Kind
    ) -> OutboxMessage:
        """Tell somebody that none of the dates they were told of is left for them."""
        return self._of_series(reader, kind, series_rows.farewell_of(self.series, laid, told, reader))

    def _of_series(self, reader: Participation, kind: Kind, values: dict[str, object]) -> OutboxMessage:
        series = self.series
        subject = Subject(series.organisation_id, series_id=series.id)
        invite = invite_to(reader, kind, series.sequence)
        values = {**values, "reason": self.reason}
        message = rows.new_message(subject, invite, reader.person_id, values, self.now)
        self.session.add(message)
        return message


def invite_to(reader: Participation, kind: Kind, sequence: int) -> Invite:
    """Return one thing to tell one person."""
    assert kind.method is not None, "a meeting is announced by a calendar object"
    return Invite(rows.attendee(reader), kind.method, sequence, kind)


def own_part(bookings: Iterable[Booking], key: str) -> Participation:
    """Return how the person of a mailbox takes part, or took part, in one of these dates."""
    return next(p for booking in bookings for p in booking.participations if rows.mailbox(p) == key)


def told_of(was: Before, series: ConferenceSeries) -> Snapshot | None:
    """Return what was told of a date; its SEQUENCE is never below that of its series (RFC 5546 2.1.4)."""
    if was.snapshot is None:
        return None
    return replace(was.snapshot, sequence=max(was.snapshot.sequence, series.sequence))


def for_members(
    series: ConferenceSeries, booking: Booking, was: Before, told: Snapshot | None
) -> tuple[Invite, ...]:
    """Return what members are told of one date; one that has left the series is off in its calendars."""
    before = _only(told, was.of_series, series.uid) if told else None
    if before is not None and was.series_id is not None and booking.series_id is None:
        return decide(before, replace(before, cancelled=True))
    return decide(before, _only(rows.snapshot_of(booking), rows.remember(booking).of_series, series.uid))


def _only(snapshot: Snapshot, keys: Collection[str], uid: str) -> Snapshot:
    return replace(snapshot, uid=uid, attendees=tuple(a for a in snapshot.attendees if a.mailbox in keys))


def _without(snapshot: Snapshot, keys: Collection[str]) -> Snapshot:
    return replace(snapshot, attendees=tuple(a for a in snapshot.attendees if a.mailbox not in keys))
