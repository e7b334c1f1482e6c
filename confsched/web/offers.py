"""Offered times as a page shows them: day columns, best first, each with names and one line of reason."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for

from confsched import clock
from confsched.domain.changes import AskUnknown, Longer, OtherService, Shift, Shorter
from confsched.domain.consults import ASKING
from confsched.domain.explain import Blocked
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Offer
from confsched.domain.relaxations import Relaxation
from confsched.errors import Message, msg
from confsched.services.matching import ROOM_KEY

EMPTY_DAYS = 2


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
    candidates: Mapping[uuid.UUID, Candidate],
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
        by_day.setdefault(day, []).append(_shown(offer, candidates, chosen))
    return [OfferDay(day, tuple(by_day[day])) for day in sorted(by_day)]


def _shown(offer: Offer, candidates: Mapping[uuid.UUID, Candidate], chosen: datetime | None) -> ShownOffer:
    return ShownOffer(
        span=offer.span,
        names=", ".join(_names(offer, candidates)),
        reasons=offer.reasons,
        is_unknown=bool(offer.unknown),
        is_chosen=offer.span.starts_at == chosen,
    )


def _names(offer: Offer, candidates: Mapping[uuid.UUID, Candidate]) -> list[str]:
    return [
        candidates[person_id].name.rsplit(" ", 1)[-1]
        for key, people in offer.assignment.items()
        if key not in (ASKING, ROOM_KEY)
        for person_id in people
    ]


@dataclass(frozen=True)
class Way:
    """Hold the button of a proposal: a link, or a form with its fields; without an address only a word."""

    label: Message
    href: str = ""
    action: str = ""
    starts_at: str = ""
    code: str = ""


SHOWN = {Shift, Shorter}
TAKEN_UP = {Longer, OtherService}
ONLY_THEY = msg("Only the hospital you ask can allow this.")


def consult_way(relaxation: Relaxation, consult_id: uuid.UUID) -> Way:
    """Return what a requester may do with a proposal; the rules of the hospital asked are not theirs."""
    kinds, code = relaxation.kinds, relaxation.code
    starts_at = relaxation.first_offer.span.starts_at.isoformat()
    if kinds <= SHOWN:
        return Way(msg("Show"), href=url_for("why.wished", consult_id=consult_id, change=code))
    if kinds == {AskUnknown}:
        action = url_for("consult_times.hold", consult_id=consult_id)
        return Way(msg("Hold and ask"), action=action, starts_at=starts_at)
    if len(kinds) == 1 and kinds <= TAKEN_UP:
        action = url_for("why.change_consult", consult_id=consult_id)
        label = msg("Ask there") if OtherService in kinds else msg("Search longer")
        return Way(label, action=action, code=code)
    return Way(ONLY_THEY)


def conference_way(relaxation: Relaxation, conference_id: uuid.UUID) -> Way:
    """Return what an organiser may do with a proposal: look at the time, or change the plan."""
    starts_at = relaxation.first_offer.span.starts_at.isoformat()
    if relaxation.kinds <= {Shift, AskUnknown}:
        return Way(msg("Show"), href=url_for("conferences.times", conference_id=conference_id, at=starts_at))
    action = url_for("why.change_conference", conference_id=conference_id)
    return Way(msg("Change the plan"), action=action, starts_at=starts_at, code=relaxation.code)
