"""Which meetings a lost duty or an absence breaks, and what to do about each."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from confsched.domain.bookings import OPEN_STATES, claim_span
from confsched.domain.consults import ASKING
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Message, msg
from confsched.models.bookings import Booking, Participation
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.services import access
from confsched.services.availability import Asked, load_candidates
from confsched.services.line_bindings import binding_lines
from confsched.services.standing import standing
from confsched.services.substitutes import find_obstacle, substitutes

MAX_PROPOSALS = 30  # each is a search of its own; whoever breaks more starts with these
ANOTHER_TIME = msg("Find another time.")


@dataclass(frozen=True)
class Loss:
    """Say that a person no longer holds a line during a span, or, without a line, is not there at all."""

    person_id: uuid.UUID
    span: Span
    line_id: uuid.UUID | None
    why: Message


@dataclass(frozen=True)
class AffectedMeeting:
    """Hold one meeting that cannot take place as booked, and the best way out.

    `label` and `case_ref` are empty for who may not read them. `is_bound` means booked through a duty line.
    """

    booking_id: uuid.UUID
    starts_at: datetime
    kind: BookingKind
    label: str
    case_ref: str
    person_id: uuid.UUID
    person_name: str
    is_bound: bool
    proposal: Message
    substitute_id: uuid.UUID | None
    why: Message


@dataclass(frozen=True)
class _Broken:
    """Hold a participation that a loss hits, and the line through which it was booked, if one is known."""

    part: Participation
    loss: Loss
    line_id: uuid.UUID | None


def affected_meetings(
    session: Session, losses: Iterable[Loss], *, now: datetime, actor: Actor | None = None
) -> list[AffectedMeeting]:
    """Return the meetings to come that the losses break, soonest first, each once per person.

    A lost duty breaks what was booked through its line and begins during the loss; an absence breaks
    everything it touches. Titles are shown only to an `actor` who may read them.
    """
    losses = sorted(losses, key=lambda loss: (loss.line_id is None, loss.span))
    parts = _parts_in_reach(session, losses, now)
    lines = binding_lines(session, {part.booking_id for part in parts})
    held = _held_lines(session, parts, now)
    broken = [
        hit
        for part in parts
        if (hit := _find_hit(part, losses, lines.get(part.booking_id, frozenset()), held))
    ]
    return [
        _meeting(one, actor, _proposal(session, one, now) if number < MAX_PROPOSALS else _MOVE)
        for number, one in enumerate(broken)
    ]


def _parts_in_reach(session: Session, losses: Sequence[Loss], now: datetime) -> list[Participation]:
    """Return who takes part in what, between the first and the last loss; one query for all."""
    if not losses:
        return []
    query = (
        select(Participation)
        .join(Booking, Booking.id == Participation.booking_id)
        .where(
            Participation.person_id.in_({loss.person_id for loss in losses}),
            Participation.removed_at.is_(None),
            Participation.partstat != Partstat.DECLINED,
            Booking.state.in_(OPEN_STATES),
            Booking.starts_at >= now,
            Booking.starts_at < max(loss.span.ends_at for loss in losses),
            Booking.ends_at > min(loss.span.starts_at for loss in losses),
        )
        .options(contains_eager(Participation.booking), joinedload(Participation.person))
        .order_by(Booking.starts_at, Booking.id, Participation.position)
    )
    return list(session.scalars(query))


Held = Mapping[uuid.UUID, Sequence[tuple[uuid.UUID, Span]]]


def _held_lines(session: Session, parts: Sequence[Participation], now: datetime) -> Held:
    """Return the duties of these people while their meetings run."""
    held: dict[uuid.UUID, list[tuple[uuid.UUID, Span]]] = defaultdict(list)
    if not parts:
        return held
    window = Span(parts[0].booking.starts_at, max(part.booking.ends_at for part in parts))
    query = select(Duty.person_id, Duty.line_id, Duty.starts_at, Duty.ends_at).where(
        Duty.person_id.in_({part.person_id for part in parts}), *standing(window, now)
    )
    for person_id, line_id, starts_at, ends_at in session.execute(query):
        held[person_id].append((line_id, Span(starts_at, ends_at)))
    return held


def _find_hit(
    part: Participation, losses: Sequence[Loss], lines: Collection[uuid.UUID], held: Held
) -> _Broken | None:
    """Return the first loss that breaks a participation; those of a line come first and know the line."""
    span = Span(part.booking.starts_at, part.booking.ends_at)
    serves = lines if part.serves != ASKING else ()
    for loss in losses:
        if loss.person_id != part.person_id:
            continue
        if loss.line_id is None and loss.span.overlaps(span):
            return _Broken(part, loss, _line_held(held[part.person_id], serves, span.starts_at))
        if loss.line_id in serves and loss.span.contains(span.starts_at):
            return _Broken(part, loss, loss.line_id)
    return None


def _line_held(
    duties: Iterable[tuple[uuid.UUID, Span]], lines: Collection[uuid.UUID], at: datetime
) -> uuid.UUID | None:
    return next((line_id for line_id, span in duties if line_id in lines and span.contains(at)), None)


@dataclass(frozen=True)
class _Proposal:
    words: Message
    substitute_id: uuid.UUID | None = None


_MOVE = _Proposal(ANOTHER_TIME)


def _proposal(session: Session, broken: _Broken, now: datetime) -> _Proposal:
    """Return a substitute where one can be had: first who holds the line then, then who is qualified."""
    part, booking = broken.part, broken.part.booking
    if part.is_optional:
        return _Proposal(msg("Their part is optional: it can take place without them."))
    if part.serves == ASKING or (broken.line_id is None and booking.kind is BookingKind.CONFERENCE):
        return _MOVE
    span = claim_span(
        Span(booking.starts_at, booking.ends_at), booking.buffer_before_minutes, booking.buffer_after_minutes
    )
    holder = _free_holder(session, broken, span, now)
    if holder is not None:
        words = msg("%(name)s holds the line then and is free.", name=holder.name)
        return _Proposal(words, holder.id)
    for one in substitutes(session, broken.line_id, part.person_id, span, now=now):
        if one.is_free and not _takes_part(booking, one.person_id):
            return _Proposal(msg("%(name)s is free and could take it over.", name=one.name), one.person_id)
    return _Proposal(msg("Nobody else is free then. Find another time."))


def _free_holder(session: Session, broken: _Broken, span: Span, now: datetime) -> Person | None:
    """Return who else holds the line when the meeting begins, if they are free for it."""
    if broken.line_id is None:
        return None
    line = session.get_one(DutyLine, broken.line_id)
    at = broken.part.booking.starts_at
    query = (
        select(Person)
        .join(Duty, Duty.person_id == Person.id)
        .where(Duty.line_id == line.id, Person.id != broken.part.person_id)
        .where(*standing(Span(at, at + at.resolution), now))
    )
    for person in session.scalars(query):
        asked = Asked(
            people=frozenset({person.id}),
            service_id=line.service_id,
            duty_lines=frozenset({line.id}),
            only_on_duty=frozenset({person.id}),
        )
        stretches = load_candidates(session, asked, span, now=now)[person.id].availability.stretches
        if find_obstacle(stretches) is None and not _takes_part(broken.part.booking, person.id):
            return person
    return None


def _takes_part(booking: Booking, person_id: uuid.UUID) -> bool:
    return any(p.person_id == person_id and p.removed_at is None for p in booking.participations)


def _meeting(broken: _Broken, actor: Actor | None, proposal: _Proposal) -> AffectedMeeting:
    booking, person = broken.part.booking, broken.part.person
    is_readable = actor is not None and access.may_read_title(actor, booking)
    return AffectedMeeting(
        booking_id=booking.id,
        starts_at=booking.starts_at,
        kind=booking.kind,
        label=booking.title if is_readable else "",
        case_ref=(booking.case_ref or "") if is_readable else "",
        person_id=person.id,
        person_name=person.name,
        is_bound=broken.line_id is not None,
        proposal=proposal.words,
        substitute_id=proposal.substitute_id,
        why=broken.loss.why,
    )
