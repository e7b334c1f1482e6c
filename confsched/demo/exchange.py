"""Builds what people ask of each other's duties: swaps, cover, wishes, turns and a gap that is meant."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.meetings import PETRA
from confsched.demo.months import PLACE
from confsched.demo.network import Network
from confsched.demo.offers import CLOSED_ON, LINES
from confsched.demo.places import ROTATING_EMAIL as MARLON
from confsched.demo.rosters import free_colleague
from confsched.demo.staff import ZONE
from confsched.demo.turns import DAYS_A_WEEK, week_of
from confsched.domain.intervals import Span
from confsched.domain.kinds import WishKind
from confsched.domain.roster_month import month_of, next_month
from confsched.domain.rosters import duty_span
from confsched.models.rosters import Duty, DutyLine
from confsched.models.rotations import DutyRotation, DutyRotationMember
from confsched.services import declared_gaps, swaps, wishes
from confsched.services.swaps import Proposal
from confsched.services.wishes import NewWish

FIRST_LINE, BACKGROUND, MOBILE_TEAM = 0, 2, 3  # places in LINES
ONE_DAY = timedelta(days=1)
SOON = timedelta(days=4)
ASKED, TAKEN = timedelta(hours=26), timedelta(hours=5)
WISH_DAYS = 90
FRIDAY = 4
NIGHT_STARTS = time(20)
CHANGE_AT = time(8)


def add_requests(session: Session, network: Network, now: datetime) -> None:
    """Leave something for everybody to answer: the secretary, the colleagues, and whoever plans by hand."""
    _offer_to_all(session, network, now)
    _offer_to_one(session, network, now)
    _ask_cover(session, network, now)
    _declare_gap(session, network, now)
    _wish(session, network, now)
    _take_turns_on_background(session, network, now)
    _take_turns_of_hubs(session, network, now)


def _nights(session: Session, network: Network, now: datetime) -> list[Duty]:
    """Return the nights to come of the doctor who has an account, the next one first."""
    query = select(Duty).where(
        Duty.line_id == network.lines[FIRST_LINE].id,
        Duty.person_id == network.people[MARLON].id,
        Duty.starts_at > now + SOON,
        Duty.superseded_at.is_(None),
    )
    found = session.scalars(query.order_by(Duty.starts_at))
    return [duty for duty in found if clock.to_local(duty.starts_at, ZONE).time() == NIGHT_STARTS]


def _offer_to_all(session: Session, network: Network, now: datetime) -> None:
    duty = _nights(session, network, now)[0]
    offer = Proposal(note="Einschulung am Morgen danach, wer kann?")
    swaps.propose(session, network.actor(MARLON), duty, offer, now=now - ASKED, key="demo-offer")


def _offer_to_one(session: Session, network: Network, now: datetime) -> None:
    """Let a colleague accept, so that the secretary has to decide."""
    duty = _nights(session, network, now)[1]
    taker = free_colleague(network, LINES[FIRST_LINE], clock.local_day(duty.starts_at, ZONE))
    offer = Proposal(to_person_id=taker.id, note="Wie besprochen.")
    swap = swaps.propose(session, network.actor(MARLON), duty, offer, now=now - ASKED, key="demo-swap")
    swaps.accept(session, network.actor(taker.email), swap, now=now - TAKEN)


def _ask_cover(session: Session, network: Network, now: datetime) -> None:
    """Ask for the hours of tomorrow that the plan leaves to nobody."""
    line, span = _open_shift(network, 1, now)
    note = "Kurzfristig ausgefallen, bitte melden."
    swaps.ask_cover(session, network.actor(PETRA), line, span, note=note, now=now, key="demo-cover")


def _declare_gap(session: Session, network: Network, now: datetime) -> None:
    line, span = _open_shift(network, CLOSED_ON, now)
    reason = "CT wird gewartet, Notfälle nach Nordkamp."
    declared_gaps.declare_gap(session, network.actor(PETRA), line, span, reason, now=now, key="demo-gap")


def _open_shift(network: Network, gap_on: int, now: datetime) -> tuple[DutyLine, Span]:
    """Return the first shift that nobody takes so many days from today, and its line."""
    day = clock.local_day(now, ZONE) + gap_on * ONE_DAY
    pairs = zip(LINES, network.lines, strict=True)
    plan, line = next(pair for pair in pairs if pair[0].gap_on == gap_on)
    shift = plan.shifts[0]
    return line, duty_span(day, shift.starts, shift.ends, ZONE)


def _wish(session: Session, network: Network, now: datetime) -> None:
    """Keep three kinds of wishes; the fixed day off lies on a day for which its person is planned."""
    today = clock.local_day(now, ZONE)
    month = next_month(month_of(today))
    plan, staff = LINES[FIRST_LINE], network.staff[PLACE]
    pool = plan.people(staff)
    assert plan.turns, "the first line is planned by the day"
    day_off = month + 15 * ONE_DAY
    planned = pool[plan.turns(day_off, False) % len(pool)]
    later = today + WISH_DAYS * ONE_DAY
    first_week = month + 6 * ONE_DAY
    for number, (person, wish) in enumerate(
        (
            (planned, NewWish(WishKind.DAY_OFF, day_off, day_off, note="Hochzeit")),
            (staff[1], NewWish(WishKind.RATHER_NOT, today, later, FRIDAY, "Chorprobe")),
            (staff[2], NewWish(WishKind.RATHER, month, first_week)),
        )
    ):
        wishes.add(session, network.actor(PETRA), person, wish, now=now, key=f"demo-wish-{number}")


def _take_turns_on_background(session: Session, network: Network, now: datetime) -> None:
    people = LINES[BACKGROUND].people(network.staff[PLACE])
    monday = _monday(now)
    first = week_of(monday)
    rotation = DutyRotation(
        name="Hintergrund wöchentlich",
        line_id=network.lines[BACKGROUND].id,
        code="H",
        starts_on=monday,
        every_days=DAYS_A_WEEK,
        at=CHANGE_AT,
        zone=ZONE,
    )
    rotation.members = [
        DutyRotationMember(position=place, person_id=people[(first + place) % len(people)].id)
        for place in range(len(people))
    ]
    session.add(rotation)


def _take_turns_of_hubs(session: Session, network: Network, now: datetime) -> None:
    """Let the hubs take turns on the stroke service, a week each, at 08:00 by the clock on the wall."""
    rotation = DutyRotation(
        name="Schlaganfall, Zentren im Wechsel",
        service_id=network.services["stroke"].id,
        starts_on=_monday(now),
        every_days=DAYS_A_WEEK,
        at=CHANGE_AT,
        zone=ZONE,
    )
    rotation.members = [
        DutyRotationMember(position=place, line_id=network.lines[number].id)
        for place, number in enumerate((FIRST_LINE, MOBILE_TEAM))
    ]
    session.add(rotation)


def _monday(now: datetime) -> date:
    today = clock.local_day(now, ZONE)
    return today - today.weekday() * ONE_DAY
