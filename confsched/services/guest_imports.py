"""Lists of guests: looked through first, then taken over as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from confsched.domain.guests import likely_kind
from confsched.domain.permissions import Actor
from confsched.errors import Message
from confsched.formats.guest_lists import ListedGuest
from confsched.models.guests import Guest
from confsched.services import guests, partners


class Fate(StrEnum):
    """Say what becomes of a row: a new guest, one who stays, or one that is left out and why."""

    NEW = "new"
    KNOWN = "known"
    WRONG = "wrong"


@dataclass(frozen=True)
class Checked:
    """Hold a row, what becomes of it, and whether its institution is new as well."""

    row: ListedGuest
    fate: Fate
    why: Message | None
    is_new_partner: bool


def check(session: Session, actor: Actor, rows: Sequence[ListedGuest]) -> list[Checked]:
    """Say what a list would do, without doing it."""
    known = {partner.name.casefold() for partner in partners.list_all(session, actor)}
    checked = []
    for row in rows:
        fate, why = _fate(session, actor, row)
        is_new = fate is Fate.NEW and bool(row.institution) and row.institution.casefold() not in known
        known.add(row.institution.casefold())
        checked.append(Checked(row, fate, why, is_new))
    return checked


def _fate(session: Session, actor: Actor, row: ListedGuest) -> tuple[Fate, Message | None]:
    if row.problem is not None:
        return Fate.WRONG, row.problem
    why_not = guests.why_not(session, actor, row.email)
    if why_not is None:
        return Fate.NEW, None
    return Fate.KNOWN if isinstance(why_not, guests.KnownGuest) else Fate.WRONG, why_not.message


def take(session: Session, actor: Actor, rows: Sequence[ListedGuest], *, now: datetime) -> list[Guest]:
    """Add whoever of the list is new, with their institutions; the same list twice changes nothing."""
    added = []
    for checked in check(session, actor, rows):
        if checked.fate is Fate.NEW:
            row = checked.row
            partner_id = _partner_id(session, actor, row.institution, now)
            added.append(guests.add(session, actor, row.name, row.email, partner_id, row.role, now=now))
    return added


def _partner_id(session: Session, actor: Actor, institution: str, now: datetime) -> uuid.UUID | None:
    if not institution:
        return None
    return partners.add(session, actor, institution, likely_kind(institution), now=now).id
