"""Lay an agenda out for a page: each case at its time, everybody's stays, and what is wrong with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from confsched.domain.agenda import Layout, lay_out, registered
from confsched.domain.intervals import Span, merge
from confsched.errors import Message, msg
from confsched.services.agenda_facts import AgendaFacts
from confsched.services.agenda_view import AgendaPresence, AgendaRow, AgendaView


def build(facts: AgendaFacts | None, capacity: int, ends_at: datetime | None) -> AgendaView:
    """Return the view of an agenda in the order it stands."""
    if facts is None:
        return AgendaView(None, None, (), (), 0, capacity, capacity, 0, 0, ())
    layout = lay_out(facts.docket, facts.order)
    used = sum(case.minutes for case in facts.cases)
    before = lay_out(facts.docket, registered(facts.docket))
    return AgendaView(
        starts_at=facts.starts_at,
        ends_at=ends_at,
        rows=tuple(_rows(facts, layout)),
        blocks=(*_presences(facts, layout), *_gaps(facts, layout)),
        minutes_used=used,
        minutes_free=capacity - used,
        capacity=capacity,
        minutes_before=before.minutes,
        minutes_after=layout.minutes,
        findings=tuple(_findings(facts, layout, used - capacity)),
    )


def _rows(facts: AgendaFacts, layout: Layout) -> Iterator[AgendaRow]:
    for number, (case, starts) in enumerate(zip(facts.cases, layout.starts, strict=True), start=1):
        yield AgendaRow(
            case=case,
            number=number,
            starts_at=facts.at(starts),
            ends_at=facts.at(starts + case.minutes),
            people=facts.people[case.id],
            missing=facts.missing[case.id],
            is_outside=case.id in layout.outside,
            is_beyond=starts + case.minutes > facts.docket.capacity,
        )


def _presences(facts: AgendaFacts, layout: Layout) -> Iterator[AgendaPresence]:
    """Yield everybody's stays, in the order in which they are needed first."""
    needed = {one.person_id: one for people in facts.people.values() for one in people}
    serves: dict[uuid.UUID, dict[str, None]] = {}
    for one in (one for people in facts.people.values() for one in people if one.serves):
        serves.setdefault(one.person_id, {})[one.serves] = None
    for person in dict.fromkeys(
        block.person for block in sorted(layout.blocks, key=lambda block: block.starts)
    ):
        spans = tuple(
            Span(facts.at(block.starts), facts.at(block.ends))
            for block in layout.blocks
            if block.person == person
        )
        label = ", ".join(serves.get(person, {}))
        yield AgendaPresence(person, needed[person].name, label, spans, _minutes(spans))


def _gaps(facts: AgendaFacts, layout: Layout) -> Iterator[AgendaPresence]:
    """Yield when a discipline is needed for which nobody comes."""
    spans: dict[str, list[Span]] = {}
    for case, starts in zip(facts.cases, layout.starts, strict=True):
        for discipline in facts.missing[case.id]:
            span = Span(facts.at(starts), facts.at(starts + case.minutes))
            spans.setdefault(discipline, []).append(span)
    for discipline, found in sorted(spans.items()):
        merged = tuple(merge(found))
        yield AgendaPresence(None, "", discipline, merged, _minutes(merged))


def _minutes(spans: tuple[Span, ...]) -> int:
    return sum(int(span.duration.total_seconds()) // 60 for span in spans)


def _findings(facts: AgendaFacts, layout: Layout, too_many: int) -> Iterator[Message]:
    if too_many > 0:
        yield msg("The cases take %(count)s minutes more than there are.", count=too_many)
    for case in facts.cases:
        if case.id in layout.outside:
            yield msg(
                "%(ref)s does not fit into the time of %(name)s, who presents it.",
                ref=case.case_ref,
                name=case.presenter.name,
            )
    absent: dict[str, list[str]] = {}
    for case in facts.cases:
        for discipline in facts.missing[case.id]:
            absent.setdefault(discipline, []).append(case.case_ref)
    for discipline, refs in sorted(absent.items()):
        yield msg("Nobody comes for %(discipline)s: %(refs)s.", discipline=discipline, refs=", ".join(refs))
