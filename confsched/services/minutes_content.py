"""What the minutes of a conference hold, as plain values: the draft as it stands, or a version that stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.models.cases import CaseItem
from confsched.models.conferences import Attendance, Conference
from confsched.models.guests import Decision
from confsched.services.attendance import list_attendance
from confsched.services.cases import list_cases
from confsched.services.conference_run import BELOW_QUORUM

Content = dict[str, Any]


def content_of(session: Session, conference: Conference) -> Content:
    """Return everything that minutes say; instants in ISO 8601, states by their codes, people by name."""
    booking = conference.booking
    return {
        "title": conference.title,
        "kind": conference.kind.value,
        "site": conference.site.name,
        "room": conference.resource.name if conference.resource else "",
        "zone": conference.site.zone,
        "chair": (conference.chair or conference.organiser).name,
        "starts_at": _instant(booking.starts_at if booking else None),
        "ends_at": _instant(booking.ends_at if booking else None),
        "started_at": _instant(conference.started_at),
        "ended_at": _instant(conference.ended_at),
        "below_quorum": [step.reason for step in conference.steps if step.code == BELOW_QUORUM][-1:],
        "minutes": conference.minutes,
        "people": [_person(row) for row in list_attendance(session, conference)],
        "cases": [_case(case) for case in list_cases(session, conference)],
        "decisions": [_decision(row) for row in _decisions(session, conference)],
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _person(row: Attendance) -> Content:
    return {
        "name": row.person.name,
        "institution": row.institution,
        "serves": row.serves,
        "discipline": row.person.discipline,
        "mode": row.mode.value,
        "came_at": _instant(row.came_at),
        "left_at": _instant(row.left_at),
    }


def _case(case: CaseItem) -> Content:
    return {
        "id": str(case.id),
        "ref": case.case_ref,
        "site": case.site.short_name,
        "site_id": str(case.site_id),
        "presenter": case.presenter.name,
        "lane": case.lane.value,
        "state": case.state.value,
        "question": case.question,
        "recommendation": case.recommendation,
        "follow_up_on": case.follow_up_on.isoformat() if case.follow_up_on else None,
    }


def _decisions(session: Session, conference: Conference) -> list[Decision]:
    query = select(Decision).where(Decision.conference_id == conference.id).order_by(Decision.number)
    return list(session.scalars(query))


def _decision(row: Decision) -> Content:
    return {
        "number": row.number,
        "text": row.text,
        "responsible": row.responsible,
        "due_at": _instant(row.due_at),
    }
