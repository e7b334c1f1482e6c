"""Who may do what: six functions, one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Function(StrEnum):
    REQUESTER = "requester"
    CONSULTANT = "consultant"
    SECRETARY = "secretary"
    COORDINATOR = "coordinator"
    ORGANISATION_ADMIN = "organisation_admin"
    AUDITOR = "auditor"


class Permission(StrEnum):
    USE = "use"  # today, own calendar, own settings
    SEE_DUTY_BOARD = "see_duty_board"
    REQUEST_CONSULT = "request_consult"  # for oneself; with the next one for clinicians of the site
    BOOK_FOR_OTHERS = "book_for_others"
    TRIAGE_CONSULT = "triage_consult"  # what is asked of services of the own house
    SEE_MEETINGS = "see_meetings"
    SEE_MEETINGS_OF_ORGANISATION = "see_meetings_of_organisation"
    PLAN_CONFERENCE = "plan_conference"
    OVERRIDE_CONFLICT = "override_conflict"
    SEE_DELIVERIES = "see_deliveries"
    SEE_AUDIT = "see_audit"
    SEE_ROSTERS = "see_rosters"  # the months of the own house, as published
    HOLD_DUTIES = "hold_duties"  # swaps, absences and wishes of one's own
    EDIT_ROSTER = "edit_roster"
    SEE_COVERAGE = "see_coverage"
    EDIT_SERVICES = "edit_services"
    REQUEST_URGENT = "request_urgent"
    SEE_URGENT = "see_urgent"  # urgent consults of the own site, and of the services of the own house
    SEE_FIGURES = "see_figures"
    EDIT_ALERTING = "edit_alerting"  # gateways and wall displays of the own house
    REGISTER_CASE = "register_case"  # for conferences of the own house and of partners that let it
    RUN_CONFERENCES = "run_conferences"  # series, agendas and minutes of the own house
    SEE_PROOF = "see_proof"  # what conferences of the own house took place, and what partners used


_EVERYONE = frozenset(
    {
        *(Permission.USE, Permission.SEE_DUTY_BOARD, Permission.SEE_MEETINGS),
        *(Permission.SEE_ROSTERS, Permission.HOLD_DUTIES),
    }
)
_URGENT = frozenset({Permission.REQUEST_URGENT, Permission.SEE_URGENT})

PERMISSIONS: dict[Function, frozenset[Permission]] = {
    Function.REQUESTER: _EVERYONE | _URGENT | {Permission.REQUEST_CONSULT, Permission.REGISTER_CASE},
    Function.CONSULTANT: _EVERYONE
    | _URGENT
    | {Permission.PLAN_CONFERENCE, Permission.OVERRIDE_CONFLICT, Permission.TRIAGE_CONSULT}
    | {Permission.SEE_FIGURES, Permission.REGISTER_CASE, Permission.SEE_PROOF},
    Function.SECRETARY: _EVERYONE
    | {
        Permission.SEE_MEETINGS_OF_ORGANISATION,
        Permission.PLAN_CONFERENCE,
        *(Permission.REQUEST_CONSULT, Permission.BOOK_FOR_OTHERS, Permission.TRIAGE_CONSULT),
        Permission.OVERRIDE_CONFLICT,
        Permission.SEE_DELIVERIES,
        Permission.EDIT_ROSTER,
        Permission.SEE_COVERAGE,
        *(Permission.REGISTER_CASE, Permission.RUN_CONFERENCES, Permission.SEE_PROOF),
    },
    Function.COORDINATOR: _EVERYONE
    | {
        Permission.SEE_MEETINGS_OF_ORGANISATION,
        Permission.PLAN_CONFERENCE,
        Permission.SEE_DELIVERIES,
        Permission.SEE_COVERAGE,
        Permission.SEE_FIGURES,
        *(Permission.RUN_CONFERENCES, Permission.SEE_PROOF),
    },
    Function.ORGANISATION_ADMIN: _EVERYONE
    | {Permission.SEE_DELIVERIES, Permission.SEE_AUDIT, Permission.SEE_COVERAGE, Permission.EDIT_SERVICES}
    | {Permission.SEE_FIGURES, Permission.SEE_PROOF, Permission.EDIT_ALERTING},
    Function.AUDITOR: frozenset(
        {Permission.USE, Permission.SEE_AUDIT, Permission.SEE_FIGURES, Permission.SEE_PROOF}
    ),
}


@dataclass(frozen=True)
class Seat:
    """Hold one membership of a person: where, and as what."""

    organisation_id: UUID
    site_id: UUID
    department_id: UUID | None
    function: Function


@dataclass(frozen=True)
class Actor:
    """Say who acts, as a value that may cross sessions; the first seat is where the person works today."""

    person_id: UUID
    account_id: UUID
    name: str
    language: str
    zone: str
    seats: tuple[Seat, ...]

    @property
    def organisation_id(self) -> UUID:
        return self.seats[0].organisation_id

    @property
    def site_id(self) -> UUID:
        return self.seats[0].site_id

    @property
    def site_ids(self) -> frozenset[UUID]:
        return frozenset(seat.site_id for seat in self.seats)

    @property
    def functions(self) -> frozenset[Function]:
        return frozenset(seat.function for seat in self.seats)

    def may(self, permission: Permission) -> bool:
        """Tell whether any seat of the person includes the permission."""
        return any(permission in PERMISSIONS[function] for function in self.functions)

    def organisations_with(self, permission: Permission) -> frozenset[UUID]:
        """Return the organisations in which the person holds the permission."""
        return frozenset(s.organisation_id for s in self.seats if permission in PERMISSIONS[s.function])

    def sites_with(self, permission: Permission) -> frozenset[UUID]:
        """Return the sites at which the person holds the permission."""
        return frozenset(seat.site_id for seat in self.seats if permission in PERMISSIONS[seat.function])
