"""What the form of a series offers to choose from, in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from confsched.domain.kinds import ConferenceKind, HolidayRule, LateRule, StandardCare
from confsched.domain.permissions import Actor
from confsched.domain.recurrence import LAST, Shape
from confsched.errors import Message, msg
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries
from confsched.services import directory
from confsched.web.pages import sentence

Choice = tuple[str, str]
Words = tuple[tuple[str, Message], ...]

KIND_WORDS: dict[ConferenceKind, Message] = {
    ConferenceKind.CASE_CONFERENCE: msg("Case conference"),
    ConferenceKind.CME_EVENT: msg("Further education"),
    ConferenceKind.REGIONAL_CONFERENCE: msg("Regional conference"),
}
KINDS: Words = tuple((kind.value, words) for kind, words in KIND_WORDS.items())
SHAPES: Words = (
    (Shape.WEEKLY.value, msg("weekly, on certain days of the week")),
    (Shape.NTH_WEEKDAY.value, msg("monthly, such as on the second Wednesday")),
    (Shape.MONTH_DAY.value, msg("monthly, on the same day of the month")),
    (Shape.LAST_WORKDAY.value, msg("on the last working day of the month")),
)
WEEKDAY_NAMES = (
    *(msg("Monday"), msg("Tuesday"), msg("Wednesday"), msg("Thursday")),
    *(msg("Friday"), msg("Saturday"), msg("Sunday")),
)
WEEKDAYS: Words = tuple((str(number), name) for number, name in enumerate(WEEKDAY_NAMES))
NTHS: Words = (
    *(("1", msg("first")), ("2", msg("second")), ("3", msg("third")), ("4", msg("fourth"))),
    (str(LAST), msg("last")),
)
HOLIDAY_RULES: Words = (
    (HolidayRule.SKIP.value, msg("the date is skipped")),
    (HolidayRule.MOVE.value, msg("it moves to the next working day")),
    (HolidayRule.KEEP.value, msg("it takes place")),
)
LATE_RULES: Words = (
    (LateRule.CHAIR_APPROVES.value, msg("waits for the chair's approval")),
    (LateRule.NEXT_DATE.value, msg("goes to the next date")),
)
STANDARD_CARE: Words = (
    (StandardCare.LISTED.value, msg("is listed and recorded, not discussed")),
    (StandardCare.DISCUSSED.value, msg("is discussed like any other")),
)


@dataclass(frozen=True)
class Offered:
    """Hold what each list of the form offers: values and words."""

    disciplines: list[Choice]
    rooms: list[Choice]
    sites: list[Choice]
    people: list[Choice]
    leads: list[Choice]


def said(choices: Words) -> list[Choice]:
    """Return choices in the reader's language."""
    return [(value, sentence(words)) for value, words in choices]


def offered_of(
    session: Session,
    actor: Actor,
    person_ids: Iterable[uuid.UUID],
    series: ConferenceSeries | None = None,
) -> Offered:
    """Return the lists for one who makes or changes a series and has named or found these people."""
    house = series.organisation_id if series else actor.organisation_id
    people = [(str(one.id), _person_words(one)) for one in directory.list_people(session, person_ids)]
    none = sentence(msg("none"))
    return Offered(
        disciplines=[("", none), *((name, name) for name in directory.list_disciplines(session))],
        rooms=[("", sentence(msg("no room, video only"))), *_rooms(session, actor, series)],
        sites=[
            (str(site.id), site.short_name)
            for site in directory.list_sites(session)
            if site.organisation_id != house
        ],
        people=people,
        leads=[("", none), *people],
    )


def _rooms(session: Session, actor: Actor, series: ConferenceSeries | None) -> list[Choice]:
    """Return the rooms of the actor's sites; a series keeps its own, whoever changes it."""
    own = [series.resource] if series and series.resource else []
    rooms = {room.id: room.name for room in (*own, *directory.list_rooms(session, actor))}
    return [(str(room_id), name) for room_id, name in rooms.items()]


def _person_words(person: Person) -> str:
    sites = dict.fromkeys(membership.site.short_name for membership in person.memberships)
    return ", ".join(part for part in (person.name, person.discipline, *sites) if part)
