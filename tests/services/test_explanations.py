"""What would help is looked up with other places, later days and other services, and kept when taken up."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from confsched.db import Database
from confsched.domain.changes import (
    AskUnknown,
    Both,
    Change,
    EarlierNotice,
    Longer,
    OtherService,
    Remote,
    Shift,
    Shorter,
    Without,
)
from confsched.domain.kinds import AbsenceKind, ConferenceState, ConsultState
from confsched.domain.matching import Offer, first_offer, prepare
from confsched.domain.starts import Plan as Ready
from confsched.errors import Conflict
from confsched.models.catalogue import Service
from confsched.models.claims import Claim
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.network import Site
from confsched.models.people import Person
from confsched.models.rosters import Absence, WorkingHoursRow
from confsched.services import accepted_changes, conferences, consult_times, explanations
from confsched.services.conferences import Draft, Wanted
from confsched.services.matching import Plan, plan_conference, plan_consult
from tests.world import (
    NEUROLOGY,
    NOW,
    World,
    add_agreement,
    add_person,
    add_service,
    add_working_hours,
    ask,
    book,
    build_world,
    leave_one_neurologist,
    local,
)

TUESDAY = date(2026, 11, 24)
NINE = local(TUESDAY, time(9))


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        return build_world(session)


def _absent(session: Session, person: Person, until: datetime) -> None:
    kind, since = AbsenceKind.LEAVE, NOW - timedelta(days=1)
    session.add(Absence(person_id=person.id, kind=kind, starts_at=since, ends_at=until, recorded_at=since))
    session.flush()


def _all_away(session: Session, world: World, until: datetime) -> None:
    for person in (world.neurologist, world.second_neurologist):
        _absent(session, person, until)


def _hub_b(session: Session, world: World, *, needs_triage: bool = False) -> Service:
    """Open a service of the same discipline at the third hospital, with a doctor at work."""
    site = session.get_one(Site, world.stranger_site.id)
    service = add_service(session, site, name="Neurologie Steinach")
    service.needs_triage = needs_triage
    doctor = add_person(
        session, site, "Dr.", "Rosa", "Kern", world.actor(world.neurologist).seats[0].function
    )
    session.get_one(Person, doctor.id).discipline = NEUROLOGY
    add_working_hours(session, doctor, site)
    add_agreement(session, service, session.get_one(Site, world.spoke.id))
    session.flush()
    return service


def _first(plan: Plan) -> Offer | None:
    return first_offer(Ready(plan.needs, plan.candidates, plan.search, prepare(plan.candidates, plan.search)))


def _promises(session: Session, consult: Consult) -> dict[type[Change], tuple[Change, Offer]]:
    found = consult_times.offers(session, consult, now=NOW).explanation.relaxations
    return {type(one.change): (one.change, one.first_offer) for one in found}


def test_another_service_is_proposed_and_gives_the_promised_time(session: Session, world: World) -> None:
    """Cover line 33 of the failures of others."""
    _all_away(session, world, local(date(2027, 1, 30), time(8)))
    other = _hub_b(session, world)
    consult = ask(session, world)
    change, promised = _promises(session, consult)[OtherService]
    assert change == OtherService(other.id)
    actor = world.actor(world.requester)
    for _twice in range(2):
        accepted_changes.change_consult(session, actor, consult, change, now=NOW)
    assert (consult.service, consult.state) == (other, ConsultState.OFFERED)
    assert consult.steps[-2].former_service_id == world.service.id
    assert _first(plan_consult(session, consult, now=NOW)) == promised


def test_another_service_that_decides_first_is_asked_to_decide(session: Session, world: World) -> None:
    other = _hub_b(session, world, needs_triage=True)
    consult = ask(session, world)
    consult_times.hold(session, world.actor(world.requester), consult, NINE, now=NOW)
    change = OtherService(other.id)
    accepted_changes.change_consult(session, world.actor(world.requester), consult, change, now=NOW)
    assert (consult.state, consult.hold) == (ConsultState.REQUESTED, None)
    assert session.scalars(select(Claim)).all() == []


def test_a_later_day_is_proposed_and_gives_the_promised_time(session: Session, world: World) -> None:
    _all_away(session, world, local(date(2026, 12, 7), time(12)))
    consult = ask(session, world)
    change, promised = _promises(session, consult)[Longer]
    assert change == Longer(consult.reply_by_on + timedelta(days=7))
    actor = world.actor(world.requester)
    for _twice in range(2):
        accepted_changes.change_consult(session, actor, consult, change, now=NOW)
    assert consult.reply_by_on == date(2026, 12, 11)
    assert _first(plan_consult(session, consult, now=NOW)) == promised


def test_a_shorter_time_is_held_and_booked_as_short_as_it_was_wished(session: Session, world: World) -> None:
    consult = ask(session, world)
    minutes = accepted_changes.wished_minutes(consult, Shorter(20))
    actor = world.actor(world.requester)
    for _twice in range(2):
        held = consult_times.hold(session, actor, consult, NINE, now=NOW, minutes=minutes)
    usual = consult_times.hold(session, actor, consult, NINE, now=NOW)
    assert usual.id != held.id
    consult_times.hold(session, actor, consult, NINE, now=NOW, minutes=minutes)
    booking = consult_times.book(session, actor, consult, now=NOW)
    assert booking.ends_at - booking.starts_at == timedelta(minutes=20)


def test_video_instead_of_the_way_is_proposed_and_gives_the_promised_time(
    session: Session, world: World
) -> None:
    """Cover line 33 of the failures of others."""
    leave_one_neurologist(session, world)
    session.execute(update(WorkingHoursRow).values(starts=time(9), ends=time(10)))
    today = NINE - timedelta(days=1)
    book(session, world, today)
    session.execute(update(Claim).values(site_id=world.spoke.id))
    consult = ask(session, world, "key-2", by=world.second_requester)
    [requirement] = consult.service.requirements
    requirement.is_on_site = True
    session.flush()
    change, promised = _promises(session, consult)[Remote]
    assert change == Remote(str(requirement.id))
    assert promised.span.starts_at == today + timedelta(minutes=30)
    requirement.is_on_site = False
    session.flush()
    assert _first(plan_consult(session, consult, now=NOW)) == promised


def test_video_for_a_conference_changes_its_requirement(session: Session, world: World) -> None:
    conference = _plan(session, world, Wanted(discipline=NEUROLOGY))
    [requirement] = conference.requirements
    requirement.is_on_site = True
    change = Remote(str(requirement.id))
    accepted_changes.change_conference(session, world.actor(world.secretary), conference, change, now=NOW)
    assert not requirement.is_on_site


NOT_THEIRS = [None, Without("x"), EarlierNotice(), Remote("x"), Shift(5), AskUnknown(())]


@pytest.mark.parametrize("change", [*NOT_THEIRS, OtherService(uuid.uuid4()), Longer(date(2027, 9, 1))])
def test_what_the_hospital_asked_decides_a_requester_cannot_change(
    session: Session, world: World, change: Change | None
) -> None:
    consult = ask(session, world)
    with pytest.raises(Conflict, match="no longer up to date"):
        accepted_changes.change_consult(session, world.actor(world.requester), consult, change, now=NOW)


@pytest.mark.parametrize("change", [Shorter(5), Shorter(30), Without("x"), Both(Shift(5), EarlierNotice())])
def test_a_length_that_was_never_proposed_is_refused(session: Session, world: World, change: Change) -> None:
    with pytest.raises(Conflict, match="no longer up to date"):
        accepted_changes.wished_minutes(ask(session, world), change)


def test_a_booked_consult_is_not_changed(session: Session, world: World) -> None:
    consult = ask(session, world)
    actor = world.actor(world.requester)
    consult_times.hold(session, actor, consult, NINE, now=NOW)
    consult_times.book(session, actor, consult, now=NOW)
    with pytest.raises(Conflict, match="moved on"):
        accepted_changes.change_consult(session, actor, consult, Longer(date(2026, 12, 11)), now=NOW)


def _plan(session: Session, world: World, *wanted: Wanted, **values: object) -> Conference:
    draft = Draft("Epilepsie", 45, NOW.date(), date(2026, 12, 4), wanted, **values)  # type: ignore[arg-type]
    return conferences.plan(session, world.actor(world.secretary), draft, now=NOW, key=uuid.uuid4().hex)


def _keep(session: Session, world: World, conference: Conference, kind: type[Change]) -> None:
    """Take up the proposal of a kind twice and see that its time is now the first one."""
    found = conferences.offers(session, conference, now=NOW).explanation.relaxations
    one = next(one for one in found if type(one.change) is kind)
    for _twice in range(2):
        accepted_changes.change_conference(
            session, world.actor(world.secretary), conference, one.change, now=NOW
        )
    session.flush()
    first = _first(plan_conference(session, conference, now=NOW))
    assert first is not None
    assert (first.span, first.assignment) == (one.first_offer.span, one.first_offer.assignment)


def _short_of_time(session: Session, world: World) -> Conference:
    """Leave both neurologists half an hour, on the last day."""
    session.execute(update(WorkingHoursRow).values(starts=time(9), ends=time(9, 30)))
    return _plan(session, world, Wanted(discipline=NEUROLOGY))


def _somebody_away(session: Session, world: World) -> Conference:
    _absent(session, world.neurologist, local(date(2027, 3, 1), time(8)))
    return _plan(
        session, world, Wanted(discipline=NEUROLOGY, count=2), Wanted(person_ids=(world.requester.id,))
    )


def _everybody_away(session: Session, world: World) -> Conference:
    _all_away(session, world, local(date(2026, 12, 7), time(12)))
    return _plan(session, world, Wanted(discipline=NEUROLOGY))


CASES: list[tuple[Callable[[Session, World], Conference], type[Change]]] = [
    (_short_of_time, Shorter),
    (_somebody_away, Without),
    (_everybody_away, Longer),
]


@pytest.mark.parametrize(("arrange", "kind"), CASES)
def test_a_proposal_for_a_conference_changes_its_plan_and_keeps_its_promise(
    session: Session,
    world: World,
    arrange: Callable[[Session, World], Conference],
    kind: type[Change],
) -> None:
    """Cover line 33 of the failures of others."""
    _keep(session, world, arrange(session, world), kind)


def test_a_room_that_is_given_up_leaves_the_plan(session: Session, world: World) -> None:
    conference = _plan(session, world, Wanted(discipline=NEUROLOGY), resource_id=world.room.id)
    change = Both(Shift(5), Without("room"))
    accepted_changes.change_conference(session, world.actor(world.secretary), conference, change, now=NOW)
    assert conference.resource_id is None


WRONG: list[Change | None] = [
    None,
    OtherService(uuid.uuid4()),
    Without("x"),
    Shorter(60),
    Longer(date(2027, 9, 1)),
]


@pytest.mark.parametrize("change", WRONG)
def test_a_proposal_of_another_plan_is_refused(session: Session, world: World, change: Change | None) -> None:
    conference = _plan(session, world, Wanted(discipline=NEUROLOGY))
    with pytest.raises(Conflict, match="no longer up to date"):
        accepted_changes.change_conference(session, world.actor(world.secretary), conference, change, now=NOW)


def test_a_conference_that_is_invited_is_not_changed(session: Session, world: World) -> None:
    conference = _plan(session, world, Wanted(discipline=NEUROLOGY))
    conference.state = ConferenceState.REGISTRATION_OPEN
    with pytest.raises(Conflict, match="invited already"):
        accepted_changes.change_conference(
            session, world.actor(world.secretary), conference, Shorter(30), now=NOW
        )


def test_a_time_is_answered_for_everybody_asked(session: Session, world: World) -> None:
    """Cover line 33 of the failures of others."""
    _absent(session, world.neurologist, local(date(2027, 3, 1), time(8)))
    conference = _plan(session, world, Wanted(discipline=NEUROLOGY, count=2))
    answer = explanations.answer_conference(session, conference, NINE, now=NOW)
    [need] = answer.needs
    assert (answer.offer, need.free) == (None, (world.second_neurologist.name,))
    assert [str(why) for _, why in need.busy] == [f"{world.neurologist.name} is absent."]
    consult = explanations.answer_consult(session, ask(session, world), NINE, now=NOW)
    assert consult.offer is not None
    assert [str(why) for one in consult.needs for _, why in one.busy] == [
        f"{world.neurologist.name} is busy."
    ]


def test_one_person_for_two_requirements_is_said(session: Session, world: World) -> None:
    person = (world.neurologist.id,)
    conference = _plan(session, world, Wanted(person_ids=person), Wanted(person_ids=person))
    assert explanations.answer_conference(session, conference, NINE, now=NOW).is_shared


def test_the_weekdays_of_half_a_year_pass_over_the_holidays_of_the_place(
    session: Session, world: World
) -> None:
    """Cover lines 12, 14 and 20 of the failures of others."""
    conference = _plan(session, world, Wanted(discipline=NEUROLOGY, count=2))
    found = explanations.list_weekdays(session, conference, now=NOW)
    weeks = {slot.weekday: slot.weeks for slot in found.slots}
    # Mondays: Easter and Whitsun. Thursday: Ascension. Fridays: Christmas, New Year, Good Friday.
    assert (found.first_on, found.last_on) == (date(2026, 11, 30), date(2027, 5, 30))
    assert weeks == {0: 24, 1: 26, 2: 26, 3: 25, 4: 23}
    assert found.slots[0].good_weeks == found.slots[0].weeks
    assert found.slots[0].starts == time(8)
