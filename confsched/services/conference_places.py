"""Where a conference takes place: a date that has lost its room or its join link says so."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.permissions import Actor
from confsched.errors import Message, msg
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.models.conferences import Conference, ConferenceStep
from confsched.models.series import ConferenceSeries
from confsched.services import access, conference_news, conference_steps
from confsched.services.tasks import MAX_TASKS, Task, TaskKind

AHEAD_DAYS = timedelta(days=14)
ROUND = 20  # conferences told in one transaction
LOST, FOUND = "place_lost", "place_found"

NO_PLACE = msg("It has neither a room nor a join link. Enter one, so that people know where to go.")
NO_LINK = msg("Its join link is gone. Enter it anew, or take it out for good.")
NO_ROOM = msg("Its room is gone. Choose another one, or hold it by video.")
ROOM_TAKEN = msg("Its room is taken by another meeting at this time. Choose another one.")


def find_lacks(session: Session, conference: Conference) -> list[Message]:
    """Return what is missing for people to come together; nothing for what is off, over or has no time."""
    return list_lacks(session, [conference]).get(conference.id, [])


def list_lacks(session: Session, conferences: Sequence[Conference]) -> dict[uuid.UUID, list[Message]]:
    """Return what each of these conferences lacks, for many in as many queries as for one."""
    ahead = [one for one in conferences if one.state in AHEAD and one.booking is not None]
    claims = _load_claims(session, [one.booking for one in ahead if one.booking and one.booking.resource_id])
    return {one.id: lacks for one in ahead if (lacks := _lacks(one, claims))}


def _lacks(conference: Conference, claims: Mapping[uuid.UUID, list[Claim]]) -> list[Message]:
    booking = conference.booking
    assert booking is not None, "only what has a time has a place"
    wants_link = conference.join_link or (conference.series.join_link if conference.series else "")
    wants_room = conference.resource_id or (conference.series.resource_id if conference.series else None)
    found = []
    if not booking.join_link and not booking.resource_id:
        found.append(NO_PLACE)
    elif wants_link and not booking.join_link:
        found.append(NO_LINK)
    elif wants_room and not booking.resource_id:
        found.append(NO_ROOM)
    if booking.resource_id and not _holds_room(booking, claims[booking.resource_id]):
        found.append(ROOM_TAKEN)
    return found


def _holds_room(booking: Booking, claims: Sequence[Claim]) -> bool:
    """Tell whether the room is taken for this meeting, and for no other at the same time."""
    span = Span(booking.starts_at, booking.ends_at)
    own = [one for one in claims if one.booking_id == booking.id]
    rivals = [one for one in claims if one.booking_id != booking.id]
    return bool(own) and not any(Span(one.starts_at, one.ends_at).overlaps(span) for one in rivals)


def _load_claims(session: Session, booked: Sequence[Booking]) -> dict[uuid.UUID, list[Claim]]:
    found: dict[uuid.UUID, list[Claim]] = defaultdict(list)
    if not booked:
        return found
    query = select(Claim).where(
        Claim.subject_id.in_({one.resource_id for one in booked}),
        Claim.booking_id.is_not(None),
        Claim.starts_at < max(one.ends_at for one in booked),
        Claim.ends_at > min(one.starts_at for one in booked),
    )
    for claim in session.scalars(query):
        found[claim.subject_id].append(claim)
    return found


def tell_lost(session: Session, *, now: datetime) -> int:
    """Tell chair and organiser once of each conference that lost its place; returns how many.

    When it has one again that is kept as well, so that a second loss is told anew.
    """
    soon = list(session.scalars(_soon(now)))
    lacks, last = list_lacks(session, soon), _last_words(session, soon)
    changed = [one for one in soon if (one.id in lacks) is not (last.get(one.id) == LOST)]
    for conference in changed[:ROUND]:
        # Another worker may have told it since.
        session.refresh(conference, with_for_update=True)
        if _last_words(session, [conference]).get(conference.id) == last.get(conference.id):
            _keep(session, conference, lacks.get(conference.id, []), now)
    return min(len(changed), ROUND)


def _soon(now: datetime) -> Select[Conference]:
    """Return what may lack a place, or was told so: the database leaves out the many that have one."""
    return (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(Conference.state.in_(AHEAD), Booking.starts_at > now, Booking.starts_at <= now + AHEAD_DAYS)
        .where(_is_suspect())
        .options(selectinload(Conference.booking), selectinload(Conference.series))
        .order_by(Booking.starts_at, Conference.id)
    )


def _is_suspect() -> ColumnElement[bool]:
    of_room = and_(Claim.subject_id == Booking.resource_id, Claim.booking_id.is_not(None))
    own = exists().where(of_room, Claim.booking_id == Booking.id)
    rival = exists().where(
        of_room,
        Claim.booking_id != Booking.id,
        Claim.starts_at < Booking.ends_at,
        Claim.ends_at > Booking.starts_at,
    )
    wants_room = Conference.resource_id.is_not(None) | Conference.series.has(
        ConferenceSeries.resource_id.is_not(None)
    )
    was_told = exists().where(ConferenceStep.conference_id == Conference.id, ConferenceStep.code == LOST)
    return or_(
        Booking.join_link == "",
        and_(Booking.resource_id.is_not(None), ~own | rival),
        and_(Booking.resource_id.is_(None), wants_room),
        was_told,
    )


def _last_words(session: Session, conferences: Sequence[Conference]) -> dict[uuid.UUID, str]:
    """Return what was last kept about the place of each conference."""
    query = (
        select(ConferenceStep.conference_id, ConferenceStep.code)
        .where(
            ConferenceStep.conference_id.in_([one.id for one in conferences]),
            ConferenceStep.code.in_((LOST, FOUND)),
        )
        .order_by(ConferenceStep.conference_id, ConferenceStep.number)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _keep(session: Session, conference: Conference, lacks: Sequence[Message], now: datetime) -> None:
    conference_steps.record_step(session, None, conference, now=now, code=LOST if lacks else FOUND)
    if lacks:
        people = conference_news.desk_of(conference)
        heading = msg("A conference has lost its place")
        conference_news.tell(session, conference, people, heading, lacks, now=now)


def list_tasks(session: Session, actor: Actor, *, now: datetime) -> list[Task]:
    """Return the conferences of the actor's desk that have no place, soonest first."""
    ids = access.visible(actor, Conference, to="change").with_only_columns(Conference.id)
    soon = list(session.scalars(_soon(now).where(Conference.id.in_(ids))))
    lacks = list_lacks(session, soon)
    return [
        Task(TaskKind.GIVE_PLACE, one.id, one.title, starts_at=one.booking.starts_at)
        for one in soon
        if one.id in lacks and one.booking is not None
    ][:MAX_TASKS]
