"""A case conference of the hub with three cases, about to begin, and steps on from there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.intervals import Span
from confsched.domain.kinds import (
    BookingKind,
    CaseLane,
    CaseState,
    CaseTriage,
    ConferenceState,
    Lamp,
    RequirementKind,
)
from confsched.models.cases import CaseItem
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.people import Person
from confsched.services import bookings, conference_run
from confsched.services.bookings import Attendance, Meeting
from confsched.services.shared_texts import text_mark
from tests.world import NEUROLOGY, NOW, ZONE, World

HOUR = timedelta(hours=1)
REFS = ("FK-1A2B", "FK-3C4D", "FK-5E6F")
TITLE = "Tumorkonferenz Thorax"


def add_conference(
    session: Session,
    world: World,
    starts_at: datetime = NOW,
    *,
    people: tuple[Person, ...] = (),
    **other: Any,
) -> Conference:
    """Add a conference of the hub at a time, with a neurologist and a requester of the spoke."""
    invited = people or (world.neurologist, world.requester)
    actor = world.actor(world.secretary)
    meeting = Meeting(
        kind=BookingKind.CONFERENCE,
        title=TITLE,
        span=Span(starts_at, starts_at + HOUR),
        zone=ZONE,
        organisation_id=world.hub.organisation_id,
    )
    attendances = [Attendance(person.id, person.discipline or "presenter") for person in invited]
    booking = bookings.create(session, actor, meeting, attendances, now=NOW)
    values: dict[str, Any] = {
        "title": TITLE,
        "duration_minutes": 60,
        "search_from_on": starts_at.date(),
        "search_until_on": starts_at.date(),
        "site_id": world.hub.id,
        "organisation_id": world.hub.organisation_id,
        "organiser_id": world.secretary.id,
        "chair_id": world.neurologist.id,
        "state": ConferenceState.FROZEN,
        "booking_id": booking.id,
        "created_at": NOW,
    }
    conference = Conference(**{**values, **other})
    session.add(conference)
    session.flush()
    return conference


def require_neurologist(conference: Conference) -> None:
    """Let the conference need one neurologist for its quorum."""
    conference.requirements = [Requirement(kind=RequirementKind.DISCIPLINE, discipline=NEUROLOGY, count=1)]


def add_case(session: Session, world: World, conference: Conference, ref: str, **other: Any) -> CaseItem:
    """Add a case of the spoke that is ready and stands on the agenda."""
    values: dict[str, Any] = {
        "conference_id": conference.id,
        "case_ref": ref,
        "site_id": world.spoke.id,
        "presenter_id": world.requester.id,
        "registered_by_id": world.requester.id,
        "question": "Is a resection sensible?",
        "minutes": 7,
        "state": CaseState.SCHEDULED,
        "lane": CaseLane.DISCUSSION,
        "triage": CaseTriage.DISCUSS,
        "imaging": Lamp.THERE,
        "pathology": Lamp.NOT_NEEDED,
        "registered_at": NOW,
        "first_registered_at": NOW,
    }
    case = CaseItem(**{**values, **other})
    session.add(case)
    session.flush()
    return case


def add_cases(session: Session, world: World, conference: Conference) -> list[CaseItem]:
    """Add three cases in order."""
    return [add_case(session, world, conference, ref, position=place) for place, ref in enumerate(REFS, 1)]


def begin(session: Session, world: World, now: datetime = NOW, **other: Any) -> Conference:
    """Return a conference with three cases that has begun."""
    conference = add_conference(session, world, now, **other)
    add_cases(session, world, conference)
    conference_run.start(session, world.actor(world.secretary), conference, now=now)
    return conference


def recommend(session: Session, world: World, case: CaseItem, text: str, *, now: datetime) -> None:
    """Call a case, talk about it and keep a recommendation."""
    actor = world.actor(world.secretary)
    conference_run.call_case(session, actor, case, now=now)
    mark = text_mark(case.recommendation)
    conference_run.recommend(session, actor, case, text, mark=mark, now=now + timedelta(minutes=5))


def end(session: Session, world: World, conference: Conference, *, now: datetime) -> None:
    conference_run.end(session, world.actor(world.secretary), conference, now=now)
