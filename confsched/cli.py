"""The commands: `confsched ...`, and the same by `python3 app.py ...`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
import waitress
from sqlalchemy.exc import ArgumentError, OperationalError
from waitress.server import BaseWSGIServer

from confsched import clock, logs
from confsched.create_app import create_app
from confsched.db import Database
from confsched.demo import DemoNetwork, build_demo, describe_demo, is_empty
from confsched.errors import Message, Refusal, msg
from confsched.mail.envelopes import House
from confsched.services import founding
from confsched.services.people import NewPerson
from confsched.settings import VARIABLES, Settings, SettingsError, load_settings
from confsched.worker import scheduler
from confsched.worker.scheduler import Engine

DEMO_PASSWORD = "confsched-demo"
THREADS = 8
LOOPBACK = "127.0.0.1"


def _help_of_environment() -> str:
    lines = [f"{v.name}  {v.sentence} (default: {v.default})" for v in VARIABLES]
    return "\b\nEnvironment:\n" + "\n".join(lines)


@click.group(epilog=_help_of_environment(), context_settings={"max_content_width": 140})
def cli() -> None:
    """confsched: joint case conferences and telemedicine consults between hospitals."""


@cli.command()
def serve() -> None:
    """Serve pages and do the worker's jobs in one process; fills the demo network on the first start."""
    settings = _settings()
    with _prepared(settings) as database, _listening(settings, database) as server:
        network = _demo_network(settings, database) if settings.is_demo else None
        running = scheduler.start(_engine(settings, database))
        _greet(settings, network)
        try:
            server.run()
        finally:
            running.stop()


@cli.command()
def web() -> None:
    """Serve pages only; under load use gunicorn with confsched.create_app:create_app() instead."""
    settings = _settings()
    with _prepared(settings) as database, _listening(settings, database) as server:
        _greet(settings, None)
        server.run()


@cli.command()
def worker() -> None:
    """Do the worker's jobs until told to stop; any number of workers may run."""
    settings = _settings()
    with _prepared(settings) as database:
        running = scheduler.start(_engine(settings, database))
        try:
            threading.Event().wait()
        finally:
            running.stop()


@cli.command()
def tick() -> None:
    """Do every job of the worker once, for cron or for a look."""
    settings = _settings()
    with _prepared(settings) as database:
        scheduler.run_once(_engine(settings, database))


@cli.command()
def initdb() -> None:
    """Create the tables, or bring them up to date."""
    with _prepared(_settings()):
        click.echo("The database is up to date.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print for a program instead of a person.")
def demo(as_json: bool) -> None:
    """Fill an empty database with the demo network and print its accounts."""
    settings = _settings()
    with _prepared(settings) as database:
        network = _demo_network(settings, database)
    if network is None:
        raise click.ClickException("This database holds data of its own; the demo needs an empty one.")
    click.echo(json.dumps(_demo_facts(settings, network), indent=2) if as_json else _demo_text(network))


@cli.command("create-admin")
@click.argument("email")
@click.option("--name", "full_name", prompt="Given and family name")
@click.option("--organisation", prompt="Organisation")
@click.option("--zone", default="Europe/Berlin", show_default=True)
@click.option("--state", default="DE-NI", show_default=True, help="Whose public holidays its site keeps.")
@click.password_option()
def create_admin(email: str, full_name: str, organisation: str, zone: str, state: str, password: str) -> None:
    """Create the first account of an organisation, which may see its deliveries and its audit trail."""
    given_name, _, family_name = full_name.strip().rpartition(" ")
    new = NewPerson(given_name=given_name, family_name=family_name, email=email, zone=zone)
    with _prepared(_settings()) as database, _refusals_as_sentences(), database.transaction() as session:
        founding.create_admin(session, new, password, organisation=organisation, state=state, now=clock.now())
    click.echo(f"{email} may now sign in.")


def main() -> None:
    """Run the command line; a wrong environment is one sentence, not a traceback."""
    # What is in hand is finished, connections are closed.
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    try:
        cli(prog_name="confsched")
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _exit(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


def _settings() -> Settings:
    logs.configure()
    return load_settings(os.environ)


@contextmanager
def _prepared(settings: Settings) -> Iterator[Database]:
    """Give the database with its tables up to date."""
    try:
        database = Database(settings.database_url)
    except (ArgumentError, ValueError) as error:
        raise SettingsError(msg("CONFSCHED_DATABASE_URL is not an address of a database.")) from error
    try:
        _migrate(database)
        yield database
    finally:
        database.dispose()


def _migrate(database: Database) -> None:
    try:
        database.migrate()
    except OperationalError as error:
        raise SettingsError(_unreachable(error)) from error


def _unreachable(error: OperationalError) -> Message:
    """Say what the driver says, in its first line, which never holds the password."""
    reason = str(error.orig).partition("\n")[0]
    return msg("CONFSCHED_DATABASE_URL: the database cannot be used: %(reason)s", reason=reason)


@contextmanager
def _listening(settings: Settings, database: Database) -> Iterator[BaseWSGIServer]:
    """Give a server that already holds its port."""
    app = create_app(settings, database)
    try:
        server = waitress.create_server(app, host=LOOPBACK, port=settings.port, threads=THREADS, ident=None)
    except OSError as error:
        raise SettingsError(
            msg(
                "PORT: %(port)s cannot be used, another program may have it. Set PORT to a free one.",
                port=settings.port,
            )
        ) from error
    try:
        yield server
    finally:
        server.close()


@contextmanager
def _refusals_as_sentences() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal


def _engine(settings: Settings, database: Database) -> Engine:
    house = House(settings.public_url, settings.mail_address, secret_key=settings.secret_key)
    return Engine(
        database,
        house,
        settings.smtp_url,
        scheduler.worker_name(),
        allowed_hosts=settings.allowed_hosts,
        secret_key=settings.secret_key,
        data_dir=settings.data_dir,
        is_demo=settings.is_demo,
    )


def _demo_network(settings: Settings, database: Database) -> DemoNetwork | None:
    """Return the demo network, built now where nothing is there; None for a database with data of its own."""
    with database.read() as session:
        if not is_empty(session):
            return describe_demo(session, password=DEMO_PASSWORD, secret=settings.secret_key)
    return build_demo(database, now=clock.now(), password=DEMO_PASSWORD, secret=settings.secret_key)


def _demo_facts(settings: Settings, network: DemoNetwork) -> dict[str, object]:
    return {
        "url": settings.public_url,
        "accounts": [
            {"name": a.name, "function": a.function, "email": a.email, "password": a.password}
            for a in network.accounts
        ],
        "feeds": [settings.public_url + path for path in network.feeds],
        "walls": [settings.public_url + path for path in network.walls],
    }


def _demo_text(network: DemoNetwork) -> str:
    lines = [f"  {a.function:20} {a.email:42} {a.name}" for a in network.accounts]
    return "\n".join(["Demo accounts, all with the password " + DEMO_PASSWORD, *lines])


def _greet(settings: Settings, network: DemoNetwork | None) -> None:
    if network is not None:
        click.echo(_demo_text(network))
    click.echo(f"\nconfsched is ready: {settings.public_url}   (Ctrl-C stops it)")


if __name__ == "__main__":
    main()
