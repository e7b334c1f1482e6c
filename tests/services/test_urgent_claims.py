"""An urgent consult takes its consultant's time: at once, never waiting, and what it lies over is told."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.kinds import UrgentState
from confsched.errors import Conflict
from confsched.models.bookings import Booking
from confsched.models.claims import Claim
from confsched.models.outbox import OutboxMessage
from confsched.models.urgent import UrgentConsult
from confsched.services import claims, rebinding, urgent_claims, urgent_collisions
from confsched.services.availability import Asked, load_candidates
from tests.support.alerting import add_consult
from tests.world import NOW, World, book, build_world, leave_one_neurologist

HALF = timedelta(minutes=30)
SOON = NOW + timedelta(hours=1)


def taken(session: Session, world: World) -> UrgentConsult:
    """Return a consult that the neurologist took now."""
    consult = add_consult(
        session,
        world,
        consultant_id=world.neurologist.id,
        acknowledged_at=NOW,
        state=UrgentState.ACKNOWLEDGED,
    )
    urgent_claims.take(session, consult, world.neurologist.id, now=NOW)
    return consult


def claims_of(session: Session, consult: UrgentConsult) -> list[tuple[int, int, bool]]:
    """Return from which to which minute after NOW it takes time, and whether that was free."""
    query = select(Claim).where(Claim.urgent_consult_id == consult.id).order_by(Claim.starts_at)
    session.expire_all()
    return [(_minute(one.starts_at), _minute(one.ends_at), one.blocking) for one in session.scalars(query)]


def _minute(at: datetime) -> int:
    return round((at - NOW) / timedelta(minutes=1))


def told(session: Session) -> set[uuid.UUID | None]:
    query = select(OutboxMessage.recipient_id, OutboxMessage.snapshot)
    return {person for person, snapshot in session.execute(query) if "urgent" in str(snapshot)}


def book_over(session: Session, world: World) -> Booking:
    """Return a meeting of the neurologist, in an hour."""
    booking = book(session, world, SOON)
    parts = [one.person_id for one in booking.participations]
    return booking if world.neurologist.id in parts else _other(booking, world, session)


def _other(booking: Booking, world: World, session: Session) -> Booking:
    second, first = world.second_neurologist.id, world.neurologist.id
    return rebinding.hand_over(session, None, booking, second, first, now=NOW)


def test_a_consult_takes_its_consultant_for_the_length_of_its_service(session: Session, world: World) -> None:
    consult = taken(session, world)
    urgent_claims.take(session, consult, world.neurologist.id, now=NOW + HALF)  # twice is once
    assert claims_of(session, consult) == [(0, 30, True)]
    asked = Asked(people=frozenset({world.neurologist.id}))
    span = Span(NOW, NOW + HALF)
    found = load_candidates(session, asked, span, now=NOW)[world.neurologist.id]
    assert [stretch.why.value for stretch in found.availability.stretches if stretch.why] == ["claim"]


def test_a_second_consult_of_the_same_person_lies_over_the_first(session: Session, world: World) -> None:
    taken(session, world)
    assert claims_of(session, taken(session, world)) == [(0, 30, False)]


def test_an_open_consult_takes_on_and_tells_of_each_meeting_once(session: Session, world: World) -> None:
    book_over(session, world)
    consult = taken(session, world)
    assert told(session) == set()
    for minutes in (10, 26, 57, 58):
        urgent_claims.keep_up(session, now=NOW + timedelta(minutes=minutes))
    assert claims_of(session, consult) == [(0, 30, True), (30, 60, True), (60, 90, False)]
    # Petra Lindner keeps the books at the hub, Mia Sander asked and organises.
    assert told(session) == {world.secretary.id, world.requester.id}
    mails = session.scalars(select(OutboxMessage).where(OutboxMessage.recipient_id == world.secretary.id))
    text = [str(mail.snapshot) for mail in mails if "urgent" in str(mail.snapshot)]
    assert len(text) == 1
    assert "The urgent consult comes first" in text[0] and "give it to a substitute or move it" in text[0]
    assert "FK-7Q2M" not in text[0]
    assert "Hemiparesis" not in text[0]


def test_what_is_left_is_given_back_at_the_end(session: Session, world: World) -> None:
    consult = taken(session, world)
    urgent_claims.give_back(session, consult, now=NOW + timedelta(minutes=12))
    assert claims_of(session, consult) == [(0, 12, True)]


@pytest.mark.parametrize("change", ["ended", "handed over", "forgotten"])
def test_the_worker_gives_back_what_nobody_treats(session: Session, world: World, change: str) -> None:
    consult = taken(session, world)
    if change == "ended":
        consult.ended_at = NOW + HALF / 2
    if change == "handed over":
        consult.consultant_id = world.second_neurologist.id
    if change == "forgotten":
        consult.acknowledged_at = NOW - urgent_claims.LONGEST
    session.flush()
    urgent_claims.keep_up(session, now=NOW + timedelta(minutes=20))
    first = next(one for one in claims_of(session, consult) if one[2])
    assert first == ((0, 30, True) if change == "forgotten" else (0, 20, True))
    urgent_claims.keep_up(session, now=NOW + timedelta(minutes=29))
    ends = max(end for _, end, _ in claims_of(session, consult))
    assert ends == {"ended": 20, "handed over": 50, "forgotten": 30}[change]


def test_a_fault_of_the_calendar_never_keeps_who_takes_a_consult(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a fault")

    with monkeypatch.context() as patch:
        patch.setattr(urgent_collisions, "tell", break_down)
        consult = taken(session, world)
    assert claims_of(session, consult) == []
    urgent_claims.keep_up(session, now=NOW + timedelta(minutes=1))
    assert claims_of(session, consult) == [(1, 31, True)]


def test_of_three_workers_one_takes_on_and_tells(database: Database) -> None:
    with database.transaction() as session:
        world = build_world(session)
        book_over(session, world)
        consult_id = taken(session, world).id
    start, later = threading.Barrier(3), NOW + timedelta(minutes=26)

    def work() -> None:
        start.wait()
        for minutes in (0, 30):  # until the meeting is hit
            with database.transaction() as session:
                urgent_claims.keep_up(session, now=later + timedelta(minutes=minutes))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.transaction() as session:
        urgent_claims.keep_up(session, now=later + HALF)
        consult = session.get_one(UrgentConsult, consult_id)
        assert claims_of(session, consult) == [(0, 30, True), (30, 60, True), (60, 90, False)]
        mails = session.scalars(select(OutboxMessage.snapshot))
        assert sum("urgent" in str(snapshot) for snapshot in mails) == 2  # who asked, and the secretariat


def test_taking_never_waits_for_who_changes_the_same_time(postgres_database: Database) -> None:
    with postgres_database.transaction() as session:
        world = build_world(session)
    with postgres_database.transaction() as other:
        claims.line_up(other, [world.neurologist.id])
        with postgres_database.transaction() as session:
            session.connection().exec_driver_sql("SET LOCAL lock_timeout = '2s'")
            consult = taken(session, world)
            assert claims_of(session, consult) == [(0, 30, False)]


def test_a_meeting_in_the_way_is_given_to_a_substitute_by_one_click(session: Session, world: World) -> None:
    booking = book_over(session, world)
    actor = world.actor(world.neurologist)
    consult = add_consult(session, world, consultant_id=world.neurologist.id, acknowledged_at=SOON)
    at = SOON - timedelta(minutes=10)
    urgent_claims.take(session, consult, world.neurologist.id, now=at)
    (one,) = urgent_collisions.list_collisions(session, actor, now=at, consult=consult)
    assert (one.booking_id, one.substitute_id) == (booking.id, world.second_neurologist.id)
    assert urgent_collisions.list_collisions(session, world.actor(world.stranger), now=at) == []
    for _ in range(2):
        urgent_collisions.give_to_substitute(
            session, actor, booking, world.neurologist.id, world.second_neurologist.id, now=at
        )
    present = {part.person_id for part in booking.participations if part.removed_at is None}
    assert world.second_neurologist.id in present
    assert world.neurologist.id not in present
    assert urgent_collisions.list_collisions(session, actor, now=at) == []


def test_nobody_stands_in_without_need_or_when_it_has_begun(session: Session, world: World) -> None:
    booking = book_over(session, world)
    actor = world.actor(world.requester)
    people = (world.neurologist.id, world.second_neurologist.id)
    with pytest.raises(Conflict):
        urgent_collisions.give_to_substitute(session, actor, booking, *people, now=NOW)
    consult = add_consult(session, world, consultant_id=world.neurologist.id, acknowledged_at=SOON)
    urgent_claims.take(session, consult, world.neurologist.id, now=SOON)
    (one,) = urgent_collisions.list_collisions(session, actor, now=SOON, booking=booking)
    assert (one.has_begun, one.substitute_id) == (True, None)
    with pytest.raises(Conflict):
        urgent_collisions.give_to_substitute(session, actor, booking, *people, now=SOON)


def test_where_nobody_is_free_only_another_time_is_left(session: Session, world: World) -> None:
    leave_one_neurologist(session, world)
    booking = book_over(session, world)
    consult = add_consult(session, world, consultant_id=world.neurologist.id, acknowledged_at=SOON)
    at = SOON - timedelta(minutes=10)
    urgent_claims.take(session, consult, world.neurologist.id, now=at)
    actor = world.actor(world.requester)
    (one,) = urgent_collisions.list_collisions(session, actor, now=at, booking=booking)
    assert one.substitute_id is None
