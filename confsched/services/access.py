"""The one way to a row: what an actor may see, and what they may change."""

from __future__ import annotations

import uuid
from typing import Literal, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor, Permission
from confsched.errors import NotFound
from confsched.models.audit import AuditEvent
from confsched.models.base import Base
from confsched.models.bookings import Booking, Participation
from confsched.models.busy import BusySource
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.feeds import Feed
from confsched.models.outbox import OutboxMessage

Row = TypeVar("Row", bound=Base)
To = Literal["see", "change"]


def visible(actor: Actor, model: type[Row], *, to: To = "see") -> Select[Row]:
    """Return the query for what the actor may see or change of `model`; without a rule that is nothing."""
    rule = _RULES.get(model)
    return select(model).where(rule(actor, to) if rule else false())


def get_row(session: Session, actor: Actor, model: type[Row], row_id: uuid.UUID, *, to: To = "see") -> Row:
    """Return one row, locked when it is to change; raises NotFound alike for foreign and for missing rows."""
    query = visible(actor, model, to=to).where(model.__table__.c.id == row_id)
    if to == "change":
        query = query.with_for_update(of=model)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def get_booking(session: Session, actor: Actor, booking_id: uuid.UUID, *, to: To = "see") -> Booking:
    return get_row(session, actor, Booking, booking_id, to=to)


def get_consult(session: Session, actor: Actor, consult_id: uuid.UUID, *, to: To = "see") -> Consult:
    return get_row(session, actor, Consult, consult_id, to=to)


def get_conference(session: Session, actor: Actor, conference_id: uuid.UUID, *, to: To = "see") -> Conference:
    return get_row(session, actor, Conference, conference_id, to=to)


def may_read_content(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor takes part or organises, and so may read the question."""
    taking_part = {p.person_id for p in booking.participations if p.removed_at is None}
    return actor.person_id == booking.organiser_id or actor.person_id in taking_part


def may_read_title(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor takes part, or plans meetings in the house that organises this one.

    Everybody else who sees the meeting sees time, kind and people only: the secretariat of another house
    has to know when its people are taken, not by which case.
    """
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION)
    return booking.organisation_id in houses or may_read_content(actor, booking)


def with_title(actor: Actor) -> ColumnElement[bool]:
    """Return may_read_title as a condition, so that a search finds no words that a page does not show."""
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION)
    mine = or_(Booking.organiser_id == actor.person_id, _takes_part(actor, "see"))
    return or_(mine, Booking.organisation_id.in_(houses))


def _bookings(actor: Actor, to: To) -> ColumnElement[bool]:
    mine = or_(Booking.organiser_id == actor.person_id, _takes_part(actor, to))
    permission = Permission.PLAN_CONFERENCE if to == "change" else Permission.SEE_MEETINGS_OF_ORGANISATION
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION) & actor.organisations_with(
        permission
    )
    if not houses:
        return mine
    of_my_house = Booking.participations.any(
        Participation.organisation_id.in_(houses) & Participation.removed_at.is_(None)
    )
    return or_(mine, Booking.organisation_id.in_(houses), of_my_house if to == "see" else false())


def _takes_part(actor: Actor, to: To) -> ColumnElement[bool]:
    me = (Participation.person_id == actor.person_id) & Participation.removed_at.is_(None)
    if to == "change":
        # Optional guests of a conference look; who serves a requirement may move or cancel.
        me = me & Participation.is_optional.is_(False)
    return Booking.participations.any(me)


def _consults(actor: Actor, to: To) -> ColumnElement[bool]:
    mine = Consult.requester_id == actor.person_id
    if to == "change":
        return mine
    return or_(mine, Consult.booking.has(_takes_part(actor, to)))


def _conferences(actor: Actor, to: To) -> ColumnElement[bool]:
    houses = actor.organisations_with(Permission.PLAN_CONFERENCE) & actor.organisations_with(
        Permission.SEE_MEETINGS_OF_ORGANISATION
    )
    mine = or_(Conference.organiser_id == actor.person_id, Conference.organisation_id.in_(houses))
    return mine if to == "change" else or_(mine, Conference.booking.has(_takes_part(actor, to)))


def _messages(actor: Actor, _to: To) -> ColumnElement[bool]:
    houses = actor.organisations_with(Permission.SEE_DELIVERIES)
    return or_(OutboxMessage.recipient_id == actor.person_id, OutboxMessage.organisation_id.in_(houses))


def _feeds(actor: Actor, _to: To) -> ColumnElement[bool]:
    return (Feed.person_id == actor.person_id) & Feed.revoked_at.is_(None)


def _busy_sources(actor: Actor, _to: To) -> ColumnElement[bool]:
    return (BusySource.person_id == actor.person_id) & BusySource.removed_at.is_(None)


def _audit_events(actor: Actor, to: To) -> ColumnElement[bool]:
    if to == "change":
        return false()
    return AuditEvent.organisation_id.in_(actor.organisations_with(Permission.SEE_AUDIT))


_RULES = {
    Booking: _bookings,
    Consult: _consults,
    Conference: _conferences,
    OutboxMessage: _messages,
    Feed: _feeds,
    BusySource: _busy_sources,
    AuditEvent: _audit_events,
}
