"""The quorum of conferences: forecast at any time, checked at the cut-off, a day before and at the start."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched.domain import quorum
from confsched.domain.conferences import AHEAD
from confsched.domain.kinds import ConferenceKind
from confsched.domain.privacy import check_text
from confsched.domain.quorum import Forecast, Line, Occasion
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference, QuorumCheck
from confsched.services import conference_news, group_quorum
from confsched.services.quorum_facts import load_facts
from confsched.services.quorum_substitutes import propose
from confsched.services.substitutes import Substitute

REASON = "below_quorum_reason"
MAX_REASON = 400
NAMED = 3  # substitutes named in a mail for each requirement; the page names all
LOOK_AHEAD = timedelta(days=14)  # no cut-off lies further before a conference
LATE = timedelta(hours=1)  # who wakes up later than this warns nobody of a start any more
LAST_DAY = timedelta(days=1)
ROUND = 20  # conferences in one transaction; the next call takes the rest


def forecast(session: Session, conference: Conference, *, now: datetime) -> Forecast:
    """Return how likely each requirement of a conference is met; without a time nothing is required yet."""
    return forecasts(session, [conference], now=now).get(conference.id, Forecast())


def forecasts(
    session: Session, conferences: Sequence[Conference], *, now: datetime
) -> dict[uuid.UUID, Forecast]:
    """Return the forecast of each conference that has a time, for many in as many queries as for one."""
    facts = load_facts(session, conferences, now=now)
    found = {key: quorum.forecast(one.required, one.people) for key, one in facts.items()}
    for conference in conferences:
        if conference.kind is ConferenceKind.REGIONAL_CONFERENCE and conference.id in found:
            groups = group_quorum.lines_of(session, conference, facts[conference.id].people)
            found[conference.id] = Forecast((*found[conference.id].lines, *groups))
    return found


def check(session: Session, conference: Conference, occasion: Occasion, *, now: datetime) -> QuorumCheck:
    """Keep what the quorum is found to be, and warn chair and organiser where it is not sure.

    Who could stand in is proposed from rosters and calendars. Twice for one occasion and time is once.
    """
    known = find_check(session, conference, occasion)
    if known is not None and occasion is not Occasion.REPLY:
        return known
    found = forecast(session, conference, now=now)
    row = _record(session, conference, occasion, found, now)
    if not found.has_quorum:
        _warn(session, conference, occasion, found, now)
    return row


def find_check(session: Session, conference: Conference, occasion: Occasion) -> QuorumCheck | None:
    """Return the check of an occasion that was made for the time that the conference has now."""
    booking = conference.booking
    if booking is None:
        return None
    planned = {name: at for at, name in quorum.occasions(booking.starts_at, conference.cutoff_minutes)}
    query = select(QuorumCheck).where(
        QuorumCheck.conference_id == conference.id, QuorumCheck.occasion == occasion
    )
    if occasion in planned:
        query = query.where(QuorumCheck.checked_at >= planned[occasion])
    return session.scalars(query.order_by(QuorumCheck.checked_at.desc()).limit(1)).first()


def list_checks(session: Session, conference: Conference) -> list[QuorumCheck]:
    """Return what was found, in order."""
    query = select(QuorumCheck).where(QuorumCheck.conference_id == conference.id)
    return list(session.scalars(query.order_by(QuorumCheck.checked_at, QuorumCheck.id)))


def demand(session: Session, conference: Conference, reason: str, now: datetime) -> str:
    """Return the reason for which a conference may begin below its quorum, "" where it has one.

    Raises Refusal where it has none and no reason is given. What was found is kept as the check at the start.
    """
    if conference.booking is None:
        raise Conflict(msg("This conference has no time yet. Find one first."))
    found = forecast(session, conference, now=now)
    reason = " ".join(reason.split())
    if not found.has_quorum:
        _check_reason(reason, found)
    if find_check(session, conference, Occasion.START) is None:
        _record(session, conference, Occasion.START, found, now)
    return "" if found.has_quorum else reason


def _check_reason(reason: str, found: Forecast) -> None:
    if not reason:
        names = ", ".join(line.required.label for line in found.lacking)
        raise Refusal(
            msg("There is no quorum: %(names)s. Give a reason to begin all the same.", names=names),
            field=REASON,
        )
    if len(reason) > MAX_REASON:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_REASON), field=REASON)
    check_text(reason, field=REASON)


def _record(
    session: Session, conference: Conference, occasion: Occasion, found: Forecast, now: datetime
) -> QuorumCheck:
    row = QuorumCheck(
        conference_id=conference.id,
        occasion=occasion,
        checked_at=now,
        has_quorum=found.has_quorum,
        missing=[line.as_row() for line in found.lacking],
    )
    session.add(row)
    session.flush()
    return row


_HEADINGS: Mapping[Occasion, Message] = {
    Occasion.CUT_OFF: msg("Registration is closed, and the quorum is not sure"),
    Occasion.DAY_BEFORE: msg("A conference of the next 24 hours has no sure quorum"),
    Occasion.START: msg("A conference begins without a sure quorum"),
    Occasion.REPLY: msg("A late reply takes the quorum away"),
}


def _warn(
    session: Session, conference: Conference, occasion: Occasion, found: Forecast, now: datetime
) -> None:
    proposed = propose(session, conference, found, now=now)
    lines = [words for line in found.lacking for words in _words(line, proposed.get(line.required.key, ()))]
    people = conference_news.desk_of(conference)
    conference_news.tell(session, conference, people, _HEADINGS[occasion], lines, now=now)


def _words(line: Line, proposed: Sequence[Substitute]) -> list[Message]:
    """Say what is missing, and who could come."""
    required = line.required
    lacks = msg(
        "%(label)s: %(wanted)s needed, %(sure)s sure, %(maybe)s perhaps",
        label=required.label,
        wanted=required.count,
        sure=len(line.sure),
        maybe=len(line.maybe),
    )
    free = [one.name for one in proposed if one.is_free][:NAMED]
    if not free:
        return [lacks, msg("Nobody else is known to be free then.")]
    return [lacks, msg("Free then and not invited yet: %(names)s", names=", ".join(free))]


def check_due(session: Session, *, now: datetime) -> int:
    """Check the conferences whose cut-off, last day or start has come; return how many were checked."""
    due = _list_due(session, now)
    done = 0
    for conference_id, occasion in due[:ROUND]:
        query = select(Conference).where(Conference.id == conference_id)
        conference = session.scalars(query.with_for_update(of=Conference, skip_locked=True)).one_or_none()
        if conference is not None and conference.state in AHEAD:
            done += _check_once(session, conference, occasion, now)
    return done


def _check_once(session: Session, conference: Conference, occasion: Occasion, now: datetime) -> int:
    """Check one conference that is locked; a late reply is kept only where it changes what was found."""
    if occasion is not Occasion.REPLY:
        if find_check(session, conference, occasion) is not None:
            return 0
        check(session, conference, occasion, now=now)
        return 1
    last = list_checks(session, conference)[-1]
    if forecast(session, conference, now=now).has_quorum is last.has_quorum:
        return 0
    check(session, conference, Occasion.REPLY, now=now)
    return 1


def _list_due(session: Session, now: datetime) -> list[tuple[uuid.UUID, Occasion]]:
    """Return which conferences are to be checked for what, soonest first."""
    last = (
        select(QuorumCheck.checked_at)
        .where(QuorumCheck.conference_id == Conference.id)
        .order_by(QuorumCheck.checked_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(Conference.id, Conference.cutoff_minutes, Booking.starts_at, Booking.revised_at, last)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(
            Conference.state.in_(AHEAD),
            Booking.starts_at > now - LATE,
            Booking.starts_at <= now + LOOK_AHEAD,
        )
        .order_by(Booking.starts_at, Conference.id)
    )
    found = (_due(*row, now=now) for row in session.execute(query))
    return [one for one in found if one is not None]


def _due(
    conference_id: uuid.UUID,
    cutoff_minutes: int,
    starts_at: datetime,
    revised_at: datetime,
    last_checked_at: datetime | None,
    *,
    now: datetime,
) -> tuple[uuid.UUID, Occasion] | None:
    occasion = quorum.find_due(starts_at, cutoff_minutes, last_checked_at, now)
    if occasion is not None:
        return conference_id, occasion
    is_last_day = starts_at - LAST_DAY <= now < starts_at
    if is_last_day and last_checked_at is not None and revised_at > last_checked_at:
        return conference_id, Occasion.REPLY
    return None
