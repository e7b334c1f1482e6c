"""Mails about a case to who presents it: the conference, its time, the reference; never the question."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from confsched.domain.invites import Kind
from confsched.domain.permissions import Actor
from confsched.errors import Message, msg
from confsched.models.cases import CaseItem
from confsched.services import conference_news
from confsched.services.notices import notify


def tell_presenter(
    session: Session,
    actor: Actor | None,
    case: CaseItem,
    heading: Message,
    lines: Sequence[Message] = (),
    *,
    now: datetime,
) -> None:
    """Tell the presenter what has become of a case; nobody is told what they have done themselves."""
    if actor is not None and actor.person_id == case.presenter_id:
        return
    notify(
        session,
        Kind.CASE_NEWS,
        case.presenter,
        organisation_id=case.site.organisation_id,
        heading=heading,
        lines=[conference_news.facts(case.conference), msg("Reference %(ref)s", ref=case.case_ref), *lines],
        path=f"/cases/{case.id}",
        now=now,
    )


def reason_lines(reason: str) -> list[Message]:
    """Return the line that gives a reason, none where there is none."""
    return [msg("Reason: %(reason)s", reason=reason)] if reason else []
