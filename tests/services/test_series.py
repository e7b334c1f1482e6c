"""Series on record: looked at first, booked whole or not at all, changed without losing a date."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, func, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.db import Database
from confsched.domain.kinds import AbsenceKind, CaseState, ConferenceState, HolidayRule
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Forbidden, Refusal
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.network import Site
from confsched.models.outbox import OutboxMessage
from confsched.models.rosters import Absence, Duty
from confsched.models.series import ConferenceSeries
from confsched.services import boards, cases, series, series_changes, series_one_date, series_weekdays
from confsched.services.case_checks import CaseDraft
from confsched.services.claims import Taken
from confsched.services.findings import Unfit
from confsched.services.series import Decision, NotAllFree
from confsched.services.series_drafts import Required, SeriesDraft, draft_of
from confsched.services.series_layouts import list_dates
from tests.world import NEUROLOGY, NOW, ZONE, World, book, local

THURSDAYS = "FREQ=WEEKLY;BYDAY=TH;WKST=MO"
FIRST, LAST = date(2026, 11, 26), date(2026, 12, 31)
AFTER_THREE = datetime(2026, 12, 11, 8, tzinfo=NOW.tzinfo)


def draft(world: World, **changes: Any) -> SeriesDraft:
    base = SeriesDraft(
        "Tumour board",
        THURSDAYS,
        FIRST,
        LAST,
        time(15),
        45,
        world.neurologist.id,
        deputy_id=world.second_neurologist.id,
        member_ids=(world.requester.id,),
        required=(Required(NEUROLOGY, 1, specialists_only=True),),
        partner_site_ids=(world.spoke.id,),
    )
    return replace(base, **changes)


def secretary(world: World) -> Actor:
    return world.actor(world.secretary)


def made(session: Session, world: World, **changes: Any) -> ConferenceSeries:
    key = uuid.uuid4().hex
    return series.create(session, secretary(world), draft(world, **changes), now=NOW, key=key)


def local_starts(session: Session, row: ConferenceSeries) -> list[tuple[date, time]]:
    """Return when the dates are held that stand, by the clock on the wall."""
    held = [one for one in list_dates(session, row) if one.state is not ConferenceState.CANCELLED]
    starts = [clock.to_local(one.booking.starts_at, ZONE) for one in held if one.booking]
    return [(at.date(), at.time()) for at in starts]


def states(session: Session, row: ConferenceSeries) -> list[ConferenceState]:
    return [one.state for one in list_dates(session, row)]


def count(session: Session, model: type[Any], *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*where)) or 0


# ---- looked at ----


@pytest.mark.parametrize(
    ("state", "day", "name"),
    [
        ("DE-ST", date(2027, 1, 6), "Heilige Drei Könige"),
        ("DE-NI", date(2027, 1, 6), ""),
        ("DE-NI", date(2028, 10, 31), "Reformationstag"),
        ("DE-HE", date(2028, 10, 31), ""),
    ],
)
def test_the_holidays_are_those_of_the_host(
    session: Session, world: World, state: str, day: date, name: str
) -> None:
    session.get_one(Site, world.hub.id).state = state
    session.flush()
    weekday = ("MO", "TU", "WE")[day.weekday()]
    wanted = draft(world, rule=f"FREQ=WEEKLY;BYDAY={weekday};WKST=MO", first_on=day, until_on=day)
    (found,) = series.preview(session, secretary(world), wanted, now=NOW)
    assert (found.date.holiday, found.date.span is None) == (name, bool(name))


@pytest.mark.parametrize(
    ("rule", "held_on"),
    [
        (HolidayRule.SKIP, None),
        (HolidayRule.MOVE, date(2026, 12, 28)),
        (HolidayRule.KEEP, date(2026, 12, 25)),
    ],
)
def test_a_holiday_is_skipped_moved_or_kept(
    session: Session, world: World, rule: HolidayRule, held_on: date | None
) -> None:
    wanted = draft(world, rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR;WKST=MO", first_on=date(2026, 12, 25))
    found = series.preview(session, secretary(world), replace(wanted, holiday_rule=rule), now=NOW)
    assert [(one.date.held_on, one.date.holiday) for one in found] == [(held_on, "Erster Weihnachtstag")]


def test_the_preview_names_who_is_away_on_duty_resting_or_booked_and_the_room(
    session: Session, world: World
) -> None:
    add_absence(session, world, FIRST)
    night = {"day": date(2026, 12, 2), "origin": "plan", "recorded_at": NOW}
    starts_at, ends_at = local(date(2026, 12, 2), time(16)), local(date(2026, 12, 3), time(15, 30))
    session.add(
        Duty(
            line_id=world.line.id,
            person_id=world.second_neurologist.id,
            starts_at=starts_at,
            ends_at=ends_at,
            **night,
        )
    )
    made(
        session,
        world,
        title="Other board",
        first_on=date(2026, 12, 10),
        until_on=date(2026, 12, 10),
        chair_id=world.second_requester.id,
        deputy_id=None,
        member_ids=(),
        resource_id=world.room.id,
    )
    wanted = draft(world, resource_id=world.room.id)
    found = series.preview(session, secretary(world), wanted, now=NOW)
    taken = [{one.name: str(one.words) for one in each.taken} for each in found]
    assert taken[0] == {world.neurologist.name: "absent"}
    assert taken[1] == {world.second_neurologist.name: "on duty"}
    assert taken[2] == {world.room.name: "booked: Other board"}
    assert taken[3] == {}


def add_absence(session: Session, world: World, day: date) -> None:
    span = {"starts_at": local(day, time(0)), "ends_at": local(day + timedelta(days=1), time(0))}
    person_id = world.neurologist.id
    session.add(Absence(person_id=person_id, kind=AbsenceKind.LEAVE, recorded_at=NOW, **span))
    session.flush()


def test_of_another_house_the_preview_says_no_more_than_busy(session: Session, world: World) -> None:
    made(session, world, until_on=FIRST)
    actor = world.actor(world.coordinator)
    stranger = draft(world, chair_id=world.requester.id, deputy_id=None, member_ids=(), until_on=FIRST)
    (found,) = series.preview(session, actor, stranger, now=NOW)
    assert [str(one.words) for one in found.taken] == ["booked: Tumour board"]
    booking = session.scalars(select(Booking)).one()
    booking.organisation_id = world.spoke.organisation_id
    session.flush()
    (found,) = series.preview(session, actor, stranger, now=NOW)
    assert [str(one.words) for one in found.taken] == ["busy"]


def test_the_dates_cost_as_many_queries_for_two_years_as_for_one_day(
    session: Session, world: World, statements: list[str]
) -> None:
    counts = []
    series.preview(session, secretary(world), draft(world), now=NOW)  # what is loaded once
    for until_on in (FIRST, date(2028, 11, 23)):
        statements.clear()
        series.preview(session, secretary(world), draft(world, until_on=until_on), now=NOW)
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.fixture
def statements(database: Database) -> Any:
    seen: list[str] = []

    def note(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


# ---- made ----


def test_every_date_is_a_conference_with_its_booking_its_people_and_their_time(
    session: Session, world: World
) -> None:
    row = made(session, world, resource_id=world.room.id)
    dates = list_dates(session, row)
    assert [one.state for one in dates] == [ConferenceState.REGISTRATION_OPEN] * 6
    assert local_starts(session, row) == [(FIRST + timedelta(weeks=n), time(15)) for n in range(6)]
    for one in dates:
        assert one.booking is not None
        assert (one.booking.series_id, one.booking.recurrence_at) == (row.id, one.occurs_at)
        assert {p.person_id for p in one.booking.participations} == {p.person_id for p in row.members}
        assert all(p.is_of_series for p in one.booking.participations)
        assert [(r.discipline, r.count, r.specialists_only) for r in one.requirements] == [
            (NEUROLOGY, 1, True)
        ]
        assert count(session, Claim, Claim.booking_id == one.booking.id, Claim.blocking.is_(True)) == 4
    assert count(session, OutboxMessage) == 3
    assert (row.first_on, row.capacity_minutes) == (FIRST, 45)


def test_a_skipped_holiday_keeps_a_row_without_a_booking(session: Session, world: World) -> None:
    row = made(session, world, rule="FREQ=WEEKLY;BYDAY=FR;WKST=MO", first_on=date(2026, 12, 18))
    assert [(one.state, one.booking is None) for one in list_dates(session, row)] == [
        (ConferenceState.REGISTRATION_OPEN, False),
        (ConferenceState.CANCELLED, True),
    ]
    assert list_dates(session, row)[1].steps[0].reason == "Erster Weihnachtstag"


@pytest.mark.parametrize("day", [date(2027, 3, 25), date(2027, 10, 28)])
def test_the_local_time_stays_over_both_clock_changes(session: Session, world: World, day: date) -> None:
    """Lines 18 and 19 of the failures of others: another day in the app, an hour off after the change."""
    row = made(session, world, first_on=day, until_on=day + timedelta(weeks=1))
    assert local_starts(session, row) == [(day + timedelta(weeks=n), time(15)) for n in range(2)]
    first, second = list_dates(session, row)
    assert first.occurs_at and second.occurs_at
    assert abs((second.occurs_at - first.occurs_at) - timedelta(weeks=1)) == timedelta(hours=1)


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_an_hour_that_a_clock_change_skips_or_doubles_is_refused(
    session: Session, world: World, day: date
) -> None:
    night = draft(
        world,
        rule="FREQ=WEEKLY;BYDAY=SU;WKST=MO",
        first_on=day,
        until_on=day,
        starts_at_local=time(2, 30),
        holiday_rule=HolidayRule.KEEP,
    )
    (found,) = series.preview(session, secretary(world), night, now=NOW)
    assert not found.date.is_real
    with pytest.raises(Refusal) as refused:
        series.create(session, secretary(world), night, now=NOW, key="night")
    assert refused.value.field == "starts_at_local"


def test_everything_that_is_wrong_is_found_at_once(session: Session, world: World) -> None:
    wrong = draft(
        world,
        title="",
        rule="FREQ=HOURLY",
        chair_id=None,
        duration_minutes=1,
        cutoff_minutes=-1,
        starts_at_local=None,
        required=(Required("alchemy"), Required(NEUROLOGY, 0)),
        resource_id=uuid.uuid4(),
    )
    with pytest.raises(Unfit) as unfit:
        series.create(session, secretary(world), wrong, now=NOW, key="wrong")
    assert [problem.field for problem in unfit.value.problems] == [
        *("title", "duration_minutes", "resource_id", "chair_id", "required-0", "required-1"),
        *("cutoff_minutes", "pattern", "starts_at_local"),
    ]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;WKST=MO", "until_on": date(2028, 11, 23)}, "until_on"),
        ({"rule": "FREQ=MONTHLY;BYDAY=1MO", "until_on": date(2026, 12, 1)}, "until_on"),
        ({"first_on": date(2026, 11, 19)}, "first_on"),
    ],
)
def test_too_many_dates_none_at_all_and_a_past_one_are_refused(
    session: Session, world: World, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        made(session, world, **changes)
    assert refused.value.field == field


def test_only_who_runs_conferences_makes_a_series(session: Session, world: World) -> None:
    with pytest.raises(Forbidden):
        series.create(session, world.actor(world.requester), draft(world), now=NOW, key="mine")


def test_who_is_taken_needs_a_decision_and_is_left_out_on_that_date_only(
    session: Session, world: World
) -> None:
    made(session, world, title="Other board", until_on=FIRST, deputy_id=None, member_ids=())
    with pytest.raises(NotAllFree):
        made(session, world)
    row = series.create(session, secretary(world), draft(world), now=NOW, key="out", leave_out=True)
    invited = [
        world.neurologist.id in {p.person_id for p in one.booking.participations}
        for one in list_dates(session, row)
        if one.booking
    ]
    assert invited == [False, *[True] * 5]


def test_a_conflict_is_overruled_with_a_reason_that_both_sides_see(session: Session, world: World) -> None:
    """Line 10 of the failures of others: staff cannot override a conflict knowingly."""
    made(session, world, title="Other board", until_on=FIRST, deputy_id=None, member_ids=())
    row = series.create(
        session, secretary(world), draft(world), now=NOW, key="over", override_reason="Both are needed"
    )
    first = list_dates(session, row)[0].booking
    assert first is not None
    loose = session.scalars(select(Claim).where(Claim.blocking.is_(False))).one()
    assert (loose.booking_id, loose.override_reason) == (first.id, "Both are needed")
    with pytest.raises(Refusal) as refused:
        actor = world.actor(world.coordinator)
        series.create(session, actor, draft(world), now=NOW, key="co", override_reason="I say so")
    assert refused.value.field == "override_reason"


@pytest.mark.parametrize("same_key", [True, False])
def test_of_two_series_at_once_one_is_booked_whole_and_nothing_of_the_other(
    database: Database, world: World, same_key: bool
) -> None:
    """Lines 4 and 11 of the failures of others: series creation races a limit; a retried POST books twice."""
    barrier, outcomes = threading.Barrier(2), []

    def press(number: int) -> None:
        barrier.wait()
        try:
            with database.transaction() as session:
                key = "same" if same_key else f"key-{number}"
                row = series.create(session, secretary(world), draft(world), now=NOW, key=key)
                outcomes.append(str(row.id))
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=press, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(outcomes)) == (1 if same_key else 2)
    with database.read() as session:
        assert count(session, ConferenceSeries) == 1
        assert count(session, Booking) == 6
        assert count(session, Claim) == 18


# ---- changed ----


def test_a_new_member_and_a_new_title_change_every_date_to_come_in_place(
    session: Session, world: World
) -> None:
    row = made(session, world)
    before = [one.id for one in list_dates(session, row)]
    changed = replace(draft_of(row), title="Thorax", member_ids=(world.second_requester.id,))
    assert series_changes.change_all(session, secretary(world), row, changed, now=AFTER_THREE) is row
    dates = list_dates(session, row)
    assert [one.id for one in dates] == before
    people = [
        {p.person_id for p in one.booking.participations if p.removed_at is None}
        for one in dates
        if one.booking
    ]
    assert [world.second_requester.id in one for one in people] == [False] * 3 + [True] * 3
    assert [world.requester.id in one for one in people] == [True] * 3 + [False] * 3
    assert [one.title for one in dates] == ["Tumour board"] * 3 + ["Thorax"] * 3
    assert count(session, Claim, Claim.subject_id == world.requester.id) == 3


def test_what_was_moved_and_called_off_by_hand_stays_so(session: Session, world: World) -> None:
    row = made(session, world)
    moved, off = list_dates(session, row)[1:3]
    assert moved.booking
    series_one_date.move_date(
        session, secretary(world), moved, moved.booking.starts_at + timedelta(hours=20), now=NOW
    )
    series_one_date.cancel_date(session, secretary(world), off, now=NOW)
    series_changes.change_all(session, secretary(world), row, replace(draft_of(row), title="Thorax"), now=NOW)
    assert local_starts(session, row)[1] == (date(2026, 12, 4), time(11))
    assert states(session, row).count(ConferenceState.CANCELLED) == 1


def test_another_time_before_the_first_date_moves_all_of_them_in_place(
    session: Session, world: World
) -> None:
    row = made(session, world)
    changed = replace(
        draft_of(row), rule="FREQ=WEEKLY;BYDAY=WE;WKST=MO", starts_at_local=time(14), first_on=FIRST
    )
    assert series_changes.change_all(session, secretary(world), row, changed, now=NOW) is row
    starts = local_starts(session, row)
    assert starts == [(date(2026, 12, 2) + timedelta(weeks=n), time(14)) for n in range(5)]
    assert states(session, row).count(ConferenceState.CANCELLED) == 1  # no Wednesday of its week is left


def test_another_rule_after_dates_have_begun_makes_a_new_series(session: Session, world: World) -> None:
    row = made(session, world)
    ids = [one.id for one in list_dates(session, row)]
    changed = replace(draft_of(row), rule="FREQ=WEEKLY;BYDAY=WE;WKST=MO")
    new = series_changes.change_all(session, secretary(world), row, changed, now=AFTER_THREE)
    assert (new.former_id, new.uid == row.uid) == (row.id, False)
    assert [one.id for one in list_dates(session, row)] == ids[:3]
    assert [one.id for one in list_dates(session, new)] == ids[3:]
    assert row.until_on < new.first_on == date(2026, 12, 16)
    assert all(one.booking.series_id == new.id for one in list_dates(session, new) if one.booking)


def test_this_and_following_hand_over_the_dates_with_their_rows_and_keep_what_is_off(
    session: Session, world: World
) -> None:
    row = made(session, world)
    dates = list_dates(session, row)
    series_one_date.cancel_date(session, secretary(world), dates[4], now=NOW)
    changed = replace(draft_of(row), duration_minutes=60)
    new = series_changes.change_following(session, secretary(world), dates[3], changed, now=NOW)
    assert row.until_on == date(2026, 12, 16)
    assert [one.booking is None for one in list_dates(session, new)] == [False, True, False]
    assert list_dates(session, new)[0].id == dates[3].id
    lengths = {one.booking.ends_at - one.booking.starts_at for one in list_dates(session, new) if one.booking}
    assert lengths == {timedelta(hours=1)}
    with pytest.raises(Conflict):
        series_changes.change_following(session, secretary(world), dates[4], changed, now=NOW)


def test_a_change_that_meets_a_conflict_changes_nothing(database: Database, world: World) -> None:
    with database.transaction() as session:
        row_id = made(session, world).id
        book(session, world, local(date(2026, 12, 3), time(14)))
    with pytest.raises(NotAllFree), database.transaction() as session:
        row = session.get_one(ConferenceSeries, row_id)
        changed = replace(draft_of(row), starts_at_local=time(14))
        series_changes.change_all(session, secretary(world), row, changed, now=NOW)
    with database.transaction() as session:
        row = session.get_one(ConferenceSeries, row_id)
        assert {at for _, at in local_starts(session, row)} == {time(15)}
        series_changes.change_all(
            session, secretary(world), row, changed, now=NOW, decision=Decision(leave_out=True)
        )
        assert {at for _, at in local_starts(session, row)} == {time(14)}


def test_a_series_is_prolonged_and_shortened(session: Session, world: World) -> None:
    row = made(session, world)
    series_changes.prolong(session, secretary(world), row, date(2027, 1, 14), now=NOW)
    assert len(states(session, row)) == 8
    series_changes.prolong(session, secretary(world), row, date(2027, 1, 14), now=NOW)
    shorter = replace(draft_of(row), until_on=date(2026, 12, 24))
    series_changes.change_all(session, secretary(world), row, shorter, now=NOW)
    assert states(session, row) == [ConferenceState.REGISTRATION_OPEN] * 5 + [ConferenceState.CANCELLED] * 3
    with pytest.raises(Refusal) as refused:
        series_changes.prolong(session, secretary(world), row, date(2029, 1, 1), now=NOW)
    assert refused.value.field == "until_on"


def test_a_skipped_holiday_takes_place_once_the_rule_says_so(session: Session, world: World) -> None:
    row = made(session, world, rule="FREQ=WEEKLY;BYDAY=FR;WKST=MO", first_on=date(2026, 12, 18))
    kept = replace(draft_of(row), holiday_rule=HolidayRule.KEEP)
    series_changes.change_all(session, secretary(world), row, kept, now=NOW)
    assert states(session, row) == [ConferenceState.REGISTRATION_OPEN] * 2


# ---- one date ----


def test_a_date_that_passes_its_neighbour_leaves_the_series(session: Session, world: World) -> None:
    row = made(session, world)
    near, far = list_dates(session, row)[1:3]
    for one, days in ((near, 1), (far, 8)):
        assert one.booking
        starts_at = one.booking.starts_at + timedelta(days=days)
        series_one_date.move_date(session, secretary(world), one, starts_at, now=NOW)
    assert near.booking and far.booking
    assert near.booking.recurrence_at == near.occurs_at
    assert (far.booking.series_id, far.booking.recurrence_at) == (None, None)
    assert far.series_id == row.id


def test_a_date_moves_only_where_its_people_are_free_or_overruled(session: Session, world: World) -> None:
    row = made(session, world)
    at = local(date(2026, 11, 27), time(9))
    book(session, world, at)
    (first, *_rest) = list_dates(session, row)
    with pytest.raises(Taken), session.begin_nested():
        series_one_date.move_date(session, secretary(world), first, at, now=NOW)
    session.expire_all()
    series_one_date.move_date(
        session, secretary(world), first, at, now=NOW, override_reason="Urgent", reason="The room is closed"
    )
    assert count(session, Claim, Claim.blocking.is_(False)) >= 1
    with pytest.raises(Refusal):
        series_one_date.move_date(session, secretary(world), first, NOW - timedelta(days=1), now=NOW)


def test_a_date_that_is_called_off_gives_its_time_back(session: Session, world: World) -> None:
    """Line 5 of the failures of others: cancel, then the freed slot cannot be booked again."""
    row = made(session, world)
    first, second, *_rest = list_dates(session, row)
    for _time in range(2):
        series_one_date.cancel_date(session, secretary(world), first, now=NOW, reason="Strike")
    assert first.state is ConferenceState.CANCELLED
    assert second.state is ConferenceState.REGISTRATION_OPEN
    assert book(session, world, local(FIRST, time(15))).starts_at == first.occurs_at
    with pytest.raises(Conflict):
        series_one_date.move_date(session, secretary(world), first, NOW + timedelta(days=1), now=NOW)


def test_a_series_is_called_off_from_now_on(session: Session, world: World) -> None:
    row = made(session, world)
    moved = list_dates(session, row)[4]
    assert moved.booking
    series_one_date.move_date(
        session, secretary(world), moved, moved.booking.starts_at + timedelta(days=9), now=NOW
    )
    session.execute(delete(OutboxMessage))
    for _time in range(2):
        series_changes.cancel_series(session, secretary(world), row, now=AFTER_THREE, reason="Closed")
    assert states(session, row) == [ConferenceState.REGISTRATION_OPEN] * 3 + [ConferenceState.CANCELLED] * 3
    assert count(session, Claim, Claim.starts_at > AFTER_THREE) == 0
    assert count(session, OutboxMessage) == 6  # the series, and the date that had left it, to each of three
    with pytest.raises(Conflict):
        series_changes.change_all(session, secretary(world), row, draft_of(row), now=AFTER_THREE)


def test_a_conference_that_stands_alone_has_no_series_to_change(session: Session, world: World) -> None:
    made(session, world)
    alone = session.scalars(select(Conference)).first()
    assert alone
    alone.series_id = None
    session.flush()
    session.expire(alone)
    with pytest.raises(Conflict):
        series_one_date.cancel_date(session, secretary(world), alone, now=NOW)


# ---- cases ----


def add_case(session: Session, world: World, row: Conference, case_ref: str = "FK-7Q2M") -> None:
    actor = world.actor(world.requester)
    board = boards.get_open(session, actor, row.id)
    typed = CaseDraft(case_ref, "Is a resection sensible?", (NEUROLOGY,), 10)
    cases.register(session, actor, board, typed, now=NOW, key=uuid.uuid4().hex)


def dates_of_cases(session: Session) -> list[tuple[date, CaseState]]:
    found = session.scalars(select(CaseItem).order_by(CaseItem.registered_at, CaseItem.state))
    return [
        (clock.local_day(one.conference.booking.starts_at, ZONE), one.state)
        for one in found
        if one.conference.booking
    ]


def test_the_cases_of_a_date_that_is_called_off_go_on_to_the_next_one(session: Session, world: World) -> None:
    row = made(session, world)
    first = list_dates(session, row)[0]
    add_case(session, world, first)
    series_one_date.cancel_date(session, secretary(world), first, now=NOW)
    assert dict(dates_of_cases(session)) == {
        FIRST: CaseState.DEFERRED,
        FIRST + timedelta(weeks=1): CaseState.SUBMITTED,
    }


def test_cases_stay_with_their_dates_when_a_new_series_takes_them_over(
    session: Session, world: World
) -> None:
    row = made(session, world)
    dates = list_dates(session, row)
    for one, case_ref in zip(dates[3:5], ("FK-2AB3", "FK-4CD5"), strict=True):
        add_case(session, world, one, case_ref)
    every_second = replace(draft_of(row), rule="FREQ=WEEKLY;INTERVAL=2;BYDAY=WE;WKST=MO")
    new = series_changes.change_following(session, secretary(world), dates[3], every_second, now=NOW)
    assert dates_of_cases(session) == [
        (date(2026, 12, 24), CaseState.DEFERRED),
        (date(2026, 12, 16), CaseState.SUBMITTED),
        (date(2026, 12, 30), CaseState.SUBMITTED),
    ]
    assert new.former_id == row.id


# ---- the best weekday ----


def test_the_best_weekday_is_one_on_which_nobody_has_a_board_already(session: Session, world: World) -> None:
    made(
        session,
        world,
        rule="FREQ=WEEKLY;BYDAY=MO,TU,WE,TH;WKST=MO",
        starts_at_local=time(8),
        duration_minutes=470,
    )
    found = series_weekdays.propose(
        session,
        secretary(world),
        people=(world.neurologist.id,),
        required=(Required(NEUROLOGY),),
        minutes=60,
        now=NOW,
    )
    assert found[0].weekday == 4
    assert str(found[0].reason).startswith("Everybody is free in ")
    with pytest.raises(Refusal):
        series_weekdays.propose(session, secretary(world), people=(), required=(), minutes=60, now=NOW)
