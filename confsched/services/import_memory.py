"""What a department has said once about its sheets, so that it is not asked again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain.roster_names import plain_letters
from confsched.models.duty_rosters import ImportMemory
from confsched.models.network import Department

MAX_TEXT = 120
NAME, CODE, LAYOUT = "name", "code", "layout"


@dataclass(frozen=True)
class Memory:
    """Hold what is remembered: people by name_key (None is left out), codes by alias_key, columns."""

    names: Mapping[str, uuid.UUID | None]
    codes: Mapping[str, str]
    layouts: Mapping[str, Mapping[str, Any]]


def name_key(name: str) -> str:
    """Return the one way in which a name is remembered, whatever its case and umlauts."""
    return " ".join(plain_letters(name).split())[:MAX_TEXT]


def load_memory(session: Session, department_id: uuid.UUID) -> Memory:
    """Return everything that a department has said about its sheets."""
    rows = session.scalars(select(ImportMemory).where(ImportMemory.department_id == department_id)).all()
    return Memory(
        names={row.text: _person_of(row.meaning) for row in rows if row.kind == NAME},
        codes={row.text: row.meaning["code"] for row in rows if row.kind == CODE},
        layouts={row.text: row.meaning for row in rows if row.kind == LAYOUT},
    )


def _person_of(meaning: Mapping[str, Any]) -> uuid.UUID | None:
    person_id = meaning["person_id"]
    return uuid.UUID(person_id) if person_id else None


def remember(
    session: Session, department_id: uuid.UUID, kind: str, meanings: Mapping[str, Mapping[str, Any]]
) -> None:
    """Keep what texts mean; what was said before is replaced."""
    # The lock lets two secretaries explain the same sheet without a double row.
    session.execute(select(Department.id).where(Department.id == department_id).with_for_update())
    query = select(ImportMemory).where(
        ImportMemory.department_id == department_id,
        ImportMemory.kind == kind,
        ImportMemory.text.in_(meanings),
    )
    known = {row.text: row for row in session.scalars(query)}
    for text, meaning in meanings.items():
        if text in known:
            known[text].meaning = dict(meaning)
        else:
            session.add(
                ImportMemory(department_id=department_id, kind=kind, text=text, meaning=dict(meaning))
            )
    session.flush()
