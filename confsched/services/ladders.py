"""The ladder of an urgent service: read, checked and saved as a whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import zip_longest

from sqlalchemy import Select, delete, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.escalation import Step
from confsched.domain.kinds import EscalationTarget, UrgentKind
from confsched.domain.ladders import MAX_PHONE, find_faults, list_warnings
from confsched.domain.permissions import Actor
from confsched.errors import Message, msg
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.network import CooperationAgreement, Department, Site
from confsched.models.rosters import Duty, DutyLine
from confsched.models.rotations import DutyRotation
from confsched.services import audit
from confsched.services.catalogue import Stale
from confsched.services.escalation_rungs import step_of_row
from confsched.services.findings import Problem, Unfit

CONSULTS_AT_ONCE = range(1, 21)
TARGET_SECONDS = range(5, 259_201)  # three days
SOON = timedelta(days=14)


def step_field(index: int, field: str) -> str:
    """Return the name of a field of a step, which is counted from 0."""
    return f"step-{index}-{field}"


def target_field(key: str) -> str:
    """Return the name of the field of a clock's target."""
    return f"target-{key}"


@dataclass(frozen=True)
class NewLadder:
    """Hold how a service is reached: what it is asked for, its steps, and what goes with them."""

    kind: UrgentKind | None
    steps: tuple[Step, ...]
    consults_at_once: int = 2
    hotline: str = ""
    targets: Mapping[str, int] = field(default_factory=dict)


def ladder_of(session: Session, service: Service) -> NewLadder:
    """Return the ladder of a service as it is saved."""
    steps = tuple(step_of_row(row) for row in read_ladder(session, service))
    return NewLadder(
        service.urgent_kind, steps, service.consults_at_once, service.hotline, dict(service.targets)
    )


def read_ladder(session: Session, service: Service) -> list[EscalationStep]:
    """Return the steps of a service in order, their lines loaded."""
    query = (
        select(EscalationStep)
        .where(EscalationStep.service_id == service.id)
        .options(joinedload(EscalationStep.line).joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(EscalationStep.position)
    )
    return list(session.scalars(query))


def list_lines(session: Session, service: Service, *, now: datetime) -> list[DutyLine]:
    """Return the lines a step may call: those of the service's house, and of hubs it has an agreement with.

    A fallback hub is another house. Its lines are to be had where they serve this service, or where they
    serve an urgent one that a site of the own house may ask for. What the ladder calls already can stay.
    """
    own = service.site.organisation_id
    house = DutyLine.department.has(Department.site.has(Site.organisation_id == own))
    agreed = DutyLine.service.has(Service.is_urgent & Service.id.in_(_asked_for(own, service, now)))
    saved = select(EscalationStep.line_id).where(EscalationStep.service_id == service.id)
    query = (
        select(DutyLine)
        .where(or_(house, agreed, DutyLine.service_id == service.id, DutyLine.id.in_(saved)))
        .join(Department, Department.id == DutyLine.department_id)
        .join(Site, Site.id == Department.site_id)
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(Site.organisation_id != own, Site.name, DutyLine.position, DutyLine.name, DutyLine.id)
    )
    return list(session.scalars(query))


def _asked_for(own: uuid.UUID, service: Service, now: datetime) -> Select[uuid.UUID]:
    """Return the services that sites of a house may ask for today."""
    today = clock.local_day(now, service.site.zone)
    agreement = CooperationAgreement
    return select(agreement.service_id).where(
        agreement.site_id.in_(select(Site.id).where(Site.organisation_id == own)),
        agreement.valid_from <= today,
        or_(agreement.valid_until.is_(None), agreement.valid_until > today),
    )


def save_ladder(
    session: Session,
    actor: Actor,
    service: Service,
    new: NewLadder,
    *,
    seen_revision: int,
    now: datetime,
) -> None:
    """Put a ladder in the place of the one before; what rings already keeps its calls of this round.

    Saving what stands changes nothing. Each change is on the audit trail with what was before.
    Raises Stale where somebody else saved first, Unfit with all that is wrong.
    """
    session.refresh(service, with_for_update={"of": Service})
    changes = list(_list_changes(service, [step_of_row(row) for row in read_ladder(session, service)], new))
    if not changes:
        return
    if service.revision != seen_revision:
        raise Stale
    problems = find_problems(session, service, new, now=now)
    if problems:
        raise Unfit(problems)
    session.execute(delete(EscalationStep).where(EscalationStep.service_id == service.id))
    session.add_all(draft_steps(service, new.steps))
    service.urgent_kind, service.is_urgent = new.kind, True
    service.consults_at_once, service.hotline = new.consults_at_once, new.hotline
    service.targets = dict(new.targets)
    service.revision += 1
    session.flush()
    for change in changes:
        audit.record(session, actor, "ladder.change", service, now=now, detail=change)


def draft_steps(service: Service, steps: Sequence[Step]) -> list[EscalationStep]:
    """Return the rows of steps, of which nothing is on record yet."""
    return [_row(service.id, position, step) for position, step in enumerate(steps, start=1)]


def find_problems(session: Session, service: Service, new: NewLadder, *, now: datetime) -> list[Problem]:
    """Return all that keeps a ladder from being saved, each at its field."""
    allowed = {line.id for line in list_lines(session, service, now=now)}
    foreign = [
        Problem(step_field(index, "line_id"), msg("Choose one of the duty lines in the list."))
        for index, step in enumerate(new.steps)
        if step.line_id is not None and step.line_id not in allowed
    ]
    faults = find_faults(new.steps)
    of_steps = [Problem(step_field(one.index, one.field), one.message) for one in faults]
    return [*_find_problems_of_service(new), *of_steps, *foreign]


def _find_problems_of_service(new: NewLadder) -> Iterator[Problem]:
    if new.kind is None:
        yield Problem("kind", msg("Choose what this service is asked for."))
    if new.consults_at_once not in CONSULTS_AT_ONCE:
        least, most = CONSULTS_AT_ONCE[0], CONSULTS_AT_ONCE[-1]
        yield Problem("consults_at_once", msg("Enter %(least)s to %(most)s.", least=least, most=most))
    if len(new.hotline) > MAX_PHONE:
        yield Problem("hotline", msg("A number has at most %(count)s characters.", count=MAX_PHONE))
    for key, seconds in new.targets.items():
        if seconds not in TARGET_SECONDS:
            least, most = TARGET_SECONDS[0], TARGET_SECONDS[-1]
            sentence = msg("Enter %(least)s to %(most)s seconds.", least=least, most=most)
            yield Problem(target_field(key), sentence)


def _list_changes(service: Service, before: Sequence[Step], new: NewLadder) -> Iterator[str]:
    """Say what differs in words of the code, short enough for the audit trail."""
    for number, (was, now_is) in enumerate(zip_longest(before, new.steps), start=1):
        if was != now_is:
            yield f"step {number}: {_in_short(was)} -> {_in_short(now_is)}"
    pairs = {
        "urgent_kind": (service.urgent_kind, new.kind),
        "consults_at_once": (service.consults_at_once, new.consults_at_once),
        "hotline": (service.hotline, new.hotline),
    }
    for key in sorted({*service.targets, *new.targets}):
        pairs[f"target {key}"] = (service.targets.get(key), new.targets.get(key))
    for name, (old, wanted) in pairs.items():
        if old != wanted:
            yield f"{name}: {old} -> {wanted}"


def _in_short(step: Step | None) -> str:
    if step is None:
        return "none"
    line = f" {step.line_id}" if step.line_id else ""
    again = f" {step.repeats}x{step.repeat_seconds}s" if step.repeats else ""
    return f"{step.target.value}{line} +{step.delay_seconds}s{again}"


def _row(service_id: uuid.UUID, position: int, step: Step) -> EscalationStep:
    return EscalationStep(
        service_id=service_id,
        position=position,
        target=step.target,
        line_id=step.line_id,
        phone=step.phone,
        delay_seconds=step.delay_seconds,
        repeats=step.repeats,
        repeat_seconds=step.repeat_seconds,
    )


def warn(session: Session, service: Service, new: NewLadder) -> list[Message]:
    """Return what whoever sets the ladder should know, also about what it leans on."""
    warnings = list_warnings(new.steps)
    targets = {step.target for step in new.steps}
    if EscalationTarget.HUB_ROTATION in targets and not _has_rotation(session, service):
        warnings.append(msg("No hubs take turns on this service: that step calls every line that serves it."))
    cards = [step for step in new.steps if step.target is EscalationTarget.PHONE_CARD and not step.phone]
    if cards and not new.hotline:
        shown = msg(
            "The service has no number of its own: that of %(site)s is shown.", site=service.site.name
        )
        warnings.append(shown)
    return warnings


def list_unheld(session: Session, line_ids: Iterable[uuid.UUID], *, now: datetime) -> set[uuid.UUID]:
    """Return which lines nobody holds from now on: their step reaches nobody until a roster is published.

    That is said, and never refused: a ladder is set up before its rosters are.
    """
    wanted = set(line_ids)
    query = (
        select(Duty.line_id)
        .where(Duty.line_id.in_(wanted), Duty.superseded_at.is_(None), Duty.ends_at > now)
        .where(Duty.starts_at < now + SOON)
        .distinct()
    )
    return wanted - set(session.scalars(query))


def _has_rotation(session: Session, service: Service) -> bool:
    return bool(session.scalar(select(exists().where(DutyRotation.service_id == service.id))))
