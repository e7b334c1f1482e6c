"""People by time: one day of a search as bands, with how many requirements could start when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from confsched import clock
from confsched.domain import bitgrid, starts
from confsched.domain.availability import STALE_AFTER, Availability, Source, State, Stretch, Why
from confsched.domain.intervals import Span, intersect
from confsched.domain.matching import Candidate, Need, Offer
from confsched.errors import Message, msg
from confsched.services.matching import ROOM_KEY, Plan

OPENS, CLOSES = time(8), time(18)
STEP = timedelta(minutes=15)
PEOPLE_SHOWN = 6  # of one requirement, those who would come first
READABLE_STEPS = 3  # a shorter band has no room for its word
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
TWO_DAYS = timedelta(days=2)

Say = Callable[[Message], str]
Look = tuple[str, Message]

FREE: Look = ("free", msg("free"))
UNKNOWN: Look = ("unknown", msg("unknown"))
BUSY: Look = ("busy", msg("busy"))
LOOKS: dict[Why, Look] = {
    Why.NOT_WORKING: ("absent", msg("not at work")),
    Why.ABSENCE: ("absent", msg("absent")),
    Why.REST: ("absent", msg("off after a night")),
    Why.DUTY: ("busy", msg("on duty")),
    Why.CLAIM: BUSY,
    Why.CALENDAR: BUSY,
    Why.ANSWER: ("busy", msg("cannot come")),
    Why.CAP: ("busy", msg("enough for this day")),
    Why.ELSEWHERE: ("busy", msg("at another site")),
}


@dataclass(frozen=True)
class BandSpan:
    """Hold one piece of a band: its look, the word shown in it, and what is heard."""

    starts_at: datetime
    ends_at: datetime
    state: str
    text: str
    said: str
    word: str
    hours: str


@dataclass(frozen=True)
class BandPerson:
    """Hold the band of one person or room, and where it is known from."""

    id: UUID
    name: str
    sub: str
    spans: tuple[BandSpan, ...]
    is_unknown: bool
    is_room: bool = False


@dataclass(frozen=True)
class BandGroup:
    """Hold a requirement, whether the best time meets it, and its people."""

    name: str
    note: str
    lamp: tuple[str, str] | None
    people: tuple[BandPerson, ...]
    hidden: tuple[BandPerson, ...] = ()


@dataclass(frozen=True)
class CoverCell:
    """Hold for how many requirements a start in these steps would do; `rank` is the shade, 6 for all."""

    span: Span
    first_step: int
    steps: int
    count: int
    rank: int


@dataclass(frozen=True)
class Board:
    """Hold one day: people by time, the best times, and the row that counts."""

    window: Span
    ticks: tuple[tuple[datetime, str], ...]
    groups: tuple[BandGroup, ...]
    best: tuple[Span, ...]
    cells: tuple[CoverCell, ...]
    required: int

    @property
    def unknown(self) -> list[BandPerson]:
        """Return the people about whom nothing certain is known on this day, each once."""
        everybody = (person for group in self.groups for person in (*group.people, *group.hidden))
        return list({person.id: person for person in everybody if person.is_unknown}.values())

    @property
    def hidden_count(self) -> int:
        """Return how many bands were left out."""
        return sum(len(group.hidden) for group in self.groups)


@dataclass(frozen=True)
class Reader:
    """Say who looks: in which words, when, and about whom they may read more than "busy"."""

    say: Say
    now: datetime
    own: frozenset[UUID]
    sees_all: bool = False


def day_board(
    plan: Plan,
    day: date,
    offers: Sequence[Offer],
    chosen: Offer | None,
    reader: Reader,
    extras: Mapping[str, Sequence[Message]] | None = None,
) -> Board:
    """Lay out one local day of the search.

    `offers` are the best times of that day, `extras` what a need asks for beyond so many of a pool.
    """
    window = day_window(day, plan.search.zone)
    bands = _Bands(plan, window, reader, extras or {})
    return Board(
        window=window,
        ticks=tuple(_ticks(window, plan.search.zone)),
        groups=tuple(_group(bands, need, chosen) for need in plan.needs),
        best=tuple(offer.span for offer in offers if offer.span.overlaps(window)),
        cells=tuple(cover_cells(plan, day, window)),
        required=len(plan.needs),
    )


def day_window(day: date, zone: str) -> Span:
    """Return the hours of a local day that are shown."""
    return Span(clock.to_instant(day, OPENS, zone), clock.to_instant(day, CLOSES, zone))


def _ticks(window: Span, zone: str) -> Iterator[tuple[datetime, str]]:
    for number in range(int(window.duration / HOUR)):
        instant = window.starts_at + number * HOUR
        yield instant, f"{clock.to_local(instant, zone):%H}"


class _Bands:
    """Draw the band of each person once, however many requirements they could meet."""

    def __init__(
        self, plan: Plan, window: Span, reader: Reader, extras: Mapping[str, Sequence[Message]]
    ) -> None:
        self.plan, self.window, self.reader, self.extras = plan, window, reader, extras
        self.shown = intersect(plan.search.window, window)
        self.known: dict[UUID, BandPerson] = {}

    def of(self, person: UUID) -> BandPerson:
        """Return the band of somebody; only the hours that are shown are worked out."""
        if person not in self.known:
            candidate = self.plan.candidates[person]
            there = replace(candidate.availability, window=self.shown) if self.shown else None
            drawn = _person(candidate, there, self.window, self.plan.search.zone, self.reader)
            self.known[person] = replace(drawn, is_room=person in self.plan.asked.resources)
        return self.known[person]


def _group(bands: _Bands, need: Need, chosen: Offer | None) -> BandGroup:
    plan, reader = bands.plan, bands.reader
    team = chosen.assignment.get(need.key, ()) if chosen else ()
    people = [plan.candidates[subject] for subject in need.pool if subject in plan.candidates]
    people.sort(key=lambda one: (one.id not in team, one.name, one.id))
    drawn = tuple(bands.of(person.id) for person in people)
    shown = len(drawn) if reader.sees_all else max(PEOPLE_SHOWN, len(team))
    return BandGroup(
        name=need.label,
        note=reader.say(_note(need, bands.extras.get(need.key, ()))),
        lamp=_lamp(need, chosen, plan.search.zone, reader.say) if chosen else None,
        people=drawn[:shown],
        hidden=drawn[shown:],
    )


def _note(need: Need, extras: Sequence[Message]) -> Message:
    """Say how many of how many are needed, and what else is asked of them."""
    note = msg("%(count)s of %(all)s", count=need.count, all=len(need.pool))
    if need.key == ROOM_KEY:
        note = msg("room")
    for extra in extras:
        note = msg("%(one)s, %(other)s", one=note, other=extra)
    return note


def _lamp(need: Need, offer: Offer, zone: str, say: Say) -> tuple[str, str]:
    """Say in a word and a shape whether the time meets the requirement."""
    at = f"{clock.to_local(offer.span.starts_at, zone):%H:%M}"
    team = offer.assignment.get(need.key, ())
    if not team:
        return say(msg("%(time)s missing", time=at)), "no"
    if any(person in offer.unknown for person in team):
        return say(msg("%(time)s unknown", time=at)), "unknown"
    return say(msg("%(time)s met", time=at)), "ok"


def _person(
    candidate: Candidate, availability: Availability | None, window: Span, zone: str, reader: Reader
) -> BandPerson:
    stretches = availability.stretches if availability else ()
    spans = tuple(band_spans(stretches, window, candidate.id in reader.own))
    known = knowledge(availability, window, reader.now) if availability else None
    return BandPerson(
        id=candidate.id,
        name=candidate.name,
        sub=reader.say(known) if known else "",
        spans=tuple(_in_words(span, look, zone, reader.say) for span, look in spans),
        is_unknown=any(look == UNKNOWN for _span, look in spans),
    )


def band_spans(stretches: Iterable[Stretch], window: Span, is_own: bool) -> Iterator[tuple[Span, Look]]:
    """Cut the stretches to the window and join neighbours of one look; foreign people are only "busy"."""
    cut = ((part, _look(s, is_own)) for s in stretches if (part := intersect(s.span, window)))
    for look, parts in groupby(cut, key=lambda piece: piece[1]):
        spans = [part for part, _look_of_part in parts]
        yield Span(spans[0].starts_at, spans[-1].ends_at), look


def _look(stretch: Stretch, is_own: bool) -> Look:
    if stretch.state is State.FREE:
        return FREE
    if stretch.state is State.UNKNOWN:
        return UNKNOWN
    return LOOKS[stretch.why] if is_own and stretch.why else BUSY


def _in_words(span: Span, look: Look, zone: str, say: Say) -> BandSpan:
    state, word = look[0], say(look[1])
    is_shown = look != FREE and span.duration >= READABLE_STEPS * STEP
    hours = _hours(span, zone)
    return BandSpan(
        span.starts_at, span.ends_at, state, word if is_shown else "", f"{word} {hours}. ", word, hours
    )


def _hours(span: Span, zone: str) -> str:
    return f"{clock.to_local(span.starts_at, zone):%H:%M}–{clock.to_local(span.ends_at, zone):%H:%M}"


def knowledge(availability: Availability, window: Span, now: datetime) -> Message | None:
    """Say from what the window is known and how old that is; None where the search does not reach."""
    parts = [stretch for stretch in availability.stretches if stretch.span.overlaps(window)]
    if not parts:
        return None
    unknown = [part for part in parts if part.state is State.UNKNOWN]
    if unknown:
        return _silence(unknown[0], now)
    ages = [part.known_at for part in parts if part.known_at]
    if ages:
        return _age(now - min(ages))
    is_on_duty = any(part.source is Source.DUTIES for part in parts)
    return msg("roster") if is_on_duty else msg("working hours")


def _silence(part: Stretch, now: datetime) -> Message:
    if part.source is not Source.CALENDAR:
        return msg("no hours, no calendar")
    if part.known_at is None:
        return msg("calendar not read yet")
    age = now - part.known_at
    if age > TWO_DAYS:
        return msg("calendar silent for %(count)s days", count=age.days)
    if age > STALE_AFTER:
        return msg("calendar silent for %(count)s h", count=age // HOUR)
    return msg("calendar does not reach this day")


def _age(age: timedelta) -> Message:
    if age < HOUR:
        return msg("calendar, %(count)s min ago", count=age // MINUTE)
    return msg("calendar, %(count)s h ago", count=age // HOUR)


def cover_cells(plan: Plan, day: date, window: Span) -> Iterator[CoverCell]:
    """Count for each start of the window how many requirements are met by people known to be free."""
    counts = enumerate(_starts_met(plan, day, window))
    for count, run in groupby(counts, key=lambda step: step[1]):
        steps = [number for number, _count in run]
        if count is not None:
            span = Span(window.starts_at + steps[0] * STEP, window.starts_at + (steps[-1] + 1) * STEP)
            yield CoverCell(span, steps[0] + 1, len(steps), count, _rank(count, len(plan.needs)))


def _rank(count: int, required: int) -> int:
    """Return the shade: 6 where all are met, 5 where one is missing, else 4."""
    return max(4, 6 - (required - count))


def _starts_met(plan: Plan, day: date, window: Span) -> Iterator[int | None]:
    """Give the count of each step of the window; None where no start is possible."""
    ready = plan.on_day(day)
    if ready is None:
        return
    rows = [ready.starts_of(pool, known=True) for pool in ready.pools]
    everything = ready.required(known=True) & ready.whole
    for number in range(int(window.duration / STEP)):
        cell = ready.board.grid.cell_at(window.starts_at + number * STEP)
        if cell < 0 or not ready.allowed >> cell & 1:
            yield None
            continue
        met = sum(row >> cell & 1 for row in rows)
        # One person may stand in two pools and can serve only one of them.
        yield met if everything >> cell & 1 else min(met, len(rows) - 1)


def fits_by_day(plan: Plan) -> Counter[date]:
    """Count for each local day how many times, one after the other, would do."""
    ready = starts.Plan(plan.needs, plan.candidates, plan.search, plan.board)
    length, reached = plan.board.grid.count(plan.search.duration), 0
    fits: Counter[date] = Counter()
    for cell in bitgrid.set_bits(ready.required(known=False)):
        if cell >= reached:
            reached = cell + length
            fits[clock.local_day(ready.board.grid.instant(cell), plan.search.zone)] += 1
    return fits
