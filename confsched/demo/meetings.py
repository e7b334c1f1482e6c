"""Builds consults and conferences around today, asked and answered as their people would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.network import Network
from confsched.demo.staff import ZONE
from confsched.domain.intervals import Span
from confsched.models.conferences import Conference
from confsched.models.consults import Consult
from confsched.services import conferences, consult_times, consults, triage
from confsched.services.conferences import Draft, Wanted
from confsched.services.consults import Question

JULIA, THEA = "julia.marquardt@moorfeld.example", "thea.lohmann@elmshagen.example"
MIRA, VIKTOR = "mira.okafor@wendstadt.example", "viktor.harbke@nordkamp.example"
PETRA, JANA = "petra.lindholm@wendstadt.example", "jana.reuter@moorheide.example"
REPLY_DAYS = 14
ASKED_BEFORE, A_DAY = timedelta(hours=28), timedelta(days=1)
LATER, ATTEMPTS = timedelta(minutes=30), 8


@dataclass(frozen=True)
class ConsultPlan:
    """Hold a consult that was asked for shortly before `day` (from today) and takes place near `at`."""

    requester: str
    service: str
    case_ref: str
    question: str
    day: int
    at: time = time(10)


BOOKED = (
    ConsultPlan(*(JULIA, "epilepsy", "FK-3MB7", "Zweiter Anfall unter Levetiracetam, Umstellung?", -6)),
    ConsultPlan(THEA, "cardiology", "FK-9QD2", "Pausen bis 3 Sekunden, Schrittmacher nötig?", -5),
    ConsultPlan(THEA, "cardiology", "FK-7HC4", "Synkope beim Sport, Belastungs-EKG zuerst?", -4, time(11)),
    ConsultPlan(JULIA, "vascular", "FK-4HT8", "Ulkus am Fuß, Revaskularisation sinnvoll?", -2, time(13)),
    ConsultPlan(JULIA, "epilepsy", "FK-2LM6", "Auffälliges EEG, Indikation zur Einstellung?", 0, time(15)),
    ConsultPlan(THEA, "neurology", "FK-8XW3", "Unklare Gangstörung, weitere Diagnostik?", 1, time(9, 30)),
    ConsultPlan(JULIA, "cardiology", "FK-5RK9", "Belastungsdyspnoe, Katheter elektiv?", 1, time(14)),
    ConsultPlan(JULIA, "epilepsy", "FK-6TR4", "Verlaufskontrolle nach Umstellung.", 2, time(11)),
    ConsultPlan(THEA, "epilepsy", "FK-7PN5", "Absencen im Erwachsenenalter?", 5, time(13)),
    ConsultPlan(THEA, "vascular", "FK-4CV3", "Karotisstenose, Operation oder Stent?", 7, time(10)),
)
HELD = ConsultPlan(JULIA, "oncology", "FK-9GH4", "Lungenrundherd, Vorstellung im Board?", 5)
WAITING = ConsultPlan(JULIA, "child_neurology", "FK-3ZK6", "Fieberkrampf, Bildgebung nötig?", 4)


def add_meetings(session: Session, network: Network, now: datetime) -> None:
    """Book consults, leave one held and one to be decided on, and plan three conferences."""
    for plan in BOOKED:
        book(session, network, plan, now)
    held = ask(session, network, HELD, now)
    triage.accept(session, network.actor(PETRA), held, now=now)
    hold(session, network, held, HELD, now, _target(HELD, now))
    ask(session, network, WAITING, now - A_DAY)
    for draft in (_epilepsy_board(network, now), _vascular_board(now)):
        _invite(session, network, PETRA, draft, now)
    _plan(session, network, JANA, _regional_conference(now), now)


def _target(plan: ConsultPlan, now: datetime) -> datetime:
    day = clock.local_day(now, ZONE) + timedelta(days=plan.day)
    return clock.to_instant(day, plan.at, ZONE)


def book(session: Session, network: Network, plan: ConsultPlan, now: datetime) -> Consult:
    """Ask, and book the time next to the plan's where any is offered."""
    target = _target(plan, now)
    asked_at = min(target - ASKED_BEFORE, now)
    consult = ask(session, network, plan, asked_at)
    if hold(session, network, consult, plan, asked_at, target):
        consult_times.book(session, network.actor(plan.requester), consult, now=asked_at)
    return consult


def ask(
    session: Session, network: Network, plan: ConsultPlan, now: datetime, reply_days: int = REPLY_DAYS
) -> Consult:
    """Ask as the requester of the plan, for a reply within two weeks or so many days."""
    question = Question(
        service_id=network.services[plan.service].id,
        case_ref=plan.case_ref,
        question=plan.question,
        reply_by_on=clock.local_day(now, ZONE) + timedelta(days=reply_days),
    )
    key = f"demo-{plan.case_ref}"
    return consults.request(session, network.actor(plan.requester), question, now=now, key=key)


def hold(
    session: Session,
    network: Network,
    consult: Consult,
    plan: ConsultPlan,
    now: datetime,
    target: datetime,
) -> bool:
    """Keep the offered time next to the target; False where nothing is offered."""
    starts_at = _find_start(consult_times.offers(session, consult, now=now), consult, target)
    if starts_at is None:
        return False
    consult_times.hold(session, network.actor(plan.requester), consult, starts_at, now=now)
    return True


def _find_start(found: consult_times.Offers, consult: Consult, target: datetime) -> datetime | None:
    """Return the target or a time soon after it, else the best offer."""
    length = timedelta(minutes=consult.service.duration_minutes)
    for attempt in range(ATTEMPTS):
        starts_at = target + attempt * LATER
        if found.plan.at(Span(starts_at, starts_at + length)) is not None:
            return starts_at
    return found.offers[0].span.starts_at if found.offers else None


def _epilepsy_board(network: Network, now: datetime) -> Draft:
    return _draft(
        "Epilepsie-Fallkonferenz",
        45,
        now,
        Wanted(person_ids=(network.people[MIRA].id,)),
        Wanted(person_ids=(network.people[JULIA].id,)),
        Wanted(discipline="Kinderneurologie"),
        Wanted(discipline="Radiologie", site_id=network.sites["wendstadt"].id, is_optional=True),
    )


def _vascular_board(now: datetime) -> Draft:
    return _draft(
        "Neurovaskuläre Konferenz",
        60,
        now,
        Wanted(discipline="Neurologie", count=2),
        Wanted(discipline="Gefäßchirurgie"),
        Wanted(discipline="Kardiologie"),
        Wanted(discipline="Radiologie"),
    )


def _regional_conference(now: datetime) -> Draft:
    return _draft(
        "Regionalkonferenz Schlaganfallversorgung",
        90,
        now,
        Wanted(discipline="Neurologie", count=2),
        Wanted(discipline="Innere Medizin", count=2),
        Wanted(discipline="Allgemeinmedizin", is_optional=True),
    )


def _draft(title: str, minutes: int, now: datetime, *wanted: Wanted) -> Draft:
    first = clock.local_day(now, ZONE) + timedelta(days=1)
    return Draft(
        title=title,
        duration_minutes=minutes,
        search_from_on=first,
        search_until_on=first + timedelta(days=13),
        wanted=wanted,
        join_link="https://video.wendstadt.example/konferenz",
    )


def _plan(session: Session, network: Network, organiser: str, draft: Draft, now: datetime) -> Conference:
    return conferences.plan(session, network.actor(organiser), draft, now=now, key=f"demo-{draft.title}")


def _invite(session: Session, network: Network, organiser: str, draft: Draft, now: datetime) -> None:
    conference = _plan(session, network, organiser, draft, now)
    offers = conferences.offers(session, conference, now=now).offers
    if offers:
        starts_at = offers[0].span.starts_at
        conferences.invite(session, network.actor(organiser), conference, starts_at, now=now)
