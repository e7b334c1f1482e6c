"""Duties that are never edited, and absences that take a person's time; on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import AbsenceKind, SubjectKind
from confsched.domain.rosters import duty_span
from confsched.errors import Conflict, Refusal
from confsched.models.claims import Claim
from confsched.models.people import Person
from confsched.models.rosters import Absence, Duty
from confsched.services import claims, rosters
from confsched.services.claims import Taking
from confsched.services.rosters import ABSENCE, NewLine
from confsched.services.who_is_on import who_is_on
from tests.world import NOW, ZONE, World, build_world

MONDAY = date(2026, 11, 23)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def cast(session: Session) -> World:
    return build_world(session)


def _night(day: date = MONDAY) -> Span:
    return duty_span(day, time(16), time(8), ZONE)


def _standing(session: Session) -> list[tuple[object, datetime, datetime]]:
    query = select(Duty).where(Duty.superseded_at.is_(None)).order_by(Duty.starts_at)
    return [(duty.person_id, duty.starts_at, duty.ends_at) for duty in session.scalars(query)]


def _publish(session: Session, cast: World, *duties: tuple[Person, Span], now: datetime = NOW) -> list[Duty]:
    actor = cast.actor(cast.secretary)
    return rosters.record_duties(session, actor, cast.line, duties, now=now, origin="plan")


def test_a_change_supersedes_and_the_past_stays_answerable(session: Session, cast: World) -> None:
    night = _night()
    _publish(session, cast, (cast.neurologist, night))
    _publish(session, cast, (cast.second_neurologist, night), now=LATER)

    rows = session.scalars(select(Duty).order_by(Duty.recorded_at)).all()
    assert [(row.person_id, row.superseded_at) for row in rows] == [
        (cast.neurologist.id, LATER),
        (cast.second_neurologist.id, None),
    ]


def test_a_part_taken_over_leaves_the_rest_with_who_had_it(session: Session, cast: World) -> None:
    night = _night()
    late = Span(clock.to_instant(MONDAY, time(22), ZONE), night.ends_at)
    _publish(session, cast, (cast.neurologist, night))

    _publish(session, cast, (cast.second_neurologist, late), now=LATER)

    assert _standing(session) == [
        (cast.neurologist.id, night.starts_at, late.starts_at),
        (cast.second_neurologist.id, late.starts_at, late.ends_at),
    ]


def test_the_same_duties_again_change_nothing(session: Session, cast: World) -> None:
    duties = [(cast.neurologist, _night()), (cast.second_neurologist, _night(date(2026, 11, 24)))]
    _publish(session, cast, *duties)

    assert _publish(session, cast, *duties, now=LATER) == []
    assert len(session.scalars(select(Duty)).all()) == 2


def test_two_duties_of_one_line_that_overlap_are_refused(session: Session, cast: World) -> None:
    night = _night()
    with pytest.raises(Refusal) as refusal:
        _publish(
            session,
            cast,
            (cast.neurologist, night),
            (cast.second_neurologist, Span(night.ends_at - timedelta(minutes=1), night.ends_at)),
        )

    assert refusal.value.field == "duties"


def test_withdrawing_leaves_a_gap_and_keeps_what_reaches_beyond(session: Session, cast: World) -> None:
    night = _night()
    _publish(session, cast, (cast.neurologist, night))
    middle = Span(night.starts_at + timedelta(hours=2), night.ends_at - timedelta(hours=2))

    rosters.withdraw_duties(session, None, cast.line, middle, now=LATER)

    assert [(starts, ends) for _, starts, ends in _standing(session)] == [
        (night.starts_at, middle.starts_at),
        (middle.ends_at, night.ends_at),
    ]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 15), (date(2026, 10, 24), 17), (MONDAY, 16)])
def test_a_night_lasts_as_long_as_the_clock_makes_it(
    session: Session, cast: World, day: date, hours: int
) -> None:
    """PEER_FAILURES 13, 17: a duty over midnight and over a clock change is kept whole."""
    long_before = datetime(2026, 1, 1, tzinfo=UTC)
    [duty] = _publish(session, cast, (cast.neurologist, _night(day)), now=long_before)

    assert duty.ends_at - duty.starts_at == timedelta(hours=hours)
    for at in (duty.starts_at, duty.ends_at - timedelta(minutes=1)):
        [on] = who_is_on(session, at, line_id=cast.line.id)
        assert on.person_id == cast.neurologist.id


def test_a_line_that_cannot_be_called_is_refused(session: Session, cast: World) -> None:
    with pytest.raises(Refusal) as refusal:
        rosters.add_line(session, None, cast.neurology, NewLine("Neurologie", "Nacht", " "), now=NOW)

    assert refusal.value.field == "phone"


class _Undone(Exception):
    """Ends a transaction without a trace, so that the next example starts afresh."""


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 16), st.booleans()), min_size=1, max_size=6))
def test_whatever_is_published_in_turn_never_overlaps(
    sqlite_database: Database, changes: list[tuple[int, int, bool]]
) -> None:
    standing: list[tuple[object, datetime, datetime]] = []
    with suppress(_Undone), sqlite_database.transaction() as session:
        cast = build_world(session)
        for number, (start, length, is_first) in enumerate(changes):
            begin = NOW + timedelta(hours=start)
            person = cast.neurologist if is_first else cast.second_neurologist
            now = NOW + timedelta(minutes=number)
            _publish(session, cast, (person, Span(begin, begin + timedelta(hours=length))), now=now)
        standing = _standing(session)
        raise _Undone

    assert standing
    for (_, _, ends), (_, starts, _) in pairwise(standing):
        assert ends <= starts


def _book(session: Session, person: Person, span: Span) -> None:
    taking = Taking(person.id, SubjectKind.PERSON, span)
    claims.take(session, [taking], now=NOW, state=ClaimState.FIRM)


def _claims_of(session: Session, absence: Absence) -> list[tuple[datetime, datetime, bool, str | None]]:
    query = select(Claim).where(Claim.absence_id == absence.id).order_by(Claim.starts_at)
    return [(c.starts_at, c.ends_at, c.blocking, c.override_reason) for c in session.scalars(query)]


def _week(cast: World, session: Session, span: Span) -> Absence:
    actor = cast.actor(cast.secretary)
    return rosters.record_absence(session, actor, cast.neurologist, span, kind=AbsenceKind.LEAVE, now=NOW)


def test_an_absence_takes_the_whole_weekend_and_nobody_can_book_it(session: Session, cast: World) -> None:
    """PEER_FAILURES 16: an absence from Friday 18:00 to Monday 08:00 blocks Saturday."""
    span = Span(datetime(2026, 11, 27, 17, tzinfo=UTC), datetime(2026, 11, 30, 7, tzinfo=UTC))
    absence = _week(cast, session, span)

    assert _claims_of(session, absence) == [(span.starts_at, span.ends_at, True, None)]
    saturday = datetime(2026, 11, 28, 10, tzinfo=UTC)
    with pytest.raises(claims.Taken):
        _book(session, cast.neurologist, Span(saturday, saturday + timedelta(minutes=30)))


def test_an_absence_leaves_a_booking_in_its_way_and_both_show_it(session: Session, cast: World) -> None:
    start = datetime(2026, 11, 27, 9, tzinfo=UTC)
    meeting = Span(start, start + timedelta(minutes=30))
    _book(session, cast.neurologist, meeting)
    span = Span(start - timedelta(days=1), start + timedelta(days=1))

    absence = _week(cast, session, span)

    assert _claims_of(session, absence) == [
        (span.starts_at, meeting.starts_at, True, None),
        (meeting.starts_at, meeting.ends_at, False, ABSENCE),
        (meeting.ends_at, span.ends_at, True, None),
    ]


def test_a_withdrawn_absence_gives_the_time_back_and_stays_on_record(session: Session, cast: World) -> None:
    start = datetime(2026, 11, 27, 9, tzinfo=UTC)
    span = Span(start, start + timedelta(days=1))
    absence = _week(cast, session, span)

    rosters.withdraw_absence(session, cast.actor(cast.secretary), absence, now=LATER)

    assert absence.withdrawn_at == LATER
    assert _claims_of(session, absence) == []
    _book(session, cast.neurologist, span)
    with pytest.raises(Conflict):
        rosters.withdraw_absence(session, None, absence, now=LATER)
