"""Tell people about a series: its members by one event that comes back, everybody else date by date."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched.domain.bookings import BookingState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind, Snapshot
from confsched.domain.series_dates import stays_in_series
from confsched.domain.series_invites import SeriesNews, View, decide_series
from confsched.errors import msg
from confsched.models.bookings import Booking, Participation
from confsched.models.conferences import Conference
from confsched.models.network import Resource
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries
from confsched.services import invitation_rows as rows
from confsched.services import participants
from confsched.services.invitation_rows import Before
from confsched.services.series_messages import Telling, for_members, invite_to, own_part, told_of
from confsched.services.series_rows import Laid

LEFT_SERIES = msg("This date has left its series. You get an invitation of its own for it.")
ENDED = msg("The series ends. Its later dates do not take place.")


@dataclass(frozen=True)
class SeriesBefore:
    """Hold how a series and its dates, by booking, stood before they changed; a new one has none."""

    bookings: Mapping[uuid.UUID, Before] = field(default_factory=dict)
    laid: Laid | None = None
    has_ended: bool = False


def before(session: Session, series: ConferenceSeries | None) -> SeriesBefore:
    """Remember a series as it is; None for a new one.

    Where dates pass from one series to a new one, what was remembered of the first serves to announce both.
    """
    if series is None:
        return SeriesBefore()
    remembered = {booking.id: rows.remember(booking) for booking in _bookings(session, series, ())}
    return SeriesBefore(remembered, Laid.of(series), series.ended_at is not None)


def announce(
    session: Session, series: ConferenceSeries, was: SeriesBefore, *, now: datetime, reason: str = ""
) -> list[OutboxMessage]:
    """Count the revision up, and write one message for each member to whom something changed.

    That is a REQUEST of the whole series or of one date, or a CANCEL of either. Who takes part in single
    dates only is told of those, by an event of its own for each. Raises Refusal for a rule that no calendar
    can repeat.
    """
    session.flush()
    bookings = _bookings(session, series, was.bookings)
    change = _Change(Telling(session, series, now, reason), was, bookings, _homes(session, bookings))
    messages = [message for booking in bookings for message in change.tell_others(booking)]
    return messages + change.tell_members()


def announce_date(
    session: Session, booking: Booking, was: Before, *, now: datetime, reason: str = ""
) -> list[OutboxMessage]:
    """Count the revision up and tell of one date: members as a date of the series, others as of any booking.

    For a date that has left its series, members get a CANCEL of that date and an invitation of its own. To
    whom a date is new that the series had left out for them, the whole series is sent.
    """
    session.flush()
    participants.load(session, booking)
    series = session.get_one(ConferenceSeries, booking.series_id or was.series_id)
    told = told_of(was, series)
    if told is not None:
        rows.count_up(booking, told, now)
    has_left = was.series_id is not None and booking.series_id is None
    if has_left:
        _count_up(series, [booking], now)  # its calendars leave the date out from now on
    telling = Telling(session, series, now, reason)
    messages = telling.for_others(booking, was, told)
    invites = for_members(series, booking, was, told)
    changed = [invite for invite in invites if invite.kind is not Kind.INVITATION]
    at = was.recurrence_at or booking.recurrence_at
    assert at is not None, "a date of a series has its start by the rule"
    messages += telling.of_date(booking, at, changed, told, LEFT_SERIES if has_left else None)
    joining = {invite.recipient.mailbox for invite in invites} - {one.recipient.mailbox for one in changed}
    return messages + _welcome(telling, joining)


def _welcome(telling: Telling, joining: Collection[str]) -> list[OutboxMessage]:
    if not joining:
        return []
    bookings = _bookings(telling.session, telling.series, ())
    return [
        telling.of_all([one for one in bookings if _is_held_for(one, key)], key, Kind.INVITATION)
        for key in sorted(joining)
    ]


def lock(session: Session, booking: Booking) -> None:
    """Keep the other dates of a booking's series where they are until this transaction ends."""
    if booking.series_id is not None:
        session.get(ConferenceSeries, booking.series_id, with_for_update=True)


def leave_if_out_of_place(session: Session, booking: Booking) -> None:
    """Split a moved date off its series where it no longer lies between its neighbours.

    Called when the booking has its new time, and told by `announce_date`.
    """
    if booking.series_id is None:
        return
    moved = Span(booking.starts_at, booking.ends_at)
    former, following = (_neighbour(session, booking, is_later) for is_later in (False, True))
    if stays_in_series(moved, former, following, booking.zone):
        return
    booking.series_id = booking.recurrence_at = None


def _neighbour(session: Session, booking: Booking, is_later: bool) -> Span | None:
    """Return when the nearest date of the series is held, by the order of the rule."""
    at = Booking.recurrence_at
    assert booking.recurrence_at is not None, "a date of a series has its start by the rule"
    side = at > booking.recurrence_at if is_later else at < booking.recurrence_at
    query = (
        select(Booking.starts_at, Booking.ends_at)
        .where(Booking.series_id == booking.series_id, Booking.state != BookingState.CANCELLED, side)
        .order_by(at if is_later else at.desc())
        .limit(1)
    )
    row = session.execute(query).one_or_none()
    return Span(row.starts_at, row.ends_at) if row else None


@dataclass(frozen=True)
class _Change:
    """Hold one change of a series while it is told; `bookings` are those it has and those it had.

    `homes` names the series that a date belongs to, also one that is no instance of it in calendars.
    """

    telling: Telling
    was: SeriesBefore
    bookings: Sequence[Booking]
    homes: Mapping[uuid.UUID, uuid.UUID | None]

    @property
    def series(self) -> ConferenceSeries:
        return self.telling.series

    def tell_others(self, booking: Booking) -> list[OutboxMessage]:
        """Tell those who take part in one date only; what another series took over is told by that one."""
        if self.homes.get(booking.id, booking.series_id) not in (None, self.series.id):
            return []
        was = self.was.bookings.get(booking.id, Before(None))
        told = told_of(was, self.series)
        if told is not None:
            if not _has_changed(was, booking):
                return []
            rows.count_up(booking, told, self.telling.now)
        return self.telling.for_others(booking, was, told)

    def tell_members(self) -> list[OutboxMessage]:
        """Tell each member what has changed for them, in one message."""
        told = _views(self.was.bookings.values(), self.series)
        held = _views(map(rows.remember, self.bookings), self.series)
        standing = {booking.recurrence_at for booking in self.bookings if self._is_held(booking)}
        off = {at for view in told.values() for at in view} - standing
        decided = {
            key: decide_series(told.get(key, {}), held.get(key, {}), off) for key in sorted({*told, *held})
        }
        news = {key: one for key, one in decided.items() if one is not None}
        self._count(news.values())
        return [self._message(key, one, told.get(key, {}), held.get(key, {})) for key, one in news.items()]

    def _is_held(self, booking: Booking) -> bool:
        return booking.series_id == self.series.id and booking.state is not BookingState.CANCELLED

    def _count(self, news: Iterable[SeriesNews]) -> None:
        """Count the series up; its SEQUENCE only where what was sent of the whole no longer holds."""
        known = self._known()
        is_whole = any(one.recurrence_at is None and one.kind is not Kind.INVITATION for one in news)
        if is_whole or any(booking.series_id != self.series.id for booking in known):
            _count_up(self.series, self.bookings, self.telling.now)
        elif known:
            self.series.revision += 1
            self.series.revised_at = self.telling.now

    def _known(self) -> list[Booking]:
        """Return the dates of which members were told by this series."""
        was = self.was.bookings
        return [one for one in self.bookings if one.id in was and was[one.id].series_id == self.series.id]

    def _message(self, key: str, news: SeriesNews, told: View, held: View) -> OutboxMessage:
        if news.recurrence_at is not None:
            return self._of_date(key, news.kind, news.recurrence_at)
        mine = [one for one in self.bookings if self._is_held(one) and one.recurrence_at in held]
        if mine:
            is_end = self.series.ended_at is not None and not self.was.has_ended
            return self.telling.of_all(mine, key, news.kind, ENDED if is_end else None)
        assert self.was.laid is not None, "what was told was laid out"
        return self.telling.of_none(list(told), self.was.laid, own_part(self._known(), key), news.kind)

    def _of_date(self, key: str, kind: Kind, at: datetime) -> OutboxMessage:
        was = self.was.bookings
        booking = next(one for one in self._known() if was[one.id].recurrence_at == at)
        sequence = max(booking.sequence, self.series.sequence)
        invite = invite_to(own_part([booking], key), kind, sequence)
        note = LEFT_SERIES if booking.series_id is None else None
        return self.telling.of_date(booking, at, [invite], was[booking.id].snapshot, note)[0]


def _is_held_for(booking: Booking, key: str) -> bool:
    """Tell whether a date is held with somebody who was invited to it as a member of its series."""
    return booking.state is not BookingState.CANCELLED and any(
        p.is_of_series and p.removed_at is None and rows.mailbox(p) == key for p in booking.participations
    )


def _views(dates: Iterable[Before], series: ConferenceSeries) -> dict[str, dict[datetime, object]]:
    """Return what stands in the calendar of each member."""
    views: dict[str, dict[datetime, object]] = {}
    for date in dates:
        snapshot, at = date.snapshot, date.recurrence_at
        if date.series_id != series.id or at is None or snapshot is None or snapshot.cancelled:
            continue
        for attendee in snapshot.attendees:
            if attendee.mailbox in date.of_series:
                shown = snapshot.span, snapshot.location, snapshot.join_link
                views.setdefault(attendee.mailbox, {})[at] = shown
    return views


def _has_changed(was: Before, booking: Booking) -> bool:
    return _plain(was) != _plain(rows.remember(booking))


def _plain(date: Before) -> Before:
    """Return a date without its numbers, which count changes and are none."""
    snapshot: Snapshot | None = date.snapshot
    return replace(date, snapshot=replace(snapshot, sequence=0, revision=0) if snapshot else None)


def _count_up(series: ConferenceSeries, bookings: Iterable[Booking], now: datetime) -> None:
    """Give the series a SEQUENCE above all that its dates have had, so that no exception outlives it."""
    series.sequence = 1 + max([series.sequence, *(booking.sequence for booking in bookings)])
    series.revision += 1
    series.revised_at = now


def _bookings(session: Session, series: ConferenceSeries, ids: Iterable[uuid.UUID]) -> list[Booking]:
    """Return the dates of a series, also those that have left its calendars, and those named, by their time.

    They come with all that messages say of them.
    """
    people = selectinload(Booking.participations).joinedload(Participation.person)
    dates = select(Conference.booking_id).where(Conference.series_id == series.id)
    query = (
        select(Booking)
        .where(or_(Booking.series_id == series.id, Booking.id.in_(dates), Booking.id.in_(ids)))
        .order_by(Booking.starts_at, Booking.id)
        .options(people.selectinload(Person.memberships))
        .options(joinedload(Booking.resource).joinedload(Resource.site), joinedload(Booking.organiser))
    )
    return list(session.scalars(query))


def _homes(session: Session, bookings: Iterable[Booking]) -> dict[uuid.UUID, uuid.UUID | None]:
    ids = [booking.id for booking in bookings]
    query = select(Conference.booking_id, Conference.series_id).where(Conference.booking_id.in_(ids))
    return {booking_id: series_id for booking_id, series_id in session.execute(query) if booking_id}
