"""N1: a university hospital, a rural hospital and a small children's ward hold case conferences together.

A rotation doctor belongs to two of them, is taken elsewhere on one date, and brings a case; the board puts it
off twice. Quorum, agenda, minutes and the credits of the chamber follow from what people do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import (
    AttendanceMode,
    BookingKind,
    CaseState,
    CaseTriage,
    CmeReportKind,
    ConferenceState,
    Lamp,
    Partstat,
)
from confsched.domain.permissions import Actor, Function, Seat
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.network import Department, Site
from confsched.models.people import Person
from confsched.services import (
    agenda,
    attendance,
    boards,
    bookings,
    case_lists,
    cases,
    claims,
    cme,
    conference_desk,
    conference_run,
    minutes,
    quorum,
    series,
)
from confsched.services.bookings import Attendance, Meeting
from confsched.services.case_checks import CaseDraft
from confsched.services.series_drafts import Required, SeriesDraft
from confsched.services.shared_texts import text_mark
from tests.support.matrix import actor_of
from tests.support.outbox import all_messages
from tests.world import (
    NEUROLOGY,
    NOW,
    ZONE,
    World,
    add_membership,
    add_person,
    add_site,
    add_working_hours,
    build_world,
    local,
)

CHILDREN = "paediatrics"
TITLE = "Children's board"
FIRST = date(2026, 11, 26)
DATES = [local(FIRST + timedelta(weeks=week), time(15)) for week in range(3)]
KEPT = text_mark("")
SECRET = "tests-only-" + "0123456789abcdef" * 2


@dataclass(frozen=True)
class Ward:
    """Hold the children's ward, its doctor, and the doctor who works there and at the university."""

    world: World
    site: Site
    doctor: Person
    rotating: Person
    actors: dict[str, Actor]

    @property
    def desk(self) -> Actor:
        return self.world.actor(self.world.secretary)


@pytest.fixture
def ward(sqlite_database: Database) -> Ward:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        site = add_site(session, "Kinderklinik Birkental", "Birkental", state="DE-NI")
        session.add(Department(site_id=site.id, name="Kinderstation", discipline=CHILDREN))
        doctor = add_person(session, site, "Dr.", "Lea", "Moos", Function.CONSULTANT, discipline=CHILDREN)
        rotating = add_person(session, site, "", "Marlon", "Ebert", Function.CONSULTANT, discipline=CHILDREN)
        add_membership(session, rotating, world.hub, Function.CONSULTANT)
        for person in (doctor, rotating):
            add_working_hours(session, person, site)
        actors = {"Moos": _actor(session, doctor, site), "Ebert": _actor(session, rotating, site, world.hub)}
        return Ward(world, site, doctor, rotating, actors)


def _actor(session: Session, person: Person, *sites: Site) -> Actor:
    seats = tuple(Seat(site.organisation_id, site.id, None, Function.CONSULTANT) for site in sites)
    return replace(actor_of(session, person, sites[0], Function.CONSULTANT), seats=seats)


def _take_elsewhere(session: Session, ward: Ward, starts_at: datetime) -> None:
    """Let the university need the rotation doctor for another meeting."""
    span = Span(starts_at, starts_at + timedelta(minutes=30))
    meeting = Meeting(BookingKind.CONFERENCE, "Epilepsy board", span, ZONE, ward.world.hub.organisation_id)
    booking = bookings.create(session, ward.desk, meeting, [Attendance(ward.rotating.id, CHILDREN)], now=NOW)
    session.flush()
    takings = bookings.takings(booking, {})
    claims.take(session, takings, now=NOW, state=ClaimState.FIRM, booking_id=booking.id)


def _draft(ward: Ward) -> SeriesDraft:
    world = ward.world
    return SeriesDraft(
        title=TITLE,
        rule="FREQ=WEEKLY;BYDAY=TH;WKST=MO",
        first_on=FIRST,
        until_on=FIRST + timedelta(weeks=2),
        starts_at_local=time(15),
        duration_minutes=45,
        chair_id=world.neurologist.id,
        member_ids=(ward.doctor.id, ward.rotating.id),
        required=(Required(NEUROLOGY, 1, specialists_only=True), Required(CHILDREN, 1)),
        partner_site_ids=(ward.site.id, world.spoke.id),
        join_link="https://video.example/children",
    )


def _dates(session: Session) -> list[Conference]:
    query = select(Conference).where(Conference.title == TITLE).order_by(Conference.occurs_at)
    return list(session.scalars(query))


def _bring(session: Session, actor: Actor, case_ref: str, minutes_long: int = 7) -> CaseItem:
    """Register a case for the earliest board that suits."""
    found = boards.earliest(session, actor, [CHILDREN, NEUROLOGY], minutes_long, now=NOW)
    place = boards.find_suitable(found)
    assert place is not None
    draft = CaseDraft(
        case_ref, "Is surgery sensible?", (CHILDREN, NEUROLOGY), minutes_long, imaging=Lamp.THERE
    )
    conference, mark = found[place].conference, found[place].verdict.mark
    return cases.register(session, actor, conference, draft, now=NOW, key=case_ref, seen=mark)


def _hold(session: Session, ward: Ward, conference: Conference, *discussed: str) -> None:
    """Run one date: these cases are recommended on, the rest goes on to the next date."""
    starts_at = boards.span_of(conference).starts_at
    conference_desk.freeze(session, ward.desk, conference, now=starts_at - timedelta(hours=1))
    conference_run.start(session, ward.desk, conference, now=starts_at)
    for person in (ward.world.neurologist, ward.doctor):
        attendance.record(
            session, ward.desk, conference, person.id, mode=AttendanceMode.REMOTE, now=starts_at
        )
    for case in cases.list_cases(session, conference):
        if case.case_ref in discussed:
            conference_run.call_case(session, ward.desk, case, now=starts_at)
            at = starts_at + timedelta(minutes=5)
            conference_run.recommend(session, ward.desk, case, "Resect.", mark=KEPT, now=at)
    conference_run.end(session, ward.desk, conference, now=starts_at + timedelta(minutes=45))


def test_three_hospitals_hold_case_conferences_from_the_series_to_the_credits(
    sqlite_database: Database, ward: Ward
) -> None:
    desk, chair = ward.desk, ward.world.actor(ward.world.neurologist)
    with sqlite_database.transaction() as session:
        # The rotation doctor is wanted by two hospitals at once: said before anybody is invited.
        _take_elsewhere(session, ward, DATES[0])
        with pytest.raises(series.NotAllFree):
            series.create(session, desk, _draft(ward), now=NOW, key="series")
    with sqlite_database.transaction() as session:
        series.create(session, desk, _draft(ward), now=NOW, key="series", leave_out=True)
        first, second, third = _dates(session)
        assert [boards.span_of(one).starts_at for one in (first, second, third)] == DATES
        invited = [one.recipient for one in all_messages(session) if one.kind is Kind.INVITATION]
        assert sorted(invited) == sorted(
            one.email for one in (ward.world.neurologist, ward.doctor, ward.rotating)
        )

        # A case of the ward comes to the earliest board, one of the spoke beside it.
        case = _bring(session, ward.actors["Ebert"], "FK-5KR8")
        other = _bring(session, ward.world.actor(ward.world.requester), "FK-2CT4")
        assert (case.conference_id, case.site_id) == (first.id, ward.site.id)
        assert other.conference_id == first.id
        for one in (case, other):
            cases.triage(session, desk, one, CaseTriage.DISCUSS, now=NOW)
        assert case_lists.list_tasks(session, desk, now=NOW) == []
        agenda.arrange(session, desk, first, now=NOW)
        assert [one.position for one in cases.list_cases(session, first)] == [1, 2]

        # Quorum comes from what people answer.
        assert not quorum.forecast(session, first, now=NOW).has_quorum
        for conference in (first, second, third):
            assert conference.booking is not None
            for actor in (chair, ward.actors["Moos"]):
                bookings.reply(session, actor, conference.booking, Partstat.ACCEPTED, now=NOW)
        assert quorum.forecast(session, first, now=NOW).has_quorum

    with sqlite_database.transaction() as session:
        first, second, third = _dates(session)
        _hold(session, ward, first, "FK-2CT4")
        _hold(session, ward, second)
        waiting = cases.list_cases(session, third)
        assert [(one.case_ref, one.deferrals, one.state) for one in waiting] == [
            ("FK-5KR8", 2, CaseState.READY)
        ]
        assert waiting[0].first_registered_at == NOW

        # Minutes of the first date, and the credits of who was there.
        over_at = DATES[0] + timedelta(hours=1)
        minutes.save(session, desk, first, "Began in time.", mark=KEPT, now=over_at)
        minutes.release(session, desk, first, now=over_at)
        assert first.state is ConferenceState.RELEASED
        event = cme.EventDraft("2760602026000010000", "", "C", "2", "30")
        cme.set_event(session, desk, first, event, secret_key=SECRET, now=over_at)
        efn = "802760000000013"
        cme.set_efn(session, desk, first, ward.doctor.id, efn, now=over_at)
        report = cme.report(session, desk, first, CmeReportKind.FULL, now=over_at)
        assert [(entry.efn, entry.points) for entry in report.entries] == [(efn, 2)]

    with sqlite_database.read() as session:
        told = " ".join(str(one.snapshot) for one in all_messages(session))
        assert "FK-5KR8" in told
        assert "surgery" not in told and "Resect" not in told
