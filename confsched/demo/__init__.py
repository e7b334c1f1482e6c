"""A whole invented network to look around in: built through the services, the same every time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.demo import (
    cases,
    consult_ends,
    exchange,
    feeds,
    held,
    joint,
    legends,
    meetings,
    months,
    past_urgent,
    regional,
    rosters,
    series,
    staff,
    urgent,
)
from confsched.demo.names import email_of
from confsched.demo.network import Network
from confsched.demo.places import NAMED_PEOPLE, SITES, NamedPerson
from confsched.demo.staff import ZONE
from confsched.models.accounts import Account
from confsched.models.network import Organisation
from confsched.models.people import Person
from confsched.services import accounts
from confsched.services.passwords import TRIFLING_COST

FOUNDED = timedelta(days=400)
PUBLISHED = timedelta(days=45)
SWAPPED = timedelta(hours=20)
DRAFTED = timedelta(hours=3)


@dataclass(frozen=True)
class DemoAccount:
    """Hold who can sign in, and how."""

    name: str
    function: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class DemoNetwork:
    """Hold what a visitor needs: the accounts, and the paths of calendar feeds and wall displays."""

    accounts: tuple[DemoAccount, ...]
    feeds: tuple[str, ...]
    walls: tuple[str, ...]


def is_empty(session: Session) -> bool:
    """Tell whether there is no network yet."""
    return not session.scalar(select(exists(select(Organisation.id))))


def build_demo(database: Database, *, now: datetime, password: str, secret: str) -> DemoNetwork:
    """Fill an empty database with the network around `now`, all or nothing; `secret` makes its feeds."""
    with database.transaction() as session:
        assert is_empty(session), "the demo network never mixes with a real one"
        network = _build(session, now)
        account_list = _add_accounts(session, network, password, now)
        joint.add_floating_hours(session, network, clock.local_day(now, ZONE), now)
        months.publish_months(session, network, now, now - PUBLISHED)
        rosters.swap_duties(session, network, now, now - SWAPPED)
        meetings.add_meetings(session, network, now)
        consult_ends.end_consults(session, network, now)
        months.draft_changes(session, network, now - DRAFTED)
        exchange.add_requests(session, network, now)
        past_urgent.add_past(session, network, now)
        urgent.add_consults(session, network, now)
        series.add_series(session, network, now)
        cases.add_put_off(session, network, now)
        held.hold_past(session, network, now)
        cases.add_cases(session, network, now)
        regional.add_conference(session, network, now)
        wall = feeds.add_wall(session, network, secret, now)
        paths = feeds.add_feeds(session, network, secret, now)
    return DemoNetwork(accounts=account_list, feeds=paths, walls=wall)


def describe_demo(session: Session, *, password: str, secret: str) -> DemoNetwork | None:
    """Return what build_demo returned for this database; None when it holds other data."""
    names = _names_of_accounts(session)
    accounts_there = tuple(
        DemoAccount(names[email], named.function.value, email, password)
        for named, email in _with_account()
        if email in names
    )
    if len(accounts_there) < len(_with_account()):
        return None
    return DemoNetwork(
        accounts=accounts_there,
        feeds=feeds.list_paths(session, secret),
        walls=feeds.list_walls(session, secret),
    )


def _names_of_accounts(session: Session) -> dict[str, str]:
    emails = [email for _, email in _with_account()]
    people = session.scalars(select(Person).join(Account).where(Person.email.in_(emails)))
    return {person.email: person.name for person in people}


def _with_account() -> list[tuple[NamedPerson, str]]:
    domains = {plan.key: plan.domain for plan in SITES}
    return [
        (named, email_of(named.given_name, named.family_name, domains[named.site]))
        for named in NAMED_PEOPLE
        if named.has_account
    ]


def _build(session: Session, now: datetime) -> Network:
    network = Network()
    today = clock.local_day(now, ZONE)
    founded_at = now - FOUNDED
    staff.add_sites(session, network, founded_at)
    staff.add_staff(session, network, founded_at)
    rosters.add_services(session, network, founded_at)
    rosters.add_lines(session, network, founded_at)
    urgent.add_ladders(session, network)
    urgent.add_contact_points(session, network, founded_at)
    joint.add_joint_service(session, network, founded_at)
    joint.add_personal_service(session, network, founded_at)
    legends.add_legends(session, network, founded_at)
    rosters.publish_duties(session, network, today, now - PUBLISHED)
    rosters.add_absences(session, network, today, now - SWAPPED)
    return network


def _add_accounts(
    session: Session, network: Network, password: str, now: datetime
) -> tuple[DemoAccount, ...]:
    return tuple(
        _add_account(session, network, named, email, password, now) for named, email in _with_account()
    )


def _add_account(
    session: Session, network: Network, named: NamedPerson, email: str, password: str, now: datetime
) -> DemoAccount:
    person = network.people[email]
    network.accounts[email] = accounts.create_account(session, person, password, now=now, cost=TRIFLING_COST)
    return DemoAccount(person.name, named.function.value, email, password)
