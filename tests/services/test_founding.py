"""The first account: a house appears, its administrator may sign in, and everything is on record."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.permissions import Function
from confsched.errors import Refusal
from confsched.models.network import Organisation, Site
from confsched.models.people import Membership, Person
from confsched.services import accounts, audit, founding
from confsched.services.people import NewPerson
from tests.world import NOW

PASSWORD = "eine lange Brücke im Nebel"
INES = NewPerson("Ines", "Kraft", "ines.kraft@haus.example")


def _found(
    session: Session,
    new: NewPerson = INES,
    *,
    organisation: str = "Klinikum Haus",
    state: str = "DE-NI",
    password: str = PASSWORD,
) -> None:
    founding.create_admin(session, new, password, organisation=organisation, state=state, now=NOW)


def test_an_unknown_organisation_is_added_with_a_site_and_its_administrator(database: Database) -> None:
    with database.transaction() as session:
        _found(session)
    with database.read() as session:
        site = session.scalars(select(Site)).one()
        membership = session.scalars(select(Membership)).one()
        assert (site.name, site.state, site.zone) == ("Klinikum Haus", "DE-NI", "Europe/Berlin")
        assert (membership.function, membership.site_id) == (Function.ORGANISATION_ADMIN, site.id)
        assert audit.find_break(session) is None


def test_the_administrator_may_sign_in(database: Database) -> None:
    with database.transaction() as session:
        _found(session)
    with database.read() as session:
        credentials = accounts.find_credentials(session, INES.email.upper(), now=NOW)
    assert accounts.check_password(credentials, PASSWORD)


def test_a_second_administrator_joins_the_same_organisation(database: Database) -> None:
    with database.transaction() as session:
        _found(session)
        _found(session, NewPerson("Udo", "Falk", "udo.falk@haus.example"), organisation=" Klinikum Haus ")
    with database.read() as session:
        assert len(session.scalars(select(Organisation)).all()) == 1
        assert len(session.scalars(select(Person)).all()) == 2


@pytest.mark.parametrize(
    ("organisation", "state", "field"),
    [("Klinikum Haus", "Niedersachsen", "state"), (" ", "DE-NI", "name")],
)
def test_wrong_input_is_refused_with_the_field_named(
    sqlite_database: Database, organisation: str, state: str, field: str
) -> None:
    with pytest.raises(Refusal) as refusal, sqlite_database.transaction() as session:
        _found(session, organisation=organisation, state=state)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    "new",
    [
        NewPerson("", "Kraft", "ines.kraft@haus.example"),
        NewPerson("Ines", "Kraft", "kein Postfach"),
        NewPerson("Ines", "Kraft", "ines.kraft@haus.example", zone="Europa/Berlin"),
    ],
    ids=["no given name", "no mail address", "no time zone"],
)
def test_a_person_who_could_not_be_reached_is_refused(sqlite_database: Database, new: NewPerson) -> None:
    with pytest.raises(Refusal), sqlite_database.transaction() as session:
        _found(session, new)


def test_a_refusal_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(Refusal), database.transaction() as session:
        _found(session, password="kurz")
    with database.read() as session:
        assert session.scalars(select(Organisation)).all() == []
        assert session.scalars(select(Person)).all() == []


def test_a_taken_mail_address_is_refused(database: Database) -> None:
    with database.transaction() as session:
        _found(session)
    with pytest.raises(Refusal) as refusal, database.transaction() as session:
        _found(session, organisation="Anderes Haus")
    assert refusal.value.field == "email"
