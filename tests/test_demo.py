"""The demo network: whole, the same every time, and alive around the present."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.demo import DemoNetwork, build_demo, is_empty
from confsched.demo.meetings import MIRA, PETRA
from confsched.demo.offers import NEUROLOGY
from confsched.demo.rosters import last_working_day
from confsched.demo.staff import ZONE
from confsched.domain.bookings import BookingState
from confsched.domain.figures import FEWEST, MEASURES
from confsched.domain.intervals import Span
from confsched.domain.kinds import ConsultState, SwapState, UrgentKind
from confsched.domain.permissions import Actor, Function, Seat
from confsched.domain.roster_month import month_of, next_month
from confsched.domain.roster_rules import Rule
from confsched.models.base import Base
from confsched.models.bookings import Booking
from confsched.models.catalogue import Service
from confsched.models.claims import Claim
from confsched.models.consults import Consult, ConsultStep
from confsched.models.duty_codes import DutyCodeRow, LineQualification
from confsched.models.network import CooperationAgreement, Department, Organisation, Site
from confsched.models.people import Membership, Person
from confsched.models.rosters import DeclaredGap, Duty, DutyLine
from confsched.models.rotations import DutyRotation, DutyWish
from confsched.models.series import ConferenceSeries
from confsched.models.swaps import DutySwap
from confsched.services import (
    accounts,
    audit,
    board_tokens,
    consults,
    coverage,
    duty_board,
    duty_rosters,
    figures,
    series_lists,
)
from confsched.services.consults import Show

NOW = datetime(2026, 11, 25, 13, 32, tzinfo=UTC)  # Wednesday 14:32 in Berlin
PASSWORD = "drei bunte Boote am Steg"
SECRET = "tests-only-" + "0123456789abcdef" * 2
MOMENTS = {
    "an afternoon": NOW,
    "a night of a clock change": datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    "Christmas": datetime(2026, 12, 25, 9, tzinfo=UTC),
    "a Sunday in March": datetime(2027, 3, 28, 1, 30, tzinfo=UTC),
}


def _count(session: Session, model: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


@dataclass(frozen=True)
class Built:
    """Hold a database with the demo as it was built at an instant."""

    database: Database
    network: DemoNetwork
    moment: datetime


@pytest.fixture(scope="module", params=MOMENTS.values(), ids=MOMENTS.keys())
def whenever(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """Build the demo at one of the moments, once for all tests that read it."""
    with _built_at(request.param, tmp_path_factory) as built_then:
        yield built_then


@pytest.fixture(scope="module")
def built_now(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    with _built_at(NOW, tmp_path_factory) as built_then:
        yield built_then


@contextmanager
def _built_at(moment: datetime, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('demo') / 'confsched.sqlite'}")
    database.migrate()
    yield Built(database, build_demo(database, now=moment, password=PASSWORD, secret=SECRET), moment)
    database.dispose()


@pytest.fixture
def built(built_now: Built) -> DemoNetwork:
    return built_now.network


@pytest.fixture
def session(built_now: Built) -> Iterator[Session]:
    with built_now.database.read() as opened:
        yield opened


def test_the_network_has_the_size_of_a_real_one(session: Session) -> None:
    assert set(session.scalars(select(Site.state))) == {"DE-NI", "DE-ST"}
    assert _count(session, Site) == 7
    assert 140 <= _count(session, Person) <= 180
    assert _count(session, DutyLine) == 25
    assert _count(session, Duty) > 2000
    assert _count(session, Service) >= 6
    assert _count(session, CooperationAgreement) >= 12


def test_an_empty_database_is_told_from_a_filled_one(sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        assert is_empty(session)
    build_demo(sqlite_database, now=NOW, password=PASSWORD, secret=SECRET)
    with sqlite_database.read() as session:
        assert not is_empty(session)


def test_the_demo_never_mixes_with_a_network_that_is_there(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        session.add(Organisation(name="Klinikum Echt"))

    with pytest.raises(AssertionError):
        build_demo(sqlite_database, now=NOW, password=PASSWORD, secret=SECRET)
    with sqlite_database.read() as session:
        assert _count(session, Person) == 0


def test_every_function_can_sign_in(session: Session, built: DemoNetwork) -> None:
    assert {account.function for account in built.accounts} == {function.value for function in Function}
    for account in built.accounts:
        credentials = accounts.find_credentials(session, account.email, now=NOW)
        assert accounts.check_password(credentials, account.password)
        assert PASSWORD not in repr(account)


def test_all_addresses_are_of_domains_that_nobody_can_own(session: Session) -> None:
    assert all(email.endswith(".example") for email in session.scalars(select(Person.email)))


def test_meetings_stand_before_and_after_the_present(session: Session) -> None:
    held = (BookingState.BOOKED, BookingState.FULFILLED)
    starts = list(session.scalars(select(Booking.starts_at).where(Booking.state.in_(held))))

    assert sum(start < NOW for start in starts) >= 2
    assert sum(start > NOW for start in starts) >= 5


def test_consults_stand_in_every_state_that_a_visitor_may_ask_about(session: Session) -> None:
    """So that a reader finds one that waits, was declined, has run out, took place, and was reported."""
    states = set(session.scalars(select(Consult.state)))

    assert states == set(ConsultState)
    [declined] = session.scalars(select(ConsultStep).where(ConsultStep.state == ConsultState.DECLINED))
    assert declined.alternative


@pytest.mark.parametrize("kind", UrgentKind)
def test_the_figures_of_the_past_weeks_say_something_of_every_step(
    session: Session, kind: UrgentKind
) -> None:
    site = session.scalars(select(Site).where(Site.short_name == "Wendstadt")).one()
    auditor = Seat(site.organisation_id, site.id, None, Function.AUDITOR)
    actor = Actor(uuid.uuid4(), uuid.uuid4(), "", "de", site.zone, (auditor,))
    asked = figures.Asked(Span(NOW - timedelta(days=28), NOW), kind, MEASURES[kind][0])
    found = figures.show(session, actor, asked)
    assert min(one.count for one in found.steps.values()) >= FEWEST
    assert len(dict(next(part.rows for part in found.parts if part.by == "spoke"))) == 2


def test_a_display_hangs_in_the_demo(session: Session, built: DemoNetwork) -> None:
    assert [
        board_tokens.find_board(session, path.removeprefix("/wall/")) is not None for path in built.walls
    ] == [True]


def test_nobody_is_claimed_twice(session: Session) -> None:
    rows = session.scalars(
        select(Claim).where(Claim.blocking.is_(True)).order_by(Claim.subject_id, Claim.starts_at)
    ).all()

    for one, other in pairwise(rows):
        assert one.subject_id != other.subject_id or one.ends_at <= other.starts_at


def test_the_audit_chain_is_whole(session: Session) -> None:
    assert audit.find_break(session) is None


def test_two_builds_differ_in_nothing_that_is_seen(
    sqlite_database: Database, postgres_database: Database
) -> None:
    seen = []
    for database in (sqlite_database, postgres_database):
        build_demo(database, now=NOW, password=PASSWORD, secret=SECRET)
        with database.read() as session:
            seen.append(_seen(session))

    assert seen[0] == seen[1]


def _seen(session: Session) -> list[object]:
    duties = (
        select(DutyLine.position, Person.email, Duty.starts_at, Duty.ends_at, Duty.superseded_at)
        .join(DutyLine, DutyLine.id == Duty.line_id)
        .join(Person, Person.id == Duty.person_id)
    )
    bookings = select(Booking.title, Booking.case_ref)
    people = select(Person.email, Person.title, Person.discipline)
    return [sorted(map(str, session.execute(query).all())) for query in (duties, bookings, people)]


def test_whenever_it_is_built_the_board_has_the_planned_gaps_only_and_a_report_is_missing(
    whenever: Built,
) -> None:
    network, moment = whenever.network, whenever.moment
    with whenever.database.read() as session:
        actor = _actor(session, network, moment)
        board = duty_board.board(session, actor, moment)
        gaps = {(row.group_name, row.name) for row in (*board.gaps_now, *board.gaps_soon)}
        assert len(board.rows) == 25
        assert gaps <= {
            ("Schlaganfall", "Neurointerventions-Team mobil"),
            ("Teleradiologie", "Hintergrund"),
        }
        later = [row.next_gap for row in board.rows if row.next_gap]
        assert len(later) <= 2
        covered = coverage.overview(session, actor, now=moment)
        assert len(covered.openings) <= 2, "also in the last of the 90 days that the coverage shows"
        mira = _actor(session, network, moment, MIRA)
        last_day = last_working_day(clock.local_day(moment, ZONE), "DE-NI")
        reportable = [
            clock.local_day(consult.booking.starts_at, ZONE)
            for consult in consults.list_consults(session, mira, Show.BOOKED).items
            if consult.state is ConsultState.TOOK_PLACE and consult.booking is not None
            if consults.answers(mira, consult)
        ]
        assert reportable == [last_day], "the consultant has something to report on"


def test_whenever_it_is_built_the_secretary_finds_a_draft_with_something_to_decide(whenever: Built) -> None:
    network, moment = whenever.network, whenever.moment
    with whenever.database.read() as session:
        actor = _actor(session, network, moment, PETRA)
        department = session.scalars(
            select(Department).where(Department.name == NEUROLOGY).join(Site).order_by(Site.name)
        ).first()
        assert department is not None
        month = month_of(clock.local_day(moment, ZONE))
        present, draft = (
            duty_rosters.load_month(session, actor, department, each, now=moment)
            for each in (month, next_month(month))
        )
        assert (present.edition, len(present.changes), len(present.gaps)) == (1, 0, 0)
        assert (draft.edition, len(draft.changes), len(draft.problems)) == (2, 7, 0)
        assert len({gap.line_id for gap in draft.gaps}) == 1
        assert {Rule.REST, Rule.DAY_OFF} <= {warning.rule for warning in draft.warnings}
        assert len(draft.warnings) <= 3


def test_people_wait_for_each_other(session: Session) -> None:
    states = list(session.scalars(select(DutySwap.state)))

    assert sorted(states) == [SwapState.ACCEPTED, SwapState.PROPOSED, SwapState.PROPOSED]
    assert _count(session, DutyWish) == 3
    assert _count(session, DutyRotation) == 2
    assert _count(session, DeclaredGap) == 1


def test_who_works_four_days_a_week_has_four_fifths_of_a_post(session: Session) -> None:
    shares = set(session.scalars(select(Membership.employment_percent)))

    assert shares == {80, 100}


def test_every_line_has_a_code_for_each_of_its_shifts(session: Session) -> None:
    described = set(session.scalars(select(DutyCodeRow.line_id).where(DutyCodeRow.line_id.is_not(None))))

    assert described == set(session.scalars(select(DutyLine.id)))
    assert set(session.scalars(select(LineQualification.line_id))) == described


def test_the_requester_may_ask_and_is_offered_times(session: Session, built: DemoNetwork) -> None:
    services = consults.list_services(session, _actor(session, built, NOW), now=NOW)

    assert {"Epileptologie", "Kinderneurologie", "Kardiologie"} <= {service.name for service in services}


def _actor(session: Session, network: DemoNetwork, now: datetime, email: str = "") -> Actor:
    email = email or network.accounts[0].email
    credentials = accounts.find_credentials(session, email, now=now)
    person = session.scalars(select(Person).where(Person.email == email)).one()
    assert credentials.account_id is not None
    return Actor(
        person_id=person.id,
        account_id=credentials.account_id,
        name=person.name,
        language=person.language,
        zone=person.zone,
        seats=tuple(
            Seat(m.organisation_id, m.site_id, m.department_id, m.function) for m in person.memberships
        ),
    )


def test_the_build_says_how_long_it_takes(
    sqlite_database: Database, record_property: Callable[[str, object], None]
) -> None:
    started = time.perf_counter()
    build_demo(sqlite_database, now=NOW, password=PASSWORD, secret=SECRET)
    seconds = time.perf_counter() - started

    record_property("figure", f"the demo network is built in {seconds:.1f} s on SQLite")


def test_two_series_have_dates_behind_them_and_before_them(whenever: Built) -> None:
    made_before = ConferenceSeries.created_at < whenever.moment - timedelta(weeks=5)
    with whenever.database.read() as session:
        for series in session.scalars(select(ConferenceSeries).where(made_before)):
            dates = series_lists.list_dates(session, series, now=whenever.moment)
            assert dates.ahead and dates.other, series.title
            assert series.members and series.requirements and series.partners
        assert session.scalar(select(func.count(ConferenceSeries.id)).where(made_before)) == 2
