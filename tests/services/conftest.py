"""One transaction for tests that only look: rolled back at the end, on a database with the small network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from confsched.db import Database
from tests.world import World, build_world


class _Over(Exception):
    """Leave a transaction without committing it."""


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


@pytest.fixture
def session(database: Database, world: World) -> Iterator[Session]:
    """Give a transaction that is rolled back at the end."""
    del world  # only has to stand
    with pytest.raises(_Over), database.transaction() as session:
        yield session
        raise _Over
