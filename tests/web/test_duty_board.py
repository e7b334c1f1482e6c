"""The duty board page: open to all sites, narrowed and moved in time by its address."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.rosters import duty_span
from confsched.services import declared_gaps, rosters
from confsched.services.rosters import NewLine
from tests.support.web import SignIn
from tests.world import NOW, ZONE, World

MONDAY = date(2026, 11, 23)
MONDAY_NIGHT = "/duty-board?day=2026-11-23&time=20:00"
FRIDAY_NIGHT = "/duty-board?day=2026-11-20&time=20:00"


def _text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.text


def _publish(database: Database, world: World) -> None:
    with database.transaction() as session:
        line = world.line
        night = duty_span(MONDAY, line.covered_from, line.covered_until, ZONE)
        before = duty_span(MONDAY - timedelta(days=1), line.covered_from, line.covered_until, ZONE)
        duties = [(world.second_neurologist, before), (world.neurologist, night)]
        published = NOW - timedelta(days=20)
        rosters.record_duties(session, None, line, duties, now=published, origin="plan")


@pytest.fixture
def board(sqlite_database: Database, world: World, client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    _publish(sqlite_database, world)
    sign_in(client, world.requester)
    return client


def test_the_board_says_who_is_on_how_to_reach_them_and_from_which_roster(
    board: FlaskClient, world: World
) -> None:
    page = _text(board, "/duty-board?day=2026-11-23&time=20:00")

    assert "Dr. Jana Okafor" in page
    assert f'href="tel:{world.line.phone.replace(" ", "")}"' in page
    assert "Plan, Tue 3 Nov" in page
    assert 'value="2026-11-23"' in page and 'value="20:00"' in page


def test_without_a_filter_it_shows_the_present(board: FlaskClient) -> None:
    page = _text(board, "/duty-board")  # Monday 08:00: the night has ended, nobody is needed

    assert "Not needed" in page
    assert 'value="08:00"' in page


def test_a_gap_stands_on_top_and_leads_to_its_line(board: FlaskClient, world: World) -> None:
    """PEER_FAILURES 32: a gap nobody noticed; here it is the first thing on the page."""
    page = _text(board, "/duty-board?day=2026-11-24&time=18:00")

    assert "Nobody on duty: 1 now, 0 within 24 hours." in page
    assert f'href="#line-{world.line.id}"' in page
    assert f'id="line-{world.line.id}" class="has-gap"' in page


@pytest.mark.parametrize("person", ["stranger", "second_requester", "neurologist", "secretary", "admin"])
def test_everybody_of_the_network_sees_it(
    client: FlaskClient, world: World, sign_in: SignIn, person: str
) -> None:
    sign_in(client, getattr(world, person))

    assert "Neurologie Dienst" in _text(client, "/duty-board")


def test_a_visitor_is_asked_to_sign_in_and_an_auditor_may_not(
    client: FlaskClient, world: World, sign_in: SignIn
) -> None:
    answer = client.get("/duty-board?day=2026-11-23")
    assert answer.status_code == 302 and "/login" in answer.headers["Location"]

    sign_in(client, world.auditor)
    assert client.get("/duty-board").status_code == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("day=23.11.2026&time=10:00", "day"),
        ("day=9999-12-31&time=10:00", "day"),
        ("day=2026-11-23&time=25:00", "time"),
        ("site=moorfeld", "site"),
        ("site=00000000-0000-4000-8000-000000000000", "site"),
        ("group=%3Cscript%3E", "group"),
    ],
)
def test_a_filter_that_means_nothing_is_named_at_its_field(
    board: FlaskClient, query: str, field: str
) -> None:
    page = _text(board, f"/duty-board?{query}", 422)

    assert f'id="{field}-error"' in page and f'href="#{field}"' in page
    assert "<script>" not in page.replace('<script src="', "")


@pytest.fixture
def corrected_board(board: FlaskClient, world: World, sqlite_database: Database) -> FlaskClient:
    """Give the board of a Monday; last Friday's night was corrected on Sunday at 08:00."""
    friday = duty_span(MONDAY - timedelta(days=3), world.line.covered_from, world.line.covered_until, ZONE)
    with sqlite_database.transaction() as session:
        for person, days_ago in ((world.neurologist, 20), (world.second_neurologist, 1)):
            at = NOW - timedelta(days=days_ago)
            rosters.record_duties(session, None, world.line, [(person, friday)], now=at, origin="plan")
    return board


def test_the_coming_night_is_shown_as_planned(board: FlaskClient) -> None:
    page = _text(board, MONDAY_NIGHT)

    assert "Dr. Jana Okafor" in page and "As planned today" in page


def test_the_past_stands_as_it_was_known_then_and_as_we_know_it_today(
    corrected_board: FlaskClient,
) -> None:
    then, today = (_text(corrected_board, path) for path in (FRIDAY_NIGHT, f"{FRIDAY_NIGHT}&known=today"))

    assert "As it was known then" in then and ">Okafor</span>" in then and ">Brandt</span>" not in then
    assert "As we know it today" in today and ">Brandt</span>" in today and ">Okafor</span>" not in today
    assert 'href="/duty-board?known=today&amp;day=2026-11-20&amp;time=20:00"' in then
    assert 'href="/duty-board?day=2026-11-20&amp;time=20:00"' in today


@pytest.mark.parametrize(
    ("known", "name"),
    [
        ("known_day=2026-11-22", "Dr. Tom Brandt"),
        ("known_day=2026-11-21", "Dr. Jana Okafor"),
        ("known_day=2026-11-22&known_time=07:59", "Dr. Jana Okafor"),
        ("known_day=2026-11-22&known_time=08:00", "Dr. Tom Brandt"),
        ("known_day=2026-11-01", "Nobody on duty"),
    ],
)
def test_any_day_can_be_asked_what_was_known_on_it(
    corrected_board: FlaskClient, known: str, name: str
) -> None:
    page = _text(corrected_board, f"{FRIDAY_NIGHT}&{known}")

    assert name in page and "As it was known on" in page


@pytest.mark.parametrize("known", ["known_day=2026-11-24", "known_day=yesterday", "known_time=10:00"])
def test_what_will_be_known_later_is_refused_at_its_field(board: FlaskClient, known: str) -> None:
    page = _text(board, f"{MONDAY_NIGHT}&{known}", 422)

    assert 'id="known_day-error"' in page and 'href="#known_day"' in page


@pytest.mark.parametrize(
    "known",
    [
        "known_day=2026-03-29&known_time=02:30",
        "known_day=2026-10-25&known_time=02:30",
        "known_day=2026-11-20&known_time=x",
    ],
)
def test_a_time_that_is_none_or_two_is_refused_at_its_field(board: FlaskClient, known: str) -> None:
    """Covers PEER_FAILURES 13: the clock skips the hour in March and doubles it in October."""
    page = _text(board, f"{MONDAY_NIGHT}&{known}", 422)

    assert 'id="known_time-error"' in page and 'href="#known_time"' in page


def test_a_former_knowledge_of_the_present_says_so(board: FlaskClient) -> None:
    assert "As it was known on" in _text(board, "/duty-board?known_day=2026-11-20")


def test_an_intended_gap_alarms_nobody_and_says_so(
    board: FlaskClient, world: World, sqlite_database: Database
) -> None:
    tuesday = duty_span(MONDAY + timedelta(days=1), world.line.covered_from, world.line.covered_until, ZONE)
    with sqlite_database.transaction() as session:
        actor = world.actor(world.secretary)
        declared_gaps.declare_gap(session, actor, world.line, tuesday, "Umbau", now=NOW, key="k")

    page = _text(board, "/duty-board?day=2026-11-24&time=18:00")

    assert "Nobody, as intended" in page and "has-gap" not in page
    assert "Nobody on duty: 0 now, 1 within 24 hours." in page  # the night after is open still


@pytest.mark.parametrize("query", ["day=2026-03-29&time=02:30", "day=2026-10-25&time=02:30"])
def test_an_hour_that_the_clock_skips_or_doubles_is_shown(board: FlaskClient, query: str) -> None:
    _text(board, f"/duty-board?{query}")


def test_a_site_and_a_service_narrow_it(board: FlaskClient, world: World) -> None:
    page = _text(board, f"/duty-board?site={world.hub.id}&group=Neurologie")

    assert f'value="{world.hub.id}" selected' in page
    assert "<option selected>Neurologie</option>" in page
    assert "Neurologie Dienst" in page


def test_a_reader_in_another_zone_reads_both_clocks(
    board: FlaskClient, sqlite_database: Database, world: World
) -> None:
    """PEER_FAILURES 15: the reader's zone differs from the roster's; both stand there with their names."""
    with sqlite_database.transaction() as session:
        session.merge(world.requester).zone = "Europe/London"

    page = _text(board, "/duty-board?day=2026-11-23&time=20:00")

    assert "15:00 – Tue 24 Nov 2026, 07:00 GMT" in page
    assert "16:00 – Tue 24 Nov 2026, 08:00 CET" in page


def test_the_page_is_small_and_the_same_twice(board: FlaskClient) -> None:
    first, second = (board.get("/duty-board").data for _ in range(2))

    assert first == second
    assert len(first) < 150_000


def test_many_lines_are_pages_and_no_gap_hides_on_another_page(
    board: FlaskClient, sqlite_database: Database, world: World
) -> None:
    """PEER_FAILURES 32: the note on top speaks for all pages, and leads to the one where the line stands."""
    with sqlite_database.transaction() as session:
        for number in range(119):
            new = NewLine("Innere", f"Linie {number:03d}", "+49 5555 7", position=number + 1)
            line = rosters.add_line(session, None, world.neurology, new, now=NOW)
            session.flush()
            if number != 110:
                held = [(world.neurologist, Span(NOW - timedelta(days=1), NOW + timedelta(days=9)))]
                rosters.record_duties(session, None, line, held, now=NOW - timedelta(days=2), origin="plan")

    pages = [board.get(f"/duty-board?page={number}") for number in (1, 2, 3)]

    assert [page.text.count('<tr id="line-') for page in pages] == [50, 50, 20]
    assert all(len(page.data) < 110_000 for page in pages)
    assert "Innere, Linie 110 until" in pages[0].text and "/duty-board?page=3#line-" in pages[0].text
    assert "page=2" in pages[0].text
