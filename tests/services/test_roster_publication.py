"""Publishing a month: only the difference, never the past, and everybody sees it at once."""

from __future__ import annotations

import threading
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import AbsenceKind, DayClass, FeedPrivacy
from confsched.domain.rosters import duty_span
from confsched.errors import Conflict, NotFound, Refusal
from confsched.models.audit import AuditEvent
from confsched.models.claims import Claim
from confsched.models.duty_rosters import DutyRoster, DutyRulesRow, RosterEdition
from confsched.models.outbox import OutboxMessage
from confsched.models.rosters import Absence, Duty
from confsched.services import audit, duty_board, duty_codes, duty_rosters, feed_entries, feeds, rosters
from confsched.services.duty_codes import NewCode
from confsched.services.duty_rosters import Handed, MonthView
from confsched.services.roster_cells import find_roster
from confsched.services.who_is_on import who_is_on
from tests.support.rosters import DECEMBER, NIGHT, RosterWorld, build_department, publish_cells, type_cells
from tests.world import NOW, ZONE, World, book, local

LATER = NOW + timedelta(hours=1)
MUCH_LATER = NOW + timedelta(days=20)


@pytest.fixture
def rw(session: Session, world: World) -> RosterWorld:
    return build_department(session, world)


def _day(number: int) -> date:
    return DECEMBER.replace(day=number)


def _night(number: int) -> Span:
    return duty_span(_day(number), *NIGHT, ZONE)


def _roster(session: Session, rw: RosterWorld) -> DutyRoster:
    roster = find_roster(session, rw.department, DECEMBER)
    assert roster is not None
    return roster


def _month(
    session: Session, rw: RosterWorld, *, now: datetime = LATER, known_at: datetime | None = None
) -> MonthView:
    return duty_rosters.load_month(session, rw.actor, rw.department, DECEMBER, now=now, known_at=known_at)


def _texts(view: MonthView, name: str) -> dict[int, str]:
    row = next(row for row in view.rows if row.name.endswith(name))
    return {cell.day.day: cell.text for cell in row.cells if cell.text}


def _held(session: Session, rw: RosterWorld, code: str = "N") -> list[tuple[str, Span, str]]:
    query = select(Duty).where(Duty.line_id == rw.lines[code].id, Duty.superseded_at.is_(None))
    rows = session.scalars(query.order_by(Duty.starts_at))
    return [(row.person.family_name, Span(row.starts_at, row.ends_at), row.origin) for row in rows]


def _away(session: Session, name: str, rw: RosterWorld) -> list[tuple[AbsenceKind, Span]]:
    query = select(Absence).where(Absence.person_id == rw.person(name).id, Absence.withdrawn_at.is_(None))
    return [
        (row.kind, Span(row.starts_at, row.ends_at))
        for row in session.scalars(query.order_by(Absence.starts_at))
    ]


def test_a_published_night_is_on_the_board_in_the_same_transaction(session: Session, rw: RosterWorld) -> None:
    """Cover line 17: the night of the 31st runs into the next month and year."""
    done = publish_cells(session, rw, {("Voss", 31): "N", ("Kolb", 2): "N", ("Kolb", 3): "T"})

    assert (done.edition, len(done.changes)) == (1, 3)
    assert _held(session, rw) == [("Kolb", _night(2), "roster"), ("Voss", _night(31), "roster")]
    (on,) = who_is_on(session, local(date(2027, 1, 1), time(7, 59)), line_id=rw.lines["N"].id)
    assert on.name == "Dr. Kim Voss"
    assert _month(session, rw).changes == ()


def test_after_the_commit_the_board_the_search_and_the_feed_have_it(database: Database, world: World) -> None:
    with database.transaction() as session:
        rw = build_department(session, world)
        rw.lines["H"].makes_available, rw.lines["H"].service_id = True, world.service.id
        publish_cells(session, rw, {("Voss", 5): "H"})
    saturday = local(_day(5), time(10))
    with database.transaction() as session:
        voss = rw.person("Voss")
        (on,) = who_is_on(session, saturday, line_id=rw.lines["H"].id)
        assert on.person_id == voss.id
        board = duty_board.board(session, rw.actor, saturday, known_at=LATER)
        assert [row.holder.name for row in board.rows if row.line_id == rw.lines["H"].id and row.holder] == [
            "Dr. Kim Voss"
        ]
        booking = book(session, world, saturday, reply_by_on=_day(11))  # nobody else works on a Saturday
        assert _serving(booking) == {voss.id}
        feed, _ = feeds.create_feed(
            session, rw.actor_of("Voss"), "Phone", privacy=FeedPrivacy.KIND_AND_PLACE, now=LATER
        )
        entries = feed_entries.feed_entries(session, feed, now=LATER)
        assert any("Hintergrund" in str(entry) for entry in entries)


def test_colleagues_do_not_read_why_somebody_is_away(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "U", ("Kolb", 1): "T/F"})
    reader = rw.actor_of("Kolb")
    view = duty_rosters.load_month(session, reader, rw.department, DECEMBER, now=LATER)
    assert (_texts(view, "Voss"), _texts(view, "Kolb"), view.warnings) == ({1: "–"}, {1: "T/F"}, ())
    voss = next(row for row in view.rows if row.name.endswith("Voss"))
    assert (voss.cells[0].absence, voss.cells[0].published) == (None, "–")


def test_an_unchanged_draft_publishes_nothing(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    rows = len(session.scalars(select(Duty)).all())

    done = publish_cells(session, rw, {("Voss", 1): "N"}, now=LATER)

    assert (done.edition, done.changes, done.notified) == (1, (), 0)
    assert len(session.scalars(select(Duty)).all()) == rows
    assert _roster(session, rw).edition == 1


def test_two_people_change_places(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N", ("Kolb", 1): "R"})
    publish_cells(session, rw, {("Voss", 1): "R", ("Kolb", 1): "N"}, now=LATER)
    assert [name for name, *_ in _held(session, rw)] == ["Kolb"]
    assert [name for name, *_ in _held(session, rw, "R")] == ["Voss"]


def test_a_part_that_a_colleague_took_over_survives_a_publication(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N", ("Kolb", 2): "N"})
    late = Span(local(_day(1), time(22)), _night(1).ends_at)
    rosters.record_duties(
        *(session, rw.actor, rw.lines["N"], [(rw.person("Wendt"), late)]), now=LATER, origin="swap"
    )
    view = _month(session, rw)
    voss = next(row for row in view.rows if row.name.endswith("Voss"))
    assert str(voss.cells[0].part) == "Dr. Kim Wendt holds this duty from 22:00 to 08:00."

    publish_cells(session, rw, {("Kolb", 2): "", ("Rieger", 2): "N"}, now=LATER + timedelta(hours=1))
    publish_cells(session, rw, {("Voss", 1): "", ("Ahrend", 1): "N"}, now=LATER + timedelta(hours=2))

    early = Span(_night(1).starts_at, late.starts_at)
    assert [(name, span) for name, span, _ in _held(session, rw)] == [
        *(("Ahrend", early), ("Wendt", late), ("Rieger", _night(2))),
    ]


def test_what_is_left_of_a_duty_after_midnight_is_not_taken_for_the_next_day(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "H", ("Voss", 2): "H"})
    evening = Span(local(_day(1), time(20)), local(_day(2), time(1)))
    rosters.record_duties(
        *(session, rw.actor, rw.lines["H"], [(rw.person("Wendt"), evening)]), now=LATER, origin="swap"
    )

    publish_cells(session, rw, {("Voss", 2): "", ("Kolb", 2): "H"}, now=LATER + timedelta(hours=1))

    assert [(name, span) for name, span, _ in _held(session, rw, "H")] == [
        ("Voss", Span(local(_day(1), time(8)), evening.starts_at)),
        ("Wendt", evening),
        ("Voss", Span(evening.ends_at, local(_day(2), time(8)))),
        ("Kolb", Span(local(_day(2), time(8)), local(_day(3), time(8)))),
    ]


def test_duties_that_no_code_says_stay_untouched(session: Session, rw: RosterWorld) -> None:
    odd = duty_span(_day(9), time(10), time(12), ZONE)
    rosters.record_duties(
        *(session, None, rw.lines["N"], [(rw.person("Voss"), odd)]), now=NOW, origin="program"
    )
    publish_cells(session, rw, {("Voss", 9): "N"}, now=LATER)
    publish_cells(session, rw, {("Voss", 9): ""}, now=LATER + timedelta(hours=1))
    assert _held(session, rw) == [("Voss", odd, "program")]


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        ({("Voss", 1): "X"}, "The legend does not know X"),
        ({("Voss", 1): "N", ("Kolb", 1): "N"}, "2 cells cannot be published"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_as_a_whole(
    session: Session, rw: RosterWorld, plan: dict[tuple[str, int], str], sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        publish_cells(session, rw, {**plan, ("Wendt", 9): "R"})
    assert (_held(session, rw, "R"), _roster(session, rw).edition) == ([], 0)


def test_an_edition_somebody_published_meanwhile_is_not_overwritten(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    type_cells(session, rw, {("Voss", 2): "R"})
    with pytest.raises(Conflict, match="published edition 1 meanwhile"):
        duty_rosters.publish(session, rw.actor, _roster(session, rw), seen_edition=0, now=LATER)


def test_of_two_who_publish_at_once_one_wins(database: Database, world: World) -> None:
    with database.transaction() as session:
        rw = build_department(session, world)
        type_cells(session, rw, {("Voss", 1): "N"})
        roster_id = _roster(session, rw).id
    together, results = threading.Barrier(2), []

    def press() -> None:
        together.wait(timeout=20)
        try:
            with database.transaction() as session:
                roster = session.get_one(DutyRoster, roster_id)
                done = duty_rosters.publish(session, rw.actor, roster, seen_edition=0, now=LATER)
            results.append(f"edition {done.edition}")
        except Conflict:
            results.append("conflict")

    presses = [threading.Thread(target=press) for _ in range(2)]
    for one in presses:
        one.start()
    for one in presses:
        one.join(timeout=60)
    assert sorted(results) == ["conflict", "edition 1"]
    with database.read() as session:
        assert len(session.scalars(select(Duty)).all()) == 1


def test_a_former_edition_comes_back_as_a_new_one_and_no_typed_cell_is_lost(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N", ("Kolb", 2): "N"})
    publish_cells(session, rw, {("Voss", 1): "", ("Wendt", 1): "N"}, now=LATER)
    type_cells(session, rw, {("Wendt", 1): "R", ("Rieger", 4): "T"}, now=LATER)

    done = duty_rosters.restore(session, rw.actor, _roster(session, rw), 1, seen_edition=2, now=MUCH_LATER)

    assert (done.edition, len(done.changes)) == (3, 2)
    assert [name for name, *_ in _held(session, rw)] == ["Voss", "Kolb"]
    view = _month(session, rw, now=MUCH_LATER)
    assert (_texts(view, "Voss"), _texts(view, "Wendt"), _texts(view, "Rieger")) == (
        *({1: "N"}, {1: "R"}, {4: "T"}),
    )
    assert [(edition.number, edition.restores) for edition in view.editions] == [
        *((3, 1), (2, None), (1, None), (0, None)),
    ]


def test_the_first_publication_can_be_taken_back(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    duty_rosters.restore(session, rw.actor, _roster(session, rw), 0, seen_edition=1, now=LATER)
    assert (_held(session, rw), _texts(_month(session, rw), "Voss")) == ([], {})


def test_a_cell_that_stood_before_the_legend_changed_does_not_keep_others_from_being_published(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    weekend = NewCode("N", "Nacht", rw.lines["N"].id, hours={DayClass.SATURDAY: NIGHT})
    row = next(row for row in duty_codes.list_codes(session, rw.department) if row.code == "N")
    duty_codes.save_code(session, rw.actor, rw.department, weekend, now=NOW, code_id=row.id)

    assert publish_cells(session, rw, {("Kolb", 2): "R"}, now=LATER).edition == 2
    assert len(_month(session, rw).problems) == 1
    publish_cells(session, rw, {("Voss", 1): ""}, now=LATER + timedelta(hours=1))
    assert _held(session, rw) == []


def test_each_change_of_a_month_is_on_record(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N", ("Kolb", 1): "U"})
    duty_rosters.restore(session, rw.actor, _roster(session, rw), 0, seen_edition=1, now=LATER)
    audit.write_pending(session)
    query = select(AuditEvent).where(AuditEvent.object_id == _roster(session, rw).id)
    events = session.scalars(query.order_by(AuditEvent.number)).all()
    assert [(event.action, event.detail) for event in events] == [
        *(("edit_cells", "2 cells"), ("publish", "edition 1, 2 cells"), ("publish", "edition 2, 2 cells")),
    ]
    assert _away(session, "Kolb", rw) == []


def test_nobody_takes_back_an_edition_that_they_have_not_seen(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    publish_cells(session, rw, {("Kolb", 2): "N"}, now=LATER)
    with pytest.raises(Conflict, match="edition 2"):
        duty_rosters.restore(session, rw.actor, _roster(session, rw), 0, seen_edition=1, now=MUCH_LATER)
    assert [name for name, *_ in _held(session, rw)] == ["Voss", "Kolb"]


def test_an_edition_that_never_was_is_not_found(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    with pytest.raises(NotFound):
        duty_rosters.restore(session, rw.actor, _roster(session, rw), 7, seen_edition=1, now=LATER)


def test_the_month_as_known_then_is_the_edition_of_then(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    publish_cells(session, rw, {("Voss", 1): "", ("Kolb", 1): "N"}, now=MUCH_LATER)

    then = _month(session, rw, now=MUCH_LATER, known_at=LATER)

    assert (then.edition, then.may_edit, _texts(then, "Voss"), _texts(then, "Kolb")) == (
        *(1, False, {1: "N"}, {}),
    )
    assert then.changes == ()
    before = _month(session, rw, now=MUCH_LATER, known_at=NOW - timedelta(days=1))
    assert (before.edition, _texts(before, "Voss")) == (0, {})


def test_a_correction_of_the_past_leaves_what_was_known_then(session: Session, rw: RosterWorld) -> None:
    publish_cells(session, rw, {("Voss", 1): "N"})
    publish_cells(session, rw, {("Voss", 1): "", ("Kolb", 1): "N"}, now=MUCH_LATER)

    (then,) = who_is_on(session, local(_day(1), time(23)), line_id=rw.lines["N"].id)

    assert then.name == "Dr. Kim Voss"
    assert [name for name, *_ in _held(session, rw)] == ["Kolb"]


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 10, 24), 17), (date(2026, 3, 28), 15)])
def test_a_night_over_a_clock_change_lasts_what_it_lasts(
    session: Session, rw: RosterWorld, day: date, hours: int
) -> None:
    """Cover line 13: 16:00 to 08:00 is 17 h in October and 15 h in March, without a gap."""
    publish_cells(session, rw, {("Voss", day.day): "N"}, month=day.replace(day=1))
    ((_, span, _),) = _held(session, rw)
    assert span.duration == timedelta(hours=hours)


def test_leave_is_an_absence_of_that_day_once_and_goes_with_its_code(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "U", ("Voss", 2): "U"})
    publish_cells(session, rw, {("Voss", 3): "T"}, now=LATER)
    first = Span(local(_day(1), time()), local(_day(2), time()))
    assert _away(session, "Voss", rw)[0] == (AbsenceKind.LEAVE, first)
    assert len(_away(session, "Voss", rw)) == 2

    publish_cells(session, rw, {("Voss", 2): ""}, now=LATER + timedelta(hours=1))
    publish_cells(session, rw, {("Voss", 1): "F"}, now=LATER + timedelta(hours=2))

    assert _away(session, "Voss", rw) == [(AbsenceKind.TRAINING, first)]


def test_an_absence_entered_elsewhere_is_neither_doubled_nor_withdrawn(
    session: Session, rw: RosterWorld
) -> None:
    day = Span(local(_day(1), time()), local(_day(2), time()))
    rosters.record_absence(session, None, rw.person("Voss"), day, kind=AbsenceKind.SICK, now=NOW)
    publish_cells(session, rw, {("Voss", 1): "U"}, now=LATER)
    publish_cells(session, rw, {("Voss", 1): ""}, now=LATER + timedelta(hours=1))
    assert _away(session, "Voss", rw) == [(AbsenceKind.SICK, day)]


def test_changes_inside_the_notice_period_are_told_in_one_mail_a_person(
    session: Session, rw: RosterWorld
) -> None:
    """NOW is 23 November and the period 14 days: 6 December lies inside, 7 December does not."""
    done = publish_cells(session, rw, {("Voss", 5): "N", ("Voss", 6): "R", ("Kolb", 7): "N"})

    (mail,) = session.scalars(select(OutboxMessage)).all()
    assert (done.notified, mail.kind, mail.recipient_id) == (1, Kind.ROSTER_CHANGE, rw.person("Voss").id)
    assert len(mail.snapshot["lines"]) == 2
    assert mail.snapshot["path"] == f"/rosters/{rw.department.id}/2026-12"


def test_the_house_sets_the_notice_period(session: Session, rw: RosterWorld) -> None:
    session.add(DutyRulesRow(organisation_id=rw.department.site.organisation_id, notice_days=0))
    assert publish_cells(session, rw, {("Voss", 1): "N"}).notified == 0


def test_a_meeting_that_leave_breaks_is_named_to_who_publishes(
    session: Session, rw: RosterWorld, world: World
) -> None:
    booking = book(session, world, local(_day(2), time(10)))
    part = next(one for one in booking.participations if one.person_id != world.requester.id)

    done = publish_cells(session, rw, {(part.person.family_name, 2): "U"}, now=LATER)

    assert [meeting.booking_id for meeting in done.meetings] == [booking.id]
    claims = session.scalars(select(Claim).where(Claim.subject_id == part.person_id)).all()
    assert sorted(claim.blocking for claim in claims) == [False, True, True, True]


def test_a_meeting_booked_through_the_line_follows_who_holds_it_now(
    session: Session, rw: RosterWorld, world: World
) -> None:
    rw.lines["H"].makes_available, rw.lines["H"].service_id = True, world.service.id
    publish_cells(session, rw, {("Okafor", 2): "H", ("Brandt", 2): "U"})
    booking = book(session, world, local(_day(2), time(10)))
    assert _serving(booking) == {world.neurologist.id}

    done = publish_cells(session, rw, {("Okafor", 2): "", ("Voss", 2): "H"}, now=LATER)

    assert (done.meetings, _serving(booking)) == ((), {rw.person("Voss").id})


def _serving(booking: object) -> set[object]:
    parts = getattr(booking, "participations")  # noqa: B009
    return {part.person_id for part in parts if part.removed_at is None and part.serves != "requester"}


def test_a_whole_duty_that_changes_hands_moves_its_code_in_every_state_of_the_month(
    session: Session, rw: RosterWorld
) -> None:
    publish_cells(session, rw, {("Voss", 1): "N/T", ("Kolb", 2): "N"})
    type_cells(session, rw, {("Rieger", 9): "T"})
    voss, wendt = rw.person("Voss"), rw.person("Wendt")
    handed = [Handed(rw.lines["N"], _night(1), voss.id, wendt.id)]

    duty_rosters.follow_swaps(session, rw.actor, handed, now=LATER)
    rosters.record_duties(session, rw.actor, rw.lines["N"], [(wendt, _night(1))], now=LATER, origin="swap")

    view = _month(session, rw)
    assert (view.edition, _texts(view, "Voss"), _texts(view, "Wendt")) == (2, {1: "T"}, {1: "N"})
    assert [change.after for change in view.changes] == ["T"]
    assert all(cell.part is None for row in view.rows for cell in row.cells)


def test_a_part_with_the_hours_of_another_code_keeps_the_cells(session: Session, rw: RosterWorld) -> None:
    late = NewCode("S", "Spät", rw.lines["N"].id, hours=dict.fromkeys(DayClass, (time(22), NIGHT[1])))
    duty_codes.save_code(session, rw.actor, rw.department, late, now=NOW)
    publish_cells(session, rw, {("Voss", 1): "N"})
    part = Span(local(_day(1), time(22)), _night(1).ends_at)
    handed = Handed(rw.lines["N"], part, rw.person("Voss").id, rw.person("Kolb").id)

    duty_rosters.follow_swaps(session, rw.actor, [handed], now=LATER)

    view = _month(session, rw)
    assert (_texts(view, "Voss"), _texts(view, "Kolb"), view.problems) == ({1: "N"}, {}, ())


def test_a_part_and_a_month_never_published_keep_their_cells(session: Session, rw: RosterWorld) -> None:
    voss, wendt = rw.person("Voss").id, rw.person("Wendt").id
    duty_rosters.follow_swaps(session, rw.actor, [Handed(rw.lines["N"], _night(1), voss, wendt)], now=LATER)
    publish_cells(session, rw, {("Voss", 1): "N"})
    part = Span(local(_day(1), time(22)), _night(1).ends_at)
    duty_rosters.follow_swaps(session, rw.actor, [Handed(rw.lines["N"], part, voss, wendt)], now=LATER)
    assert (_month(session, rw).edition, _texts(_month(session, rw), "Voss")) == (1, {1: "N"})
    assert len(session.scalars(select(RosterEdition)).all()) == 2
