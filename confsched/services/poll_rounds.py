"""What a poll does to others: it asks, reminds, and ends in a conference to which everybody is invited."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.bookings import ClaimState, check_times
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import BookingKind, ConferenceState, PollAnswer, PollState
from confsched.domain.permissions import Actor
from confsched.errors import Conflict, Message, Refusal, msg
from confsched.models.bookings import Booking
from confsched.models.conferences import Conference
from confsched.models.polls import DatePoll, PollTime, PollVoter
from confsched.services import (
    audit,
    bookings,
    claims,
    conference_steps,
    invitations,
    poll_holds,
    polls,
)
from confsched.services.bookings import Attendance, Meeting
from confsched.services.claims import Override
from confsched.services.notices import notify

REMIND_BEFORE = timedelta(hours=24)
REMIND_AGAIN_AFTER = timedelta(hours=12)
INVITED_BY_POLL = "Poll"


def ask_all(session: Session, actor: Actor, poll: DatePoll, *, now: datetime) -> None:
    """Ask everybody, and keep the times free for them; sent twice it is sent once."""
    if poll.state is PollState.OPEN:
        return
    if poll.state is not PollState.DRAFT:
        raise Conflict(msg("This poll has moved on meanwhile. Look at where it stands now."))
    if len(poll.times) < 2:
        raise Refusal(msg("Offer at least two times: with one there is nothing to choose."), field="day")
    if len(poll.voters) < 2:
        raise Refusal(msg("Say who is asked."), field="person")
    if poll.reply_by_at > min(one.starts_at for one in poll.times):
        raise Refusal(
            msg("Everybody has to answer before the first of the times. Choose an earlier day."),
            field="reply_by_on",
        )
    poll.state = PollState.OPEN
    session.flush()
    poll_holds.hold(session, poll, polls.internal(session, poll), now=now)
    for voter in poll.voters:
        _ask(session, poll, voter, msg("When does it suit you? %(title)s", title=poll.title), now)
    audit.record(session, actor, "poll.send", poll, now=now)


def _ask(session: Session, poll: DatePoll, voter: PollVoter, heading: Message, now: datetime) -> None:
    voter.reminded_at = now
    times = [msg("%(time)s", time=Span(one.starts_at, one.ends_at)) for one in poll.times]
    notify(
        session,
        Kind.DATE_POLL,
        voter.person,
        organisation_id=poll.organisation_id,
        heading=heading,
        lines=[*times, msg("Please answer by %(time)s.", time=poll.reply_by_at)],
        path=polls.way_of(voter),
        now=now,
    )


def remind(session: Session, actor: Actor, poll: DatePoll, *, now: datetime) -> int:
    """Ask those who have not answered once more, each at most twice a day; returns how many were asked."""
    if poll.state is not PollState.OPEN:
        raise Conflict(msg("This poll is closed. The organiser has decided, or asks no more."))
    late = [
        voter
        for voter in poll.voters
        if voter.answered_at is None
        and (voter.reminded_at is None or voter.reminded_at <= now - REMIND_AGAIN_AFTER)
    ]
    if not late:
        raise Conflict(msg("Everybody has answered, or was asked within the last twelve hours."))
    for voter in late:
        _ask(session, poll, voter, _again(poll), now)
    audit.record(session, actor, "poll.remind", poll, now=now, detail=str(len(late)))
    return len(late)


def _again(poll: DatePoll) -> Message:
    return msg("Your answer is missing: %(title)s", title=poll.title)


def remind_due(session: Session, *, now: datetime, limit: int = 20) -> int:
    """Remind who has not answered a day before a poll ends, once; returns how many mails that were."""
    soon = now + REMIND_BEFORE
    query = (
        select(PollVoter)
        .join(DatePoll, DatePoll.id == PollVoter.poll_id)
        .where(
            DatePoll.state == PollState.OPEN,
            DatePoll.reply_by_at <= soon,
            DatePoll.reply_by_at > now,
            PollVoter.answered_at.is_(None),
            PollVoter.reminded_at <= now - REMIND_AGAIN_AFTER,
        )
        .order_by(DatePoll.reply_by_at, PollVoter.id)
        .limit(limit)
        .with_for_update(of=PollVoter, skip_locked=True)
    )
    due = [(voter, session.get_one(DatePoll, voter.poll_id)) for voter in session.scalars(query)]
    for voter, poll in due:
        _ask(session, poll, voter, _again(poll), now)
        # Not again before the end: the next reminder would be later than that.
        voter.reminded_at = poll.reply_by_at
    return len(due)


def withdraw(session: Session, actor: Actor, poll: DatePoll, *, now: datetime) -> None:
    """End a poll without a date and tell everybody who was asked; twice is once."""
    if poll.state is PollState.WITHDRAWN:
        return
    if poll.state is PollState.DECIDED:
        raise Conflict(msg("This poll is decided. Call the conference off instead."))
    was_open, poll.state, poll.decided_at = poll.state is PollState.OPEN, PollState.WITHDRAWN, now
    poll_holds.give_all_back(session, poll)
    for voter in poll.voters if was_open else ():
        if voter.person_id != actor.person_id:
            _tell(session, poll, voter, msg("The poll is withdrawn: %(title)s", title=poll.title), (), now)
    audit.record(session, actor, "poll.withdraw", poll, now=now)


def _tell(
    session: Session,
    poll: DatePoll,
    voter: PollVoter,
    heading: Message,
    lines: Sequence[Message],
    now: datetime,
) -> None:
    notify(
        session,
        Kind.DATE_POLL,
        voter.person,
        organisation_id=poll.organisation_id,
        heading=heading,
        lines=lines,
        path=polls.way_of(voter),
        now=now,
    )


def decide(
    session: Session,
    actor: Actor,
    poll: DatePoll,
    time_id: uuid.UUID,
    *,
    now: datetime,
    override_reason: str = "",
) -> Conference:
    """Book one of the times and invite everybody; decided twice, it stays the first conference.

    Who has said no is invited as somebody who need not come, and keeps their time. Raises Taken where
    somebody who said yes has been taken meanwhile.
    """
    if poll.state is PollState.DECIDED:
        return session.get_one(Conference, poll.conference_id)
    if poll.state is not PollState.OPEN:
        raise Conflict(msg("This poll has moved on meanwhile. Look at where it stands now."))
    chosen = next((one for one in poll.times if one.id == time_id), None)
    if chosen is None:
        raise Refusal(msg("Choose one of the times of this poll."), field="day")
    minutes = timedelta(minutes=poll.duration_minutes)
    span = check_times(
        chosen.starts_at,
        chosen.starts_at + minutes,
        now=now,
        horizon_days=polls.MAX_DAYS_AHEAD,
        notice_minutes=0,
    )
    override = bookings.override_of(actor, override_reason)
    poll_holds.give_all_back(session, poll)
    conference = _conference(poll, span, now)
    session.add(conference)
    conference.booking = _book(session, actor, poll, chosen, span, override, now)
    conference_steps.enter(session, actor, conference, ConferenceState.REGISTRATION_OPEN, now=now)
    invitations.announce(session, conference.booking, invitations.before(None), now=now)
    poll.state, poll.decided_at, poll.conference_id = PollState.DECIDED, now, conference.id
    audit.record(session, actor, "poll.decide", poll, now=now, detail=override_reason)
    return conference


def _book(
    session: Session,
    actor: Actor,
    poll: DatePoll,
    chosen: PollTime,
    span: Span,
    override: Override | None,
    now: datetime,
) -> Booking:
    """Book the time for everybody who was asked, and take those who did not say no."""
    meeting = Meeting(
        kind=BookingKind.CONFERENCE,
        title=poll.title,
        span=span,
        zone=poll.site.zone,
        organisation_id=poll.organisation_id,
        join_link=poll.join_link,
        resource_id=poll.resource_id,
    )
    booking = bookings.create(session, actor, meeting, _attendances(poll, chosen), now=now)
    session.flush()
    noes = {voter.person_id for voter in poll.voters if _says_no(voter, chosen)}
    wanted = [one for one in bookings.takings(booking) if one.subject_id not in noes]
    claims.take(session, wanted, now=now, state=ClaimState.FIRM, booking_id=booking.id, override=override)
    return booking


def _says_no(voter: PollVoter, chosen: PollTime) -> bool:
    return any(one.time_id == chosen.id and one.answer is PollAnswer.NO for one in voter.answers)


def _attendances(poll: DatePoll, chosen: PollTime) -> list[Attendance]:
    return [
        Attendance(
            voter.person_id,
            voter.person.discipline or INVITED_BY_POLL,
            voter.is_optional or _says_no(voter, chosen),
            poll.organisation_id if not voter.person.memberships else None,
        )
        for voter in poll.voters
    ]


def _conference(poll: DatePoll, span: Span, now: datetime) -> Conference:
    day = clock.local_day(span.starts_at, poll.site.zone)
    return Conference(
        title=poll.title,
        kind=poll.kind,
        duration_minutes=poll.duration_minutes,
        search_from_on=day,
        search_until_on=day,
        join_link=poll.join_link,
        resource_id=poll.resource_id,
        site_id=poll.site_id,
        organisation_id=poll.organisation_id,
        organiser_id=poll.organiser_id,
        state=ConferenceState.PLANNED,
        created_at=now,
    )
