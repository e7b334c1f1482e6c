"""The first answer to a creating POST, given again."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta

import pytest

from confsched.db import Database
from confsched.errors import Conflict
from confsched.services.idempotency import find_result, forget_old, remember
from tests.world import NOW, World, build_world


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def test_the_same_key_gives_the_first_result(database: Database, world: World) -> None:
    """Line 11: a retried POST books once."""
    actor, made = world.actor(world.requester), uuid.uuid4()
    with database.transaction() as session:
        assert find_result(session, actor, "booking", "key-1") is None
        remember(session, actor, "booking", "key-1", made, now=NOW)
    with database.read() as session:
        assert find_result(session, actor, "booking", "key-1") == made


def test_a_key_belongs_to_one_account_and_one_purpose(database: Database, world: World) -> None:
    actor, other = world.actor(world.requester), world.actor(world.stranger)
    with database.transaction() as session:
        remember(session, actor, "booking", "key-1", uuid.uuid4(), now=NOW)
    with database.read() as session:
        assert find_result(session, other, "booking", "key-1") is None
        assert find_result(session, actor, "conference", "key-1") is None


def test_the_second_remembering_is_a_conflict_and_leaves_nothing(database: Database, world: World) -> None:
    actor, first = world.actor(world.requester), uuid.uuid4()
    with database.transaction() as session:
        remember(session, actor, "booking", "key-1", first, now=NOW)
    with pytest.raises(Conflict), database.transaction() as session:
        remember(session, actor, "booking", "key-1", uuid.uuid4(), now=NOW)
    with database.read() as session:
        assert find_result(session, actor, "booking", "key-1") == first


def test_of_two_at_once_one_wins_and_both_can_read_its_result(database: Database, world: World) -> None:
    actor, barrier = world.actor(world.requester), threading.Barrier(2)
    results: list[uuid.UUID | str] = []

    def press() -> None:
        made = uuid.uuid4()
        barrier.wait(timeout=10)
        try:
            with database.transaction() as session:
                first = find_result(session, actor, "booking", "key-1")
                if first is None:
                    remember(session, actor, "booking", "key-1", made, now=NOW)
            results.append(first or made)
        except Conflict:
            results.append("conflict")

    presses = [threading.Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join(timeout=30)
    with database.read() as session:
        won = find_result(session, actor, "booking", "key-1")
    assert len(results) == 2
    assert won in results
    assert set(results) <= {won, "conflict"}


@pytest.mark.parametrize("key", ["", "k" * 65])
def test_a_damaged_key_is_refused(database: Database, world: World, key: str) -> None:
    with database.read() as session, pytest.raises(Conflict):
        find_result(session, world.actor(world.requester), "booking", key)


def test_keys_are_forgotten_after_two_days(database: Database, world: World) -> None:
    actor = world.actor(world.requester)
    with database.transaction() as session:
        remember(session, actor, "booking", "old", uuid.uuid4(), now=NOW - timedelta(days=2))
        remember(session, actor, "booking", "new", uuid.uuid4(), now=NOW)
    with database.transaction() as session:
        forget_old(session, now=NOW)
    with database.read() as session:
        assert find_result(session, actor, "booking", "old") is None
        assert find_result(session, actor, "booking", "new") is not None
