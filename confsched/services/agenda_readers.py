"""Who reads how much of an agenda: desk and participants all of it, who brings a case their own part."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.permissions import Actor
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import access
from confsched.services.agenda_view import AgendaView


@dataclass(frozen=True)
class Reader:
    """Hold what one person may read of one agenda."""

    person_id: uuid.UUID
    is_desk: bool
    case_ids: frozenset[uuid.UUID]

    def limited(self, view: AgendaView) -> AgendaView:
        """Return the view without the cases of others; then nobody's minutes but the reader's own."""
        rows = tuple(row for row in view.rows if row.case.id in self.case_ids)
        if len(rows) == len(view.rows):
            return view
        blocks = tuple(one for one in view.blocks if one.person_id == self.person_id)
        return replace(view, rows=rows, blocks=blocks, findings=())


def reader_of(session: Session, actor: Actor, conference: Conference) -> Reader:
    """Return what the actor may read of a conference that they may see."""
    desk = access.visible(actor, Conference, to="change").where(Conference.id == conference.id)
    query = access.visible(actor, CaseItem).where(CaseItem.conference_id == conference.id)
    return Reader(
        person_id=actor.person_id,
        is_desk=session.scalar(select(desk.exists())) or False,
        case_ids=frozenset(session.scalars(query.with_only_columns(CaseItem.id))),
    )
