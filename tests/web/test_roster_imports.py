"""The pages of an import: from a file or a paste over questions and a dry run into the draft."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from confsched.db import Database
from confsched.models.duty_rosters import RosterCell, RosterImport
from confsched.models.people import Person
from tests.formats.roster_books import refused, workbook
from tests.support.rosters import RosterWorld, build_department
from tests.support.web import SignIn
from tests.world import World

HEAD = ["Name", *(str(day) for day in range(1, 32))]
SHEET = [HEAD, ["Dr. Sölle", "N", "N/R"], ["Ahrend, Kim", "", "", "N"]]


@pytest.fixture
def rw(sqlite_database: Database, world: World) -> RosterWorld:
    with sqlite_database.transaction() as session:
        return build_department(session, world)


@pytest.fixture
def secretary(client: FlaskClient, rw: RosterWorld, sign_in: SignIn) -> FlaskClient:
    sign_in(client, rw.world.secretary)
    return client


def _tsv(rows: list[list[str]]) -> str:
    return "\n".join("\t".join([*row, *[""] * (len(HEAD) - len(row))]) for row in rows)


def _start_url(rw: RosterWorld, month: str = "2026-12") -> str:
    return f"/rosters/{rw.department.id}/{month}/import"


def _paste(client: FlaskClient, rw: RosterWorld, rows: list[list[str]], month: str = "2026-12") -> str:
    """Paste a sheet and return where the answer leads."""
    answer = client.post(
        _start_url(rw, month), data={"text": _tsv(rows), "form_key": f"key{len(rows)}{rows[-1]}"}
    )
    assert answer.status_code == 303, answer.text
    return urlsplit(answer.location).path


def _seen(page: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', page)
    assert found, page
    return found[1]


def _draft(database: Database, rw: RosterWorld) -> dict[tuple[str, int], str]:
    names = {person.id: name for name, person in rw.people.items()}
    with database.read() as session:
        rows = session.scalars(select(RosterCell)).all()
        return {(names[row.person_id], row.day.day): row.text for row in rows if row.text}


def _import_of(database: Database) -> RosterImport:
    with database.read() as session:
        return session.scalars(select(RosterImport)).one()


def test_a_sheet_that_explains_itself_goes_straight_to_the_dry_run_and_into_the_draft(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database
) -> None:
    assert "Read the sheet" in secretary.get(_start_url(rw)).text
    path = _paste(secretary, rw, SHEET)
    page = secretary.get(path).text

    assert path.endswith(str(_import_of(sqlite_database).id))
    assert "Nothing is changed yet." in page
    assert "Dr. Kim Sölle" in page and "closes a gap" in page
    assert _draft(sqlite_database, rw) == {}
    done = secretary.post(f"{path}/takeover", data={"seen": _seen(page)})
    assert (done.status_code, urlsplit(done.location).path) == (303, f"/rosters/{rw.department.id}/2026-12")
    assert "Taken over into the draft: 3 cells" in secretary.get(done.location).text
    assert _draft(sqlite_database, rw) == {("Sölle", 1): "N", ("Sölle", 2): "N/R", ("Ahrend", 3): "N"}


def _upload(client: FlaskClient, rw: RosterWorld, data: bytes, name: str, text: str = "") -> TestResponse:
    fields = {"file": (BytesIO(data), name), "text": text, "form_key": "upload"}
    return client.post(_start_url(rw), data=fields, content_type="multipart/form-data")


def test_a_workbook_is_read_like_a_paste(secretary: FlaskClient, rw: RosterWorld) -> None:
    answer = _upload(secretary, rw, workbook(SHEET, name="Dezember"), "NEU_Dez26.xlsx")

    page = secretary.get(answer.location).text
    assert "NEU_Dez26.xlsx" in page
    assert "Entries read: 4." in page


@pytest.mark.parametrize("kind", ["half a workbook", "a zip bomb", "billion laughs", "a PDF"])
def test_a_damaged_or_hostile_file_is_refused_at_the_field_and_the_paste_is_kept(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database, kind: str
) -> None:
    """Line 20 of the failures of others: half a file changes nothing."""
    data, why = refused()[kind]
    answer = _upload(secretary, rw, data, "plan.xlsx", text="what was typed")

    assert answer.status_code == 422
    assert why in answer.text and 'id="file-error"' in answer.text
    assert "what was typed" in answer.text
    with sqlite_database.read() as session:
        assert session.scalars(select(RosterImport)).all() == []


def test_an_empty_paste_is_asked_for(secretary: FlaskClient, rw: RosterWorld) -> None:
    answer = secretary.post(_start_url(rw), data={"text": " ", "form_key": "k"})

    assert answer.status_code == 422
    assert "Paste the cells of your roster here." in answer.text and 'id="text-error"' in answer.text


def test_a_sheet_of_another_month_is_asked_about_and_may_go_there(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database
) -> None:
    path = _paste(secretary, rw, [["Dienstplan November 2026"], *SHEET])
    page = secretary.get(path).text

    assert path.endswith("/columns")
    assert "The sheet says November 2026, you are in December 2026." in page
    there = secretary.post(path, data={"month": "2026-11"})
    run = secretary.get(there.location).text
    assert "November 2026" in run and "Sun 1 Nov" in run
    done = secretary.post(there.location + "/takeover", data={"seen": _seen(run)})
    assert urlsplit(done.location).path.endswith("2026-11")
    assert len(_draft(sqlite_database, rw)) == 3


def test_a_stale_title_can_be_overruled(secretary: FlaskClient, rw: RosterWorld) -> None:
    path = _paste(secretary, rw, [["Dienstplan November 2026"], *SHEET])

    here = secretary.post(path, data={"month": "2026-12"})
    assert "Tue 1 Dec" in secretary.get(here.location).text
    assert secretary.post(path, data={"month": "2026-13"}).status_code == 404


def test_names_and_codes_are_explained_once(secretary: FlaskClient, rw: RosterWorld) -> None:
    rows = [HEAD, ["Soelle-Berg", "N"], ["Fr. Unbekannt", "R", "Hg"], ["Kolb", "Hg"]]
    path = _paste(secretary, rw, rows)
    page = secretary.get(path).text
    assert "“Soelle-Berg” is" in page and "Code “Hg” means" in page
    assert "The legend knows H." in page

    fields = {
        "names_seen": "1",
        "name-0-text": "Fr. Unbekannt",
        "name-0": "-",
        "name-1-text": "Soelle-Berg",
        "name-1": str(rw.person("Sölle").id),
        "code-0-text": "Hg",
        "code-0": "H",
    }
    run = secretary.get(secretary.post(path, data=fields).location).text
    assert "Left out, as you said: 2." in run
    assert "Hintergrund" in run and "unclear</span>" in run

    again = _paste(secretary, rw, [*rows, ["Voss", ""]])
    assert not again.endswith("/columns"), "nothing is asked again"
    assert "Explained earlier (3)" in secretary.get(f"{again}/columns").text


def test_what_is_left_for_later_stays_open_beside_the_dry_run(
    secretary: FlaskClient, rw: RosterWorld
) -> None:
    path = _paste(secretary, rw, [HEAD, ["Niemand", "N"], ["Kolb", "XX"]])
    run = secretary.get(secretary.post(path, data={"names_seen": "1"}).location).text

    assert "2 things to clarify" in run
    assert "Nobody is known by this name" in run
    assert "What is unclear stays out" in run


def test_answers_that_make_no_sense_are_refused_on_the_page(secretary: FlaskClient, rw: RosterWorld) -> None:
    path = _paste(secretary, rw, [HEAD, ["Niemand", "N"], ["Kolb", "XX"]])
    for fields, sentence in (
        ({"name-0-text": "Niemand", "name-0": "nobody"}, "Choose somebody out of the list."),
        ({"name-0-text": "Niemand", "name-0": str(rw.world.stranger.id)}, "Choose somebody who works"),
        ({"code-0-text": "XX", "code-0": "QQQ"}, "Choose a code of the legend."),
        ({"sheet": "7"}, "Choose a sheet that the file has."),
        ({"sheet": "x"}, "Enter a number."),
        ({"kind": "cloud"}, "Choose one of the shapes."),
        ({"kind": "list", "name_column": ""}, "Choose the column in which the names stand."),
        ({"kind": "list", "name_column": "0"}, "A list needs a column for the day"),
        ({"kind": "plan"}, "Choose the column in which the days stand."),
        ({"kind": "plan", "day_column": "0", "header_row": "1"}, "Under the headings of this row"),
        ({"kind": "matrix", "name_column": "99", "header_row": "1"}, "Choose columns that the sheet has."),
        ({"kind": "matrix", "name_column": "0", "header_row": "2"}, "There are no days in row 2."),
        ({"kind": "matrix", "name_column": "0", "header_row": "900"}, "Choose a row that the sheet has."),
    ):
        answer = secretary.post(path, data=fields)
        assert (answer.status_code, sentence in answer.text) == (422, True), sentence


def test_a_sheet_without_known_headings_is_mapped_by_hand(secretary: FlaskClient, rw: RosterWorld) -> None:
    rows = [["Wann", "Wieso", "Wobei"], ["1.12.", "Kolb", "N"], ["2.12.", "Voss", "N"]]
    path = _paste(secretary, rw, rows)
    assert "neither a row of days nor headings" in secretary.get(path).text

    fields = {"kind": "list", "header_row": "1", "name_column": "1", "day_column": "0", "code_column": "2"}
    answer = secretary.post(path, data=fields)
    assert "Dr. Kim Voss" in secretary.get(answer.location).text
    again = _paste(secretary, rw, [*rows, ["3.12.", "Voss", "N"]])
    assert not again.endswith("/columns"), "the columns are remembered by the headings"


def test_a_workbook_with_several_sheets_is_asked_about(secretary: FlaskClient, rw: RosterWorld) -> None:
    from openpyxl import Workbook

    from tests.formats.roster_books import saved

    book = Workbook()
    for name in ("Station 1", "Station 2"):
        sheet = book.create_sheet(name)
        for row in (HEAD, ["Kolb" if name == "Station 1" else "Voss", "N"]):
            sheet.append(row)
    path = _upload(secretary, rw, saved(book), "plan.xlsx").location

    assert "The file has 2 sheets" in secretary.get(path).text
    run = secretary.get(secretary.post(path, data={"sheet": "1"}).location).text
    assert "Dr. Kim Voss" in run and "sheet “Station 2”" in run


def test_changes_are_filtered_and_paged(secretary: FlaskClient, rw: RosterWorld) -> None:
    full = ["Kolb", *("N" for _ in range(31))]
    path = _paste(secretary, rw, [HEAD, full, ["Voss", "XX"]])
    path = path.removesuffix("/columns")
    secretary.post(f"{path}/columns", data={"names_seen": "1"})

    assert "Page 1 of 2, 32 entries" in secretary.get(path).text
    assert "Thu 31 Dec" in secretary.get(f"{path}?page=2").text
    unclear = secretary.get(f"{path}?kind=unclear").text
    assert "The legend does not know XX" in unclear and "Thu 31 Dec" not in unclear
    assert secretary.get(f"{path}?kind=nonsense&page=x").status_code == 200


def test_what_a_sheet_says_is_never_markup(secretary: FlaskClient, rw: RosterWorld) -> None:
    evil = "<script>alert(1)</script>"
    rows = [[evil], HEAD, [f"Kolb {evil}", "N"], ["Voss", "<b>"], ["=1+1", "N"], [f"Summe {evil}", "1"]]
    path = _paste(secretary, rw, rows)
    run = secretary.post(path, data={"names_seen": "1"}).location
    pages = [secretary.get(path).text, secretary.get(run).text]

    assert all("<script>alert" not in page and "<B>" not in page for page in pages)
    assert all("&lt;script&gt;alert(1)" in page and "&lt;b&gt;" in page.lower() for page in pages)


def test_taking_over_after_the_draft_changed_shows_the_dry_run_once_more(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database
) -> None:
    path = _paste(secretary, rw, SHEET)
    seen = _seen(secretary.get(path).text)
    edits = [[str(rw.person("Sölle").id), "2026-12-01", "R", 0]]
    secretary.post(f"/rosters/{rw.department.id}/2026-12/cells", json={"edits": edits})

    answer = secretary.post(f"{path}/takeover", data={"seen": seen})
    assert answer.status_code == 409
    assert "These are the changes now" in answer.text
    assert _draft(sqlite_database, rw) == {("Sölle", 1): "R"}
    assert secretary.post(f"{path}/takeover", data={"seen": _seen(answer.text)}).status_code == 303


def test_what_is_sent_twice_is_done_once(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database
) -> None:
    data = {"text": _tsv(SHEET), "form_key": "the same"}
    first, second = (secretary.post(_start_url(rw), data=data).location for _ in range(2))
    assert first == second

    seen = {"seen": _seen(secretary.get(first).text)}
    answers = [secretary.post(f"{first}/takeover", data=seen) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert "This import was taken over already." in secretary.get(answers[1].location).text
    assert [secretary.get(url).status_code for url in (first, f"{first}/columns")] == [303, 303]
    assert secretary.post(f"{first}/columns", data={"sheet": "0"}).status_code == 303
    assert secretary.post(f"{first}/discard").status_code == 303
    assert _import_of(sqlite_database).dropped_at is None
    assert _import_of(sqlite_database).tables == [], "no copy of the sheet is kept"


def test_a_discarded_import_leaves_the_month_alone(
    secretary: FlaskClient, rw: RosterWorld, sqlite_database: Database
) -> None:
    path = _paste(secretary, rw, SHEET)
    answers = [secretary.post(f"{path}/discard") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Import discarded." in secretary.get(answers[0].location).text
    assert secretary.post(f"{path}/takeover", data={"seen": "x"}).status_code == 303
    assert _draft(sqlite_database, rw) == {}


def test_only_who_looks_after_the_roster_may_import(
    secretary: FlaskClient, rw: RosterWorld, sign_in: SignIn, sqlite_database: Database
) -> None:
    path = _paste(secretary, rw, SHEET)
    routes = [("GET", _start_url(rw)), ("POST", _start_url(rw)), ("GET", path), ("GET", f"{path}/columns")]
    routes += [("POST", f"{path}/{noun}") for noun in ("columns", "takeover", "discard")]
    with sqlite_database.read() as session:
        stranger = session.get_one(Person, rw.world.stranger.id)
    for person, status in ((rw.person("Kolb"), 403), (stranger, None)):
        other = secretary.application.test_client()
        sign_in(other, person)
        for method, url in routes:
            answer = other.get(url) if method == "GET" else other.post(url, data={"text": "x"})
            assert answer.status_code in ({status} if status else {403, 404}), (method, url)
    visitor = secretary.application.test_client()
    assert [visitor.get(url).status_code for method, url in routes if method == "GET"] == [302] * 3
