"""Why a time does not work and what would help: the answers that need more than the search has loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain import starts
from confsched.domain.changes import Change, Longer, OtherService, Remote, a_week_longer, changed
from confsched.domain.explain import Explanation, NeedAt, at_time, limits_at
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import ConsultState
from confsched.domain.matching import Offer, first_offer, prepare
from confsched.domain.relaxations import Relaxation, is_better, smallest
from confsched.domain.weekly import WEEKS, WeeklySlot, best_weekly
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Requirement, Service
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.services.availability import load_candidates
from confsched.services.consults import agreed_services
from confsched.services.matching import Plan, plan_conference, plan_consult
from confsched.services.out_of_hours import gather, gather_at

MAX_SERVICES = 3
BESIDE = timedelta(days=1)

Relay = Callable[[date], Plan]


@dataclass(frozen=True)
class Answer:
    """Hold what speaks for and against one time: its bounds, each need, and the offer if it works."""

    span: Span
    limits: tuple[Message, ...]
    needs: tuple[NeedAt, ...]
    offer: Offer | None

    @property
    def is_shared(self) -> bool:
        """Tell whether each need alone has people and only all of them together have too few."""
        return self.offer is None and all(one.is_met or one.is_open or one.optional for one in self.needs)


@dataclass(frozen=True)
class Weekdays:
    """Hold every weekday and start of a series, the best first, and the days that were looked at."""

    slots: tuple[WeeklySlot, ...]
    first_on: date
    last_on: date


def answer_consult(session: Session, consult: Consult, starts_at: datetime, *, now: datetime) -> Answer:
    """Say why a consult can or cannot be at a time."""
    span = Span(starts_at, starts_at + timedelta(minutes=consult.service.duration_minutes))
    return _answer(plan_consult(session, consult, now=now, around=span), span)


def answer_conference(
    session: Session, conference: Conference, starts_at: datetime, *, now: datetime
) -> Answer:
    """Say why a conference can or cannot be at a time."""
    span = Span(starts_at, starts_at + timedelta(minutes=conference.duration_minutes))
    plan = plan_conference(session, conference, now=now)
    near = load_candidates(session, plan.asked, span.widen(BESIDE, BESIDE), now=now)
    return _answer(replace(plan, candidates=near), span)


def _answer(plan: Plan, span: Span) -> Answer:
    ready = starts.Plan(plan.needs, plan.candidates, plan.search, prepare({}, plan.search))
    needs = tuple(
        gather_at(found, need, plan.candidates, span)
        for found, need in zip(at_time(ready, span), plan.needs, strict=True)
    )
    return Answer(span, limits_at(ready, span), needs, plan.at(span))


def shown_offers(plan: Plan, first: Offer | None) -> tuple[Offer, ...]:
    """Return the best offers and the earliest time of all: it is what a proposal promises.

    Alone it would stay unnamed where it lies outside the usual hours or near a better one.
    """
    found = plan.offers()
    if first is None or any(offer.span == first.span for offer in found):
        return found
    return (*found, plan.at(first.span) or first)


def find_first(plan: Plan) -> Offer | None:
    """Return the earliest time at all; people known to be free come before any unknown one."""
    return first_offer(starts.Plan(plan.needs, plan.candidates, plan.search, plan.board))


def explain_consult(session: Session, consult: Consult, plan: Plan, *, now: datetime) -> Explanation:
    """Explain a search, with the changes that need another place, another service, or a later day."""
    explanation = gather(plan.explain(), plan.needs, plan.candidates)
    if not explanation.blocked:
        return explanation
    first, loaded = explanation.first, _Loaded(session, plan, consult.service.requirements, now)
    found = list(loaded.remote(first))
    if first is None:
        found += loaded.longer(lambda last_on: plan_consult(session, consult, now=now, until=last_on))
    found += _other_services(session, consult, first, now)
    return replace(explanation, relaxations=smallest((*explanation.relaxations, *found)))


def explain_conference(session: Session, conference: Conference, plan: Plan, *, now: datetime) -> Explanation:
    """Explain a search, with the changes that need another place or a later day."""
    explanation = gather(plan.explain(), plan.needs, plan.candidates)
    if not explanation.blocked:
        return explanation
    first, loaded = explanation.first, _Loaded(session, plan, conference.requirements, now)
    found = list(loaded.remote(first))
    if first is None:
        found += loaded.longer(lambda last_on: _until(session, conference, plan, last_on, now))
    return replace(explanation, relaxations=smallest((*explanation.relaxations, *found)))


def _until(session: Session, conference: Conference, plan: Plan, last_on: date, now: datetime) -> Plan:
    end = clock.start_of_day(last_on + timedelta(days=1), plan.search.zone)
    window = Span(plan.search.window.starts_at, end)
    return plan_conference(session, conference, now=now, window=window)


def wished_plan(session: Session, consult: Consult, change: Change | None, *, now: datetime) -> Plan:
    """Return the search of a consult with a smaller wish; only wishes about time are applied."""
    plan = plan_consult(session, consult, now=now)
    return replace(plan, search=changed(plan.search, change)) if change else plan


@dataclass(frozen=True)
class _Loaded:
    """Try the changes for which people have to be looked up again."""

    session: Session
    plan: Plan
    requirements: Sequence[Requirement]
    now: datetime

    def remote(self, first: Offer | None) -> Iterator[Relaxation]:
        """Let the people of one need join from where they are, where the way keeps somebody away."""
        for requirement in self.requirements:
            need = next(one for one in self.plan.needs if one.key == str(requirement.id))
            if requirement.is_on_site and self._travels(need):
                offer = find_first(self._from_afar(need))
                if offer and is_better(offer, first):
                    message = msg("%(need)s by video instead of on site.", need=need.label)
                    yield Relaxation(message, offer, Remote(need.key))

    def _travels(self, need: starts.Need) -> bool:
        known = (self.plan.candidates[one] for one in need.pool if one in self.plan.candidates)
        return any(candidate.availability.facts.elsewhere for candidate in known)

    def _from_afar(self, need: starts.Need) -> Plan:
        """Load everybody again; whom another requirement wants on site still travels."""
        wanted = {str(one.id) for one in self.requirements if one.is_on_site} - {need.key}
        still = (person for one in self.plan.needs if one.key in wanted for person in one.pool)
        asked = replace(self.plan.asked, on_site=self.plan.asked.on_site & frozenset(still))
        window = self.plan.search.window
        candidates = load_candidates(self.session, asked, window, now=self.now)
        return replace(self.plan, candidates=candidates, asked=asked)

    def longer(self, plan_until: Relay) -> Iterator[Relaxation]:
        """Look a week further, as far as the search may reach at all."""
        change: Longer = a_week_longer(self.plan.search)
        try:
            later = plan_until(change.last_on)
        except Refusal:  # beyond the last day that may be searched
            return
        offer = find_first(later)
        if offer:
            yield Relaxation(msg("Search one week longer."), offer, change)


def _other_services(
    session: Session, consult: Consult, first: Offer | None, now: datetime
) -> Iterator[Relaxation]:
    for service in list_alternatives(session, consult, now=now):
        offer = find_first(plan_consult(session, _asked_of(consult, service), now=now))
        if offer and is_better(offer, first):
            message = msg("Ask %(site)s: %(name)s.", site=service.site.short_name, name=service.name)
            yield Relaxation(message, offer, OtherService(service.id))


def list_alternatives(session: Session, consult: Consult, *, now: datetime) -> list[Service]:
    """Return the services of the same discipline that the asking site may ask instead."""
    today = clock.local_day(now, consult.site.zone)
    query = agreed_services((consult.site_id,), today).where(
        Service.discipline == consult.service.discipline, Service.id != consult.service_id
    )
    return list(session.scalars(query.limit(MAX_SERVICES)))


def _asked_of(consult: Consult, service: Service) -> Consult:
    """Return the same question to another service; it is only looked at and never recorded."""
    return Consult(
        service=service,
        site=consult.site,
        site_id=consult.site_id,
        requester=consult.requester,
        requester_id=consult.requester_id,
        case_ref=consult.case_ref,
        question=consult.question,
        reply_by_on=consult.reply_by_on,
        state=ConsultState.OFFERED,
        booking_id=None,
    )


def list_weekdays(session: Session, conference: Conference, *, now: datetime) -> Weekdays:
    """Rank weekday and hour for a series of the conference from next Monday on, for half a year.

    Public holidays of the place where it is held are passed over.
    """
    zone, state = conference.site.zone, _host_state(conference)
    today = clock.local_day(now, zone)
    first_on = today + timedelta(days=7 - today.weekday())
    until = first_on + timedelta(weeks=WEEKS)
    window = Span(clock.start_of_day(first_on, zone), clock.start_of_day(until, zone))
    plan = plan_conference(session, conference, now=now, window=window)
    board = prepare(plan.candidates, plan.search)
    ready = starts.Plan(plan.needs, plan.candidates, plan.search, board)
    slots = best_weekly(ready, is_holiday=lambda day: is_public_holiday(day, state))
    return Weekdays(slots, first_on, until - timedelta(days=1))


def _host_state(conference: Conference) -> str:
    return conference.resource.site.state if conference.resource else conference.site.state
