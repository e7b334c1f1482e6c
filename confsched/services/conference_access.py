"""Who sees and changes what belongs to conferences, as conditions; services/access.py asks them."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import ColumnElement, or_, select

from confsched.domain.permissions import Actor, Permission
from confsched.models.bookings import Booking, Participation
from confsched.models.cases import CaseItem
from confsched.models.conferences import Conference
from confsched.models.guests import Guest, Partner
from confsched.models.network import Site
from confsched.models.polls import DatePoll, PollVoter
from confsched.models.series import ConferenceSeries, SeriesMember, SeriesPartner

To = Literal["see", "change"]


def takes_part(actor: Actor, to: To) -> ColumnElement[bool]:
    """Return the bookings in which the actor takes part; optional guests look, and change nothing."""
    me = (Participation.person_id == actor.person_id) & Participation.removed_at.is_(None)
    if to == "change":
        me = me & Participation.is_optional.is_(False)
    return Booking.participations.any(me)


def runs(actor: Actor) -> ColumnElement[bool]:
    """Return the conferences whose desk the actor runs: as organiser, chair, deputy, or for the house."""
    me = actor.person_id
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    leads = or_(Conference.organiser_id == me, Conference.chair_id == me, Conference.deputy_id == me)
    return or_(leads, Conference.organisation_id.in_(houses))


def conferences(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let the desk change a conference; who takes part, and whose site brings a case, sees it."""
    if to == "change":
        return runs(actor)
    brings_case = Conference.id.in_(select(CaseItem.conference_id).where(brings(actor)))
    return or_(runs(actor), Conference.booking.has(takes_part(actor, "see")), brings_case)


def brings(actor: Actor) -> ColumnElement[bool]:
    """Return the cases that the actor or the actor's site brings."""
    me = actor.person_id
    of_my_sites = CaseItem.site_id.in_(actor.sites_with(Permission.REGISTER_CASE))
    return or_(CaseItem.presenter_id == me, CaseItem.registered_by_id == me, of_my_sites)


def cases(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let who brings a case, their site and the desk change it; who takes part in the conference reads it."""
    mine = or_(brings(actor), CaseItem.conference.has(runs(actor)))
    if to == "change":
        return mine
    return or_(mine, CaseItem.conference.has(Conference.booking.has(takes_part(actor, "see"))))


def series(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let a house and those who lead a series change it; its members and those who may bring cases see it."""
    me = actor.person_id
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    leads = or_(
        *(ConferenceSeries.organiser_id == me, ConferenceSeries.chair_id == me),
        *(ConferenceSeries.deputy_id == me, ConferenceSeries.organisation_id.in_(houses)),
    )
    if to == "change":
        return leads
    is_member = ConferenceSeries.members.any(SeriesMember.person_id == me)
    return or_(leads, is_member, open_to(actor))


def open_to(actor: Actor) -> ColumnElement[bool]:
    """Return the series for whose dates the actor's sites may register cases: partners, and the own house."""
    sites = actor.sites_with(Permission.REGISTER_CASE)
    houses = actor.organisations_with(Permission.REGISTER_CASE)
    is_partner = ConferenceSeries.partners.any(SeriesPartner.site_id.in_(sites))
    return or_(is_partner, ConferenceSeries.site.has(Site.organisation_id.in_(houses)))


def polls(actor: Actor, to: To) -> ColumnElement[bool]:
    """Let the organiser and the house run a poll; who is asked sees it."""
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    runs_it = or_(DatePoll.organiser_id == actor.person_id, DatePoll.organisation_id.in_(houses))
    is_asked = DatePoll.voters.any(PollVoter.person_id == actor.person_id)
    return runs_it if to == "change" else or_(runs_it, is_asked)


def partners(actor: Actor, _to: To) -> ColumnElement[bool]:
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    return Partner.organisation_id.in_(houses) & Partner.removed_at.is_(None)


def guests(actor: Actor, _to: To) -> ColumnElement[bool]:
    """Let a house know its own guests only."""
    houses = actor.organisations_with(Permission.RUN_CONFERENCES)
    return Guest.organisation_id.in_(houses) & Guest.removed_at.is_(None)
