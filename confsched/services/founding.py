"""The first account of a house, from which everything else is entered."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.kinds import SiteKind
from confsched.domain.permissions import Function
from confsched.errors import Refusal, msg
from confsched.models.accounts import Account
from confsched.models.network import Organisation, Site
from confsched.services import accounts, network, people
from confsched.services.people import NewPerson

_MAIL_ADDRESS = re.compile(r"[^@\s<>\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def create_admin(
    session: Session,
    new: NewPerson,
    password: str,
    *,
    organisation: str,
    state: str,
    now: datetime,
) -> Account:
    """Give a person an account and the function of an administrator; an unknown organisation is added."""
    _check_person(new)
    site = _first_site(session, organisation) or _add_house(session, new, organisation, state, now)
    person = people.add_person(session, None, new, now=now)
    session.flush()
    people.add_membership(
        session,
        None,
        person,
        Function.ORGANISATION_ADMIN,
        site=site,
        valid_from=clock.local_day(now, site.zone),
        now=now,
    )
    return accounts.create_account(session, person, password, now=now)


def _check_person(new: NewPerson) -> None:
    """Refuse who could not sign in or be written to: nobody else is there yet to correct it."""
    if not (new.given_name.strip() and new.family_name.strip()):
        raise Refusal(msg("Enter the given name and the family name."), field="name")
    if not _MAIL_ADDRESS.fullmatch(new.email):
        raise Refusal(msg("Enter a mail address such as name@hospital.example."), field="email")


def _first_site(session: Session, organisation: str) -> Site | None:
    query = select(Site).join(Organisation).where(Organisation.name == organisation.strip())
    return session.scalars(query.order_by(Site.name).limit(1)).one_or_none()


def _add_house(session: Session, new: NewPerson, name: str, state: str, now: datetime) -> Site:
    house = network.add_organisation(session, None, name, now=now)
    session.flush()
    site = network.add_site(
        session,
        None,
        house,
        name=name,
        short_name=name,
        kind=SiteKind.HOSPITAL,
        state=state,
        phone=new.phone,
        zone=new.zone,
        now=now,
    )
    session.flush()
    return site
