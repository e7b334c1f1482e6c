"""The downtime sheet: whom a site may call in the next seven days, in words, and as a file for paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.errors import NotFound
from confsched.formats.downtime_sheet import DowntimeSheet, SheetRow, write_pdf
from confsched.models.catalogue import Service
from confsched.services import downtime
from tests.support.ladders import HOTLINE, add_line, line_step, put_on_duty, set_ladder
from tests.world import NOW, World, add_agreement, add_service, build_world

BACKGROUND = "Neurologie Hintergrund"


def _network(session: Session) -> World:
    """Let the spoke ask for strokes: one line on duty until 17:00, and a background line without anybody."""
    world = build_world(session)
    background = add_line(session, world, BACKGROUND)
    set_ladder(session, world, line_step(world.line), line_step(background, 60))
    put_on_duty(session, world.line, world.neurologist)
    add_agreement(session, add_service(session, world.hub, name="Epilepsie-Konsil"), world.spoke)
    return world


def _sheet(session: Session, world: World, at: datetime = NOW) -> DowntimeSheet:
    return downtime.sheet_of(session, world.spoke.id, language="en", now=at)


def _row(sheet: DowntimeSheet, name: str) -> SheetRow:
    return next(row for group in sheet.groups for row in group.rows if row.name == name)


def _words(row: SheetRow, day: int) -> list[str]:
    return [part.text for part in row.days[day]]


def test_a_site_reads_the_numbers_and_duties_of_what_it_may_ask_for_seven_days(database: Database) -> None:
    with database.transaction() as session:
        sheet = _sheet(session, _network(session))
    stroke, others, own = sheet.groups
    assert sheet.as_of == "As of Mon 23 Nov 2026, 08:00" and len(sheet.days) == 7
    assert f"Hotline: {HOTLINE}" in stroke.numbers
    assert f"2. {BACKGROUND}, Wendstadt: +49 5555 2001" in stroke.numbers
    assert others.numbers == ("Epilepsie-Konsil: Wendstadt, +49 5555 1000",)
    assert own.numbers == ("Switchboard Moorfeld: +49 5555 1000",) and own.rows == ()
    assert _row(sheet, "Neurologie Dienst").phone == "+49 5555 2000"
    # Held from 04:00 to 16:00; the line has to be held from 16:00 to 08:00, and nobody is there after that.
    assert _words(_row(sheet, "Neurologie Dienst"), 0) == [
        "00–04 nobody",
        "04–16 Okafor",
        "16–24 nobody",
    ]
    assert [part.is_gap for part in _row(sheet, "Neurologie Dienst").days[0]] == [True, False, True]
    assert _words(_row(sheet, BACKGROUND), 3) == ["nobody"]


@pytest.mark.parametrize(
    ("night", "told"),
    [
        # The hour from 02 to 03 is skipped, or comes twice: then both readings carry the name of the zone.
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "01:30–05 Okafor"),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "02:30 CEST–05 Okafor"),
    ],
)
def test_a_duty_of_a_clock_change_night_is_told_in_local_time(
    sqlite_database: Database, night: datetime, told: str
) -> None:
    with sqlite_database.transaction() as session:
        world = _network(session)
        ends_at = night.replace(hour=3 if night.month == 3 else 4, minute=0)
        put_on_duty(session, world.line, world.neurologist, Span(night, ends_at), known_since=night)
        sheet = _sheet(session, world, night)
    assert told in _words(_row(sheet, "Neurologie Dienst"), 0)


def test_a_service_whose_agreement_has_ended_stands_on_no_sheet(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = _network(session)
        session.get_one(Service, world.service.id).hotline = HOTLINE
        world.agreement.valid_until = NOW.date()
        sheet = _sheet(session, world)
    assert HOTLINE not in str(sheet)


def test_a_site_of_another_house_has_no_sheet_here(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = _network(session)
        actor = world.actor(world.requester)
        assert downtime.get_site(session, actor, world.spoke.id).name == "Krankenhaus Moorfeld"
        with pytest.raises(NotFound):
            downtime.get_site(session, actor, world.hub.id)


def test_the_file_is_made_for_screen_readers_and_takes_names_as_they_are(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        sheet = _sheet(session, _network(session))
    strange = replace(sheet, title='#panic("x") $ \\ *bold* <label> @ref')
    for one in (sheet, strange):
        written = write_pdf(one, made_at=NOW)
        assert written.startswith(b"%PDF-") and b"pdfuaid:part" in written
    assert write_pdf(sheet, made_at=NOW) == write_pdf(sheet, made_at=NOW)
