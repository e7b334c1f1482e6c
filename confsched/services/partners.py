"""Partners that are no hospital: the institutions that a house invites, known to this house alone."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from confsched.domain.guests import MAX_PARTNER, checked_words
from confsched.domain.kinds import PartnerKind
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Forbidden, NotFound, Refusal, msg
from confsched.models.guests import Guest, Partner
from confsched.services import access, audit

PAGE_SIZE = 50
MAX_PARTNERS = 500  # of one house; more is a directory, not a list of partners


@dataclass(frozen=True)
class Row:
    """Hold a partner and how many guests come from it."""

    partner: Partner
    guests: int


@dataclass(frozen=True)
class Listing:
    """Hold one page of partners, by name, and how many there are."""

    items: list[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def house_of(actor: Actor) -> uuid.UUID:
    """Return the house for which the actor keeps guests and partners; raises Forbidden for who keeps none."""
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    if actor.organisation_id in houses:
        return actor.organisation_id
    if not houses:
        raise Forbidden(msg("Your function does not include guests. Ask your secretariat."))
    return min(houses)


def add(session: Session, actor: Actor, name: str, kind: PartnerKind, *, now: datetime) -> Partner:
    """Add an institution; one of the same name is the same, and one that was removed comes back."""
    name = _checked_name(name)
    house = house_of(actor)
    partner = _find(session, house, name)
    if partner is not None and partner.removed_at is None:
        return partner
    partner = partner or _new(session, house, name, kind)
    partner.removed_at, partner.kind = None, kind
    session.flush()
    audit.record(session, actor, "partner.add", partner, now=now)
    return partner


def _new(session: Session, house: uuid.UUID, name: str, kind: PartnerKind) -> Partner:
    """Return a new institution, or the one that somebody has entered at the same moment."""
    _check_few(session, house)
    partner = Partner(organisation_id=house, name=name, kind=kind)
    try:
        with session.begin_nested():
            session.add(partner)
    except IntegrityError:
        same = Partner.organisation_id == house, Partner.name == name
        return session.scalars(select(Partner).where(*same)).one()
    return partner


def _checked_name(name: str) -> str:
    name = checked_words(name, MAX_PARTNER, field="name")
    if not name:
        raise Refusal(msg("Type the name of the institution."), field="name")
    return name


def _find(session: Session, house: uuid.UUID, name: str) -> Partner | None:
    query = select(Partner).where(
        Partner.organisation_id == house, func.lower(Partner.name) == func.lower(name)
    )
    return session.scalars(query).first()


def _check_few(session: Session, house: uuid.UUID) -> None:
    query = select(func.count()).where(Partner.organisation_id == house, Partner.removed_at.is_(None))
    if (session.scalar(query) or 0) >= MAX_PARTNERS:
        raise Refusal(msg("At most %(count)s institutions. Remove one first.", count=MAX_PARTNERS))


def change(
    session: Session, actor: Actor, partner: Partner, name: str, kind: PartnerKind, *, now: datetime
) -> None:
    """Give a partner another name or kind."""
    name = _checked_name(name)
    other = _find(session, partner.organisation_id, name)
    if other is not None and other.id != partner.id:
        raise Refusal(msg("An institution of this name is there already."), field="name")
    partner.name, partner.kind = name, kind
    audit.record(session, actor, "partner.change", partner, now=now)


def remove(session: Session, actor: Actor, partner: Partner, *, now: datetime) -> None:
    """Take a partner off the list; refused while guests come from it."""
    query = select(func.count()).where(Guest.partner_id == partner.id, Guest.removed_at.is_(None))
    count = session.scalar(query) or 0
    if count:
        raise Refusal(
            msg("%(count)s guests come from here. Give them another institution first.", count=count)
        )
    partner.removed_at = now
    audit.record(session, actor, "partner.remove", partner, now=now)


def get(session: Session, actor: Actor, partner_id: uuid.UUID) -> Partner:
    """Return a partner of the actor's house; raises Refusal at the field for any other."""
    try:
        return access.get_row(session, actor, Partner, partner_id)
    except NotFound:
        raise Refusal(msg("Choose an institution from the list."), field="partner_id") from None


def list_all(session: Session, actor: Actor) -> list[Partner]:
    """Return the partners of the house, by name."""
    return list(session.scalars(access.visible(actor, Partner).order_by(Partner.name, Partner.id)))


def list_partners(session: Session, actor: Actor, *, text: str = "", page: int = 1) -> Listing:
    """Return a page of partners whose name holds the text, with how many guests come from each."""
    query = access.visible(actor, Partner)
    if text.strip():
        query = query.where(Partner.name.icontains(text.strip(), autoescape=True))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = max(1, page)
    rows = query.order_by(Partner.name, Partner.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    partners = list(session.scalars(rows))
    counts = _counts(session, [partner.id for partner in partners])
    return Listing([Row(one, counts.get(one.id, 0)) for one in partners], total, page)


def _counts(session: Session, partner_ids: list[uuid.UUID]) -> dict[uuid.UUID, int]:
    query = (
        select(Guest.partner_id, func.count())
        .where(Guest.partner_id.in_(partner_ids), Guest.removed_at.is_(None))
        .group_by(Guest.partner_id)
    )
    return {partner_id: count for partner_id, count in session.execute(query) if partner_id is not None}
