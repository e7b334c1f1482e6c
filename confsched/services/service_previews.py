"""What a service would offer as it is typed, beside what it offers as it is saved; nothing is written."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain.explain import Explanation
from confsched.domain.matching import Candidate, Offer
from confsched.domain.permissions import Actor, Permission
from confsched.errors import Message
from confsched.models.catalogue import Requirement, Service
from confsched.models.network import CooperationAgreement, Site
from confsched.services.findings import Problem
from confsched.services.lists import Page, page_of
from confsched.services.matching import Plan, plan_service, plan_services
from confsched.services.service_changes import Difference, list_differences
from confsched.services.service_checks import MAX_REQUIREMENTS, find_problems, is_whole

OFFERS = 5
LIST_DAYS = 14
_WITH_NEEDS = (
    selectinload(Service.requirements).selectinload(Requirement.sites),
    selectinload(Service.requirements).selectinload(Requirement.persons),
)
PAGE_SIZE = 20
# What a search cannot begin with; all else that is wrong is said beside what is found.
SEARCHED = frozenset(
    {
        *("duration_minutes", "buffer_before_minutes", "buffer_after_minutes"),
        *("notice_minutes", "horizon_days", "preferred_hours"),
    }
)


@dataclass(frozen=True)
class Preview:
    """Hold the next offers of what is typed, in order of time, and how it differs from what is saved.

    Without an offer it holds why, and what is wrong with the requirements themselves.
    """

    offers: tuple[Offer, ...]
    candidates: Mapping[uuid.UUID, Candidate]
    first_before: datetime | None
    is_new: bool
    differences: tuple[Difference, ...]
    problems: tuple[Problem, ...]
    findings: tuple[Message, ...]
    explanation: Explanation | None
    is_searched: bool

    @property
    def first_now(self) -> datetime | None:
        return self.offers[0].span.starts_at if self.offers else None


def preview(
    session: Session,
    wanted: Service,
    saved: Service | None,
    *,
    now: datetime,
    unread: Sequence[Problem] = (),
) -> Preview:
    """Search for a draft of a service, and for the one on record that it would change.

    Requirements of the draft that say too little are dropped; `unread` are the fields that hold no number.
    """
    problems = (*unread, *find_problems(session, wanted, now=now))
    differences = tuple(list_differences(session, saved, wanted)) if saved else ()
    wanted.requirements = [one for one in wanted.requirements if is_whole(one)][:MAX_REQUIREMENTS]
    before = first_start(session, saved, now=now) if saved and differences else None
    is_searched = bool(wanted.requirements) and not any(one.field in SEARCHED for one in problems)
    plan = _plan(session, wanted, now) if is_searched else None
    offers = _in_order(plan.offers()) if plan else ()
    findings = plan.findings() if plan else ()
    return Preview(
        offers=offers,
        candidates=plan.candidates if plan else {},
        first_before=before,
        is_new=saved is None,
        differences=differences,
        problems=problems,
        findings=findings,
        explanation=plan.explain() if plan and not offers and not findings else None,
        is_searched=is_searched,
    )


def _plan(session: Session, service: Service, now: datetime) -> Plan:
    return _few(plan_service(session, service, now=now))


def _few(plan: Plan) -> Plan:
    return replace(plan, search=replace(plan.search, limit=OFFERS))


def _in_order(offers: Sequence[Offer]) -> tuple[Offer, ...]:
    return tuple(sorted(offers, key=lambda offer: offer.span.starts_at))


def first_start(session: Session, service: Service, *, now: datetime) -> datetime | None:
    """Return when the first of the next offers of a service on record begins, None without any."""
    return _first_of(plan_service(session, service, now=now))


def _first_of(plan: Plan) -> datetime | None:
    offers = _in_order(_few(plan).offers())
    return offers[0].span.starts_at if offers else None


@dataclass(frozen=True)
class ServiceRow:
    """Hold a service of the house, who may ask for it, and when it has time next."""

    service: Service
    asked_by: tuple[str, ...]
    next_at: datetime | None


def list_rows(session: Session, actor: Actor, *, now: datetime, page: int = 1) -> Page[ServiceRow]:
    """Return the services that the actor edits with their next offer within two weeks, open ones first."""
    houses = actor.organisations_with(Permission.EDIT_SERVICES)
    query = (
        select(Service)
        .join(Site, Site.id == Service.site_id)
        .where(Site.organisation_id.in_(houses))
        .options(joinedload(Service.site), *_WITH_NEEDS)
        .order_by(Service.is_open.desc(), Service.name, Service.id)
    )
    found = page_of(list(session.scalars(query)), page, PAGE_SIZE)
    asked_by = _asked_by(session, [service.id for service in found.items], now)
    starts = _first_starts(session, found.items, now)
    rows = (ServiceRow(one, tuple(asked_by[one.id]), starts.get(one.id)) for one in found.items)
    return Page(tuple(rows), found.page, found.pages, found.total)


def _first_starts(
    session: Session, services: Iterable[Service], now: datetime
) -> dict[uuid.UUID, datetime | None]:
    """Return when each service that can be asked for has time next, all of them searched at once."""
    asked_for = [one for one in services if one.is_open and not one.is_urgent]
    plans = plan_services(session, asked_for, now=now, days=LIST_DAYS)
    return {one.id: _first_of(plan) for one, plan in zip(asked_for, plans, strict=True)}


def _asked_by(session: Session, services: Sequence[uuid.UUID], now: datetime) -> dict[uuid.UUID, list[str]]:
    """Return the short names of the sites with an agreement today or later."""
    query = (
        select(CooperationAgreement.service_id, Site.short_name, Site.zone, CooperationAgreement.valid_until)
        .join(Site, Site.id == CooperationAgreement.site_id)
        .where(CooperationAgreement.service_id.in_(services))
        .where(or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > now.date()))
        .order_by(Site.short_name)
        .distinct()
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for service_id, name, zone, until in session.execute(query):
        is_current = until is None or until > clock.local_day(now, zone)
        if is_current and name not in found[service_id]:
            found[service_id].append(name)
    return found
