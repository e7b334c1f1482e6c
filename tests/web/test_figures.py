"""The page of figures: filters in the URL, plots with words, a table, and nothing of others."""

from __future__ import annotations

import csv
import io

from flask.testing import FlaskClient

from confsched.db import Database
from confsched.domain.kinds import UrgentKind
from confsched.domain.kinds import UrgentState as S
from confsched.models.catalogue import Service
from tests.services.test_figures import held
from tests.support.urgent import add_urgent
from tests.support.web import SignIn
from tests.world import NOW, World


def _fill(database: Database, world: World, count: int) -> Service:
    with database.transaction() as session:
        service = add_urgent(session, world, UrgentKind.TELESTROKE)
        service.name = "=1+1"
        for _ in range(count):
            held(session, world, service, NOW, (S.ACKNOWLEDGED, 75), (S.CONNECTED, 400))
        return service


def test_the_page_shows_medians_shares_and_plots_that_say_what_they_show(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    service = _fill(sqlite_database, world, 6)
    sign_in(client, world.coordinator)
    page = client.get("/figures/").text
    assert "1:15" in page and "6:40" in page and "100 %" in page
    assert page.count('role="img"') == 5 and "6 consults, median 1:15." in page
    assert "Krankenhaus Moorfeld: median 1:15 of 6 consults." in page  # the text of the plot by partner
    assert world.neurologist.name not in page
    chosen = client.get(f"/figures/?step=video&service={service.id}&from=2026-11-23&until=2026-11-23")
    assert chosen.status_code == 200 and "Request to video: By hour" in chosen.text


def test_of_fewer_than_five_consults_no_percentage_is_shown(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    _fill(sqlite_database, world, 4)
    sign_in(client, world.coordinator)
    page = client.get("/figures/").text
    assert "too few" in page and "100 %" not in page and "1:15" in page


def test_the_table_holds_the_same_figures_and_nothing_that_a_spreadsheet_would_run(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    _fill(sqlite_database, world, 6)
    sign_in(client, world.coordinator)
    answer = client.get("/figures/table")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[1][:4] == ["All together", "This period", "Request to acknowledgement", "6"]
    assert rows[1][5] == "75" and rows[1][9] == "100"
    assert ["By service", "'=1+1, Wendstadt"] in [row[:2] for row in rows]


def test_a_filter_that_is_wrong_or_foreign_is_said_alike_at_its_field(
    client: FlaskClient, world: World, sign_in: SignIn, sqlite_database: Database
) -> None:
    service = _fill(sqlite_database, world, 1)
    sign_in(client, world.coordinator)
    unknown = "00000000-0000-4000-8000-000000000000"
    for query in (f"hub={world.stranger_site.id}", f"hub={unknown}", "hub=x"):
        answer = client.get(f"/figures/?{query}")
        assert answer.status_code == 422 and "Choose one from the list." in answer.text
    assert client.get("/figures/?from=2026-11-23&until=2026-11-01").status_code == 422
    assert client.get("/figures/?from=yesterday").status_code == 422
    sign_in(client, world.requester)
    assert client.get(f"/figures/?service={service.id}").status_code == 403
