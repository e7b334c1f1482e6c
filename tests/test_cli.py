"""The commands as a person or a script types them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import select

from confsched.cli import DEMO_PASSWORD
from confsched.db import Database
from confsched.models.engine import EngineCycle
from confsched.models.outbox import OutboxMessage
from confsched.worker.delivery import ROUND
from tests.flows.processes import (
    PROGRAMS,
    SECRET_KEY,
    STOP_SECONDS,
    Process,
    Visitor,
    free_port,
    is_answering,
    started,
    status_of,
)

CONFSCHED = PROGRAMS / "confsched"
PASSWORD = "eine lange Brücke im Nebel"
NEW_ADMIN = (
    *("create-admin", "ines.kraft@haus.example", "--name", "Ines Kraft"),
    *("--organisation", "Klinikum Haus", "--password", PASSWORD),
)


def _variables(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", "CONFSCHED_DATA_DIR": str(folder), **more}


def _run(variables: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [CONFSCHED, *arguments],
        env=dict(variables),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Build the demo by its command, once; give its folder and what the command said."""
    folder = tmp_path_factory.mktemp("demo")
    done = _run(_variables(folder, PORT="8123"), "demo", "--json")
    assert "Traceback" not in done.stderr
    return folder, done.stdout


@pytest.fixture
def demo_folder(demo: tuple[Path, str], tmp_path: Path) -> Path:
    """Give a copy of the demo's folder, to be changed."""
    return Path(shutil.copytree(demo[0], tmp_path / "data"))


def _database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'confsched.sqlite'}")


def test_serve_builds_the_demo_prints_who_may_sign_in_and_stops_cleanly(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    begun = time.perf_counter()
    with started(tmp_path / "log", _variables(tmp_path, PORT=str(port)), CONFSCHED, "serve") as process:
        process.wait_until(lambda: url in process.output())
        process.wait_until(lambda: is_answering(url))
        seconds = time.perf_counter() - begun
        record_property("figure", f"first start of the demo on an empty SQLite: {seconds:.1f} s")
        output = process.output()
        assert DEMO_PASSWORD in output
        assert "julia.marquardt@moorfeld.example" in output
        process.wait_until(lambda: status_of(f"{url}/health/engine") == 200)
        visitor = Visitor(url).sign_in("julia.marquardt@moorfeld.example", DEMO_PASSWORD)
        assert "Marquardt" in visitor.get("/")
        _assert_stops(process, signal.SIGTERM, record_property)
    assert "Traceback" not in process.output()


def _assert_stops(
    process: Process, number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    begun = time.perf_counter()
    process.child.send_signal(number)
    assert process.child.wait(STOP_SECONDS) == 0, process.output()
    record_property("figure", f"stop on {number.name}: {time.perf_counter() - begun:.1f} s")


def test_a_second_start_finds_the_demo_as_it_was_left(
    demo: tuple[Path, str], demo_folder: Path, tmp_path: Path
) -> None:
    port = free_port()
    with started(tmp_path / "log", _variables(demo_folder, PORT=str(port)), CONFSCHED, "serve") as process:
        process.wait_until(lambda: is_answering(f"http://127.0.0.1:{port}"))
        feed = json.loads(demo[1])["feeds"][0].replace(":8123/", f":{port}/")
        with urlopen(feed) as answer:
            assert answer.read().startswith(b"BEGIN:VCALENDAR")
        assert process.stop() == 0
    assert _run(_variables(demo_folder, PORT="8123"), "demo", "--json").stdout == demo[1]


def test_the_demo_as_json_is_json_and_nothing_else(demo: tuple[Path, str]) -> None:
    facts = json.loads(demo[1])
    assert facts["url"] == "http://127.0.0.1:8123"
    functions = {account["function"] for account in facts["accounts"]}
    assert functions == {
        *("requester", "consultant", "secretary", "coordinator", "organisation_admin", "auditor")
    }
    assert {account["password"] for account in facts["accounts"]} == {DEMO_PASSWORD}
    assert all(set(account) == {"name", "function", "email", "password"} for account in facts["accounts"])
    assert len(facts["feeds"]) == 2
    assert all(feed.startswith("http://127.0.0.1:8123/feeds/") for feed in facts["feeds"])
    assert [wall[:27] for wall in facts["walls"]] == ["http://127.0.0.1:8123/wall/"]


def test_another_secret_key_makes_other_feeds(demo: tuple[Path, str], tmp_path: Path) -> None:
    other = _variables(tmp_path, PORT="8123", CONFSCHED_SECRET_KEY=SECRET_KEY)
    feeds = json.loads(_run(other, "demo", "--json").stdout)["feeds"]
    assert len(feeds) == 2
    assert set(feeds).isdisjoint(json.loads(demo[1])["feeds"])


def test_the_demo_never_mixes_with_data_of_its_own(tmp_path: Path) -> None:
    variables = _variables(tmp_path)
    assert _run(variables, *NEW_ADMIN).returncode == 0
    done = _run(variables, "demo", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs an empty one" in done.stderr


def test_initdb_may_be_called_twice(tmp_path: Path) -> None:
    for _ in range(2):
        done = _run(_variables(tmp_path), "initdb")
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [(("server",), "No such command 'server'"), (("tick", "serve"), "unexpected extra argument (serve)")],
)
@pytest.mark.parametrize("program", [(CONFSCHED,), (PROGRAMS / "python", "-m", "confsched.cli")])
def test_a_mistyped_command_says_so_however_it_is_started(
    tmp_path: Path, program: tuple[Path | str, ...], arguments: tuple[str, ...], sentence: str
) -> None:
    done = subprocess.run(
        [*program, *arguments],
        env=_variables(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


def test_tick_does_every_job_once(demo_folder: Path) -> None:
    assert _run(_variables(demo_folder), "tick").returncode == 0
    database = _database(demo_folder)
    with database.read() as session:
        assert len(session.scalars(select(EngineCycle)).all()) == 1
        messages = session.scalars(select(OutboxMessage)).all()
    database.dispose()
    sent = [message for message in messages if message.sent_at is not None]
    assert len(sent) == min(ROUND, len(messages)) > 0
    assert _run(_variables(demo_folder), "tick").returncode == 0
    database = _database(demo_folder)
    with database.read() as session:
        assert set(session.scalars(select(OutboxMessage.sent_by))) == {"drawer"}
    database.dispose()


def test_a_worker_works_until_it_is_told_to_stop(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    _run(_variables(tmp_path), "initdb")
    database = _database(tmp_path)

    def has_cycled() -> bool:
        with database.read() as session:
            return session.scalar(select(EngineCycle)) is not None

    with started(tmp_path / "log", _variables(tmp_path), CONFSCHED, "worker") as process:
        process.wait_until(has_cycled)
        _assert_stops(process, signal.SIGTERM, record_property)
    database.dispose()
    assert "Traceback" not in process.output()


def test_web_serves_pages_without_a_worker_and_stops_on_ctrl_c(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started(tmp_path / "log", _variables(tmp_path, PORT=str(port)), CONFSCHED, "web") as process:
        process.wait_until(lambda: is_answering(url))
        assert status_of(f"{url}/health/ready") == 200
        assert status_of(f"{url}/health/engine") == 503
        _assert_stops(process, signal.SIGINT, record_property)


def test_the_first_administrator_can_sign_in(tmp_path: Path) -> None:
    port = free_port()
    variables = _variables(tmp_path, PORT=str(port))
    done = _run(variables, *NEW_ADMIN)
    assert (done.returncode, done.stdout) == (0, "ines.kraft@haus.example may now sign in.\n")
    with started(tmp_path / "log", variables, CONFSCHED, "web") as process:
        process.wait_until(lambda: is_answering(f"http://127.0.0.1:{port}"))
        visitor = Visitor(f"http://127.0.0.1:{port}").sign_in("ines.kraft@haus.example", PASSWORD)
        assert "Ines Kraft" in visitor.get("/")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--state", "Niedersachsen"), "Choose a federal state"),
        (("--zone", "Europa/Berlin"), "Choose a time zone"),
        (("--password", "kurz"), "12 characters"),
        (("--name", "Ines"), "Enter the given name and the family name."),
    ],
)
def test_a_refused_administrator_is_one_sentence(
    tmp_path: Path, arguments: tuple[str, str], sentence: str
) -> None:
    done = _run(_variables(tmp_path), *NEW_ADMIN, *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "http"}, "PORT must be a number"),
        ({"CONFSCHED_DATABASE_URL": "mysql://haus.example/x"}, "CONFSCHED_DATABASE_URL must begin with"),
        (
            {"CONFSCHED_DATABASE_URL": "postgresql://u@127.0.0.1:1/x", "CONFSCHED_SECRET_KEY": SECRET_KEY},
            "the database cannot be used",
        ),
        (
            {
                "CONFSCHED_DATABASE_URL": "postgresql://u:geheim@host:port/x",
                "CONFSCHED_SECRET_KEY": SECRET_KEY,
            },
            "is not an address of a database",
        ),
        (
            {"CONFSCHED_DATABASE_URL": "sqlite:////nowhere/x.sqlite", "CONFSCHED_SECRET_KEY": SECRET_KEY},
            "the database cannot be used",
        ),
        ({"CONFSCHED_PUBLIC_URL": "https://termine.haus.example"}, "CONFSCHED_SECRET_KEY must be set"),
    ],
)
def test_a_wrong_environment_is_one_sentence(
    tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    done = _run(_variables(tmp_path, **variables), "initdb")
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "geheim" not in done.stderr


def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    port = free_port()
    with started(tmp_path / "log", _variables(tmp_path, PORT=str(port)), CONFSCHED, "web") as process:
        process.wait_until(lambda: is_answering(f"http://127.0.0.1:{port}"))
        done = _run(_variables(tmp_path, PORT=str(port)), "serve")
    assert done.returncode == 2
    assert f"PORT: {port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_names_every_variable_of_the_environment(tmp_path: Path) -> None:
    done = _run(_variables(tmp_path), "--help")
    for name in (
        "CONFSCHED_DATABASE_URL",
        "CONFSCHED_SECRET_KEY",
        "CONFSCHED_SMTP_URL",
        "PORT",
        "serve",
        "tick",
    ):
        assert name in done.stdout
