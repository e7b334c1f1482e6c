"""What stands in the way of each date of a series, before anybody is invited: holidays, people, the room."""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.availability import State, Stretch, Why
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate
from confsched.domain.permissions import Actor
from confsched.errors import Message, msg
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.services import access
from confsched.services.availability import Asked, load_candidates
from confsched.services.series_dates import SeriesDate
from confsched.services.series_drafts import SeriesPlan

_WORDS: Mapping[Why | None, Message] = {
    Why.CLAIM: msg("already booked"),
    Why.ABSENCE: msg("absent"),
    Why.DUTY: msg("on duty"),
    Why.REST: msg("resting after a night duty"),
    Why.CALENDAR: msg("busy by their own calendar"),
    Why.ANSWER: msg("has said no to this time"),
    Why.NOT_WORKING: msg("outside working hours"),
    Why.ELSEWHERE: msg("at another site, or on the way"),
    Why.CAP: msg("has as many meetings that day as one may have"),
}
FOREIGN = msg("busy")
UNKNOWN = msg("not known")
# Whoever joins a board outside the hours on record has agreed to it: it is said, and nobody is left out.
MILD = frozenset({Why.NOT_WORKING, Why.CAP})


@dataclass(frozen=True)
class Obstacle:
    """Hold who or what is not known to be free for a date, and why; mild: nobody has to decide about it."""

    subject_id: uuid.UUID
    name: str
    words: Message
    is_mild: bool
    is_room: bool


@dataclass(frozen=True)
class DatePreview:
    """Hold one date and what stands in its way."""

    date: SeriesDate
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def taken(self) -> tuple[Obstacle, ...]:
        """Return who and what somebody has to decide about."""
        return tuple(one for one in self.obstacles if not one.is_mild)

    @property
    def taken_ids(self) -> frozenset[uuid.UUID]:
        return frozenset(one.subject_id for one in self.taken)


def previews_of(
    session: Session,
    actor: Actor,
    plan: SeriesPlan,
    dates: Sequence[SeriesDate],
    *,
    now: datetime,
    without_series: uuid.UUID | None = None,
) -> list[DatePreview]:
    """Return each date with what stands in its way, in a number of queries that does not grow with them."""
    held = [one.span for one in dates if one.span]
    if not held:
        return [DatePreview(one) for one in dates]
    window = Span(min(span.starts_at for span in held), max(span.ends_at for span in held))
    asked = Asked(
        people=frozenset(person.id for person in plan.people),
        resources=frozenset({plan.room.id}) if plan.room else frozenset(),
        own_house=plan.site.organisation_id,
        without_series=without_series,
        zone=plan.site.zone,
    )
    found = load_candidates(session, asked, window, now=now)
    order = [*(person.id for person in plan.people), *asked.resources]
    calendars = [_Calendar(found[subject], subject in asked.resources) for subject in order]
    titles = _load_titles(session, actor, order, window)
    return [_preview(one, calendars, titles) for one in dates]


def mark_of(previews: Iterable[DatePreview]) -> str:
    """Return a mark of who is taken when: another one means that something has come between."""
    words = [
        f"{one.date.occurs_at.isoformat()} {one.date.held_on} {subject}"
        for one in previews
        for subject in ("", *sorted(str(taken) for taken in one.taken_ids))
    ]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


class _Calendar:
    """Look up the stretches of one candidate: laid once, asked for each date."""

    def __init__(self, candidate: Candidate, is_room: bool) -> None:
        self.candidate, self.is_room = candidate, is_room
        self.stretches = candidate.availability.stretches
        self.starts = [stretch.span.starts_at for stretch in self.stretches]

    def stretches_in(self, span: Span, state: State) -> list[Stretch]:
        """Return the parts of a time that have a state, in order."""
        place = max(0, bisect_right(self.starts, span.starts_at) - 1)
        found = []
        for stretch in self.stretches[place:]:
            if stretch.span.starts_at >= span.ends_at:
                break
            if stretch.state is state and stretch.span.overlaps(span):
                found.append(stretch)
        return found


Titles = Mapping[uuid.UUID, Sequence[tuple[Span, str]]]


def _preview(date: SeriesDate, calendars: Sequence[_Calendar], titles: Titles) -> DatePreview:
    if date.span is None:
        return DatePreview(date)
    found = (_obstacle(calendar, date.span, titles) for calendar in calendars)
    return DatePreview(date, tuple(one for one in found if one))


def _obstacle(calendar: _Calendar, span: Span, titles: Titles) -> Obstacle | None:
    candidate = calendar.candidate
    busy = calendar.stretches_in(span, State.BUSY)
    if not busy:
        is_unknown = bool(calendar.stretches_in(span, State.UNKNOWN))
        return Obstacle(candidate.id, candidate.name, UNKNOWN, True, False) if is_unknown else None
    # What has to be decided about goes before what is only said.
    why = min((stretch.why for stretch in busy), key=lambda one: (one in MILD, list(_WORDS).index(one)))
    return Obstacle(
        candidate.id, candidate.name, _words(candidate, why, span, titles), why in MILD, calendar.is_room
    )


def _words(candidate: Candidate, why: Why | None, span: Span, titles: Titles) -> Message:
    title = next((title for taken, title in titles.get(candidate.id, ()) if taken.overlaps(span)), "")
    if why is Why.CLAIM and title:
        return msg("booked: %(title)s", title=title)
    return FOREIGN if candidate.is_foreign else _WORDS[why]


def _load_titles(session: Session, actor: Actor, subjects: Iterable[uuid.UUID], window: Span) -> Titles:
    """Return what takes people and the room, as far as the actor may read it."""
    query = (
        select(Claim.subject_id, Claim.starts_at, Claim.ends_at, Booking.title)
        .join(Booking, Booking.id == Claim.booking_id)
        .where(
            Claim.subject_id.in_(list(subjects)),
            Claim.starts_at < window.ends_at,
            Claim.ends_at > window.starts_at,
            access.with_title(actor),
        )
        .order_by(Claim.starts_at)
    )
    found: dict[uuid.UUID, list[tuple[Span, str]]] = defaultdict(list)
    for subject, starts_at, ends_at, title in session.execute(query):
        found[subject].append((Span(starts_at, ends_at), title))
    return found
