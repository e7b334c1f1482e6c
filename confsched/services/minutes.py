"""Minutes of a conference: drafted, released as a version that stays as it is, corrected by a further one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.clock import local_day
from confsched.domain import chains
from confsched.domain import minutes as rules
from confsched.domain.holidays import is_public_holiday
from confsched.domain.kinds import CaseState, ConferenceState
from confsched.domain.permissions import Actor
from confsched.domain.privacy import check_text
from confsched.errors import Conflict, Refusal, msg
from confsched.models.accounts import Account
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference, MinutesRelease
from confsched.models.people import Person
from confsched.services import access, audit, conference_access, conference_news, conference_steps
from confsched.services.cases import list_cases
from confsched.services.minutes_content import content_of
from confsched.services.shared_texts import demand_seen, tidy

MAX_MINUTES = 20_000
MAX_REASON = 400
CORRECTED = "correction"
_DRAFTED_WHILE = frozenset({ConferenceState.RUNNING, ConferenceState.MINUTES_DRAFT})


def save(
    session: Session, actor: Actor, conference: Conference, text: str, *, mark: str, now: datetime
) -> None:
    """Keep the draft; `mark` is that of the text which the form has shown.

    Raises TextChanged where somebody else has written meanwhile, Refusal for patient data.
    """
    if conference.state not in _DRAFTED_WHILE:
        raise Conflict(msg("The minutes are not open. Look at where the conference stands now."))
    text = tidy(text)
    if len(text) > MAX_MINUTES:
        raise Refusal(msg("Keep it to %(count)s characters.", count=MAX_MINUTES), field="minutes")
    check_text(text, "minutes")
    demand_seen(conference.minutes, text, mark, "minutes")
    if text != conference.minutes:
        conference.minutes = text
        conference_steps.record_step(session, actor, conference, now=now, code="minutes_written")


def release(session: Session, actor: Actor, conference: Conference, *, now: datetime) -> MinutesRelease:
    """Freeze text, attendance and recommendations as a version, and tell who takes part that it is there.

    Pressed twice it releases once. The mail holds a link and nothing of what was decided.
    """
    releases = list_releases(session, conference)
    if releases and conference.state is ConferenceState.RELEASED:
        return releases[-1]
    if conference.state is not ConferenceState.MINUTES_DRAFT:
        raise Conflict(msg("The conference has to be ended before its minutes are released."))
    row = _freeze(session, actor, conference, releases, now)
    conference_steps.enter(session, actor, conference, ConferenceState.RELEASED, now=now, reason=row.reason)
    conference.released_at = conference.released_at or now
    _tell(session, conference, row, now)
    return row


def correct(session: Session, actor: Actor, conference: Conference, reason: str, *, now: datetime) -> None:
    """Open released minutes for a correction; what was released stays, the next one carries the reason."""
    if conference.state is ConferenceState.MINUTES_DRAFT and conference.released_at is not None:
        return
    reason = " ".join(reason.split())
    if not reason:
        raise Refusal(msg("Say what is corrected, and why."), field="reason")
    if len(reason) > MAX_REASON:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_REASON), field="reason")
    check_text(reason, "reason")
    wanted = ConferenceState.MINUTES_DRAFT
    conference_steps.enter(session, actor, conference, wanted, now=now, reason=reason, code=CORRECTED)


def minutes_due_at(conference: Conference) -> datetime | None:
    """Return when the minutes are due, by the calendar of the host; None: nothing was held, or all is out."""
    ended_at = _ended_at(conference)
    if ended_at is None or conference.state not in _DRAFTED_WHILE or conference.released_at is not None:
        return None
    site = conference.site
    return rules.due_at(ended_at, site.zone, partial(is_public_holiday, state=site.state))


def minutes_due_on(conference: Conference) -> date | None:
    """Return the day at whose end the minutes are due, as people say it."""
    at = minutes_due_at(conference)
    return local_day(at, conference.site.zone) - timedelta(days=1) if at is not None else None


def remind_at(conference: Conference) -> datetime | None:
    """Return when who leads a conference is reminded of its minutes; None where nothing is due."""
    ended_at = _ended_at(conference)
    if ended_at is None or minutes_due_at(conference) is None:
        return None
    site = conference.site
    return rules.remind_at(ended_at, site.zone, partial(is_public_holiday, state=site.state))


def _ended_at(conference: Conference) -> datetime | None:
    if conference.ended_at is not None:
        return conference.ended_at
    return conference.booking.ends_at if conference.booking else None


def list_releases(session: Session, conference: Conference) -> list[MinutesRelease]:
    """Return every version that was handed out, in order."""
    query = (
        select(MinutesRelease)
        .where(MinutesRelease.conference_id == conference.id)
        .options(joinedload(MinutesRelease.released_by))
        .order_by(MinutesRelease.number)
    )
    return list(session.scalars(query))


def find_break(releases: Iterable[MinutesRelease]) -> int | None:
    """Return the number of the first version that is not what was released; None: all are."""
    previous = chains.FIRST_HASH
    for number, row in enumerate(releases, 1):
        is_next = (row.number, row.previous_hash) == (number, previous)
        if not is_next or row.hash != chains.link(previous, _cells(row)):
            return number
        previous = row.hash
    return None


def reads_all(session: Session, actor: Actor, conference: Conference) -> bool:
    """Tell whether the actor takes part or runs the desk; who only brings a case reads of that case alone."""
    whole = conference_access.runs(actor) | Conference.booking.has(conference_access.takes_part(actor, "see"))
    return session.scalar(select(Conference.id).where(Conference.id == conference.id, whole)) is not None


def runs_desk(session: Session, actor: Actor, conference: Conference) -> bool:
    """Tell whether the actor runs the desk of a conference."""
    query = select(Conference.id).where(Conference.id == conference.id, conference_access.runs(actor))
    return session.scalar(query) is not None


def readable(
    session: Session, actor: Actor, conference: Conference, content: dict[str, Any]
) -> dict[str, Any]:
    """Return of the minutes what the actor may read."""
    if reads_all(session, actor, conference):
        return content
    own = {str(case.id) for case in list_readable_cases(session, actor, conference)}
    kept = [case for case in content["cases"] if case["id"] in own]
    return {**content, "minutes": "", "cases": kept, "decisions": []}


def list_readable_cases(session: Session, actor: Actor, conference: Conference) -> list[CaseItem]:
    """Return the cases of an agenda that the actor may read, in order."""
    query = access.visible(actor, CaseItem).where(CaseItem.conference_id == conference.id)
    visible = {case.id for case in session.scalars(query)}
    return [case for case in list_cases(session, conference) if case.id in visible]


def record_export(
    session: Session, actor: Actor, conference: Conference, what: str, *, now: datetime
) -> None:
    """Keep on record who has taken minutes or an agenda out of the application, and in which shape."""
    audit.record(session, actor, "conference.export", conference, now=now, detail=what)


def _freeze(
    session: Session,
    actor: Actor,
    conference: Conference,
    releases: Sequence[MinutesRelease],
    now: datetime,
) -> MinutesRelease:
    content = content_of(session, conference)
    open_case = next((one for one in content["cases"] if one["state"] == CaseState.IN_DISCUSSION), None)
    if open_case is not None:
        raise Conflict(
            msg("%(ref)s is being talked about. End that, or put the case back.", ref=open_case["ref"])
        )
    row = MinutesRelease(
        conference_id=conference.id,
        number=len(releases) + 1,
        released_at=now,
        released_by_id=actor.person_id,
        reason=_reason(conference) if releases else "",
        content=content,
        previous_hash=releases[-1].hash if releases else chains.FIRST_HASH,
    )
    row.hash = chains.link(row.previous_hash, _cells(row))
    session.add(row)
    session.flush()
    return row


def _cells(row: MinutesRelease) -> tuple[str, ...]:
    content = json.dumps(row.content, ensure_ascii=False, sort_keys=True)
    head = (row.conference_id, row.number, row.released_at.isoformat(), row.released_by_id, row.reason)
    return (*map(str, head), content)


def _reason(conference: Conference) -> str:
    corrections = [step.reason for step in conference.steps if step.code == CORRECTED]
    return corrections[-1] if corrections else ""


def _tell(session: Session, conference: Conference, row: MinutesRelease, now: datetime) -> None:
    """Tell who takes part or has brought a case, and can sign in to read it."""
    presenters = select(CaseItem.presenter_id).where(CaseItem.conference_id == conference.id)
    ids = {person.id for person in conference_news.participants_of(conference)} | set(
        session.scalars(presenters)
    )
    with_account = select(Account.person_id)
    people = session.scalars(
        select(Person).where(Person.id.in_(ids), Person.id.in_(with_account)).order_by(Person.id)
    ).all()
    heading = msg("The minutes are released") if row.number == 1 else msg("The minutes were corrected")
    conference_news.tell(session, conference, people, heading, (), now=now, page="/minutes")
