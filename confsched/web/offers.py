"""Offered times as a page shows them: day columns, best first, each with names and one line of reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from confsched import clock
from confsched.domain import bitgrid, starts
from confsched.domain.changes import AskUnknown, Longer, OtherService, Shift, Shorter, each_of
from confsched.domain.consults import ASKING
from confsched.domain.explain import Blocked, Explanation
from confsched.domain.intervals import Span
from confsched.domain.matching import Offer
from confsched.domain.relaxations import Relaxation
from confsched.errors import Message, msg
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.services.matching import ROOM_KEY, Plan
from confsched.web.context import reader_zone

EMPTY_DAYS = 2
HOUR = timedelta(hours=1)
ROUNDED = timedelta(minutes=5)


@dataclass(frozen=True)
class ShownOffer:
    """Hold one offered time with the family names of those who would serve."""

    span: Span
    names: str
    reasons: tuple[Message, ...]
    is_unknown: bool
    is_chosen: bool


@dataclass(frozen=True)
class OfferDay:
    """Hold a local day and its offers; an empty day shows that it was searched."""

    on: date
    offers: tuple[ShownOffer, ...]


def offer_days(
    offers: Sequence[Offer],
    plan: Plan,
    zone: str,
    chosen: datetime | None = None,
    blocked: Sequence[Blocked] = (),
) -> list[OfferDay]:
    """Return the offers by local day, days in order, within a day the best first.

    The first days that lack somebody stand among them, empty; without any offer no day does.
    """
    lacking = dict.fromkeys(clock.local_day(part.span.starts_at, zone) for part in blocked)
    by_day: dict[date, list[ShownOffer]] = {day: [] for day in list(lacking)[:EMPTY_DAYS] if offers}
    for offer in offers:
        day = clock.local_day(offer.span.starts_at, zone)
        by_day.setdefault(day, []).append(_shown(offer, plan, chosen))
    return [OfferDay(day, tuple(by_day[day])) for day in sorted(by_day)]


def _shown(offer: Offer, plan: Plan, chosen: datetime | None) -> ShownOffer:
    return ShownOffer(
        span=offer.span,
        names=", ".join(_names(offer, plan)),
        reasons=tuple({str(reason): reason for reason in offer.reasons}.values()),
        is_unknown=bool(offer.unknown),
        is_chosen=offer.span.starts_at == chosen,
    )


def _names(offer: Offer, plan: Plan) -> list[str]:
    """Return each who answers once: people by family name, rooms and devices by their whole name."""
    serving = dict.fromkeys(
        subject
        for key, subjects in offer.assignment.items()
        if key not in (ASKING, ROOM_KEY)
        for subject in subjects
    )
    names = {subject: plan.candidates[subject].name for subject in serving}
    return [
        name if subject in plan.asked.resources else name.rsplit(" ", 1)[-1]
        for subject, name in names.items()
    ]


def why_first(plan: Plan, explanation: Explanation) -> Message | None:
    """Say in one line why nothing earlier is offered; None where people stand in the way, who are named."""
    first = explanation.first
    if first is None or explanation.blocked:
        return None
    ready, search = starts.Plan(plan.needs, plan.candidates, plan.search, plan.board), plan.search
    if first.span.starts_at == ready.span_at(next(bitgrid.set_bits(ready.allowed))).starts_at:
        return _by_notice(search)
    perhaps = next(bitgrid.set_bits(ready.required(known=False)), None)
    if perhaps is not None and ready.span_at(perhaps).starts_at < first.span.starts_at:
        return msg(
            "Earlier times hang on people of whom nothing is known; they stand behind the certain ones."
        )
    return msg("Nothing earlier is possible: before it lie only hours outside the usual ones.")


def _by_notice(search: starts.Search) -> Message:
    lead = round((search.earliest_at - search.window.starts_at) / ROUNDED) * ROUNDED
    if lead < HOUR:
        return msg("Nothing earlier is possible: this is the next start from now on.")
    return msg("Nothing earlier is possible: those asked need %(hours)s h notice.", hours=lead // HOUR)


@dataclass(frozen=True)
class Way:
    """Hold the button of a proposal: a link, or a form with its fields; without an address only a word."""

    label: Message
    href: str = ""
    action: str = ""
    starts_at: str = ""
    code: str = ""
    moved_to: date | None = None


SHOWN = {Shift, Shorter}
TAKEN_UP = {Longer, OtherService}
ONLY_THEY = msg("Only the hospital you ask can allow this.")


def consult_way(relaxation: Relaxation, consult: Consult) -> Way:
    """Return what a requester may do with a proposal; the rules of the hospital asked are not theirs."""
    kinds, code = relaxation.kinds, relaxation.code
    starts_at = relaxation.first_offer.span.starts_at.isoformat()
    if kinds <= SHOWN:
        return Way(msg("Show"), href=url_for("why.wished", consult_id=consult.id, change=code))
    if kinds == {AskUnknown}:
        action = url_for("consult_times.hold", consult_id=consult.id)
        return Way(msg("Hold and ask"), action=action, starts_at=starts_at)
    if len(kinds) == 1 and kinds <= TAKEN_UP:
        action = url_for("why.change_consult", consult_id=consult.id)
        label = msg("Ask there") if OtherService in kinds else msg("Move the deadline")
        return Way(label, action=action, code=code, moved_to=_moved_to(relaxation))
    return Way(ONLY_THEY)


def _moved_to(relaxation: Relaxation) -> date | None:
    return next((one.last_on for one in each_of(relaxation.change) if isinstance(one, Longer)), None)


def conference_way(relaxation: Relaxation, conference: Conference) -> Way:
    """Return what an organiser may do with a proposal: look at the time, or change the plan."""
    starts_at = relaxation.first_offer.span.starts_at.isoformat()
    if relaxation.kinds <= {Shift, AskUnknown}:
        href = url_for("conferences.times", conference_id=conference.id, at=starts_at)
        return Way(msg("Show"), href=href)
    action = url_for("why.change_conference", conference_id=conference.id)
    label, code = msg("Change the plan"), relaxation.code
    return Way(label, action=action, starts_at=starts_at, code=code, moved_to=_moved_to(relaxation))


def move_way(relaxation: Relaxation, booking: Booking, *, may_override: bool) -> Way:
    """Return what may be done with a proposal for a move: go there, or overrule who stands in the way.

    A meeting keeps its length when it is moved.
    """
    at = relaxation.first_offer.span.starts_at
    if relaxation.kinds <= {Shift, AskUnknown}:
        action = url_for("bookings.move", booking_id=booking.id)
        label = msg("Move and ask") if AskUnknown in relaxation.kinds else msg("Move to this time")
        return Way(label, action=action, starts_at=at.isoformat())
    if Shorter in relaxation.kinds:
        return Way(msg("A move keeps the length. Book a shorter meeting anew."))
    if may_override:
        here = clock.to_local(at, reader_zone())
        day, time = f"{here:%Y-%m-%d}", f"{here:%H:%M}"
        href = url_for("bookings.times", booking_id=booking.id, day=day, at=time, _anchor="own")
        return Way(msg("Overrule"), href=href)
    return Way(msg("Only the secretariat or a consultant may overrule this."))
