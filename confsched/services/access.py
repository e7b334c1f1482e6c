"""The one way to a row: what an actor may see, and what they may change."""

from __future__ import annotations

import uuid
from typing import Literal, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_, select, true
from sqlalchemy.orm import Session

from confsched.domain.consults import ASKING
from confsched.domain.kinds import ConsultState
from confsched.domain.permissions import Actor, Function, Permission
from confsched.errors import NotFound
from confsched.models.audit import AuditEvent
from confsched.models.base import Base
from confsched.models.bookings import Booking, Participation
from confsched.models.busy import BusySource
from confsched.models.cases import CaseItem
from confsched.models.catalogue import Service
from confsched.models.conferences import Conference
from confsched.models.consults import Consult, ConsultStep
from confsched.models.contacts import AlertGateway, ContactPoint
from confsched.models.duty_codes import DutyCodeRow, LineQualification
from confsched.models.duty_rosters import DutyRoster, FillRun, RosterImport
from confsched.models.feeds import Feed
from confsched.models.guests import Guest, Partner
from confsched.models.network import Department, Site
from confsched.models.outbox import OutboxMessage
from confsched.models.people import Membership, Person
from confsched.models.polls import DatePoll
from confsched.models.rosters import Absence, DeclaredGap, DutyLine, WorkingHoursRow
from confsched.models.rotations import DutyRotation, DutyWish
from confsched.models.series import ConferenceSeries
from confsched.models.swaps import DutySwap
from confsched.models.urgent import Alert, TeamMission, UrgentConsult
from confsched.services import conference_access

Row = TypeVar("Row", bound=Base)
To = Literal["see", "change"]
CLINICIANS = (
    Function.REQUESTER,
    Function.CONSULTANT,
)  # who holds duties; a secretary of the department does not


def visible(actor: Actor, model: type[Row], *, to: To = "see") -> Select[Row]:
    """Return the query for what the actor may see or change of `model`; without a rule that is nothing."""
    rule = _RULES.get(model)
    return select(model).where(rule(actor, to) if rule else false())


def get_row(session: Session, actor: Actor, model: type[Row], row_id: uuid.UUID, *, to: To = "see") -> Row:
    """Return one row, locked when it is to change; raises NotFound alike for foreign and for missing rows."""
    query = visible(actor, model, to=to).where(model.__table__.c.id == row_id)
    if to == "change":
        query = query.with_for_update(of=model)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound
    return row


def get_booking(session: Session, actor: Actor, booking_id: uuid.UUID, *, to: To = "see") -> Booking:
    return get_row(session, actor, Booking, booking_id, to=to)


def get_consult(session: Session, actor: Actor, consult_id: uuid.UUID, *, to: To = "see") -> Consult:
    return get_row(session, actor, Consult, consult_id, to=to)


def get_consult_to_triage(session: Session, actor: Actor, consult_id: uuid.UUID) -> Consult:
    """Return a request to a service of the actor's house, locked; raises NotFound alike for all others."""
    return _locked_consult(session, triaged_by(actor), consult_id)


def get_consult_met(session: Session, actor: Actor, consult_id: uuid.UUID) -> Consult:
    """Return a consult that the actor asked for or answers, locked; raises NotFound alike for all others."""
    return _locked_consult(session, or_(asks(actor), answers(actor)), consult_id)


def _locked_consult(session: Session, rule: ColumnElement[bool], consult_id: uuid.UUID) -> Consult:
    query = select(Consult).where(rule, Consult.id == consult_id).with_for_update(of=Consult)
    consult = session.scalars(query).one_or_none()
    if consult is None:
        raise NotFound
    return consult


def get_urgent(session: Session, actor: Actor, consult_id: uuid.UUID, *, to: To = "see") -> UrgentConsult:
    return get_row(session, actor, UrgentConsult, consult_id, to=to)


def get_mission(session: Session, actor: Actor, mission_id: uuid.UUID, *, to: To = "see") -> TeamMission:
    return get_row(session, actor, TeamMission, mission_id, to=to)


def get_conference(session: Session, actor: Actor, conference_id: uuid.UUID, *, to: To = "see") -> Conference:
    return get_row(session, actor, Conference, conference_id, to=to)


def get_series(session: Session, actor: Actor, series_id: uuid.UUID, *, to: To = "see") -> ConferenceSeries:
    return get_row(session, actor, ConferenceSeries, series_id, to=to)


def get_case(session: Session, actor: Actor, case_id: uuid.UUID, *, to: To = "see") -> CaseItem:
    return get_row(session, actor, CaseItem, case_id, to=to)


def get_poll(session: Session, actor: Actor, poll_id: uuid.UUID, *, to: To = "see") -> DatePoll:
    return get_row(session, actor, DatePoll, poll_id, to=to)


def get_department(session: Session, actor: Actor, department_id: uuid.UUID, *, to: To = "see") -> Department:
    return get_row(session, actor, Department, department_id, to=to)


def get_line(session: Session, actor: Actor, line_id: uuid.UUID, *, to: To = "see") -> DutyLine:
    return get_row(session, actor, DutyLine, line_id, to=to)


def get_roster(session: Session, actor: Actor, roster_id: uuid.UUID, *, to: To = "see") -> DutyRoster:
    return get_row(session, actor, DutyRoster, roster_id, to=to)


def get_swap(session: Session, actor: Actor, swap_id: uuid.UUID, *, to: To = "see") -> DutySwap:
    return get_row(session, actor, DutySwap, swap_id, to=to)


def get_absence(session: Session, actor: Actor, absence_id: uuid.UUID, *, to: To = "see") -> Absence:
    return get_row(session, actor, Absence, absence_id, to=to)


def get_person(session: Session, actor: Actor, person_id: uuid.UUID, *, to: To = "see") -> Person:
    """Return a person whose duties, absences and wishes the actor may see or enter."""
    return get_row(session, actor, Person, person_id, to=to)


def may_read_content(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor takes part or organises, and so may read the question."""
    taking_part = {p.person_id for p in booking.participations if p.removed_at is None}
    return actor.person_id == booking.organiser_id or actor.person_id in taking_part


def may_read_title(actor: Actor, booking: Booking) -> bool:
    """Tell whether the actor takes part, or plans meetings in the house that organises this one.

    Everybody else who sees the meeting sees time, kind and people only: the secretariat of another house
    has to know when its people are taken, not by which case.
    """
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION)
    return booking.organisation_id in houses or may_read_content(actor, booking)


def with_title(actor: Actor) -> ColumnElement[bool]:
    """Return may_read_title as a condition, so that a search finds no words that a page does not show."""
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION)
    mine = or_(Booking.organiser_id == actor.person_id, conference_access.takes_part(actor, "see"))
    return or_(mine, Booking.organisation_id.in_(houses))


def _bookings(actor: Actor, to: To) -> ColumnElement[bool]:
    mine = or_(Booking.organiser_id == actor.person_id, conference_access.takes_part(actor, to))
    permission = Permission.PLAN_CONFERENCE if to == "change" else Permission.SEE_MEETINGS_OF_ORGANISATION
    houses = actor.organisations_with(Permission.SEE_MEETINGS_OF_ORGANISATION) & actor.organisations_with(
        permission
    )
    if not houses:
        return mine
    of_my_house = Booking.participations.any(
        Participation.organisation_id.in_(houses) & Participation.removed_at.is_(None)
    )
    return or_(mine, Booking.organisation_id.in_(houses), of_my_house if to == "see" else false())


def _consults(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let who asks change a consult, and who answers or triages it read it, its question with it."""
    return asks(actor) if to == "change" else or_(asks(actor), answers(actor), triaged_by(actor))


def asks(actor: Actor) -> ColumnElement[bool]:
    """Return who asks: the requester, and who booked on their behalf."""
    return or_(Consult.requester_id == actor.person_id, Consult.requested_by_id == actor.person_id)


def answers(actor: Actor) -> ColumnElement[bool]:
    """Return who takes part and did not ask: others who share the meeting read their own question only."""
    me = (Participation.person_id == actor.person_id) & Participation.removed_at.is_(None)
    return Consult.booking.has(Booking.participations.any(me & (Participation.serves != ASKING)))


def triaged_by(actor: Actor) -> ColumnElement[bool]:
    """Return what was ever put before those who triage in the actor's house, and is asked of it still."""
    houses = actor.organisations_with(Permission.TRIAGE_CONSULT)
    was_to_triage = or_(
        Consult.state == ConsultState.REQUESTED,
        Consult.steps.any(ConsultStep.state == ConsultState.REQUESTED),
    )
    return Consult.service.has(Service.site.has(Site.organisation_id.in_(houses))) & was_to_triage


def _messages(actor: Actor, _to: To) -> ColumnElement[bool]:
    houses = actor.organisations_with(Permission.SEE_DELIVERIES)
    return or_(OutboxMessage.recipient_id == actor.person_id, OutboxMessage.organisation_id.in_(houses))


def _feeds(actor: Actor, _to: To) -> ColumnElement[bool]:
    return (Feed.person_id == actor.person_id) & Feed.revoked_at.is_(None)


def _busy_sources(actor: Actor, _to: To) -> ColumnElement[bool]:
    return (BusySource.person_id == actor.person_id) & BusySource.removed_at.is_(None)


def _contact_points(actor: Actor, _to: To) -> ColumnElement[bool]:
    return (ContactPoint.person_id == actor.person_id) & ContactPoint.removed_at.is_(None)


def _alert_gateways(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let the people of a house be reached by its gateways, and its administrators set them up."""
    houses = actor.organisations_with(Permission.EDIT_ALERTING if to == "change" else Permission.USE)
    return AlertGateway.organisation_id.in_(houses) & AlertGateway.removed_at.is_(None)


def _departments(actor: Actor, to: To) -> ColumnElement[bool]:
    return Department.id.in_(_departments_of(actor, to))


def _departments_of(actor: Actor, to: To) -> Select[uuid.UUID]:
    """Return the departments whose months the actor reads or works on: those of the function's house."""
    permission = Permission.EDIT_ROSTER if to == "change" else Permission.SEE_ROSTERS
    houses = actor.organisations_with(permission)
    return select(Department.id).join(Site).where(Site.organisation_id.in_(houses))


def _lines(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let everybody see the lines, as on the duty board."""
    return DutyLine.department_id.in_(_departments_of(actor, to)) if to == "change" else true()


def _declared_gaps(actor: Actor, to: To) -> ColumnElement[bool]:
    return DeclaredGap.line.has(_lines(actor, to))


def _rosters(actor: Actor, to: To) -> ColumnElement[bool]:
    return DutyRoster.department_id.in_(_departments_of(actor, to))


def _roster_imports(actor: Actor, _to: To) -> ColumnElement[bool]:
    return RosterImport.roster.has(_rosters(actor, "change"))


def _fill_runs(actor: Actor, _to: To) -> ColumnElement[bool]:
    return FillRun.roster.has(_rosters(actor, "change"))


def _duty_codes(actor: Actor, to: To) -> ColumnElement[bool]:
    return DutyCodeRow.department_id.in_(_departments_of(actor, to))


def _rotations(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let a rotation of a line belong to its department, one of a service to the house of the service."""
    permission = Permission.EDIT_ROSTER if to == "change" else Permission.SEE_ROSTERS
    houses = actor.organisations_with(permission)
    of_lines = select(DutyLine.id).where(DutyLine.department_id.in_(_departments_of(actor, to)))
    of_services = select(Service.id).join(Site).where(Site.organisation_id.in_(houses))
    return or_(DutyRotation.line_id.in_(of_lines), DutyRotation.service_id.in_(of_services))


def _services(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let those who plan duties of a house let hubs take turns on its services, and admins edit them."""
    houses = actor.organisations_with(Permission.EDIT_SERVICES)
    houses |= actor.organisations_with(Permission.EDIT_ROSTER if to == "change" else Permission.SEE_ROSTERS)
    return Service.site.has(Site.organisation_id.in_(houses))


def _persons(actor: Actor, to: To) -> ColumnElement[bool]:
    permission = Permission.EDIT_ROSTER if to == "change" else Permission.SEE_ROSTERS
    houses = actor.organisations_with(permission)
    return or_(Person.id == actor.person_id, Person.memberships.any(Membership.organisation_id.in_(houses)))


def _cared_for(actor: Actor) -> Select[uuid.UUID]:
    """Return oneself and, for a secretary, the people of the house."""
    return select(Person.id).where(_persons(actor, "change"))


def _absences(actor: Actor, _to: To) -> ColumnElement[bool]:
    return Absence.person_id.in_(_cared_for(actor))


def _working_hours(actor: Actor, _to: To) -> ColumnElement[bool]:
    """Let hours belong to whom they bind, and to who plans the duties of the house where they are worked."""
    houses = actor.organisations_with(Permission.EDIT_ROSTER)
    sites = select(Site.id).where(Site.organisation_id.in_(houses))
    return or_(WorkingHoursRow.person_id == actor.person_id, WorkingHoursRow.site_id.in_(sites))


def _duty_wishes(actor: Actor, _to: To) -> ColumnElement[bool]:
    return DutyWish.person_id.in_(_cared_for(actor))


def _swaps(actor: Actor, _to: To) -> ColumnElement[bool]:
    """Let those see a swap whom it names, whom it asks, and who looks after the roster of the line."""
    me = actor.person_id
    named = or_(
        *(DutySwap.from_person_id == me, DutySwap.to_person_id == me),
        *(DutySwap.taken_by_id == me, DutySwap.proposed_by_id == me),
    )
    asked = DutySwap.to_person_id.is_(None) & DutySwap.line_id.in_(lines_held_by(me))
    of_house = DutySwap.line.has(DutyLine.department_id.in_(_departments_of(actor, "change")))
    return or_(named, asked, of_house)


def lines_held_by(person_id: uuid.UUID) -> Select[uuid.UUID]:
    """Return the lines a person may hold: by name, or as a clinician of a department that names nobody."""
    named = select(LineQualification.line_id).where(LineQualification.person_id == person_id)
    departments = select(Membership.department_id).where(
        Membership.person_id == person_id, Membership.function.in_(CLINICIANS)
    )
    open_to_all = ~select(LineQualification).where(LineQualification.line_id == DutyLine.id).exists()
    return select(DutyLine.id).where(
        or_(DutyLine.id.in_(named), DutyLine.department_id.in_(departments) & open_to_all)
    )


def _urgent_consults(actor: Actor, _to: To) -> ColumnElement[bool]:
    """Let clinicians of the site that asks and who answers see an urgent consult and act on it."""
    return or_(asks_urgently(actor), answers_urgently(actor))


def asks_urgently(actor: Actor) -> ColumnElement[bool]:
    """Return what the site of the actor asks, whoever of it sent the request."""
    return UrgentConsult.site_id.in_(actor.sites_with(Permission.SEE_URGENT))


def answers_urgently(actor: Actor) -> ColumnElement[bool]:
    """Return what the actor was called for, took or joined, and what is asked of a service of their house."""
    houses = {seat.organisation_id for seat in actor.seats if seat.function is Function.CONSULTANT}
    me = actor.person_id
    was_called = select(Alert.id).where(Alert.consult_id == UrgentConsult.id, Alert.person_id == me).exists()
    return or_(
        UrgentConsult.consultant_id == me,
        UrgentConsult.second_consultant_id == me,
        UrgentConsult.service.has(Service.site.has(Site.organisation_id.in_(houses))),
        was_called,
    )


def _missions(actor: Actor, _to: To) -> ColumnElement[bool]:
    """Let those see and change the mission of a team who see its consult, and the clinicians of its house."""
    houses = actor.organisations_with(Permission.SEE_URGENT)
    of_house = Department.site.has(Site.organisation_id.in_(houses))
    return or_(
        TeamMission.consult.has(_urgent_consults(actor, "see")),
        TeamMission.line.has(DutyLine.department.has(of_house)),
    )


def _audit_events(actor: Actor, to: To) -> ColumnElement[bool]:
    if to == "change":
        return false()
    return AuditEvent.organisation_id.in_(actor.organisations_with(Permission.SEE_AUDIT))


_RULES = {
    Booking: _bookings,
    Consult: _consults,
    Conference: conference_access.conferences,
    ConferenceSeries: conference_access.series,
    CaseItem: conference_access.cases,
    DatePoll: conference_access.polls,
    Partner: conference_access.partners,
    Guest: conference_access.guests,
    OutboxMessage: _messages,
    Feed: _feeds,
    BusySource: _busy_sources,
    ContactPoint: _contact_points,
    AlertGateway: _alert_gateways,
    AuditEvent: _audit_events,
    Department: _departments,
    DutyLine: _lines,
    DeclaredGap: _declared_gaps,
    DutyRoster: _rosters,
    RosterImport: _roster_imports,
    FillRun: _fill_runs,
    DutyCodeRow: _duty_codes,
    DutyRotation: _rotations,
    Service: _services,
    Person: _persons,
    Absence: _absences,
    WorkingHoursRow: _working_hours,
    DutyWish: _duty_wishes,
    DutySwap: _swaps,
    UrgentConsult: _urgent_consults,
    TeamMission: _missions,
}
