"""A health conference of the district office: guests of offices, insurers, networks; some have answered."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from confsched import clock
from confsched.demo.network import Network
from confsched.demo.staff import ZONE
from confsched.domain.kinds import PartnerKind, Partstat
from confsched.domain.permissions import Actor
from confsched.errors import Conflict
from confsched.formats.guest_lists import read_guests
from confsched.models.conferences import Conference
from confsched.models.guests import Guest
from confsched.services import (
    conference_texts,
    documents,
    group_quorum,
    guest_imports,
    guest_invitations,
    guest_links,
    regional,
)
from confsched.services.group_quorum import GroupDraft

COORDINATOR = "jana.reuter@moorheide.example"
AHEAD_DAYS, INVITED_DAYS_AGO = 16, 3
HOURS = (14, 10, 16, 8, 12)  # the first at which she has time
SATURDAY = 5
TITLE = "Gesundheitskonferenz Moorheide"
TEXT = """Wir sprechen darüber, wie Menschen im Winter in die Praxis kommen.

1. Lage der Pflege
2. Fahrdienste zwischen den Orten
3. Beschlüsse"""
GUESTS = """Dr. Ada Lund; ada.lund@kasse-nordheide.example; Krankenkasse Nordheide; Regionalleitung
Finn Rohde; finn.rohde@kasse-suedheide.example; Krankenkasse Südheide; Referent
Bo Tal; bo.tal@gesundheitsamt-moorkreis.example; Gesundheitsamt Moorkreis; Amtsleitung
Cem Ufer; cem.ufer@landkreis-moorheide.example; Landkreis Moorheide; Dezernat Soziales
Eva Steinbach; eva.steinbach@aerztenetz-moorheide.example; Ärztenetz Moorheide; Sprecherin
Prof. Dr. Dora von der Heide; dora.heide@hochschule.example; Hochschule Wendstadt; Versorgungsforschung"""
REPLIES = {"Rohde": Partstat.DECLINED, "Tal": Partstat.ACCEPTED, "Ufer": Partstat.TENTATIVE}


def add_conference(session: Session, network: Network, now: datetime) -> None:
    """Let the coordinator invite to a health conference, with a rule that one of the insurers comes."""
    actor, invited_at = network.actor(COORDINATOR), now - timedelta(days=INVITED_DAYS_AGO)
    guests = guest_imports.take(session, actor, read_guests(GUESTS), now=invited_at)
    conference = _hold(session, actor, clock.local_day(now, ZONE), invited_at)
    rules = GroupDraft("Eine der Krankenkassen", 1, partner_kind=PartnerKind.INSURER)
    group_quorum.add(session, actor, conference, rules, now=invited_at)
    conference_texts.write(session, actor, conference, TEXT, now=invited_at)
    url = "https://dateien.moorheide.example/lagebericht"
    documents.add(session, actor, conference, "Lagebericht", url, now=invited_at)
    _invite(session, actor, conference, guests, invited_at)


def _hold(session: Session, actor: Actor, today: date, at: datetime) -> Conference:
    """Fix the conference to the first hour of a workday at which its organiser has time."""
    day = today + timedelta(days=AHEAD_DAYS)
    day += timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= SATURDAY else 0)
    for hour in HOURS:
        starts_at = clock.to_instant(day, time(hour), ZONE)
        draft = regional.Draft(TITLE, starts_at, 120, "https://video.moorheide.example/gesundheitskonferenz")
        try:
            with session.begin_nested():
                return regional.create(session, actor, draft, now=at, key=f"demo-{hour}")
        except Conflict:
            continue
    raise AssertionError("nobody is taken for a whole day")


def _invite(
    session: Session, actor: Actor, conference: Conference, guests: list[Guest], at: datetime
) -> None:
    names = {guest.person_id: guest.person.family_name for guest in guests}
    ids = [guest.id for guest in guests]
    for part in guest_invitations.invite(session, actor, conference, ids, now=at):
        if names[part.person_id] in REPLIES:
            guest_links.reply(session, part.id, REPLIES[names[part.person_id]], now=at + timedelta(hours=5))
