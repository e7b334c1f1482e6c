"""What each partner site used of a house in a year: consults, conferences, trainings, cases."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.figures import FEWEST, Measure
from confsched.domain.intervals import Span
from confsched.domain.kinds import CaseState, ConferenceKind, ConsultState, UrgentKind, UrgentState
from confsched.domain.permissions import Actor, Permission
from confsched.models.cases import CaseItem
from confsched.models.catalogue import Service
from confsched.models.conferences import Attendance, Conference
from confsched.models.consults import Consult
from confsched.models.network import Organisation, Site
from confsched.models.people import Membership
from confsched.models.urgent import UrgentConsult
from confsched.services import figures
from confsched.services.proof import DISCUSSED, held_ids

_HELD = frozenset({ConsultState.TOOK_PLACE, ConsultState.REPORTED, ConsultState.CLOSED})
_BROUGHT = DISCUSSED | {CaseState.NOTED}


@dataclass(frozen=True)
class PartnerFigures:
    """Hold the counts of one site; `share` was acknowledged within the target, None: too few, or not seen."""

    site_id: uuid.UUID
    name: str
    elective: int
    urgent: int
    share: float | None
    conferences: int
    trainings: int
    cases: int


def list_partners(session: Session, actor: Actor, house: Organisation, span: Span) -> list[PartnerFigures]:
    """Return the sites of other houses that used something, by name."""
    counts = _Counted(
        elective=_by_site(session, _elective(house, span)),
        urgent=_by_site(session, _urgent(house, span)),
        cases=_by_site(session, _cases(house, span)),
        present=_present(session, house, span),
        shares=_shares(session, actor, span),
    )
    sites = select(Site).where(Site.id.in_(counts.site_ids), Site.organisation_id != house.id)
    return [counts.of(site) for site in session.scalars(sites.order_by(Site.name))]


@dataclass(frozen=True)
class _Counted:
    """Hold counts by site; `present` says at which conferences, by kind, a site was."""

    elective: Mapping[uuid.UUID, int]
    urgent: Mapping[uuid.UUID, int]
    cases: Mapping[uuid.UUID, int]
    present: Mapping[tuple[uuid.UUID, bool], int]
    shares: Mapping[str, float | None]

    @property
    def site_ids(self) -> set[uuid.UUID]:
        return {*self.elective, *self.urgent, *self.cases, *(site_id for site_id, _ in self.present)}

    def of(self, site: Site) -> PartnerFigures:
        return PartnerFigures(
            site_id=site.id,
            name=site.name,
            elective=self.elective.get(site.id, 0),
            urgent=self.urgent.get(site.id, 0),
            share=self.shares.get(site.name),
            conferences=self.present.get((site.id, False), 0),
            trainings=self.present.get((site.id, True), 0),
            cases=self.cases.get(site.id, 0),
        )


def _by_site(session: Session, query: Select[uuid.UUID, int]) -> dict[uuid.UUID, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _elective(house: Organisation, span: Span) -> Select[uuid.UUID, int]:
    """Count teleconsults that were held, by when they were asked for."""
    return (
        select(Consult.site_id, func.count())
        .where(
            Consult.service_id.in_(_services(house)),
            Consult.state.in_(_HELD),
            Consult.created_at >= span.starts_at,
            Consult.created_at < span.ends_at,
        )
        .group_by(Consult.site_id)
    )


def _urgent(house: Organisation, span: Span) -> Select[uuid.UUID, int]:
    return (
        select(UrgentConsult.site_id, func.count())
        .where(
            UrgentConsult.service_id.in_(_services(house)),
            UrgentConsult.state != UrgentState.CANCELLED,
            UrgentConsult.requested_at >= span.starts_at,
            UrgentConsult.requested_at < span.ends_at,
        )
        .group_by(UrgentConsult.site_id)
    )


def _services(house: Organisation) -> Select[uuid.UUID]:
    return select(Service.id).join(Site, Site.id == Service.site_id).where(Site.organisation_id == house.id)


def _cases(house: Organisation, span: Span) -> Select[uuid.UUID, int]:
    return (
        select(CaseItem.site_id, func.count())
        .where(CaseItem.conference_id.in_(held_ids(house, span)), CaseItem.state.in_(_BROUGHT))
        .group_by(CaseItem.site_id)
    )


def _present(session: Session, house: Organisation, span: Span) -> dict[tuple[uuid.UUID, bool], int]:
    """Count the conferences and trainings at which somebody of a site was, or that had a case of it."""
    came = (
        select(
            *(Membership.site_id, Conference.id, Conference.kind),
            *(Attendance.came_at, Membership.valid_from, Membership.valid_until),
        )
        .join(Attendance, Attendance.person_id == Membership.person_id)
        .join(Conference, Conference.id == Attendance.conference_id)
        .where(Attendance.conference_id.in_(held_ids(house, span)))
    )
    brought = (
        select(CaseItem.site_id, Conference.id, Conference.kind)
        .join(Conference, Conference.id == CaseItem.conference_id)
        .where(CaseItem.conference_id.in_(held_ids(house, span)), CaseItem.state.in_(_BROUGHT))
    )
    there = {(site_id, key, kind) for site_id, key, kind in session.execute(brought)}
    for site_id, key, kind, came_at, valid_from, valid_until in session.execute(came):
        day = clock.local_day(came_at, "UTC")
        if valid_from <= day and (valid_until is None or day < valid_until):
            there.add((site_id, key, kind))
    return Counter((site_id, kind is ConferenceKind.CME_EVENT) for site_id, _key, kind in there)


def _shares(session: Session, actor: Actor, span: Span) -> dict[str, float | None]:
    """Return the share of urgent consults acknowledged within the target by the name of the site.

    Only for who may see figures; from too few, nothing is said.
    """
    if not actor.may(Permission.SEE_FIGURES):
        return {}
    within: Counter[str] = Counter()
    measured: Counter[str] = Counter()
    for kind in UrgentKind:
        found = figures.show(session, actor, figures.Asked(span, kind, Measure.ACKNOWLEDGE))
        for part in found.parts:
            for name, one in part.rows if part.by == "spoke" else ():
                within[name] += one.within
                measured[name] += one.with_goal
    return {name: within[name] / count if count >= FEWEST else None for name, count in measured.items()}
