"""Busy calendars: the last good copy counts, a silent one is unknown, and no worker steps on another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.clock import to_instant
from confsched.db import Database
from confsched.domain.availability import STALE_AFTER, State
from confsched.domain.intervals import Span
from confsched.domain.kinds import BusySourceKind
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.formats.busy_calendar import BusyReading, read_busy
from confsched.models.busy import BusySource, BusySpan
from confsched.services import access, audit, sealed
from confsched.services import busy_calendars as service
from confsched.services import busy_readings as readings
from confsched.services.availability import Asked, load_candidates
from confsched.services.busy_calendars import CalendarState
from confsched.services.busy_readings import Due, Validators
from tests.world import NOW, ZONE, World, build_world

URL = "https://calendar.example/mine.ics"
TEN, ELEVEN = time(10), time(11)
BOTH = Validators('"v1"', "Mon, 23 Nov 2026 07:00:00 GMT")
LATER = NOW + timedelta(hours=1)
numbers = count()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


@pytest.fixture
def world(session: Session) -> World:
    return build_world(session)


def new_key() -> str:
    return f"form-{next(numbers)}"


def span_of(day: date, starts: time = TEN, ends: time = ELEVEN) -> Span:
    return Span(to_instant(day, starts, ZONE), to_instant(day, ends, ZONE))


def reading_of(*spans: Span) -> BusyReading:
    return BusyReading(spans, "Mine", ())


def add_url(session: Session, world: World, now: datetime = NOW) -> BusySource:
    return service.add_url(session, world.actor(world.neurologist), "Mine", URL, now=now, key=new_key())


def add_upload(session: Session, world: World, *spans: Span) -> BusySource:
    actor = world.actor(world.neurologist)
    return service.add_upload(session, actor, "File", reading_of(*spans), now=NOW, key=new_key())


def spans_in(session: Session, source: BusySource) -> list[Span]:
    rows = session.scalars(select(BusySpan).where(BusySpan.source_id == source.id))
    return sorted(Span(row.starts_at, row.ends_at) for row in rows)


def claim_one(session: Session, now: datetime = NOW) -> Due:
    (due,) = readings.claim_due(session, now=now)
    return due


def store(session: Session, due: Due, *spans: Span, now: datetime = NOW) -> None:
    window = readings.known_window(now)
    readings.store_reading(session, due, reading_of(*spans), window, BOTH, now=now)


def state_at(session: Session, world: World, span: Span, now: datetime = NOW) -> State:
    """Return whether the neurologist is free, busy or unknown during a span."""
    person = world.neurologist.id
    found = load_candidates(session, Asked(frozenset({person})), span, now=now)
    states = {stretch.state for stretch in found[person].availability.stretches}
    assert len(states) == 1
    return states.pop()


def test_an_added_address_is_due_at_once_and_known_of_nothing(session: Session, world: World) -> None:
    source = add_url(session, world)
    assert (source.due_at, source.read_at) == (NOW, None)
    assert service.state_of(source, NOW) is CalendarState.NEW
    assert state_at(session, world, span_of(date(2026, 11, 24))) is State.UNKNOWN


def test_the_same_form_sent_twice_adds_one_calendar(session: Session, world: World) -> None:
    """Peer failure 11."""
    actor = world.actor(world.neurologist)
    one, other = (service.add_url(session, actor, "Mine", URL, now=NOW, key="same") for _ in range(2))
    assert one is other
    assert service.list_calendars(session, actor) == [one]


@pytest.mark.parametrize("name", ["", " \t", "x" * 121])
def test_a_calendar_needs_a_name_of_moderate_length(session: Session, world: World, name: str) -> None:
    with pytest.raises(Refusal) as refused:
        service.add_url(session, world.actor(world.neurologist), name, URL, now=NOW, key=new_key())
    assert refused.value.field == "name"


def test_an_endless_address_is_refused(session: Session, world: World) -> None:
    url = URL + "x" * 1000
    with pytest.raises(Refusal) as refused:
        service.add_url(session, world.actor(world.neurologist), "Mine", url, now=NOW, key=new_key())
    assert refused.value.field == "url"


def test_nobody_brings_more_than_ten_calendars(session: Session, world: World) -> None:
    for _ in range(service.MAX_CALENDARS):
        add_upload(session, world)
    with pytest.raises(Refusal, match="Remove one"):
        add_url(session, world)


def test_an_upload_is_known_at_once(session: Session, world: World) -> None:
    busy = span_of(date(2026, 11, 24))
    source = add_upload(session, world, busy)
    assert spans_in(session, source) == [busy]
    assert service.state_of(source, NOW) is CalendarState.CURRENT
    assert state_at(session, world, busy) is State.BUSY
    assert state_at(session, world, span_of(date(2026, 11, 25))) is State.FREE
    assert readings.claim_due(session, now=LATER) == []


def test_an_upload_without_a_name_takes_the_one_of_the_file(session: Session, world: World) -> None:
    actor = world.actor(world.neurologist)
    source = service.add_upload(session, actor, "", reading_of(), now=NOW, key=new_key())
    assert source.name == "Mine"


def test_a_new_file_takes_the_place_of_the_old_one(session: Session, world: World) -> None:
    source = add_upload(session, world, span_of(date(2026, 11, 24)))
    busy = span_of(date(2026, 11, 25))
    actor = world.actor(world.neurologist)
    service.replace_upload(session, actor, source, reading_of(busy), now=LATER)
    assert spans_in(session, source) == [busy]
    assert source.read_at == LATER


def test_an_address_is_not_replaced_by_a_file(session: Session, world: World) -> None:
    with pytest.raises(Conflict):
        service.replace_upload(
            session, world.actor(world.neurologist), add_url(session, world), reading_of(), now=NOW
        )


def test_a_removed_calendar_is_gone_with_its_spans_and_its_address(session: Session, world: World) -> None:
    source = add_url(session, world)
    store(session, claim_one(session), span_of(date(2026, 11, 24)))
    actor = world.actor(world.neurologist)
    service.remove(session, actor, source, now=LATER)
    service.remove(session, actor, source, now=LATER + timedelta(hours=1))
    audit.write_pending(session)
    assert (spans_in(session, source), source.url, source.removed_at) == ([], None, LATER)
    assert readings.claim_due(session, now=LATER + timedelta(days=1)) == []
    assert audit.count_events(session, "busy_calendar.remove", source.id) == 1
    with pytest.raises(NotFound):
        access.get_row(session, actor, BusySource, source.id)


def test_a_calendar_is_its_owners_only(session: Session, world: World) -> None:
    source = add_url(session, world)
    assert service.list_calendars(session, world.actor(world.secretary)) == []
    with pytest.raises(NotFound):
        access.get_row(session, world.actor(world.secretary), BusySource, source.id, to="change")


def test_a_claimed_calendar_is_left_alone_until_its_lease_runs_out(session: Session, world: World) -> None:
    add_url(session, world)
    first = claim_one(session)
    assert readings.claim_due(session, now=NOW + readings.LEASE - timedelta(seconds=1)) == []
    second = claim_one(session, NOW + readings.LEASE)
    store(session, first, span_of(date(2026, 11, 24)), now=LATER)
    source = session.get_one(BusySource, second.source_id)
    assert source.read_at is None, "the first worker came too late"
    store(session, second, now=LATER)
    assert source.read_at == LATER


def test_a_batch_is_bounded_and_the_longest_waiting_come_first(session: Session, world: World) -> None:
    sources = [add_url(session, world, NOW - timedelta(minutes=minute)) for minute in range(7)]
    claimed = [due.source_id for due in readings.claim_due(session, now=NOW)]
    assert claimed == [source.id for source in reversed(sources)][: readings.BATCH]


def test_two_workers_claim_different_calendars(database: Database) -> None:
    """Peer failure 36."""
    with database.transaction() as session:
        world = build_world(session)
        for _ in range(4):
            add_url(session, world)
    claimed: list[object] = []
    for _ in range(2):
        with database.transaction() as session:
            claimed += [due.source_id for due in readings.claim_due(session, now=NOW, limit=2)]
    assert len(set(claimed)) == 4


def test_a_reading_replaces_the_former_one_and_is_due_again_in_fifteen_minutes(
    session: Session, world: World
) -> None:
    source = add_url(session, world)
    store(session, claim_one(session), span_of(date(2026, 11, 24)))
    assert source.due_at == NOW + timedelta(minutes=15)
    busy = span_of(date(2026, 11, 26))
    store(session, claim_one(session, LATER), busy, now=LATER)
    assert spans_in(session, source) == [busy]
    assert (source.etag, source.last_modified) == (BOTH.etag, BOTH.last_modified)
    assert (source.known_from, source.known_until) == (
        LATER - timedelta(days=1),
        LATER + timedelta(days=399),
    )


def test_a_validator_that_does_not_fit_is_not_cut(session: Session, world: World) -> None:
    source = add_url(session, world)
    validators = Validators('"' + "x" * 300, "y" * 100)
    window = readings.known_window(NOW)
    readings.store_reading(session, claim_one(session), reading_of(), window, validators, now=NOW)
    assert (source.etag, source.last_modified) == (None, None)


def test_unchanged_makes_the_copy_fresh_again(session: Session, world: World) -> None:
    source = add_url(session, world)
    busy = span_of(date(2026, 11, 24))
    store(session, claim_one(session), busy)
    due = claim_one(session, LATER)
    assert due.validators == BOTH
    readings.store_unchanged(session, due, now=LATER)
    assert (source.read_at, spans_in(session, source)) == (LATER, [busy])


def test_after_a_week_of_unchanged_the_whole_calendar_is_asked_for(session: Session, world: World) -> None:
    add_url(session, world)
    store(session, claim_one(session))
    due = claim_one(session, NOW + timedelta(days=7, minutes=1))
    assert due.validators == Validators()


def test_a_failure_keeps_the_last_good_copy_and_says_why(session: Session, world: World) -> None:
    """Peer failure 31."""
    source = add_url(session, world)
    busy = span_of(date(2026, 11, 24))
    store(session, claim_one(session), busy)
    readings.store_failure(session, claim_one(session, LATER), msg("It is %(what)s.", what="down"), now=LATER)
    assert (source.read_at, source.last_error) == (NOW, "It is down.")
    assert service.state_of(source, LATER) is CalendarState.FAILING
    assert spans_in(session, source) == [busy]


def test_a_silent_calendar_never_reads_as_free(session: Session, world: World) -> None:
    """Peer failure 31."""
    source = add_url(session, world)
    free = span_of(date(2026, 11, 26))
    store(session, claim_one(session), span_of(date(2026, 11, 24)))
    assert state_at(session, world, free) is State.FREE
    silent = NOW + STALE_AFTER + timedelta(minutes=1)
    readings.store_failure(session, claim_one(session, silent), msg("It is down."), now=silent)
    assert service.state_of(source, silent) is CalendarState.SILENT
    assert state_at(session, world, free, silent) is State.UNKNOWN


def test_an_unreadable_first_time_is_unknown(session: Session, world: World) -> None:
    """Peer failure 31."""
    source = add_url(session, world)
    readings.store_failure(session, claim_one(session), msg("It is down."), now=NOW)
    assert service.state_of(source, NOW) is CalendarState.SILENT
    assert state_at(session, world, span_of(date(2026, 11, 26))) is State.UNKNOWN


def test_an_all_day_entry_is_busy_time(session: Session, world: World) -> None:
    """Peer failure 20."""
    lines = (
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN", "BEGIN:VEVENT", "UID:1"),
        *("DTSTAMP:20261101T000000Z", "DTSTART;VALUE=DATE:20261126", "SUMMARY:Holiday"),
        *("END:VEVENT", "END:VCALENDAR", ""),
    )
    reading = read_busy("\r\n".join(lines).encode(), readings.known_window(NOW), ZONE)
    actor = world.actor(world.neurologist)
    service.add_upload(session, actor, "File", reading, now=NOW, key=new_key())
    assert state_at(session, world, span_of(date(2026, 11, 26))) is State.BUSY


@given(st.integers(min_value=0, max_value=10_000))
def test_the_wait_grows_from_a_minute_to_six_hours(attempts: int) -> None:
    wait, longer = readings.retry_after(attempts), readings.retry_after(attempts + 1)
    assert timedelta(minutes=1) <= wait <= longer <= timedelta(hours=6)


def test_failures_in_a_row_wait_longer_and_a_success_starts_over(session: Session, world: World) -> None:
    source = add_url(session, world)
    now, waits = NOW, []
    for _ in range(3):
        readings.store_failure(session, claim_one(session, now), msg("It is down."), now=now)
        assert source.due_at is not None
        waits.append(source.due_at - now)
        now = source.due_at
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    store(session, claim_one(session, now), now=now)
    assert (source.attempts, source.last_error) == (0, None)


SECRET_KEY = "the secret key of the house, long enough"


def add_server(session: Session, world: World, password: str = "geheim") -> BusySource:
    new = service.Server(BusySourceKind.CALDAV, "Mine", URL, "anna", password)
    actor = world.actor(world.neurologist)
    return service.add_server(session, actor, new, secret_key=SECRET_KEY, now=NOW, key=new_key())


def test_a_password_is_kept_sealed_and_in_no_repr(session: Session, world: World) -> None:
    source = add_server(session, world)
    due = claim_one(session)
    assert due.sealed_password is not None
    assert sealed.unseal(due.sealed_password, secret_key=SECRET_KEY, row_id=source.id) == "geheim"
    assert due.sealed_password not in repr(due)
    assert "geheim" not in repr(service.Server(BusySourceKind.CALDAV, "Mine", URL, "anna", "geheim"))


def test_a_removed_server_leaves_neither_user_name_nor_password(session: Session, world: World) -> None:
    source = add_server(session, world)
    service.remove(session, world.actor(world.neurologist), source, now=NOW)
    assert (source.url, source.username, source.sealed_password) == (None, None, None)


def test_whoever_tries_the_old_password_settles_nothing_after_the_change(
    session: Session, world: World
) -> None:
    source = add_server(session, world)
    due = claim_one(session)
    actor = world.actor(world.neurologist)
    service.change_password(session, actor, source, "newer", secret_key=SECRET_KEY, now=LATER)
    readings.store_failure(session, due, msg("Too late."), now=LATER, is_login=True)
    assert (source.last_error, source.due_at) == (None, LATER)


def test_a_reading_that_speaks_of_a_part_is_unknown_outside_of_it(session: Session, world: World) -> None:
    """Peer failure 31."""
    source = add_url(session, world)
    due, window = claim_one(session), readings.known_window(NOW)
    week = Span(NOW, NOW + timedelta(days=7))
    reading = BusyReading((), None, (msg("One was left out."),), week)
    readings.store_reading(session, due, reading, window, BOTH, now=NOW)
    assert (source.known_from, source.known_until) == (week.starts_at, week.ends_at)
    assert source.last_note == "One was left out."
    assert state_at(session, world, span_of(date(2026, 11, 26))) is State.FREE
    assert state_at(session, world, span_of(date(2026, 12, 2))) is State.UNKNOWN
