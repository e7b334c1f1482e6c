"""Asking at once, whatever is missing, and completing it by several people while it rings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.kinds import TeleradiologyKind, Urgency, UrgentKind, UrgentState, UrgentStepKind
from confsched.errors import NotFound
from confsched.models.network import Site
from confsched.models.outbox import OutboxMessage
from confsched.models.urgent import Alert, UrgentConsult
from confsched.services import link_tests, urgent_requests
from confsched.services.urgent_requests import NewRequest
from tests.support.urgent import add_urgent, put_neurologist_on_duty
from tests.world import NOW, World

STROKE, RADIOLOGY = UrgentKind.TELESTROKE, UrgentKind.TELERADIOLOGY
TUESDAY_AFTERNOON = datetime(2026, 11, 24, 13, tzinfo=UTC)


def ask(
    session: Session,
    world: World,
    kind: UrgentKind = STROKE,
    key: str = "key-1",
    *,
    now: datetime = NOW,
    **typed: str,
) -> UrgentConsult:
    actor = world.actor(world.requester)
    offered = urgent_requests.list_services(session, actor, now)
    service = next((one.service for one in offered if one.service.urgent_kind is kind), None) or add_urgent(
        session, world, kind
    )
    new = NewRequest(typed, reasons={"permit": "No radiologist here"})
    return urgent_requests.request(session, actor, service, new, key=key, now=now)


def test_an_empty_form_rings_at_once(session: Session, world: World) -> None:
    put_neurologist_on_duty(session, world)
    consult = ask(session, world)
    session.expire_all()
    assert (consult.state, consult.requested_at) == (UrgentState.ALERTED, NOW)
    assert consult.site_id == world.spoke.id and consult.case_ref.startswith("FK-")
    assert [alert.person_id for alert in session.scalars(select(Alert))] == [world.neurologist.id]
    assert len(consult.rungs) == 2


def test_the_same_form_twice_is_one_consult(session: Session, world: World) -> None:
    first, second = ask(session, world), ask(session, world)
    assert first is second
    assert ask(session, world, key="key-2") is not first


def test_nonsense_is_kept_as_typed_and_stops_nothing(session: Session, world: World) -> None:
    consult = ask(session, world, nihss="elf", last_known_well="abends", callback_phone="?" * 900)
    facts = urgent_requests.facts_of(consult)
    assert [name for name, _ in facts.findings] == ["callback_phone", "last_known_well", "nihss"]
    assert urgent_requests.typed_of(consult)["nihss"] == "elf"
    assert (
        len(consult.callback_phone) == 40 and len(urgent_requests.typed_of(consult)["callback_phone"]) == 900
    )


def test_a_patients_name_stops_nothing_and_goes_into_no_message(session: Session, world: World) -> None:
    """Covers the test case of DOMAIN.md 10 for the lane where nothing is refused."""
    put_neurologist_on_duty(session, world)
    consult = ask(session, world, question="Muster, Hans *12.3.51", physician="Dr. Sander")
    assert urgent_requests.fields_with_names(consult) == ["question"]
    sent = [repr(alert.snapshot) for alert in session.scalars(select(Alert))]
    sent += [repr(message.snapshot) for message in session.scalars(select(OutboxMessage))]
    assert sent and not [text for text in sent if "Muster" in text or consult.case_ref in text]


def test_two_people_complete_it_and_neither_loses_what_they_typed(session: Session, world: World) -> None:
    consult = ask(session, world, nihss="11", lvo="yes")
    shown = urgent_requests.typed_of(consult)
    one, other = world.actor(world.requester), world.actor(world.second_requester)
    later = NOW + timedelta(minutes=1)
    before = consult.revision
    urgent_requests.change_facts(
        session, one, consult, shown, NewRequest({**shown, "nihss": "12"}), now=later
    )
    typed = {**shown, "lvo": "no", "door": "07:58"}
    urgent_requests.change_facts(session, other, consult, shown, NewRequest(typed), now=later)
    told = urgent_requests.typed_of(consult)
    assert (told["nihss"], told["lvo"], told["door"]) == ("12", "no", "07:58")
    urgent_requests.change_facts(
        session, other, consult, shown, NewRequest({**shown, "nihss": "14"}), now=later
    )
    assert urgent_requests.facts_of(consult).value("nihss") == 14
    changed = [(step.person_id, step.details["changed"]) for step in urgent_requests.list_changes(consult)]
    assert changed[0] == (world.second_requester.id, {"nihss": {"from": "12", "to": "14"}})
    assert len(changed) == 3 and consult.revision == before + 3


def test_a_form_that_changes_nothing_is_no_step_and_a_time_is_not_read_anew(
    session: Session, world: World
) -> None:
    consult = ask(session, world, last_known_well="07:30")
    told, shown = dict(consult.facts), urgent_requests.typed_of(consult)
    tomorrow = NOW + timedelta(days=1)
    actor = world.actor(world.requester)
    urgent_requests.change_facts(session, actor, consult, shown, NewRequest(shown), now=tomorrow)
    assert consult.facts == told and not urgent_requests.list_changes(consult)


def test_teleradiology_on_tuesday_at_14_without_a_permit_is_asked_with_its_reason_on_record(
    session: Session, world: World
) -> None:
    consult = ask(session, world, RADIOLOGY, now=TUESDAY_AFTERNOON, urgency="stroke", physician="Dr. Sander")
    overridden = [(s.code, s.reason) for s in consult.steps if s.kind is UrgentStepKind.OVERRIDE]
    assert overridden == [("permit", "No radiologist here"), ("arrival", ""), ("link_test", "")]
    assert (consult.urgency, consult.legal_kind) == (Urgency.STROKE, None)
    actor = world.actor(world.requester)
    new = NewRequest({"legal_kind": "second_opinion"}, reasons={"link_test": "Tested by phone"})
    urgent_requests.change_facts(session, actor, consult, {}, new, now=TUESDAY_AFTERNOON)
    assert consult.legal_kind is TeleradiologyKind.SECOND_OPINION
    overridden = [(s.code, s.reason) for s in consult.steps if s.kind is UrgentStepKind.OVERRIDE]
    assert overridden[3:] == [("link_test", "Tested by phone")]


def test_todays_link_test_that_worked_last_is_no_warning(session: Session, world: World) -> None:
    actor, site = world.actor(world.requester), session.get_one(Site, world.spoke.id)
    for number, worked in enumerate((False, True, False)):
        at = NOW + timedelta(hours=number)
        key = f"test-{number}"
        link_tests.record(session, actor, site.id, worked=worked, note="", key=key, now=at)
        assert link_tests.has_worked_today(session, site, at) is worked
    assert not link_tests.has_worked_today(session, site, NOW - timedelta(days=1))
    assert not link_tests.has_worked_today(session, site, NOW + timedelta(days=1))
    with pytest.raises(NotFound):
        link_tests.record(session, actor, world.hub.id, worked=True, note="", key="hub", now=NOW)


def test_a_site_without_an_agreement_asks_nothing(session: Session, world: World) -> None:
    service = add_urgent(session, world, STROKE)
    for person in (world.stranger, world.neurologist, world.secretary):
        actor = world.actor(person)
        assert urgent_requests.list_services(session, actor, NOW) == []
        with pytest.raises(NotFound):
            urgent_requests.request(session, actor, service, NewRequest(), key="key", now=NOW)


def test_the_preview_says_whom_the_ladder_calls_and_when(session: Session, world: World) -> None:
    service = add_urgent(session, world, STROKE)
    empty, card = urgent_requests.preview(session, service, NOW)
    assert (empty.names, empty.skipped is not None) == ((), True)
    assert (card.phone, card.after) == ("+49 5555 3000", timedelta(minutes=3))
    put_neurologist_on_duty(session, world)
    first = urgent_requests.preview(session, service, NOW)[0]
    assert (first.names, first.label) == (("Dr. Jana Okafor",), "Neurologie Dienst")
