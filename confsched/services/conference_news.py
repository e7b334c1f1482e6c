"""Mails about a conference: to its desk or to who takes part; never a word of a case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.errors import Message, msg
from confsched.models.conferences import Conference
from confsched.models.people import Person
from confsched.services import participants
from confsched.services.notices import notify


def tell(
    session: Session,
    conference: Conference,
    people: Iterable[Person | None],
    heading: Message,
    lines: Sequence[Message] = (),
    *,
    now: datetime,
    page: str = "",
) -> None:
    """Write one mail to each of these people, each once; `page` is one below that of the conference.

    What it is about stands in the first line: title and time. Names in `lines` are those of people who take
    part, never of patients.
    """
    told = {person.id: person for person in people if person is not None}
    parts = {part.person_id: part for part in conference.booking.participations} if conference.booking else {}
    own = f"/conferences/{conference.id}{page}"
    for person in told.values():
        is_invited = person.id in parts and participants.is_guest(person)
        notify(
            session,
            Kind.CONFERENCE_NEWS,
            person,
            organisation_id=conference.organisation_id,
            heading=heading,
            lines=[facts(conference), *lines],
            path=participants.way_of(parts[person.id]) if is_invited else own,
            now=now,
        )


def desk_of(conference: Conference) -> list[Person | None]:
    """Return who is told what goes wrong: the chair and the organiser."""
    return [conference.chair, conference.organiser]


def participants_of(conference: Conference) -> list[Person]:
    """Return who takes part in the meeting now."""
    parts = conference.booking.participations if conference.booking else []
    return [part.person for part in parts if part.removed_at is None]


def facts(conference: Conference) -> Message:
    """Return what a mail may say of a conference: its title, and when it takes place."""
    booking = conference.booking
    if booking is None:
        return msg("%(title)s, no time yet", title=conference.title)
    return msg("%(title)s, %(time)s", title=conference.title, time=Span(booking.starts_at, booking.ends_at))
