"""Builds cases on the next dates of conferences: to triage, ready, incomplete, put off, listed, rejected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

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
NEUROLOGY, HEART, VESSELS = "Neurologie", "Kardiologie", "Gefäßchirurgie"


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
    deferrals: int = 0

    def decided(self, triage: CaseTriage, imaging: Lamp = Lamp.UNKNOWN, reason: str = "") -> CasePlan:
        return replace(self, triage=triage, imaging=imaging, reason=reason)

    def put_off(self, times: int) -> CasePlan:
        return replace(self, deferrals=times)


THERE, PARTLY, MISSING = Lamp.THERE, Lamp.PARTLY, Lamp.MISSING
PLANS = (
    CasePlan(JULIA, "FK-5KR8", "Anfälle trotz dreier Medikamente, Abklärung?", (EPILEPSY, RADIOLOGY), 8)
    .decided(DISCUSS, THERE)
    .put_off(2),
    CasePlan(JULIA, "FK-3NS7", "Zweiter Anfall, Bild auffällig: Umstellung?", (EPILEPSY,), 6),
    CasePlan(MIRA, "FK-6GA7", "Herd temporal, Tiefenelektroden?", (EPILEPSY, RADIOLOGY), 7),
    CasePlan(MIRA, "FK-2CT4", "Absencen, Leitlinie entscheidet.", (EPILEPSY, CHILDREN), 4).decided(LIST),
    CasePlan(MIRA, "FK-8XW6", "Fieberkrämpfe im dritten Jahr, Genetik?", (CHILDREN,), 5).decided(
        DISCUSS, PARTLY
    ),
    CasePlan(
        MARLON, "FK-9DE2", "Rezidiv nach Stent, Bypass oder Dilatation?", (NEUROLOGY, VESSELS), 8, True
    ).decided(DISCUSS, THERE),
    CasePlan(
        MARLON, "FK-7HU4", "Karotisstenose beidseits, welche zuerst?", (NEUROLOGY, RADIOLOGY), 7
    ).decided(DISCUSS, MISSING),
    CasePlan(VIKTOR, "FK-4PD9", "Vorhofohrverschluss vor der Operation?", (HEART, VESSELS), 6),
    CasePlan(MARLON, "FK-1VB5", "Schwindel ohne Befund, Vorstellung nötig?", (NEUROLOGY,), 5).decided(
        REJECT, reason="Bitte zuerst in die neurologische Sprechstunde."
    ),
    CasePlan(THEA, "FK-8LM3", "Synkope, Gefäßdiagnostik vor Verlegung?", (HEART,), 5),
)


def add_cases(session: Session, network: Network, now: datetime) -> None:
    """Register the cases at the boards that are there; a plan for which there is none is left out."""
    session.flush()
    for plan in PLANS:
        conference = _find_board(session, network, plan, now)
        if conference is not None:
            _decide(session, network, plan, _register(session, network, plan, conference, now), now)


def _find_board(session: Session, network: Network, plan: CasePlan, now: datetime) -> Conference | None:
    """Return the earliest board that suits, else the first at which the case may be registered."""
    actor = network.actor(plan.presenter)
    found = boards.earliest(session, actor, plan.disciplines, plan.minutes, now=now)
    open_ones = [board for board in found if board.verdict.may_register]
    suitable = [board for board in open_ones if board.verdict.suits]
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
    """Let the secretary triage what stands at a conference of her house, and put off what waits longest."""
    desk = network.actor(PETRA)
    if plan.triage is None or not boards.leads(desk, case.conference):
        return
    cases.triage(session, desk, case, plan.triage, now=now, reason=plan.reason)
    for _ in range(plan.deferrals):
        # Without a later date it stays where it is.
        if boards.find_next(session, case.conference, now=now) is not None:
            case = cases.defer(session, desk, case, None, now=now) or case
