"""What a booking holds, it holds until it is committed; of two database hosts the writing one is found."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from confsched.db import Database
from confsched.domain.bookings import ClaimState
from confsched.domain.intervals import Span
from confsched.domain.kinds import SubjectKind
from confsched.services import claims
from confsched.services.claims import Taken, Taking
from confsched.settings import load_settings
from tests.world import NOW, World, build_world

HOUR = timedelta(hours=1)
TEN = NOW + timedelta(days=1)
PATIENCE_SECONDS = 30
SETTINGS = {"CONFSCHED_SECRET_KEY": "k" * 40, "CONFSCHED_PUBLIC_URL": "https://termine.hospital.example"}


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def take(database: Database, world: World, span: Span) -> None:
    with database.transaction() as session:
        taking = Taking(world.neurologist.id, SubjectKind.PERSON, span)
        claims.take(session, [taking], now=NOW, state=ClaimState.FIRM)


@pytest.mark.parametrize(
    "inner",
    [
        pytest.param(Span(TEN + HOUR, TEN + 2 * HOUR), id="inside"),
        pytest.param(Span(TEN - HOUR, TEN + 5 * HOUR), id="around"),
        pytest.param(Span(TEN - HOUR, TEN + HOUR), id="over the start"),
        pytest.param(Span(TEN + 3 * HOUR, TEN + 5 * HOUR), id="over the end"),
        pytest.param(Span(TEN, TEN + 4 * HOUR), id="the same"),
    ],
)
def test_no_booking_overlaps_the_inside_of_a_longer_one(
    database: Database, world: World, inner: Span
) -> None:
    """PEER_FAILURES 3: a booking overlaps the inside of a longer one."""
    take(database, world, Span(TEN, TEN + 4 * HOUR))
    with pytest.raises(Taken):
        take(database, world, inner)


def test_bookings_that_only_touch_stand_side_by_side(database: Database, world: World) -> None:
    take(database, world, Span(TEN, TEN + HOUR))
    take(database, world, Span(TEN + HOUR, TEN + 2 * HOUR))
    take(database, world, Span(TEN - HOUR, TEN))


def test_nothing_is_given_free_before_the_commit(database: Database, world: World) -> None:
    """PEER_FAILURES 7: the lock is released before the commit."""
    order: list[str] = []
    span = Span(TEN, TEN + HOUR)

    def second() -> None:
        with pytest.raises(Taken):
            take(database, world, span)
        order.append("second was refused")

    rival = threading.Thread(target=second)
    with database.transaction() as session:
        taking = Taking(world.neurologist.id, SubjectKind.PERSON, span)
        claims.take(session, [taking], now=NOW, state=ClaimState.FIRM)
        rival.start()
        rival.join(timeout=0.2)  # gives a wrong lock the chance to let the rival through
        order.append("first is about to commit")
    rival.join(timeout=PATIENCE_SECONDS)
    assert order == ["first is about to commit", "second was refused"]


def test_of_two_hosts_the_one_that_takes_writes_is_used(postgres_url: str) -> None:
    """Nobody listens at the first host here, as after the loss of a primary."""
    two = postgres_url.replace("host=", "host=127.0.0.9,") + "&target_session_attrs=read-write"
    database = Database(two)
    with database.transaction() as session:
        assert session.scalar(text("SELECT pg_is_in_recovery()")) is False
    database.dispose()


def test_the_address_of_two_hosts_in_the_readme_reaches_the_driver_as_it_stands(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    url = re.search(r"postgresql://\S+,\S+target_session_attrs=read-write", readme)
    assert url is not None
    assert (
        load_settings(
            {**SETTINGS, "CONFSCHED_DATABASE_URL": url[0], "CONFSCHED_DATA_DIR": str(tmp_path)}
        ).database_url
        == url[0]
    )
    engine = Database(url[0]).engine
    _, given = engine.dialect.create_connect_args(engine.url)
    assert given["host"] == "db1.hospital.example,db2.hospital.example"
    assert given["target_session_attrs"] == "read-write"
