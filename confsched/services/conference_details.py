"""What the desk of a conference settles: who chairs, where, until when cases come, who has to be there."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.conferences import AHEAD
from confsched.domain.intervals import Span
from confsched.domain.kinds import ConferenceState, LateRule, RequirementKind, StandardCare, SubjectKind
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.people import Person
from confsched.services import claims, conference_steps, directory, invitations
from confsched.services.claims import Taken, Taking
from confsched.services.conference_checks import checked_link, checked_room
from confsched.services.findings import Findings

MAX_CUTOFF_MINUTES = 14 * 1440
MAX_RETIME = 60
MAX_COUNT = 20
MAX_NEEDS = 20
NEEDS = "needs"
CHANGEABLE = AHEAD | {ConferenceState.PLANNED}


@dataclass(frozen=True)
class Needed:
    """Ask for `count` people of a discipline; the id is that of the row on record, None for a new one."""

    discipline: str
    count: int = 1
    specialists_only: bool = False
    may_double: bool = False
    is_optional: bool = False
    id: uuid.UUID | None = None


@dataclass(frozen=True)
class Details:
    """Hold what the desk typed; `seen` is the revision that the page had shown."""

    chair_id: uuid.UUID | None
    deputy_id: uuid.UUID | None
    capacity_minutes: int | None
    cutoff_minutes: int
    late_rule: LateRule
    standard_care: StandardCare
    retime_minutes: int
    join_link: str
    resource_id: uuid.UUID | None
    needs: tuple[Needed, ...]
    seen: int


def list_leaders(conference: Conference) -> list[Person]:
    """Return who may chair: the organiser, who chairs or stands in now, and who takes part."""
    parts = conference.booking.participations if conference.booking else []
    people = [conference.organiser, conference.chair, conference.deputy]
    people += [part.person for part in parts if part.removed_at is None and part.person.memberships]
    found = {one.id: one for one in people if one is not None}
    return sorted(found.values(), key=lambda one: (one.family_name, one.given_name, one.id))


def list_needs(conference: Conference) -> list[Needed]:
    """Return the required disciplines on record; people by name and duty lines are not changed here."""
    return [
        Needed(
            one.discipline or "",
            one.count,
            one.specialists_only,
            one.may_double,
            one.is_optional,
            one.id,
        )
        for one in conference.requirements
        if one.kind is RequirementKind.DISCIPLINE
    ]


def change(
    session: Session, actor: Actor, conference: Conference, details: Details, *, now: datetime
) -> None:
    """Write the details; a new place is told to everybody, and a room is taken. The same twice is once.

    Raises Unfit with all that is wrong, Taken where the room has gone, Conflict where somebody else changed
    the conference meanwhile.
    """
    if conference.state not in CHANGEABLE:
        raise Conflict(msg("This conference has begun, is over or is off. It is no longer changed."))
    if details.seen != conference.revision:
        raise Conflict(msg("Somebody else has changed this conference meanwhile. Look, then save again."))
    link, room_id = _checked(session, actor, conference, details)
    conference.chair_id, conference.deputy_id = details.chair_id, details.deputy_id
    conference.capacity_minutes = details.capacity_minutes
    conference.cutoff_minutes, conference.retime_minutes = details.cutoff_minutes, details.retime_minutes
    conference.late_rule, conference.standard_care = details.late_rule, details.standard_care
    if conference.booking is not None:
        conference.requirements = _merged(conference, details.needs)
        _change_place(session, conference, conference.booking, link, room_id, now)
    conference_steps.record_step(session, actor, conference, now=now, code="details")
    session.expire(conference, ["chair", "deputy", "resource"])


def _checked(
    session: Session, actor: Actor, conference: Conference, details: Details
) -> tuple[str, uuid.UUID | None]:
    """Return link and room; raises Unfit with everything that is wrong with the details."""
    found = Findings()
    found.keep(_check_leaders, conference, details)
    found.keep(_check_range, details.capacity_minutes, 5, conference.duration_minutes, "capacity_minutes")
    found.keep(_check_range, details.cutoff_minutes, 0, MAX_CUTOFF_MINUTES, "cutoff_minutes")
    found.keep(_check_range, details.retime_minutes, 0, MAX_RETIME, "retime_minutes")
    link = found.keep(checked_link, details.join_link)
    is_same = conference.booking is not None and details.resource_id == conference.booking.resource_id
    room_id = (
        details.resource_id if is_same else found.keep(checked_room, session, actor, details.resource_id)
    )
    for place, one in enumerate(details.needs[: MAX_NEEDS + 1]):
        found.keep(_check_need, session, place, one)
    found.raise_all()
    return link or "", room_id


def _check_leaders(conference: Conference, details: Details) -> None:
    known = {one.id for one in list_leaders(conference)}
    for field, chosen in (("chair_id", details.chair_id), ("deputy_id", details.deputy_id)):
        if chosen is not None and chosen not in known:
            raise Refusal(msg("Choose somebody who takes part."), field=field)
    if details.chair_id is not None and details.chair_id == details.deputy_id:
        raise Refusal(msg("Nobody stands in for themselves. Choose somebody else."), field="deputy_id")


def _check_range(value: int | None, least: int, most: int, field: str) -> None:
    if value is not None and not least <= value <= most:
        raise Refusal(msg("Choose a number from %(least)s to %(most)s.", least=least, most=most), field=field)


def _check_need(session: Session, place: int, one: Needed) -> None:
    if place >= MAX_NEEDS:
        raise Refusal(msg("At most %(count)s requirements.", count=MAX_NEEDS), field=need_field(place))
    if one.discipline not in directory.list_disciplines(session):
        raise Refusal(msg("Choose a discipline from the list."), field=need_field(place))
    if not 1 <= one.count <= MAX_COUNT:
        raise Refusal(msg("Ask for 1 to %(count)s people.", count=MAX_COUNT), field=need_field(place))


def need_field(place: int) -> str:
    """Return the field that a refusal of one required discipline names."""
    return f"{NEEDS}-{place}"


def _merged(conference: Conference, needs: Sequence[Needed]) -> list[Requirement]:
    """Return the requirements that stand: disciplines as typed, those on record in their rows, all others."""
    known = {one.id: one for one in conference.requirements}
    typed = [_row(known.get(one.id) if one.id else None, one) for one in needs]
    others = [one for one in conference.requirements if one.kind is not RequirementKind.DISCIPLINE]
    rows = [*typed, *others]
    for position, row in enumerate(rows):
        row.position = position
    return rows


def _row(known: Requirement | None, one: Needed) -> Requirement:
    is_kept = known is not None and known.kind is RequirementKind.DISCIPLINE
    row = known if known is not None and is_kept else Requirement(kind=RequirementKind.DISCIPLINE)
    row.discipline, row.count = one.discipline, one.count
    row.specialists_only, row.may_double = one.specialists_only, one.may_double
    row.is_optional = one.is_optional
    return row


def _change_place(
    session: Session,
    conference: Conference,
    booking: Booking,
    link: str,
    room_id: uuid.UUID | None,
    now: datetime,
) -> None:
    """Give the meeting another room or link and tell everybody; the same place changes nothing."""
    if (link, room_id) == (booking.join_link, booking.resource_id):
        return
    was = invitations.before(booking)
    if room_id != booking.resource_id:
        _change_room(session, booking, room_id, now)
    booking.join_link = link
    conference.join_link, conference.resource_id = link, room_id
    session.flush()
    session.expire(booking, ["resource"])
    invitations.announce(session, booking, was, now=now)


def _change_room(session: Session, booking: Booking, room_id: uuid.UUID | None, now: datetime) -> None:
    if booking.resource_id is not None:
        claims.release_booking(session, booking.id, subject_id=booking.resource_id)
    booking.resource_id = room_id
    if room_id is None:
        return
    span = Span(booking.starts_at, booking.ends_at)
    wanted = [Taking(room_id, SubjectKind.RESOURCE, span)]
    try:
        claims.take(session, wanted, now=now, state=ClaimState.FIRM, booking_id=booking.id)
    except Taken:
        raise Conflict(msg("This room is taken then. Choose another one."), field="resource_id") from None
