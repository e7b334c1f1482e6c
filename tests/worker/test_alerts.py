"""Alerts leave by real servers: mail, push and gateways, beside each other and never after the end."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import select

from confsched import clock
from confsched.channels.links import find_alert_id
from confsched.db import Database
from confsched.domain.kinds import Channel, GatewayKind
from confsched.mail.envelopes import House
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import push_keys
from confsched.services.sealed import Purpose, seal
from confsched.worker.alerts import Post, send_due_alerts
from tests.support.alerting import add_alerts, add_point, all_alerts
from tests.support.browser_push import PushBrowser
from tests.support.listener import listening
from tests.support.postbox import Postbox, serving
from tests.world import World, build_world

HOUSE = House("https://confsched.example", "termine@confsched.example")
KEY = "the key of the house, long enough for it"


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def _post(database: Database, smtp_url: str | None = None, *hosts: str, worker: str = "one") -> Post:
    return Post(database, HOUSE, smtp_url, KEY, worker, frozenset(hosts))


def _add_browser(database: Database, world: World, browser: PushBrowser) -> None:
    with database.transaction() as session:
        push_keys.get_key(session, secret_key=KEY, now=clock.now())
        point = add_point(session, world.neurologist, "127.0.0.1", channel=Channel.PUSH)
        point.sealed_secret = seal(
            browser.subscription, secret_key=KEY, row_id=point.id, purpose=Purpose.BROWSER
        )


def _add_gateway(
    database: Database, world: World, kind: GatewayKind, url: str, address: str, **other: Any
) -> None:
    with database.transaction() as session:
        gateway = AlertGateway(
            organisation_id=world.hub.organisation_id,
            kind=kind,
            name=kind.value,
            sealed_url="",
            created_at=clock.now(),
        )
        session.add(gateway)
        session.flush()
        gateway.sealed_url = seal(url, secret_key=KEY, row_id=gateway.id, purpose=Purpose.GATEWAY)
        person = other.pop("person", world.neurologist)
        add_point(session, person, address, channel=Channel.GATEWAY, gateway_id=gateway.id, **other)


def _alert(database: Database, world: World) -> list[Alert]:
    with database.transaction() as session:
        return add_alerts(session, world, world.neurologist, now=clock.now())


def _rows(database: Database) -> list[Alert]:
    with database.read() as session:
        return all_alerts(session)


def test_a_mail_says_kind_site_time_and_a_link_that_names_the_alert(database: Database, world: World) -> None:
    postbox = Postbox()
    with database.transaction() as session:
        add_point(session, world.neurologist)
    (alert,) = _alert(database, world)
    with serving(postbox) as url:
        assert send_due_alerts(_post(database, url), Channel.EMAIL) == 1
        assert send_due_alerts(_post(database, url), Channel.EMAIL) == 0
    (sent,) = postbox.mails
    mail = message_from_bytes(sent.content, policy=policy.default)
    text = mail.get_content()
    assert mail["Message-ID"] == f"<{alert.id}@confsched>"
    assert mail["Subject"] == "Stroke request from Krankenhaus Moorfeld"
    link = text.split("/alerts/")[1].strip()
    assert find_alert_id(link, KEY) == alert.id
    assert find_alert_id(link, "another key, as long as it has to be") is None
    assert not [word for word in ("FK-7Q2M", "Hemiparesis", "4711") if word in sent.content.decode()]
    assert _rows(database)[0].sent_at is not None


def test_a_second_copy_after_a_lost_lease_is_the_same_mail(database: Database, world: World) -> None:
    """PEER_FAILURES 36."""
    postbox = Postbox()
    with database.transaction() as session:
        add_point(session, world.neurologist)
    (alert,) = _alert(database, world)
    with serving(postbox) as url:
        for worker in ("one", "two"):
            send_due_alerts(_post(database, url, worker=worker), Channel.EMAIL)
            with database.transaction() as session:
                session.get_one(Alert, alert.id).sent_at = None
    first, second = postbox.mails
    assert first.content == second.content


def test_a_push_is_encrypted_for_one_browser_and_takes_the_place_of_the_last(
    database: Database, world: World
) -> None:
    with listening() as listener:
        browser = PushBrowser(f"http://{listener.host}/push/abc")
        _add_browser(database, world, browser)
        (alert,) = _alert(database, world)
        assert send_due_alerts(_post(database, None, listener.host), Channel.PUSH) == 1
    (posted,) = listener.posted
    said = browser.opened(posted.body)
    assert b"Moorfeld" not in posted.body
    assert said["title"] == "Stroke request from Krankenhaus Moorfeld"
    assert find_alert_id(said["url"].removeprefix("/alerts/"), KEY) == alert.id
    assert alert.consult_id is not None
    assert posted.headers["Topic"] == said["tag"] == alert.consult_id.hex
    assert posted.headers["Authorization"].startswith("vapid t=")
    assert _rows(database)[0].sent_at is not None


def test_a_browser_that_is_gone_counts_no_longer(database: Database, world: World) -> None:
    with listening() as listener:
        listener.answer = lambda _path: 410
        _add_browser(database, world, PushBrowser(f"http://{listener.host}/push/abc"))
        _alert(database, world)
        send_due_alerts(_post(database, None, listener.host), Channel.PUSH)
    with database.read() as session:
        point = session.scalars(select(ContactPoint)).one()
    assert (point.proven_at, point.last_error) == (
        None,
        "This browser takes no messages any more. Add it once more.",
    )
    assert _rows(database)[0].failed_at is not None


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:{port}/x", "https://10.0.0.1/x"])
def test_a_push_never_leads_into_the_house(sqlite_database: Database, endpoint: str) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
    with listening() as listener:
        _add_browser(sqlite_database, world, PushBrowser(endpoint.format(port=listener.port)))
        _alert(sqlite_database, world)
        send_due_alerts(_post(sqlite_database), Channel.PUSH)
    assert listener.posted == []
    assert _rows(sqlite_database)[0].sent_at is None


def test_a_gateway_gets_the_words_and_the_address_in_its_place(database: Database, world: World) -> None:
    with listening() as listener:
        listener.answer = lambda _path: 200
        url = f"json://{listener.host}/hook/{{address}}"
        _add_gateway(database, world, GatewayKind.WEBHOOK, url, "okafor-4711")
        _add_gateway(database, world, GatewayKind.NTFY, f"ntfy://{listener.host}/{{address}}", "neuro-4711")
        _alert(database, world)
        assert send_due_alerts(_post(database, None, listener.host), Channel.GATEWAY) == 2
    hook = next(posted for posted in listener.posted if posted.path == "/hook/okafor-4711")
    ntfy = next(posted for posted in listener.posted if b"neuro-4711" in posted.body)
    said = json.loads(hook.body)
    assert said["title"] == "Stroke request from Krankenhaus Moorfeld"
    assert "Called at " in said["message"]
    assert "https://confsched.example/alerts/" in said["message"]
    assert b"/alerts/" in ntfy.body
    assert {row.failed_at for row in _rows(database)} == {None}
    assert b"FK-7Q2M" not in hook.body + ntfy.body


def test_a_gateway_never_leads_on_to_another_server(sqlite_database: Database) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
    with listening() as listed, listening() as inside:
        listed.answer, listed.location = lambda _path: 307, f"http://{inside.host}/metadata"
        url = f"json://{listed.host}/hook/{{address}}"
        _add_gateway(sqlite_database, world, GatewayKind.WEBHOOK, url, "okafor-4711")
        _alert(sqlite_database, world)
        send_due_alerts(_post(sqlite_database, None, listed.host), Channel.GATEWAY)
    assert (len(listed.posted), inside.posted) == (1, [])
    (row,) = _rows(sqlite_database)
    assert (row.sent_at, row.failed_at, row.last_error) == (
        None,
        None,
        "The gateway did not take the message.",
    )


def test_a_gateway_that_hangs_delays_neither_another_one_nor_another_person(
    sqlite_database: Database,
) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
    arrived = threading.Event()

    def answer(path: str) -> int:
        """Let the slow one answer only once the quick one has been reached."""
        if path.startswith("/quick"):
            arrived.set()
        return 200 if arrived.wait(4) else 503

    with listening() as slow, listening() as quick:
        slow.answer = quick.answer = answer
        hosts = (slow.host, quick.host)
        _add_gateway(sqlite_database, world, GatewayKind.WEBHOOK, f"json://{slow.host}/slow/{{address}}", "a")
        for _ in range(5):
            _alert(sqlite_database, world)
        _add_gateway(
            sqlite_database, world, GatewayKind.WEBHOOK, f"json://{quick.host}/quick/{{address}}", "b"
        )
        _alert(sqlite_database, world)
        assert send_due_alerts(_post(sqlite_database, None, *hosts), Channel.GATEWAY) == 7
    assert all(row.sent_at is not None for row in _rows(sqlite_database))


def test_nothing_leaves_once_somebody_has_acknowledged(database: Database, world: World) -> None:
    """PEER_FAILURES 35."""
    postbox = Postbox()
    with database.transaction() as session:
        add_point(session, world.neurologist)
    (alert,) = _alert(database, world)
    with database.transaction() as session:
        session.get_one(UrgentConsult, alert.consult_id).acknowledged_at = clock.now()
    with serving(postbox) as url:
        assert send_due_alerts(_post(database, url), Channel.EMAIL) == 0
    assert postbox.mails == []


def test_a_refusal_that_stays_is_shown_with_the_contact_point(database: Database, world: World) -> None:
    postbox = Postbox()
    postbox.at_step = lambda step, _count: "550 no such mailbox" if step == "RCPT" else None
    with database.transaction() as session:
        add_point(session, world.neurologist)
    _alert(database, world)
    with serving(postbox) as url:
        send_due_alerts(_post(database, url), Channel.EMAIL)
    with database.read() as session:
        point = session.scalars(select(ContactPoint)).one()
    assert point.failed_at is not None
    assert "no such mailbox" in (point.last_error or "")


@pytest.mark.parametrize("is_demo", [True, False])
def test_without_a_mail_server_only_the_demo_takes_a_mail_for_sent(
    sqlite_database: Database, is_demo: bool
) -> None:
    with sqlite_database.transaction() as session:
        world = build_world(session)
        add_point(session, world.neurologist)
    _alert(sqlite_database, world)
    send_due_alerts(replace(_post(sqlite_database), is_demo=is_demo), Channel.EMAIL)
    (row,) = _rows(sqlite_database)
    assert (row.sent_at is not None, row.failed_at is not None) == (is_demo, not is_demo)
