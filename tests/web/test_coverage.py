"""The coverage pages: the heat map, the list of gaps, and intended gaps that are declared and withdrawn."""

from __future__ import annotations

import re
from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.rosters import duty_span
from confsched.models.rosters import DeclaredGap, DutyLine
from confsched.models.swaps import DutySwap
from confsched.services import rosters
from confsched.services.rosters import NewLine
from tests.support.web import SignIn
from tests.world import NOW, ZONE, World

MONDAY = date(2026, 11, 23)
OPEN = 3
CELL = re.compile(r'<td class="is-([a-z]+)([a-z ]*)"(?: colspan="(\d+)")?></td>')
MAX_BYTES = 100_000


def _night(offset: int) -> Span:
    return duty_span(MONDAY + timedelta(days=offset), time(16), time(8), ZONE)


@pytest.fixture
def coverage(sqlite_database: Database, world: World, client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    """Give the secretary's browser; the night of Thursday is open, all others are held."""
    with sqlite_database.transaction() as session:
        held = [(world.neurologist, _night(day)) for day in range(-1, 91) if day != OPEN]
        rosters.record_duties(session, None, world.line, held, now=NOW - timedelta(days=9), origin="plan")
    sign_in(client, world.secretary)
    return client


def _form(world: World, **other: str) -> dict[str, str]:
    span = _night(OPEN)
    return {
        "line_id": str(world.line.id),
        "starts_at": span.starts_at.isoformat(),
        "ends_at": span.ends_at.isoformat(),
        "reason": "Ward closed",
        "form_key": "key-1",
        **other,
    }


def _declared(database: Database) -> list[DeclaredGap]:
    with database.read() as session:
        return list(session.scalars(select(DeclaredGap)))


def test_the_heat_map_shows_ninety_days_of_each_line_and_its_gap_in_words(coverage: FlaskClient) -> None:
    """Covers PEER_FAILURES 32."""
    page = coverage.get("/coverage").text

    cells = CELL.findall(page)
    assert [(state, int(days or 1)) for state, _, days in cells] == [("on", 3), ("gap", 2), ("on", 85)]
    assert "Gaps: 1, 16:00 h" in page
    assert "Thu 26 Nov 2026, 16:00 – Fri 27 Nov 2026, 08:00" in page


def test_fifty_lines_of_many_gaps_stay_a_light_page(
    coverage: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        lines = [
            rosters.add_line(
                session, None, world.neurology, NewLine("Innere", f"Linie {n}", "+49 5"), now=NOW
            )
            for n in range(60)
        ]
        session.flush()
        for line in lines:
            held = [(world.neurologist, _night(day)) for day in range(0, 90, 3)]
            rosters.record_duties(session, None, line, held, now=NOW, origin="plan")

    first, second = coverage.get("/coverage"), coverage.get("/coverage?page=2")

    assert len(first.data) < MAX_BYTES
    assert first.text.count('<th scope="row">') == 50 and second.text.count('<th scope="row">') == 11
    assert "page=2" in first.text


def test_a_filter_narrows_and_keeps_what_was_chosen(coverage: FlaskClient, world: World) -> None:
    page = coverage.get(f"/coverage?site={world.hub.id}&group=Neurologie&gaps=only").text

    assert f'value="{world.hub.id}" selected' in page and 'value="only" selected' in page
    assert "Neurologie Dienst" in page


@pytest.mark.parametrize("path", ["/coverage", "/coverage/gaps"])
@pytest.mark.parametrize(
    ("query", "field"),
    [("site=moorfeld", "site"), (f"site={MONDAY}", "site"), ("group=%3Cscript%3E", "group")],
)
def test_a_filter_that_means_nothing_is_named_at_its_field(
    coverage: FlaskClient, path: str, query: str, field: str
) -> None:
    answer = coverage.get(f"{path}?{query}")

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text and f'href="#{field}"' in answer.text


PAST = "known_day=2026-11-20&known_time=12:00"


def test_a_former_instant_is_shown_without_anything_to_press(coverage: FlaskClient, world: World) -> None:
    """Covers PEER_FAILURES 32: the gap stood there on Friday, and was declared on Monday only."""
    coverage.post("/coverage/gaps", data=_form(world))

    heat, gaps = (coverage.get(f"/coverage{path}?group=Neurologie&{PAST}").text for path in ("", "/gaps"))

    assert [state for state, _, _ in CELL.findall(heat)] == ["on", "gap", "on"]
    assert "intended" in {state for state, _, _ in CELL.findall(coverage.get("/coverage").text)}
    for page in (heat, gaps):
        assert "As it was known on Fri 20 Nov 2026, 12:00." in page and "1 gap</span>" in page
        assert "As known now" not in page
        assert not any(words in page for words in ("Declare intended", "Ask for cover", "Withdraw"))
        assert 'value="2026-11-20"' in page and 'value="12:00"' in page
    assert 'href="/coverage?group=Neurologie">Back to the present</a>' in heat
    assert f"/coverage/gaps?group=Neurologie&amp;{PAST.replace('&', '&amp;')}" in heat
    assert "None was declared then." in gaps and "Ward closed" not in gaps


def test_a_day_alone_means_its_end_and_today_means_now(coverage: FlaskClient) -> None:
    """Covers PEER_FAILURES 32: all was published nine days before Monday, at 08:00 on Saturday the 14th."""
    before, on_the_day, today = (
        coverage.get(f"/coverage?known_day={day}").text for day in ("2026-11-13", "2026-11-14", "2026-11-23")
    )

    assert "Gaps: 90." in before and "Gaps: 1." in on_the_day
    assert "As it was known on Sat 14 Nov 2026, 23:59." in on_the_day
    assert "As known now" in today and "As it was known" not in today and "Ask for cover" in today


@pytest.mark.parametrize("path", ["/coverage", "/coverage/gaps"])
@pytest.mark.parametrize(
    ("day", "time_of_day", "field"),
    [
        ("2026-11-24", "", "known_day"),
        ("2026-11-23", "08:01", "known_day"),
        ("yesterday", "", "known_day"),
        ("9999-12-31", "", "known_day"),
        ("", "10:00", "known_day"),
        ("2026-11-20", "25:00", "known_time"),
        ("2026-03-29", "02:30", "known_time"),
        ("2026-10-25", "02:30", "known_time"),
    ],
)
def test_an_instant_that_is_none_or_not_yet_is_named_and_kept_at_its_field(
    coverage: FlaskClient, path: str, day: str, time_of_day: str, field: str
) -> None:
    """Covers PEER_FAILURES 13: an hour that the clock skips or doubles is no answer to "when"."""
    answer = coverage.get(f"{path}?known_day={day}&known_time={time_of_day}")

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text and f'href="#{field}"' in answer.text
    assert f'value="{day}"' in answer.text and f'value="{time_of_day}"' in answer.text


@pytest.mark.parametrize("at", ["2026-03-29&known_time=01:59", "2026-10-25&known_time=03:00"])
def test_the_hours_beside_a_clock_change_can_be_asked(coverage: FlaskClient, at: str) -> None:
    page = coverage.get(f"/coverage?known_day={at}")

    assert page.status_code == 200 and "Gaps: 90." in page.text


def test_what_is_over_can_be_looked_at_only(coverage: FlaskClient) -> None:
    page = coverage.get("/coverage/gaps?day=2026-11-20").text

    past, _, coming = page.partition("Thu 26 Nov")
    assert "days from Fri 20 Nov 2026 on" in page and "Fri 20 Nov 2026, 16:00" in past
    assert "Declare intended" not in past and "Declare intended" in coming
    assert coverage.get("/coverage?day=soon").status_code == 422


def test_a_gap_is_declared_with_its_reason_and_alarms_no_more(
    coverage: FlaskClient, world: World, sqlite_database: Database
) -> None:
    answer = coverage.post("/coverage/gaps?group=Neurologie", data=_form(world))

    assert (answer.status_code, answer.headers["Location"]) == (303, "/coverage/gaps?group=Neurologie")
    [gap] = _declared(sqlite_database)
    assert (gap.reason, Span(gap.starts_at, gap.ends_at)) == ("Ward closed", _night(OPEN))
    page = coverage.get("/coverage/gaps").text
    assert "Ward closed" in page and "No gap" in page
    assert [state for state, _, _ in CELL.findall(coverage.get("/coverage").text)] == ["on", "intended", "on"]


def test_the_same_form_twice_declares_once(
    coverage: FlaskClient, world: World, sqlite_database: Database
) -> None:
    """Covers PEER_FAILURES 11."""
    answers = [coverage.post("/coverage/gaps", data=_form(world)).status_code for _ in range(2)]

    assert answers == [303, 303]
    assert len(_declared(sqlite_database)) == 1


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({"reason": ""}, 422),
        ({"reason": "geb. 12.03.1956"}, 422),
        ({"starts_at": "tomorrow"}, 422),
        ({"ends_at": NOW.isoformat()}, 422),
        ({"ends_at": _night(OPEN + 1).ends_at.isoformat()}, 409),
        ({"line_id": "x"}, 404),
        ({"form_key": ""}, 409),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_declared(
    coverage: FlaskClient, world: World, sqlite_database: Database, other: dict[str, str], status: int
) -> None:
    answer = coverage.post("/coverage/gaps", data=_form(world, **other))

    assert answer.status_code == status
    assert _declared(sqlite_database) == []


def test_a_reason_that_is_refused_stands_where_it_was_typed(coverage: FlaskClient, world: World) -> None:
    page = coverage.post("/coverage/gaps", data=_form(world, reason="geb. 12.03.1956")).text

    assert 'value="geb. 12.03.1956"' in page
    assert 'aria-describedby="reason-1-error"' in page and '<details class="m-t2" open>' in page


def test_an_intended_gap_is_withdrawn_once(
    coverage: FlaskClient, world: World, sqlite_database: Database
) -> None:
    coverage.post("/coverage/gaps", data=_form(world))
    path = f"/coverage/gaps/{_declared(sqlite_database)[0].id}/withdrawal"

    assert path in coverage.get("/coverage/gaps").text
    assert [coverage.post(path).status_code for _ in range(2)] == [303, 409]
    assert "16:00 h" in coverage.get("/coverage/gaps").text


def test_cover_is_asked_for_with_one_press_and_the_gap_says_so(
    coverage: FlaskClient, sqlite_database: Database
) -> None:
    page = coverage.get("/coverage").text
    form = page.partition('action="/swaps/cover"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(line_id|starts_at|ends_at|form_key)" value="([^"]*)"', form))

    answers = [coverage.post("/swaps/cover", data=fields).status_code for _ in range(2)]

    assert answers == [303, 303]
    with sqlite_database.read() as session:
        [swap] = session.scalars(select(DutySwap))
    assert Span(swap.starts_at, swap.ends_at) == _night(OPEN)
    after = coverage.get("/coverage/gaps").text
    assert f'href="/swaps/{swap.id}"' in after and "cover asked for" in after
    assert 'action="/swaps/cover"' not in after


def test_a_coordinator_looks_and_a_stranger_does_not(
    coverage: FlaskClient, world: World, sqlite_database: Database, sign_in: SignIn
) -> None:
    coverage.post("/coverage/gaps", data=_form(world))
    withdrawal = f"/coverage/gaps/{_declared(sqlite_database)[0].id}/withdrawal"
    for person, seen in (
        (world.coordinator, 200),
        (world.admin, 200),
        (world.requester, 403),
        (world.auditor, 403),
    ):
        sign_in(coverage, person)
        for path in ("/coverage", "/coverage/gaps"):
            assert coverage.get(path).status_code == seen
        assert coverage.post("/coverage/gaps", data=_form(world, form_key="other")).status_code == 403
        assert coverage.post(withdrawal).status_code == 403


def test_the_secretary_of_another_house_sees_the_gap_and_may_not_touch_it(
    coverage: FlaskClient, world: World, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        line = session.get_one(DutyLine, world.line.id)
        department = type(world.neurology)(site_id=world.spoke.id, name="Innere", discipline="internal")
        session.add(department)
        session.flush()
        line.department_id = department.id

    page = coverage.get("/coverage/gaps").text

    assert "Krankenhaus Moorfeld" in page and "Declare intended" not in page
    assert coverage.post("/coverage/gaps", data=_form(world)).status_code == 404


def test_visitors_are_asked_to_sign_in(client: FlaskClient) -> None:
    answer = client.get("/coverage")

    assert answer.status_code == 302 and "/login" in answer.headers["Location"]
