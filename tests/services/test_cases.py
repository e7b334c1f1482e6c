"""Cases on both databases: registered, triaged, let in late, put off with seniority; who may, who is told."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.kinds import (
    CaseLane,
    CaseState,
    CaseTriage,
    ConferenceKind,
    ConferenceState,
    Lamp,
    LateRule,
    Partstat,
)
from confsched.errors import Conflict, NotFound, Refusal
from confsched.mail.compose import preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.outbox import OutboxMessage
from confsched.services import boards, case_lists, cases
from confsched.services.boards import Window
from confsched.services.case_lists import Show
from confsched.services.findings import Unfit
from confsched.services.tasks import TaskKind
from tests.support.cases import (
    PATHOLOGY,
    add_board,
    add_dates,
    add_series,
    add_specialist,
    draft,
    register,
)
from tests.support.outbox import all_messages
from tests.world import NEUROLOGY, NOW, World, local

HOUSE = House("https://planung.example", "planung@haus.example")
LATE = local(date(2026, 11, 25), time(15))


@pytest.fixture
def dates(session: Session, world: World) -> list[Conference]:
    """Give three weekly dates of the hub that are open to the spoke."""
    return add_dates(session, world, 3)


def _told(session: Session) -> list[OutboxMessage]:
    return [one for one in all_messages(session) if one.kind is Kind.CASE_NEWS]


def _words(message: OutboxMessage) -> str:
    mail = preview(envelope_of(message, HOUSE))
    return f"{mail.subject}\n{mail.text}"


def _refusals(session: Session, world: World, conference: Conference, **other: Any) -> list[str]:
    with pytest.raises(Unfit) as refused:
        register(session, world, conference, **other)
    return [problem.field for problem in refused.value.problems]


def test_a_case_is_registered_once_however_often_it_is_sent(
    session: Session, world: World, dates: list[Conference]
) -> None:
    """Cover line 11: the retried POST leads to the first case."""
    case = register(session, world, dates[0], case_ref=" fk-5kr8 ")
    assert register(session, world, dates[0], case_ref="FK-9999") is case
    assert (case.case_ref, case.state, case.lane) == ("FK-5KR8", CaseState.SUBMITTED, CaseLane.DISCUSSION)
    assert (case.site_id, case.presenter_id) == (world.spoke.id, world.requester.id)
    assert (case.pathology, case.needs_pathology) == (Lamp.NOT_NEEDED, False)
    assert [step.state for step in case.steps] == [CaseState.SUBMITTED]
    assert _told(session) == []


@pytest.mark.parametrize(
    ("other", "field"),
    [
        ({"question": "Muster, Hans *12.3.51"}, "question"),
        ({"question": "  "}, "question"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 600}, "minutes"),
        ({"minutes": None}, "minutes"),
        ({"disciplines": ()}, "disciplines"),
        ({"disciplines": ("astrology",)}, "disciplines"),
        ({"case_ref": "12-03-1951"}, "case_ref"),
        ({"window": Window(time(16), time(15))}, "present_until"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    session: Session, world: World, dates: list[Conference], other: dict[str, Any], field: str
) -> None:
    """Title "Muster, Hans *12.3.51" refused: nor is it taken as a question."""
    assert _refusals(session, world, dates[0], **other) == [field]


def test_a_reference_is_unique_among_the_open_cases_of_a_house(
    session: Session, world: World, dates: list[Conference]
) -> None:
    first = register(session, world, dates[0])
    assert _refusals(session, world, dates[1], key="case-2", by=world.second_requester) == ["case_ref"]
    cases.withdraw(session, world.actor(world.requester), first, now=NOW)
    cases.withdraw(session, world.actor(world.requester), first, now=NOW)
    assert register(session, world, dates[1], "case-2").case_ref == first.case_ref


def test_a_secretary_registers_for_a_clinician_who_is_told(
    session: Session, world: World, dates: list[Conference]
) -> None:
    assert _refusals(session, world, dates[0], by=world.secretary) == ["presenter_id"]
    assert _refusals(session, world, dates[0], by=world.secretary, presenter_id=world.requester.id) == [
        "presenter_id"
    ]
    case = register(session, world, dates[0], by=world.secretary, presenter_id=world.neurologist.id)
    assert (case.presenter_id, case.site_id) == (world.neurologist.id, world.hub.id)
    [message] = _told(session)
    assert message.recipient_id == world.neurologist.id
    text = _words(message)
    assert f"https://planung.example/cases/{case.id}" in text
    assert "FK-5KR8" in text and "Thorax board" in text and "15:00" in text
    assert "resection" not in text


def test_after_the_cutoff_the_chair_lets_a_case_in(
    session: Session, world: World, dates: list[Conference]
) -> None:
    case = register(session, world, dates[0], now=LATE)
    secretary, chair = world.actor(world.secretary), world.actor(world.neurologist)
    with pytest.raises(Refusal, match="Only the chair"):
        cases.approve_late(session, secretary, case, now=LATE)
    cases.triage(session, secretary, case, CaseTriage.DISCUSS, now=LATE)
    assert (case.lane, case.state) == (CaseLane.LATE, CaseState.INCOMPLETE)
    for _ in range(2):
        cases.approve_late(session, chair, case, now=LATE)
    assert case.lane is CaseLane.DISCUSSION
    assert boards.date_of(session, dates[0]).free_minutes == 53
    assert ["accepted" in _words(one) for one in _told(session)] == [True, True]


def test_the_chair_lets_nothing_in_where_no_minutes_are_free(
    session: Session, world: World, dates: list[Conference]
) -> None:
    register(session, world, dates[0], minutes=50)
    case = register(session, world, dates[0], "case-2", case_ref="FK-2222", minutes=10, now=LATE)
    dates[0].capacity_minutes = 55
    with pytest.raises(Conflict, match="Only 5 minutes"):
        cases.approve_late(session, world.actor(world.neurologist), case, now=LATE)


def test_what_a_date_does_not_take_is_refused_with_the_reason(
    session: Session, world: World, dates: list[Conference]
) -> None:
    register(session, world, dates[0], minutes=54)
    with pytest.raises(Conflict, match="Only 6 minutes are free"):
        register(session, world, dates[0], "case-2", case_ref="FK-2222")
    dates[1].late_rule = LateRule.NEXT_DATE
    with pytest.raises(Conflict, match="next date"):
        register(session, world, dates[1], "case-3", case_ref="FK-3333", now=LATE + timedelta(weeks=1))
    with pytest.raises(Conflict, match="It has begun"):
        register(session, world, dates[0], "case-4", case_ref="FK-4444", now=NOW + timedelta(days=4))
    dates[2].state = ConferenceState.CANCELLED
    with pytest.raises(Conflict, match="called off"):
        register(session, world, dates[2], "case-5", case_ref="FK-5555")


def test_a_date_that_was_frozen_meanwhile_is_not_taken_for_an_open_one(
    session: Session, world: World, dates: list[Conference]
) -> None:
    actor = world.actor(world.requester)
    seen = boards.earliest(session, actor, [NEUROLOGY], 7, now=NOW)[0].verdict.mark
    dates[0].state = ConferenceState.FROZEN
    with pytest.raises(cases.BoardChanged):
        cases.register(session, actor, dates[0], draft(), now=NOW, key="k", seen=seen)
    seen = boards.earliest(session, actor, [NEUROLOGY], 7, now=NOW)[0].verdict.mark
    case = cases.register(session, actor, dates[0], draft(), now=NOW, key="k", seen=seen)
    assert case.lane is CaseLane.LATE


def test_the_desk_triages_and_the_presenter_reads_the_reason(
    session: Session, world: World, dates: list[Conference]
) -> None:
    desk = world.actor(world.secretary)
    case = register(session, world, dates[0], disciplines=(NEUROLOGY,), imaging=Lamp.THERE)
    assert [task.kind for task in case_lists.list_tasks(session, desk, now=NOW)] == [TaskKind.TRIAGE_CASE]
    for _ in range(2):
        cases.triage(session, desk, case, CaseTriage.DISCUSS, now=NOW)
    assert case.state is CaseState.READY
    cases.triage(session, desk, case, CaseTriage.NOTE_ONLY, now=NOW)
    assert (case.state, case.lane) == (CaseState.NOTED, CaseLane.STANDARD_CARE)
    with pytest.raises(Refusal) as refused:
        cases.triage(session, desk, case, CaseTriage.REJECT, now=NOW, reason=" ")
    assert refused.value.field == "reason"
    with pytest.raises(Refusal, match="date of birth"):
        cases.triage(session, desk, case, CaseTriage.REJECT, now=NOW, reason="Frau Schmidt, geb. 02.01.1970")
    cases.triage(session, desk, case, CaseTriage.REJECT, now=NOW, reason="Ask cardiology first.")
    cases.triage(session, desk, case, CaseTriage.DISCUSS, now=NOW)
    assert (case.state, case.lane) == (CaseState.READY, CaseLane.DISCUSSION)
    words = [_words(one).splitlines()[0] for one in _told(session)]
    assert sorted(words) == [
        *("Your case is accepted", "Your case is accepted"),
        *("Your case is listed without discussion", "Your case was rejected"),
    ]
    assert sum("Ask cardiology first." in _words(one) for one in _told(session)) == 1


def test_standard_of_care_is_listed_and_takes_no_minutes(
    session: Session, world: World, dates: list[Conference]
) -> None:
    case = register(session, world, dates[0], is_standard_care=True, now=LATE)
    assert case.lane is CaseLane.STANDARD_CARE
    assert boards.date_of(session, dates[0]).free_minutes == 60


def test_a_case_deferred_twice_keeps_its_seniority(
    session: Session, world: World, dates: list[Conference]
) -> None:
    """Case deferred twice: counted, in front of the others, taken by a date that is full."""
    desk = world.actor(world.secretary)
    first = register(session, world, dates[0], window=Window(time(15, 30), time(15, 45)))
    cases.triage(session, desk, first, CaseTriage.DISCUSS, now=NOW)
    register(session, world, dates[2], "case-2", case_ref="FK-2222", minutes=60)
    second = cases.defer(session, desk, first, None, now=NOW, reason="No time left.")
    assert second is not None
    assert cases.defer(session, desk, first, None, now=NOW) is second
    third = cases.defer(session, desk, second, None, now=NOW + timedelta(days=7))
    assert third is not None
    assert [one.deferrals for one in (first, second, third)] == [0, 1, 2]
    assert (first.state, third.state) == (CaseState.DEFERRED, CaseState.INCOMPLETE)
    assert (third.first_registered_at, third.conference_id) == (NOW, dates[2].id)
    assert third.present_from == local(date(2026, 12, 10), time(15, 30))
    assert [one.case_ref for one in cases.list_cases(session, dates[2])] == ["FK-5KR8", "FK-2222"]
    assert boards.date_of(session, dates[2]).free_minutes == -7
    assert cases.defer(session, desk, third, None, now=NOW) is None
    words = [_words(one) for one in _told(session) if "deferred" in _words(one)]
    assert len(words) == 3
    assert sum("No time left." in one for one in words) == 1
    assert sum("No later date is open yet" in one for one in words) == 1


def test_a_late_case_that_moves_on_is_not_counted_as_put_off(
    session: Session, world: World, dates: list[Conference]
) -> None:
    late = register(session, world, dates[0], now=LATE)
    with pytest.raises(Refusal) as refused:
        cases.defer(session, world.actor(world.secretary), late, dates[0], now=LATE)
    assert refused.value.field == "to"
    later = cases.defer(session, world.actor(world.secretary), late, dates[2], now=LATE)
    assert later is not None
    assert (later.lane, later.deferrals, later.conference_id) == (CaseLane.DISCUSSION, 0, dates[2].id)
    assert "moved to a later date" in _words(_told(session)[0])


def test_lamps_make_an_accepted_case_ready(session: Session, world: World, dates: list[Conference]) -> None:
    add_specialist(session, world, PATHOLOGY)
    case = register(session, world, dates[0], disciplines=(NEUROLOGY, PATHOLOGY))
    presenter = world.actor(world.requester)
    cases.triage(session, world.actor(world.secretary), case, CaseTriage.DISCUSS, now=NOW)
    assert (case.state, case.pathology) == (CaseState.INCOMPLETE, Lamp.UNKNOWN)
    assert [one.kind for one in case_lists.list_tasks(session, presenter, now=NOW)] == [
        TaskKind.COMPLETE_CASE
    ]
    cases.set_lamps(session, presenter, case, Lamp.THERE, Lamp.THERE, now=NOW)
    cases.set_lamps(session, presenter, case, Lamp.THERE, Lamp.THERE, now=NOW)
    assert [step.state for step in case.steps][-1] is CaseState.READY
    cases.set_lamps(session, presenter, case, Lamp.THERE, Lamp.PARTLY, now=NOW)
    assert [step.code for step in case.steps if step.code] == ["lamps", "lamps"]
    assert case.state is CaseState.INCOMPLETE


def test_a_case_is_changed_until_registration_closes(
    session: Session, world: World, dates: list[Conference]
) -> None:
    case = register(session, world, dates[0])
    presenter, desk = world.actor(world.requester), world.actor(world.secretary)
    new = draft(case_ref="fk-6666", minutes=9, question="Is it operable?")
    cases.change(session, presenter, case, new, now=NOW, revision=case.revision)
    assert (case.case_ref, case.minutes, case.question) == ("FK-6666", 9, "Is it operable?")
    with pytest.raises(Conflict, match="Somebody else"):
        cases.change(session, presenter, case, new, now=NOW, revision=case.revision - 1)
    with pytest.raises(Unfit) as refused:
        cases.change(session, presenter, case, draft(minutes=61), now=NOW, revision=case.revision)
    assert refused.value.field == "minutes"
    away = draft(window=Window(time(8), time(9)))
    with pytest.raises(Unfit, match="long enough"):
        cases.change(session, presenter, case, away, now=NOW, revision=case.revision)
    with pytest.raises(Conflict, match="no longer"):
        cases.change(session, presenter, case, new, now=LATE, revision=case.revision)
    cases.change(session, desk, case, draft(), now=LATE, revision=case.revision)
    assert case.case_ref == "FK-5KR8"


def test_boards_stand_in_order_and_say_why_the_earlier_ones_do_not_suit(
    session: Session, world: World, dates: list[Conference]
) -> None:
    pathologist = add_specialist(session, world, PATHOLOGY)
    foreign = add_series(session, world, title="Closed board")
    add_board(session, world, pathologist, series=foreign, starts_at=local(date(2026, 11, 24), time(9)))
    board = add_board(
        session,
        world,
        pathologist,
        series=dates[0].series,
        starts_at=local(date(2026, 12, 3), time(9)),
    )
    full = register(session, world, dates[1], minutes=55)
    found = boards.earliest(session, world.actor(world.requester), [PATHOLOGY], 7, now=NOW)
    assert [one.conference.id for one in found] == [dates[0].id, board.id, dates[1].id, dates[2].id]
    assert boards.find_suitable(found) == 1
    assert [str(one.words) for one in found[0].verdict.hindrances] == ["pathology is not present."]
    assert "Only 5 minutes are free." in [str(one.words) for one in found[2].verdict.hindrances]
    assert full.conference_id == dates[1].id
    assert board.booking is not None
    board.booking.participations[0].partstat = Partstat.DECLINED
    assert (
        boards.find_suitable(boards.earliest(session, world.actor(world.requester), [PATHOLOGY], 7, now=NOW))
        is None
    )


def test_a_conference_of_another_house_is_not_there(
    session: Session, world: World, dates: list[Conference]
) -> None:
    case = register(session, world, dates[0])
    stranger = world.actor(world.stranger)
    assert boards.earliest(session, stranger, [NEUROLOGY], 7, now=NOW) == []
    for get in (case_lists.get_to_change, case_lists.get_for_desk):
        with pytest.raises(NotFound):
            get(session, stranger, case.id)
    with pytest.raises(NotFound):
        boards.get_open(session, stranger, dates[0].id)
    with pytest.raises(NotFound):
        case_lists.get_for_desk(session, world.actor(world.requester), case.id)


def test_a_meeting_that_is_no_case_conference_takes_no_cases(
    session: Session, world: World, dates: list[Conference]
) -> None:
    dates[0].kind = ConferenceKind.REGIONAL_CONFERENCE
    session.flush()
    with pytest.raises(NotFound):
        boards.get_open(session, world.actor(world.requester), dates[0].id)


def test_who_is_invited_brings_cases_to_a_conference_without_a_series(session: Session, world: World) -> None:
    conference = add_board(session, world, world.requester)
    case = register(session, world, conference)
    assert case.conference_id == conference.id
    assert cases.defer(session, world.actor(world.secretary), case, None, now=NOW) is None
    later = add_board(session, world, starts_at=local(date(2026, 12, 1), time(9)))
    moved = cases.defer(session, world.actor(world.secretary), case, later, now=NOW)
    assert moved is not None and moved.conference_id == later.id


def test_lists_show_the_cases_of_the_site_and_what_waits_at_the_desk(
    session: Session, world: World, dates: list[Conference]
) -> None:
    one = register(session, world, dates[0])
    other = register(session, world, dates[1], "case-2", by=world.second_requester, case_ref="FK-2222")
    requester, desk = world.actor(world.requester), world.actor(world.secretary)

    def listed(actor: Any, show: Show, text: str = "") -> list[CaseItem]:
        return list(case_lists.list_page(session, actor, show, text=text).items)

    assert listed(requester, Show.CURRENT) == [one, other]
    assert listed(requester, Show.CURRENT, "k-22") == [other]
    assert listed(requester, Show.MINE) == [one]
    assert listed(desk, Show.DESK) == [one, other]
    assert listed(requester, Show.DESK) == []
    cases.withdraw(session, requester, one, now=NOW)
    assert listed(requester, Show.ENDED) == [one]


def test_nobody_registers_more_cases_in_a_day_than_they_mean(
    session: Session, world: World, dates: list[Conference], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("confsched.services.case_checks.MAX_A_DAY", 1)
    register(session, world, dates[0])
    assert _refusals(session, world, dates[0], key="case-2", case_ref="FK-2222") == [""]
    case = register(session, world, dates[0], "case-2", case_ref="FK-2222", now=NOW + timedelta(days=1))
    assert case.case_ref == "FK-2222"
