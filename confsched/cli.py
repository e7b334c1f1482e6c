"""The commands: `confsched ...`, and the same by `python3 app.py ...`."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from types import FrameType

import click
import waitress

from confsched import clock, logs
from confsched.create_app import create_app
from confsched.db import Database
from confsched.demo import DemoNetwork, build_demo, describe_demo, is_empty
from confsched.errors import Refusal
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
    database = _prepared(settings)
    demo = _demo_if_empty(settings, database)
    running = scheduler.start(_engine(settings, database))
    _greet(settings, demo)
    try:
        _listen(settings, database)
    finally:
        running.shutdown(wait=True)
        database.dispose()


@cli.command()
def web() -> None:
    """Serve pages only; under load use gunicorn with confsched.create_app:create_app() instead."""
    settings = _settings()
    _listen(settings, _prepared(settings))


@cli.command()
def worker() -> None:
    """Do the worker's jobs until told to stop; any number of workers may run."""
    settings = _settings()
    database = _prepared(settings)
    running = scheduler.start(_engine(settings, database))
    _wait_for_signal()
    running.shutdown(wait=True)
    database.dispose()


@cli.command()
def tick() -> None:
    """Do every job of the worker once, for cron or for a look."""
    settings = _settings()
    database = _prepared(settings)
    scheduler.run_once(_engine(settings, database))
    database.dispose()


@cli.command()
def initdb() -> None:
    """Create the tables, or bring them up to date."""
    _prepared(_settings()).dispose()
    click.echo("The database is up to date.")


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print for a program instead of a person.")
def demo(as_json: bool) -> None:
    """Fill an empty database with the demo network and print its accounts."""
    settings = _settings()
    database = _prepared(settings)
    network = _demo_if_empty(settings, database, always=True)
    if network is None:
        raise click.ClickException("This database holds data of its own; the demo needs an empty one.")
    click.echo(json.dumps(_demo_facts(settings, network), indent=2) if as_json else _demo_text(network))
    database.dispose()


@cli.command("create-admin")
@click.argument("email")
@click.option("--name", "full_name", prompt="Given and family name")
@click.option("--organisation", prompt="Organisation")
@click.option("--zone", default="Europe/Berlin", show_default=True)
@click.option("--state", default="DE-NI", show_default=True, help="Whose public holidays its site keeps.")
@click.password_option()
def create_admin(email: str, full_name: str, organisation: str, zone: str, state: str, password: str) -> None:
    """Create the first account of an organisation, from which everything else is entered."""
    database = _prepared(_settings())
    given_name, _, family_name = full_name.strip().rpartition(" ")
    new = NewPerson(given_name=given_name, family_name=family_name, email=email, zone=zone)
    try:
        with database.transaction() as session:
            founding.create_admin(
                session, new, password, organisation=organisation, state=state, now=clock.now()
            )
    except Refusal as refusal:
        raise click.ClickException(str(refusal.message)) from refusal
    finally:
        database.dispose()
    click.echo(f"{email} may now sign in.")


def main() -> None:
    """Run the command line; a wrong environment is one sentence, not a traceback."""
    try:
        cli(prog_name="confsched")
    except SettingsError as error:
        click.echo(str(error), err=True)
        sys.exit(2)


def _settings() -> Settings:
    logs.configure()
    return load_settings(os.environ)


def _prepared(settings: Settings) -> Database:
    database = Database(settings.database_url)
    database.migrate()
    return database


def _engine(settings: Settings, database: Database) -> Engine:
    house = House(settings.public_url, settings.mail_address)
    return Engine(database, house, settings.smtp_url, scheduler.worker_name(), settings.allowed_hosts)


def _demo_if_empty(settings: Settings, database: Database, *, always: bool = False) -> DemoNetwork | None:
    if not (settings.is_demo or always):
        return None
    with database.read() as session:
        if not is_empty(session):
            return describe_demo(session, password=DEMO_PASSWORD)
    return build_demo(database, now=clock.now(), password=DEMO_PASSWORD)


def _demo_facts(settings: Settings, network: DemoNetwork) -> dict[str, object]:
    return {
        "url": settings.public_url,
        "accounts": [
            {"name": a.name, "function": a.function, "email": a.email, "password": a.password}
            for a in network.accounts
        ],
        "feeds": [settings.public_url + path for path in network.feeds],
    }


def _demo_text(network: DemoNetwork) -> str:
    lines = [f"  {a.function:20} {a.email:42} {a.name}" for a in network.accounts]
    return "\n".join(["Demo accounts, all with the password " + DEMO_PASSWORD, *lines])


def _greet(settings: Settings, network: DemoNetwork | None) -> None:
    if network is not None:
        click.echo(_demo_text(network))
    click.echo(f"\nconfsched is ready: {settings.public_url}   (Ctrl-C stops it)")


def _listen(settings: Settings, database: Database) -> None:
    app = create_app(settings, database)
    waitress.serve(app, host=LOOPBACK, port=settings.port, threads=THREADS, ident=None)


def _wait_for_signal() -> None:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    stopped.wait()
