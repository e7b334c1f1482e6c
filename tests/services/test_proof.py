"""Proof of a year: what is counted, for which house, and the seal of what was exported."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import AttendanceMode, ConferenceKind, ConferenceState, ConsultState
from confsched.models.consults import Consult
from confsched.models.network import Organisation
from confsched.models.people import Membership
from confsched.services import attendance, conference_run, minutes, partner_figures, proof
from confsched.services.cases import list_cases
from confsched.services.partner_figures import PartnerFigures
from tests.support.conference_run import TITLE, add_conference, begin, end, recommend
from tests.world import NEUROLOGY, NOW, ZONE, World, build_world

YEAR = proof.year_span(2026, ZONE)
HOUR = timedelta(hours=1)


def _held(session: Session, world: World, now: datetime = NOW, **other: object) -> None:
    """Hold a conference with one recommendation, one note and one case that was put off."""
    conference, actor = begin(session, world, now, **other), world.actor(world.secretary)
    first, second, third = list_cases(session, conference)
    recommend(session, world, first, "Watch.", now=now)
    conference_run.note(session, actor, second, now=now)
    conference_run.defer(session, actor, third, None, now=now, reason="")
    for person in (world.neurologist, world.requester):
        attendance.record(session, actor, conference, person.id, mode=AttendanceMode.REMOTE, now=now)
    end(session, world, conference, now=now + HOUR)
    minutes.release(session, actor, conference, now=now + HOUR)


def test_a_conference_is_proven_by_disciplines_counts_and_its_release(session: Session, world: World) -> None:
    _held(session, world)
    add_conference(session, world, NOW + 3 * HOUR, people=(world.second_neurologist,))  # not held yet
    house = proof.get_house(session, world.actor(world.auditor))
    (one,) = proof.list_conferences(session, house, YEAR)
    assert (one.title, one.held_on, one.disciplines, one.people) == (
        TITLE,
        date(2026, 11, 23),
        (NEUROLOGY,),
        2,
    )
    assert (one.discussed, one.noted, one.deferred, one.is_below_quorum) == (1, 1, 1, False)
    assert (one.released_at, one.versions) == (NOW + HOUR, 1)
    foreign = session.get_one(Organisation, world.spoke.organisation_id)
    assert proof.list_conferences(session, foreign, YEAR) == []


@pytest.mark.parametrize(
    ("starts_at", "year"),
    [
        # The last hour of the year in Berlin, and the first of the next: both lie on 31 December in UTC.
        (datetime.fromisoformat("2026-12-31T22:00:00+00:00"), 2026),
        (datetime.fromisoformat("2026-12-31T23:00:00+00:00"), 2027),
    ],
)
def test_a_year_begins_and_ends_on_the_clock_of_the_reader(
    session: Session, world: World, starts_at: datetime, year: int
) -> None:
    conference = add_conference(session, world, starts_at, state=ConferenceState.RUNNING)
    house = proof.get_house(session, world.actor(world.auditor))
    for one in (2026, 2027):
        found = proof.list_conferences(session, house, proof.year_span(one, ZONE))
        assert [row.conference_id for row in found] == ([conference.id] if one == year else [])


def test_partners_are_counted_by_what_they_used_of_the_house(session: Session, world: World) -> None:
    _held(session, world)
    held = add_conference(session, world, NOW + 3 * HOUR, people=(world.second_requester,))
    held.kind, held.state = ConferenceKind.CME_EVENT, ConferenceState.RUNNING
    mode, actor = AttendanceMode.ON_SITE, world.actor(world.secretary)
    attendance.record(session, actor, held, world.second_requester.id, mode=mode, now=NOW + 3 * HOUR)
    for state in (ConsultState.REPORTED, ConsultState.DECLINED):
        session.add(_consult(world, state))
    session.flush()
    house = proof.get_house(session, world.actor(world.coordinator))
    found = partner_figures.list_partners(session, world.actor(world.coordinator), house, YEAR)
    site = world.spoke
    assert found == [PartnerFigures(site.id, site.name, 1, 0, None, conferences=1, trainings=1, cases=2)]


def _consult(world: World, state: ConsultState) -> Consult:
    return Consult(
        service_id=world.service.id,
        site_id=world.spoke.id,
        requester_id=world.requester.id,
        case_ref="FK-7Q2M",
        question="Is it sensible?",
        reply_by_on=date(2026, 12, 4),
        state=state,
        created_at=NOW,
    )


def test_who_has_left_a_site_does_not_count_for_it_any_more(session: Session, world: World) -> None:
    conference = add_conference(session, world, state=ConferenceState.RUNNING)
    mode, actor = AttendanceMode.ON_SITE, world.actor(world.secretary)
    attendance.record(session, actor, conference, world.requester.id, mode=mode, now=NOW)
    query = select(Membership).where(Membership.person_id == world.requester.id)
    session.scalars(query).one().valid_until = date(2026, 11, 1)
    session.flush()
    house = proof.get_house(session, actor)
    assert partner_figures.list_partners(session, actor, house, YEAR) == []


def test_an_export_is_known_as_long_as_nobody_has_changed_it(database: Database) -> None:
    rows = [("about", "2026"), ("Day", "Conference"), ("2026-11-23", TITLE)]
    with database.transaction() as session:
        world = build_world(session)
        actor = world.actor(world.auditor)
        house = proof.get_house(session, actor)
        sealed = [list(row) for row in proof.seal(session, actor, house, rows, now=NOW)]
    with database.transaction() as session:
        house = proof.get_house(session, actor)
        verdict = proof.verify(session, house, sealed)
        assert (verdict.is_ours, verdict.exported_at, verdict.exported_by) == (True, NOW, actor.name)
        changed = [sealed[0], sealed[1], ["2026-11-24", *sealed[2][1:]]]
        assert proof.verify(session, house, changed).broken_row == 3
        shortened = proof.verify(session, house, sealed[:2])
        assert (shortened.broken_row, shortened.is_ours) == (None, False)
        assert not proof.verify(session, house, []).is_ours
        assert not proof.verify_head(session, house, "0" * 64).is_ours


def test_a_year_lasts_from_midnight_to_midnight_of_the_zone() -> None:
    start = datetime.fromisoformat("2025-12-31T23:00:00+00:00")
    assert Span(start, datetime.fromisoformat("2026-12-31T23:00:00+00:00")) == YEAR
