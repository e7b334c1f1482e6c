"""Nobody is busy at night: where a time is outside everybody's working hours, that is said once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from confsched.domain.availability import Why
from confsched.domain.explain import Explanation, NeedAt
from confsched.domain.intervals import Span
from confsched.domain.matching import Candidate, Need
from confsched.errors import Message, msg

Candidates = Mapping[uuid.UUID, Candidate]


def gather(explanation: Explanation, needs: Sequence[Need], candidates: Candidates) -> Explanation:
    """Return the explanation with one sentence for each time at which nobody of a need works."""
    by_label = {need.label: need for need in needs}
    blocked = tuple(
        replace(part, reasons=(off,))
        if part.need in by_label and (off := _find_off(by_label[part.need], candidates, part.span))
        else part
        for part in explanation.blocked
    )
    return replace(explanation, blocked=blocked)


def gather_at(found: NeedAt, need: Need, candidates: Candidates, span: Span) -> NeedAt:
    """Return the answer for one need and time with one sentence where nobody of it works then."""
    off = _find_off(need, candidates, span)
    return replace(found, busy=(("", off),)) if off else found


def _find_off(need: Need, candidates: Candidates, span: Span) -> Message | None:
    pool = [candidates[person] for person in need.pool if person in candidates]
    if not pool or not all(_is_off(candidate, span) for candidate in pool):
        return None
    if len(pool) == 1:
        return msg("Outside the working hours of %(name)s.", name=pool[0].name)
    return msg("Outside the working hours of all %(count)s who could come.", count=len(pool))


def _is_off(candidate: Candidate, span: Span) -> bool:
    parts = [part for part in candidate.availability.stretches if part.span.overlaps(span)]
    return bool(parts) and all(part.why is Why.NOT_WORKING for part in parts)
