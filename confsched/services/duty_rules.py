"""The limits that a house checks its rosters against: its own numbers, else those of the law."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor, Permission
from confsched.domain.roster_rules import DutyRules
from confsched.errors import Forbidden, Refusal, msg
from confsched.models.duty_rosters import DutyRulesRow
from confsched.models.network import Organisation
from confsched.services import audit

LAW = DutyRules()


@dataclass(frozen=True)
class Limits:
    """Hold the numbers that a house may set itself; hours, duties and weekends a month, days ahead."""

    rest_hours: int = LAW.rest_hours
    compensated_rest_hours: int = LAW.compensated_rest_hours
    cap_hours: int = LAW.cap_hours
    standby_limit: int = LAW.standby_limit
    on_call_limit: int = LAW.on_call_limit
    free_weekends: int = LAW.free_weekends
    notice_days: int = LAW.notice_days


LAW_LIMITS = Limits()
# From and up to. A rest of a whole day, a duty on each day, and a notice of a quarter are the most that a
# roster can mean; a month has four weekends, or five.
ALLOWED: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "rest_hours": (1, 24),
        "compensated_rest_hours": (1, 24),
        "cap_hours": (8, 48),
        "standby_limit": (0, 31),
        "on_call_limit": (0, 31),
        "free_weekends": (0, 4),
        "notice_days": (0, 90),
    }
)


def rules_of(session: Session, organisation_id: uuid.UUID) -> DutyRules:
    """Return what the rosters of an organisation are checked against.

    What a house cannot set stays as the law and the agreement have it. A shortened rest is made up for by a
    lengthened one, which is never shorter than the usual one of the house.
    """
    limits = limits_of(session, organisation_id)
    return DutyRules(
        **asdict(limits), lengthened_rest_hours=max(LAW.lengthened_rest_hours, limits.rest_hours)
    )


def limits_of(session: Session, organisation_id: uuid.UUID) -> Limits:
    """Return the numbers of an organisation, those of the law where it has set none."""
    row = session.get(DutyRulesRow, organisation_id)
    return Limits(**{name: getattr(row, name) for name in ALLOWED}) if row else Limits()


def house_of(actor: Actor) -> uuid.UUID:
    """Return the organisation whose rules the actor sets: where they work today, if they may there."""
    houses = [seat.organisation_id for seat in actor.seats]
    mine = actor.organisations_with(Permission.EDIT_ROSTER)
    found = next((house for house in houses if house in mine), None)
    if found is None:
        raise Forbidden(msg("Your function does not include the roster rules of a house."))
    return found


def save_rules(session: Session, actor: Actor, limits: Limits, *, now: datetime) -> None:
    """Let the house of the actor check against these numbers from now on; the same ones again change nothing.

    Warnings are worked out when a month is shown, so months of the past are judged by the new numbers too.
    """
    house = _lock_house(session, actor)
    _check(limits)
    if limits == limits_of(session, house.id):
        return
    row = session.get(DutyRulesRow, house.id)
    if row is None:
        row = DutyRulesRow(organisation_id=house.id)
        session.add(row)
    for name, value in asdict(limits).items():
        setattr(row, name, value)
    _record(session, actor, "save_duty_rules", house, limits, now)


def restore_law(session: Session, actor: Actor, *, now: datetime) -> None:
    """Drop the numbers of the house, so that those of the law hold again."""
    house = _lock_house(session, actor)
    row = session.get(DutyRulesRow, house.id)
    if row is None:
        return
    session.delete(row)
    _record(session, actor, "restore_duty_rules", house, LAW_LIMITS, now)


def _lock_house(session: Session, actor: Actor) -> Organisation:
    """Let one at a time set the rules of a house: the first numbers have no row yet that could be locked."""
    return session.get_one(Organisation, house_of(actor), with_for_update={"key_share": True})


def _check(limits: Limits) -> None:
    for name, (least, most) in ALLOWED.items():
        if not least <= getattr(limits, name) <= most:
            raise Refusal(
                msg("Enter a whole number from %(least)s to %(most)s.", least=least, most=most), field=name
            )
    if limits.compensated_rest_hours > limits.rest_hours:
        raise Refusal(
            msg(
                "A shortened rest is not longer than the usual one. Enter at most %(hours)s.",
                hours=limits.rest_hours,
            ),
            field="compensated_rest_hours",
        )


def _record(
    session: Session, actor: Actor, action: str, house: Organisation, limits: Limits, now: datetime
) -> None:
    session.flush()
    detail = ", ".join(f"{name} {value}" for name, value in asdict(limits).items())
    audit.record(session, actor, action, house, now=now, detail=detail)
