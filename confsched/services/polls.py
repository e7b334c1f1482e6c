"""Polls for a date: drafted with times that known calendars allow, asked by mail, decided into a conference.

While a poll is open the people of the network are kept free at its times as far as they are free; the
decision, a no, the withdrawal or the end of the poll gives that back.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from confsched import clock
from confsched.domain.bookings import check_times
from confsched.domain.kinds import ConferenceKind, PollAnswer, PollState
from confsched.domain.matching import Offer
from confsched.domain.permissions import Actor
from confsched.domain.polls import Tally, Vote, ranked, tally
from confsched.domain.privacy import check_text
from confsched.domain.signed_links import LinkPurpose, ToSign
from confsched.errors import Conflict, NotFound, Refusal, msg
from confsched.models.guests import Guest
from confsched.models.network import Site
from confsched.models.people import Membership, Person
from confsched.models.polls import DatePoll, PollReply, PollTime, PollVoter
from confsched.services import access, audit, idempotency, participants, poll_holds
from confsched.services.conference_checks import checked_duration, checked_link, checked_title
from confsched.services.findings import Findings
from confsched.services.matching import plan_people
from confsched.services.participants import Way

MAX_TIMES, MAX_VOTERS, MAX_TEXT, MAX_NOTE = 20, 100, 2000, 400
MAX_DAYS_AHEAD = 366
PROPOSALS = 6
DEFAULT_DAYS = timedelta(days=7)
VOTER_PATH = "/polls/vote/"


@dataclass(frozen=True)
class PollDraft:
    """Hold what the organiser typed."""

    title: str
    kind: ConferenceKind
    duration_minutes: int
    join_link: str
    text: str
    reply_by_on: date | None


@dataclass(frozen=True)
class Counted:
    """Hold a poll with its times, the best first, and who has answered."""

    poll: DatePoll
    tallies: tuple[Tally, ...]
    answered: int

    @property
    def best(self) -> Tally | None:
        return self.tallies[0] if self.tallies and self.answered else None


def create(session: Session, actor: Actor, draft: PollDraft, *, key: str, now: datetime) -> DatePoll:
    """Write the draft of a poll at the actor's site; the same key returns the first one."""
    known = idempotency.find_result(session, actor, "date_poll", key)
    if known is not None:
        return access.get_poll(session, actor, known)
    site = session.get_one(Site, actor.site_id)
    poll = DatePoll(
        organisation_id=site.organisation_id,
        site_id=site.id,
        organiser_id=actor.person_id,
        state=PollState.DRAFT,
        created_at=now,
        site=site,
    )
    _apply(poll, draft, now)
    poll.voters = [PollVoter(person_id=actor.person_id, position=0)]
    session.add(poll)
    session.flush()
    idempotency.remember(session, actor, "date_poll", key, poll.id, now=now)
    audit.record(session, actor, "poll.create", poll, now=now)
    return poll


def change(session: Session, actor: Actor, poll: DatePoll, draft: PollDraft, *, now: datetime) -> None:
    """Change a poll that nobody has been asked yet; its times keep their starts and get the new length."""
    _demand(poll, PollState.DRAFT)
    _apply(poll, draft, now)
    for one in poll.times:
        one.ends_at = one.starts_at + timedelta(minutes=poll.duration_minutes)
    audit.record(session, actor, "poll.change", poll, now=now)


def _apply(poll: DatePoll, draft: PollDraft, now: datetime) -> None:
    found = Findings()
    title = found.keep(checked_title, draft.title)
    minutes = found.keep(checked_duration, draft.duration_minutes)
    link = found.keep(checked_link, draft.join_link)
    text = found.keep(_checked_text, draft.text)
    reply_by_at = found.keep(_checked_deadline, draft.reply_by_on, poll.site.zone, now)
    found.raise_all()
    assert title and minutes and reply_by_at and link is not None and text is not None
    poll.title, poll.kind, poll.duration_minutes = title, draft.kind, minutes
    poll.join_link, poll.text, poll.reply_by_at = link, text, reply_by_at


def _checked_text(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_TEXT), field="text")
    check_text(text, field="text")
    return text


def _checked_deadline(day: date | None, zone: str, now: datetime) -> datetime:
    if day is None:
        raise Refusal(msg("Choose a day."), field="reply_by_on")
    if not 0 <= (day - clock.local_day(now, zone)).days <= MAX_DAYS_AHEAD:
        raise Refusal(msg("Choose a day from today on, at most a year ahead."), field="reply_by_on")
    # The last minute of the day: "until Wednesday, 24:00" would read as Thursday.
    return clock.start_of_day(day + timedelta(days=1), zone) - timedelta(minutes=1)


def _demand(poll: DatePoll, *states: PollState) -> None:
    if poll.state not in states:
        raise Conflict(msg("This poll has moved on meanwhile. Look at where it stands now."))


# ---- times ----


def add_time(session: Session, actor: Actor, poll: DatePoll, starts_at: datetime, *, now: datetime) -> None:
    """Add a candidate time to a draft; one that stands there already stays one."""
    _demand(poll, PollState.DRAFT)
    if any(one.starts_at == starts_at for one in poll.times):
        return
    if len(poll.times) >= MAX_TIMES:
        raise Refusal(
            msg("At most %(count)s times: more are answered by nobody.", count=MAX_TIMES), field="day"
        )
    ends_at = starts_at + timedelta(minutes=poll.duration_minutes)
    try:
        check_times(starts_at, ends_at, now=now, horizon_days=MAX_DAYS_AHEAD, notice_minutes=0)
    except Refusal as refusal:
        raise Refusal(refusal.message, field="day") from refusal
    poll.times.append(PollTime(starts_at=starts_at, ends_at=ends_at))
    session.flush()
    audit.record(session, actor, "poll.add_time", poll, now=now)


def remove_time(session: Session, actor: Actor, poll: DatePoll, time_id: uuid.UUID, *, now: datetime) -> None:
    """Take a candidate time out of a draft; twice is once."""
    _demand(poll, PollState.DRAFT)
    poll.times = [one for one in poll.times if one.id != time_id]
    audit.record(session, actor, "poll.remove_time", poll, now=now)


def propose(session: Session, poll: DatePoll, *, now: datetime) -> Sequence[Offer]:
    """Return times at which everybody whose calendar is known can come, best first, without those chosen."""
    people = internal(session, poll)
    if not people:
        return ()
    zone, length = poll.site.zone, timedelta(minutes=poll.duration_minutes)
    first_on = clock.local_day(poll.reply_by_at, zone) + timedelta(days=1)
    plan = plan_people(session, people, length, (first_on, first_on + 4 * DEFAULT_DAYS), zone=zone, now=now)
    chosen = {one.starts_at for one in poll.times}
    return [one for one in plan.offers() if one.span.starts_at not in chosen][:PROPOSALS]


# ---- people ----


def internal(session: Session, poll: DatePoll) -> list[Person]:
    """Return who of the asked works in the network, and so has a calendar here."""
    ids = [voter.person_id for voter in poll.voters]
    query = select(Person).where(Person.id.in_(ids)).options(selectinload(Person.memberships))
    people = {one.id: one for one in session.scalars(query)}
    return [people[one] for one in ids if not participants.is_guest(people[one])]


def add_people(
    session: Session,
    actor: Actor,
    poll: DatePoll,
    person_ids: Sequence[uuid.UUID],
    guest_ids: Sequence[uuid.UUID],
    *,
    now: datetime,
) -> None:
    """Ask more people, clinicians of the network and guests of the house; who is asked already stays."""
    _demand(poll, PollState.DRAFT)
    known = {voter.person_id for voter in poll.voters}
    wanted = (*_clinicians(session, person_ids, now), *_guests(session, actor, poll, guest_ids))
    new = [one for one in dict.fromkeys(wanted) if one not in known]
    if len(known) + len(new) > MAX_VOTERS:
        raise Refusal(
            msg("At most %(count)s people are asked in one poll.", count=MAX_VOTERS), field="person"
        )
    for person_id in new:
        poll.voters.append(PollVoter(person_id=person_id, position=len(poll.voters)))
    session.flush()
    audit.record(session, actor, "poll.add_people", poll, now=now, detail=str(len(new)))


def _clinicians(session: Session, ids: Sequence[uuid.UUID], now: datetime) -> list[uuid.UUID]:
    today = now.date()
    works = (Membership.valid_from <= today) & (
        Membership.valid_until.is_(None) | (Membership.valid_until > today)
    )
    found = set(session.scalars(select(Person.id).where(Person.id.in_(ids), Person.memberships.any(works))))
    if found != set(ids):
        raise NotFound
    return list(ids)


def _guests(session: Session, actor: Actor, poll: DatePoll, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    query = access.visible(actor, Guest).where(
        Guest.id.in_(ids), Guest.organisation_id == poll.organisation_id
    )
    found = {guest.id: guest.person_id for guest in session.scalars(query)}
    if found.keys() != set(ids):
        raise NotFound
    return [found[one] for one in ids]


def remove_voter(
    session: Session, actor: Actor, poll: DatePoll, voter_id: uuid.UUID, *, now: datetime
) -> None:
    """Ask somebody no more, as long as nobody was asked; the organiser stays."""
    _demand(poll, PollState.DRAFT)
    poll.voters = [one for one in poll.voters if one.id != voter_id or one.person_id == poll.organiser_id]
    audit.record(session, actor, "poll.remove_voter", poll, now=now)


# ---- answers ----


def get_voter(session: Session, voter_id: uuid.UUID | None, *, now: datetime) -> tuple[DatePoll, PollVoter]:
    """Return the poll that the link of a voter opens; raises NotFound for drafts and for links that ended."""
    voter = session.get(PollVoter, voter_id) if voter_id else None
    poll = session.get(DatePoll, voter.poll_id) if voter else None
    if voter is None or poll is None or poll.state is PollState.DRAFT:
        raise NotFound
    last = max([one.ends_at for one in poll.times], default=poll.reply_by_at)
    if now > last or not _is_still_known(session, poll, voter):
        raise NotFound
    return poll, voter


def _is_still_known(session: Session, poll: DatePoll, voter: PollVoter) -> bool:
    """Tell whether somebody works in the network or is a guest of the house still."""
    if voter.person.memberships:
        return True
    query = select(Guest.id).where(
        Guest.person_id == voter.person_id,
        Guest.organisation_id == poll.organisation_id,
        Guest.removed_at.is_(None),
    )
    return session.scalar(query) is not None


def answer(
    session: Session,
    poll: DatePoll,
    voter: PollVoter,
    answers: dict[uuid.UUID, PollAnswer],
    note: str,
    *,
    now: datetime,
) -> None:
    """Keep what somebody says to the times, in place of what they said before; a no gives their time back."""
    # The decision at the same moment comes wholly before or wholly after.
    session.refresh(poll, with_for_update=True)
    if poll.state is not PollState.OPEN:
        raise Conflict(msg("This poll is closed. The organiser has decided, or asks no more."))
    if len(note) > MAX_NOTE:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_NOTE), field="note")
    check_text(note, field="note")
    known = {one.id for one in poll.times}
    if not answers or not answers.keys() <= known:
        raise Refusal(msg("Say to each time whether it suits you: yes, if need be, or no."), field="answers")
    if answers.keys() != known:
        raise Refusal(msg("One of the times has no answer yet. Say yes, if need be, or no."), field="answers")
    voter.answers = [PollReply(time_id=key, answer=value) for key, value in answers.items()]
    voter.note, voter.answered_at = note.strip(), now
    session.flush()
    noes = [key for key, value in answers.items() if value is PollAnswer.NO]
    poll_holds.give_back(session, voter.person_id, noes)
    poll_holds.hold(session, poll, [voter.person], now=now, without=frozenset(noes))
    audit.record(session, None, "poll.answer", voter, now=now)


def way_of(voter: PollVoter) -> Way:
    """Return the page at which somebody answers: everybody by a link of their own, signed when it is sent."""
    return Way(VOTER_PATH, ToSign(LinkPurpose.VOTE, voter.id))


def count(poll: DatePoll) -> Counted:
    """Return the times of a poll, the best first."""
    votes = [Vote({one.time_id: one.answer for one in v.answers}, v.is_optional) for v in poll.voters]
    tallies = ranked(tally(one.id, one.starts_at, votes) for one in poll.times)
    return Counted(poll, tuple(tallies), sum(voter.answered_at is not None for voter in poll.voters))


def list_polls(session: Session, actor: Actor, *, limit: int = 100) -> list[DatePoll]:
    """Return the polls that the actor runs, the latest first."""
    query = (
        access.visible(actor, DatePoll, to="change")
        .options(selectinload(DatePoll.times), selectinload(DatePoll.voters), joinedload(DatePoll.organiser))
        .order_by(DatePoll.created_at.desc(), DatePoll.id)
        .limit(limit)
    )
    return list(session.scalars(query))
