"""Wall displays: their secrets, whose they are, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.kinds import UrgentKind, UrgentState
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.urgent import BoardToken
from confsched.services import audit, board_tokens
from tests.services.test_figures import held
from tests.support.urgent import add_urgent, put_neurologist_on_duty
from tests.world import NOW, World, build_world


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def _board(session: Session, world: World, key: str = "key") -> tuple[BoardToken, str]:
    return board_tokens.create(
        session, world.actor(world.admin), "Stroke unit", world.hub.id, key=key, now=NOW
    )


def test_only_the_hash_of_a_secret_of_256_bits_is_kept(session: Session) -> None:
    board, token = _board(session, build_world(session))
    assert len(token) == 43 and len(board.token_hash) == 64
    assert token not in repr([vars(row) for row in session.scalars(select(BoardToken))])
    assert board_tokens.find_board(session, token) is board
    assert board_tokens.find_board(session, token[:-1]) is None
    audit.write_pending(session)
    assert audit.count_events(session, "board_token.create", board.id) == 1


def test_a_revoked_display_shows_nothing_any_more_and_another_house_cannot_revoke_it(
    session: Session,
) -> None:
    world = build_world(session)
    board, token = _board(session, world)
    with pytest.raises(NotFound):
        board_tokens.revoke(session, world.actor(world.requester), board.id, now=NOW)
    for _twice in range(2):
        board_tokens.revoke(session, world.actor(world.admin), board.id, now=NOW)
    assert board_tokens.find_board(session, token) is None


def test_a_display_hangs_at_a_site_of_the_own_house_and_a_form_sent_twice_makes_one(session: Session) -> None:
    world = build_world(session)
    with pytest.raises(Refusal):
        board_tokens.create(session, world.actor(world.admin), "Ward", world.spoke.id, key="other", now=NOW)
    _board(session, world)
    with pytest.raises(Conflict):
        _board(session, world)
    assert len(board_tokens.list_boards(session, world.actor(world.admin))) == 1
    assert board_tokens.list_boards(session, world.actor(world.requester)) == []


def test_a_display_shows_lines_and_the_age_and_state_of_open_consults_only(session: Session) -> None:
    world = build_world(session)
    service = add_urgent(session, world, UrgentKind.TELESTROKE)
    put_neurologist_on_duty(session, world)
    board, _token = _board(session, world)
    held(session, world, service, NOW - timedelta(minutes=9), (UrgentState.ACKNOWLEDGED, 60))
    held(session, world, service, NOW - timedelta(minutes=3))
    held(session, world, service, NOW - timedelta(minutes=2), (UrgentState.ACKNOWLEDGED, 60))
    held(session, world, service, NOW - timedelta(hours=1), (UrgentState.CANCELLED, 60))
    wall = board_tokens.wall(session, board, language="en", now=NOW)
    assert wall.consult_count == 3
    assert [(one.state, NOW - one.requested_at) for one in wall.consults] == [
        (UrgentState.REQUESTED, timedelta(minutes=3)),
        (UrgentState.ACKNOWLEDGED, timedelta(minutes=2)),
        (UrgentState.ACKNOWLEDGED, timedelta(minutes=9)),
    ]
    assert {row.holder.name for row in wall.rows if row.holder} == {"Dr. Jana Okafor"}
