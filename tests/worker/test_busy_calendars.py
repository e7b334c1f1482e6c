"""The reader of busy calendars against a real server on this machine: good, unchanged, hostile, down."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import time_machine
from sqlalchemy import select

from confsched.db import Database
from confsched.domain.availability import STALE_AFTER
from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind
from confsched.models.busy import BusySource, BusySpan
from confsched.services import busy_calendars as service
from confsched.services import busy_readings as readings
from confsched.services.busy_calendars import CalendarState
from confsched.worker import busy_calendars as worker
from tests.support.radicale import PASSWORD, USER, Radicale, running_radicale
from tests.web.test_busy_calendars import GOOD, calendar
from tests.world import NOW, World, build_world

WORKER = "worker-1"
SECRET_KEY = "the secret key of the house, long enough"


class CalendarServer(ThreadingHTTPServer):
    """Answer with `body` under `etag`, or with `status`; note what was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body, self.etag, self.status = GOOD, '"v1"', 200
        self.asked: list[tuple[str, str | None]] = []
        self.logins: list[str | None] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: CalendarServer

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match")
        self.server.asked.append((self.path, known))
        self.server.logins.append(self.headers.get("Authorization"))
        is_same = known == self.server.etag and self.server.status == 200
        self.send_response(304 if is_same else self.server.status)
        self.send_header("ETag", self.server.etag)
        if self.server.status == 302:
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
        body = b"" if is_same else self.server.body
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with CalendarServer() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def moment() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def world(database: Database, moment: time_machine.Traveller) -> World:
    del moment  # asked for so that the worker's clock stands at NOW
    with database.transaction() as session:
        return build_world(session)


def add(database: Database, world: World, url: str, key: str = "key") -> None:
    with database.transaction() as session:
        service.add_url(session, world.actor(world.neurologist), "Mine", url, now=NOW, key=key)


def source_in(database: Database) -> BusySource:
    with database.read() as session:
        return session.scalars(select(BusySource)).one()


def spans_in(database: Database) -> list[Span]:
    with database.read() as session:
        return sorted(Span(row.starts_at, row.ends_at) for row in session.scalars(select(BusySpan)))


def read(database: Database, server: CalendarServer | Radicale, secret_key: str = SECRET_KEY) -> int:
    hosts = frozenset({server.host})
    return worker.read_due_calendars(database, worker=WORKER, secret_key=secret_key, allow_hosts=hosts)


def add_server(
    database: Database, world: World, kind: BusySourceKind, url: str, password: str = PASSWORD
) -> None:
    new = service.Server(kind, "Mine", url, USER, password)
    with database.transaction() as session:
        actor = world.actor(world.neurologist)
        service.add_server(session, actor, new, secret_key=SECRET_KEY, now=NOW, key="server")


@pytest.fixture
def mine(database: Database, world: World, server: CalendarServer) -> BusySource:
    """Give a calendar of the neurologist on the server."""
    add(database, world, f"http://{server.host}/mine.ics")
    return source_in(database)


def test_a_calendar_is_read_and_asked_for_again_in_fifteen_minutes(
    database: Database, server: CalendarServer, mine: BusySource, moment: time_machine.Traveller
) -> None:
    assert read(database, server) == 1
    assert [span.starts_at.isoformat()[:16] for span in spans_in(database)] == [
        "2026-11-24T09:00",
        "2026-11-25T09:00",
    ]
    assert read(database, server) == 0
    moment.shift(timedelta(minutes=15))
    assert read(database, server) == 1
    assert server.asked == [("/mine.ics", None), ("/mine.ics", '"v1"')]
    assert source_in(database).id == mine.id


def test_unchanged_is_fresh_and_changed_replaces(
    database: Database, server: CalendarServer, mine: BusySource, moment: time_machine.Traveller
) -> None:
    del mine
    read(database, server)
    moment.shift(3600)
    read(database, server)
    assert source_in(database).read_at == NOW + timedelta(hours=1)
    assert len(spans_in(database)) == 2
    server.body, server.etag = calendar("20261126T090000Z"), '"v2"'
    moment.shift(3600)
    read(database, server)
    assert len(spans_in(database)) == 1
    assert source_in(database).etag == '"v2"'


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (500, b"", "answers with error 500"),
        (404, b"", "no calendar at this address"),
        (410, b"", "removed from its server"),
        (401, b"", "asks for a password"),
        (302, b"", ""),
        (200, b"<html>sign in</html>", ""),
        (200, GOOD[:-20], ""),
        (200, calendar("20261124T090000Z").replace(b"SUMMARY:", b"RRULE:FREQ=SECONDLY\r\nSUMMARY:"), ""),
    ],
    ids=["down", "missing", "gone", "password", "leads inside", "no calendar", "cut off", "endless"],
)
def test_whatever_goes_wrong_keeps_the_last_good_copy_and_says_why(
    database: Database,
    server: CalendarServer,
    mine: BusySource,
    moment: time_machine.Traveller,
    status: int,
    body: bytes,
    sentence: str,
) -> None:
    """Peer failure 31."""
    read(database, server)
    kept = spans_in(database)
    server.status, server.body, server.etag = status, body, '"v2"'
    moment.shift(3600)
    assert read(database, server) == 1
    source = source_in(database)
    assert spans_in(database) == kept != []
    assert source.read_at == mine.created_at
    assert source.last_error
    assert sentence in source.last_error
    assert source.due_at == NOW + timedelta(hours=1, minutes=1)


def test_a_server_that_is_not_there_is_tried_later_and_later(
    database: Database, server: CalendarServer, mine: BusySource, moment: time_machine.Traveller
) -> None:
    """Peer failure 31."""
    del mine
    server.server_close()
    due: list[datetime | None] = []
    for minutes in (0, 1, 2):
        moment.shift(timedelta(minutes=minutes))
        assert read(database, server) == 1
        due.append(source_in(database).due_at)
    assert due == [NOW + timedelta(minutes=minutes) for minutes in (1, 3, 7)]
    assert source_in(database).read_at is None


@pytest.mark.parametrize("url", ["https://127.0.0.1/x.ics", "https://10.0.0.1/x.ics", "https://[::1]/x.ics"])
def test_an_internal_address_is_refused_again_when_it_is_fetched(
    database: Database, world: World, url: str
) -> None:
    add(database, world, url)
    assert worker.read_due_calendars(database, worker=WORKER) == 1
    assert "internal network" in (source_in(database).last_error or "")


def test_a_server_that_left_the_list_is_asked_no_more(
    database: Database, server: CalendarServer, mine: BusySource
) -> None:
    del mine
    assert worker.read_due_calendars(database, worker=WORKER) == 1
    assert server.asked == []
    assert source_in(database).last_error


def test_a_fault_of_our_own_is_settled_as_a_failure_and_the_others_are_read(
    database: Database,
    world: World,
    server: CalendarServer,
    mine: BusySource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    add(database, world, f"http://{server.host}/other.ics", key="other")
    whole = worker.read_busy_safely
    calls = iter((True, False))

    def crash_once(data: bytes, window: Span, zone: str) -> object:
        if next(calls):
            raise RuntimeError("a fault")
        return whole(data, window, zone)

    monkeypatch.setattr(worker, "read_busy_safely", crash_once)
    assert read(database, server) == 2
    with database.read() as session:
        sources = session.scalars(select(BusySource)).all()
    assert sorted(source.read_at is None for source in sources) == [False, True]
    (failed,) = (source for source in sources if source.read_at is None)
    assert "fault on our side" in (failed.last_error or "")
    assert failed.due_at == NOW + timedelta(minutes=1)
    assert mine.person_id == failed.person_id


def test_no_transaction_is_open_while_a_server_is_asked(
    database: Database, server: CalendarServer, mine: BusySource, monkeypatch: pytest.MonkeyPatch
) -> None:
    del mine
    whole = worker.fetch

    def fetch(url: str, **options: object) -> object:
        with database.transaction() as session:  # would wait for ever behind an open one on SQLite
            assert session.scalars(select(BusySource.lease_until)).one() == NOW + readings.LEASE
        return whole(url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "fetch", fetch)
    assert read(database, server) == 1


def test_a_calendar_that_was_removed_meanwhile_stays_removed(
    database: Database,
    world: World,
    server: CalendarServer,
    mine: BusySource,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = worker.fetch

    def fetch(url: str, **options: object) -> object:
        with database.transaction() as session:
            source = session.get_one(BusySource, mine.id)
            service.remove(session, world.actor(world.neurologist), source, now=NOW)
        return whole(url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(worker, "fetch", fetch)
    assert read(database, server) == 1
    assert spans_in(database) == []


FREE_BUSY = (
    b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nDTSTART:20261101T000000Z\r\nDTEND:20261201T000000Z\r\n"
    b"FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261124T090000Z/PT1H\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n"
)


def test_a_free_busy_address_is_known_only_as_far_as_it_speaks(
    database: Database, world: World, server: CalendarServer
) -> None:
    """Peer failure 31."""
    server.body = FREE_BUSY
    add_server(database, world, BusySourceKind.FREE_BUSY, f"http://{server.host}/anna.ifb")
    assert read(database, server) == 1
    source = source_in(database)
    assert [span.starts_at.hour for span in spans_in(database)] == [9]
    assert source.known_until is not None
    assert (source.known_until.month, source.known_until.day) == (12, 1)
    assert server.logins[0] is not None
    assert server.logins[0].startswith("Basic ")


def test_what_had_to_be_guessed_is_kept_for_the_owner_until_the_next_reading(
    sqlite_database: Database, world_on_sqlite: World, server: CalendarServer
) -> None:
    server.body = calendar("20261124T090000").replace(b"DTSTART:", b"DTSTART;TZID=Mars/Olympus:")
    add(sqlite_database, world_on_sqlite, f"http://{server.host}/mine.ics")
    read(sqlite_database, server)
    source = source_in(sqlite_database)
    assert source.last_error is None
    assert "Mars/Olympus" in (source.last_note or "")


@pytest.fixture
def world_on_sqlite(sqlite_database: Database, moment: time_machine.Traveller) -> World:
    del moment
    with sqlite_database.transaction() as session:
        return build_world(session)


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Radicale]:
    with running_radicale(tmp_path_factory.mktemp("radicale")) as running:
        running.add_calendar(f"/{USER}/mine/")
        running.put(f"/{USER}/mine/a.ics", "DTSTART:20261124T090000Z", "DURATION:PT1H")
        yield running


@pytest.fixture
def account(sqlite_database: Database, world_on_sqlite: World, radicale: Radicale) -> Database:
    """Give a database with an account of the neurologist on a real server, read once."""
    add_server(sqlite_database, world_on_sqlite, BusySourceKind.CALDAV, radicale.url)
    assert read(sqlite_database, radicale) == 1
    return sqlite_database


def test_an_account_is_read_and_asked_again_in_fifteen_minutes(
    account: Database, radicale: Radicale, moment: time_machine.Traveller
) -> None:
    kept = spans_in(account)
    assert [span.starts_at.isoformat()[:16] for span in kept] == ["2026-11-24T09:00"]
    assert source_in(account).etag is not None
    moment.shift(timedelta(minutes=15))
    assert read(account, radicale) == 1
    source = source_in(account)
    assert (source.read_at, source.last_error) == (NOW + timedelta(minutes=15), None)
    assert spans_in(account) == kept


def test_a_wrong_password_keeps_the_last_good_copy_and_then_the_time_is_unknown(
    account: Database,
    world_on_sqlite: World,
    radicale: Radicale,
    moment: time_machine.Traveller,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Peer failure 31; nor does the worker guess on until the account is locked."""
    kept = spans_in(account)
    with account.transaction() as session:
        source = session.scalars(select(BusySource)).one()
        actor = world_on_sqlite.actor(world_on_sqlite.neurologist)
        service.change_password(session, actor, source, "wrong-1234", secret_key=SECRET_KEY, now=NOW)
    assert read(account, radicale) == 1
    source = source_in(account)
    assert "user name or the password" in (source.last_error or "")
    assert source.due_at == NOW + readings.LAST_RETRY
    assert spans_in(account) == kept != []
    assert service.state_of(source, NOW) is CalendarState.FAILING
    later = NOW + STALE_AFTER + timedelta(seconds=1)
    moment.move_to(later)
    assert read(account, radicale) == 1
    assert service.state_of(source_in(account), later) is CalendarState.SILENT
    assert "wrong-1234" not in capsys.readouterr().out


def test_a_changed_secret_key_asks_for_the_password_and_asks_no_server(
    account: Database, radicale: Radicale, moment: time_machine.Traveller
) -> None:
    moment.shift(timedelta(minutes=15))
    assert read(account, radicale, secret_key="another key of the house, long enough") == 1
    source = source_in(account)
    assert "Type the password again" in (source.last_error or "")
    assert spans_in(account) != []
