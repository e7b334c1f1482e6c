"""Holds the past dates of the tumour board: cases, attendance, minutes released or still to be written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from confsched.demo.meetings import JULIA, PETRA, THEA, VIKTOR
from confsched.demo.network import Network
from confsched.domain.kinds import AttendanceMode, CaseState, CaseTriage, FollowUpState, Lamp, NotDoneReason
from confsched.domain.permissions import Actor
from confsched.models.bookings import Booking
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import attendance, cases, conference_news, conference_run, follow_ups, minutes
from confsched.services.case_checks import CaseDraft
from confsched.services.shared_texts import text_mark

TITLE = "Tumorkonferenz Thorax"
REGISTERED, WRITTEN, ASKED = timedelta(days=3), timedelta(hours=1), timedelta(days=2)
TALKED, BETWEEN = timedelta(minutes=6), timedelta(minutes=1)
FOLLOWED_UP = timedelta(days=14)
PER_DATE = 2
LEFT_OPEN = 1  # of the last date the minutes are still to be written
FEW = "Vertretung kurzfristig erkrankt, Besprechung nicht aufschiebbar"
COURSE = "Beginn pünktlich. Bilder aller Fälle lagen vor."


@dataclass(frozen=True)
class HeldPlan:
    """Hold a case of a past date, what was recommended, and what became of it."""

    presenter: str
    case_ref: str
    question: str
    recommendation: str
    became: FollowUpState = FollowUpState.ONGOING


PLANS = (
    HeldPlan(JULIA, "FK-0NS3", "Resektabilität?", "Resektion, danach adjuvant.", FollowUpState.COMPLETED),
    HeldPlan(THEA, "FK-6KW2", "Bestrahlung ja oder nein?", "Bestrahlung, sechs Wochen."),
    HeldPlan(VIKTOR, "FK-1RT9", "Rundherd, Punktion?", "Punktion.", FollowUpState.NOT_DONE),
    HeldPlan(JULIA, "FK-7BD5", "Oligometastasierung", "Stereotaxie, Kontrolle in drei Monaten."),
    HeldPlan(THEA, "FK-2GM8", "Zweitlinie nach Progress?", "Umstellung, erneut vorstellen."),
    HeldPlan(JULIA, "FK-4QX1", "Verlauf nach drei Zyklen", "Therapie fortsetzen, Bild in sechs Wochen."),
    HeldPlan(THEA, "FK-3VN7", "Pleuraerguss, Pleurodese?", "Drainage, Pleurodese bei Rezidiv."),
    HeldPlan(VIKTOR, "FK-9PL6", "Erhaltung oder Pause?", "Pause bis zum nächsten Bild."),
)


def hold_past(session: Session, network: Network, now: datetime) -> None:
    """Hold each past date, the latest ones with two cases each, the last one without its minutes."""
    session.flush()
    past = _list_past(session, now)
    desk = network.actor(PETRA)
    first = len(past) - len(PLANS) // PER_DATE
    for number, conference in enumerate(past):
        start = max(0, PER_DATE * (number - first))
        plans = PLANS[start : start + PER_DATE] if number >= first else ()
        _hold(session, network, desk, conference, plans)
        if number < len(past) - LEFT_OPEN:
            _release(session, desk, conference)
            _say_what_became(session, network, conference, plans)


def _list_past(session: Session, now: datetime) -> list[Conference]:
    query = (
        select(Conference)
        .join(Booking, Booking.id == Conference.booking_id)
        .where(Conference.title == TITLE, Conference.series_id.is_not(None), Booking.ends_at < now)
        .options(joinedload(Conference.booking))
        .order_by(Booking.starts_at)
    )
    return list(session.scalars(query))


def _hold(
    session: Session, network: Network, desk: Actor, conference: Conference, plans: tuple[HeldPlan, ...]
) -> None:
    starts_at, ends_at = _times(conference)
    listed = [_register(session, network, desk, conference, plan) for plan in plans]
    conference_run.start(session, desk, conference, now=starts_at, below_quorum_reason=FEW)
    for person in conference_news.participants_of(conference):
        mode = AttendanceMode.ON_SITE if person.discipline else AttendanceMode.REMOTE
        attendance.record(session, desk, conference, person.id, mode=mode, now=starts_at)
    at = starts_at + BETWEEN
    for case, plan in zip(listed, plans, strict=True):
        conference_run.call_case(session, desk, case, now=at)
        at += TALKED
        text, mark, day = plan.recommendation, text_mark(""), (at + FOLLOWED_UP).date()
        conference_run.recommend(session, desk, case, text, mark=mark, now=at, follow_up_on=day)
        at += BETWEEN
    conference_run.end(session, desk, conference, now=max(at, ends_at - TALKED))


def _times(conference: Conference) -> tuple[datetime, datetime]:
    assert conference.booking is not None, "what is past had a time"
    return conference.booking.starts_at, conference.booking.ends_at


def _register(
    session: Session, network: Network, desk: Actor, conference: Conference, plan: HeldPlan
) -> CaseItem:
    at = _times(conference)[0] - REGISTERED
    draft = CaseDraft(
        case_ref=plan.case_ref,
        question=plan.question,
        disciplines=("Radiologie",),
        minutes=7,
        imaging=Lamp.THERE,
        is_urgent=False,
    )
    key = f"demo-{plan.case_ref}"
    case = cases.register(session, network.actor(plan.presenter), conference, draft, now=at, key=key)
    cases.triage(session, desk, case, CaseTriage.DISCUSS, now=at)
    assert case.state in (CaseState.READY, CaseState.INCOMPLETE), "what is accepted can be called"
    return case


def _release(session: Session, desk: Actor, conference: Conference) -> None:
    at = _times(conference)[1] + WRITTEN
    minutes.save(session, desk, conference, COURSE, mark=text_mark(""), now=at)
    minutes.release(session, desk, conference, now=at)


def _say_what_became(
    session: Session, network: Network, conference: Conference, plans: tuple[HeldPlan, ...]
) -> None:
    at = _times(conference)[1] + ASKED
    said = {plan.case_ref: plan for plan in plans if plan.became is not FollowUpState.ONGOING}
    for case in cases.list_cases(session, conference):
        if case.case_ref in said:
            plan = said[case.case_ref]
            actor, reason = network.actor(plan.presenter), NotDoneReason.PATIENTS_WISH
            follow_ups.say(session, actor, case, plan.became, now=at, reason=reason)
