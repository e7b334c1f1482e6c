"""Whom a request would reach at an instant, step by step and why: as the alarm asks, and nothing is sent."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.domain.kinds import EscalationTarget, SkipReason
from confsched.models.catalogue import Service
from confsched.models.ladders import EscalationStep
from confsched.models.rosters import DutyLine
from confsched.services.escalation import resolve_step
from confsched.services.hub_rotation import TraceStep


@dataclass(frozen=True)
class TriedStep:
    """Hold what one step would do: after how long, whom it calls over which line, and the way there."""

    number: int
    target: EscalationTarget
    line_name: str
    after: timedelta
    called: tuple[str, ...]
    skipped: SkipReason | None
    trace: tuple[TraceStep, ...]
    repeats: int = 0
    repeat_seconds: int = 0


@dataclass(frozen=True)
class DryRun:
    """Hold the steps that a request at an instant would take if nobody acknowledged."""

    at: datetime
    steps: tuple[TriedStep, ...]

    @property
    def reaches_nobody(self) -> bool:
        return not any(step.called for step in self.steps)

    @property
    def first_call(self) -> TriedStep | None:
        return next((step for step in self.steps if step.called), None)


def try_ladder(session: Session, service: Service, steps: Sequence[EscalationStep], at: datetime) -> DryRun:
    """Climb a ladder in thought, with rosters, contact points and work as they stand now.

    A step that calls nobody lets the next begin at once, as it does when it is for real (PEER_FAILURES 34).
    A phone card stands for whoever reads it.
    """
    tried: list[TriedStep] = []
    called: set[uuid.UUID] = set()
    after, is_skipped = timedelta(), False
    for number, step in enumerate(steps, start=1):
        after += timedelta() if is_skipped else timedelta(seconds=step.delay_seconds)
        reached = resolve_step(session, service, step, at + after, called=called)
        called |= {one.person_id for one in reached.choice.called}
        is_skipped = reached.choice.skipped is not None
        line = session.get(DutyLine, reached.line_id) if reached.line_id else None
        tried.append(
            TriedStep(
                number,
                step.target,
                line.name if line else "",
                after,
                tuple(one.name for one in reached.choice.called),
                reached.choice.skipped,
                reached.steps,
                0 if is_skipped else step.repeats or 0,
                step.repeat_seconds or 0,
            )
        )
    return DryRun(at, tuple(tried))
