"""Mobile teams on their way: asked for from a telestroke consult, one mission at a time for each team."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload

from confsched import clock
from confsched.domain.kinds import (
    AlertPurpose,
    LineKind,
    Recommendation,
    TransferItem,
    UrgentKind,
    UrgentStepKind,
)
from confsched.domain.permissions import Actor, Permission
from confsched.domain.urgent import RINGING_STATES, is_open
from confsched.errors import Conflict, Refusal, msg
from confsched.models.catalogue import Service
from confsched.models.network import CooperationAgreement, Department, Site
from confsched.models.people import Person
from confsched.models.rosters import Duty, DutyLine
from confsched.models.urgent import TeamMission, UrgentConsult
from confsched.services import access, alerts, audit, urgent_steps
from confsched.services.escalation_words import call_lines
from confsched.services.tasks import MAX_TASKS, Task, TaskKind
from confsched.services.who_is_on import OnDuty, who_is_on

USUAL_MINUTES = 180
MINUTES = range(15, 721)
NEXT_WITHIN = timedelta(days=14)
MOST_TEAMS = 50


@dataclass(frozen=True)
class Team:
    """Hold a mobile team as it stands now: who drives, where it is until when, when it is free next.

    `free_at` is None where nobody holds the line then, or within two weeks. `consult_id` and `may_change`
    are for those who see the consult of the mission, or belong to the team.
    """

    line_id: uuid.UUID
    name: str
    phone: str
    site_name: str
    on: tuple[OnDuty, ...]
    free_at: datetime | None
    mission: TeamMission | None = None
    consult_id: uuid.UUID | None = None
    may_change: bool = False

    def is_overdue(self, now: datetime) -> bool:
        return self.mission is not None and self.mission.until_at <= now

    @property
    def can_be_asked(self) -> bool:
        return bool(self.on) and self.mission is None


def list_teams(
    session: Session, actor: Actor, *, now: datetime, consult: UrgentConsult | None = None
) -> list[Team]:
    """Return the teams that a consult may ask for, or all those that serve the actor's houses and sites."""
    serving = _serves_consult(consult) if consult is not None else _serves_actor(actor, now)
    query = (
        select(DutyLine)
        .where(DutyLine.kind == LineKind.MOBILE_TEAM, serving)
        .options(joinedload(DutyLine.department).joinedload(Department.site))
        .order_by(DutyLine.position, DutyLine.name, DutyLine.id)
        .limit(MOST_TEAMS)
    )
    lines = list(session.scalars(query))
    running = running_missions(session, [line.id for line in lines])
    own = _own(session, actor, running.values())
    return [_team(session, line, running.get(line.id), own, now) for line in lines]


def running_missions(session: Session, line_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, TeamMission]:
    """Return the mission that each of these lines is on, with its site."""
    if not line_ids:
        return {}
    query = (
        select(TeamMission)
        .where(TeamMission.line_id.in_(line_ids), TeamMission.ended_at.is_(None))
        .options(joinedload(TeamMission.site))
    )
    return {mission.line_id: mission for mission in session.scalars(query)}


def _serves_consult(consult: UrgentConsult) -> ColumnElement[bool]:
    return or_(DutyLine.service_id == consult.service_id, _of_house([consult.service.site.organisation_id]))


def _serves_actor(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Return the teams of the own houses, and of those whose services the actor's sites may ask for."""
    today = clock.local_day(now, actor.zone)
    agreement = CooperationAgreement
    services = select(agreement.service_id).where(
        agreement.site_id.in_(actor.sites_with(Permission.SEE_URGENT)),
        agreement.valid_from <= today,
        or_(agreement.valid_until.is_(None), agreement.valid_until > today),
    )
    houses = (
        select(Site.organisation_id)
        .join(Service, Service.site_id == Site.id)
        .where(Service.id.in_(services), Service.is_urgent.is_(True))
    )
    of_hubs = DutyLine.department.has(Department.site.has(Site.organisation_id.in_(houses)))
    own = _of_house(actor.organisations_with(Permission.SEE_URGENT))
    return or_(own, of_hubs, DutyLine.service_id.in_(services))


def _of_house(houses: Iterable[uuid.UUID]) -> ColumnElement[bool]:
    return DutyLine.department.has(Department.site.has(Site.organisation_id.in_(list(houses))))


def _own(session: Session, actor: Actor, missions: Iterable[TeamMission]) -> set[uuid.UUID]:
    wanted = [mission.id for mission in missions]
    if not wanted:
        return set()
    query = access.visible(actor, TeamMission, to="change").where(TeamMission.id.in_(wanted))
    return {mission.id for mission in session.scalars(query)}


def _team(
    session: Session, line: DutyLine, mission: TeamMission | None, own: Collection[uuid.UUID], now: datetime
) -> Team:
    is_own = mission is not None and mission.id in own
    on = tuple(who_is_on(session, now, line_id=line.id))
    busy_until = max(now, mission.until_at) if mission else now
    return Team(
        line_id=line.id,
        name=line.name,
        phone=line.phone,
        site_name=line.department.site.name,
        on=on,
        free_at=now if on and mission is None else _next_held(session, line.id, busy_until, now),
        mission=mission,
        consult_id=mission.consult_id if mission and is_own else None,
        may_change=is_own,
    )


def _next_held(session: Session, line_id: uuid.UUID, at: datetime, now: datetime) -> datetime | None:
    """Return from when on, not before an instant, somebody holds a line."""
    query = (
        select(Duty.starts_at)
        .where(
            *(Duty.line_id == line_id, Duty.recorded_at <= now, Duty.superseded_at.is_(None)),
            *(Duty.ends_at > at, Duty.starts_at < at + NEXT_WITHIN),
        )
        .order_by(Duty.starts_at)
        .limit(1)
    )
    starts_at = session.scalar(query)
    return max(at, starts_at) if starts_at is not None else None


def list_tasks(session: Session, actor: Actor, *, now: datetime) -> list[Task]:
    """Return the teams that should have been back by now: they are free again, or it takes longer."""
    if not actor.may(Permission.SEE_URGENT):
        return []
    query = (
        access.visible(actor, TeamMission, to="change")
        .where(TeamMission.ended_at.is_(None), TeamMission.until_at <= now)
        .options(joinedload(TeamMission.site), joinedload(TeamMission.line))
        .order_by(TeamMission.until_at, TeamMission.id)
        .limit(MAX_TASKS)
    )
    return [
        Task(TaskKind.END_MISSION, one.id, one.line.name, due_at=one.until_at, person_name=one.site.name)
        for one in session.scalars(query)
    ]


def proposes_team(consult: UrgentConsult, teams: Sequence[Team]) -> bool:
    """Tell whether it is recommended that a team comes, and none is on its way."""
    is_wanted = consult.recommendation is Recommendation.TEAM_DISPATCHED and is_open(consult.state)
    return is_wanted and not any(one.mission and one.mission.consult_id == consult.id for one in teams)


def may_ask(consult: UrgentConsult) -> bool:
    """Tell whether a consult may ask for a team: a telestroke that somebody has taken, and that is open."""
    is_taken = is_open(consult.state) and consult.consultant_id is not None
    return consult.kind is UrgentKind.TELESTROKE and is_taken and consult.state not in RINGING_STATES


def request(
    session: Session,
    actor: Actor,
    consult: UrgentConsult,
    line_id: uuid.UUID | None,
    *,
    minutes: int = USUAL_MINUTES,
    now: datetime,
) -> TeamMission:
    """Send a team to the site of a consult and alert who holds its line; asked twice it goes once.

    Raises Conflict where another mission runs, saying where and until when, or where nobody holds the line,
    saying what else can be done; Refusal for a line that does not serve the consult.
    """
    urgent_steps.lock(session, consult)
    if not may_ask(consult):
        raise Conflict(msg("A team is asked for once somebody has taken a stroke consult, while it is open."))
    _demand_minutes(minutes)
    team = next(
        (one for one in list_teams(session, actor, now=now, consult=consult) if one.line_id == line_id), None
    )
    if team is None:
        raise Refusal(msg("Choose one of the teams in the list."), field="line_id")
    if team.mission is not None and team.mission.consult_id == consult.id:
        return team.mission
    if team.mission is not None:
        raise _taken(team.mission, team.phone)
    if not team.on:
        raise _unheld(team)
    mission = _insert(session, actor, consult, team, now + timedelta(minutes=minutes), now)
    _tell(session, actor, consult, team, mission, now)
    return mission


def _demand_minutes(minutes: int) -> None:
    if minutes not in MINUTES:
        sentence = msg("Enter %(least)s to %(most)s minutes.", least=MINUTES[0], most=MINUTES[-1])
        raise Refusal(sentence, field="minutes")


def _taken(mission: TeamMission, phone: str) -> Conflict:
    return Conflict(
        msg(
            "This team is at %(site)s until %(until)s. Choose another one, or call it: %(phone)s.",
            site=mission.site.name,
            until=mission.until_at,
            phone=phone,
        )
    )


def _unheld(team: Team) -> Conflict:
    if team.free_at is None:
        return Conflict(
            msg("Nobody holds %(line)s now. Choose another team, or order a transport.", line=team.name)
        )
    return Conflict(
        msg(
            "Nobody holds %(line)s before %(at)s. Choose another team, or order a transport.",
            line=team.name,
            at=team.free_at,
        )
    )


def _insert(
    session: Session, actor: Actor, consult: UrgentConsult, team: Team, until_at: datetime, now: datetime
) -> TeamMission:
    """Let the database decide who is first: one running mission for each line."""
    mission = TeamMission(
        line_id=team.line_id,
        consult_id=consult.id,
        site_id=consult.site_id,
        requested_by_id=actor.person_id,
        starts_at=now,
        until_at=until_at,
    )
    try:
        with session.begin_nested():
            session.add(mission)
    except IntegrityError as error:
        winner = running_missions(session, [team.line_id]).get(team.line_id)
        if winner is None:
            raise Conflict(msg("This team was just asked for. Look again.")) from error
        raise _taken(winner, team.phone) from error
    return mission


def _tell(
    session: Session, actor: Actor, consult: UrgentConsult, team: Team, mission: TeamMission, now: datetime
) -> None:
    """Alert the team, and keep on the consult that it is informed."""
    for one in team.on:
        alerts.alert(
            session,
            session.get_one(Person, one.person_id),
            purpose=AlertPurpose.URGENT_CONSULT,
            consult=consult,
            heading=msg("Mobile team: %(site)s asks you to come", site=consult.site.name),
            lines=call_lines(consult),
            path=f"/urgent/{consult.id}",
            now=now,
        )
    kind, code = UrgentStepKind.TRANSFER, TransferItem.TEAM_INFORMED.value
    details = {"done": True, "line": team.name, "mission": str(mission.id)}
    urgent_steps.add_step(session, actor, consult, kind, code, now=now, details=details)
    audit.record(session, actor, "mission.request", mission, now=now)


def extend(session: Session, actor: Actor, mission: TeamMission, *, minutes: int, now: datetime) -> None:
    """Let a mission last so many minutes from now on."""
    _demand_minutes(minutes)
    _demand_running(mission)
    mission.until_at = now + timedelta(minutes=minutes)
    urgent_steps.touch(session, mission.consult)
    audit.record(session, actor, "mission.extend", mission, now=now, detail=f"{minutes} minutes")


def end(session: Session, actor: Actor, mission: TeamMission, *, now: datetime) -> None:
    """Say that a team is free again; twice is as good as once."""
    if mission.ended_at is not None:
        return
    mission.ended_at = now
    urgent_steps.touch(session, mission.consult)
    audit.record(session, actor, "mission.end", mission, now=now)


def _demand_running(mission: TeamMission) -> None:
    if mission.ended_at is not None:
        raise Conflict(msg("This mission is over. Ask for the team once more."))
