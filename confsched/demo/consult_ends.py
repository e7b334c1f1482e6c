"""Builds how consults went on: declined, run out, took place without a word, reported, closed, on behalf."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.meetings import A_DAY, JULIA, MIRA, PETRA, REPLY_DAYS, THEA, ConsultPlan, ask, book
from confsched.demo.network import Network
from confsched.demo.rosters import last_working_day
from confsched.demo.staff import ZONE
from confsched.domain.bookings import BookingState
from confsched.domain.consults import ASKING, deadline
from confsched.domain.kinds import NoShowSide
from confsched.domain.permissions import Actor
from confsched.models.consults import Consult
from confsched.models.people import Person
from confsched.services import consult_deadlines, consult_reports, consults, triage
from confsched.services.consults import Question

DECLINED = ConsultPlan(JULIA, "oncology", "FK-8DE2", "Vorstellung nach auswärtiger Biopsie?", 0)
RAN_OUT = ConsultPlan(JULIA, "vascular", "FK-5EX7", "Lymphödem, Indikation zur Bildgebung?", 0)
ON_BEHALF = ConsultPlan(MIRA, "paediatrics", "FK-2WB4", "Fieberkrampf vor Umstellung, Beobachtung?", 0)
WITHDRAWN = ConsultPlan(THEA, "neurology", "FK-5TD3", "Schwindel, hat sich inzwischen gebessert.", 0)
# Needed on a day that lies nearer than the notice of its service: accepted, but without a time.
TOO_SOON = ConsultPlan(JULIA, "joint", "FK-6NK8", "Verschluss der Beinarterie, Lyse oder Operation?", 0)
UNREPORTED = ConsultPlan(JULIA, "personal", "FK-8MF5", "Herd im MRT, Operation sinnvoll?", -1)
NOBODY_CAME = "FK-7HC4"
REPORTS = {
    "FK-3MB7": "Umstellung auf Lamotrigin in drei Schritten.\nKontrolle des Spiegels nach vier Wochen.",
    "FK-9QD2": "Keine Schrittmacherindikation.\nLangzeit-EKG in drei Monaten wiederholen.",
}
CLOSED = "FK-9QD2"
WRITTEN_AFTER, READ_AFTER = timedelta(hours=3), timedelta(hours=5)


def end_consults(session: Session, network: Network, now: datetime) -> None:
    """Leave a consult in every state: held, reported or missed, turned away, run out, taken back."""
    _report(session, network, now)
    _miss(session, network, now)
    _meet(session, network, now)
    consult_reports.settle_silent(session, now=now)
    _decline(session, network, now)
    _run_out(session, network, now)
    _withdraw(session, network, now)
    _accept_without_time(session, network, now)
    _ask_on_behalf(session, network, now)


def _report(session: Session, network: Network, now: datetime) -> None:
    for consult in session.scalars(select(Consult).where(Consult.case_ref.in_(REPORTS))):
        booking = consult.booking
        if booking is None or booking.state is not BookingState.BOOKED or booking.ends_at > now:
            continue
        at = min(booking.ends_at + WRITTEN_AFTER, now)
        text = REPORTS[consult.case_ref]
        consult_reports.write_report(session, _consultant(network, consult), consult, text, now=at)
        if consult.case_ref == CLOSED:
            reader, at = network.actor(consult.requester.email), min(booking.ends_at + READ_AFTER, now)
            consult_reports.read_report(session, reader, consult, now=at)
            consult_reports.close(session, reader, consult, now=at)


def _consultant(network: Network, consult: Consult) -> Actor:
    assert consult.booking is not None, "only what was booked is reported"
    parts = consult.booking.participations
    person: Person = next(part.person for part in parts if part.serves != ASKING)
    return network.actor(person.email)


def _miss(session: Session, network: Network, now: datetime) -> None:
    """Let who was asked say that nobody came, as soon as the meeting is over."""
    consult = session.scalars(select(Consult).where(Consult.case_ref == NOBODY_CAME)).one()
    if consult.booking is not None and consult.booking.ends_at <= now:
        actor, over_at = _consultant(network, consult), consult.booking.ends_at
        consult_reports.say_outcome(session, actor, consult, NoShowSide.REQUESTER, now=over_at)


def _meet(session: Session, network: Network, now: datetime) -> None:
    """Let a consult of the last working day have taken place, and its report be missing."""
    today = clock.local_day(now, ZONE)
    day = last_working_day(today, network.sites["wendstadt"].state)
    consult = book(session, network, replace(UNREPORTED, day=(day - today).days), now)
    assert consult.booking is not None, "its consultant works on every working day"
    actor, over_at = _consultant(network, consult), consult.booking.ends_at
    consult_reports.say_outcome(session, actor, consult, None, now=over_at)


def _decline(session: Session, network: Network, now: datetime) -> None:
    consult = ask(session, network, DECLINED, now - 2 * A_DAY)
    triage.decline(
        *(session, network.actor(PETRA), consult),
        "Ohne Referenzpathologie ist keine Empfehlung möglich.",
        "Bitte zuerst die Schnitte an das Institut für Pathologie, danach neu anfragen.",
        now=now - A_DAY,
    )


def _run_out(session: Session, network: Network, now: datetime) -> None:
    """Leave a request without a time until the end of its day."""
    consult = ask(session, network, RAN_OUT, now - timedelta(days=REPLY_DAYS + 2))
    over_at = deadline(consult.reply_by_on, ZONE)
    assert over_at <= now, "its day is over"
    consult_deadlines.expire_due(session, now=over_at)


def _withdraw(session: Session, network: Network, now: datetime) -> None:
    consult = ask(session, network, WITHDRAWN, now - 3 * A_DAY)
    consults.withdraw(session, network.actor(WITHDRAWN.requester), consult, now=now - A_DAY)


def _accept_without_time(session: Session, network: Network, now: datetime) -> None:
    consult = ask(session, network, TOO_SOON, now, reply_days=0)
    triage.accept(session, network.actor(PETRA), consult, now=now)


def _ask_on_behalf(session: Session, network: Network, now: datetime) -> None:
    plan = ON_BEHALF
    question = Question(
        network.services[plan.service].id,
        plan.case_ref,
        plan.question,
        clock.local_day(now, ZONE) + timedelta(days=REPLY_DAYS),
        network.people[plan.requester].id,
    )
    key = f"demo-{plan.case_ref}"
    consults.request(session, network.actor(PETRA), question, now=now - A_DAY, key=key)
