"""Series of every shape, made up from a number: their rules, their dates, and what happened to some."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from hypothesis import strategies as st

from confsched.clock import local_day
from confsched.domain.bookings import BookingState
from confsched.domain.holidays import is_public_holiday
from confsched.domain.intervals import Span
from confsched.domain.kinds import BookingKind, ConferenceKind, HolidayRule, LateRule, Partstat, StandardCare
from confsched.domain.recurrence import LAST_MONTH_DAY, WEEKS_OF_MONTH, Rule, local_instants, occurrences
from confsched.domain.series_dates import apply_holidays, stays_in_series
from confsched.errors import Refusal
from confsched.models.bookings import Booking, Participation
from confsched.models.people import Membership, Person
from confsched.models.series import ConferenceSeries

ZONE = "Europe/Berlin"
STATE = "DE-NI"
MADE_AT = datetime(2026, 1, 5, 7, tzinfo=UTC)
# Before the clock change of spring, and before that of autumn; each series lasts beyond it.
FIRST_DAYS = (date(2026, 2, 1), date(2026, 9, 1))
TIMES = (time(7, 30), time(12), time(15), time(15), time(18, 15), time(22, 30), time(23, 30), time(0, 15))
MINUTES = (30, 45, 60, 90, 180)


def rules() -> st.SearchStrategy[Rule]:
    """Draw a rule of any shape."""
    weekdays = st.integers(0, 6)
    nths = st.tuples(st.sampled_from(WEEKS_OF_MONTH), weekdays)
    return st.one_of(
        st.builds(
            lambda days, weeks: Rule.weekly(days, interval_weeks=weeks),
            st.sets(weekdays, min_size=1),
            st.integers(1, 6),
        ),
        st.builds(Rule.nth_weekday, st.sets(nths, min_size=1, max_size=4)),
        st.builds(Rule.on_month_day, st.integers(1, LAST_MONTH_DAY)),
        st.just(Rule.last_workday()),
    )


@dataclass
class Made:
    """Hold made-up series as their rows stand; `done` names what has happened to them."""

    member: Person
    series: list[ConferenceSeries] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    done: set[str] = field(default_factory=set)

    def of(self, series: ConferenceSeries) -> list[Booking]:
        """Return the dates of a series that are held with the member."""
        return [one for one in self.held() if one.series_id == series.id]

    def held(self) -> list[Booking]:
        """Return every date that is held with the member, also one that has left its series."""
        return [one for one in self.bookings if one.state is BookingState.BOOKED and _takes_part(one)]

    def spans(self) -> list[Span]:
        """Return when the member is to be there."""
        return sorted(span_of(one) for one in self.held())


def _takes_part(booking: Booking) -> bool:
    return any(p.removed_at is None for p in booking.participations)


def span_of(booking: Booking) -> Span:
    """Return the time of a booking."""
    return Span(booking.starts_at, booking.ends_at)


def make(number: int, member: Person | None = None, **columns: Any) -> Made:
    """Return the series of this number: the same whenever it is asked; columns are those of the series."""
    rng = Random(number)
    made = Made(member or _member())
    series = _series(rng, columns)
    made.series.append(series)
    made.bookings = list(_dates(series, made))
    made.done.add(Rule.from_text(series.rule).shape.value)
    for _ in range(rng.randrange(6)):
        _happen(rng, made, series)
    if rng.random() < 0.3:
        _cut(rng, made, series)
    return made


def _member() -> Person:
    return Person(
        title="Dr.",
        given_name="Jana",
        family_name="Okafor",
        email="jana.okafor@wendstadt.example",
        language="en",
        zone=ZONE,
        memberships=[Membership()],
    )


def _series(rng: Random, columns: Mapping[str, Any]) -> ConferenceSeries:
    rule = _rule(rng)
    first_on = rng.choice(FIRST_DAYS) + timedelta(days=rng.randrange(40))
    until_on = first_on + timedelta(days=rng.randrange(70, 200))
    starts_at_local, minutes = _time(rng, occurrences(rule, first_on, until_on))
    made_up = {
        "organisation_id": _id(rng),
        "organiser": Person(given_name="Petra", family_name="Lindner", title=""),
    }
    return ConferenceSeries(
        **{**made_up, **columns},
        id=_id(rng),
        title="Neuro board",
        kind=ConferenceKind.CASE_CONFERENCE,
        resource=None,
        join_link="https://video.example/board",
        zone=ZONE,
        rule=rule.to_text(),
        first_on=first_on,
        until_on=until_on,
        starts_at_local=starts_at_local,
        duration_minutes=minutes,
        holiday_rule=rng.choice(tuple(HolidayRule)),
        uid=f"{_id(rng)}@confsched",
        sequence=rng.randrange(3),
        revision=1,
        created_at=MADE_AT,
        revised_at=MADE_AT,
        capacity_minutes=minutes,
        late_rule=LateRule.CHAIR_APPROVES,
        standard_care=StandardCare.LISTED,
    )


def _id(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)


def _rule(rng: Random) -> Rule:
    days = rng.sample(range(7), rng.randrange(1, 4))
    match rng.randrange(6):
        case 0:
            return Rule.weekly(days)
        case 1:
            return Rule.weekly(days[:1])
        case 2:
            return Rule.weekly(days, interval_weeks=rng.randrange(2, 5))
        case 3:
            return Rule.nth_weekday([(rng.choice(WEEKS_OF_MONTH), day) for day in days])
        case 4:
            return Rule.on_month_day(rng.randrange(1, LAST_MONTH_DAY + 1))
    return Rule.last_workday()


def _time(rng: Random, days: list[date]) -> tuple[time, int]:
    """Return a time of day and a length that no clock change touches on any of the days."""
    at, minutes = rng.choice(TIMES), rng.choice(MINUTES)
    try:
        local_instants(days, at, ZONE, duration_minutes=minutes)
    except Refusal:
        return time(15), minutes
    return at, minutes


def _dates(series: ConferenceSeries, made: Made) -> Iterator[Booking]:
    """Yield a booking for each date that is held, in the order of the rule."""
    days = occurrences(Rule.from_text(series.rule), series.first_on, series.until_on)
    planned = apply_holidays(days, series.holiday_rule, lambda day: is_public_holiday(day, STATE))
    for one in planned:
        if one.held_on is None:
            made.done.add("holiday skipped")
            continue
        if one.held_on != one.occurs_on:
            made.done.add("holiday moved")
        occurs_at, starts_at = local_instants([one.occurs_on, one.held_on], series.starts_at_local, ZONE)
        yield _booking(series, made.member, occurs_at, starts_at)


def _booking(series: ConferenceSeries, member: Person, occurs_at: datetime, starts_at: datetime) -> Booking:
    booking_id = uuid.uuid5(series.id, occurs_at.isoformat())
    return Booking(
        id=booking_id,
        kind=BookingKind.CONFERENCE,
        state=BookingState.BOOKED,
        uid=f"{booking_id}@confsched",
        sequence=0,
        revision=1,
        title=series.title,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=series.duration_minutes),
        zone=ZONE,
        join_link=series.join_link,
        organiser=series.organiser,
        organisation_id=series.organisation_id,
        created_at=MADE_AT,
        revised_at=MADE_AT,
        series_id=series.id,
        recurrence_at=occurs_at,
        participations=[
            Participation(
                person=member,
                organisation_id=series.organisation_id,
                position=0,
                serves="neurology",
                is_optional=False,
                partstat=Partstat.ACCEPTED,
                is_of_series=True,
                invited_at=MADE_AT,
            )
        ],
    )


def _happen(rng: Random, made: Made, series: ConferenceSeries) -> None:
    """Let something happen to one of the dates that still belong to the series."""
    own = made.of(series)
    if len(own) < 2:
        return
    booking = rng.choice(own)
    what = rng.choice(("cancelled", "moved", "moved", "moved far", "not with the member", "other link"))
    made.done.add(what)
    booking.sequence += 1
    if what == "cancelled":
        booking.state = BookingState.CANCELLED
    elif what == "not with the member":
        booking.participations[0].removed_at = MADE_AT
    elif what == "other link":
        booking.join_link = "https://video.example/other"
    else:
        days = rng.randrange(-30, 31) if what == "moved far" else rng.randrange(-2, 3)
        _move(made, series, booking, timedelta(days=days, minutes=15 * rng.randrange(-12, 13)))


def _move(made: Made, series: ConferenceSeries, booking: Booking, by: timedelta) -> None:
    booking.starts_at, booking.ends_at = booking.starts_at + by, booking.ends_at + by
    dates = [one for one in made.bookings if one.series_id == series.id and one.state is BookingState.BOOKED]
    place = dates.index(booking)
    former = span_of(dates[place - 1]) if place else None
    following = span_of(dates[place + 1]) if place + 1 < len(dates) else None
    if not stays_in_series(span_of(booking), former, following, ZONE):
        made.done.add("split off")
        booking.series_id = booking.recurrence_at = None


def _cut(rng: Random, made: Made, series: ConferenceSeries) -> None:
    """Let a new series take over the later dates, as "this and following" does."""
    own = [one for one in made.bookings if one.series_id == series.id]
    if len(own) < 2:
        return
    since = own[rng.randrange(1, len(own))].recurrence_at
    assert since is not None
    made.done.add("this and following")
    following = _copy(rng, series, local_day(since, ZONE))
    series.until_on = following.first_on - timedelta(days=1)
    series.sequence += 1
    made.series.append(following)
    for booking in own:
        if booking.recurrence_at is not None and booking.recurrence_at >= since:
            booking.series_id = following.id


def _copy(rng: Random, series: ConferenceSeries, first_on: date) -> ConferenceSeries:
    columns = {
        name: getattr(series, name) for name in ("organisation_id", "organiser", "site_id", "chair_id")
    }
    following = _series(rng, columns)
    for name in ("rule", "until_on", "starts_at_local", "duration_minutes", "holiday_rule"):
        setattr(following, name, getattr(series, name))
    following.first_on = first_on
    return following
