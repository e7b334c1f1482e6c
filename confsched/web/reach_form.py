"""Whom a service reaches at an instant: the small form beside the rotations between hubs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import request
from sqlalchemy.orm import Session

from confsched.clock import to_local
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Service
from confsched.services.hub_rotation import Resolution, resolve
from confsched.web.context import reader_zone
from confsched.web.ids import find_id
from confsched.web.instants import find_day, find_time, own_instant

SERVICE, DAY, TIME = FIELDS = ("reach", "reach_day", "reach_time")


@dataclass(frozen=True)
class Reach:
    """Hold what was asked as typed, what is wrong with it by field, and the answer with its way."""

    services: Sequence[Service]
    zone: str
    typed: dict[str, str]
    problems: dict[str, Message] = field(default_factory=dict)
    at: datetime | None = None
    found: Resolution | None = None


def read_reach(session: Session, services: Sequence[Service], present: datetime) -> Reach:
    """Read the form from the address and answer it; a page that was not asked has no answer."""
    zone = reader_zone()
    local = to_local(present, zone)
    shown = {DAY: local.date().isoformat(), TIME: f"{local:%H:%M}"}
    typed = {name: request.args.get(name, shown.get(name, "")) for name in FIELDS}
    if SERVICE not in request.args:
        return Reach(services, zone, typed)
    try:
        service_id, at = _service(typed[SERVICE], services).id, _instant(typed)
    except Refusal as refusal:
        return Reach(services, zone, typed, {refusal.field or SERVICE: refusal.message})
    return Reach(services, zone, typed, at=at, found=resolve(session, service_id, at))


def _service(typed: str, services: Sequence[Service]) -> Service:
    wanted = find_id(typed)
    found = next((service for service in services if service.id == wanted), None)
    if found is None:
        raise Refusal(msg("Choose a service from the list."), field=SERVICE)
    return found


def _instant(typed: dict[str, str]) -> datetime:
    day, at = find_day(typed[DAY]), find_time(typed[TIME])
    if day is None:
        raise Refusal(msg("Choose a day, such as 2026-11-25."), field=DAY)
    if at is None:
        raise Refusal(msg("Choose a time, such as 14:30."), field=TIME)
    return own_instant(day, at, field=TIME)
