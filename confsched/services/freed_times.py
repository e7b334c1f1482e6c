"""Which times were freed since somebody joined a line: one search serves all who wait for a service."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain import bitgrid, starts
from confsched.domain.consults import ASKING, deadline
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need
from confsched.domain.waitlist import is_worth_offering
from confsched.models.consults import Consult
from confsched.models.waitlist import SlotOffer, WaitlistEntry
from confsched.services import seats, waiting_line
from confsched.services.availability import Asked, load_candidates
from confsched.services.matching import Plan, plan_consult, plan_service
from confsched.services.seats import Standing

MAX_WAITING = 200  # of one line, in its order, looked at in one run


@dataclass(frozen=True)
class Opening:
    """Name a time that would help one who waits; `booking_id` where it is a seat in a standing meeting."""

    entry_id: uuid.UUID
    span: Span
    booking_id: uuid.UUID | None = None


def list_seen(session: Session, consult: Consult, *, now: datetime) -> list[Span]:
    """Return what a consult may have now: all that is offered, and of all other starts each run as one span.

    A span runs from the first start to the end of the last: every start that it covers was to be had. Of a
    consult with a time only what comes before that is looked at.
    """
    booked = consult.booking
    if booked is not None and booked.starts_at <= clock.whole_minute(now):
        return []
    plan = plan_consult(session, consult, now=now)
    if booked is not None:
        window = Span(plan.search.window.starts_at, min(plan.search.window.ends_at, booked.starts_at))
        plan = replace(plan, search=replace(plan.search, window=window))
        return [Span(booked.starts_at, booked.ends_at), *_runs(plan)]
    offered = [offer.span for offer in plan.offers() if offer.unknown]
    standing = [one.span for one in seats.list_standing(session, consult, now=now)]
    return [*offered, *standing, *_runs(plan)]


def _runs(plan: Plan) -> Iterator[Span]:
    """Return the starts at which everybody is known to be free, neighbouring ones as one span."""
    ready = starts.Plan(plan.needs, plan.candidates, plan.search, plan.board)
    run: Span | None = None
    last = plan.search.window.starts_at
    for cell in bitgrid.set_bits(ready.required(known=True)):
        span = ready.span_at(cell)
        if run is not None and span.starts_at - last > plan.search.step:
            yield run
            run = None
        run, last = Span(run.starts_at if run else span.starts_at, span.ends_at), span.starts_at
    if run is not None:
        yield run


def list_lines(session: Session) -> list[uuid.UUID]:
    """Return the services for which somebody waits without an offer."""
    query = select(WaitlistEntry.service_id).where(*_waits()).distinct().order_by(WaitlistEntry.service_id)
    return list(session.scalars(query))


def _waits() -> tuple[ColumnElement[bool], ...]:
    return WaitlistEntry.left_at.is_(None), ~WaitlistEntry.offers.any(SlotOffer.answer.is_(None))


def find_opening(
    session: Session,
    service_id: uuid.UUID,
    *,
    now: datetime,
    passed: Collection[uuid.UUID] = (),
) -> Opening | None:
    """Return the first in the line whom a new time helps, with the earliest; nobody unknown is in it.

    All of a line are looked at on the same facts, so that nobody gets what came free for who stands before
    them. `passed` are those who could not be offered theirs in this run.
    """
    waiting = [entry for entry in _waiting(session, service_id, now) if entry.id not in passed]
    if not waiting:
        return None
    line = _load_line(session, waiting, now)
    return next(filter(None, (line.opening_for(entry) for entry in waiting)), None)


def _waiting(session: Session, service_id: uuid.UUID, now: datetime) -> list[WaitlistEntry]:
    query = (
        select(WaitlistEntry)
        .where(WaitlistEntry.service_id == service_id, *_waits())
        .options(
            joinedload(WaitlistEntry.consult).options(
                joinedload(Consult.service), joinedload(Consult.booking), joinedload(Consult.hold)
            ),
            selectinload(WaitlistEntry.offers),
        )
        .order_by(WaitlistEntry.joined_at, WaitlistEntry.id)
        .limit(MAX_WAITING)
    )
    found = session.scalars(query).unique()
    return [entry for entry in found if entry.consult.service.is_open and _may_get(entry.consult, now)]


def _may_get(consult: Consult, now: datetime) -> bool:
    is_due = deadline(consult.reply_by_on, consult.service.site.zone) > now
    return is_due and waiting_line.may_wait(consult, now)


def _load_line(session: Session, waiting: list[WaitlistEntry], now: datetime) -> _Line:
    """Load those who answer once, and all who ask at once."""
    service = waiting[0].consult.service
    plan = plan_service(session, service, now=now)
    asking = frozenset(entry.consult.requester_id for entry in waiting)
    asked = Asked(people=asking, present=asking, zone=plan.search.zone)
    requesters = load_candidates(session, asked, plan.search.window, now=now)
    both = replace(plan, candidates={**requesters, **plan.candidates})
    ready = starts.Plan(both.needs, both.candidates, both.search, both.board)
    free = tuple((cell, ready.span_at(cell)) for cell in bitgrid.set_bits(ready.required(known=True)))
    standing = seats.list_open(session, service, now=now)
    return _Line(session, both, ready, free, requesters, standing, now)


@dataclass(frozen=True)
class _Line:
    """Hold the one search of a line: where those who answer can start, and where each who asks can."""

    session: Session
    plan: Plan
    ready: starts.Plan
    free: tuple[tuple[int, Span], ...]
    requesters: dict[uuid.UUID, Candidate]
    standing: tuple[Standing, ...]
    now: datetime

    def opening_for(self, entry: WaitlistEntry) -> Opening | None:
        """Return the earliest time that is new to one who waits and helps, alone or in a standing meeting."""
        consult, seen = entry.consult, _Seen(_seen(offer, self.plan.search.apart) for offer in entry.offers)
        seated = (
            Opening(entry.id, one.span, one.booking_id)
            for one in self.standing
            if self._may_sit(consult, one) and not seen.covers(one.span)
        )
        alone = (Opening(entry.id, span) for span in self._spans(consult, seen))
        found = filter(None, (next(seated, None), next(alone, None)))
        return min(found, key=lambda one: (one.span.starts_at, one.booking_id is None), default=None)

    def _may_sit(self, consult: Consult, meeting: Standing) -> bool:
        taken = self.requesters[consult.requester_id].availability.taken
        is_due = meeting.span.ends_at <= deadline(consult.reply_by_on, consult.service.site.zone)
        is_free = not any(claim.overlaps(meeting.span) for claim in taken)
        return is_due and is_free and self._helps(consult, meeting.span)

    def _helps(self, consult: Consult, span: Span) -> bool:
        before = consult.booking.starts_at if consult.booking else None
        return is_worth_offering(span, offered_at=self.now, earlier_than=before)

    def _spans(self, consult: Consult, seen: _Seen) -> Iterator[Span]:
        """Return what is new and helps, the earliest first."""
        plan, spans = self._search_for(consult)
        ends_at = deadline(consult.reply_by_on, consult.service.site.zone)
        if consult.booking is not None:
            ends_at = min(ends_at, consult.booking.starts_at)
        for span in spans:
            if span.ends_at > ends_at:
                return
            if seen.covers(span) or not self._helps(consult, span):
                continue
            if (found := plan.at(span)) and not found.unknown:
                yield span

    def _search_for(self, consult: Consult) -> tuple[Plan, Iterable[Span]]:
        """Return the search of the line and its times at which the requester is free too.

        Who asks and could answer as well has a search of their own; so has a meeting that takes a place under
        a cap, which an earlier time would give back.
        """
        counts = consult.booking_id is not None and consult.service.cap_per_day is not None
        if counts or consult.requester_id in self.plan.asked.people:
            own = plan_consult(self.session, consult, now=self.now)
            ready = starts.Plan(own.needs, own.candidates, own.search, own.board)
            return own, map(ready.span_at, bitgrid.set_bits(ready.required(known=True)))
        alone = replace(self.ready, needs=(Need(ASKING, "", (consult.requester_id,)),))
        row = alone.required(known=True)
        return self.plan, (span for cell, span in self.free if row >> cell & 1)


class _Seen:
    """Tell which times lie wholly in one of many spans, without looking at each."""

    def __init__(self, spans: Iterable[Span]) -> None:
        known = sorted(spans)
        self.firsts = [span.starts_at for span in known]
        self.ends = list(accumulate((span.ends_at for span in known), max))

    def covers(self, span: Span) -> bool:
        before = bisect_right(self.firsts, span.starts_at)
        return bool(before) and self.ends[before - 1] >= span.ends_at


def _seen(offer: SlotOffer, apart: timedelta) -> Span:
    """Return what need not be offered again: who let a time go is not asked about the next ones at once."""
    span, was_kept = Span(offer.starts_at, offer.ends_at), offer.expires_at > offer.offered_at
    return span.widen(timedelta(0), apart) if was_kept else span
