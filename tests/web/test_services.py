"""The pages of services: the list, the editor with its rows, the preview, saving, and who may do so."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from confsched.db import Database
from confsched.domain.kinds import RequirementKind
from confsched.models.catalogue import Requirement, Service
from tests.support.web import SignIn
from tests.world import NEUROLOGY, World


@pytest.fixture
def admin(client: FlaskClient, sign_in: SignIn, world: World) -> FlaskClient:
    sign_in(client, world.admin)
    return client


def _form(**changed: Any) -> dict[str, Any]:
    form = {
        "name": "Kopfschmerz",
        "discipline": NEUROLOGY,
        "duration_minutes": "30",
        "buffer_before_minutes": "0",
        "buffer_after_minutes": "5",
        "notice_minutes": "60",
        "horizon_days": "14",
        "seats": "1",
        "cap_per_day": "",
        "cancel_notice_minutes": "0",
        "reminder_minutes": "1440",
        "is_open": "y",
        "form_key": "once",
        "needs": ["0"],
        "need-0-kind": "discipline",
        "need-0-discipline": NEUROLOGY,
        "need-0-count": "1",
    }
    return {**form, **changed}


def _post(client: FlaskClient, path: str, world: World, **changed: Any) -> Any:
    form = _form(site_id=str(world.hub.id), **changed)
    return client.post(
        path, data=MultiDict((k, v) for k, vs in form.items() for v in ([vs] if isinstance(vs, str) else vs))
    )


def _services(database: Database) -> list[Service]:
    with database.read() as session:
        return list(session.scalars(select(Service).order_by(Service.name)))


def test_the_list_names_length_state_who_may_ask_and_the_next_offer(admin: FlaskClient, world: World) -> None:
    page = admin.get("/services/").text

    assert world.service.name in page
    assert "Moorfeld" in page
    assert "Mon 23/11/2026, 09:00" in page or "09:00" in page


def test_a_new_service_is_saved_once_and_can_be_found(
    admin: FlaskClient, world: World, sqlite_database: Database
) -> None:
    first, second = (_post(admin, "/services/", world) for _ in range(2))

    assert (first.status_code, second.status_code) == (303, 303)
    assert [service.name for service in _services(sqlite_database)] == ["Kopfschmerz", "Neurologie-Konsil"]
    assert "Kopfschmerz" in admin.get("/services/").text


def test_the_editor_shows_what_is_saved_and_its_next_offers(admin: FlaskClient, world: World) -> None:
    page = admin.get(f"/services/{world.service.id}").text

    assert f'value="{world.service.name}"' in page
    assert "Earliest: Mon" in page
    assert page.count('name="needs"') == 1


def test_everything_wrong_is_said_at_its_field_and_what_was_typed_stays(
    admin: FlaskClient, world: World
) -> None:
    answer = _post(
        admin, "/services/", world, duration_minutes="half an hour", seats="99", preferred_hours="nine"
    )
    assert answer.status_code == 422
    assert 'value="half an hour"' in answer.text
    assert "Write this in figures" in answer.text

    answer = _post(admin, "/services/", world, seats="99", preferred_hours="nine", **{"need-0-count": "7"})
    assert answer.status_code == 422
    for field in ("seats", "preferred_hours", "need-0"):
        assert f'href="#{field}"' in answer.text
    assert "Only 2 are entered, 7 are asked for." in answer.text


def test_the_preview_shows_what_is_typed_beside_what_is_saved_and_saves_nothing(
    admin: FlaskClient, world: World, sqlite_database: Database
) -> None:
    path = f"/services/{world.service.id}/change"
    typed = {"name": world.service.name, "action": "preview", "seen_revision": "1"}

    page = _post(admin, path, world, preferred_hours="14:00-16:00", **typed).text
    part = _post(admin, path, world, preferred_hours="14:00-16:00", part="preview", **typed).text

    assert "Earliest so far: Mon" in page and "<html" in page
    assert "Earliest so far: Mon" in part and "<html" not in part
    assert [service.revision for service in _services(sqlite_database)] == [1]


def test_rows_are_added_moved_removed_and_keep_what_was_typed(admin: FlaskClient, world: World) -> None:
    rows = {
        "needs": ["0", "1"],
        "need-1-kind": "resource",
        "need-1-resource_id": str(world.room.id),
        "name": "Typed name",
    }
    added = _post(admin, "/services/", world, action="add-persons", **rows)
    assert added.status_code == 200
    assert added.text.count('name="needs"') == 3
    assert 'value="Typed name"' in added.text
    assert re.search(r'id="need-2-first"[^>]*autofocus', added.text)

    moved = _post(admin, "/services/", world, action="up-1", part="needs", **rows).text
    assert re.findall(r'name="need-\d-kind" value="(\w+)"', moved) == ["resource", "discipline"]
    assert "<html" not in moved
    assert re.search(r'id="need-0-down"[^>]*autofocus', moved)

    removed = _post(admin, "/services/", world, action="remove-0", **rows).text
    assert re.findall(r'name="need-\d-kind" value="(\w+)"', removed) == ["resource"]


def test_any_room_of_a_site_can_be_required_and_one_chosen_by_name_counts_alone(
    admin: FlaskClient, world: World, sqlite_database: Database
) -> None:
    room = {"needs": ["0", "1"], "need-1-kind": "resource", "need-1-site_id": str(world.hub.id)}
    assert _post(admin, "/services/", world, **room).status_code == 303
    named = {**room, "need-1-resource_id": str(world.room.id), "name": "Schwindel", "form_key": "twice"}
    assert _post(admin, "/services/", world, **named).status_code == 303
    with sqlite_database.read() as session:
        any_room, one_room = (
            session.scalars(
                select(Requirement)
                .join(Service, Service.id == Requirement.service_id)
                .where(Service.name == name, Requirement.kind == RequirementKind.RESOURCE)
            ).one()
            for name in ("Kopfschmerz", "Schwindel")
        )
        assert (any_room.resource_id, [one.site_id for one in any_room.sites]) == (None, [world.hub.id])
        assert (one_room.resource_id, one_room.sites) == (world.room.id, [])
        page = admin.get(f"/services/{any_room.service_id}").text
    assert re.search(rf'name="need-1-site_id" value="{world.hub.id}" checked', page)
    empty = _post(
        admin, "/services/", world, **{**room, "need-1-site_id": "", "name": "Tremor", "form_key": "third"}
    )
    assert empty.status_code == 422 and 'href="#need-1"' in empty.text


def test_people_are_found_by_name_and_ticked(admin: FlaskClient, world: World) -> None:
    row = {"need-0-kind": "persons", "need-0-count": "", "need-0-person_text": "Oka"}

    page = _post(admin, "/services/", world, **row).text  # Enter behind a name is a search
    assert f'value="{world.neurologist.id}" checked' in page

    row["need-0-person_text"] = "Ok"
    assert "at least three letters" in _post(admin, "/services/", world, action="find-0", **row).text
    row["need-0-person_text"] = "Nemo"
    assert "Nobody in the network" in _post(admin, "/services/", world, action="find-0", **row).text


def test_two_admins_do_not_overwrite_each_other(
    admin: FlaskClient, world: World, sqlite_database: Database
) -> None:
    path = f"/services/{world.service.id}/change"
    first = _post(admin, path, world, seen_revision="1", duration_minutes="45", form_key="a")
    second = _post(admin, path, world, seen_revision="1", duration_minutes="60", form_key="b")

    assert (first.status_code, second.status_code) == (303, 409)
    assert "Somebody else has saved this service meanwhile" in second.text
    assert re.search(r"<dd>45 .*<b>60</b>", second.text)
    assert 'name="seen_revision" type="hidden" value="2"' in second.text

    assert (
        _post(admin, path, world, seen_revision="2", duration_minutes="60", form_key="c").status_code == 303
    )
    assert {service.duration_minutes for service in _services(sqlite_database)} == {60}


def test_a_closed_service_is_listed_as_closed(admin: FlaskClient, world: World) -> None:
    form = _form(seen_revision="1", site_id=str(world.hub.id))
    del form["is_open"]
    admin.post(f"/services/{world.service.id}/change", data=form)

    assert "closed" in admin.get("/services/").text


@pytest.mark.parametrize("name", ["secretary", "neurologist", "coordinator", "auditor"])
def test_others_may_not_edit_services(client: FlaskClient, sign_in: SignIn, world: World, name: str) -> None:
    sign_in(client, getattr(world, name))

    assert client.get("/services/").status_code == 403
    assert _post(client, "/services/", world).status_code == 403


def test_hostile_forms_are_answered_in_words(admin: FlaskClient) -> None:
    nonsense = {
        "needs": ["0", "x", "99999", "-1"],
        "need-0-id": "not an id",
        "need-0-site_id": ["1", "2"],
        "need-0-count": "9" * 60,
        "horizon_days": "9" * 400,
        "site_id": "nowhere",
    }
    form = MultiDict(
        (k, v) for k, vs in _form(**nonsense).items() for v in ([vs] if isinstance(vs, str) else vs)
    )
    assert admin.post("/services/", data=form).status_code == 422
    assert admin.post("/services/", data={"action": "remove-7"}).status_code == 422
    assert (
        admin.post("/services/", data={**_form(), "action": "preview", "part": "nothing"}).status_code == 200
    )
