"""The audit chain: whole after many writers, and found broken wherever it was touched."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import delete, func, select, update

from confsched.db import Database
from confsched.models.audit import AuditEvent, AuditHead
from confsched.services import audit
from tests.world import World, book, build_world, local


@pytest.fixture(autouse=True)
def world(database: Database) -> World:
    with database.transaction() as session:
        world = build_world(session)
        book(session, world, local(date(2026, 11, 24), time(9)))
    return world


def test_an_untouched_chain_is_whole(database: Database) -> None:
    with database.read() as session:
        assert audit.find_break(session) is None
        assert session.scalar(select(func.count()).select_from(AuditEvent)) == session.scalar(
            select(AuditHead.number)
        )


@pytest.mark.parametrize("words", ["Is a thrombectomy sensible?", "FK-7Q2M"])
def test_the_trail_holds_no_medical_content(database: Database, words: str) -> None:
    with database.read() as session:
        for one in session.scalars(select(AuditEvent)):
            assert words not in f"{one.action} {one.object_kind} {one.detail} {one.outcome}"


def test_a_changed_event_is_found(database: Database) -> None:
    with database.transaction() as session:
        session.execute(update(AuditEvent).where(AuditEvent.number == 2).values(action="nothing"))
    with database.read() as session:
        assert audit.find_break(session) == 2


def test_a_removed_event_is_found(database: Database) -> None:
    with database.transaction() as session:
        session.execute(delete(AuditEvent).where(AuditEvent.number == 2))
    with database.read() as session:
        assert audit.find_break(session) == 2


def test_a_cut_tail_is_found(database: Database) -> None:
    with database.transaction() as session:
        last = session.scalar(select(func.max(AuditEvent.number))) or 0
        session.execute(delete(AuditEvent).where(AuditEvent.number == last))
    with database.read() as session:
        assert audit.find_break(session) == last
