"""What is wrong with a service before it is saved, each a sentence at its field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from confsched import clock
from confsched.domain.bitgrid import GRAIN
from confsched.domain.intervals import Span
from confsched.domain.kinds import RequirementKind
from confsched.domain.privacy import check_link, check_text
from confsched.domain.requirements import findings, parse_hours
from confsched.domain.starts import Need
from confsched.errors import Message, Refusal, msg
from confsched.models.catalogue import Requirement, Service
from confsched.models.conferences import Conference
from confsched.services.findings import Problem
from confsched.services.pools import needs_of
from confsched.services.service_changes import is_named

MAX_SERVICE_MINUTES = 240
MAX_BUFFER_MINUTES = 120
MAX_AHEAD_MINUTES = 14 * 24 * 60
MAX_HORIZON_DAYS = 365
MAX_SEATS = 20
MAX_A_DAY = 40
MAX_NAME = 120
MAX_LINK = 200
MAX_HOURS_TEXT = 60
MAX_REQUIREMENTS = 12
MAX_COUNT = 20
LOOKED_AHEAD = timedelta(days=92)
STEP = GRAIN // timedelta(minutes=1)
REQUIREMENTS = "requirements"


def requirement_field(position: int) -> str:
    """Return the field of a requirement by its place, counted from 0."""
    return f"need-{position}"


def find_problems(session: Session, service: Service, *, now: datetime) -> list[Problem]:
    """Return all that keeps a service, on record or not, from being saved."""
    return [
        *_name_problems(session, service),
        *_number_problems(service),
        *_text_problems(service),
        *requirement_problems(session, service, now=now),
    ]


def _name_problems(session: Session, service: Service) -> Iterator[Problem]:
    if not service.name:
        yield Problem("name", msg("Enter a name."))
    if len(service.name) > MAX_NAME:
        yield Problem("name", msg("At most %(count)s characters fit here.", count=MAX_NAME))
    same = select(
        exists().where(
            Service.site_id == service.site_id, Service.name == service.name, Service.id != service.id
        )
    )
    if session.scalar(same):
        yield Problem("name", msg("%(name)s exists already. Choose another name.", name=service.name))
    if not service.discipline:
        yield Problem("discipline", msg("Choose one from the list."))


def _number_problems(service: Service) -> Iterator[Problem]:
    if not 0 < service.duration_minutes <= MAX_SERVICE_MINUTES or service.duration_minutes % STEP:
        yield Problem(
            "duration_minutes",
            msg("Choose 5 to %(minutes)s minutes, in steps of five.", minutes=MAX_SERVICE_MINUTES),
        )
    for field in ("buffer_before_minutes", "buffer_after_minutes"):
        minutes = getattr(service, field)
        if not 0 <= minutes <= MAX_BUFFER_MINUTES or minutes % STEP:
            words = msg("Choose 0 to %(minutes)s minutes, in steps of five.", minutes=MAX_BUFFER_MINUTES)
            yield Problem(field, words)
    for field in ("notice_minutes", "cancel_notice_minutes", "reminder_minutes"):
        if not 0 <= getattr(service, field) <= MAX_AHEAD_MINUTES:
            words = msg("Choose 0 to %(minutes)s minutes, that is two weeks.", minutes=MAX_AHEAD_MINUTES)
            yield Problem(field, words)
    yield from _size_problems(service)


def _size_problems(service: Service) -> Iterator[Problem]:
    if not 1 <= service.horizon_days <= MAX_HORIZON_DAYS:
        words = msg("Choose 1 to %(days)s days: nobody knows their calendar further.", days=MAX_HORIZON_DAYS)
        yield Problem("horizon_days", words)
    elif service.notice_minutes >= service.horizon_days * 24 * 60:
        yield Problem("notice_minutes", msg("The notice is longer than the days ahead: no time is left."))
    if not 1 <= service.seats <= MAX_SEATS:
        words = msg(
            "Choose 1 to %(count)s seats: with more, nobody's question gets its minutes.", count=MAX_SEATS
        )
        yield Problem("seats", words)
    if service.cap_per_day is not None and not 1 <= service.cap_per_day <= MAX_A_DAY:
        words = msg("Choose 1 to %(count)s a day, or leave it empty.", count=MAX_A_DAY)
        yield Problem("cap_per_day", words)


def _is_web_address(link: str) -> bool:
    """Tell whether a link is encrypted, names a host, and holds neither spaces nor a password."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    has_space = any(char.isspace() for char in link)
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and not has_space


def _text_problems(service: Service) -> Iterator[Problem]:
    link = service.join_base
    if link and (len(link) > MAX_LINK or not _is_web_address(link)):
        yield Problem("join_base", msg("A join link starts with https:// and has no spaces."))
    if len(service.preferred_hours) > MAX_HOURS_TEXT:
        words = msg("At most %(count)s characters fit here.", count=MAX_HOURS_TEXT)
        yield Problem("preferred_hours", words)
    try:
        parse_hours(service.preferred_hours)
        check_text(service.name, "name")
        check_link(link, "join_base")
    except Refusal as refusal:
        yield Problem(refusal.field or "name", refusal.message)


def requirement_problems(session: Session, service: Service | Conference, *, now: datetime) -> list[Problem]:
    """Return what is wrong with the requirements, whoever has time; an unplanned duty line is not wrong."""
    requirements = service.requirements
    if len(requirements) > MAX_REQUIREMENTS:
        words = msg("At most %(count)s requirements can be kept.", count=MAX_REQUIREMENTS)
        return [Problem(REQUIREMENTS, words)]
    alone = [
        Problem(requirement_field(place), problem)
        for place, one in enumerate(requirements)
        if (problem := _alone(one))
    ]
    if alone:
        return alone
    start = clock.whole_minute(now)
    needs = needs_of(session, requirements, Span(start, start + LOOKED_AHEAD), service.site.zone)
    return list(_pool_problems(requirements, needs))


def _alone(requirement: Requirement) -> Message | None:
    """Say what is wrong with a requirement by itself."""
    if not is_named(requirement):
        return msg("Say who or what is needed.")
    if not 1 <= requirement.count <= MAX_COUNT:
        return msg("Choose 1 to %(count)s people.", count=MAX_COUNT)
    return None


def is_whole(requirement: Requirement) -> bool:
    """Tell whether a requirement says enough to be searched for."""
    return _alone(requirement) is None


def _pool_problems(requirements: Sequence[Requirement], needs: Sequence[Need]) -> Iterator[Problem]:
    sound = []
    for place, (requirement, need) in enumerate(zip(requirements, needs, strict=True)):
        if len(need.pool) >= need.count:
            sound.append(need)
        elif requirement.kind is not RequirementKind.DUTY_LINE:
            yield Problem(requirement_field(place), _too_few(need))
    if all(need.optional for need in needs):
        yield Problem(REQUIREMENTS, findings(needs)[0])
    elif not all(need.optional for need in sound):
        yield from (Problem(REQUIREMENTS, message) for message in findings(sound))


def _too_few(need: Need) -> Message:
    if not need.pool:
        return msg("Nobody is entered for %(need)s.", need=need.label)
    return msg("Only %(have)s are entered, %(count)s are asked for.", have=len(need.pool), count=need.count)
