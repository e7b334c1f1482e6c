"""The claims themselves: no overlap in either database, whoever writes it, and knowing overlaps on record."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import SubjectKind
from confsched.models.claims import Claim, Hold
from confsched.services import claims
from confsched.services.claims import Override, Taken, Taking
from tests.world import NOW, World, ask

HOUR = timedelta(hours=1)
BASE = NOW + timedelta(days=1)
REASON = "both agreed"


def _span(begins: float, ends: float) -> Span:
    return Span(BASE + begins * HOUR, BASE + ends * HOUR)


def _taking(subject_id: uuid.UUID, begins: float = 0, ends: float = 1) -> Taking:
    return Taking(subject_id, SubjectKind.PERSON, _span(begins, ends))


def _row(world: World, state: ClaimState, begins: float = 0, ends: float = 1) -> dict[str, object]:
    span = _span(begins, ends)
    return {
        "id": uuid.uuid4(),
        "subject_id": world.neurologist.id,
        "subject_kind": SubjectKind.PERSON,
        "starts_at": span.starts_at,
        "ends_at": span.ends_at,
        "state": state,
        "blocking": True,
        "expires_at": BASE if state is ClaimState.HELD else None,
    }


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Claim)) or 0


def _firm(session: Session, *takings: Taking, override: Override | None = None) -> None:
    claims.take(session, takings, now=NOW, state=ClaimState.FIRM, override=override)


OVERLAPPING = [(0, 1), (0.25, 0.5), (-1, 0.5), (0.5, 2), (-1, 2)]


@pytest.mark.parametrize("second", list(ClaimState))
@pytest.mark.parametrize("first", list(ClaimState))
def test_the_database_refuses_an_overlap_that_went_past_python(
    session: Session, world: World, first: ClaimState, second: ClaimState
) -> None:
    """Lines 1 to 3: held, pending and firm exclude each other, at the edges as well as inside."""
    session.execute(insert(Claim), [_row(world, first)])
    for begins, ends in OVERLAPPING:
        with pytest.raises(IntegrityError, match=claims.OVERLAP), session.begin_nested():
            session.execute(insert(Claim), [_row(world, second, begins, ends)])
    session.execute(insert(Claim), [_row(world, second, -1, 0), _row(world, second, 1, 2)])
    assert _count(session) == 3


@pytest.mark.parametrize("state", list(ClaimState))
def test_the_database_refuses_to_move_one_claim_onto_another(
    session: Session, world: World, state: ClaimState
) -> None:
    """Line 1: two pending requests cannot both come to one time, not even by an UPDATE."""
    other = _row(world, state, 2, 3)
    moved = update(Claim).where(Claim.id == other["id"])
    session.execute(insert(Claim), [_row(world, ClaimState.FIRM), other])
    with pytest.raises(IntegrityError, match=claims.OVERLAP), session.begin_nested():
        session.execute(moved.values(starts_at=BASE + HOUR / 2, ends_at=BASE + HOUR))
    session.execute(moved.values(starts_at=BASE + HOUR))


def test_the_database_refuses_to_make_a_known_overlap_blocking(session: Session, world: World) -> None:
    soft = {**_row(world, ClaimState.FIRM), "blocking": False, "override_reason": REASON}
    session.execute(insert(Claim), [_row(world, ClaimState.FIRM)])
    session.execute(insert(Claim), [soft])
    with pytest.raises(IntegrityError, match=claims.OVERLAP), session.begin_nested():
        session.execute(update(Claim).where(Claim.id == soft["id"]).values(blocking=True))


def test_the_database_refuses_raw_sql_as_well(session: Session, world: World) -> None:
    _firm(session, _taking(world.neurologist.id))
    raw = text(
        "INSERT INTO claim (id, subject_id, subject_kind, starts_at, ends_at, state, blocking)"
        " SELECT :id, subject_id, subject_kind, starts_at, ends_at, state, blocking FROM claim"
    )
    with pytest.raises(IntegrityError, match=claims.OVERLAP), session.begin_nested():
        session.execute(raw, {"id": uuid.uuid4().hex})


@pytest.mark.parametrize(
    "wrong",
    [
        {"blocking": False},
        {"expires_at": NOW},
        {"starts_at": BASE + HOUR},
        {"state": ClaimState.HELD},
    ],
)
def test_half_a_claim_is_refused(session: Session, world: World, wrong: dict[str, object]) -> None:
    row = {**_row(world, ClaimState.FIRM), **wrong}
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(insert(Claim), [row])


def test_all_or_none_is_taken(session: Session, world: World) -> None:
    _firm(session, _taking(world.second_neurologist.id))
    with pytest.raises(Taken):
        _firm(session, _taking(world.neurologist.id), _taking(world.second_neurologist.id))
    assert _count(session) == 1


def test_after_taken_the_transaction_goes_on(database: Database, world: World) -> None:
    with database.transaction() as session:
        _firm(session, _taking(world.neurologist.id))
        with pytest.raises(Taken):
            _firm(session, _taking(world.neurologist.id))
        _firm(session, _taking(world.neurologist.id, 1, 2))
    with database.read() as session:
        assert _count(session) == 2


def test_rooms_are_taken_like_people(session: Session, world: World) -> None:
    room = Taking(world.room.id, SubjectKind.RESOURCE, _span(0, 1))
    _firm(session, room)
    with pytest.raises(Taken):
        _firm(session, room)


@pytest.mark.parametrize(("at", "is_free"), [(-1, False), (0, True), (1, True)])
def test_a_hold_counts_until_it_runs_out(session: Session, world: World, at: int, is_free: bool) -> None:
    hold = _hold(session, world, expires_at=BASE)
    claims.take(session, [_taking(world.neurologist.id)], now=NOW, state=ClaimState.HELD, hold=hold)
    claims.release_all_expired(session, now=BASE + timedelta(seconds=at))
    assert (_count(session) == 0) is is_free


def test_tidying_leaves_firm_claims_alone(session: Session, world: World) -> None:
    _firm(session, _taking(world.neurologist.id))
    claims.release_all_expired(session, now=BASE + timedelta(days=400))
    assert _count(session) == 1


def _hold(session: Session, world: World, *, expires_at: datetime) -> Hold:
    consult = ask(session, world)
    hold = Hold(
        consult_id=consult.id,
        person_id=consult.requester_id,
        starts_at=BASE,
        ends_at=BASE + HOUR,
        created_at=NOW,
        expires_at=expires_at,
        serving=[],
    )
    session.add(hold)
    session.flush()
    return hold


def test_an_overlap_can_be_meant_and_is_seen_from_both_sides(session: Session, world: World) -> None:
    """Line 10: staff override a conflict knowingly, with a reason on record."""
    _firm(session, _taking(world.neurologist.id))
    override = Override(world.secretary.id, REASON)
    takings = [_taking(world.neurologist.id, 0.5, 1.5), _taking(world.second_neurologist.id, 0.5, 1.5)]
    _firm(session, *takings, override=override)
    rows = {
        claim.subject_id: (claim.blocking, claim.override_reason, claim.override_by_id)
        for claim in session.scalars(select(Claim).where(Claim.starts_at == BASE + HOUR / 2))
    }
    assert rows == {
        world.neurologist.id: (False, REASON, world.secretary.id),
        world.second_neurologist.id: (True, None, None),
    }


def test_an_override_without_a_conflict_blocks_as_usual(session: Session, world: World) -> None:
    _firm(session, _taking(world.neurologist.id), override=Override(world.secretary.id, REASON))
    with pytest.raises(Taken):
        _firm(session, _taking(world.neurologist.id))


def test_time_given_back_is_free_at_once(session: Session, world: World) -> None:
    """Line 5: nothing of a claim that is gone stands in the way."""
    _firm(session, _taking(world.neurologist.id))
    session.execute(delete(Claim))
    _firm(session, _taking(world.neurologist.id))
