"""Further education on paper: certificates of attendance, and the list at the door."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.efn import grouped
from confsched.domain.intervals import Span
from confsched.errors import Message, msg
from confsched.formats.dates import format_day, format_span
from confsched.formats.minutes_sheet import Part, Sheet
from confsched.i18n import translate
from confsched.models.cme import CmeEvent
from confsched.models.conferences import Conference
from confsched.models.network import Organisation
from confsched.services import attendance, check_in, cme
from confsched.services.cme import Learner


@dataclass(frozen=True)
class SignInRow:
    """Hold one row of the list at the door."""

    person_id: uuid.UUID
    name: str
    institution: str
    code: str


def sign_in_rows(session: Session, conference: Conference) -> list[SignInRow]:
    """Return who is expected, in the order of their names, with the codes that were given."""
    codes = check_in.codes_of(session, conference)
    places = sorted(attendance.roll(session, conference), key=lambda one: one.person.family_name)
    return [
        SignInRow(one.person.id, one.person.name, one.institution, codes.get(one.person.id, ""))
        for one in places
    ]


def certificate(
    session: Session, conference: Conference, learner: Learner, *, language: str, now: datetime
) -> Sheet:
    """Return the certificate of one person: who, what, when, for how long, and for which points."""
    booking, row, zone = conference.booking, learner.attendance, conference.site.zone
    assert booking is not None, "who was there was somewhere at some time"
    house = session.get_one(Organisation, conference.organisation_id)
    event = cme.find_event(session, conference)
    held = format_span(Span(booking.starts_at, booking.ends_at), zone, language)
    words = msg("%(name)s has taken part in this event.", name=row.person.name)
    chair = (conference.chair or conference.organiser).name
    signature = msg("%(day)s, %(name)s, scientific lead", day=format_day(now.date(), language), name=chair)
    facts: list[tuple[Message, str]] = [
        *((msg("Name"), row.person.name), (msg("Institution"), row.institution)),
        *(((msg("EFN"), grouped(row.efn)),) if row.efn else ()),
        *((msg("Event"), conference.title), (msg("When"), held)),
        *((msg("Minutes there"), str(learner.minutes)), (msg("Held by"), house.name)),
        *(_numbers(event) if event is not None and event.vnr else ()),
    ]
    said = (translate(words, language), translate(signature, language))
    return Sheet(
        language=language,
        title=translate(msg("Certificate of attendance"), language),
        subtitle=conference.title,
        foot=house.name,
        facts=tuple((translate(name, language), value or "–") for name, value in facts),
        parts=(Part(translate(msg("Confirmation"), language), said),),
    )


def _numbers(event: CmeEvent) -> list[tuple[Message, str]]:
    return [(msg("VNR"), event.vnr), (msg("Category"), event.category), (msg("Points"), str(event.points))]
