"""What was typed about a case, held to the rules: its reference, its question, whom it needs, how long."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.bookings import new_case_ref, normalise_case_ref
from confsched.domain.kinds import Lamp
from confsched.domain.permissions import Actor, Permission
from confsched.domain.privacy import check_text
from confsched.domain.registration import MAX_MINUTES, OPEN_CASES, is_pathology
from confsched.errors import Refusal, msg
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.network import Organisation, Site
from confsched.models.people import Membership, Person
from confsched.services.access import CLINICIANS
from confsched.services.boards import Window
from confsched.services.findings import Findings

MAX_QUESTION = 2000
MAX_DISCIPLINES = 12
MAX_REASON = 400
MAX_A_DAY = 40  # registered by one person


@dataclass(frozen=True)
class CaseDraft:
    """Hold what was typed; without a presenter, whoever typed it presents."""

    case_ref: str
    question: str
    disciplines: tuple[str, ...]
    minutes: int | None
    presenter_id: uuid.UUID | None = None
    imaging: Lamp = Lamp.UNKNOWN
    pathology: Lamp = Lamp.UNKNOWN
    is_urgent: bool = False
    is_standard_care: bool = False
    window: Window | None = None


@dataclass(frozen=True)
class Content:
    """Hold what a case says, checked."""

    case_ref: str
    question: str
    disciplines: tuple[str, ...]
    minutes: int
    needs_pathology: bool
    imaging: Lamp
    pathology: Lamp


def propose_case_ref(session: Session) -> str:
    """Return an opaque reference that no case has."""
    while True:
        proposed = new_case_ref(uuid.uuid4().bytes)
        if not session.scalar(select(CaseItem.id).where(CaseItem.case_ref == proposed).limit(1)):
            return proposed


def check_content(session: Session, draft: CaseDraft, found: Findings) -> Content | None:
    """Return what a draft says; None where something is wrong with it, which `found` keeps."""
    case_ref = found.keep(normalise_case_ref, draft.case_ref)
    question = found.keep(_question, draft.question)
    disciplines = found.keep(_disciplines, session, draft.disciplines)
    minutes = found.keep(check_minutes, draft.minutes)
    found.keep(_window, draft.window)
    if not (case_ref and question and disciplines and minutes) or found.problems:
        return None
    needs_pathology = any(map(is_pathology, disciplines))
    return Content(
        case_ref=case_ref,
        question=question,
        disciplines=disciplines,
        minutes=minutes,
        needs_pathology=needs_pathology,
        imaging=draft.imaging,
        pathology=_pathology(draft.pathology, needs_pathology),
    )


def check_draft(session: Session, draft: CaseDraft) -> None:
    """Check a draft before a date is chosen; raises Unfit with all that is wrong with it."""
    found = Findings()
    check_content(session, draft, found)
    found.raise_all()


def check_needs(session: Session, draft: CaseDraft) -> None:
    """Check what decides which dates suit; raises Unfit with all that is wrong with it."""
    found = Findings()
    found.keep(_disciplines, session, draft.disciplines)
    found.keep(check_minutes, draft.minutes)
    found.keep(_window, draft.window)
    found.raise_all()


def _question(text: str) -> str:
    text = text.strip()
    if not text:
        raise Refusal(msg("Write in a sentence what you want to know."), field="question")
    if len(text) > MAX_QUESTION:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_QUESTION), field="question")
    check_text(text, field="question")
    return text


def _disciplines(session: Session, wanted: tuple[str, ...]) -> tuple[str, ...]:
    chosen = tuple(sorted(set(wanted)))
    if not chosen:
        raise Refusal(msg("Choose the disciplines that the case needs."), field="disciplines")
    if len(chosen) > MAX_DISCIPLINES:
        words = msg("Choose at most %(count)s disciplines.", count=MAX_DISCIPLINES)
        raise Refusal(words, field="disciplines")
    if not set(chosen) <= set(list_disciplines(session)):
        raise Refusal(msg("Choose a discipline from the list."), field="disciplines")
    return chosen


def list_disciplines(session: Session) -> list[str]:
    """Return the disciplines of which the network has specialists, guests included."""
    query = select(Person.discipline).where(Person.discipline != "", Person.is_specialist.is_(True))
    return list(session.scalars(query.distinct().order_by(Person.discipline)))


def check_minutes(minutes: int | None) -> int:
    """Return the length of a case, or refuse it."""
    if minutes is None or not 1 <= minutes <= MAX_MINUTES:
        words = msg("A case takes 1 to %(count)s minutes.", count=MAX_MINUTES)
        raise Refusal(words, field="minutes")
    return minutes


def _window(window: Window | None) -> None:
    if window and window.starts and window.ends and window.starts >= window.ends:
        raise Refusal(msg("The end must be after the start. Choose a later end."), field="present_until")


def _pathology(lamp: Lamp, needs_pathology: bool) -> Lamp:
    """Return the lamp of a case: pathology that is not needed is not missing either."""
    if needs_pathology:
        return Lamp.UNKNOWN if lamp is Lamp.NOT_NEEDED else lamp
    return Lamp.NOT_NEEDED if lamp is Lamp.UNKNOWN else lamp


def list_presenters(session: Session, actor: Actor, *, now: datetime) -> list[Person]:
    """Return for whom the actor may register cases: the clinicians of sites at which they book for others."""
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Membership.site_id.in_(actor.sites_with(Permission.BOOK_FOR_OTHERS)), *_is_clinician(actor, now)
        )
        .distinct()
        .order_by(Person.family_name, Person.given_name, Person.id)
    )
    return list(session.scalars(query))


def check_presenter(
    session: Session, actor: Actor, conference: Conference, presenter_id: uuid.UUID | None, now: datetime
) -> tuple[Person, Site]:
    """Return who presents and for which site, one that the conference is open to before any other.

    Of several sites it is the one where whoever registers works first.
    """
    person_id = presenter_id or actor.person_id
    is_own = person_id == actor.person_id
    sites = actor.sites_with(Permission.REGISTER_CASE if is_own else Permission.BOOK_FOR_OTHERS)
    query = (
        select(Person, Site)
        .join(Membership, Membership.person_id == Person.id)
        .join(Site, Site.id == Membership.site_id)
        .where(Person.id == person_id, Membership.site_id.in_(sites), *_is_clinician(actor, now))
        .order_by(Site.name)
    )
    seats = [(person, site) for person, site in session.execute(query)]
    own = [seat.site_id for seat in actor.seats]
    seats.sort(key=lambda seat: own.index(seat[1].id))
    if not seats:
        words = msg("Choose who presents the case: a clinician of your house.")
        raise Refusal(words, field="presenter_id")
    invited = _sites_asked(conference)
    return next((seat for seat in seats if seat[1].id in invited), seats[0])


def _sites_asked(conference: Conference) -> frozenset[uuid.UUID]:
    series = conference.series
    partners = [partner.site_id for partner in series.partners] if series else []
    return frozenset((*partners, conference.site_id))


def _is_clinician(actor: Actor, now: datetime) -> tuple[ColumnElement[bool], ...]:
    today = clock.local_day(now, actor.zone)
    return (
        Membership.function.in_(CLINICIANS),
        Membership.valid_from <= today,
        or_(Membership.valid_until.is_(None), Membership.valid_until > today),
    )


def check_unique(
    session: Session, site: Site, conference: Conference, case_ref: str, *, without: CaseItem | None = None
) -> None:
    """Refuse a reference that an open case of the house has, or another one on the same date.

    The house is locked, so that of two who register at once one reads the other's case.
    """
    session.execute(
        select(Organisation.id).where(Organisation.id == site.organisation_id).with_for_update(key_share=True)
    )
    same_place = or_(
        CaseItem.conference_id == conference.id,
        CaseItem.site.has(Site.organisation_id == site.organisation_id),
    )
    query = select(CaseItem).where(CaseItem.case_ref == case_ref, CaseItem.state.in_(OPEN_CASES), same_place)
    if without is not None:
        query = query.where(CaseItem.id != without.id)
    other = session.scalars(query.limit(1)).first()
    if other is None:
        return
    words = msg(
        "An open case has this reference already (%(title)s). Change that one, or use another reference.",
        title=other.conference.title,
    )
    raise Refusal(words, field="case_ref")


def check_day(session: Session, actor: Actor, *, now: datetime) -> None:
    """Refuse more cases in one day than a person brings who means each of them."""
    since = clock.start_of_day(clock.local_day(now, actor.zone), actor.zone)
    query = select(func.count()).where(
        CaseItem.registered_by_id == actor.person_id,
        CaseItem.registered_at >= since,
        CaseItem.former_id.is_(None),
    )
    if (session.scalar(query) or 0) >= MAX_A_DAY:
        words = msg("You have registered %(count)s cases today. Go on tomorrow.", count=MAX_A_DAY)
        raise Refusal(words)


def check_reason(reason: str, *, is_needed: bool) -> str:
    """Return a reason as one line, or refuse it; whoever presents reads it in a mail."""
    reason = " ".join(reason.split())
    if is_needed and not reason:
        raise Refusal(msg("Give the reason in a sentence: whoever presents reads it."), field="reason")
    if len(reason) > MAX_REASON:
        raise Refusal(msg("Please use at most %(count)s characters.", count=MAX_REASON), field="reason")
    check_text(reason, field="reason")
    return reason
