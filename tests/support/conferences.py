"""Conferences for tests: one date with people, requirements and cases, as its desk would have it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from confsched.domain.kinds import (
    CaseLane,
    CaseState,
    ConferenceState,
    Lamp,
    Partstat,
    RequirementKind,
)
from confsched.models.bookings import Participation
from confsched.models.cases import CaseItem, CaseNeed
from confsched.models.catalogue import Requirement
from confsched.models.conferences import Conference
from confsched.models.people import Person
from confsched.services import conferences
from confsched.services.conferences import Draft, Wanted
from tests.world import NEUROLOGY, NOW, World

START = datetime(2026, 11, 26, 14, 0, tzinfo=UTC)  # Thursday 15:00 in Berlin
LINK = "https://video.example/board"
WEEK = timedelta(days=7)


def add_conference(
    session: Session,
    world: World,
    *people: Person,
    starts_at: datetime = START,
    title: str = "Neuro board",
    **values: Any,
) -> Conference:
    """Return a conference of the hub's secretary at which these people are wanted, and a neurologist."""
    wanted = (Wanted(NEUROLOGY), *(Wanted(person_ids=(one.id,)) for one in people))
    day = starts_at.date()
    draft = Draft(title, 60, day, day, wanted, join_link=LINK)
    actor = world.actor(world.secretary)
    conference = conferences.plan(session, actor, draft, now=NOW, key=uuid.uuid4().hex)
    reason = "The tests want it so"
    conferences.invite(session, actor, conference, starts_at, now=NOW, override_reason=reason)
    for name, value in values.items():
        setattr(conference, name, value)
    session.flush()
    return conference


def require(conference: Conference, **values: Any) -> Requirement:
    """Add a required discipline."""
    wanted = {"kind": RequirementKind.DISCIPLINE, "discipline": NEUROLOGY, "position": 9, **values}
    requirement = Requirement(**wanted)
    conference.requirements.append(requirement)
    return requirement


def answer(conference: Conference, person: Person, partstat: Partstat) -> Participation:
    """Let somebody reply."""
    assert conference.booking is not None
    part = next(one for one in conference.booking.participations if one.person_id == person.id)
    part.partstat = partstat
    return part


def add_case(session: Session, world: World, conference: Conference, **values: Any) -> CaseItem:
    """Return a case of the spoke that is ready for discussion."""
    known: dict[str, Any] = {
        "conference_id": conference.id,
        "case_ref": f"FK-{uuid.uuid4().hex[:4].upper()}",
        "site_id": world.spoke.id,
        "presenter_id": world.requester.id,
        "registered_by_id": world.requester.id,
        "question": "Operate or wait?",
        "minutes": 7,
        "state": CaseState.READY,
        "lane": CaseLane.DISCUSSION,
        "imaging": Lamp.THERE,
        "pathology": Lamp.NOT_NEEDED,
        "registered_at": NOW,
        "first_registered_at": NOW,
    }
    case = CaseItem(**{**known, **values})
    case.needs = [CaseNeed(discipline=NEUROLOGY)]
    session.add(case)
    session.flush()
    return case


def state_of(session: Session, conference_id: uuid.UUID) -> ConferenceState:
    return session.get_one(Conference, conference_id).state
