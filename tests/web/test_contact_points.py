"""The page of one's contact points: added, proven by a code, ordered, quiet, removed, and nobody else's."""

from __future__ import annotations

import re
from datetime import time, timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.kinds import AlertPurpose, Channel, GatewayKind
from confsched.models.contacts import AlertGateway, ContactPoint, ReadinessCheck
from confsched.models.rosters import Duty
from confsched.models.urgent import Alert
from confsched.services import contact_points, push_keys
from confsched.services.contact_proofs import MAX_AN_HOUR, MAX_TRIES
from confsched.services.sealed import Purpose, digits_for, unseal
from tests.support.alerting import add_point
from tests.support.browser_push import PushBrowser
from tests.support.web import SECRET_KEY, SignIn
from tests.world import NOW, World

MAILBOX = {"address": "jana@privat.example", "label": "At night", "form_key": "key-1"}
NOT_REACHED = "an urgent request would not reach you"


@pytest.fixture
def owner(client: FlaskClient, world: World, sign_in: SignIn) -> FlaskClient:
    """Give the client with the neurologist signed in."""
    sign_in(client, world.neurologist)
    return client


def _points(database: Database) -> list[ContactPoint]:
    with database.read() as session:
        return list(session.scalars(select(ContactPoint).order_by(ContactPoint.position)))


def _code(database: Database) -> str:
    """Return the code that the last test message brings."""
    with database.read() as session:
        query = select(Alert).where(Alert.purpose == AlertPurpose.CONTACT_PROOF)
        last = session.scalars(query.order_by(Alert.created_at.desc())).first()
    assert last is not None
    assert last.snapshot["path"] == "/contact-points/"
    return digits_for(last.id, secret_key=SECRET_KEY)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_mailbox_counts_once_its_code_is_typed_in(owner: FlaskClient, sqlite_database: Database) -> None:
    """PEER_FAILURES 34: nobody is alerted by what was never tried, and one sees that one is not reached."""
    assert NOT_REACHED in owner.get("/contact-points/").text
    for _ in range(2):
        assert owner.post("/contact-points/", data=MAILBOX).status_code == 303
    (point,) = _points(sqlite_database)
    assert (point.address, point.proven_at) == ("jana@privat.example", None)
    with sqlite_database.read() as session:
        assert contact_points.unreachable(session, [point.person_id]) == {point.person_id}
    code = _code(sqlite_database)
    assert code not in str(point.proof_hash)
    page = owner.get("/contact-points/").text
    assert "Test message from confsched" in page
    assert code not in page
    answer = owner.post(f"/contact-points/{point.id}/proof", data={"code": f" {code[:3]} {code[3:]} "})
    assert answer.status_code == 303
    assert _points(sqlite_database)[0].proven_at == NOW
    assert NOT_REACHED not in owner.get("/contact-points/").text


def test_a_wrong_code_is_counted_and_after_five_even_the_right_one_is_refused(
    owner: FlaskClient, sqlite_database: Database
) -> None:
    owner.post("/contact-points/", data=MAILBOX)
    (point,), code = _points(sqlite_database), _code(sqlite_database)
    for _ in range(MAX_TRIES):
        answer = owner.post(f"/contact-points/{point.id}/proof", data={"code": _wrong(code)})
        assert answer.status_code == 422
        assert "This is not the code" in answer.text
    answer = owner.post(f"/contact-points/{point.id}/proof", data={"code": code})
    assert "too many wrong codes" in answer.text
    assert _points(sqlite_database)[0].proven_at is None


def test_a_code_runs_out_after_ten_minutes(
    owner: FlaskClient, sqlite_database: Database, moment: time_machine.Traveller
) -> None:
    owner.post("/contact-points/", data=MAILBOX)
    (point,), code = _points(sqlite_database), _code(sqlite_database)
    moment.shift(timedelta(minutes=10))
    answer = owner.post(f"/contact-points/{point.id}/proof", data={"code": code})
    assert answer.status_code == 422
    assert "The code has run out" in answer.text


def test_test_messages_are_sent_neither_at_once_nor_without_end(
    owner: FlaskClient, sqlite_database: Database, moment: time_machine.Traveller
) -> None:
    owner.post("/contact-points/", data=MAILBOX)
    (point,) = _points(sqlite_database)
    assert owner.post(f"/contact-points/{point.id}/test").status_code == 422
    statuses = []
    for _ in range(MAX_AN_HOUR):
        moment.shift(timedelta(seconds=31))
        statuses.append(owner.post(f"/contact-points/{point.id}/test").status_code)
    assert statuses == [303] * (MAX_AN_HOUR - 1) + [422]


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c.example", "a@b.example\r\nBcc: x@y.example"])
def test_a_wrong_mail_address_is_refused_at_its_field(
    owner: FlaskClient, sqlite_database: Database, address: str
) -> None:
    answer = owner.post("/contact-points/", data={**MAILBOX, "address": address})
    assert answer.status_code == 422
    assert 'href="#mailbox-address"' in answer.text
    assert 'value="At night"' in answer.text
    assert _points(sqlite_database) == []


def test_the_order_the_quiet_hours_and_the_end_of_a_contact_point(
    owner: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        first, second = (
            add_point(session, world.neurologist, f"{name}@wendstadt.example", position=place)
            for place, name in enumerate(("first", "second"))
        )
    assert owner.post(f"/contact-points/{second.id}/position", data={"to": "up"}).status_code == 303
    assert [point.id for point in _points(sqlite_database)] == [second.id, first.id]
    hours = {"quiet_from": "22:00", "quiet_until": "06:00"}
    assert owner.post(f"/contact-points/{first.id}/quiet-hours", data=hours).status_code == 303
    assert _points(sqlite_database)[1].quiet_from == time(22)
    for wrong in ({"quiet_from": "22:00"}, {"quiet_from": "22:00", "quiet_until": "22:00"}):
        assert owner.post(f"/contact-points/{first.id}/quiet-hours", data=wrong).status_code == 422
    assert owner.post(f"/contact-points/{first.id}/removal").status_code == 303
    assert owner.post(f"/contact-points/{first.id}/removal").status_code == 404
    assert "first@" not in owner.get("/contact-points/").text


def test_a_failure_is_shown_with_its_contact_point(
    owner: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        add_point(session, world.neurologist, failed_at=NOW, last_error="550 no such mailbox")
    page = owner.get("/contact-points/").text
    assert "550 no such mailbox" in page
    assert NOT_REACHED in page
    assert "You could not be alerted" in owner.get("/").text


def test_a_browser_is_added_by_its_subscription_which_is_kept_sealed(
    owner: FlaskClient, sqlite_database: Database
) -> None:
    first, second = (owner.post("/contact-points/push-key").json for _ in range(2))
    assert first == second
    browser = PushBrowser("https://push.example/send/secret-1")
    data = {"subscription": browser.subscription, "label": "Ward PC", "form_key": "key-b"}
    for _ in range(2):
        assert owner.post("/contact-points/browsers", data=data).status_code == 303
    (point,) = _points(sqlite_database)
    assert (point.channel, point.address) == (Channel.PUSH, "push.example")
    assert point.sealed_secret is not None
    assert "secret-1" not in point.sealed_secret
    opened = unseal(point.sealed_secret, secret_key=SECRET_KEY, row_id=point.id, purpose=Purpose.BROWSER)
    assert "https://push.example/send/secret-1" in opened
    with sqlite_database.read() as session:
        key = push_keys.find_key(session, secret_key=SECRET_KEY)
        assert push_keys.find_key(session, secret_key="another key, long enough to be one") is None
    assert key is not None
    assert first == {"key": key.public}
    assert key.private not in repr(key)


@pytest.mark.parametrize(
    "subscription",
    [
        "",
        "[]",
        "{" * 5000,
        '{"endpoint": "https://push.example/x"}',
        '{"endpoint": "https://push.example/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}',
        PushBrowser("http://push.example/x").subscription,
        PushBrowser("https://push.example:8443/x").subscription,
        PushBrowser("file:///etc/passwd").subscription,
        PushBrowser("https://push.example/" + "x" * 4000).subscription,
    ],
)
def test_a_hostile_subscription_is_refused(
    owner: FlaskClient, sqlite_database: Database, subscription: str
) -> None:
    answer = owner.post("/contact-points/browsers", data={"subscription": subscription, "form_key": "key-b"})
    assert answer.status_code == 422
    assert _points(sqlite_database) == []


def test_the_worker_and_the_manifest_are_served_from_the_root(client: FlaskClient) -> None:
    worker, manifest = client.get("/service_worker.js"), client.get("/manifest.webmanifest")
    assert worker.mimetype == "text/javascript"
    assert "showNotification" in worker.text
    assert manifest.json is not None
    icon = manifest.json["icons"][0]["src"]
    assert client.get(icon).status_code == 200


def test_an_address_on_a_gateway_of_the_house_is_checked_by_its_kind(
    owner: FlaskClient, sqlite_database: Database, world: World
) -> None:
    with sqlite_database.transaction() as session:
        own, foreign = (
            AlertGateway(
                organisation_id=site.organisation_id,
                kind=GatewayKind.SMS,
                name="SMS",
                sealed_url="x",
                created_at=NOW,
            )
            for site in (world.hub, world.spoke)
        )
        session.add_all([own, foreign])
    data = {"gateway_id": str(own.id), "address": "+49 151 / 234-5678", "form_key": "key-g"}
    for wrong in ({"address": "call me"}, {"gateway_id": str(foreign.id)}, {"gateway_id": "x"}):
        assert owner.post("/contact-points/gateways", data={**data, **wrong}).status_code == 422
    assert owner.post("/contact-points/gateways", data=data).status_code == 303
    (point,) = _points(sqlite_database)
    assert (point.address, point.gateway_id) == ("+491512345678", own.id)


def test_ready_is_said_on_the_page_too(owner: FlaskClient, sqlite_database: Database, world: World) -> None:
    starts_at, ends_at = NOW + timedelta(minutes=30), NOW + timedelta(hours=9)
    holder = {"line_id": world.line.id, "person_id": world.neurologist.id}
    with sqlite_database.transaction() as session:
        session.add(
            Duty(
                **holder, starts_at=starts_at, ends_at=ends_at, day=NOW.date(), origin="plan", recorded_at=NOW
            )
        )
        check = ReadinessCheck(
            **holder, duty_starts_at=starts_at, duty_ends_at=ends_at, asked_at=NOW, answer_by=NOW
        )
        session.add(check)
    assert "Ready for your duty?" in owner.get("/").text
    page = owner.get("/contact-points/").text
    assert "I am ready" in page
    assert re.search(rf"/contact-points/readiness/{check.id}", page)
    assert owner.post(f"/contact-points/readiness/{check.id}").status_code == 303
    assert "I am ready" not in owner.get("/contact-points/").text
