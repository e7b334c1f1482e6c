"""Services of two hospitals and of one person, and consultants whose hours float over the month."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.network import Network
from confsched.demo.staff import ZONE
from confsched.domain.kinds import RequirementKind
from confsched.services import catalogue, working_patterns
from confsched.services.catalogue import NewRequirement, NewService
from confsched.services.working_patterns import NewPattern

NEW = NewService(
    name="Gefäßkonsil, gemeinsam",
    discipline="Gefäßchirurgie",
    duration_minutes=45,
    buffer_before_minutes=5,
    buffer_after_minutes=10,
    notice_minutes=1440,
    join_base="https://video.wendstadt.example",
    needs_triage=True,
    cap_per_day=2,
    preferred_hours="08:00-12:00, 13:00-16:00",
)
PERSONAL = NewService(
    name="Vorgespräch Epilepsiechirurgie",
    discipline="Epileptologie",
    duration_minutes=40,
    buffer_after_minutes=5,
    cancel_notice_minutes=240,
    join_base="https://video.wendstadt.example",
)
MIRA = "mira.okafor@wendstadt.example"
ASKED_BY = ("moorfeld", "elmshagen")
DUTY_LINE = "Neurologie, Zweitmeinung"
ROOM = "Videoraum 1"
SINCE = timedelta(weeks=20)
TUESDAY, THURSDAY = 1, 3
FORTNIGHT, FIRST_OF_MONTH = (2, None), (1, 1)
FLOATING = (
    (MIRA, "wendstadt", TUESDAY, FORTNIGHT),
    ("viktor.harbke@nordkamp.example", "nordkamp", THURSDAY, FIRST_OF_MONTH),
)
EVENING = time(17, 30), time(19)


def add_joint_service(session: Session, network: Network, now: datetime) -> None:
    """Add a service that needs two hospitals, who is on duty, a room, and one more person if possible."""
    session.flush()  # requirements name lines and rooms by their ids
    service = catalogue.add_service(
        session, None, network.sites["wendstadt"], NEW, _requirements(network), now=now
    )
    network.services["joint"] = service
    since = clock.local_day(now, ZONE)
    for key in ASKED_BY:
        catalogue.agree(session, None, service, network.sites[key], valid_from=since, now=now)


def add_personal_service(session: Session, network: Network, now: datetime) -> None:
    """Add a service that one consultant gives, so that she has a meeting whenever the demo is built."""
    site = network.sites["wendstadt"]
    need = NewRequirement(RequirementKind.PERSONS, persons=(network.people[MIRA],))
    service = catalogue.add_service(session, None, site, PERSONAL, [need], now=now)
    network.services["personal"] = service
    since = clock.local_day(now, ZONE)
    catalogue.agree(session, None, service, network.sites["moorfeld"], valid_from=since, now=now)


def _requirements(network: Network) -> list[NewRequirement]:
    sites = network.sites
    return [
        NewRequirement(
            RequirementKind.DISCIPLINE,
            discipline="Gefäßchirurgie",
            sites=(sites["wendstadt"],),
            specialists_only=True,
        ),
        NewRequirement(
            RequirementKind.DISCIPLINE,
            discipline="Kardiologie",
            sites=(sites["wendstadt"], sites["nordkamp"]),
        ),
        NewRequirement(
            RequirementKind.DUTY_LINE, line=next(line for line in network.lines if line.name == DUTY_LINE)
        ),
        NewRequirement(RequirementKind.RESOURCE, resource=network.rooms[ROOM]),
        NewRequirement(
            RequirementKind.DISCIPLINE, discipline="Radiologie", sites=(sites["wendstadt"],), is_optional=True
        ),
    ]


def add_floating_hours(session: Session, network: Network, today: date, now: datetime) -> None:
    """Let two consultants be there on evenings that do not come every week."""
    for email, site, weekday, (every_weeks, ordinal) in FLOATING:
        new = NewPattern(
            network.sites[site].id, (weekday,), *EVENING, today - SINCE, None, every_weeks, ordinal
        )
        actor, person = network.actor(email), network.people[email]
        working_patterns.add_pattern(session, actor, person, new, now=now, key=f"floating-{email}")
