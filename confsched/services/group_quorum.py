"""The groups without which a conference cannot decide, and how each stands by the replies."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from confsched.domain import group_quorum
from confsched.domain.group_quorum import MAX_GROUPS, Group, GroupForecast, Invited
from confsched.domain.guests import checked_words
from confsched.domain.kinds import PartnerKind, Partstat
from confsched.domain.permissions import Actor
from confsched.domain.quorum import Attendee, Line
from confsched.errors import NotFound, Refusal, msg
from confsched.models.conferences import Conference
from confsched.models.guests import GroupQuorum, GroupQuorumPartner, Partner
from confsched.services import access, attendance, audit, guest_invitations

MAX_LABEL = 120
MAX_LEAST = 50


@dataclass(frozen=True)
class GroupDraft:
    """Hold what was typed: a kind of partner, or partners by name."""

    label: str
    least: int
    counts_partners: bool = True
    partner_kind: PartnerKind | None = None
    partner_ids: tuple[uuid.UUID, ...] = ()


def list_groups(session: Session, conference: Conference) -> list[GroupQuorum]:
    """Return the groups of a conference in their order."""
    query = (
        select(GroupQuorum)
        .where(GroupQuorum.conference_id == conference.id)
        .options(selectinload(GroupQuorum.partners).selectinload(GroupQuorumPartner.partner))
        .order_by(GroupQuorum.position, GroupQuorum.id)
    )
    return list(session.scalars(query))


def add(
    session: Session, actor: Actor, conference: Conference, draft: GroupDraft, *, now: datetime
) -> GroupQuorum:
    """Ask for a group; a group of the same name is changed, so that a form sent twice adds one."""
    label = checked_words(draft.label, MAX_LABEL, field="label")
    if not label:
        raise Refusal(msg("Give the group a name, such as: one of the insurers."), field="label")
    if not 1 <= draft.least <= MAX_LEAST:
        raise Refusal(msg("Ask for 1 to %(count)s.", count=MAX_LEAST), field="least")
    named = _partners(session, actor, conference, draft)
    groups = list_groups(session, conference)
    group = next((one for one in groups if one.label == label), None)
    if group is None and len(groups) >= MAX_GROUPS:
        raise Refusal(msg("At most %(count)s groups.", count=MAX_GROUPS), field="label")
    if group is None:
        position = 1 + max((one.position for one in groups), default=-1)
        group = GroupQuorum(conference_id=conference.id, position=position, label=label)
        session.add(group)
    group.least, group.counts_partners = draft.least, draft.counts_partners
    group.partner_kind = draft.partner_kind
    group.partners = [GroupQuorumPartner(partner_id=partner_id) for partner_id in named]
    session.flush()
    audit.record(session, actor, "conference.ask_group", conference, now=now)
    return group


def _partners(
    session: Session, actor: Actor, conference: Conference, draft: GroupDraft
) -> tuple[uuid.UUID, ...]:
    """Return the partners named; raises Refusal where more are asked for than are named."""
    if draft.partner_kind is not None:
        return ()
    wanted = tuple(dict.fromkeys(draft.partner_ids))
    query = access.visible(actor, Partner).where(
        Partner.id.in_(wanted), Partner.organisation_id == conference.organisation_id
    )
    found = {partner.id for partner in session.scalars(query)}
    if not wanted or found != set(wanted):
        raise Refusal(msg("Choose a kind of institution, or institutions by name."), field="partner_ids")
    if draft.counts_partners and draft.least > len(wanted):
        raise Refusal(msg("Ask for no more institutions than you name."), field="least")
    return wanted


def remove(
    session: Session, actor: Actor, conference: Conference, group_id: uuid.UUID, *, now: datetime
) -> None:
    """Ask for a group no longer."""
    group = session.get(GroupQuorum, group_id)
    if group is None or group.conference_id != conference.id:
        raise NotFound
    session.delete(group)
    session.flush()
    audit.record(session, actor, "conference.drop_group", conference, now=now)


def forecast(session: Session, conference: Conference) -> tuple[GroupForecast, ...]:
    """Return how each group of a conference stands by what people have replied, in their order."""
    groups = [_group(row) for row in list_groups(session, conference)]
    return group_quorum.forecast(groups, _invited(session, conference)) if groups else ()


def _group(row: GroupQuorum) -> Group:
    return Group(
        label=row.label,
        least=row.least,
        counts_partners=row.counts_partners,
        partner_kind=row.partner_kind,
        partner_ids=frozenset(one.partner_id for one in row.partners),
    )


def lines_of(session: Session, conference: Conference, people: Sequence[Attendee]) -> tuple[Line, ...]:
    """Return the groups as lines of the whole quorum, by replies and by who is at the table."""
    rows = list_groups(session, conference)
    if not rows:
        return ()
    # Nothing is on record against guests: their hours are not known here.
    known = {one.id: replace(one, against=None) for one in people}
    invited = _with_partners(session, conference, {one.id: one.reply for one in people})
    return tuple(group_quorum.line_of(str(row.id), _group(row), invited, known) for row in rows)


def _invited(session: Session, conference: Conference) -> list[Invited]:
    """Return everybody who takes part; who is at the table has come, who has left it is gone."""
    replies = {part.person_id: part.partstat for part in guest_invitations.list_seats(conference)}
    for row in attendance.list_attendance(session, conference):
        replies[row.person_id] = Partstat.DECLINED if row.left_at else Partstat.ACCEPTED
    return _with_partners(session, conference, replies)


def _with_partners(
    session: Session, conference: Conference, replies: Mapping[uuid.UUID, Partstat]
) -> list[Invited]:
    """Return people with the institution for which the house invites them."""
    entries = guest_invitations.entries_of(session, conference, replies)
    partners = {person_id: entry.partner for person_id, entry in entries.items() if entry.partner}
    return [
        Invited(person_id, partner.id, partner.kind, replies[person_id])
        for person_id, partner in partners.items()
    ]
