"""The page of the gateways: addresses that may be used, kept sealed, tested, and refused with a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import GatewayKind
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.services.sealed import Purpose, unseal
from confsched.web.context import SETTINGS
from tests.support.alerting import add_point
from tests.support.web import SECRET_KEY, SignIn
from tests.world import NOW, World

URL = "ntfys://user:geheim-4711@127.0.0.1/{address}"
NEW = {"kind": "ntfy", "name": "ntfy of the house", "url": URL, "form_key": "key-1"}


@pytest.fixture
def admin(app: Flask, client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the client with the administrator signed in; one server of this machine is on the list."""
    app.extensions[SETTINGS] = replace(app.extensions[SETTINGS], allowed_hosts=frozenset({"127.0.0.1"}))
    sign_in(client, world.admin)
    return client


def _gateways(database: Database) -> list[AlertGateway]:
    with database.read() as session:
        return list(session.scalars(select(AlertGateway)))


def test_a_gateway_is_kept_sealed_and_never_shown_again(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    for _ in range(2):
        assert admin.post("/gateways/", data=NEW).status_code == 303
    (gateway,) = _gateways(sqlite_database)
    assert (gateway.kind, gateway.organisation_id) == (GatewayKind.NTFY, world.hub.organisation_id)
    assert "geheim" not in gateway.sealed_url
    opened = unseal(gateway.sealed_url, secret_key=SECRET_KEY, row_id=gateway.id, purpose=Purpose.GATEWAY)
    assert opened == URL
    page = admin.get("/gateways/").text
    assert "ntfy of the house" in page
    assert "geheim" not in page


@pytest.mark.parametrize(
    ("kind", "url", "sentence"),
    [
        ("ntfy", "", "begins with one of"),
        ("ntfy", "mailto://user:pass@mail.example/{address}", "begins with one of"),
        ("webhook", "ntfys://127.0.0.1/{address}", "begins with one of"),
        ("sms", "file:///etc/passwd?{address}", "begins with one of"),
        ("sms", "jsons://127.0.0.1/send", "Write {address} once"),
        ("webhook", "jsons://{address}/send", "Write {address} once"),
        ("webhook", "jsons://127.0.0.1/{address}?redirect=yes", "The option redirect is not accepted"),
        ("webhook", "jsons://127.0.0.1/{address}?verify=no", "The option verify is not accepted"),
        ("webhook", "json://hook.example/{address}", "without encryption"),
        ("webhook", "jsons://hook.example:8443/{address}", "without encryption or with an unusual port"),
        ("webhook", "jsons://10.0.0.1/{address}", "lies in an internal network"),
        ("webhook", "jsons://localhost/{address}", "lies in an internal network"),
        ("webhook", "jsons://[::1]/{address}", "lies in an internal network"),
        ("voice", "twilio://AC1:token@49555512345/{address}", "A call needs method=call"),
        ("sms", "twilio://x/{address}", "not complete"),
        ("webhook", "jsons://127.0.0.1/" + "x" * 600 + "{address}", "cannot be read"),
        ("carrier pigeon", URL, "Choose what it is"),
    ],
)
def test_what_leads_elsewhere_is_refused_with_a_sentence(
    admin: FlaskClient, sqlite_database: Database, kind: str, url: str, sentence: str
) -> None:
    answer = admin.post("/gateways/", data={**NEW, "kind": kind, "url": url})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert _gateways(sqlite_database) == []


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("sms", "twilio://" + "AC" + "1" * 32 + ":" + "2" * 32 + "@49555512345/{address}"),
        ("voice", "twilio://" + "AC" + "1" * 32 + ":" + "2" * 32 + "@49555512345/{address}?method=call"),
        ("sms", "smseagles://token@127.0.0.1/{address}"),
        ("matrix", "matrixs://user:pass@127.0.0.1/{address}"),
        ("webhook", "forms://127.0.0.1/hook?to={address}"),
    ],
)
def test_what_is_known_is_accepted(
    admin: FlaskClient, sqlite_database: Database, kind: str, url: str
) -> None:
    answer = admin.post("/gateways/", data={**NEW, "kind": kind, "url": url})
    assert answer.status_code == 303, answer.text
    assert len(_gateways(sqlite_database)) == 1


def test_a_test_makes_a_contact_point_of_who_tests(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    admin.post("/gateways/", data=NEW)
    (gateway,) = _gateways(sqlite_database)
    assert admin.post(f"/gateways/{gateway.id}/test", data={"address": "no topic"}).status_code == 422
    answer = admin.post(f"/gateways/{gateway.id}/test", data={"address": "neuro-1", "form_key": "key-2"})
    assert answer.status_code == 303
    with sqlite_database.read() as session:
        point = session.scalars(select(ContactPoint)).one()
    assert (point.person_id, point.address, point.proven_at) == (world.admin.id, "neuro-1", None)


def test_another_address_keeps_what_was_proven_and_a_removal_says_so(
    admin: FlaskClient, sqlite_database: Database, world: World
) -> None:
    admin.post("/gateways/", data=NEW)
    (gateway,) = _gateways(sqlite_database)
    with sqlite_database.transaction() as session:
        add_point(session, world.neurologist, "neuro-1", gateway_id=gateway.id)
    assert admin.post(f"/gateways/{gateway.id}/address", data={"url": "x"}).status_code == 422
    changed = URL.replace("4711", "4712")
    assert admin.post(f"/gateways/{gateway.id}/address", data={"url": changed}).status_code == 303
    with sqlite_database.read() as session:
        assert session.scalars(select(ContactPoint)).one().proven_at is not None
    assert admin.post(f"/gateways/{gateway.id}/removal").status_code == 303
    with sqlite_database.read() as session:
        point = session.scalars(select(ContactPoint)).one()
    assert (point.proven_at, point.failed_at) == (None, NOW)
    assert point.last_error == "Your house has removed this gateway."
    assert admin.post(f"/gateways/{gateway.id}/removal").status_code == 404
