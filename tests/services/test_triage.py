"""Triage on both databases: accepted, passed on, declined; who may, and who is told what."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.kinds import ConsultState
from confsched.errors import Conflict, NotFound, Refusal
from confsched.mail.compose import preview
from confsched.mail.envelopes import House, envelope_of
from confsched.models.catalogue import Service
from confsched.models.consults import Consult
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Person
from confsched.services import access, consults, triage
from tests.support.outbox import all_messages
from tests.world import NOW, World, add_agreement, add_service, ask

HOUSE = House("https://planung.example", "planung@haus.example")


@pytest.fixture
def consult(session: Session, world: World) -> Consult:
    """Give a request that waits for the hub."""
    session.get_one(Service, world.service.id).needs_triage = True
    return ask(session, world)


def _told(session: Session, kind: Kind) -> list[str]:
    return sorted(message.recipient for message in all_messages(session) if message.kind is kind)


def _text(message: OutboxMessage) -> str:
    return preview(envelope_of(message, HOUSE)).text


def _emails(*people: Person) -> list[str]:
    return sorted(person.email for person in people)


def test_a_request_waits_and_each_who_triages_gets_one_mail(
    session: Session, world: World, consult: Consult
) -> None:
    assert consult.state is ConsultState.REQUESTED
    hub = (world.neurologist, world.second_neurologist, world.secretary)
    assert _told(session, Kind.TRIAGE_REQUEST) == _emails(*hub)
    text = _text(all_messages(session)[0])
    assert "https://planung.example/triage/" in text
    assert "thrombectomy" not in text
    assert triage.list_waiting(session, world.actor(world.secretary)).items == (consult,)


def test_the_nearest_deadline_comes_first(session: Session, world: World, consult: Consult) -> None:
    sooner = ask(session, world, "key-2", reply_by_on=date(2026, 11, 25))
    page = triage.list_waiting(session, world.actor(world.neurologist))
    assert (page.items, page.total) == ((sooner, consult), 2)


def test_whoever_is_accepted_chooses_a_time(session: Session, world: World, consult: Consult) -> None:
    actor = world.actor(world.neurologist)
    triage.accept(session, actor, consult, now=NOW)
    triage.accept(session, actor, consult, now=NOW)
    assert consult.state is ConsultState.OFFERED
    assert [step.person_id for step in consult.steps] == [world.requester.id, world.neurologist.id]
    assert _told(session, Kind.CONSULT_NEWS) == [world.requester.email]


def test_without_any_time_it_is_accepted_all_the_same(
    session: Session, world: World, consult: Consult
) -> None:
    consult.reply_by_on = NOW.date()
    consult.service.notice_minutes = 24 * 60
    triage.accept(session, world.actor(world.neurologist), consult, now=NOW)
    assert [step.state for step in consult.steps][1:] == [ConsultState.TRIAGED]
    [message] = [one for one in all_messages(session) if one.kind is Kind.CONSULT_NEWS]
    assert "No time is to be had yet" in _text(message)
    triage.decline(
        session, world.actor(world.neurologist), consult, "All are away.", "Ask Steinach.", now=NOW
    )
    assert consult.state is ConsultState.DECLINED


def test_it_is_passed_on_to_a_service_that_the_site_may_ask(
    session: Session, world: World, consult: Consult
) -> None:
    stroke = add_service(session, world.stranger_site, name="Stroke")
    stroke.needs_triage = True
    actor = world.actor(world.neurologist)
    for wrong in (None, stroke.id, consult.service_id):
        with pytest.raises(Refusal) as refused:
            triage.redirect(session, actor, consult, wrong, "They know more.", now=NOW)
        assert refused.value.field == "service_id"
    add_agreement(session, stroke, world.spoke)
    assert triage.list_targets(session, consult, now=NOW) == [stroke]
    triage.redirect(session, actor, consult, stroke.id, "They know more.", now=NOW)
    assert (consult.service_id, consult.state) == (stroke.id, ConsultState.REQUESTED)
    step = consult.steps[-1]
    assert (step.reason, step.former_service_id) == ("They know more.", world.service.id)
    [message] = [one for one in all_messages(session) if one.kind is Kind.CONSULT_NEWS]
    assert "passed on to Stroke" in _text(message)
    # It is asked of another house now, and that of before reads it no longer.
    assert triage.find_case(session, actor, consult.id) is None


@pytest.mark.parametrize(
    ("reason", "alternative", "field"),
    [
        ("", "Phone us.", "reason"),
        ("We have no capacity.", "  ", "alternative"),
        ("x" * 401, "Phone us.", "reason"),
        ("Frau Anna Schmidt, geb. 02.01.1970, kennen wir.", "Phone us.", "reason"),
        ("We have no capacity.", "Frau Anna Schmidt, geb. 02.01.1970, anmelden.", "alternative"),
    ],
)
def test_a_refusal_has_a_reason_and_an_alternative_without_patient_data(
    session: Session, world: World, consult: Consult, reason: str, alternative: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        triage.decline(session, world.actor(world.neurologist), consult, reason, alternative, now=NOW)
    assert refused.value.field == field
    assert consult.state is ConsultState.REQUESTED


def test_whoever_asked_reads_why_it_was_declined_and_what_helps_instead(
    session: Session, world: World, consult: Consult
) -> None:
    actor = world.actor(world.secretary)
    for _ in range(2):
        triage.decline(session, actor, consult, "No capacity.", "Phone the ward.", now=NOW)
    step = consult.steps[-1]
    assert (consult.state, step.reason, step.alternative) == (
        ConsultState.DECLINED,
        "No capacity.",
        "Phone the ward.",
    )
    [message] = [one for one in all_messages(session) if one.kind is Kind.CONSULT_NEWS]
    assert "Instead: Phone the ward." in _text(message)
    with pytest.raises(Conflict):
        triage.accept(session, actor, consult, now=NOW)


def test_after_the_deadline_nothing_is_decided(session: Session, world: World, consult: Consult) -> None:
    with pytest.raises(Conflict, match="run out"):
        triage.accept(session, world.actor(world.neurologist), consult, now=NOW + timedelta(days=12))


@pytest.mark.parametrize(
    ("name", "triages", "reads"),
    [
        ("neurologist", True, True),
        ("secretary", True, True),
        ("coordinator", False, False),
        ("admin", False, False),
        ("requester", False, True),
        ("second_requester", False, False),
        ("stranger", False, False),
    ],
)
def test_only_the_house_that_is_asked_triages_before_and_after(
    session: Session, world: World, consult: Consult, name: str, triages: bool, reads: bool
) -> None:
    actor = world.actor(getattr(world, name))
    for _ in ("before", "after"):
        session.flush()
        for may, load in (
            (triages, access.get_consult_to_triage),
            (reads, access.get_consult),
        ):
            if may:
                assert load(session, actor, consult.id) is consult
                continue
            with pytest.raises(NotFound):
                load(session, actor, consult.id)
        consult.state = ConsultState.OFFERED


def test_what_needs_no_triage_is_not_read_by_the_house(session: Session, world: World) -> None:
    consult = ask(session, world)
    with pytest.raises(NotFound):
        access.get_consult(session, world.actor(world.secretary), consult.id)


class TestOnBehalf:
    def test_a_secretary_asks_for_a_clinician_of_her_house(self, session: Session, world: World) -> None:
        add_agreement(session, session.get_one(Service, world.service.id), world.hub)
        actor = world.actor(world.secretary)
        assert consults.list_clinicians(session, actor, now=NOW) == [
            session.get_one(Person, world.second_neurologist.id),
            session.get_one(Person, world.neurologist.id),
        ]
        consult = ask(session, world, by=world.secretary, requester_id=world.neurologist.id)
        assert (consult.requester_id, consult.requested_by_id) == (world.neurologist.id, world.secretary.id)
        assert consult.site_id == world.hub.id
        assert [step.person_id for step in consult.steps] == [world.secretary.id]
        told = _emails(world.neurologist, world.secretary)
        assert _told(session, Kind.CONSULT_NEWS) == told
        for person in (world.neurologist, world.secretary):
            assert access.get_consult(session, world.actor(person), consult.id, to="change") is consult

    @pytest.mark.parametrize("whom", [None, "secretary", "requester", "coordinator"])
    def test_nobody_is_asked_for_who_is_no_clinician_of_the_house(
        self, session: Session, world: World, whom: str | None
    ) -> None:
        add_agreement(session, session.get_one(Service, world.service.id), world.hub)
        requester_id = getattr(world, whom).id if whom else None
        with pytest.raises(Refusal) as refused:
            ask(session, world, by=world.secretary, requester_id=requester_id)
        assert refused.value.field == "requester_id"

    def test_a_requester_asks_for_nobody_else(self, session: Session, world: World) -> None:
        with pytest.raises(Refusal) as refused:
            ask(session, world, requester_id=world.second_requester.id)
        assert refused.value.field == "requester_id"
