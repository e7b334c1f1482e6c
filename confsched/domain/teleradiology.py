"""Teleradiology under the radiation protection act: when a site may ask for it, and what has to be there.

Everything here warns, and whoever asks goes on with a reason: the patient lies on the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from confsched import clock
from confsched.domain.holidays import NO_OVERRIDES, is_public_holiday
from confsched.domain.kinds import TeleradiologyKind, TeleradiologyPermit
from confsched.errors import Message, msg

_SATURDAY = 5


class Check(StrEnum):
    """Name what is looked at before images are made on the word of somebody elsewhere."""

    PERMIT = "permit"
    ARRIVAL = "arrival"
    LINK_TEST = "link_test"
    PHYSICIAN = "physician"


@dataclass(frozen=True)
class OperatingSite:
    """Hold what matters of the site that makes the images; its own state says what is a holiday."""

    zone: str
    state: str
    permit: TeleradiologyPermit
    night_from: time
    night_until: time


@dataclass(frozen=True)
class Readiness:
    """Hold what stands ready at the site: somebody who can come, today's test, and a physician by name."""

    has_arrival: bool
    has_tested_link: bool
    names_physician: bool


@dataclass(frozen=True)
class Warning:
    """Hold one thing that is not as it should be."""

    check: Check
    sentence: Message


def is_permitted(
    site: OperatingSite, at: datetime, *, overrides: Mapping[date, str | None] = NO_OVERRIDES
) -> bool:
    """Tell whether the permit of a site covers an instant (StrlSchG 14 (2), StrlSchV 123).

    Without one that holds always, that is at night, on Saturday and Sunday, and on its public holidays.
    """
    if site.permit is not TeleradiologyPermit.OUT_OF_HOURS:
        return site.permit is TeleradiologyPermit.ALWAYS
    local = clock.to_local(at, site.zone)
    is_off = local.weekday() >= _SATURDAY
    is_off = is_off or is_public_holiday(local.date(), site.state, overrides=overrides)
    return is_off or _is_night(local.time(), site.night_from, site.night_until)


def _is_night(at: time, night_from: time, night_until: time) -> bool:
    if night_from <= night_until:
        return night_from <= at < night_until
    return at >= night_from or at < night_until


def find_warnings(
    site: OperatingSite, readiness: Readiness, kind: TeleradiologyKind | None, at: datetime
) -> list[Warning]:
    """Return what is missing; a kind that was not said counts as teleradiology.

    Second opinions and transfers of images need neither permit nor anybody who comes: only the line.
    """
    is_needed = kind in (None, TeleradiologyKind.TELERADIOLOGY)
    missing = {
        Check.PERMIT: is_needed and not is_permitted(site, at),
        Check.ARRIVAL: is_needed and not readiness.has_arrival,
        Check.LINK_TEST: not readiness.has_tested_link,
        Check.PHYSICIAN: is_needed and not readiness.names_physician,
    }
    return [Warning(check, sentence_of(check, site)) for check, is_missing in missing.items() if is_missing]


def sentence_of(check: Check, site: OperatingSite) -> Message:
    """Return what a missing thing is called."""
    if check is Check.PERMIT and site.permit is TeleradiologyPermit.NONE:
        return msg("The site has no permit for teleradiology.")
    return _SENTENCES[check]


_SENTENCES = {
    Check.PERMIT: msg("The permit of the site covers nights, weekends and public holidays only."),
    Check.ARRIVAL: msg("Nobody is on the roster who can be on site within 45 minutes."),
    Check.LINK_TEST: msg("Today's link test is missing, or it did not work."),
    Check.PHYSICIAN: msg("No physician on site is named who is qualified for radiation protection."),
}
