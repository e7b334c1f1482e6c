"""Conferences to which cases are brought: dates of the hub, in series that are open to the spoke."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import (
    BookingKind,
    ConferenceKind,
    ConferenceState,
    HolidayRule,
    LateRule,
    StandardCare,
)
from confsched.domain.permissions import Function
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.models.series import ConferenceSeries, SeriesPartner
from confsched.services import boards, bookings, cases
from confsched.services.bookings import Attendance, Meeting
from confsched.services.case_checks import CaseDraft
from tests.world import NEUROLOGY, NOW, ZONE, World, add_person, local

PATHOLOGY = "pathology"
TITLE = "Thorax board"
FIRST = date(2026, 11, 26)
WEEK = timedelta(weeks=1)
QUESTION = "Is a resection sensible?"


def add_series(
    session: Session, world: World, *, title: str = TITLE, partners: tuple[Site, ...] = ()
) -> ConferenceSeries:
    """Add a weekly series of the hub, chaired by the neurologist, open to these sites."""
    series = ConferenceSeries(
        title=title,
        kind=ConferenceKind.CASE_CONFERENCE,
        organisation_id=world.hub.organisation_id,
        site_id=world.hub.id,
        organiser_id=world.secretary.id,
        chair_id=world.neurologist.id,
        zone=ZONE,
        rule="FREQ=WEEKLY;BYDAY=TH",
        first_on=FIRST,
        until_on=FIRST + 10 * WEEK,
        starts_at_local=time(15),
        duration_minutes=60,
        holiday_rule=HolidayRule.KEEP,
        capacity_minutes=60,
        late_rule=LateRule.CHAIR_APPROVES,
        standard_care=StandardCare.LISTED,
        uid=f"{title}@confsched",
        created_at=NOW,
        revised_at=NOW,
    )
    series.partners = [SeriesPartner(site_id=site.id) for site in partners]
    session.add(series)
    session.flush()
    return series


def add_board(
    session: Session,
    world: World,
    *people: Person,
    series: ConferenceSeries | None = None,
    starts_at: datetime | None = None,
    **values: Any,
) -> Conference:
    """Add a date with its meeting; without `starts_at` it is Thursday at 15:00 in Berlin, for an hour."""
    starts_at = starts_at or local(FIRST, time(15))
    span = Span(starts_at, starts_at + timedelta(hours=1))
    meeting = Meeting(BookingKind.CONFERENCE, TITLE, span, ZONE, world.hub.organisation_id)
    actor = world.actor(world.secretary)
    invited = [Attendance(one.id, one.discipline) for one in people or (world.second_neurologist,)]
    booking = bookings.create(session, actor, meeting, invited, now=NOW)
    session.flush()
    given = {
        "title": TITLE,
        "duration_minutes": 60,
        "search_from_on": FIRST,
        "search_until_on": FIRST,
        "site_id": world.hub.id,
        "organisation_id": world.hub.organisation_id,
        "organiser_id": world.secretary.id,
        "chair_id": world.neurologist.id,
        "state": ConferenceState.REGISTRATION_OPEN,
        "created_at": NOW,
        "series_id": series.id if series else None,
        "occurs_at": starts_at if series else None,
        "booking_id": booking.id,
    }
    conference = Conference(**{**given, **values})
    session.add(conference)
    session.flush()
    return conference


def add_dates(session: Session, world: World, count: int, *people: Person, **values: Any) -> list[Conference]:
    """Add so many weekly dates of one series that is open to the spoke."""
    series = add_series(session, world, title=values.get("title", TITLE), partners=(world.spoke,))
    starts = (local(FIRST + number * WEEK, time(15)) for number in range(count))
    return [add_board(session, world, *people, series=series, starts_at=at, **values) for at in starts]


def add_specialist(session: Session, world: World, discipline: str) -> Person:
    """Add a specialist of a discipline to the hub, and so the discipline to the network."""
    hub = session.get_one(Site, world.hub.id)
    return add_person(
        session, hub, "Dr.", "Ada", discipline.title(), Function.CONSULTANT, discipline=discipline
    )


def draft(**other: Any) -> CaseDraft:
    """Return what the requester types; name what is to be different."""
    values: dict[str, Any] = {
        "case_ref": "FK-5KR8",
        "question": QUESTION,
        "disciplines": (NEUROLOGY,),
        "minutes": 7,
    }
    return CaseDraft(**{**values, **other})


def register(
    session: Session,
    world: World,
    conference: Conference,
    key: str = "case-1",
    *,
    by: Person | None = None,
    now: datetime = NOW,
    **other: Any,
) -> CaseItem:
    """Register a case as the requester, or as `by`."""
    actor = world.actor(by or world.requester)
    board = boards.get_open(session, actor, conference.id)
    return cases.register(session, actor, board, draft(**other), now=now, key=key)
