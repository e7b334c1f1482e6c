"""The choice of a time: which days to turn to, which times are best, which one is chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from confsched import clock
from confsched.domain.intervals import Span
from confsched.domain.matching import Offer
from confsched.services.conferences import Offers
from confsched.web.bands import fits_by_day
from confsched.web.offers import ShownOffer, offer_days

BEST_SHOWN = 6
TABS_SHOWN = 7
SATURDAY = 5


@dataclass(frozen=True)
class DayTab:
    """Hold one day to turn to and how many times, one after the other, fit on it."""

    on: date
    fits: int


@dataclass(frozen=True)
class TimesView:
    """Hold the day that is shown, its best times, the chosen one, and the ways to other days.

    `lost` is an asked time that does not fit, or no longer.
    """

    day: date
    todays: tuple[Offer, ...]
    chosen: Offer | None
    lost: datetime | None
    best: tuple[ShownOffer, ...]
    tabs: tuple[DayTab, ...]
    earlier: date | None
    later: date | None


def times_view(found: Offers, *, at: datetime | None, day: date | None) -> TimesView:
    """Decide what is shown: an asked time that fits is chosen, else the best of the day asked for."""
    asked = _offer_at(found, at) if at else None
    tabs = _all_tabs(found)
    shown = _shown_day(found, tabs, asked, day)
    todays = found.on(shown)
    chosen = asked or next(iter(todays), None)
    page = (
        next((n for n, tab in enumerate(tabs) if tab.on >= shown), len(tabs) - 1) // TABS_SHOWN * TABS_SHOWN
    )
    return TimesView(
        day=shown,
        todays=todays,
        chosen=chosen,
        lost=at if asked is None else None,
        best=tuple(_best(found, todays, asked, chosen)),
        tabs=tabs[page : page + TABS_SHOWN],
        earlier=tabs[page - 1].on if page else None,
        later=tabs[page + TABS_SHOWN].on if page + TABS_SHOWN < len(tabs) else None,
    )


def _offer_at(found: Offers, at: datetime) -> Offer | None:
    return found.plan.at(Span(at, at + found.plan.search.duration))


def _all_tabs(found: Offers) -> tuple[DayTab, ...]:
    """Return the working days of the search, and what else has a time that fits."""
    search, fits = found.plan.search, fits_by_day(found.plan)
    first = clock.local_day(search.window.starts_at, search.zone)
    last = clock.local_day(search.window.ends_at - timedelta(microseconds=1), search.zone)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    tabs = tuple(DayTab(day, fits[day]) for day in days if day.weekday() < SATURDAY or fits[day])
    return tabs or (DayTab(first, 0),)


def _shown_day(found: Offers, tabs: tuple[DayTab, ...], asked: Offer | None, day: date | None) -> date:
    if day is not None and tabs[0].on <= day <= tabs[-1].on:
        return day
    best = asked or next(iter(found.offers), None)
    return clock.local_day(best.span.starts_at, found.plan.search.zone) if best else tabs[0].on


def _best(
    found: Offers, todays: tuple[Offer, ...], asked: Offer | None, chosen: Offer | None
) -> list[ShownOffer]:
    """Return the asked time, the best ones of the day and the best ones of all, each once."""
    offers = {
        offer.span: offer for offer in (*((asked,) if asked else ()), *todays, *found.offers[:BEST_SHOWN])
    }
    at = chosen.span.starts_at if chosen else None
    return [
        shown
        for offer in offers.values()
        for column in offer_days([offer], found.plan, found.plan.search.zone, at)
        for shown in column.offers
    ]
