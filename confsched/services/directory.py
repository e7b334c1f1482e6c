"""Whom and what the network has to ask for: disciplines, sites, rooms, people by the start of their name."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from confsched.domain.permissions import Actor, Function
from confsched.models.network import Department, Resource, Site
from confsched.models.people import Membership, Person

SUGGESTIONS = 10
MIN_SEARCH_LETTERS = 3


def list_own(session: Session, actor: Actor, ids: Iterable[uuid.UUID]) -> frozenset[uuid.UUID]:
    """Return which of these people and rooms belong to the actor's own houses."""
    houses = {seat.organisation_id for seat in actor.seats}
    people = select(Membership.person_id).where(
        Membership.person_id.in_(list(ids)), Membership.organisation_id.in_(houses)
    )
    rooms = select(Resource.id).where(Resource.id.in_(list(ids)), Resource.site_id.in_(actor.site_ids))
    return frozenset((*session.scalars(people), *session.scalars(rooms)))


def list_rooms(session: Session, actor: Actor) -> list[Resource]:
    """Return the rooms of the sites at which the actor works."""
    query = select(Resource).where(Resource.site_id.in_(actor.site_ids)).order_by(Resource.name, Resource.id)
    return list(session.scalars(query))


def list_disciplines(session: Session) -> list[str]:
    """Return the disciplines of the network's departments."""
    return list(session.scalars(select(Department.discipline).distinct().order_by(Department.discipline)))


def list_sites(session: Session) -> list[Site]:
    """Return the sites of the network, by name."""
    return list(session.scalars(select(Site).order_by(Site.name)))


def list_people(session: Session, ids: Iterable[uuid.UUID]) -> list[Person]:
    """Return these people of the network with the sites at which they work, by name; never a guest."""
    query = (
        select(Person)
        .where(Person.id.in_(list(ids)), Person.memberships.any())
        .order_by(Person.family_name, Person.id)
        .options(selectinload(Person.memberships).selectinload(Membership.site))
    )
    return list(session.scalars(query))


def suggest_people(session: Session, text: str, *, now: datetime) -> list[Person]:
    """Return up to ten clinicians of the network whose family name begins so; three letters at least."""
    text = text.strip()
    if len(text) < MIN_SEARCH_LETTERS:
        return []
    today = now.date()
    query = (
        select(Person)
        .where(
            Person.family_name.istartswith(text, autoescape=True),
            Person.memberships.any(
                (Membership.valid_from <= today)
                & Membership.function.in_([Function.CONSULTANT, Function.REQUESTER, Function.COORDINATOR])
                & or_(Membership.valid_until.is_(None), Membership.valid_until > today)
            ),
        )
        .order_by(Person.family_name, Person.given_name, Person.id)
        .limit(SUGGESTIONS)
        .options(selectinload(Person.memberships).selectinload(Membership.site))
    )
    return list(session.scalars(query))
