"""Builds the urgent lane: ladders, people who can be reached, link tests, and three consults under way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.demo.meetings import JULIA, THEA
from confsched.demo.network import Network
from confsched.domain.kinds import Channel, EscalationTarget, UrgentKind, UrgentState
from confsched.models.contacts import ContactPoint
from confsched.models.ladders import EscalationStep
from confsched.models.urgent import UrgentConsult
from confsched.services import link_tests, urgent_live, urgent_requests, urgent_steps
from confsched.services.urgent_requests import NewRequest
from confsched.services.who_is_on import who_is_on

Target = EscalationTarget
TESTED, PROVEN = timedelta(hours=1), timedelta(days=40)
SENT_AFTER = timedelta(seconds=2)
REACHED_DEPARTMENTS = ("Klinik für Neurologie", "Institut für Radiologie")


@dataclass(frozen=True)
class StepPlan:
    """Hold a step: its target, the line by its place in the plan of lines, and its delay."""

    target: EscalationTarget
    line: int | None
    delay_seconds: int


@dataclass(frozen=True)
class UrgentPlan:
    service: str
    kind: UrgentKind
    hotline: str
    steps: tuple[StepPlan, ...]


SERVICES = (
    UrgentPlan(
        "stroke",
        UrgentKind.TELESTROKE,
        "030 23125-110",
        (
            StepPlan(Target.DUTY_LINE, 0, 0),
            StepPlan(Target.PARALLEL_LINE, 1, 180),
            StepPlan(Target.BACKGROUND_LINE, 2, 180),
            StepPlan(Target.PHONE_CARD, None, 180),
        ),
    ),
    UrgentPlan(
        "radiology",
        UrgentKind.TELERADIOLOGY,
        "030 23125-130",
        (
            StepPlan(Target.DUTY_LINE, 4, 0),
            StepPlan(Target.BACKGROUND_LINE, 5, 180),
            StepPlan(Target.PHONE_CARD, None, 180),
        ),
    ),
)


def add_ladders(session: Session, network: Network) -> None:
    """Make the two services urgent ones, each with whom it calls in which order."""
    for plan in SERVICES:
        service = network.services[plan.service]
        service.urgent_kind, service.hotline = plan.kind, plan.hotline
        for position, step in enumerate(plan.steps, start=1):
            line = network.lines[step.line] if step.line is not None else None
            row = EscalationStep(service_id=service.id, position=position, target=step.target)
            row.line_id, row.delay_seconds = line.id if line else None, step.delay_seconds
            session.add(row)
    session.flush()


def add_contact_points(session: Session, network: Network, now: datetime) -> None:
    """Let everybody who holds the lines of the ladders be reached by mail, as they have proven."""
    for department in REACHED_DEPARTMENTS:
        for person in network.staff["wendstadt", department]:
            point = ContactPoint(person_id=person.id, channel=Channel.EMAIL, address=person.email)
            point.created_at = point.proven_at = now - PROVEN
            session.add(point)
    session.flush()


def add_consults(session: Session, network: Network, now: datetime) -> None:
    """Leave one consult ringing, one with video, and one with its images on the way; two sites asked."""
    for email in (JULIA, THEA):
        actor = network.actor(email)
        at, key = now - TESTED, f"demo-{email}"
        link_tests.record(session, actor, actor.site_id, worked=True, note="Testbild CT", key=key, now=at)
    stroke = {"callback_phone": "030 23125-314", "nihss": "11", "lvo": "yes", "age_band": "70-79"}
    connected = _ask(session, network, JULIA, "stroke", "FK-7Q2M", stroke, now - timedelta(minutes=19))
    _take(session, connected, now - timedelta(minutes=17))
    urgent_steps.enter(session, None, connected, UrgentState.CONNECTED, now=now - timedelta(minutes=14))
    images = {"callback_phone": "030 23125-514", "modality": "CT", "regions": "head,neck"}
    images |= {"urgency": "emergency", "physician": "Dr. Thea Lohmann"}
    scanning = _ask(session, network, THEA, "radiology", "FK-4R8W", images, now - timedelta(minutes=12))
    _take(session, scanning, now - timedelta(minutes=11))
    for minutes, state in ((9, UrgentState.INDICATION_GIVEN), (6, UrgentState.SCANNING)):
        urgent_steps.enter(session, None, scanning, state, now=now - timedelta(minutes=minutes))
    ringing = {"callback_phone": "030 23125-516", "last_known_well": "heute 01:40", "lvo": "unclear"}
    _ask(session, network, THEA, "stroke", "FK-9N3K", ringing, now - timedelta(minutes=1))


def _ask(
    session: Session,
    network: Network,
    email: str,
    service: str,
    case_ref: str,
    typed: dict[str, str],
    now: datetime,
) -> UrgentConsult:
    new = NewRequest(typed, case_ref, {"permit": "Kein Radiologe im Haus"})
    actor, key = network.actor(email), f"demo-{case_ref}"
    consult = urgent_requests.request(session, actor, network.services[service], new, key=key, now=now)
    for alert in (alert for rung in consult.rungs for alert in rung.alerts):
        alert.sent_at = now + SENT_AFTER
    return consult


def _take(session: Session, consult: UrgentConsult, now: datetime) -> None:
    """Let whoever holds the first line of the service take it."""
    on = who_is_on(session, now, line_id=consult.rungs[0].line_id)
    if on:
        urgent_live.acknowledge(session, on[0].person_id, consult, now=now)
