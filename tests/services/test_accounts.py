"""Who gets in, for how long, and what an attacker learns."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.permissions import Function
from confsched.errors import Refusal
from confsched.models.accounts import Account, LoginSession
from confsched.models.people import Person
from confsched.services import accounts, audit, login_sessions
from confsched.services.passwords import TRIFLING_COST
from tests.world import NOW, PASSWORD, World, add_membership, build_world


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def _try(database: Database, email: str, password: str, *, after: timedelta = timedelta()) -> str | Refusal:
    now = NOW + after
    with database.read() as session:
        credentials = accounts.find_credentials(session, email, now=now)
    try:
        accounts.demand_delay(credentials, now=now)
        is_right = accounts.check_password(credentials, password, cost=TRIFLING_COST)
    except Refusal as refusal:
        return refusal
    with database.transaction() as session:
        return accounts.sign_in(session, credentials, is_right, now=now)


def _token(database: Database, person: Person) -> str:
    token = _try(database, person.email, PASSWORD)
    assert isinstance(token, str)
    return token


def _account(session: Session, person: Person) -> Account:
    return session.scalars(select(Account).where(Account.person_id == person.id)).one()


def _is_in(database: Database, token: str, after: timedelta = timedelta()) -> bool:
    with database.read() as session:
        return login_sessions.actor_of(session, token, NOW + after) is not None


def test_the_right_password_gives_a_token_of_256_bits(database: Database, world: World) -> None:
    token = _token(database, world.requester)
    assert len(token) >= 43
    assert _token(database, world.requester) != token


def test_the_table_holds_only_the_hash_of_the_token(database: Database, world: World) -> None:
    token = _token(database, world.requester)
    with database.read() as session:
        row = session.scalars(select(LoginSession)).one()
    assert len(row.token_hash) == 64
    assert token not in row.token_hash


def test_the_address_may_be_typed_in_capitals_and_with_blanks(database: Database, world: World) -> None:
    assert isinstance(_try(database, f"  {world.requester.email.upper()} ", PASSWORD), str)


def test_unknown_wrong_and_disabled_read_alike(database: Database, world: World) -> None:
    with database.transaction() as session:
        accounts.disable_account(session, None, _account(session, world.stranger), now=NOW)
    refusals = [
        _try(database, "nobody@nowhere.example", PASSWORD),
        _try(database, world.requester.email, "not the password"),
        _try(database, world.stranger.email, PASSWORD),
    ]
    assert len({str(refusal) for refusal in refusals}) == 1
    assert all(isinstance(refusal, Refusal) for refusal in refusals)


@pytest.mark.parametrize("who", ["known", "unknown", "disabled"])
def test_after_five_failures_a_growing_delay_is_asked_of_everybody(
    database: Database, world: World, who: str
) -> None:
    email = "nobody@nowhere.example" if who == "unknown" else world.requester.email
    if who == "disabled":
        with database.transaction() as session:
            accounts.disable_account(session, None, _account(session, world.requester), now=NOW)
    delays, at = [], timedelta()
    for _ in range(12):
        _try(database, email, "wrong", after=at)
        with database.read() as session:
            credentials = accounts.find_credentials(session, email, now=NOW + at)
        delays.append(accounts.seconds_to_wait(credentials, NOW + at))
        at += timedelta(seconds=delays[-1] + 1)
    assert delays == [0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30]


def test_within_the_delay_even_the_right_password_waits_and_nothing_is_counted(
    database: Database, world: World
) -> None:
    for _ in range(8):
        _try(database, world.requester.email, "wrong", after=timedelta(minutes=1))
    with database.read() as session:
        assert _account(session, world.requester).failed_logins == 5
    refusal = _try(database, world.requester.email, PASSWORD, after=timedelta(minutes=1))
    assert str(refusal) == "Try again in one second."
    later = timedelta(minutes=1, seconds=1)
    assert isinstance(_try(database, world.requester.email, PASSWORD, after=later), str)


def test_a_doctor_is_never_locked_out(database: Database, world: World) -> None:
    at = timedelta()
    for _ in range(40):
        _try(database, world.requester.email, "wrong", after=at)
        at += timedelta(seconds=31)
    assert isinstance(_try(database, world.requester.email, PASSWORD, after=at), str)


def test_success_forgets_the_failures_and_so_does_an_hour(database: Database, world: World) -> None:
    for _ in range(5):
        _try(database, world.requester.email, "wrong")
    assert isinstance(_try(database, world.requester.email, PASSWORD, after=timedelta(seconds=2)), str)
    for _ in range(5):
        _try(database, world.requester.email, "wrong", after=timedelta(minutes=1))
    _try(database, world.requester.email, "wrong", after=timedelta(hours=2))
    with database.read() as session:
        assert _account(session, world.requester).failed_logins == 1


def test_failures_and_logins_are_on_record(database: Database, world: World) -> None:
    _try(database, world.requester.email, "wrong")
    _try(database, "nobody@nowhere.example", "wrong")
    _token(database, world.requester)
    with database.read() as session:
        assert audit.count_events(session, "sign_in", _account(session, world.requester).id) == 2
        assert audit.find_break(session) is None


@pytest.mark.parametrize(
    ("after", "is_in"),
    [
        (timedelta(minutes=29, seconds=59), True),
        (timedelta(minutes=30), False),
        (timedelta(hours=13), False),
    ],
)
def test_a_session_ends_after_half_an_hour_without_a_click(
    database: Database, world: World, after: timedelta, is_in: bool
) -> None:
    assert _is_in(database, _token(database, world.requester), after) is is_in


def _click_every_minute(database: Database, token: str, until: timedelta) -> None:
    for minutes in range(0, int(until.total_seconds()) // 60, 9):
        with database.transaction() as session:
            login_sessions.touch(session, token, now=NOW + timedelta(minutes=minutes))


def test_a_session_ends_after_twelve_hours_whatever_is_clicked(database: Database, world: World) -> None:
    token = _token(database, world.requester)
    _click_every_minute(database, token, timedelta(hours=12))
    assert _is_in(database, token, timedelta(hours=11, minutes=59))
    assert not _is_in(database, token, timedelta(hours=12))


def test_the_session_of_an_administrator_is_shorter(database: Database, world: World) -> None:
    token = _token(database, world.admin)
    assert _is_in(database, token, timedelta(minutes=9))
    assert not _is_in(database, token, timedelta(minutes=10))
    _click_every_minute(database, token, timedelta(hours=4))
    assert not _is_in(database, token, timedelta(hours=4))


def test_a_click_is_written_once_a_minute(database: Database, world: World) -> None:
    token = _token(database, world.requester)
    for seconds, due in ((59, False), (60, True)):
        with database.read() as session:
            presence = login_sessions.find_presence(session, token, NOW)
            assert presence is not None
            assert presence.is_touch_due(NOW + timedelta(seconds=seconds)) is due
    with database.transaction() as session:
        login_sessions.touch(session, token, now=NOW + timedelta(seconds=59))
    with database.read() as session:
        assert session.scalars(select(LoginSession)).one().seen_at == NOW


def test_disabling_an_account_ends_every_session_at_once(database: Database, world: World) -> None:
    tokens = [_token(database, world.requester) for _ in range(2)]
    with database.transaction() as session:
        account = _account(session, world.requester)
        accounts.disable_account(session, world.actor(world.admin), account, now=NOW)
        accounts.disable_account(session, world.actor(world.admin), account, now=NOW + timedelta(days=1))
    assert not any(_is_in(database, token) for token in tokens)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(LoginSession)) == 0
        assert _account(session, world.requester).disabled_at == NOW


def test_signing_out_ends_this_browser_only(database: Database, world: World) -> None:
    here, there = (_token(database, world.requester) for _ in range(2))
    with database.transaction() as session:
        login_sessions.end_session(session, world.actor(world.requester), here, now=NOW)
    assert not _is_in(database, here)
    assert _is_in(database, there)


def test_rights_are_those_of_today_by_the_calendar_of_the_site(database: Database, world: World) -> None:
    """Over midnight in Berlin: a membership until the 24th ends at 23:00 UTC of the 23rd."""
    token = _token(database, world.requester)
    with database.transaction() as session:
        person = session.get_one(Person, world.requester.id)
        add_membership(
            session, person, world.hub, Function.CONSULTANT, valid_from=date(2026, 11, 1),
            valid_until=date(2026, 11, 24),
        )  # fmt: skip
        row = session.scalars(select(LoginSession)).one()
        row.created_at = row.seen_at = NOW + timedelta(hours=15, minutes=59)
        row.ends_at = NOW + timedelta(hours=20)
    with database.read() as session:
        before = login_sessions.actor_of(session, token, NOW + timedelta(hours=15, minutes=59))
        after = login_sessions.actor_of(session, token, NOW + timedelta(hours=16))
    assert before is not None
    assert after is not None
    assert [seat.function for seat in before.seats] == [Function.CONSULTANT, Function.REQUESTER]
    assert [seat.function for seat in after.seats] == [Function.REQUESTER]


def test_without_any_function_nobody_gets_in(database: Database, world: World) -> None:
    token = _token(database, world.requester)
    with database.transaction() as session:
        session.get_one(Person, world.requester.id).memberships[0].valid_until = date(2026, 11, 23)
    assert not _is_in(database, token)
    assert isinstance(_try(database, world.requester.email, PASSWORD), Refusal)


@pytest.mark.parametrize("password", ["", "elf Zeichen", "x" * 201])
def test_a_password_of_a_wrong_length_is_refused_at_its_field(
    database: Database, world: World, password: str
) -> None:
    with database.transaction() as session, pytest.raises(Refusal) as refused:
        accounts.create_account(session, world.stranger, password, now=NOW, cost=TRIFLING_COST)
    assert refused.value.field == "password"


def test_an_unknown_token_is_nobody(database: Database) -> None:
    assert not _is_in(database, "made up")
