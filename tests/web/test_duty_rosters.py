"""The months: who may see and change them, cells by form and by script, publishing and looking back."""

from __future__ import annotations

import re
import uuid
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.models.audit import AuditEvent
from confsched.models.network import Department, Site
from confsched.services import duty_rosters
from confsched.services.duty_rosters import CellEdit
from tests.support.full_month import fill_month
from tests.support.rosters import DECEMBER, RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import NOW, World, book, local

MAX_PAGE_BYTES, MAX_ANSWER_BYTES = 150_000, 20_000
TENTH = "2026-12-10"


@pytest.fixture
def ward(sqlite_database: Database, world: World) -> RosterWorld:
    with sqlite_database.transaction() as session:
        return build_department(session, world)


@pytest.fixture
def secretary(ward: RosterWorld, client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, ward.world.secretary)
    return client


def _month(ward: RosterWorld, month: str = "2026-12") -> str:
    return f"/rosters/{ward.department.id}/{month}"


def _send(client: FlaskClient, ward: RosterWorld, *edits: Any, status: int = 200) -> dict[str, Any]:
    answer = client.post(f"{_month(ward)}/cells", json={"edits": list(edits)})
    assert answer.status_code == status
    found: dict[str, Any] = answer.get_json()
    return found


def _cell(ward: RosterWorld, name: str, text: str, version: int = 0, day: str = TENTH) -> list[Any]:
    return [str(ward.person(name).id), day, text, version]


def _fields(ward: RosterWorld, **cells: tuple[str, str, int]) -> dict[str, str]:
    """Return the form of a day: name=(typed, was, version)."""
    form = {"day": TENTH}
    for name, (typed, was, version) in cells.items():
        person_id = ward.person(name).id
        form |= {f"cell-{person_id}": typed, f"was-{person_id}": was, f"seen-{person_id}": str(version)}
    return form


def _publish(client: FlaskClient, ward: RosterWorld, edition: int = 0) -> TestResponse:
    """Publish, and confirm the numbers where the page asks for it."""
    sent = {"seen_edition": str(edition)}
    answer = client.post(f"{_month(ward)}/publication", data=sent)
    asked = re.search(r'name="confirmed" value="([^"]*)"', answer.text)
    if asked is None:
        return answer
    return client.post(f"{_month(ward)}/publication", data={**sent, "confirmed": asked[1]})


def _edit_as_colleague(database: Database, ward: RosterWorld, name: str, text: str, version: int = 0) -> None:
    edit = CellEdit(ward.person(name).id, date.fromisoformat(TENTH), text, version)
    with database.transaction() as session:
        duty_rosters.edit_cells(session, ward.second_actor, ward.department, DECEMBER, [edit], now=NOW)


def _drawn(answer: dict[str, Any]) -> str:
    """Return what the script takes over, one piece after the other."""
    return "".join(html for _, _, html in answer["pieces"])


def _seen(page: str) -> dict[str, str]:
    """Return what a page says of its pieces, as the script sends it back."""
    found = re.search(r'data-seen="([^"]*)"', page)
    assert found
    return dict(one.split(":") for one in found[1].split())


def _badges(page: str, ward: RosterWorld, name: str) -> list[str]:
    row = re.search(rf'<tr data-id="{ward.person(name).id}".*?</tr>', page, re.DOTALL)
    assert row
    return re.findall(r"<b class=[a-z-]+>([^<]*)</b>", row[0])


# ---- the pages ----


def test_the_departments_of_the_house_lead_to_this_month_and_the_next(
    secretary: FlaskClient, ward: RosterWorld
) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"))
    page = secretary.get("/rosters/").text
    assert f'href="{_month(ward, "2026-11")}"' in page and f'href="{_month(ward)}"' in page
    assert "1 change waits" in page and "not published yet" in page
    assert "open stretches from now on" in page and f"/rosters/{ward.department.id}/codes" in page


def test_a_house_without_departments_is_told_what_that_means(
    ward: RosterWorld, client: FlaskClient, sign_in: SignIn
) -> None:
    sign_in(client, ward.world.stranger)
    page = client.get("/rosters/").text
    assert "No department in this house" in page
    assert "Neurologie" not in page


def test_the_month_shows_codes_gaps_holidays_and_a_line_for_each_position(
    secretary: FlaskClient, ward: RosterWorld
) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "n"), _cell(ward, "Voss", "X"))
    page = secretary.get(_month(ward)).text
    assert _badges(page, ward, "Kolb") == ["N"]
    assert 'title="Erster Weihnachtstag"' in page
    assert "Eve of a public holiday" in page
    assert page.count('<td class="gap">') == 30 + 31 + 31
    assert "2 entries, never published" in page
    assert "<script>" not in page and "style=" not in page


@pytest.mark.parametrize(
    ("state", "month", "day", "is_holiday"),
    [
        ("DE-ST", "2027-01", 6, True),
        ("DE-NI", "2027-01", 6, False),
        ("DE-ST", "2026-10", 31, True),
        ("DE-NI", "2026-10", 31, True),
        ("DE-HE", "2026-10", 31, False),
    ],
)
def test_holidays_are_those_of_the_state_in_which_the_site_lies(
    secretary: FlaskClient,
    ward: RosterWorld,
    sqlite_database: Database,
    state: str,
    month: str,
    day: int,
    is_holiday: bool,
) -> None:
    with sqlite_database.transaction() as session:
        session.get_one(Site, ward.world.hub.id).state = state
    page = secretary.get(_month(ward, month)).text
    head = re.search(rf'<th scope="col"[^>]*><a href="\?day={month}-{day:02}">', page)
    assert head and ('class="hol"' in head[0]) == is_holiday


@pytest.mark.parametrize(("month", "night"), [("2026-03", "28"), ("2026-10", "24")])
def test_a_gap_in_the_night_in_which_the_clocks_change_names_both_zones(
    secretary: FlaskClient, ward: RosterWorld, month: str, night: str
) -> None:
    """PEER_FAILURES 13: a night of 15 or 17 hours is one gap, neither cut nor doubled."""
    page = secretary.get(f"{_month(ward, month)}?day={month}-{night}").text
    assert page.count("Neurologie Dienst") == 1
    assert re.search(r"16:00 C(E|ES)T–08:00 C(E|ES)T", page) or "16:00–08:00" in page


@pytest.mark.parametrize("month", ["2026-13", "december", "1026-12", "2026-12-01", "2026-1", "２０２６-１２"])
def test_what_is_no_month_is_not_found(secretary: FlaskClient, ward: RosterWorld, month: str) -> None:
    assert secretary.get(_month(ward, month)).status_code == 404


@pytest.mark.parametrize("query", ["known=yesterday", "known=2026-12-01", "day=2026-11-10", "day=x"])
def test_an_address_that_means_nothing_is_refused(
    secretary: FlaskClient, ward: RosterWorld, query: str
) -> None:
    assert secretary.get(f"{_month(ward)}?{query}").status_code in (404, 422)


def test_a_colleague_reads_what_is_published_and_no_more(
    secretary: FlaskClient, ward: RosterWorld, sign_in: SignIn
) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"), _cell(ward, "Voss", "U"))
    _publish(secretary, ward)
    _send(secretary, ward, _cell(ward, "Kolb", "R", 1))
    sign_in(secretary, ward.person("Rieger"))
    page = secretary.get(_month(ward)).text
    assert _badges(page, ward, "Kolb") == ["N"]
    assert _badges(page, ward, "Voss") == ["–"]
    assert "data-cells" not in page and "/publication" not in page and "?day=" not in page
    answer = secretary.get(f"{_month(ward)}?day={TENTH}")
    assert answer.status_code == 303


def test_strangers_find_no_month_and_visitors_sign_in(
    ward: RosterWorld, client: FlaskClient, sign_in: SignIn
) -> None:
    assert client.get(_month(ward)).status_code == 302
    sign_in(client, ward.world.stranger)
    assert client.get(_month(ward)).status_code == 404
    assert client.post(f"{_month(ward)}/cells", json={"edits": []}).status_code == 403
    sign_in(client, ward.world.auditor)
    assert client.get(_month(ward)).status_code == 403


# ---- cells of the script ----


def test_the_script_gets_versions_and_the_new_picture_back(secretary: FlaskClient, ward: RosterWorld) -> None:
    answer = _send(secretary, ward, _cell(ward, "Kolb", "n"), _cell(ward, "Voss", "t r"))
    keys = {f"{ward.person(name).id} {TENTH}": 1 for name in ("Kolb", "Voss")}
    assert {one["key"]: one["version"] for one in answer["saved"]} == keys
    assert _badges(_drawn(answer), ward, "Voss") == ["T/R"]
    assert "Publish 2 changes" in _drawn(answer)
    assert answer["sentence"] == "Saved."


def test_sending_the_same_cells_twice_changes_nothing_more(secretary: FlaskClient, ward: RosterWorld) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"))
    again = _send(secretary, ward, _cell(ward, "Kolb", "N"))
    assert again["conflicts"] == []
    assert "Publish 1 change<" in _drawn(again)


def test_a_cell_that_a_colleague_changed_keeps_theirs_and_says_so(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    _edit_as_colleague(sqlite_database, ward, "Kolb", "R")
    answer = _send(secretary, ward, _cell(ward, "Kolb", "N"), _cell(ward, "Voss", "T"))
    (conflict,) = answer["conflicts"]
    assert (conflict["mine"], conflict["theirs"], conflict["version"]) == ("N", "R", 1)
    assert conflict["sentence"] == "Lara Brandis changed this to R at 08:00; you typed N."
    assert _badges(_drawn(answer), ward, "Kolb") == ["R"] and _badges(_drawn(answer), ward, "Voss") == ["T"]
    assert "Changed by somebody else meanwhile: 1." in answer["sentence"]
    assert _send(secretary, ward, _cell(ward, "Kolb", "N", 1))["conflicts"] == []


@pytest.mark.parametrize("text", ["NACHTS", "N/R/T/U", "N" * 500, "a\x00b\ud800cdefg"])
def test_what_no_cell_can_hold_comes_back_with_a_sentence(
    secretary: FlaskClient, ward: RosterWorld, text: str
) -> None:
    answer = _send(secretary, ward, _cell(ward, "Kolb", text), _cell(ward, "Voss", "T"))
    (problem,) = answer["problems"]
    assert problem["key"].startswith(str(ward.person("Kolb").id)) and problem["sentence"]
    assert _badges(_drawn(answer), ward, "Kolb") == [] and _badges(_drawn(answer), ward, "Voss") == ["T"]


@pytest.mark.parametrize(
    "sent",
    [
        [],
        {"edits": "N"},
        {"edits": [["x", TENTH, "N", 0]]},
        {"edits": [[str(uuid.uuid4()), "yesterday", "N", 0]]},
        {"edits": [[str(uuid.uuid4()), TENTH, 5, 0]]},
        {"edits": [[str(uuid.uuid4()), TENTH, "N", True]]},
        {"edits": [[str(uuid.uuid4()), TENTH, "N", -1]]},
        {"edits": [[str(uuid.uuid4()), TENTH, "N"]]},
        {"edits": [[]] * 4000},
    ],
)
def test_what_the_script_would_never_send_is_refused_with_a_sentence(
    secretary: FlaskClient, ward: RosterWorld, sent: Any
) -> None:
    answer = secretary.post(f"{_month(ward)}/cells", json=sent)
    assert answer.status_code == 422
    assert answer.get_json()["sentence"]


@pytest.mark.parametrize("sent", ["[" * 100_000, '{"edits": [[1, 2, "N", ' + "9" * 5_000 + "]]}", "\x00"])
def test_what_is_too_deep_or_too_long_to_be_read_is_refused(
    secretary: FlaskClient, ward: RosterWorld, sent: str
) -> None:
    answer = secretary.post(f"{_month(ward)}/cells", data=sent, content_type="application/json")
    assert answer.status_code == 422
    form = _fields(ward, Voss=("N", "", 0)) | {f"seen-{ward.person('Voss').id}": "0" * 5_000}
    assert secretary.post(f"{_month(ward)}/cells", data=form).status_code == 422


def test_people_of_other_houses_stand_in_no_cell(secretary: FlaskClient, ward: RosterWorld) -> None:
    answer = _send(secretary, ward, [str(ward.world.stranger.id), TENTH, "N", 0])
    assert answer["saved"] == [] and len(answer["problems"]) == 1
    assert ward.world.stranger.name not in _drawn(answer)


def test_no_cell_is_taken_without_a_form_token(secretary: FlaskClient, ward: RosterWorld) -> None:
    answer = secretary.post(f"{_month(ward)}/cells", json={"edits": []}, csrf=False)
    assert answer.status_code == 400


# ---- cells of a form ----


def test_a_day_is_filled_in_without_script(secretary: FlaskClient, ward: RosterWorld) -> None:
    page = secretary.get(f"{_month(ward)}?day={TENTH}").text
    assert f'name="cell-{ward.person("Kolb").id}"' in page
    assert "Thursday 10 Dec 2026" in page
    form = _fields(ward, Kolb=("n", "", 0), Voss=("", "", 0))
    answer = secretary.post(f"{_month(ward)}/cells", data=form)
    assert (answer.status_code, answer.location) == (303, _month(ward))
    page = secretary.get(_month(ward)).text
    assert _badges(page, ward, "Kolb") == ["N"] and "Saved in the draft: 1." in page


def test_what_was_left_alone_in_a_form_is_no_edit(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    _edit_as_colleague(sqlite_database, ward, "Voss", "U")
    answer = secretary.post(f"{_month(ward)}/cells", data=_fields(ward, Kolb=("N", "", 0), Voss=("", "", 0)))
    assert answer.status_code == 303
    assert _badges(secretary.get(_month(ward)).text, ward, "Voss") == ["U"]


def test_a_form_that_meets_a_colleagues_cell_keeps_both(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    _edit_as_colleague(sqlite_database, ward, "Kolb", "R")
    answer = secretary.post(f"{_month(ward)}/cells", data=_fields(ward, Kolb=("N", "", 0), Voss=("T", "", 0)))
    assert answer.status_code == 409
    assert "Lara Brandis changed this to R at 08:00; you typed N." in answer.text
    person_id = ward.person("Kolb").id
    assert f'name="cell-{person_id}" value="N"' in answer.text
    assert f'name="was-{person_id}" value="R"' in answer.text
    assert f'name="seen-{person_id}" value="1"' in answer.text
    again = secretary.post(f"{_month(ward)}/cells", data=_fields(ward, Kolb=("N", "R", 1)))
    assert again.status_code == 303


def test_a_wrong_code_in_a_form_is_named_at_its_field(secretary: FlaskClient, ward: RosterWorld) -> None:
    answer = secretary.post(f"{_month(ward)}/cells", data=_fields(ward, Kolb=("NACHTS", "", 0)))
    field = f"cell-{ward.person('Kolb').id}"
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text and 'aria-invalid="true"' in answer.text
    assert 'value="NACHTS"' in answer.text


@pytest.mark.parametrize("form", [{}, {"day": "2026-11-10"}, {"day": TENTH, "cell-x": "N"}])
def test_a_form_of_no_day_is_refused(secretary: FlaskClient, ward: RosterWorld, form: dict[str, str]) -> None:
    assert secretary.post(f"{_month(ward)}/cells", data=form).status_code == 422


# ---- steps, publications, reasons ----


def test_a_step_is_undone_and_done_again_by_form_and_by_script(
    secretary: FlaskClient, ward: RosterWorld
) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"))
    assert secretary.post(f"{_month(ward)}/undo").status_code == 303
    assert _badges(secretary.get(_month(ward)).text, ward, "Kolb") == []
    answer = secretary.post(f"{_month(ward)}/redo", json={"edits": []}).get_json()
    assert _badges(_drawn(answer), ward, "Kolb") == ["N"] and answer["sentence"] == "Done again."


@pytest.mark.parametrize("name", ["undo", "redo"])
def test_without_a_step_the_page_says_so(secretary: FlaskClient, ward: RosterWorld, name: str) -> None:
    _send(secretary, ward)
    answer = secretary.post(f"{_month(ward)}/{name}")
    assert answer.status_code == 422
    assert "There is no step of yours" in answer.text and "data-cells" in answer.text


def test_a_month_is_published_once_and_looked_back_at(
    secretary: FlaskClient, ward: RosterWorld, moment: time_machine.Traveller
) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"))
    assert _publish(secretary, ward).status_code == 303
    assert "Edition 1 is published. Changes: 1." in secretary.get(_month(ward)).text
    moment.shift(timedelta(minutes=10))
    _send(secretary, ward, _cell(ward, "Kolb", "R", 1))
    assert _publish(secretary, ward, 0).status_code == 409
    assert _publish(secretary, ward, 1).status_code == 303
    page = secretary.get(_month(ward)).text
    then = re.findall(r'href="([^"]*known=[^"]*)"', page)[1].replace("&amp;", "&")
    former = secretary.get(then).text
    assert _badges(former, ward, "Kolb") == ["N"] and "As it was published on" in former
    assert "data-cells" not in former

    restored = secretary.post(f"{_month(ward)}/restoration", data={"number": "1", "seen_edition": "2"})
    assert restored.status_code == 303
    assert _badges(secretary.get(_month(ward)).text, ward, "Kolb") == ["N"]


def test_a_month_with_gaps_and_warnings_asks_once_and_keeps_the_answer(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"), _cell(ward, "Kolb", "T", day="2026-12-11"))
    with sqlite_database.read() as session:
        department = session.get_one(Department, ward.department.id)
        view = duty_rosters.load_month(session, ward.actor, department, DECEMBER, now=NOW)
    gaps, warnings = view.unanswered.gaps, view.unanswered.warnings
    assert gaps == len(view.gaps) > 0 and warnings == 1

    sent = {"seen_edition": "0", "confirmed": f"{gaps + 1}-{warnings}", "reason": "x"}
    page = secretary.post(f"{_month(ward)}/publication", data=sent).text
    assert f"{gaps} gaps" in page and "1 warning" in page and 'value="x"' in page
    assert f'href="{_month(ward)}?all=gaps#gaps"' in page
    assert f'href="{_month(ward)}?all=warnings#warnings"' in page
    month = secretary.get(_month(ward)).text
    assert "2 entries, never published" in month
    by_line = re.findall(r'class="gapsum"[^>]*>(\d+) gap', month)
    assert sum(map(int, by_line)) == gaps
    assert re.search(rf"<h2>Gaps</h2><span [^>]*>.*?{gaps}</span>", month)

    sent |= {"confirmed": f"{gaps}-{warnings}"}
    wrong = secretary.post(f"{_month(ward)}/publication", data=sent | {"reason": "x" * 121})
    assert wrong.status_code == 422 and "at most 120" in wrong.text
    answer = secretary.post(f"{_month(ward)}/publication", data=sent | {"reason": "Rest follows"})
    assert (answer.status_code, answer.location) == (303, _month(ward))
    with sqlite_database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "publish")).one()
    assert event.detail == f"edition 1, 2 cells, gaps {gaps}, warnings 1: Rest follows"


def test_what_would_be_refused_is_not_asked_for_first(secretary: FlaskClient, ward: RosterWorld) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "X"))
    answer = secretary.post(f"{_month(ward)}/publication", data={"seen_edition": "0"})
    assert answer.status_code == 422 and 'name="confirmed"' not in answer.text


def test_meetings_that_a_publication_breaks_are_named_up_to_five_with_the_way_to_each(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database
) -> None:
    with sqlite_database.transaction() as session:
        starts = [local(DECEMBER.replace(day=day), time(hour)) for day in (1, 2, 3) for hour in (10, 14)]
        meetings = [book(session, ward.world, at, f"key-{at}") for at in starts]
        away = {
            (part.person, meeting.starts_at.day)
            for meeting in meetings
            for part in meeting.participations
            if part.person_id != ward.world.requester.id
        }
    for person, day in away:
        _send(secretary, ward, _cell(ward, person.family_name, "U", day=f"2026-12-{day:02}"))
    _publish(secretary, ward)
    page = secretary.get(_month(ward)).text
    links = re.findall(r'<a href="(/bookings/[0-9a-f-]+)">', page)
    assert links == [f"/bookings/{meeting.id}" for meeting in meetings[:5]]
    assert "Meetings that lose somebody: 6." in page and 'href="/bookings/"' in page
    assert secretary.get(links[0]).status_code == 200


def test_a_press_that_cannot_publish_says_why(secretary: FlaskClient, ward: RosterWorld) -> None:
    assert _publish(secretary, ward).status_code == 422
    _send(secretary, ward, _cell(ward, "Kolb", "X"))
    answer = _publish(secretary, ward)
    assert answer.status_code in (409, 422)
    assert 'id="errors"' in answer.text and _badges(answer.text, ward, "Kolb") == ["X"]
    assert secretary.post(f"{_month(ward)}/publication", data={"seen_edition": "x"}).status_code == 422


def test_a_reason_stands_beside_its_warning(secretary: FlaskClient, ward: RosterWorld) -> None:
    _send(secretary, ward, _cell(ward, "Kolb", "N"), _cell(ward, "Kolb", "T", day="2026-12-11"))
    page = secretary.get(_month(ward)).text
    asked = re.search(r'href="(\?warning=([^"#]*))#', page)
    assert asked
    form_page = secretary.get(_month(ward) + asked[1]).text
    values = dict(re.findall(r'name="(person_id|day|rule)" value="([^"]*)"', form_page))
    sent = {**values, "reason": "Swapped at short notice"}
    answer = secretary.post(f"{_month(ward)}/reasons", data=sent)
    assert (answer.status_code, answer.location) == (303, f"{_month(ward)}#warnings")
    assert "Reason: Swapped at short notice" in secretary.get(_month(ward)).text
    for wrong in ({"rule": "x"}, {"person_id": "x"}, {"day": "x"}, {"reason": "x" * 201}):
        assert secretary.post(f"{_month(ward)}/reasons", data=sent | wrong).status_code == 422


@pytest.mark.parametrize("name", ["cells", "undo", "redo", "publication", "restoration", "reasons"])
def test_who_may_not_edit_changes_nothing(
    ward: RosterWorld, client: FlaskClient, sign_in: SignIn, name: str
) -> None:
    for person in (ward.person("Rieger"), ward.world.coordinator, ward.world.admin):
        sign_in(client, person)
        assert client.post(f"{_month(ward)}/{name}").status_code == 403


# ---- size ----


def test_a_month_of_54_people_stays_light(
    secretary: FlaskClient, ward: RosterWorld, sqlite_database: Database, record_property: Any
) -> None:
    with sqlite_database.transaction() as session:
        people = fill_month(session, ward)
    page = secretary.get(_month(ward))
    assert page.text.count("<tr data-id") == 54
    assert len(page.data) < MAX_PAGE_BYTES
    _send(secretary, ward, *([str(people[9].id), day, "F", 1] for day in ("2026-12-04", "2026-12-05")))
    seen = _seen(page.text)
    answer = secretary.post(
        f"{_month(ward)}/cells", json={"edits": [[str(people[-1].id), TENTH, "R", 1]], "seen": seen}
    )
    rows = [name for name, _, _ in answer.get_json()["pieces"] if name.startswith("row-")]
    # Mine, the colleague's, and the one of whoever holds that line on that day as well.
    assert len(rows) == 3 and len(answer.data) < MAX_ANSWER_BYTES
    record_property(
        "figure",
        f"54 names by 31 days, all full: {len(page.data) / 1000:.0f} kB, "
        f"an edit after a colleague's {len(answer.data) / 1000:.1f} kB",
    )
