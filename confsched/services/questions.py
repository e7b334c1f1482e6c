"""Questions to people of unknown time: one mail each, answered by its link without signing in."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.consults import ONE_DAY, deadline
from confsched.domain.intervals import Span
from confsched.domain.invites import Kind
from confsched.domain.kinds import BookingKind, ConferenceState, QuestionAnswer
from confsched.domain.permissions import Actor
from confsched.domain.questions import Verdict, answer_by, verdict
from confsched.domain.starts import MAX_WINDOW
from confsched.errors import Conflict, Message, NotFound, Refusal, msg
from confsched.formats.meetings import KINDS
from confsched.models.accounts import Account
from confsched.models.bookings import Booking
from confsched.models.claims import Hold
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.models.people import Membership, Person
from confsched.models.questions import AvailabilityQuestion
from confsched.services import (
    agreements,
    asked_times,
    audit,
    consult_notices,
    consult_times,
    holds,
    login_sessions,
)
from confsched.services.matching import plan_conference
from confsched.services.notices import notify

TOKEN_BYTES = 32  # 256 bits
MAX_OPEN = 40  # of one conference: more is a poll, not a question
MAX_ANSWERS = 20  # of one question: each may send a mail to who asks


class NoQuestion(Refusal):
    """Answer alike for a link that never was, that has run out, and whose question is settled."""

    status = 404

    def __init__(self) -> None:
        super().__init__(
            msg("This question is settled, or the link is not complete. Nothing more is asked of you here.")
        )


@dataclass(frozen=True)
class Shown:
    """Hold what the person asked may read: kind, time, who asks, the opaque reference, until when."""

    question: AvailabilityQuestion
    kind: BookingKind
    asked_by: str
    house: str
    case_ref: str | None
    wanted: Span

    @property
    def span(self) -> Span:
        return Span(self.question.starts_at, self.question.ends_at)


def confirm(session: Session, actor: Actor, consult: Consult, *, now: datetime) -> Booking | None:
    """Book what a consult holds; None where somebody of unknown time has to be asked first, and now is."""
    if consult.booking is not None:
        return consult.booking
    consult_times.check_open(consult)
    hold = consult_times.check_held(consult, now)
    if hold.confirmed_at is not None:
        return None
    unknown = set(holds.unknown_in(hold)) - asked_times.who_named(session, consult, hold.starts_at)
    if not unknown:
        return consult_times.book(session, actor, consult, now=now)
    until = answer_by(now, hold.starts_at, deadline(consult.reply_by_on, consult.service.site.zone))
    hold.confirmed_at, hold.person_id = now, actor.person_id
    if not holds.extend(session, hold, until):
        raise consult_times.RanOut
    for person_id in sorted(unknown):
        span = Span(hold.starts_at, hold.ends_at)
        ask(session, actor, person_id=person_id, span=span, consult=consult, now=now)
    return None


def ask_for_conference(
    session: Session, actor: Actor, conference: Conference, person_id: uuid.UUID, span: Span, *, now: datetime
) -> AvailabilityQuestion:
    """Ask somebody of the conference whether they can come at a time; the same question twice is one."""
    if conference.state is not ConferenceState.PLANNED:
        raise Conflict(msg("Everybody is invited already. Move the meeting instead."))
    plan = plan_conference(session, conference, now=now)
    if person_id not in plan.asked.people:
        raise NotFound
    if span.duration != plan.search.duration or span.ends_at > now + MAX_WINDOW:
        raise NotFound  # no page of ours offers it
    _check_few(session, conference, now)
    return ask(session, actor, person_id=person_id, span=span, conference=conference, now=now)


def _check_few(session: Session, conference: Conference, now: datetime) -> None:
    query = select(func.count()).where(
        AvailabilityQuestion.conference_id == conference.id,
        AvailabilityQuestion.answer.is_(None),
        AvailabilityQuestion.withdrawn_at.is_(None),
        AvailabilityQuestion.expires_at > now,
    )
    if (session.scalar(query) or 0) >= MAX_OPEN:
        raise Conflict(msg("%(count)s questions are open already. Wait for some answers.", count=MAX_OPEN))


def ask(
    session: Session,
    actor: Actor,
    *,
    person_id: uuid.UUID,
    span: Span,
    consult: Consult | None = None,
    conference: Conference | None = None,
    now: datetime,
) -> AvailabilityQuestion:
    """Ask one person for one time by mail; the same question twice is one. Raises Refusal when too soon."""
    known = _find_same(session, person_id, span, consult, conference, now)
    if known is not None:
        return known
    zone = consult.service.site.zone if consult else None
    until = answer_by(now, span.starts_at, deadline(consult.reply_by_on, zone) if consult and zone else None)
    _withdraw_former(session, person_id, consult, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    question = AvailabilityQuestion(
        person_id=person_id,
        consult_id=consult.id if consult else None,
        conference_id=conference.id if conference else None,
        asked_by_id=actor.person_id,
        starts_at=span.starts_at,
        ends_at=span.ends_at,
        token_hash=_hash(token),
        asked_at=now,
        expires_at=until,
    )
    session.add(question)
    session.flush()
    _mail(session, actor, question, token, consult, conference, now)
    audit.record(session, actor, "question.ask", question, now=now)
    return question


def _hash(token: str) -> str:
    """Return the SHA-256 of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def _find_same(
    session: Session,
    person_id: uuid.UUID,
    span: Span,
    consult: Consult | None,
    conference: Conference | None,
    now: datetime,
) -> AvailabilityQuestion | None:
    assert (consult is None) is not (conference is None), "a question is about one meeting"
    query = select(AvailabilityQuestion).where(
        AvailabilityQuestion.person_id == person_id,
        AvailabilityQuestion.consult_id == (consult.id if consult else None),
        AvailabilityQuestion.conference_id == (conference.id if conference else None),
        AvailabilityQuestion.starts_at == span.starts_at,
        AvailabilityQuestion.ends_at == span.ends_at,
        AvailabilityQuestion.withdrawn_at.is_(None),
        AvailabilityQuestion.expires_at > now,
    )
    return session.scalars(query).first()


def _withdraw_former(session: Session, person_id: uuid.UUID, consult: Consult | None, now: datetime) -> None:
    """Take back what a person was asked for a consult and has not answered: another time is asked now."""
    if consult is None:
        return
    session.execute(
        update(AvailabilityQuestion)
        .where(
            AvailabilityQuestion.person_id == person_id,
            AvailabilityQuestion.consult_id == consult.id,
            AvailabilityQuestion.answer.is_(None),
            AvailabilityQuestion.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def _mail(
    session: Session,
    actor: Actor,
    question: AvailabilityQuestion,
    token: str,
    consult: Consult | None,
    conference: Conference | None,
    now: datetime,
) -> None:
    """Send the one mail that holds the link; the token stands apart, so that no page shows it again."""
    target = consult or conference
    assert target is not None, "a question is about one meeting"
    kind = KINDS[BookingKind.TELECONSULT if consult else BookingKind.CONFERENCE]
    span = Span(question.starts_at, question.ends_at)
    lines = [
        msg("When: %(when)s", when=span),
        msg("%(name)s asks, %(house)s", name=actor.name, house=target.site.name),
        msg("Please answer by %(at)s", at=question.expires_at),
    ]
    if consult is not None:
        lines.append(msg("Reference %(ref)s", ref=consult.case_ref))
    message = notify(
        session,
        Kind.AVAILABILITY_QUESTION,
        session.get_one(Person, question.person_id),
        organisation_id=target.site.organisation_id,
        heading=msg("%(kind)s: can you come?", kind=kind),
        lines=lines,
        path="/questions/",
        now=now,
    )
    message.snapshot = {**message.snapshot, "secret": token}


def get_open(session: Session, token: str, *, now: datetime) -> Shown:
    """Return the question of a link while it can be answered; raises NoQuestion alike for all others."""
    query = (
        select(AvailabilityQuestion)
        .where(AvailabilityQuestion.token_hash == _hash(token))
        .options(joinedload(AvailabilityQuestion.person), joinedload(AvailabilityQuestion.asked_by))
    )
    question = session.scalars(query).one_or_none()
    if question is None or not _is_open(session, question, now):
        raise NoQuestion
    return _shown(session, question)


def is_known(session: Session, token: str) -> bool:
    """Tell whether a link was ever made, settled or not; who brings none of ours is guessing."""
    query = select(AvailabilityQuestion.id).where(AvailabilityQuestion.token_hash == _hash(token))
    return session.scalar(query) is not None


def _is_open(session: Session, question: AvailabilityQuestion, now: datetime) -> bool:
    if question.withdrawn_at is not None or question.expires_at <= now:
        return False
    if not _works_still(session, question.person, now):
        return False
    if question.conference_id is not None:
        return session.get_one(Conference, question.conference_id).state is ConferenceState.PLANNED
    return _asked_hold(session, question) is not None


def _works_still(session: Session, person: Person, now: datetime) -> bool:
    """Tell whether a person holds any function today: who has left answers for nobody."""
    today = clock.local_day(now, person.zone)
    query = select(Membership.id).where(
        Membership.person_id == person.id,
        Membership.valid_from <= today,
        or_(Membership.valid_until.is_(None), Membership.valid_until > today),
    )
    return session.scalars(query).first() is not None


def _asked_hold(session: Session, question: AvailabilityQuestion) -> Hold | None:
    """Return the hold that waits for this person's answer; without it, the question is settled."""
    query = select(Hold).where(
        Hold.consult_id == question.consult_id,
        Hold.confirmed_at.is_not(None),
        Hold.starts_at == question.starts_at,
    )
    hold = session.scalars(query).one_or_none()
    return hold if hold is not None and question.person_id in holds.people_in(hold) else None


def _shown(session: Session, question: AvailabilityQuestion) -> Shown:
    if question.conference_id is not None:
        conference = session.get_one(Conference, question.conference_id)
        zone = conference.site.zone
        wanted = Span(
            clock.start_of_day(conference.search_from_on, zone),
            clock.start_of_day(conference.search_until_on + ONE_DAY, zone),
        )
        kind, house, case_ref = BookingKind.CONFERENCE, conference.site.name, None
    else:
        assert question.consult_id is not None, "a question is about one meeting"
        consult = session.get_one(Consult, question.consult_id)
        wanted = Span(question.asked_at, deadline(consult.reply_by_on, consult.service.site.zone))
        kind, house, case_ref = BookingKind.TELECONSULT, consult.site.name, consult.case_ref
    return Shown(question, kind, question.asked_by.name, house, case_ref, wanted)


def answer(
    session: Session,
    token: str,
    given: QuestionAnswer,
    *,
    now: datetime,
    other_starts_at: datetime | None = None,
) -> AvailabilityQuestion:
    """Record an answer and do what follows from it; it may be changed until the question is settled."""
    shown = get_open(session, token, now=now)
    question = shown.question
    _lock(session, question)
    if not _is_open(session, question, now):
        raise NoQuestion
    other_starts_at = _checked_other(shown, given, other_starts_at, now)
    if (question.answer, question.other_starts_at) == (given, other_starts_at):
        return question
    if audit.count_events(session, "question.answer", question.id) >= MAX_ANSWERS:
        raise Conflict(msg("This answer was changed many times. Please call whoever asks."))
    question.answer, question.other_starts_at, question.answered_at = given, other_starts_at, now
    session.flush()
    audit.record(session, None, "question.answer", question, now=now, detail=given.value)
    if question.consult_id is not None:
        _settle_consult(session, question, now)
    else:
        _tell_planner(session, question, now)
    return question


def _lock(session: Session, question: AvailabilityQuestion) -> None:
    """Let answers to one consult come one after the other: the last yes books, and sees the others."""
    model = Consult if question.consult_id else Conference
    target_id = question.consult_id or question.conference_id
    session.get(model, target_id, with_for_update={"of": model}, populate_existing=True)
    session.refresh(question)


def _checked_other(
    shown: Shown, given: QuestionAnswer, starts_at: datetime | None, now: datetime
) -> datetime | None:
    if given is not QuestionAnswer.OTHER:
        return None
    if starts_at is None:
        raise Refusal(msg("Choose a day and a time."), field="day")
    length = shown.question.ends_at - shown.question.starts_at
    if starts_at <= now or not shown.wanted.covers(Span(starts_at, starts_at + length)):
        last_on = clock.local_day(shown.wanted.ends_at - length, shown.question.person.zone)
        raise Refusal(
            msg("This time does not help. Choose one that is still to come, by %(day)s.", day=last_on),
            field="day",
        )
    return starts_at


def _settle_consult(session: Session, question: AvailabilityQuestion, now: datetime) -> None:
    assert question.consult_id is not None, "a question of a consult"
    consult = session.get_one(Consult, question.consult_id)
    come_to = verdict(one.answer for one in asked_times.list_asked(session, consult))
    if come_to is Verdict.ALL_COME:
        _book(session, consult, now)
    elif come_to is Verdict.SOMEBODY_CANNOT:
        heading = msg("%(name)s cannot come", name=question.person.name)
        asked_times.give_back(session, consult, heading, now=now)
    elif question.answer is QuestionAnswer.OTHER and question.other_starts_at is not None:
        heading = msg("%(name)s proposes another time", name=question.person.name)
        line = msg("Proposed: %(at)s", at=question.other_starts_at)
        consult_notices.tell_asking(session, consult, heading, [line], page="/times", now=now)


def _book(session: Session, consult: Consult, now: datetime) -> None:
    """Book in the name of who confirmed the time; who may no longer do so no longer gets it."""
    hold = consult_times.check_held(consult, now)
    account = session.scalars(select(Account).where(Account.person_id == hold.person_id)).one_or_none()
    actor = login_sessions.find_actor(session, account, now) if account else None
    if actor is None or not agreements.stands(session, consult, now):
        holds.give_back(session, None, consult, now=now)
        return
    consult_times.book(session, actor, consult, now=now)


def _tell_planner(session: Session, question: AvailabilityQuestion, now: datetime) -> None:
    assert question.conference_id is not None, "a question of a conference"
    conference = session.get_one(Conference, question.conference_id)
    lines = [msg("When: %(when)s", when=Span(question.starts_at, question.ends_at))]
    if question.other_starts_at is not None:
        lines.append(msg("Proposed: %(at)s", at=question.other_starts_at))
    notify(
        session,
        Kind.CONSULT_NEWS,
        question.asked_by,
        organisation_id=conference.organisation_id,
        heading=_said(question),
        lines=lines,
        path=f"/conferences/{conference.id}/times",
        now=now,
    )


def _said(question: AvailabilityQuestion) -> Message:
    name = question.person.name
    if question.answer is QuestionAnswer.YES:
        return msg("%(name)s can come", name=name)
    if question.answer is QuestionAnswer.NO:
        return msg("%(name)s cannot come", name=name)
    return msg("%(name)s proposes another time", name=name)
