"""Who may take a duty over: the free ones with the fewest duties first, the others after with the reason."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, DutyType, SubjectKind
from confsched.domain.permissions import Function
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.models.rosters import DutyLine
from confsched.services import claims, duty_codes, rosters
from confsched.services.substitutes import Substitute, substitutes
from tests.services.test_rebinding import hold_line
from tests.world import NEUROLOGY, NOW, World, add_person, local

SATURDAY = date(2026, 12, 5)
NIGHT = Span(local(SATURDAY, time(20)), local(SATURDAY + timedelta(days=1), time(8)))


def offered(session: Session, world: World, span: Span = NIGHT) -> list[Substitute]:
    return substitutes(session, world.line.id, world.neurologist.id, span, now=NOW)


def only(session: Session, world: World) -> tuple[bool, str]:
    (one,) = offered(session, world)
    return one.is_free, str(one.reason)


@pytest.fixture
def line(session: Session, world: World) -> DutyLine:
    return session.get_one(DutyLine, world.line.id)


@pytest.fixture
def second(session: Session, world: World) -> Person:
    return session.get_one(Person, world.second_neurologist.id)


def test_a_free_night_outside_office_hours_is_free_for_a_duty(session: Session, world: World) -> None:
    assert only(session, world) == (True, "Free; duties of this line in 12 months: 0.")


def test_who_had_the_fewest_comes_first_and_only_the_last_year_counts(
    session: Session, world: World, line: DutyLine
) -> None:
    third = add_person(
        session, session.get_one(Site, world.hub.id), "Dr.", "Ada", "Berg", Function.CONSULTANT,
        discipline=NEUROLOGY, department=world.neurology,
    )  # fmt: skip
    days = [timedelta(days=days) for days in (-400, -30, -20)]
    for before in days:
        hold_line(session, third, line, Span(NIGHT.starts_at + before, NIGHT.ends_at + before))
    hold_line(session, world.second_neurologist, line, Span(NOW - timedelta(days=9), NOW - timedelta(days=8)))
    assert [(one.name, str(one.reason)[-2:]) for one in offered(session, world)] == [
        ("Dr. Tom Brandt", "1."),
        ("Dr. Ada Berg", "2."),
    ]


def test_who_is_away_cannot_take_it(session: Session, world: World, second: Person) -> None:
    rosters.record_absence(session, None, second, NIGHT, kind=AbsenceKind.LEAVE, now=NOW)
    assert only(session, world) == (False, "Absent then.")


def test_who_holds_another_duty_cannot_take_it_and_the_page_names_it(
    session: Session, world: World, line: DutyLine, second: Person
) -> None:
    line.blocks = False
    hold_line(session, second, line, Span(NIGHT.ends_at - timedelta(hours=1), NIGHT.ends_at))
    assert only(session, world) == (False, "On another duty then: Neurologie Dienst.")


def test_who_has_a_meeting_cannot_take_it(session: Session, world: World, second: Person) -> None:
    taking = claims.Taking(second.id, SubjectKind.PERSON, Span(NIGHT.starts_at, NIGHT.ends_at))
    claims.take(session, [taking], now=NOW, state=ClaimState.FIRM)
    assert only(session, world) == (False, "In a meeting then.")


@pytest.mark.parametrize(("hours", "is_free"), [(10, False), (11, True)])
def test_who_rests_after_a_night_cannot_take_it(
    session: Session, world: World, line: DutyLine, second: Person, hours: int, is_free: bool
) -> None:
    ended_at = NIGHT.starts_at - timedelta(hours=hours)
    hold_line(session, second, line, Span(ended_at - timedelta(hours=10), ended_at))
    assert only(session, world)[0] is is_free


@pytest.mark.parametrize(
    ("kind", "hours", "is_free"),
    [
        (DutyType.ON_SITE_STANDBY, 10, False),
        (DutyType.ON_SITE_STANDBY, 11, True),
        (DutyType.ON_CALL_HOME, 10, True),
    ],
)
def test_who_would_have_no_rest_before_the_next_duty_cannot_take_it(
    session: Session, world: World, line: DutyLine, second: Person, kind: DutyType, hours: int, is_free: bool
) -> None:
    line.duty_type = kind
    starts_at = NIGHT.ends_at + timedelta(hours=hours)
    hold_line(session, second, line, Span(starts_at, starts_at + timedelta(hours=10)))
    assert only(session, world)[0] is is_free


def test_who_cannot_is_listed_after_who_can(
    session: Session, world: World, line: DutyLine, second: Person
) -> None:
    hub = session.get_one(Site, world.hub.id)
    third = add_person(session, hub, "", "Nils", "Arndt", Function.CONSULTANT)
    duty_codes.set_qualified(session, None, line, [second.id, third.id], now=NOW)
    rosters.record_absence(session, None, second, NIGHT, kind=AbsenceKind.SICK, now=NOW)
    assert [(one.person_id, one.is_free) for one in offered(session, world)] == [
        (third.id, True),
        (second.id, False),
    ]


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)])
def test_the_rest_is_measured_in_elapsed_hours_when_the_clocks_change(
    session: Session, world: World, line: DutyLine, second: Person, day: date
) -> None:
    """Cover line 13: eleven hours after a duty that ends in the night of the change."""
    ended_at = local(day, time(22))
    hold_line(session, second, line, Span(ended_at - timedelta(hours=10), ended_at))
    now = ended_at - timedelta(days=3)
    for duty in [timedelta(hours=11), timedelta(hours=11) - timedelta(minutes=1)]:
        span = Span(ended_at + duty, ended_at + timedelta(hours=20))
        (one,) = substitutes(session, line.id, world.neurologist.id, span, now=max(now, NOW))
        assert one.is_free is (duty == timedelta(hours=11))


def test_for_a_meeting_colleagues_in_their_working_time_are_offered(session: Session, world: World) -> None:
    monday = Span(local(date(2026, 11, 30), time(10)), local(date(2026, 11, 30), time(11)))
    (one,) = substitutes(session, None, world.neurologist.id, monday, now=NOW)
    assert (one.person_id, one.is_free) == (world.second_neurologist.id, True)
    (one,) = substitutes(session, None, world.neurologist.id, NIGHT, now=NOW)
    assert (one.is_free, str(one.reason)) == (False, "Does not work then.")
    assert substitutes(session, None, world.requester.id, monday, now=NOW) == []
