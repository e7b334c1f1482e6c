"""Figures of urgent consults of the own house: of its services, and of what its own sites ask others.

Computed from the steps, which are append-only, so that what was counted once is counted alike ever after.
Shares are those of the targets as they are set now. Consults held by telephone are counted apart.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Row,
    Select,
    and_,
    case,
    cast,
    func,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload
from sqlalchemy.types import DOUBLE_PRECISION, NullType

from confsched.domain.figures import (
    MEASURES,
    Case,
    Key,
    Measure,
    Place,
    Summary,
    Times,
    place_cases,
    summarise,
    summarise_by,
)
from confsched.domain.intervals import Span
from confsched.domain.kinds import TransferItem, Urgency, UrgentKind, UrgentStepKind
from confsched.domain.kinds import UrgentState as State
from confsched.domain.permissions import Actor, Permission
from confsched.models.catalogue import Service
from confsched.models.network import Site
from confsched.models.urgent import UrgentConsult, UrgentStep

UNIX_EPOCH = 2440587.5  # as a Julian day
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Choice:
    """Hold one entry of a filter."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True)
class Choices:
    """Hold what the reader may look at, and the kinds there are."""

    kinds: tuple[UrgentKind, ...]
    services: tuple[Choice, ...]
    hubs: tuple[Choice, ...]
    spokes: tuple[Choice, ...]


@dataclass(frozen=True)
class Asked:
    """Say of which consults figures are asked, and which step is looked at more closely."""

    span: Span
    kind: UrgentKind
    measure: Measure
    service_id: uuid.UUID | None = None
    hub_id: uuid.UUID | None = None
    spoke_id: uuid.UUID | None = None

    @property
    def before(self) -> Span:
        """Return the period of the same length before."""
        return Span(self.span.starts_at - self.span.duration, self.span.starts_at)


@dataclass(frozen=True)
class Part:
    """Hold the summaries of one step by one property, in order."""

    by: str
    rows: tuple[tuple[str, Summary], ...]


@dataclass(frozen=True)
class Figures:
    """Hold everything of the page; of the period before only the summaries."""

    count: int
    downtime_count: int
    out_of_hours: int
    steps: Mapping[Measure, Summary]
    before: Mapping[Measure, Summary]
    before_count: int
    parts: tuple[Part, ...]
    seconds: tuple[float, ...]
    goal: float | None


def list_choices(session: Session, actor: Actor) -> Choices:
    """Return the services of the own house, those that own sites have asked, their hubs and spokes."""
    services = _services(session, actor)
    ids = [service.id for service in services]
    houses = actor.organisations_with(Permission.SEE_FIGURES)
    own = {service.id for service in services if service.site.organisation_id in houses}
    asking = (
        select(Site)
        .where(
            Site.id.in_(select(UrgentConsult.site_id).where(UrgentConsult.service_id.in_(ids))),
            Site.organisation_id.in_(houses)
            | Site.id.in_(select(UrgentConsult.site_id).where(UrgentConsult.service_id.in_(own))),
        )
        .order_by(Site.name)
    )
    hubs = {service.site.id: service.site.name for service in services}
    return Choices(
        kinds=tuple(kind for kind in UrgentKind if any(one.urgent_kind is kind for one in services)),
        services=tuple(Choice(one.id, f"{one.name}, {one.site.short_name}") for one in services),
        hubs=tuple(Choice(*hub) for hub in sorted(hubs.items(), key=lambda hub: hub[1])),
        spokes=tuple(Choice(site.id, site.name) for site in session.scalars(asking)),
    )


def _services(session: Session, actor: Actor) -> list[Service]:
    houses = actor.organisations_with(Permission.SEE_FIGURES)
    own_sites = select(Site.id).where(Site.organisation_id.in_(houses))
    asked = select(UrgentConsult.service_id).where(UrgentConsult.site_id.in_(own_sites))
    query = (
        select(Service)
        .where(Service.urgent_kind.is_not(None), Service.site_id.in_(own_sites) | Service.id.in_(asked))
        .options(joinedload(Service.site))
        .order_by(Service.name, Service.id)
    )
    return list(session.scalars(query))


def show(session: Session, actor: Actor, asked: Asked) -> Figures:
    """Return the figures of a period beside the period before; what is foreign counts as nothing."""
    places = {one.id: _place(one) for one in _services(session, actor) if one.urgent_kind is asked.kind}
    found = _cases(session, actor, asked, asked.span, places)
    earlier = [one for one in _cases(session, actor, asked, asked.before, places) if not one.is_downtime]
    counted = [one for one in found if not one.is_downtime]
    number = MEASURES[asked.kind].index(asked.measure)
    goals = {one.goals[number] for one in counted if one.seconds[number] is not None}
    return Figures(
        count=len(counted),
        downtime_count=len(found) - len(counted),
        out_of_hours=sum(one.is_out_of_hours for one in counted),
        steps=_summaries(counted, asked.kind),
        before=_summaries(earlier, asked.kind),
        before_count=len(earlier),
        parts=tuple(_parts(session, summarise_by(counted, number, BY))),
        seconds=tuple(
            seconds for one in counted if (seconds := one.seconds[number]) is not None and seconds >= 0
        ),
        goal=goals.pop() if len(goals) == 1 else None,
    )


def _place(service: Service) -> Place:
    assert service.urgent_kind is not None, "only urgent services are asked for"
    site = service.site
    return Place(service.id, site.id, service.urgent_kind, site.zone, site.state, service.targets)


Places = Mapping[uuid.UUID, Place]


def _cases(session: Session, actor: Actor, asked: Asked, span: Span, places: Places) -> list[Case]:
    ids = [
        one.service_id
        for one in places.values()
        if asked.service_id in (None, one.service_id) and asked.hub_id in (None, one.hub_id)
    ]
    if not ids:
        return []
    query = _times(session, actor, asked.kind, span).where(UrgentConsult.service_id.in_(ids))
    if asked.spoke_id:
        query = query.where(UrgentConsult.site_id == asked.spoke_id)
    return place_cases(_read(session.connection().execute(query)), places)


def _read(rows: Iterable[Row[*tuple[Any, ...]]]) -> Iterator[Times]:
    """Read ids and words once for all rows that carry the same: there are few, in fifty thousand rows."""
    ids: dict[Any, uuid.UUID] = {}
    urgencies: dict[str | None, Urgency | None] = {one.value: one for one in Urgency}
    urgencies[None] = None
    for service, spoke, urgency, is_downtime, requested, images, *seconds in rows:
        yield Times(
            ids.get(service) or ids.setdefault(service, _id(service)),
            ids.get(spoke) or ids.setdefault(spoke, _id(spoke)),
            urgencies[urgency],
            bool(is_downtime),
            requested,
            images,
            tuple(seconds),
        )


def _id(stored: Any) -> uuid.UUID:
    return stored if isinstance(stored, uuid.UUID) else uuid.UUID(stored)


_CODES = {
    UrgentKind.TELESTROKE: (State.CONNECTED, State.RECOMMENDED, State.REPORTED, TransferItem.DEPARTED),
    UrgentKind.TELERADIOLOGY: (
        *(State.INDICATION_GIVEN, State.REFUSED, State.MODALITY_CHANGED),
        *(State.IMAGES_RECEIVED, State.PHONED, State.REPORTED),
    ),
}


def _times(session: Session, actor: Actor, kind: UrgentKind, span: Span) -> Select[*tuple[Any, ...]]:
    """Return how long what took for each consult that was asked and not called off, worked out where it lies.

    Words and ids come as they are stored. When it was asked and acknowledged stands in the consult as well,
    written with the step and never again.
    """
    houses = actor.organisations_with(Permission.SEE_FIGURES)
    own_sites = select(Site.id).where(Site.organisation_id.in_(houses))
    own_services = select(Service.id).where(Service.site_id.in_(own_sites))
    consult, step = UrgentConsult, UrgentStep
    at = _Seconds(session.get_bind().dialect.name == "sqlite")
    return (
        select(
            type_coerce(consult.service_id, NullType()),
            type_coerce(consult.site_id, NullType()),
            type_coerce(consult.urgency, NullType()),
            type_coerce(consult.is_downtime, NullType()),
            at.of(consult.requested_at),
            at.last(State.IMAGES_RECEIVED) if kind is UrgentKind.TELERADIOLOGY else null(),
            *_lengths(kind, at),
        )
        .outerjoin(
            step,
            and_(
                step.consult_id == consult.id,
                step.code.in_([code.value for code in _CODES[kind]]),
                step.kind.in_((UrgentStepKind.STATE, UrgentStepKind.TRANSFER)),
            ),
        )
        .where(
            consult.requested_at >= span.starts_at,
            consult.requested_at < span.ends_at,
            consult.state.not_in((State.PRE_ALERT, State.CANCELLED)),
            consult.service_id.in_(own_services) | consult.site_id.in_(own_sites),
        )
        .group_by(consult.id)
    )


def _lengths(kind: UrgentKind, at: _Seconds) -> tuple[ColumnElement[Any], ...]:
    """Return the seconds of each step, in the order of MEASURES."""
    requested = at.of(UrgentConsult.requested_at)
    acknowledged = at.of(UrgentConsult.acknowledged_at) - requested
    if kind is UrgentKind.TELESTROKE:
        return (
            acknowledged,
            at.first(State.CONNECTED) - requested,
            at.first(State.RECOMMENDED) - requested,
            at.first(State.REPORTED) - at.last(State.RECOMMENDED),
            _departed_after_door(at),
        )
    return (
        acknowledged,
        at.first(State.INDICATION_GIVEN, State.REFUSED, State.MODALITY_CHANGED) - requested,
        at.first(State.PHONED, State.REPORTED) - at.last(State.IMAGES_RECEIVED),
    )


def _departed_after_door(at: _Seconds) -> ColumnElement[Any]:
    """Return the seconds from the door to the departure; the last word counts whether there was one.

    Texts are read only of the few that have departed.
    """
    is_undone = UrgentStep.details["done"].as_boolean().is_(False)
    departed = UrgentStep.code == TransferItem.DEPARTED.value
    done = func.max(case((departed, case((is_undone, None), else_=UrgentStep.taken_at))))
    undone = func.max(case((departed, case((is_undone, UrgentStep.taken_at)))))
    door = at.of_text(UrgentConsult.facts["door", "value"].as_string())
    stands = and_(done.is_not(None), or_(undone.is_(None), done > undone))
    return case((stands, at.of(done) - door))


_Instant = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True)
class _Seconds:
    """Write instants as seconds since 1970: numbers travel faster than instants by the fifty thousand."""

    is_sqlite: bool

    def of(self, instant: _Instant) -> ColumnElement[Any]:
        if self.is_sqlite:
            return (func.julianday(type_coerce(instant, NullType())) - UNIX_EPOCH) * SECONDS_A_DAY
        return cast(func.extract("epoch", instant), DOUBLE_PRECISION)

    def of_text(self, instant: ColumnElement[Any]) -> ColumnElement[Any]:
        return self.of(instant if self.is_sqlite else cast(instant, DateTime(timezone=True)))

    def first(self, *states: State) -> ColumnElement[Any]:
        return self.of(func.min(_at(states)))

    def last(self, *states: State) -> ColumnElement[Any]:
        return self.of(func.max(_at(states)))


def _at(states: Sequence[State]) -> ColumnElement[Any]:
    codes = [state.value for state in states]
    is_one = UrgentStep.code == codes[0] if len(codes) == 1 else UrgentStep.code.in_(codes)
    return case((is_one, UrgentStep.taken_at))


def _summaries(cases: Sequence[Case], kind: UrgentKind) -> dict[Measure, Summary]:
    return {measure: summarise(cases, number) for number, measure in enumerate(MEASURES[kind])}


BY: Mapping[str, Callable[[Case], Key]] = {
    "service": lambda one: one.service_id,
    "hub": lambda one: one.hub_id,
    "spoke": lambda one: one.spoke_id,
    "hour": lambda one: one.hour,
    "weekday": lambda one: one.weekday,
}
_NUMBERED = {"hour": range(24), "weekday": range(7)}


def _parts(session: Session, found: Mapping[str, Mapping[Key, Summary]]) -> Iterator[Part]:
    """Give the summaries of a step by each property; hours and weekdays all, also those without consults."""
    names = _names(session, found)
    for by, rows in found.items():
        if by in _NUMBERED:
            yield Part(by, tuple((str(one), rows.get(one, Summary())) for one in _NUMBERED[by]))
        else:
            named = [(names.get(key, ""), summary) for key, summary in rows.items()]
            yield Part(by, tuple(sorted(named, key=lambda row: row[0])))


def _names(session: Session, found: Mapping[str, Mapping[Key, Summary]]) -> dict[Key, str]:
    sites = select(Site.id, Site.name).where(Site.id.in_({*found["hub"], *found["spoke"]}))
    services = (
        select(Service.id, Service.name, Site.short_name)
        .join(Site, Site.id == Service.site_id)
        .where(Service.id.in_(list(found["service"])))
    )
    names: dict[Key, str] = {row.id: row.name for row in session.execute(sites)}
    names |= {service_id: f"{name}, {hub}" for service_id, name, hub in session.execute(services)}
    return names
