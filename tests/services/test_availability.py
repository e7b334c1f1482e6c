"""What is on record about people becomes availability: hours, answers, caps, travel; on both databases."""

from __future__ import annotations

import gc
import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from confsched.domain.availability import Availability, Source, State, Stretch, Why
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import QuestionAnswer, SubjectKind
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.models.network import Site, TravelTime
from confsched.models.people import Person
from confsched.models.questions import AvailabilityQuestion
from confsched.models.rosters import Duty, DutyLine, WorkingHoursRow
from confsched.services import claims, consult_times
from confsched.services.availability import Asked, load_candidates
from confsched.services.spans import without_collector
from tests.world import NOW, ZONE, World, add_working_hours, ask, book, leave_one_neurologist, local

TUESDAY = date(2026, 11, 24)
WEEK = Span(NOW, NOW + timedelta(days=7))
HOUR = timedelta(hours=1)
QUERIES = 18


def known(session: Session, asked: Asked, window: Span = WEEK) -> dict[uuid.UUID, Availability]:
    found = load_candidates(session, asked, window, now=NOW)
    return {person: candidate.availability for person, candidate in found.items()}


def at(session: Session, asked: Asked, instant: datetime) -> Stretch:
    """Return what is said about the one person asked for."""
    [person] = asked.people
    stretches = known(session, asked)[person].stretches
    [stretch] = [stretch for stretch in stretches if stretch.span.contains(instant)]
    return stretch


def about(world: World, **other: Any) -> Asked:
    return Asked(people=frozenset({world.neurologist.id}), **other)


def hours_on(session: Session, person: Person, site: Site, day: date, starts: int, ends: int) -> None:
    """Let somebody work on this one day."""
    session.add(
        WorkingHoursRow(
            person_id=person.id,
            site_id=site.id,
            weekday=day.weekday(),
            starts=time(starts),
            ends=time(ends),
            valid_from=day,
            valid_until=day,
        )
    )
    session.flush()


def claim(session: Session, person: Person, span: Span, **other: Any) -> None:
    values = {"subject_kind": SubjectKind.PERSON, "state": ClaimState.FIRM, **other}
    session.add(Claim(subject_id=person.id, starts_at=span.starts_at, ends_at=span.ends_at, **values))
    session.flush()


def test_each_site_of_a_person_keeps_its_own_public_holidays(session: Session, world: World) -> None:
    day = date(2026, 11, 18)  # the day of repentance, a public holiday in Saxony only
    here, there = session.get_one(Site, world.hub.id), session.get_one(Site, world.spoke.id)
    session.execute(update(Site).where(Site.id == there.id).values(state="DE-SN"))
    hours_on(session, world.second_neurologist, there, day, 17, 19)
    window = Span(local(day, time(0)), local(day + timedelta(days=1), time(0)))
    found = known(session, Asked(people=frozenset({world.second_neurologist.id})), window)
    assert found[world.second_neurologist.id].free == (Span(local(day, time(8)), local(day, time(16))),)
    session.execute(update(Site).where(Site.id.in_([here.id, there.id])).values(state="DE-NI"))
    found = known(session, Asked(people=frozenset({world.second_neurologist.id})), window)
    assert len(found[world.second_neurologist.id].free) == 2


def test_a_minute_that_is_claimed_for_a_part_is_not_free(session: Session, world: World) -> None:
    """A row with seconds and less comes from the database as the minutes around it."""
    first, last = local(TUESDAY, time(12, 30, 59, 999_000)), local(TUESDAY, time(13, 0, 0, 1_000))
    claim(session, world.neurologist, Span(first, last))
    found = known(session, Asked(people=frozenset({world.neurologist.id})))[world.neurologist.id]
    assert found.taken == (Span(local(TUESDAY, time(12, 30)), local(TUESDAY, time(13, 1))),)


@pytest.mark.parametrize(
    ("answer", "state", "source"),
    [
        (QuestionAnswer.YES, State.FREE, Source.ANSWER),
        (QuestionAnswer.NO, State.BUSY, Source.ANSWER),
        (QuestionAnswer.OTHER, State.BUSY, Source.ANSWER),
        (None, State.UNKNOWN, Source.HOURS),
    ],
)
def test_what_people_answered_counts(
    session: Session, world: World, answer: QuestionAnswer | None, state: State, source: Source
) -> None:
    asked = Asked(people=frozenset({world.second_requester.id}))
    question = ask_person(session, world, answer)
    stretch = at(session, asked, question.starts_at)
    assert (stretch.state, stretch.source) == (state, source)
    assert at(session, asked, question.ends_at).state is State.UNKNOWN
    question.withdrawn_at = NOW
    assert at(session, asked, question.starts_at).state is State.UNKNOWN


def ask_person(session: Session, world: World, answer: QuestionAnswer | None) -> AvailabilityQuestion:
    starts_at = local(TUESDAY, time(9))
    question = AvailabilityQuestion(
        person_id=world.second_requester.id,
        asked_by_id=world.secretary.id,
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        token_hash="h",
        asked_at=NOW,
        expires_at=starts_at,
        answer=answer,
    )
    session.add(question)
    session.flush()
    return question


def capped(world: World, **other: Any) -> Asked:
    return about(world, service_id=world.service.id, cap_per_day=2, zone=ZONE, **other)


def test_who_has_served_as_often_as_one_may_a_day_is_busy_on_that_day_only(
    session: Session, world: World
) -> None:
    leave_one_neurologist(session, world)
    book(session, world, local(TUESDAY, time(9)), "one")
    assert at(session, capped(world), local(TUESDAY, time(15))).state is State.FREE
    second = book(session, world, local(TUESDAY, time(11)), "two")
    stretch = at(session, capped(world), local(TUESDAY, time(15)))
    assert (stretch.state, stretch.why) == (State.BUSY, Why.CAP)
    assert at(session, capped(world), local(date(2026, 11, 25), time(9))).state is State.FREE
    for asked in (
        capped(world, without_booking=second.id),
        replace(capped(world), cap_per_day=3),
        replace(capped(world), service_id=uuid.uuid4()),
    ):
        assert at(session, asked, local(TUESDAY, time(15))).state is State.FREE


def test_a_meeting_that_gave_its_time_back_no_longer_counts(session: Session, world: World) -> None:
    leave_one_neurologist(session, world)
    for number, hour in enumerate((9, 11)):
        booking = book(session, world, local(TUESDAY, time(hour)), str(number))
    claims.release_booking(session, booking.id)
    assert at(session, capped(world), local(TUESDAY, time(15))).state is State.FREE


def test_a_hold_counts_while_it_lasts_and_not_for_the_consult_that_holds(
    session: Session, world: World
) -> None:
    leave_one_neurologist(session, world)
    book(session, world, local(TUESDAY, time(9)), "one")
    consult = ask(session, world, "two")
    hold = consult_times.hold(
        session, world.actor(world.requester), consult, local(TUESDAY, time(11)), now=NOW
    )
    afternoon = local(TUESDAY, time(15))
    assert at(session, capped(world), afternoon).why is Why.CAP
    assert at(session, capped(world, without_hold=hold.id), afternoon).state is State.FREE
    session.execute(update(Claim).where(Claim.hold_id == hold.id).values(expires_at=NOW))
    assert at(session, capped(world), afternoon).state is State.FREE


def test_the_cap_counts_by_the_local_day_of_the_service(session: Session, world: World) -> None:
    """Line 15: 00:30 in Berlin is still the day before by universal time."""
    leave_one_neurologist(session, world)
    booking = book(session, world, local(TUESDAY, time(9)), "one")
    night = local(date(2026, 11, 25), time(0, 30))
    session.execute(
        update(Booking).where(Booking.id == booking.id).values(starts_at=night, ends_at=night + HOUR)
    )
    once = replace(capped(world), cap_per_day=1)
    assert at(session, once, local(TUESDAY, time(15))).state is State.FREE
    assert at(session, once, local(date(2026, 11, 25), time(15))).why is Why.CAP


def on_site(world: World) -> Asked:
    return about(world, site_id=world.hub.id, on_site=frozenset({world.neurologist.id}))


def test_who_has_to_come_is_there_in_the_hours_at_that_site_only(session: Session, world: World) -> None:
    saturday = date(2026, 11, 28)
    hours_on(session, world.neurologist, world.spoke, saturday, 8, 12)
    assert at(session, about(world), local(saturday, time(9))).state is State.FREE
    assert at(session, on_site(world), local(saturday, time(9))).why is Why.NOT_WORKING
    assert at(session, on_site(world), local(TUESDAY, time(9))).state is State.FREE
    elsewhere = replace(on_site(world), site_id=world.spoke.id)
    assert at(session, elsewhere, local(TUESDAY, time(9))).why is Why.NOT_WORKING


@pytest.mark.parametrize(("minutes", "way"), [(None, 60), (20, 20)])
def test_who_is_on_site_elsewhere_needs_the_way_before_and_after(
    session: Session, world: World, minutes: int | None, way: int
) -> None:
    one, other = sorted([world.hub.id, world.spoke.id])
    if minutes:
        session.add(TravelTime(site_id=one, other_site_id=other, minutes=minutes))
    there = Span(local(TUESDAY, time(11)), local(TUESDAY, time(12)))
    claim(session, world.neurologist, there, site_id=world.spoke.id)
    found = known(session, on_site(world))[world.neurologist.id]
    on_the_way = [stretch.span for stretch in found.stretches if stretch.why is Why.ELSEWHERE]
    assert on_the_way == [
        Span(there.starts_at - timedelta(minutes=way), there.starts_at),
        Span(there.ends_at, there.ends_at + timedelta(minutes=way)),
    ]
    remote = known(session, about(world))[world.neurologist.id]
    assert Why.ELSEWHERE not in {stretch.why for stretch in remote.stretches}


def test_meetings_by_screen_and_at_the_same_site_need_no_way(session: Session, world: World) -> None:
    claim(session, world.neurologist, Span(local(TUESDAY, time(9)), local(TUESDAY, time(10))))
    span = Span(local(TUESDAY, time(11)), local(TUESDAY, time(12)))
    claim(session, world.neurologist, span, site_id=world.hub.id)
    found = known(session, on_site(world))[world.neurologist.id]
    assert Why.ELSEWHERE not in {stretch.why for stretch in found.stretches}


def test_a_duty_makes_who_has_to_come_available_at_its_own_site(session: Session, world: World) -> None:
    night = local(TUESDAY, time(16))
    session.execute(update(DutyLine).where(DutyLine.id == world.line.id).values(makes_available=True))
    duty = {"starts_at": night, "ends_at": night + 16 * HOUR, "day": TUESDAY, "origin": "test"}
    session.add(Duty(line_id=world.line.id, person_id=world.neurologist.id, recorded_at=NOW, **duty))
    session.flush()
    asked = replace(on_site(world), service_id=world.service.id)
    assert at(session, asked, night + HOUR).source is Source.DUTIES
    assert at(session, replace(asked, site_id=world.spoke.id), night + HOUR).why is Why.DUTY


def test_what_waits_in_the_session_counts(session: Session, world: World) -> None:
    starts_at = local(TUESDAY, time(9))
    values = {"subject_kind": SubjectKind.PERSON, "state": ClaimState.FIRM}
    session.add(
        Claim(subject_id=world.neurologist.id, starts_at=starts_at, ends_at=starts_at + HOUR, **values)
    )
    assert at(session, about(world), starts_at).why is Why.CLAIM


def test_a_pool_is_loaded_in_as_many_queries_as_one_person(session: Session, world: World) -> None:
    everything: dict[str, Any] = {"site_id": world.hub.id, "case_ref": "FK-7Q2M"}
    everything["own_house"] = world.hub.organisation_id
    one = replace(capped(world), on_site=frozenset({world.neurologist.id}), **everything)
    many = replace(one, people=frozenset(person.id for person in world.cast))
    for person in world.cast[2:]:
        add_working_hours(session, person, session.get_one(Site, world.hub.id))
    assert _count_queries(session, one) == _count_queries(session, many) <= QUERIES


def test_the_collector_runs_again_after_a_load_that_fails() -> None:
    def fail() -> None:
        with without_collector():
            assert not gc.isenabled()
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert gc.isenabled()


def _count_queries(session: Session, asked: Asked) -> int:
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    load_candidates(session, asked, WEEK, now=NOW)
    event.remove(session.get_bind(), "before_cursor_execute", note)
    return len(seen)
