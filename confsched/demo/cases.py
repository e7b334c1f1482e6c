"""Builds cases on the next dates of conferences: to triage, ready, incomplete, put off, listed, rejected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from confsched.demo.meetings import JULIA, MIRA, PETRA, THEA, VIKTOR
from confsched.demo.network import Network
from confsched.domain.kinds import CaseTriage, Lamp
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.services import boards, cases
from confsched.services.case_checks import CaseDraft

MARLON = "marlon.ebert@wendstadt.example"
DISCUSS, LIST, REJECT = CaseTriage.DISCUSS, CaseTriage.NOTE_ONLY, CaseTriage.REJECT
EPILEPSY, CHILDREN, RADIOLOGY = "Epileptologie", "Kinderneurologie", "Radiologie"
NEUROLOGY, VESSELS, ONCOLOGY = "Neurologie", "Gefäßchirurgie", "Onkologie"


@dataclass(frozen=True)
class CasePlan:
    """Hold a case for the first date that suits its presenter, and what becomes of it there."""

    presenter: str
    case_ref: str
    question: str
    disciplines: tuple[str, ...]
    minutes: int
    is_urgent: bool = False
    triage: CaseTriage | None = None
    imaging: Lamp = Lamp.UNKNOWN
    reason: str = ""
    takes_first: bool = False

    def decided(self, triage: CaseTriage, imaging: Lamp = Lamp.UNKNOWN, reason: str = "") -> CasePlan:
        return replace(self, triage=triage, imaging=imaging, reason=reason)

    def soon(self) -> CasePlan:
        return replace(self, takes_first=True)


THERE, PARTLY, MISSING = Lamp.THERE, Lamp.PARTLY, Lamp.MISSING
NO_TIME = "Die Zeit reichte nicht."
FORTNIGHT = timedelta(weeks=2)
_BOTH = (ONCOLOGY, RADIOLOGY)
PUT_OFF = (
    CasePlan(JULIA, "FK-5KR8", "Verlauf nach drei Zyklen: weiter oder Pause?", _BOTH, 7)
    .decided(DISCUSS, THERE)
    .soon()
)
PLANS = (
    CasePlan(THEA, "FK-8LM3", "Rundherd, Biopsie oder Kontrolle?", _BOTH, 6).decided(DISCUSS, PARTLY).soon(),
    CasePlan(VIKTOR, "FK-4PD9", "Resektabilität nach Staging?", _BOTH, 7).decided(DISCUSS, THERE).soon(),
    CasePlan(JULIA, "FK-9DE2", "Oligometastasierung, Bestrahlung?", _BOTH, 6).soon(),
    CasePlan(VIKTOR, "FK-2CT4", "Frühes Stadium, die Leitlinie entscheidet.", (ONCOLOGY,), 4).decided(LIST),
    CasePlan(THEA, "FK-1VB5", "Operabilität nach Induktion?", (ONCOLOGY,), 4).soon(),
    CasePlan(JULIA, "FK-3NS7", "Zweiter Anfall, Bild auffällig: Umstellung?", (EPILEPSY,), 6),
    CasePlan(MIRA, "FK-6GA7", "Herd temporal, Tiefenelektroden?", (EPILEPSY, RADIOLOGY), 7),
    CasePlan(MIRA, "FK-8XW6", "Fieberkrämpfe im dritten Jahr, Genetik?", (CHILDREN,), 5).decided(
        DISCUSS, PARTLY
    ),
    CasePlan(
        MARLON, "FK-7QT5", "Rezidiv nach Stent, Bypass oder Dilatation?", (NEUROLOGY, VESSELS), 8, True
    ).decided(DISCUSS, THERE),
    CasePlan(
        MARLON, "FK-7HU4", "Karotisstenose beidseits, welche zuerst?", (NEUROLOGY, RADIOLOGY), 7
    ).decided(DISCUSS, MISSING),
    CasePlan(MARLON, "FK-6PL2", "Schwindel ohne Befund, Vorstellung nötig?", (NEUROLOGY,), 5).decided(
        REJECT, reason="Bitte zuerst in die neurologische Sprechstunde."
    ),
)


def add_put_off(session: Session, network: Network, now: datetime) -> None:
    """Bring a case to a date of two weeks ago, which had no time for it, nor had the next one."""
    session.flush()
    asked_at = now - FORTNIGHT
    case = _bring(session, network, PUT_OFF, asked_at)
    while case is not None and boards.span_of(case.conference).ends_at <= now:
        over_at = boards.span_of(case.conference).ends_at
        case = cases.defer(session, network.actor(PETRA), case, None, now=over_at, reason=NO_TIME)


def add_cases(session: Session, network: Network, now: datetime) -> None:
    """Register the cases at the boards that are there; a plan for which there is none is left out."""
    session.flush()
    for plan in PLANS:
        _bring(session, network, plan, now)


def _bring(session: Session, network: Network, plan: CasePlan, now: datetime) -> CaseItem | None:
    conference = _find_board(session, network, plan, now)
    if conference is None:
        return None
    case = _register(session, network, plan, conference, now)
    _decide(session, network, plan, case, now)
    return case


def _find_board(session: Session, network: Network, plan: CasePlan, now: datetime) -> Conference | None:
    """Return the earliest board of the first discipline that suits, or at which only others are missing."""
    actor = network.actor(plan.presenter)
    found = boards.earliest(session, actor, plan.disciplines, plan.minutes, now=now)
    fit = [board for board in found if plan.disciplines[0] in board.date.present]
    open_ones = [board for board in fit if board.verdict.may_register]
    suitable = [] if plan.takes_first else [board for board in open_ones if board.verdict.suits]
    return next((board.conference for board in (*suitable, *open_ones)), None)


def _register(
    session: Session, network: Network, plan: CasePlan, conference: Conference, now: datetime
) -> CaseItem:
    draft = CaseDraft(
        case_ref=plan.case_ref,
        question=plan.question,
        disciplines=plan.disciplines,
        minutes=plan.minutes,
        imaging=plan.imaging,
        is_urgent=plan.is_urgent,
    )
    actor, key = network.actor(plan.presenter), f"demo-{plan.case_ref}"
    return cases.register(session, actor, conference, draft, now=now, key=key)


def _decide(session: Session, network: Network, plan: CasePlan, case: CaseItem, now: datetime) -> None:
    """Let the secretary triage what stands at a conference of her house."""
    desk = network.actor(PETRA)
    if plan.triage is not None and boards.leads(desk, case.conference):
        cases.triage(session, desk, case, plan.triage, now=now, reason=plan.reason)
