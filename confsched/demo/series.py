"""Builds two series of conferences: a weekly tumour board, and a monthly one about children."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.meetings import JANA, JULIA, PETRA, THEA
from confsched.demo.network import Network
from confsched.demo.staff import ZONE
from confsched.domain.kinds import HolidayRule
from confsched.services import series
from confsched.services.series_drafts import Required, SeriesDraft

BEGAN, GOES_ON = timedelta(weeks=6), timedelta(weeks=16)
THURSDAYS, SECOND_WEDNESDAYS = "FREQ=WEEKLY;BYDAY=TH;WKST=MO", "FREQ=MONTHLY;BYDAY=2WE"
ONCOLOGY, RADIOLOGY = ("wendstadt", "Tumorzentrum"), ("wendstadt", "Institut für Radiologie")
CHILDREN, NEUROLOGY = ("birkental", "Pädiatrie"), ("wendstadt", "Sozialpädiatrisches Zentrum")
LAST = -1  # of a department: without a part elsewhere in the demo


def add_series(session: Session, network: Network, now: datetime) -> None:
    """Make both some weeks ago, so that each has past dates; whoever is taken on a date is left out of it."""
    session.flush()
    made_at = now - BEGAN
    for organiser, draft in ((PETRA, _thorax(network, made_at)), (JANA, _children(network, made_at))):
        actor, key = network.actor(organiser), f"demo-{draft.title}"
        series.create(session, actor, draft, now=made_at, key=key, leave_out=True)


def _thorax(network: Network, made_at: datetime) -> SeriesDraft:
    chair, deputy = network.staff[ONCOLOGY][:2]
    first_on = _day_after(made_at)
    return SeriesDraft(
        title="Tumorkonferenz Thorax",
        rule=THURSDAYS,
        first_on=first_on,
        until_on=first_on + BEGAN + GOES_ON,
        starts_at_local=time(15),
        duration_minutes=60,
        chair_id=chair.id,
        deputy_id=deputy.id,
        member_ids=(network.staff[RADIOLOGY][LAST].id, *_ids(network, THEA)),
        required=(Required("Onkologie", 1, specialists_only=True), Required("Radiologie", 1)),
        partner_site_ids=_sites(network, "moorfeld", "elmshagen", "nordkamp"),
        join_link="https://video.wendstadt.example/thorax",
        holiday_rule=HolidayRule.MOVE,
    )


def _children(network: Network, made_at: datetime) -> SeriesDraft:
    chair = network.staff[CHILDREN][LAST]
    first_on = _day_after(made_at)
    return SeriesDraft(
        title="Pädiatrische Fallkonferenz",
        rule=SECOND_WEDNESDAYS,
        first_on=first_on,
        until_on=first_on + BEGAN + GOES_ON,
        starts_at_local=time(13, 30),
        duration_minutes=45,
        chair_id=chair.id,
        member_ids=(network.staff[NEUROLOGY][LAST].id, *_ids(network, JULIA)),
        required=(Required("Pädiatrie", 1, specialists_only=True), Required("Kinderneurologie", 1)),
        partner_site_ids=_sites(network, "moorfeld", "elmshagen"),
        join_link="https://video.wendstadt.example/kinder",
    )


def _day_after(made_at: datetime) -> date:
    return clock.local_day(made_at, ZONE) + timedelta(days=1)


def _ids(network: Network, *emails: str) -> tuple[uuid.UUID, ...]:
    return tuple(network.people[email].id for email in emails)


def _sites(network: Network, *keys: str) -> tuple[uuid.UUID, ...]:
    return tuple(network.sites[key].id for key in keys)
