"""Urgent requests: asked at once, whatever is missing; completed while it rings, by several people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.bookings import new_case_ref, normalise_case_ref
from confsched.domain.kinds import (
    EscalationTarget,
    SkipReason,
    TeleradiologyKind,
    Urgency,
    UrgentKind,
    UrgentState,
    UrgentStepKind,
)
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import find_patient_data
from confsched.domain.urgent_facts import (
    MAX_TYPED,
    RadiologyFacts,
    Reading,
    StrokeFacts,
    changes,
    read_fact,
)
from confsched.errors import NotFound, Refusal
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.network import CooperationAgreement, Site
from confsched.models.people import Person
from confsched.models.urgent import UrgentConsult, UrgentStep
from confsched.services import (
    access,
    escalation,
    idempotency,
    ladders,
    urgent_checks,
    urgent_steps,
)
from confsched.services.escalation_people import resolve_step

PURPOSE = "urgent_consult"  # of the key against double sending
QUESTION = "question"
MAX_PHONE = 40
FACTS: Mapping[UrgentKind, type[StrokeFacts] | type[RadiologyFacts]] = {
    UrgentKind.TELESTROKE: StrokeFacts,
    UrgentKind.TELERADIOLOGY: RadiologyFacts,
}


@dataclass(frozen=True)
class NewRequest:
    """Hold what was typed, by the names of the fields, and why a warning was passed over."""

    typed: Mapping[str, str] = field(default_factory=dict)
    case_ref: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Offered:
    """Hold an urgent service and the site for which the actor may ask it."""

    service: Service
    site: Site


@dataclass(frozen=True)
class Call:
    """Hold a step of the ladder as it would call now; nobody in `names` and no number: it is skipped."""

    target: EscalationTarget
    label: str
    place: str
    names: tuple[str, ...]
    phone: str
    after: timedelta
    skipped: SkipReason | None


def list_services(session: Session, actor: Actor, now: datetime) -> list[Offered]:
    """Return the urgent services that an agreement opens to the sites where the actor is a clinician."""
    today = clock.local_day(now, actor.zone)
    query = (
        select(Service, Site)
        .join(CooperationAgreement, CooperationAgreement.service_id == Service.id)
        .join(Site, Site.id == CooperationAgreement.site_id)
        .where(
            Site.id.in_(actor.sites_with(Permission.REQUEST_URGENT)),
            CooperationAgreement.valid_from <= today,
            or_(CooperationAgreement.valid_until.is_(None), CooperationAgreement.valid_until > today),
            Service.urgent_kind.is_not(None),
            Service.is_open.is_(True),
        )
        .options(joinedload(Service.site))
        .order_by(Service.urgent_kind.desc(), Service.name, Service.id)
    )
    order = [seat.site_id for seat in actor.seats]
    found: dict[uuid.UUID, Offered] = {}
    for service, site in session.execute(query).unique():
        known = found.get(service.id)
        if known is None or order.index(site.id) < order.index(known.site.id):
            found[service.id] = Offered(service, site)
    return list(found.values())


def list_kinds(session: Session, actor: Actor, now: datetime) -> frozenset[UrgentKind]:
    """Return what the sites of the actor may ask for."""
    if not actor.sites_with(Permission.REQUEST_URGENT):
        return frozenset()
    kinds = (one.service.urgent_kind for one in list_services(session, actor, now))
    return frozenset(kind for kind in kinds if kind)


def get_offered(session: Session, actor: Actor, service_id: uuid.UUID, now: datetime) -> Offered:
    """Return an urgent service that the actor may ask; raises NotFound alike for all others."""
    for offered in list_services(session, actor, now):
        if offered.service.id == service_id:
            return offered
    raise NotFound


def preview(session: Session, service: Service, at: datetime) -> list[Call]:
    """Return the ladder as it would call at an instant: by the code that calls."""
    after, calls, called = timedelta(), [], set[uuid.UUID]()
    for step in ladders.read_ladder(session, service):
        after += timedelta(seconds=step.delay_seconds)
        reached = resolve_step(session, service, step, at, called=called)
        called |= {one.person_id for one in reached.choice.called}
        names = tuple(one.name for one in reached.choice.called)
        calls.append(_call(service, step, names, after, reached.choice.skipped))
    return calls


def _call(
    service: Service,
    step: EscalationStep,
    names: tuple[str, ...],
    after: timedelta,
    skipped: SkipReason | None,
) -> Call:
    is_card = step.target is EscalationTarget.PHONE_CARD
    phone = (step.phone or service.hotline or service.site.phone) if is_card else ""
    line = step.line
    place = line.department.site.short_name if line else service.site.short_name
    return Call(step.target, line.name if line else service.name, place, names, phone, after, skipped)


def request(
    session: Session, actor: Actor, service: Service, new: NewRequest, *, key: str, now: datetime
) -> UrgentConsult:
    """Ask, write the ladder and make its first call, all in one transaction; the same key asks once.

    Nothing that was typed, and nothing that is missing, ever stops a request.
    """
    known = idempotency.find_result(session, actor, PURPOSE, key)
    if known is not None:
        return access.get_urgent(session, actor, known)
    offered = get_offered(session, actor, service.id, now)
    consult = begin(session, actor, offered, new, state=UrgentState.REQUESTED, key=key, now=now)
    escalation.start(session, consult, now=now)
    return consult


def begin(
    session: Session,
    actor: Actor,
    offered: Offered,
    new: NewRequest,
    *,
    state: UrgentState,
    key: str,
    now: datetime,
) -> UrgentConsult:
    """Write a consult with what was typed, and why a warning was passed over; nobody is called by it."""
    consult = _new_consult(session, actor, offered, new, state, now)
    urgent_steps.begin(session, actor, consult, now=now)
    idempotency.remember(session, actor, PURPOSE, key, consult.id, now=now)
    urgent_checks.keep_overrides(session, actor, consult, new.reasons, now=now)
    return consult


def _new_consult(
    session: Session, actor: Actor, offered: Offered, new: NewRequest, state: UrgentState, now: datetime
) -> UrgentConsult:
    kind = offered.service.urgent_kind
    assert kind is not None, "an urgent service has a kind"
    consult = UrgentConsult(
        service=offered.service,
        site=offered.site,
        requester_id=actor.person_id,
        kind=kind,
        state=state,
        case_ref=_case_ref(session, new.case_ref),
        question="",
        facts={},
        requested_at=now,
        recorded_at=now,
    )
    _tell(consult, new.typed, now)
    return consult


def _case_ref(session: Session, proposed: str) -> str:
    """Return the reference that the page had proposed, or a new one where it cannot be used."""
    try:
        return normalise_case_ref(proposed)
    except Refusal:
        return propose_case_ref(session)


def propose_case_ref(session: Session) -> str:
    """Return a reference that no urgent consult has."""
    while True:
        proposed = new_case_ref(uuid.uuid4().bytes)
        if not session.scalar(select(UrgentConsult.id).where(UrgentConsult.case_ref == proposed).limit(1)):
            return proposed


def facts_of(consult: UrgentConsult) -> StrokeFacts | RadiologyFacts:
    """Return what was told, as it was read."""
    return FACTS[consult.kind].from_kept(consult.facts)


def typed_of(consult: UrgentConsult) -> dict[str, str]:
    """Return what was typed, by the names of the fields, for the form that completes it."""
    return {name: str(entry["typed"]) for name, entry in consult.facts.items()} | {QUESTION: consult.question}


def change_facts(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    shown: Mapping[str, str],
    new: NewRequest,
    *,
    now: datetime,
) -> None:
    """Change the fields that differ from what the form had shown; of two people, the later wins a field.

    What stood there before is kept in the step, so nothing that anybody typed is lost.
    """
    urgent_steps.lock(session, consult)
    before = typed_of(consult)
    changed = changes(shown, new.typed)
    told = _tell(consult, changed, now)
    after = typed_of(consult)
    details = {name: {"from": before.get(name, ""), "to": after.get(name, "")} for name in told}
    details = {name: both for name, both in details.items() if both["from"] != both["to"]}
    if details:
        urgent_steps.add_step(
            session, actor, consult, UrgentStepKind.FACTS, "changed", now=now, details={"changed": details}
        )
    urgent_checks.keep_overrides(session, actor, consult, new.reasons, now=now)


def _tell(consult: UrgentConsult, typed: Mapping[str, str], now: datetime) -> list[str]:
    """Put what was typed into the consult and return the names of the fields that its kind has."""
    names = {one.name for one in fields(FACTS[consult.kind])}
    facts, told = dict(consult.facts), [name for name in typed if name in names]
    for name in told:
        reading = read_fact(name, typed[name], now, consult.site.zone)
        facts.pop(name, None)
        if reading is not None:
            facts[name] = reading.kept()
    consult.facts = facts
    if QUESTION in typed:
        consult.question = typed[QUESTION].strip()[:MAX_TYPED]
        told.append(QUESTION)
    _mirror(consult)
    return told


def _mirror(consult: UrgentConsult) -> None:
    """Keep what lists and clocks read in columns of their own."""
    facts = facts_of(consult)
    phone: Reading | None = facts.callback_phone
    consult.callback_phone = phone.typed[:MAX_PHONE] if phone else ""
    if isinstance(facts, RadiologyFacts):
        urgency, legal_kind = facts.value("urgency"), facts.value("legal_kind")
        consult.urgency = Urgency(urgency) if urgency else None
        consult.legal_kind = TeleradiologyKind(legal_kind) if legal_kind else None


def list_changes(consult: UrgentConsult) -> list[UrgentStep]:
    """Return who changed which fields when, the last first."""
    return [step for step in reversed(consult.steps) if step.kind is UrgentStepKind.FACTS]


def phone_of(session: Session, actor: Actor) -> str:
    """Return the number that is proposed to call back at."""
    return session.get_one(Person, actor.person_id).phone


def fields_with_names(consult: UrgentConsult) -> list[str]:
    """Return the fields that seem to name a patient; they are kept as typed, and no message carries them."""
    return [name for name, text in typed_of(consult).items() if find_patient_data(text)]
